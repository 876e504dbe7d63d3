import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { format } from "../../src/money/Money.ts"
import { priceOf } from "../../src/pricesheet/readPriceSheet.ts"
import { costAt, periodsOf, perPeriod, type SheetPrice } from "../../src/pricesheet/SheetPrice.ts"
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
