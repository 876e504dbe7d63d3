import { Instances } from "@concordat/core/instance/Instances"
import { type Rotation, SecretRotation } from "@concordat/core/secret/SecretRotation"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { instancesLayer } from "../src/Instances.ts"
import { secretRotationLayer } from "../src/SecretRotation.ts"
import { makeKeyring, Secrets } from "../src/Secrets.ts"
import { addInstance, clear, instanceId, repositories, rowsOf } from "./World.ts"

// The tests' own key is the old one: what they add is sealed with it.
const old = Redacted.make("a passphrase for tests only")
const current = Redacted.make("the passphrase that comes after")
const knowing = (key: Redacted.Redacted, older: ReadonlyArray<Redacted.Redacted> = []) =>
  Layer.mergeAll(instancesLayer, secretRotationLayer).pipe(
    Layer.provide(Layer.unwrap(Effect.map(makeKeyring(key, older), Secrets.layer)))
  )

const before = ManagedRuntime.make(repositories)
const process = (key: Redacted.Redacted, older: ReadonlyArray<Redacted.Redacted> = []) => {
  const layer = knowing(key, older)
  return <A, E>(effect: Effect.Effect<A, E, Instances | SecretRotation>) =>
    before.runPromise(Effect.provide(effect, layer, { local: true }))
}
const both = process(current, [old])
const onlyNew = process(current)
afterAll(() => before.dispose())
beforeEach(() => before.runPromise(clear))

const add = (count: number) =>
  before.runPromise(
    Effect.forEach(
      Array.from({ length: count }, (_, n) => n + 1),
      addInstance,
      { discard: true }
    )
  )
const step = SecretRotation.use((rotation) => rotation.step)
const secretOf = (n: number) =>
  Effect.map(
    Instances.use((instances) => instances.secret(instanceId(n))),
    Redacted.value
  )
const untilDone: Effect.Effect<ReadonlyArray<Rotation>, never, SecretRotation> = Effect.gen(
  function* () {
    const steps: Array<Rotation> = []
    do steps.push(yield* step)
    while ((steps.at(-1)?.remaining ?? 0) > 0 && steps.length < 50)
    return steps
  }
)

describe("changing the key", () => {
  it("seals everything again, after which the old key can go", async () => {
    await add(3)
    await expect(onlyNew(secretOf(1))).rejects.toThrow("its key is unknown")
    expect(await both(step)).toEqual({
      resealed: 3,
      remaining: 0,
      unreadable: [],
      unreadableTotal: 0
    })
    expect(await onlyNew(Effect.forEach([1, 2, 3], secretOf))).toEqual([
      "secret 1",
      "secret 2",
      "secret 3"
    ])
    expect(await both(step)).toMatchObject({ resealed: 0, remaining: 0 })
  })

  it("goes step by step, a thousand at a time, and says how many remain", async () => {
    await add(1)
    await before.runPromise(
      rowsOf(`
        insert into instance select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(),
          'name', 'copy-' || n))).* from instance i, generate_series(1, 1100) n`)
    )
    await before.runPromise(
      Effect.gen(function* () {
        const { seal } = yield* Secrets
        const rows = yield* rowsOf<{ id: string }>(
          "select id from instance where name like 'copy-%'"
        )
        const sealed = yield* Effect.forEach(rows, ({ id }) =>
          Effect.map(
            seal(Redacted.make(id), `instance ${id} client secret`),
            (s) => `('${id}', '${s}')`
          )
        )
        yield* rowsOf(`insert into secret (instance_id, sealed) values ${sealed.join(",")}`)
      })
    )
    const steps = await both(untilDone)
    expect(steps.map(({ resealed, remaining }) => [resealed, remaining])).toEqual([
      [1_000, 101],
      [101, 0]
    ])
  })

  it("goes on while jobs open secrets and several processes do the same", async () => {
    await add(40)
    const reading = Effect.forEach(
      Array.from({ length: 400 }, (_, n) => 1 + (n % 40)),
      (n) => Effect.map(secretOf(n), (secret) => expect(secret).toBe(`secret ${n}`)),
      { concurrency: 4, discard: true }
    )
    const [one, other] = await Promise.all([both(untilDone), both(untilDone), both(reading)])
    const resealed = [...one, ...other].reduce((sum, s) => sum + s.resealed, 0)
    expect(resealed).toBe(40)
    expect(await onlyNew(secretOf(40))).toBe("secret 40")
  })

  it("leaves a secret that was replaced meanwhile as it was replaced", async () => {
    await add(1)
    await both(
      Instances.use((instances) =>
        instances.update(
          instanceId(1),
          1,
          { secret: Redacted.make("new") },
          { actor: "x", correlationId: "" }
        )
      )
    )
    expect(await both(step)).toMatchObject({ resealed: 0, remaining: 0 })
    expect(await onlyNew(secretOf(1))).toBe("new")
  })

  it("names what no key opens, leaves it as it is, and does the rest", async () => {
    await add(2)
    const sealed = await before.runPromise(
      rowsOf(`update secret set sealed = 'v1.00000000.AAAA' where instance_id = '${instanceId(1)}'
        returning sealed`)
    )
    const rotation = await both(step)
    expect(rotation).toMatchObject({ resealed: 1, remaining: 0, unreadableTotal: 1 })
    expect(rotation.unreadable[0]).toContain(instanceId(1))
    expect(rotation.unreadable[0]).toContain("CONCORDAT_SECRET_KEYS_OLD")
    expect(
      await before.runPromise(
        rowsOf(`select sealed from secret where instance_id = '${instanceId(1)}'`)
      )
    ).toEqual(sealed)
    // Without the old key nothing can be done, and nothing is broken.
    await add(3).catch(() => undefined)
    expect(await onlyNew(step)).toMatchObject({ resealed: 0 })
  })

  it("keeps texts out of what it says", async () => {
    await add(1)
    const words = JSON.stringify([await onlyNew(step), await both(step)])
    expect(words).not.toContain("secret 1")
  })
})
