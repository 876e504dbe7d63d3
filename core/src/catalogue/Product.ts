import { Schema } from "effect"
import { Money } from "../money/Money.ts"
import { BillingCycle, OfferId, Term } from "../subscription/Subscription.ts"

/** The list price of one seat for one billing period. */
export class Price extends Schema.Opaque<Price>()(
  Schema.Struct({ term: Schema.NullOr(Term), billingCycle: BillingCycle, price: Money })
) {}

/** What is known of an offer in one instance's catalogue. */
export class Product extends Schema.Opaque<Product>()(
  Schema.Struct({
    offer: OfferId,
    name: Schema.String,
    isTrial: Schema.Boolean,
    isAddon: Schema.Boolean,
    /** "Maintain one active subscription per product" (domain.md §8e): a second one in a tenant is a mistake. */
    singleActive: Schema.Boolean,
    prices: Schema.Array(Price)
  }).annotate({ identifier: "Product" })
) {}

/** The list price for exactly this commitment; undefined where the list holds none. */
export const listPrice = (
  product: Product | undefined,
  term: Term | null | undefined,
  cycle: BillingCycle | undefined
): Money | undefined =>
  product?.prices.find((p) => p.term === term && p.billingCycle === cycle)?.price
