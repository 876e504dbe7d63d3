import fc from "fast-check"
import { expect, it } from "vitest"
import { money } from "../../src/money/Money.ts"
import { heldPrice } from "../../src/price/heldPrice.ts"
import { type Protection, protectedPrice } from "../../src/price/Protection.ts"
import { BillingCycle } from "../../src/subscription/Subscription.ts"
import { Instant } from "../../src/time/Instant.ts"
import { eur } from "./Prices.ts"

const protection: Protection = {
  price: money("9.99", eur),
  term: "P1Y",
  billingCycle: "monthly",
  months: 1,
  validFrom: Instant.make(100),
  validTo: Instant.make(200)
}
const anyListed = fc.constantFrom(money("12", eur), null, undefined)
const anyInstant = fc.constantFrom(
  ...[0, 99, 100, 150, 199, 200, 300].map((ms) => Instant.make(ms))
)

it("a subscription costs what is protected while it is, and what its lists say, or do not say, else", () => {
  let kept = 0
  fc.assert(
    fc.property(
      anyListed,
      fc.option(fc.constant(protection)),
      fc.constantFrom(...BillingCycle.literals, undefined),
      anyInstant,
      (listed, protection, billingCycle, at) => {
        const price = heldPrice(listed, protection, billingCycle, at)
        const isKept =
          protection !== null &&
          at >= protection.validFrom &&
          at < protection.validTo &&
          ["monthly", "annual", "triennial"].includes(billingCycle ?? "")
        if (isKept) kept++
        expect(price).toEqual(
          isKept ? protectedPrice(protection, billingCycle ?? "none", at) : listed
        )
      }
    ),
    { numRuns: 500 }
  )
  expect(kept).toBeGreaterThan(20)
})
