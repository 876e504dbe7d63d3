import { Effect, Result, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { InstanceId } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { offerOf, type Shelf, type Unavailable } from "./Assortment.ts"
import { Assortments } from "./Assortments.ts"
import type { PriceListId } from "./PriceList.ts"

/** The account may not buy this. */
export class NotForSale extends Schema.TaggedError<NotForSale>()("NotForSale", {
  offer: Schema.String,
  reason: Schema.Literals([
    "unknown-product",
    "unpublished",
    "discontinued",
    "unknown-plan",
    "no-price-list",
    "list-not-in-force",
    "not-in-list",
    "no-cost",
    "no-recommended-price"
  ])
}) {
  override get message(): string {
    return `${this.offer} is not for sale here: ${unavailableText[this.reason]}`
  }
}

/** Each reason in words, for an operator; a buyer learns only that it is not for sale. */
export const unavailableText: Record<Unavailable, string> = {
  "unknown-product": "the instance has no such product.",
  unpublished: "the product is not published.",
  discontinued: "Microsoft has discontinued it; only existing subscriptions may get more seats.",
  "unknown-plan": "the product is not sold with this term and billing cycle.",
  "no-price-list": "the account buys by no price list of the instance that is in force.",
  "list-not-in-force": "the price list is not active, or not valid at this time.",
  "not-in-list":
    "the price list has no entry for it, its group or every product, with this term and billing cycle.",
  "no-cost": "its price is a percentage of the cost, which is not known in the list's currency.",
  "no-recommended-price":
    "its price is a percentage of the recommended price, which is not known in the list's currency."
}

/** What an account pays for one seat for one billing period, and by which list. */
export interface Quote {
  readonly priceListId: PriceListId
  readonly price: Money
}

/**
 * Whether an account may buy a plan of a product now, and at what price: the same rule, on the same facts, as what
 * it is shown. To be asked again when an order is placed.
 */
export const mayBuy = Effect.fn("mayBuy")(function* (
  accountId: AccountId,
  product: { readonly instanceId: InstanceId; readonly offer: OfferId },
  plan: Plan,
  at: Instant
) {
  const assortments = yield* Assortments
  const shelves = yield* assortments.shelves(accountId, null, at, product)
  const quote = quoteOf(shelves, plan, at)
  return Result.isSuccess(quote)
    ? quote.success
    : yield* new NotForSale({ offer: product.offer, reason: quote.failure })
})

/** An account's lists of one instance never overlap: at most one of the shelves has a price. */
const quoteOf = (
  shelves: ReadonlyArray<Shelf>,
  plan: Plan,
  at: Instant
): Result.Result<Quote, Unavailable> => {
  let reason: Unavailable = "no-price-list"
  for (const shelf of shelves) {
    const [product] = shelf.products
    if (product === undefined) {
      reason = "unknown-product"
      continue
    }
    const offered = offerOf(shelf, product, plan, at)
    if (Result.isSuccess(offered))
      return Result.succeed({ priceListId: shelf.list.id, price: offered.success.price })
    reason = offered.failure
  }
  return Result.fail(reason)
}
