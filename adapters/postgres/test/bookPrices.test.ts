import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import type { Plan } from "@concordat/core/catalogue/VendorCatalogue"
import { format, type Money } from "@concordat/core/money/Money"
import { Assortments } from "@concordat/core/price/Assortments"
import { heldPrice } from "@concordat/core/price/heldPrice"
import type { PriceEntry } from "@concordat/core/price/PriceEntry"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { PriceProtections } from "@concordat/core/price/PriceProtections"
import { monthsLater } from "@concordat/core/price/Protection"
import { Books } from "@concordat/core/reconciliation/Books"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { Mirror } from "@concordat/core/reconciliation/Mirror"
import { Runs } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import { SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer, ManagedRuntime, Result, Stream } from "effect"
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
  priceWorld,
  rule
} from "./PriceWorld.ts"
import {
  emptied,
  euros,
  instanceId,
  line,
  microsoftId,
  now,
  observed,
  reseller,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(
  priceProtectionsLayer.pipe(Layer.provideMerge(priceRepositories))
)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(priceWorld))

const monthly: Plan = { term: "P1Y", billingCycle: "monthly" }
const annual: Plan = { term: "P1Y", billingCycle: "annual" }

/** Subscription `n` of customer `customer`: of product 1 by the month, unless said otherwise. */
const sold = (customer: number, n: number, terms: Partial<BookLine["terms"]> = {}): BookLine =>
  line(customer, n, {
    reseller: customer < 3 ? reseller(customer) : null,
    terms: { ...line(1, 1).terms, ...monthly, offer: offerOf(1), ...terms }
  })
const held = (customer: number, n: number, terms: Partial<Observed["terms"]> = {}): Observed =>
  observed(customer, n, {
    terms: { ...observed(1, 1).terms, ...monthly, offer: offerOf(1), ...terms }
  })

const imported = (lines: ReadonlyArray<BookLine>) =>
  Book.use((book) =>
    book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
  )
/** Everything that Partner Center holds, seen for a run of everything. */
const seen = Effect.fnUntraced(function* (all: ReadonlyArray<Observed>) {
  const customers = [1, 2, 3]
  yield* Mirror.use((mirror) =>
    mirror.record(
      customers.map((customer) => ({
        _tag: "Listed" as const,
        instanceId: instanceId(1),
        environment: "primary" as const,
        tenantId: tenantId(customer),
        at: now,
        digest: "d",
        subscriptions: all.filter((one) => one.tenantId === tenantId(customer))
      })),
      { actor: "test", correlationId: "" }
    )
  )
  const runs = yield* Runs
  yield* runs.request(run(1))
  yield* runs.observe(run(1), customers.map(tenantId), [], 0)
  yield* runs.observed(
    instanceId(1),
    customers.map((customer) => ({ tenantId: tenantId(customer), problem: null, requests: 1 }))
  )
})
const protectedFrom = Effect.fnUntraced(function* (n: number, price: string, from: Instant) {
  const [row] = yield* rowsOf<{ id: string }>(
    `select id from subscription where reference = 'S-${n}'`
  )
  const subscriptionId = SubscriptionId.make(row?.id ?? "")
  const protection = {
    price: euros(price),
    ...monthly,
    months: 1,
    validFrom: from,
    validTo: monthsLater(from, 1)
  }
  const priceListId = priceList("gone").id
  yield* PriceProtections.use((it) =>
    it.activate([{ ...protection, subscriptionId, priceListId }], cause)
  )
  return protection
})

const text = (price: Money | null | undefined) =>
  price === null || price === undefined ? price : `${format(price)} ${price.currency}`
/** What the book of the run says each costs: `S-n` by reference, `M-n` what Partner Center holds. */
const prices = Effect.fnUntraced(function* (at = now) {
  const books = yield* Books
  const found = (yield* Stream.runCollect(books.customers(run(1), at))).flat()
  return Object.fromEntries(
    found.flatMap(({ customer, listed }) => [
      ...customer.subscriptions.map(({ id, reference }) => [
        reference,
        text(listed.subscriptions.get(id))
      ]),
      ...customer.observed.map(({ microsoftId }) => [
        `M-${Number.parseInt(microsoftId.slice(-12), 16)}`,
        text(listed.observed.get(microsoftId))
      ])
    ])
  )
})

describe("what subscriptions cost", () => {
  it("is what the list of their account says, else the nearest above it; without a list nothing is said", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        yield* imported([sold(1, 1), sold(2, 2), sold(3, 3), sold(1, 4, { offer: offerOf(2) })])
        yield* listed(priceList("Resellers"), [fixed(1, "9.99")], ["R-1", "R-2"])
        yield* listed(priceList("Own"), [fixed(1, "8.88")], ["C-2"])
        yield* listed(
          priceList("Elsewhere", { instanceId: instanceId(2) }),
          [fixed(1, "1")],
          ["C-3"]
        )
        yield* seen([held(1, 1), held(1, 9), held(2, 2, annual), held(3, 3)])
        expect(yield* prices()).toEqual({
          "S-1": "9.99 EUR",
          "S-2": "8.88 EUR",
          "S-3": undefined,
          // The list has no entry for it, and lets no other price through.
          "S-4": null,
          "M-1": "9.99 EUR",
          // Nobody's subscription yet: the tenant's account would buy it.
          "M-9": "9.99 EUR",
          "M-2": "106.56 EUR",
          "M-3": undefined
        })
      })
    ))

  it("is nothing that a list has said before it began or after it ended", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const end = Instant.make(now + 1_000)
        yield* imported([sold(1, 1)])
        yield* listed(
          priceList("November", { validFrom: now, validTo: end }),
          [fixed(1, "9.99")],
          ["R-1"]
        )
        yield* listed(priceList("December", { validFrom: end }), [fixed(1, "11")], ["R-1"])
        yield* seen([])
        const at = (instant: number) =>
          Effect.map(prices(Instant.make(instant)), (found) => found["S-1"])
        expect(yield* at(now - 1)).toBeNull()
        expect(yield* at(now)).toBe("9.99 EUR")
        expect(yield* at(end - 1)).toBe("9.99 EUR")
        expect(yield* at(end)).toBe("11.00 EUR")
      })
    ))

  it("is the protected price while the protection holds, by the year twelve of it, for the same product only", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        yield* imported([sold(1, 1), sold(1, 2), sold(3, 3), sold(1, 4, { term: undefined })])
        yield* listed(priceList("Resellers"), [fixed(1, "9.99"), fixed(2, "5")], ["R-1"])
        const { validTo } = yield* protectedFrom(1, "7.50", now)
        yield* protectedFrom(2, "7.50", now)
        yield* protectedFrom(3, "6", now)
        yield* seen([held(1, 1, annual), held(1, 2, { offer: offerOf(2) }), held(3, 3)])
        const kept = {
          "S-1": "7.50 EUR",
          "S-2": "7.50 EUR",
          "S-3": "6.00 EUR",
          "S-4": null,
          "M-1": "90.00 EUR",
          "M-2": "5.00 EUR",
          "M-3": "6.00 EUR"
        }
        const open = {
          "S-1": "9.99 EUR",
          "S-2": "9.99 EUR",
          "S-3": undefined,
          "S-4": null,
          "M-1": "119.88 EUR",
          "M-2": "5.00 EUR",
          "M-3": undefined
        }
        expect(yield* prices()).toEqual(kept)
        expect(yield* prices(Instant.make(validTo - 1))).toEqual(kept)
        expect(yield* prices(validTo)).toEqual(open)
        expect(yield* prices(Instant.make(now - 1))).toEqual(open)
      })
    ))

  it("is each one's own for a customer with many, and of the first of two that are mapped to one", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const numbers = Array.from({ length: 14 }, (_, n) => n + 1)
        const second = { ...sold(1, 91), microsoftId: microsoftId(14) }
        yield* imported([...numbers.map((n) => sold(1, n)), second])
        yield* listed(priceList("Resellers"), [fixed(1, "9.99")], ["R-1"])
        yield* protectedFrom(13, "7.50", now)
        yield* protectedFrom(91, "5", now)
        yield* seen(numbers.map((n) => held(1, n)))
        const found = yield* prices()
        const of = (side: string, price: (n: number) => string) =>
          numbers.map((n) => [`${side}-${n}`, price(n)])
        const price = (n: number) => (n === 13 ? "7.50 EUR" : "9.99 EUR")
        expect(found).toEqual(
          Object.fromEntries([...of("S", price), ...of("M", price), ["S-91", "5.00 EUR"]])
        )
      })
    ))

  it("is the price at which the same account would buy at that instant, whatever lists and protections there are", async () => {
    const codes = ["R-1", "C-1", "R-2", "C-2", "C-3"]
    const offers = [1, 2, 3, 9]
    const entry = fc.oneof(
      fc
        .record({ n: fc.integer({ min: 1, max: 3 }), cents: fc.nat(5_000) })
        .map(({ n, cents }): PriceEntry => fixed(n, (cents / 100).toFixed(2))),
      fc.constantFrom(...(["markup", "margin", "discount"] as const)).chain((kind) =>
        fc.nat(99).map(
          (percent): PriceEntry => ({
            subject: { kind: "all" },
            term: null,
            billingCycle: null,
            rule: rule(kind, String(percent))
          })
        )
      )
    )
    const mostly = fc.constantFrom(true, true, true, false)
    const keyOf = ({ subject }: PriceEntry) => (subject.kind === "product" ? subject.offer : "all")
    const list = fc.record({
      entries: fc.uniqueArray(entry, { maxLength: 3, selector: keyOf }),
      active: mostly,
      began: mostly,
      codes: fc.subarray(codes, { minLength: 1 })
    })
    const item = fc.record({
      customer: fc.constantFrom(1, 2, 3),
      offer: fc.constantFrom(...offers).map(offerOf),
      plan: fc.constantFrom(monthly, annual, { term: "P3Y", billingCycle: "monthly" } as const),
      protection: fc.option(fc.constantFrom("before", "now", "later"))
    })
    const world = fc.record({
      lists: fc.array(list, { minLength: 1, maxLength: 4 }),
      ours: fc.array(item, { minLength: 2, maxLength: 5 }),
      theirs: fc.array(item, { maxLength: 4 })
    })
    const starts = { before: now - 86_400_000 * 40, now, later: now + 1 }
    let priced = 0
    await runtime.runPromise(
      rowsOf("update product set purchase_amount = 7.77, purchase_currency = 'EUR'")
    )
    await fc.assert(
      fc.asyncProperty(world, ({ lists, ours, theirs }) =>
        runtime.runPromise(
          Effect.gen(function* () {
            yield* emptied("price_list", "subscription", "observed_customer", "reconciliation_run")
            yield* imported(
              ours.map(({ customer, offer, plan }, n) => sold(customer, n + 1, { offer, ...plan }))
            )
            const port = yield* PriceLists
            for (const [n, { active, began, codes, entries }] of lists.entries()) {
              const made = priceList(`List ${n}`, {
                active,
                validFrom: Instant.make(began ? now - 1 : now + 1)
              })
              yield* listed(made, entries)
              // Two of one account that overlap are refused.
              for (const code of codes)
                yield* Effect.ignore(port.assign(made.id, yield* accountOf(code), cause))
            }
            const kept = new Map<number, Effect.Success<ReturnType<typeof protectedFrom>>>()
            for (const [n, { protection }] of ours.entries())
              if (protection !== null)
                kept.set(n, yield* protectedFrom(n + 1, "3.21", Instant.make(starts[protection])))
            const extra = theirs.map(({ customer, offer, plan }, n) =>
              held(customer, 100 + n, { offer, ...plan })
            )
            yield* seen([
              ...ours.map(({ customer, offer, plan }, n) =>
                held(customer, n + 1, { offer, ...plan })
              ),
              ...extra
            ])
            const asked = yield* Effect.forEach([...ours, ...theirs], ({ customer, offer, plan }) =>
              Effect.map(accountOf(`C-${customer}`), (accountId) => ({
                accountId,
                instanceId: instanceId(1),
                offer,
                plan
              }))
            )
            const quotes = yield* Assortments.use((it) => it.prices(asked, now))
            const listedOf = (n: number): Money | null | undefined => {
              const quote = quotes[n]
              if (quote === undefined) throw new Error("a quote for each")
              if (Result.isSuccess(quote)) return quote.success.price
              return quote.failure === "no-price-list" ? undefined : null
            }
            const found = yield* prices()
            for (const [n, { plan }] of ours.entries()) {
              const price = heldPrice(listedOf(n), kept.get(n) ?? null, plan.billingCycle, now)
              expect(found[`S-${n + 1}`]).toEqual(text(price))
              expect(found[`M-${n + 1}`]).toEqual(text(price))
              if (typeof found[`S-${n + 1}`] === "string") priced++
            }
            for (const n of theirs.keys())
              expect(found[`M-${100 + n}`]).toEqual(text(listedOf(ours.length + n)))
          })
        )
      ),
      { numRuns: 10 }
    )
    // Reasons only would prove little about prices.
    expect(priced).toBeGreaterThan(3)
  })
})

it("a run reports what differs from them, and what is at risk by them", () =>
  runtime.runPromise(
    Effect.gen(function* () {
      const unpriced = { ...sold(1, 3), unitPrice: null }
      const products = [sold(1, 1), sold(1, 2), unpriced, sold(3, 4)].map((sale) => ({
        ...sale,
        unitPrice: sale.unitPrice === null ? null : euros("20.00")
      }))
      yield* imported(products)
      yield* listed(priceList("Resellers"), [fixed(1, "15")], ["R-1"])
      yield* protectedFrom(2, "20", now)
      yield* seen([held(1, 1), held(1, 2), held(1, 3, { quantity: 12 }), held(1, 9), held(3, 4)])
      yield* TestClock.setTime(now)
      yield* compareRun(runId(1))
      const rows = yield* rowsOf(
        `select kind, coalesce(subscription.reference, row.microsoft_id::text) as about,
          finding.document ->> 'bss' as agreed, finding.document ->> 'partnerCenter' as listed,
          (finding.document -> 'atRisk' ->> 'amount')::float as risk
         from finding join reconciliation_row row using (run_id, position)
         left join subscription on subscription.id = row.subscription_id order by 1, 2`
      )
      const ours = (about: string, listed: string, risk: number) => ({
        kind: "price",
        about,
        agreed: "20.00",
        listed,
        risk
      })
      expect(rows).toEqual([
        {
          kind: "only-in-partner-center",
          about: microsoftId(9),
          agreed: null,
          listed: microsoftId(9),
          risk: 150
        },
        ours("S-1", "15.00", 50),
        // Nobody above has a list: the product's own price counts.
        ours("S-4", "10.00", 100),
        { kind: "quantity", about: "S-3", agreed: "10", listed: "12", risk: 30 }
      ])
    }).pipe(Effect.provide(TestClock.layer()))
  ))
