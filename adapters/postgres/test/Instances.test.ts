import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { InstanceName } from "@concordat/core/instance/Instance"
import type { InstanceChange } from "@concordat/core/instance/InstanceChange"
import { Instances } from "@concordat/core/instance/Instances"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  act,
  addInstance,
  clear,
  instance,
  instanceId,
  line,
  repositories,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

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
const imported = (lines: ReadonlyArray<BookLine>) =>
  runtime.runPromise(
    Book.use((book) =>
      book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
    )
  )

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

describe("a sandbox", () => {
  const credentials = { tenantId: tenantId(2_000), tenantDomain: null, appId: instance(2).appId }
  const given = { ...credentials, secret: Redacted.make("sandbox secret") }
  const update = (version: number, change: InstanceChange, reason?: string) =>
    use((instances) => instances.update(instanceId(1), version, change, { ...act, reason }))
  const refused = (version: number, change: InstanceChange) =>
    failure((instances) => instances.update(instanceId(1), version, change, act))
  const events = async () =>
    (await use((instances) => instances.events(instanceId(1), { cursor: undefined, limit: 50 })))
      .items

  it("has credentials and a secret of its own, which are live after the switch", async () => {
    const kept = await update(1, { sandbox: given })
    expect(kept).toMatchObject({ environment: "primary", tenantId: instance(1).tenantId })
    expect(await secret(1)).toBe("secret 1")
    const switched = await update(2, { environment: "sandbox" }, "trying it out")
    expect(switched).toMatchObject({ environment: "sandbox", ...credentials, version: 3 })
    expect(await use((instances) => instances.get(instanceId(1)))).toEqual(switched)
    expect(await secret(1)).toBe("sandbox secret")
    await update(3, { environment: "primary" }, "done")
    expect(await secret(1)).toBe("secret 1")
  })

  it("is switched to with an event that says who and why, and no event has a secret", async () => {
    await update(1, { sandbox: given, secret: Redacted.make("replaced") })
    await update(2, { environment: "sandbox" }, "trying it out")
    const [switched, changed, registered] = await events()
    expect(switched).toMatchObject({
      kind: "switched",
      actor: "key:test",
      reason: "trying it out",
      changes: [{ field: "environment", before: "primary", after: "sandbox" }]
    })
    expect(changed?.changes.map(({ field }) => field)).toEqual([
      "sandbox.tenantId",
      "sandbox.appId",
      "secret",
      "sandbox.secret"
    ])
    expect(registered).toMatchObject({ kind: "registered" })
    expect(JSON.stringify(await rows("select * from instance_event"))).not.toMatch(
      /replaced|sandbox secret|secret 1/u
    )
    await expect(rows("update instance_event set reason = ''")).rejects.toThrow("append-only")
  })

  it("is not switched to while a reconciliation is under way", async () => {
    await update(1, { sandbox: given })
    await runtime.runPromise(Runs.use((runs) => runs.request(run(1))))
    expect(await refused(2, { environment: "sandbox" })).toMatchObject({
      _tag: "InstanceChangeRefused",
      field: "environment",
      message: expect.stringContaining("under way")
    })
    await runtime.runPromise(Runs.use((runs) => runs.cancel(runId(1), null)))
    expect((await update(2, { environment: "sandbox" })).environment).toBe("sandbox")
  })

  it("is not mixed with another tenant, once there is data of it, nor is the primary account", async () => {
    await update(1, { tenantId: tenantId(2_001) })
    await imported([line(1, 1)])
    expect(await refused(2, { tenantId: tenantId(2_002) })).toMatchObject({ field: "tenantId" })
    await update(2, { sandbox: given })
    await update(3, { sandbox: { ...credentials, tenantId: tenantId(2_003) } })
    await update(4, { environment: "sandbox" })
    await imported([line(2, 2)])
    expect(await refused(5, { sandbox: credentials })).toMatchObject({ field: "sandbox.tenantId" })
    expect((await use((instances) => instances.get(instanceId(1)))).version).toBe(5)
  })

  it("that goes takes its secret along", async () => {
    await update(1, { sandbox: given })
    await update(2, { sandbox: null })
    expect(await rows("select environment from secret")).toEqual([{ environment: "primary" }])
  })
})

describe("a change", () => {
  const update = (version: number, change: InstanceChange) =>
    use((instances) => instances.update(instanceId(1), version, change, act))

  it("to what is there already writes nothing, nor does the same secret", async () => {
    const before = await rows(
      "select instance.xmin::text, secret.xmin::text as x, * from instance, secret"
    )
    const held = await update(1, { requestsPerMinute: 500, secret: Redacted.make("secret 1") })
    expect(held.version).toBe(1)
    expect(
      await rows("select instance.xmin::text, secret.xmin::text as x, * from instance, secret")
    ).toEqual(before)
  })

  it("overcomes a secret that no key opens any more", async () => {
    await rows("update secret set sealed = 'v1.00000000.AAAA'")
    expect((await update(1, { secret: Redacted.make("new") })).version).toBe(2)
    expect(await secret(1)).toBe("new")
  })

  it("of the name is refused when it is taken, and then not even the secret is another", async () => {
    await runtime.runPromise(addInstance(2))
    const taken = { name: InstanceName.make("instance-2"), secret: Redacted.make("new") }
    expect(
      await failure((instances) => instances.update(instanceId(1), 1, taken, act))
    ).toMatchObject({ _tag: "InstanceNameTaken" })
    expect(await secret(1)).toBe("secret 1")
    const renamed = await update(1, { name: InstanceName.make("instance-3") })
    expect(await use((instances) => instances.byName("instance-3"))).toEqual(renamed)
  })

  it("of two names to one at the same time, one is made", async () => {
    await runtime.runPromise(addInstance(2))
    const tags = await runtime.runPromise(
      Effect.all(
        [1, 2].map((n) =>
          Instances.use((instances) =>
            instances.update(instanceId(n), 1, { name: InstanceName.make("one") }, act)
          ).pipe(Effect.match({ onSuccess: () => "made", onFailure: (error) => error._tag }))
        ),
        { concurrency: 2 }
      )
    )
    expect(tags.toSorted()).toEqual(["InstanceNameTaken", "made"])
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
