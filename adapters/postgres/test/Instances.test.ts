import { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { act, addInstance, clear, instance, instanceId, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(Effect.andThen(clear, addInstance(1))))

type Service = Instances["Service"]
const use = <A, E>(f: (instances: Service) => Effect.Effect<A, E>) =>
  runtime.runPromise(Instances.use(f))
const failure = <A, E>(f: (instances: Service) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flip(Instances.use(f)))
const secret = async (n: number) =>
  Redacted.value(await use((instances) => instances.secret(instanceId(n))))
const rows = (text: string) => runtime.runPromise(rowsOf(text))

describe("an instance", () => {
  it("is found by its id and its name, as it was added", async () => {
    expect(await use((instances) => instances.get(instanceId(1)))).toEqual(instance(1))
    expect(await use((instances) => instances.byName("instance-1"))).toEqual(instance(1))
    expect(await failure((instances) => instances.get(instanceId(9)))).toMatchObject({
      _tag: "InstanceNotFound"
    })
    expect(await failure((instances) => instances.byName("INSTANCE-1"))).toMatchObject({
      name: "INSTANCE-1"
    })
  })

  it("keeps its name for itself; a second one of it keeps nothing, nor its secret", async () => {
    const second = { ...instance(2), name: InstanceName.make("instance-1") }
    expect(
      await failure((instances) =>
        instances.add(second, { primary: Redacted.make("x"), sandbox: null }, act)
      )
    ).toMatchObject({
      _tag: "InstanceNameTaken",
      name: "instance-1"
    })
    expect(await rows("select instance_id from secret")).toEqual([{ instance_id: instanceId(1) }])
  })

  it("has a secret that the database cannot read, and that opens for this instance only", async () => {
    await runtime.runPromise(addInstance(2))
    expect(await secret(1)).toBe("secret 1")
    expect(JSON.stringify(await rows("select sealed from secret"))).not.toContain("secret 1")
    await rows(`update secret set sealed = (select sealed from secret where instance_id = '${instanceId(1)}')
      where instance_id = '${instanceId(2)}'`)
    await expect(secret(2)).rejects.toThrow("cannot be opened")
  })

  it("changes by its version, all of a change or nothing", async () => {
    const change = { requestsPerMinute: 100, disabled: true, secret: Redacted.make("new") }
    const changed = await use((instances) => instances.update(instanceId(1), 1, change, act))
    expect(changed).toEqual({
      ...instance(1),
      requestsPerMinute: 100,
      disabled: true,
      version: 2
    })
    expect(await use((instances) => instances.get(instanceId(1)))).toEqual(changed)
    expect(await secret(1)).toBe("new")
    expect(
      await failure((instances) =>
        instances.update(instanceId(1), 1, { disabled: false, secret: Redacted.make("late") }, act)
      )
    ).toMatchObject({ _tag: "StaleVersion", expected: 1, actual: 2 })
    expect(await use((instances) => instances.get(instanceId(1)))).toEqual(changed)
    expect(await secret(1)).toBe("new")
    expect(await use((instances) => instances.update(instanceId(1), 2, {}, act))).toMatchObject({
      requestsPerMinute: 100,
      disabled: true,
      version: 2
    })
  })

  it("that is not there cannot be changed", async () => {
    expect(await failure((instances) => instances.update(instanceId(9), 1, {}, act))).toMatchObject(
      {
        _tag: "InstanceNotFound"
      }
    )
  })

  it("of two changes at the same time, one is made and one is stale", async () => {
    const tags = await runtime.runPromise(
      Effect.all(
        [true, false].map((disabled) =>
          Instances.use((instances) => instances.update(instanceId(1), 1, { disabled }, act)).pipe(
            Effect.match({ onSuccess: () => "made", onFailure: (error) => error._tag })
          )
        ),
        { concurrency: 2 }
      )
    )
    expect(tags.toSorted()).toEqual(["StaleVersion", "made"])
  })
})

it("instances are listed page by page by their names", async () => {
  for (const n of [4, 2, 3]) await runtime.runPromise(addInstance(n))
  const first = await use((instances) => instances.list({ cursor: undefined, limit: 3 }))
  const second = await use((instances) =>
    instances.list({ cursor: first.next ?? undefined, limit: 3 })
  )
  expect([...first.items, ...second.items]).toEqual([1, 2, 3, 4].map(instance))
  expect(second.next).toBeNull()
})
