import { BigDecimal, Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Plan } from "../../src/catalogue/VendorCatalogue.ts"
import { isKnownCurrency, minorUnitsOf, rounded } from "../../src/money/currencies.ts"
import { Currency, equals, format, money, times } from "../../src/money/Money.ts"
import { explainPrice } from "../../src/price/explainPrice.ts"
import {
  entryKeyText,
  type PriceEntry,
  type PriceRule,
  type Subject
} from "../../src/price/PriceEntry.ts"
import { isValidAt, overlap } from "../../src/price/PriceList.ts"
import { entriesBySubject, type PricedProduct, resolvePrice } from "../../src/price/resolvePrice.ts"
import { Instant } from "../../src/time/Instant.ts"
import {
  anyEntries,
  anyInstant,
  anyList,
  anyPlan,
  anyProduct,
  anyValidity,
  cost,
  decimal,
  eur,
  groups,
  instants,
  offers
} from "./Prices.ts"

const [offer, otherOffer] = offers
const [group] = groups
if (offer === undefined || otherOffer === undefined || group === undefined) throw new Error("none")

const anyCase = fc.record({
  list: anyList,
  entries: anyEntries,
  product: anyProduct,
  plan: anyPlan,
  at: anyInstant
})
type Case = typeof anyCase extends fc.Arbitrary<infer A> ? A : never
const priceOf = ({ list, entries, product, plan, at }: Case) =>
  resolvePrice(list, entriesBySubject(entries), product, plan, at)

describe("resolving a price, whatever the list, product, plan and time", () => {
  it("is total and deterministic: always the same price, or the same reason", () => {
    let priced = 0
    fc.assert(
      fc.property(anyCase, (given) => {
        const result = priceOf(given)
        expect(priceOf({ ...given })).toEqual(result)
        expect(explainPrice(result)).toMatch(/\.$/u)
        if (Result.isSuccess(result)) priced++
      }),
      { numRuns: 2_000 }
    )
    // A property of reasons only would prove little about prices.
    expect(priced).toBeGreaterThan(100)
  })

  it("is never below zero, in the list's currency, and in whole smallest units", () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const result = priceOf(given)
        if (Result.isFailure(result)) return
        const { price } = result.success
        expect(price.currency).toBe(given.list.currency)
        expect(BigDecimal.isNegative(price.amount)).toBe(false)
        expect(BigDecimal.normalize(price.amount).scale).toBeLessThanOrEqual(
          minorUnitsOf(price.currency)
        )
      }),
      { numRuns: 2_000 }
    )
  })

  it("does not depend on the order of entries, costs and recommended prices", () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const turned: Case = {
          ...given,
          entries: given.entries.toReversed(),
          product: {
            ...given.product,
            costs: given.product.costs.toReversed(),
            recommended: given.product.recommended.toReversed()
          }
        }
        expect(priceOf(turned)).toEqual(priceOf(given))
      }),
      { numRuns: 2_000 }
    )
  })

  it("has a price only for what an entry of the list is about, while the list is in force", () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const { list, entries, product, plan, at } = given
        const isAbout = ({ subject, term, billingCycle }: PriceEntry) =>
          (subject.kind === "all" ||
            (subject.kind === "product" && subject.offer === product.offer) ||
            (subject.kind === "group" && subject.groupId === product.groupId)) &&
          [null, plan.term].includes(term) &&
          [null, plan.billingCycle].includes(billingCycle)
        const result = priceOf(given)
        const inList = entries.some(isAbout)
        const inForce =
          list.active && list.validFrom <= at && (list.validTo === null || at < list.validTo)
        if (Result.isSuccess(result)) {
          expect([inForce, inList]).toEqual([true, true])
          expect(isAbout(result.success.entry)).toBe(true)
        } else if (!inForce) expect(result.failure).toBe("list-not-in-force")
        else if (!inList) expect(result.failure).toBe("not-in-list")
        else expect(["no-cost", "no-recommended-price"]).toContain(result.failure)
      }),
      { numRuns: 2_000 }
    )
  })

  it("is exactly twelve times the monthly price where no annual one is known", () => {
    let compared = 0
    fc.assert(
      fc.property(anyCase, (given) => {
        // One rule for both cycles, and no annual basis.
        const monthlyOnly = (prices: PricedProduct["costs"]) =>
          prices.map((price) => ({ ...price, billingCycle: "monthly" as const }))
        const shared: Case = {
          ...given,
          entries: [
            ...new Map(
              given.entries
                .map((entry) => ({ ...entry, billingCycle: null }))
                .map((entry) => [entryKeyText(entry), entry])
            ).values()
          ],
          product: {
            ...given.product,
            costs: monthlyOnly(given.product.costs),
            recommended: monthlyOnly(given.product.recommended)
          }
        }
        const of = (billingCycle: Plan["billingCycle"]) =>
          priceOf({ ...shared, plan: { term: given.plan.term, billingCycle } })
        const [monthly, annual] = [of("monthly"), of("annual")]
        expect(Result.isSuccess(annual)).toBe(Result.isSuccess(monthly))
        if (Result.isFailure(monthly) || Result.isFailure(annual)) return
        compared++
        expect(equals(annual.success.price, times(monthly.success.price, 12))).toBe(true)
      }),
      { numRuns: 2_000 }
    )
    expect(compared).toBeGreaterThan(50)
  })
})

describe("validity", () => {
  it("begins with its first instant and ends before its last", () => {
    fc.assert(
      fc.property(anyValidity, ({ validFrom, validTo }) => {
        expect(isValidAt({ validFrom, validTo }, validFrom)).toBe(true)
        expect(isValidAt({ validFrom, validTo }, Instant.make(validFrom - 1))).toBe(false)
        if (validTo === null) return
        expect(isValidAt({ validFrom, validTo }, validTo)).toBe(false)
        expect(isValidAt({ validFrom, validTo }, Instant.make(validTo - 1))).toBe(true)
      })
    )
  })

  it("overlaps exactly where some instant is in both, either way round", () => {
    fc.assert(
      fc.property(anyValidity, anyValidity, (a, b) => {
        // Every validity of this world ends within it or never, so that one instant more sees all.
        const both = [...instants, Instant.make(instants.length)].some(
          (at) => isValidAt(a, at) && isValidAt(b, at)
        )
        expect(overlap(a, b)).toBe(both)
        expect(overlap(b, a)).toBe(both)
      }),
      { numRuns: 1_000 }
    )
  })
})

const monthly: Plan = { term: "P1Y", billingCycle: "monthly" }
const annual: Plan = { term: "P1Y", billingCycle: "annual" }
const list = {
  active: true,
  validFrom: Instant.make(0),
  validTo: Instant.make(100),
  currency: eur
}
const product: PricedProduct = {
  offer,
  groupId: group,
  costs: [cost("10.00", monthly)],
  recommended: [cost("12.50", monthly), cost("140", annual)]
}
const rule = (kind: PriceRule["kind"], value: string): PriceRule => ({
  kind,
  value: decimal(value)
})
const entry = (
  subject: Subject,
  given: PriceRule,
  term: PriceEntry["term"] = null,
  billingCycle: PriceEntry["billingCycle"] = null
): PriceEntry => ({ subject, term, billingCycle, rule: given })
const ofProduct: Subject = { kind: "product", offer }
const ofGroup: Subject = { kind: "group", groupId: group }
const ofAll: Subject = { kind: "all" }
const at = Instant.make(50)
const shown = (
  entries: ReadonlyArray<PriceEntry>,
  plan: Plan,
  of: PricedProduct = product,
  when = at
) => {
  const result = resolvePrice(list, entriesBySubject(entries), of, plan, when)
  return Result.isSuccess(result) ? format(result.success.price) : result.failure
}

describe("the entry that counts", () => {
  const all = [
    entry(ofAll, rule("fixed", "1")),
    entry(ofAll, rule("fixed", "2"), null, "monthly"),
    entry(ofAll, rule("fixed", "3"), "P1Y"),
    entry(ofAll, rule("fixed", "4"), "P1Y", "monthly"),
    entry(ofGroup, rule("fixed", "5")),
    entry(ofGroup, rule("fixed", "6"), null, "monthly"),
    entry(ofGroup, rule("fixed", "7"), "P1Y"),
    entry(ofGroup, rule("fixed", "8"), "P1Y", "monthly"),
    entry(ofProduct, rule("fixed", "9")),
    entry(ofProduct, rule("fixed", "10"), null, "monthly"),
    entry(ofProduct, rule("fixed", "11"), "P1Y"),
    entry(ofProduct, rule("fixed", "12"), "P1Y", "monthly")
  ]
  it.each(all.map((_, index) => index))(
    "is the one with the highest precedence of the first %i and one",
    (index) => {
      expect(shown(all.slice(0, index + 1), monthly)).toBe(`${index + 1}.00`)
    }
  )

  it("is never one of another product, group, term or billing cycle", () => {
    const others = [
      entry({ kind: "product", offer: otherOffer }, rule("fixed", "1")),
      entry(ofProduct, rule("fixed", "1"), "P3Y"),
      entry(ofProduct, rule("fixed", "1"), null, "annual"),
      entry(ofGroup, rule("fixed", "1"), "P1M", "monthly")
    ]
    expect(shown(others, monthly)).toBe("not-in-list")
    expect(
      shown([entry(ofGroup, rule("fixed", "1"))], monthly, { ...product, groupId: null })
    ).toBe("not-in-list")
  })
})

describe("rules", () => {
  it.each([
    ["fixed", "9.995", monthly, "10.00"], // half-even: the even cent
    ["fixed", "9.985", monthly, "9.98"],
    ["margin", "20", monthly, "12.50"], // 10 ÷ 0.8
    ["margin", "0", monthly, "10.00"],
    ["markup", "12.5", monthly, "11.25"],
    ["markup", "12.5", annual, "135.00"], // no annual cost: 12 × 11.25
    ["discount", "10", monthly, "11.25"],
    ["discount", "10", annual, "126.00"], // the real annual recommended price, not 12 × 11.25
    ["discount", "100", monthly, "0.00"],
    ["margin", "30", annual, "171.48"] // 12 × 14.29, as twelve months would cost, not round(171.43)
  ] as const)("%s %s of a plan billed %j is %s", (kind, value, plan, price) => {
    expect(shown([entry(ofAll, rule(kind, value))], plan)).toBe(price)
  })

  it("a fixed price for every billing cycle is one for a month; one for a cycle is for that cycle", () => {
    expect(shown([entry(ofAll, rule("fixed", "9.99"))], annual)).toBe("119.88")
    expect(shown([entry(ofAll, rule("fixed", "99"), null, "annual")], annual)).toBe("99.00")
    const once = { term: null, billingCycle: "one_time" } as const
    expect(shown([entry(ofAll, rule("fixed", "500"))], once)).toBe("500.00")
  })

  it("take the basis that is valid at the instant: from inclusive, to exclusive", () => {
    const dated = { ...product, costs: [cost("10", monthly, 0, 60), cost("20", monthly, 60)] }
    const entries = [entry(ofAll, rule("markup", "0"))]
    expect(shown(entries, monthly, dated, Instant.make(59))).toBe("10.00")
    expect(shown(entries, monthly, dated, Instant.make(60))).toBe("20.00")
  })

  it("take the cost that began last where several are valid, then the one that ends first, then the higher", () => {
    const several = [
      cost("30", monthly, 0, 55),
      cost("20", monthly, 5),
      cost("10", monthly, 5, 60),
      cost("12", monthly, 5, 60)
    ]
    const entries = [entry(ofAll, rule("markup", "0"))]
    for (const costs of [several, several.toReversed()])
      expect(shown(entries, monthly, { ...product, costs })).toBe("12.00")
  })

  it("have no price without a basis in the list's currency for the plan's own term", () => {
    const entries = [entry(ofAll, rule("markup", "0"))]
    const dollars = {
      ...product,
      costs: [{ ...cost("1", monthly), price: money("1", Currency.make("USD")) }]
    }
    expect(shown(entries, monthly, dollars)).toBe("no-cost")
    expect(shown(entries, { term: "P3Y", billingCycle: "monthly" })).toBe("no-cost")
    expect(
      shown([entry(ofAll, rule("discount", "1"))], { term: "P1M", billingCycle: "monthly" })
    ).toBe("no-recommended-price")
  })
})

describe("an explanation", () => {
  it("says which entry, what it is of and how it came to the price", () => {
    const said = (entries: ReadonlyArray<PriceEntry>, plan: Plan) =>
      explainPrice(resolvePrice(list, entriesBySubject(entries), product, plan, at))
    expect(said([entry(ofGroup, rule("markup", "12.5"), "P1Y")], annual)).toBe(
      "Entry of its group, P1Y, every billing cycle: 12.5 % on top of the cost 10.00 EUR a month, times 12 = 135.00 EUR."
    )
    expect(said([entry(ofProduct, rule("fixed", "8.5"), null, "monthly")], monthly)).toBe(
      "Entry of the product, every term, monthly: fixed at 8.5 = 8.50 EUR."
    )
    expect(said([], monthly)).toMatch(/^The list has no entry/u)
  })
})

describe("currencies", () => {
  it("are those of ISO 4217, each with its own smallest unit", () => {
    for (const code of ["EUR", "USD", "GBP", "CHF", "JPY", "CNY"])
      expect(isKnownCurrency(code)).toBe(true)
    for (const code of ["EUX", "XXX", "eur", "DEM", "", "EU R"])
      expect(isKnownCurrency(code)).toBe(false)
    const shownIn = (code: string) => {
      const { amount } = rounded(money("1.23456", Currency.make(code)))
      return BigDecimal.format(amount)
    }
    expect(["JPY", "EUR", "KWD", "CLF"].map(shownIn)).toEqual(["1", "1.23", "1.235", "1.2346"])
  })
})
