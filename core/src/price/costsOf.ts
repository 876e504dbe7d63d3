import { BigDecimal } from "effect"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { Money } from "../money/Money.ts"
import { Instant } from "../time/Instant.ts"
import type { DatedPrice } from "./resolvePrice.ts"

const always = Instant.make(0)

/**
 * What a product costs us: what Microsoft's price sheets say; where they say nothing, the operator's own purchase
 * price, which is for a seat and month whatever the term. One of 0.00 is what a product has until somebody sets it.
 */
export const costsOf = (
  sheet: ReadonlyArray<DatedPrice>,
  purchase: Money,
  plans: ReadonlyArray<Plan>
): ReadonlyArray<DatedPrice> => {
  if (sheet.length > 0 || !BigDecimal.isPositive(purchase.amount)) return sheet
  return [...new Set(plans.map(({ term }) => term))].map((term) => ({
    term,
    billingCycle: "monthly",
    price: purchase,
    validFrom: always,
    validTo: null
  }))
}
