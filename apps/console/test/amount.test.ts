import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { moneyText } from "../src/show/amount.ts"

/** Amounts far beyond what a floating-point number can tell apart. */
const Amount = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
    fc.stringMatching(/^[0-9]{2,10}$/u),
    fc.boolean()
  )
  .map(
    ([whole, fraction, isNegative]) => `${isNegative && whole > 0n ? "-" : ""}${whole}.${fraction}`
  )

const digits = (text: string) => text.replace(/[^0-9]/gu, "")

describe("an amount as people read it", () => {
  it("has every digit that the API sent, but for zeros at the end beyond the currency's own", () => {
    fc.assert(
      fc.property(Amount, (amount) => {
        const trimmed = amount.replace(/(\.\d\d\d*?)0+$/u, "$1")
        expect(digits(moneyText({ amount, currency: "EUR" }, "en"))).toBe(digits(trimmed))
      })
    )
  })

  it("is written as the reader writes amounts", () => {
    const amount = { amount: "16793.80", currency: "EUR" }
    expect(moneyText(amount, "de").replace(/\s/gu, " ")).toBe("16.793,80 EUR")
    expect(moneyText(amount, "en").replace(/\s/gu, " ")).toBe("EUR 16,793.80")
  })

  it("is shown as it came where it is no decimal number", () => {
    expect(moneyText({ amount: "<b>1</b>", currency: "EUR" })).toBe("<b>1</b> EUR")
  })
})
