import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  Currency,
  dividedBy,
  equals,
  format,
  type Money,
  money,
  plus,
  times,
  totals
} from "../../src/money/Money.ts"

const eur = Currency.make("EUR")
const usd = Currency.make("USD")
const cents = fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n })
const euros = (value: bigint): Money => ({ amount: BigDecimal.make(value, 2), currency: eur })

describe("Money", () => {
  it("adds without the error of floats, in any order", () => {
    expect(format(plus(money("0.1", eur), money("0.2", eur)))).toBe("0.30")
    fc.assert(
      fc.property(cents, cents, cents, (a, b, c) => {
        const left = plus(plus(euros(a), euros(b)), euros(c))
        const right = plus(euros(a), plus(euros(c), euros(b)))
        expect(equals(left, right)).toBe(true)
      })
    )
  })

  it("shows every amount so that reading it back gives the same amount", () => {
    fc.assert(
      fc.property(cents, fc.integer({ min: 0, max: 6 }), (value, scale) => {
        const amount: Money = { amount: BigDecimal.make(value, scale), currency: eur }
        expect(format(amount)).toMatch(/^-?\d+\.\d{2,}$/)
        expect(equals(money(format(amount), eur), amount)).toBe(true)
      })
    )
  })

  it("multiplies by seats and divides by months, half-even at the fourth digit", () => {
    expect(format(times(money("12.35", eur), 7))).toBe("86.45")
    expect(format(dividedBy(money("100", eur), 12))).toBe("8.3333")
    expect(format(dividedBy(money("0.00006", eur), 12))).toBe("0.00")
    expect(format(dividedBy(money("0.0003", eur), 2))).toBe("0.0002") // 0.00015 to the even digit
  })

  it("never adds two currencies; totals keep them apart", () => {
    expect(() => plus(money("1", eur), money("1", usd))).toThrow("EUR meets USD")
    expect(
      totals([money("1", eur), money("2", usd), money("3", eur)]).map((t) => [
        format(t),
        t.currency
      ])
    ).toEqual([
      ["4.00", "EUR"],
      ["2.00", "USD"]
    ])
  })
})
