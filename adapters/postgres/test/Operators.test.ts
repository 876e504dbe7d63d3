import { type Operator, OperatorName } from "@concordat/core/operator/Operator"
import { Operators } from "@concordat/core/operator/Operators"
import { SavedViews, savedViewsMax } from "@concordat/core/operator/SavedViews"
import { Sessions } from "@concordat/core/operator/Sessions"
import { SignInAttempts } from "@concordat/core/operator/SignInAttempts"
import { Effect, Layer, ManagedRuntime, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { operatorsLayer } from "../src/Operators.ts"
import { CurrentPasswordCost, makePasswords } from "../src/passwords.ts"
import { savedViewsLayer } from "../src/SavedViews.ts"
import { sessionsLayer } from "../src/Sessions.ts"
import { networkOf, signInAttemptsLayer } from "../src/SignInAttempts.ts"
import { testDatabase } from "../src/testing.ts"
import { emptied, rowsOf } from "./World.ts"

const cheap = { logN: 4, r: 8, p: 1 }
const runtime = ManagedRuntime.make(
  Layer.mergeAll(operatorsLayer, savedViewsLayer, sessionsLayer, signInAttemptsLayer).pipe(
    Layer.provideMerge(testDatabase),
    Layer.provide(Layer.succeed(CurrentPasswordCost, cheap))
  )
)
afterAll(() => runtime.dispose())
const rows = (text: string) => runtime.runPromise(rowsOf(text))
beforeEach(() =>
  runtime.runPromise(emptied("operator", "operator_session", "saved_view", "sign_in_attempt"))
)

const password = Redacted.make("correct horse battery")
const add = (name: string): Promise<Operator> =>
  runtime.runPromise(
    Operators.use((port) =>
      port.add({ name: OperatorName.make(name), role: "operator", branch: null, password })
    )
  )
const known = (name: string, text: string) =>
  runtime.runPromise(Operators.use((port) => port.known(name, Redacted.make(text))))
const here = { address: "192.0.2.1", userAgent: null }

describe("a password", () => {
  const passwords = (cost: { logN: number; r: number; p: number }) =>
    Effect.runSync(Effect.provideService(makePasswords, CurrentPasswordCost, cost))

  it("opens what it was kept for, and no other does", async () => {
    const { hash, check } = passwords(cheap)
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (right, other) => {
        const kept = await Effect.runPromise(hash(Redacted.make(right)))
        const answer = (text: string) => Effect.runPromise(check(kept, Redacted.make(text)))
        expect(await answer(right)).toEqual({ right: true, outdated: false })
        expect((await answer(other)).right).toBe(
          other.normalize("NFKC") === right.normalize("NFKC")
        )
      }),
      { numRuns: 30 }
    )
  })

  it("is the same however a keyboard composes it, and never kept the same way twice", async () => {
    const { hash, check } = passwords(cheap)
    const kept = await Effect.runPromise(hash(Redacted.make("Zürich Zürich")))
    expect(
      await Effect.runPromise(check(kept, Redacted.make("Zu\u0308rich Zu\u0308rich")))
    ).toMatchObject({ right: true })
    expect(await Effect.runPromise(hash(Redacted.make("Zürich Zürich")))).not.toBe(kept)
    expect(kept).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/u)
  })

  it("of nobody, and a text that is no hash, open for no password", async () => {
    const { check } = passwords(cheap)
    for (const kept of [undefined, "", "$scrypt$ln=4,r=8,p=1$x$y", "plain"])
      expect(await Effect.runPromise(check(kept, password))).toMatchObject({ right: false })
  })

  it("takes as long for a name that nobody has", async () => {
    const { check, hash } = passwords({ logN: 13, r: 8, p: 1 })
    const kept = await Effect.runPromise(hash(password))
    const shortest = async (text: string | undefined) => {
      const times: Array<number> = []
      for (let i = 0; i < 5; i++) {
        const began = performance.now()
        await Effect.runPromise(check(text, Redacted.make("wrong one")))
        times.push(performance.now() - began)
      }
      return Math.min(...times)
    }
    // Not hashing at all would be a hundredth; the machine may be busy with other things.
    expect(await shortest(undefined)).toBeGreaterThan((await shortest(kept)) / 5)
  })

  it("is kept at today's cost after the next sign-in", async () => {
    await add("ada")
    const dear = await Effect.runPromise(passwords({ logN: 5, r: 8, p: 1 }).hash(password))
    await rows(`update operator set password_hash = '${dear}'`)
    expect(Option.isSome(await known("ada", "wrong horse battery"))).toBe(false)
    expect(await rows("select password_hash as kept from operator")).toEqual([{ kept: dear }])
    expect(Option.isSome(await known("ada", "correct horse battery"))).toBe(true)
    const [row] = await rows("select password_hash as kept from operator")
    expect(row?.["kept"]).toMatch(/^\$scrypt\$ln=4,/u)
    expect(Option.isSome(await known("ada", "correct horse battery"))).toBe(true)
  })
})

describe("time", () => {
  it("ends a session that is not used, and one that is used all the time", async () => {
    const { id } = await add("ada")
    const ends = await runtime.runPromise(
      Effect.gen(function* () {
        const { open, use } = yield* Sessions
        const isOpen = (token: Redacted.Redacted) => Effect.map(use(token), Option.isSome)
        const idle = (yield* open(id, here)).token
        yield* TestClock.adjust("29 minutes")
        const used = yield* isOpen(idle)
        yield* TestClock.adjust("30 minutes")
        const unused = yield* isOpen(idle)
        let { token } = yield* open(id, here)
        let minutes = 0
        for (; minutes < 24 * 60; minutes += 10) {
          const found = yield* use(token)
          if (Option.isNone(found)) break
          token = Option.getOrElse(found.value.renewed, () => token)
          yield* TestClock.adjust("10 minutes")
        }
        return { used, unused, hours: minutes / 60 }
      }).pipe(Effect.provide(TestClock.layer()))
    )
    expect(ends).toEqual({ used: true, unused: false, hours: 12 })
  })

  it("gives a session another token every 15 minutes, and never loses who it is", async () => {
    const { id } = await add("ada")
    await runtime.runPromise(
      Effect.gen(function* () {
        const { open, use, find } = yield* Sessions
        const opened = yield* open(id, here)
        const tokens = [Redacted.value(opened.token)]
        for (let i = 0; i < 20; i++) {
          yield* TestClock.adjust("5 minutes")
          const found = yield* Effect.fromOption(yield* use(Redacted.make(tokens.at(-1) ?? "")))
          expect(found.session.id).toBe(opened.session.id)
          if (Option.isSome(found.renewed)) tokens.push(Redacted.value(found.renewed.value))
        }
        expect(tokens.length).toBe(7)
        expect(new Set(tokens).size).toBe(tokens.length)
        for (const token of tokens.slice(0, -2))
          expect(yield* find(Redacted.make(token))).toEqual(Option.none())
      }).pipe(Effect.provide(TestClock.layer()))
    )
  })

  it("forgets sessions after 30 days", async () => {
    const { id } = await add("ada")
    await runtime.runPromise(
      Effect.gen(function* () {
        const { open } = yield* Sessions
        yield* open(id, here)
        yield* TestClock.adjust("31 days")
        yield* open(id, here)
      }).pipe(Effect.provide(TestClock.layer()))
    )
    expect(await rows("select from operator_session")).toHaveLength(1)
  })

  it("lets an attempt through again, however many failed before", async () => {
    await runtime.runPromise(
      Effect.gen(function* () {
        const { begin } = yield* SignInAttempts
        let waitedMs = 0
        for (let i = 0; i < 30; i++) {
          const refused = yield* Effect.flip(begin("ada", null)).pipe(Effect.option)
          if (Option.isNone(refused)) continue
          waitedMs += refused.value.retryAfterMs
          yield* TestClock.adjust(`${refused.value.retryAfterMs} millis`)
        }
        expect(waitedMs).toBeGreaterThan(1_000_000)
        yield* TestClock.adjust("5 minutes")
        yield* begin("ada", null)
      }).pipe(Effect.provide(TestClock.layer()))
    )
  })
})

it("sign-ins of everybody forgive nothing of what an address has failed", async () => {
  await add("ada")
  const failures = async () =>
    (await rows("select failures from sign_in_attempt where subject like 'address %'"))[0]
  await runtime.runPromise(
    Effect.gen(function* () {
      const { begin, succeeded } = yield* SignInAttempts
      for (let i = 0; i < 3; i++) yield* begin(`stranger ${i}`, here.address)
      yield* begin("ada", here.address)
      yield* succeeded("ada", here.address)
    })
  )
  expect(await failures()).toEqual({ failures: 3 })
})

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:0DB8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"]
])("the address %s is of the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network)
})

describe("saved views", () => {
  const use = <A, E>(f: (views: SavedViews["Service"]) => Effect.Effect<A, E>) =>
    runtime.runPromise(SavedViews.use(f))
  const view = (name: string, search = "kind=quantity") => ({
    page: "report" as const,
    name,
    search
  })

  it("are each operator's own, by name, and one that is saved again is replaced", async () => {
    const [ada, bob] = [await add("ada"), await add("bob")]
    const first = await use((views) => views.save(ada.id, view("Mine")))
    await use((views) => views.save(ada.id, view("also mine")))
    const again = await use((views) => views.save(ada.id, view("Mine", "sort=deadline")))
    expect(again).toEqual({ ...first, search: "sort=deadline" })
    expect((await use((views) => views.list(ada.id))).map(({ name }) => name)).toEqual([
      "also mine",
      "Mine"
    ])
    expect(await use((views) => views.list(bob.id))).toEqual([])
    const error = await use((views) => Effect.flip(views.remove(bob.id, first.id)))
    expect(error._tag).toBe("SavedViewNotFound")
    await use((views) => views.remove(ada.id, first.id))
    expect(await use((views) => views.list(ada.id))).toHaveLength(1)
  })

  it("are so many at most, also when many are saved at once", async () => {
    const ada = await add("ada")
    await rows(`insert into saved_view (id, operator_id, page, name, search, created_at)
      select gen_random_uuid(), '${ada.id}', 'report', 'view ' || n, '', now()
      from generate_series(6, ${savedViewsMax}) n`)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        use((views) => Effect.exit(views.save(ada.id, view(`one more ${n}`))))
      )
    )
    expect(outcomes.filter(({ _tag }) => _tag === "Success")).toHaveLength(5)
    expect(await rows("select count(*) from saved_view")).toEqual([{ count: savedViewsMax }])
    // One that is there already can still be changed.
    await use((views) => views.save(ada.id, view("view 9", "q=x")))
  })
})
