import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { format } from "../../src/money/Money.ts"
import { priceOf } from "../../src/pricesheet/readPriceSheet.ts"
import {
  costAt,
  periodsOf,
  perPeriod,
  recommendedAt,
  type SheetPrice
} from "../../src/pricesheet/SheetPrice.ts"
import { BillingCycle, Term } from "../../src/subscription/Subscription.ts"
import { dayMs, Instant } from "../../src/time/Instant.ts"
import { sheetLine, sheetLines, usd } from "./Sheets.ts"

const questionOf = ({ tierMax: _, tierMin: __, ...subject }: SheetPrice, quantity = 1) => ({
  ...subject,
  quantity
})
const instant = fc
  .integer({ min: -10, max: 70 })
  .map((day) => Instant.make(Date.UTC(2026, 9, 1) + day * dayMs))
const prices = sheetLines().map((lines) => lines.map(priceOf))

describe("what an offer costs", () => {
  it("does not depend on the order of the lines", () => {
    fc.assert(
      fc.property(
        prices.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))
        ),
        instant,
        fc.integer({ min: 0, max: 200 }),
        ([all, shuffled], at, quantity) => {
          for (const price of all)
            expect(costAt(shuffled, questionOf(price, quantity), at)).toEqual(
              costAt(all, questionOf(price, quantity), at)
            )
        }
      )
    )
  })

  it("is said by a line that is valid and meant, and by one whenever there is one", () => {
    fc.assert(
      fc.property(prices, instant, fc.integer({ min: 0, max: 200 }), (all, at, quantity) => {
        for (const asked of all) {
          const question = questionOf(asked, quantity)
          const meant = all.filter(
            (price) =>
              price.offer === asked.offer &&
              price.term === asked.term &&
              price.billingCycle === asked.billingCycle &&
              price.segment === asked.segment &&
              price.validFrom <= at &&
              (price.validTo ?? Number.POSITIVE_INFINITY) > at &&
              (price.tierMin ?? 0) <= quantity &&
              (price.tierMax ?? Number.POSITIVE_INFINITY) >= quantity
          )
          const answer = costAt(all, question, at)
          if (answer === undefined) expect(meant).toEqual([])
          else expect(meant).toContain(answer)
        }
      })
    )
  })

  it("of overlapping lines is said by the first to end, as in Microsoft's example", () => {
    const [line] = fc.sample(sheetLine, { numRuns: 1, seed: 1 })
    if (line === undefined) throw new Error("no line")
    const at = (text: string) => Instant.make(Date.parse(text))
    const top = {
      ...priceOf(line),
      tierMin: null,
      tierMax: null,
      validFrom: at("2021-10-01T00:00:00Z"),
      validTo: at("2021-11-03T06:57:30Z")
    }
    const second = { ...top, validFrom: at("2021-11-01T00:00:00Z"), validTo: null }
    const third = { ...second, validFrom: at("2022-01-01T00:00:00Z") }
    const all = [third, top, second]
    expect(costAt(all, questionOf(top), at("2021-11-02T00:00:00Z"))).toBe(top)
    expect(costAt(all, questionOf(top), at("2021-11-04T00:00:00Z"))).toBe(second)
    expect(costAt(all, questionOf(top), at("2022-02-01T00:00:00Z"))).toBe(third)
    expect(costAt(all, questionOf(top), at("2021-09-30T00:00:00Z"))).toBeUndefined()
  })
})

describe("of overlapping tiers", () => {
  const [line] = fc.sample(sheetLine, { numRuns: 1, seed: 1 })
  if (line === undefined) throw new Error("no line")
  const day = (n: number) => Instant.make(Date.UTC(2026, 9, 1) + n * dayMs)
  const tier = (
    tierMax: number | null,
    [from, to]: readonly [number, number | null],
    unitPrice: string,
    erpPrice: string | null = null
  ): SheetPrice => ({
    ...priceOf({ ...line, unitPrice, erpPrice }),
    tierMin: 1,
    tierMax,
    validFrom: day(from),
    validTo: to === null ? null : day(to)
  })
  const said = (all: ReadonlyArray<SheetPrice>, at: number) => {
    const [first] = all
    if (first === undefined) throw new Error("no line")
    const question = questionOf(first)
    return [costAt(all, question, day(at)), recommendedAt(all, question, day(at))].map((price) =>
      price === undefined ? -1 : all.indexOf(price)
    )
  }

  it("the price that began to count last counts, then the one that ends first, then the higher", () => {
    expect(said([tier(99, [0, null], "120"), tier(null, [1, null], "60")], 2)).toEqual([1, -1])
    expect(said([tier(99, [0, null], "120"), tier(null, [0, 9], "60")], 2)).toEqual([1, -1])
    expect(said([tier(99, [0, null], "60"), tier(null, [0, null], "120")], 2)).toEqual([1, -1])
    // Another first seat is another tier, whose price does not wait for the first one's to end.
    expect(
      said([tier(null, [0, 5], "1"), { ...tier(null, [2, null], "2"), tierMin: null }], 3)
    ).toEqual([1, -1])
    // The second line counts from day 5, when the first of its tier has ended: later than the third, which began last.
    const all = [tier(99, [0, 5], "1"), tier(99, [2, null], "2"), tier(null, [4, null], "3")]
    expect(said(all, 3)).toEqual([0, -1])
    expect(said(all, 4)).toEqual([2, -1])
    expect(said(all, 6)).toEqual([1, -1])
  })

  it("what is recommended is said by those that recommend anything, by the same rule", () => {
    const all = [
      tier(99, [0, null], "1", "2"),
      tier(null, [0, null], "1", "3"),
      tier(5, [1, null], "9")
    ]
    expect(said(all, 2)).toEqual([2, 1])
  })
})

describe("the price of a billing period", () => {
  // term   cycle        periods
  it.each([
    ["P1M", "monthly", 1],
    ["P1Y", "monthly", 12],
    ["P1Y", "annual", 1],
    ["P3Y", "monthly", 36],
    ["P3Y", "annual", 3],
    ["P3Y", "triennial", 1],
    ["P1M", "annual", undefined],
    ["P1Y", "triennial", undefined],
    [null, "monthly", undefined],
    [null, "one_time", 1],
    ["P1M", "none", 1]
  ] as const)("of %s billed %s is a share of %s", (term, cycle, periods) => {
    expect(periodsOf(term, cycle)).toBe(periods)
  })

  it("is exact when Microsoft's price is a multiple of it, and to four digits else", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Term.literals),
        fc.constantFrom(...BillingCycle.literals),
        fc.integer({ min: 0, max: 10 ** 9 }),
        (term, billingCycle, units) => {
          const periods = periodsOf(term, billingCycle)
          if (periods === undefined) return
          const share = BigDecimal.make(BigInt(units), 4)
          const whole = BigDecimal.multiply(share, BigDecimal.fromBigInt(BigInt(periods)))
          const plan = { term, billingCycle, currency: usd }
          expect(BigDecimal.equals(perPeriod(whole, plan).amount, share)).toBe(true)
          const any = perPeriod(share, plan)
          const back = BigDecimal.multiply(any.amount, BigDecimal.fromBigInt(BigInt(periods)))
          const off = BigDecimal.abs(BigDecimal.subtract(back, share))
          expect(BigDecimal.isLessThanOrEqualTo(off, BigDecimal.make(BigInt(periods), 4))).toBe(
            true
          )
        }
      )
    )
  })

  it("of a year for 57.60 billed monthly is 4.80", () => {
    const plan = { term: "P1Y", billingCycle: "monthly", currency: usd } as const
    expect(format(perPeriod(BigDecimal.fromStringUnsafe("57.60"), plan))).toBe("4.80")
  })
})
