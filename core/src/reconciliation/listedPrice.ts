import { listPrice } from "../catalogue/Product.ts"
import type { Money } from "../money/Money.ts"
import type { Observed } from "../subscription/Observed.ts"
import type { Subscription } from "../subscription/Subscription.ts"
import type { Knowledge } from "./Customer.ts"

/** What says what things cost. */
export type PriceKnowledge = Pick<Knowledge, "listed" | "products">

/** Whether anything has a price at all: most books are compared without. */
export const knowsPrices = ({ listed, products }: PriceKnowledge): boolean =>
  products.size > 0 || listed.subscriptions.size > 0

/**
 * What one seat of a subscription costs for one billing period: what is protected or what the account's price list says,
 * and where no list decides about the account, the product's own price for exactly this commitment. A list that has no
 * price for it lets no other price through.
 */
export const listedHere = (
  { id, terms }: Subscription,
  { listed, products }: PriceKnowledge
): Money | undefined => {
  const price = listed.subscriptions.get(id)
  return price === undefined
    ? listPrice(products.get(terms.offer), terms.term, terms.billingCycle)
    : (price ?? undefined)
}

/** The same for what Partner Center holds. */
export const listedThere = (
  { microsoftId, terms }: Observed,
  { listed, products }: PriceKnowledge
): Money | undefined => {
  const price = listed.observed.get(microsoftId)
  return price === undefined
    ? listPrice(products.get(terms.offer), terms.term, terms.billingCycle)
    : (price ?? undefined)
}
