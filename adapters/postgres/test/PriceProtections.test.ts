import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { format } from "@concordat/core/money/Money"
import { cycleChanges } from "@concordat/core/price/cycleChanges"
import { PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { PriceProtections, type ProtectionScope } from "@concordat/core/price/PriceProtections"
import { monthsLater } from "@concordat/core/price/Protection"
import { type ProtectionOutcome, protectPrices } from "@concordat/core/price/protectPrices"
import { SubscriptionId } from "@concordat/core/subscription/Subscription"
import { dayMs, Instant } from "@concordat/core/time/Instant"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Layer, ManagedRuntime } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { priceProtectionsLayer } from "../src/PriceProtections.ts"
import {
  accountOf,
  cause,
  fixed,
  listed,
  offerOf,
  priceList,
  priceRepositories,
  priceWorld
} from "./PriceWorld.ts"
import {
  emptied,
  euros,
  instanceId,
  line,
  microsoftId,
  now,
  reseller,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(
  priceProtectionsLayer.pipe(Layer.provideMerge(priceRepositories))
)
afterAll(() => runtime.dispose())
const run = runtime.runPromise

const terms = {
  ...line(1, 1).terms,
  term: "P1Y",
  billingCycle: "monthly",
  offer: offerOf(1)
} as const
/** Subscription `n` of customer `customer`: of product 1, by the month. */
const sold = (customer: number, n: number, given: Partial<BookLine> = {}): BookLine =>
  line(customer, n, {
    ...(customer < 3 ? { reseller: reseller(customer) } : { reseller: null }),
    terms,
    ...given
  })
/** Two customers of two resellers and a direct one; the first has an add-on and one that has ended. */
const book: ReadonlyArray<BookLine> = [
  sold(1, 1),
  sold(1, 2, { parentReference: "S-1", terms: { ...terms, offer: offerOf(2) } }),
  sold(1, 3, { terms: { ...terms, status: "deleted" } }),
  sold(2, 4),
  sold(3, 5, { terms: { ...terms, offer: offerOf(3), billingCycle: "annual" } }),
  sold(3, 6, { terms: { ...terms, term: undefined } })
]
const imported = (lines: ReadonlyArray<BookLine>) =>
  Book.use((it) =>
    it.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
  )
const months = (n: number, value: number) =>
  rowsOf(`update product set protection_months = ${value} where offer = '${offerOf(n)}'`)

beforeEach(() =>
  run(
    Effect.gen(function* () {
      yield* priceWorld
      yield* emptied("subscription")
      yield* imported(book)
      yield* months(1, 12)
      yield* months(3, 1)
      yield* listed(
        priceList("Europe"),
        [fixed(1, "9.99"), fixed(2, "3"), fixed(3, "7")],
        ["R-1", "C-3"]
      )
    })
  )
)

const idOf = Effect.fnUntraced(function* (n: number) {
  const [row] = yield* rowsOf<{ id: string }>(
    `select id from subscription where reference = 'S-${n}'`
  )
  return SubscriptionId.make(row?.id ?? "")
})
interface Ask {
  readonly dryRun?: boolean
  readonly months?: number | undefined
  readonly limit?: number
}
/** Every page of an activation, as of an instant. */
const protect = (
  scope: ProtectionScope,
  { dryRun = false, months, limit = 1_000 }: Ask = {},
  at = now
) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(at)
    const items: Array<ProtectionOutcome> = []
    let cursor: string | undefined
    do {
      const page = yield* protectPrices(
        { instanceId: instanceId(1), scope, months, dryRun },
        null,
        { cursor, limit },
        cause
      )
      expect(page.items.length).toBeLessThanOrEqual(limit)
      items.push(...page.items)
      // A cursor that does not move on would otherwise go round for ever.
      expect(items.length).toBeLessThan(6_000)
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return items
      .map(
        ({ subscription, outcome, protection }) =>
          `${subscription.reference} ${outcome}${protection === null ? "" : ` ${format(protection.price)} ${new Date(protection.validTo).toISOString().slice(0, 10)}`}`
      )
      .toSorted()
  }).pipe(Effect.provide(TestClock.layer()))
const kept = rowsOf<{ text: string }>(
  `select reference || ' ' || amount || ' ' || months as text from price_protection
   join subscription on id = subscription_id order by 1`
).pipe(Effect.map((rows) => rows.map(({ text }) => text)))
const all: ProtectionScope = { kind: "all" }

const whole = [
  "S-1 protected 9.99 2027-11-20",
  "S-2 protected 3.00 2027-11-20",
  "S-3 not-live",
  "S-4 no-price",
  "S-5 protected 84.00 2026-12-20",
  "S-6 no-plan"
]

describe("an activation", () => {
  it("protects what has a price, and says of everything else why not; a dry run says the same and keeps nothing", async () => {
    expect(await run(protect(all, { dryRun: true }))).toEqual(whole)
    expect(await run(kept)).toEqual([])
    expect(await run(protect(all))).toEqual(whole)
    expect(await run(kept)).toEqual(["S-1 9.99 12", "S-2 3 12", "S-5 84 1"])
  })

  it("repeated changes nothing, whatever the months, until the protection has ended", async () => {
    await run(protect(all))
    const before = await run(rowsOf("select * from price_protection order by 1, 2"))
    const history = "select count(*)::int as n from history where field = 'priceProtection'"
    expect(await run(rowsOf(history))).toEqual([{ n: 3 }])
    const again = await run(protect(all, { months: 36 }, Instant.make(now + 1)))
    expect(again).toEqual([
      "S-1 protected-already 9.99 2027-11-20",
      "S-2 protected-already 3.00 2027-11-20",
      "S-3 not-live",
      "S-4 no-price",
      "S-5 protected-already 84.00 2026-12-20",
      "S-6 no-plan"
    ])
    expect(await run(rowsOf("select * from price_protection order by 1, 2"))).toEqual(before)
    expect(await run(rowsOf(history))).toEqual([{ n: 3 }])
    const end = monthsLater(now, 1)
    const last = await run(protect(all, {}, Instant.make(end - 1)))
    expect(last).toContain("S-5 protected-already 84.00 2026-12-20")
    expect(await run(protect(all, {}, end))).toContain("S-5 protected 84.00 2027-01-20")
  })

  it("twice changes nothing, whatever it is for, in whatever pages, and whatever lists say meanwhile", async () => {
    const ids = await run(Effect.forEach([1, 2, 5], idOf))
    const accounts = await run(Effect.forEach(["R-1", "C-3"], accountOf))
    const scope: fc.Arbitrary<ProtectionScope> = fc.oneof(
      fc.constant(all),
      fc.subarray(ids, { minLength: 1 }).map((ids) => ({ kind: "subscriptions" as const, ids })),
      fc.constantFrom(...accounts).map((id) => ({ kind: "account" as const, id })),
      fc.constantFrom(1, 3).map((n) => ({ kind: "product" as const, offer: offerOf(n) }))
    )
    const ask = fc.record({
      months: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      limit: fc.constantFrom(1, 2, 1_000)
    })
    const everything = Effect.all([
      rowsOf("select * from price_protection order by 1, 2"),
      rowsOf("select * from history where field = 'priceProtection' order by id")
    ])
    const marked = (outcomes: ReadonlyArray<string>) =>
      outcomes.map((text) => text.replace(" protected ", " protected-already "))
    let kept = 0
    await fc.assert(
      fc.asyncProperty(
        scope,
        ask,
        ask,
        // The shortest protection is one of a month.
        fc.integer({ min: 0, max: 27 }),
        fc.integer({ min: 1, max: 99 }),
        async (scope, first, second, days, price) => {
          await run(emptied("price_protection"))
          const outcomes = await run(protect(scope, first))
          const before = await run(everything)
          kept += before[0].length
          await run(
            Effect.gen(function* () {
              const lists = yield* PriceLists
              const [list] = (yield* lists.search({}, { cursor: undefined, limit: 1 })).items
              if (list === undefined) throw new Error("there is no list")
              const entries = [1, 2, 3].map((n) => fixed(n, String(price)))
              yield* lists.replaceEntries(list.id, list.version, entries, cause)
            })
          )
          const again = await run(protect(scope, second, Instant.make(now + days * dayMs)))
          expect(again.filter((text) => text.includes("protected"))).toEqual(
            marked(outcomes).filter((text) => text.includes("protected"))
          )
          expect(await run(everything)).toEqual(before)
        }
      ),
      { numRuns: 8 }
    )
    expect(kept).toBeGreaterThan(0)
  })

  it("in pages of any size does the same", async () => {
    for (const limit of [1, 2, 5]) {
      expect(await run(protect(all, { dryRun: true, limit }))).toEqual(whole)
    }
    expect(await run(protect(all, { limit: 2 }))).toEqual(whole)
    expect(await run(kept)).toEqual(["S-1 9.99 12", "S-2 3 12", "S-5 84 1"])
  })

  it("is for one subscription with its active add-ons, for an account's branch, or for a product", async () => {
    const dry = (scope: ProtectionScope) => run(protect(scope, { dryRun: true }))
    const [first, addon] = [await run(idOf(1)), await run(idOf(2))]
    expect(await dry({ kind: "subscriptions", ids: [first] })).toEqual(whole.slice(0, 2))
    expect(await dry({ kind: "subscriptions", ids: [addon] })).toEqual([whole[1]])
    expect(await dry({ kind: "account", id: await run(accountOf("R-1")) })).toEqual(
      whole.slice(0, 3)
    )
    expect(await dry({ kind: "product", offer: offerOf(1) })).toEqual([
      ...whole.slice(0, 4),
      whole[5]
    ])
    await run(
      imported([
        sold(1, 2, {
          parentReference: "S-1",
          terms: { ...terms, offer: offerOf(2), status: "suspended" }
        })
      ])
    )
    expect(await dry({ kind: "subscriptions", ids: [first] })).toEqual([whole[0]])
  })

  it("names what its scope names and is not there, also where it is another branch's", async () => {
    const nobody = "99999999-0000-4000-8000-000000000000"
    const [own, other] = [await run(idOf(1)), await run(idOf(4))]
    const branch = await run(accountOf("R-1"))
    const failed = (scope: ProtectionScope, seen: typeof branch | null, instance = 1) =>
      run(
        PriceProtections.use((it) =>
          it.inScope(instanceId(instance), scope, seen, { cursor: undefined, limit: 10 })
        ).pipe(
          Effect.flip,
          Effect.map(({ kind, id }) => `${kind} ${id}`)
        )
      )
    const named = (ids: ReadonlyArray<string>): ProtectionScope => ({
      kind: "subscriptions",
      ids: ids.map((id) => SubscriptionId.make(id))
    })
    expect(await failed(named([own, nobody]), null)).toBe(`subscription ${nobody}`)
    expect(await failed(named([own, other]), branch)).toBe(`subscription ${other}`)
    expect(await failed(named([own]), null, 2)).toBe(`subscription ${own}`)
    const neighbour = await run(accountOf("R-2"))
    expect(await failed({ kind: "account", id: neighbour }, branch)).toBe(`account ${neighbour}`)
    expect(await failed({ kind: "product", offer: offerOf(9) }, null)).toBe(`product ${offerOf(9)}`)
    const seen = await run(
      PriceProtections.use((it) =>
        it.inScope(instanceId(1), all, branch, { cursor: undefined, limit: 10 })
      )
    )
    expect(seen.items.map(({ reference }) => reference).toSorted()).toEqual(["S-1", "S-2", "S-3"])
  })

  it("protects nothing of the sandbox", async () => {
    await run(rowsOf("update subscription set environment = 'sandbox' where reference = 'S-1'"))
    expect(await run(protect(all, { months: 3 }))).toContain("S-1 sandbox")
    expect(await run(kept)).toEqual(["S-2 3 3", "S-5 84 3"])
  })

  it("also keeps the price of what is not sold to anybody new", async () => {
    await run(rowsOf("update product set published = false, discontinued_at = now()"))
    expect(await run(protect(all))).toEqual(whole)
  })

  it("of two at once counts once: who comes second waits, and sees what the first has kept", async () => {
    const subscriptionId = await run(idOf(1))
    const activated = (validFrom: Instant) =>
      PriceProtections.use((it) =>
        it.activate(
          [
            {
              subscriptionId,
              price: euros("9.99"),
              term: "P1Y",
              billingCycle: "monthly",
              months: 1,
              validFrom,
              validTo: monthsLater(validFrom, 1),
              priceListId: PriceListId.make(subscriptionId)
            }
          ],
          cause
        )
      )
    const others: Array<Promise<ReadonlySet<SubscriptionId>>> = []
    const first = await run(
      UnitOfWork.use((work) =>
        work.within(
          Effect.gen(function* () {
            const first = yield* activated(now)
            let isDone = false
            others.push(
              run(activated(Instant.make(now + 1))).finally(() => {
                isDone = true
              })
            )
            const waiting = rowsOf("select 1 from pg_locks where not granted")
            for (let looks = 0; looks < 5_000 && !isDone; looks++)
              if ((yield* waiting).length > 0) break
            return first
          })
        )
      )
    )
    const [second] = await Promise.all(others)
    expect([first.size, second?.size]).toEqual([1, 0])
    expect(await run(rowsOf("select 1 from price_protection"))).toHaveLength(1)
  })

  it("is never changed or taken away", async () => {
    await run(protect(all))
    for (const text of ["update price_protection set amount = 0", "delete from price_protection"])
      await expect(run(rowsOf(text))).rejects.toThrow("append-only")
  })

  it("of five thousand subscriptions takes a few statements for each page", async () => {
    await run(
      imported(
        Array.from({ length: 5_000 }, (_, n) =>
          sold(1, 100 + n, { microsoftId: microsoftId(100 + n), tenantId: tenantId(1) })
        )
      )
    )
    const began = performance.now()
    const outcomes = await run(protect(all))
    expect(outcomes.filter((text) => text.includes(" protected "))).toHaveLength(5_003)
    // A statement for each subscription would take several times as long on any machine.
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

describe("a protected price", () => {
  const taken = (n: number, at = now) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at)
      const { choices } = yield* cycleChanges(yield* idOf(n), null)
      return choices.map(
        ({ change, price }) =>
          `${change.which} ${change.to} ${change.allowed ? "allowed" : change.refusals.map(({ code }) => code).join()} ${price === null ? "" : `${price.source} ${format(price.price)}`}`
      )
    }).pipe(Effect.provide(TestClock.layer()))

  it("is what a change takes whatever happens to lists, from its first instant until its last", async () => {
    await run(protect(all))
    await run(
      Effect.gen(function* () {
        const lists = yield* PriceLists
        const [list] = (yield* lists.search({}, { cursor: undefined, limit: 10 })).items
        if (list === undefined) throw new Error("there is no list")
        yield* lists.replaceEntries(list.id, list.version, [fixed(1, "20")], cause)
      })
    )
    const kept = [
      "current monthly same-cycle protected 9.99",
      "next monthly same-cycle protected 9.99",
      "current annual allowed protected 119.88",
      "next annual allowed protected 119.88"
    ]
    const open = kept.map((text) =>
      text.replace("protected 9.99", "current 20.00").replace("protected 119.88", "current 240.00")
    )
    const end = monthsLater(now, 12)
    expect(await run(taken(1))).toEqual(kept)
    expect(await run(taken(1, Instant.make(end - 1)))).toEqual(kept)
    expect(await run(taken(1, end))).toEqual(open)
    expect(await run(taken(1, Instant.make(now - 1)))).toEqual(open)
  })

  it("by the year says nothing of a month", async () => {
    await run(protect(all))
    expect(await run(taken(5))).toEqual([
      "current monthly not-longer current 7.00",
      "next monthly allowed current 7.00",
      "current annual same-cycle protected 84.00",
      "next annual same-cycle protected 84.00"
    ])
    expect(await run(taken(6))).toEqual([])
  })
})
