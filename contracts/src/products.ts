import { AccountId } from "@concordat/core/account/Account"
import { Family } from "@concordat/core/catalogue/Family"
import { InstanceName } from "@concordat/core/instance/Instance"
import { PriceListId } from "@concordat/core/price/PriceList"
import { BillingCycle, OfferId, Term } from "@concordat/core/subscription/Subscription"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, line, Money } from "./Field.ts"
import { pageOf, pageQuery } from "./Page.ts"
import { AccountNotFound } from "./Problem.ts"

/** A product as its buyer sees it. */
export const ProductView = Schema.Struct({
  instance: described(
    InstanceName,
    "The region that sells it; the same product of another one is another product."
  ),
  offer: described(OfferId, "What is bought: PRODUCT:SKU, or a legacy offer's GUID."),
  name: described(Schema.String, "The product's name."),
  description: described(Schema.String, "What Microsoft says about it."),
  family: described(Schema.NullOr(Family), "Its product family; null where it is not known."),
  isTrial: described(Schema.Boolean, "A trial, which costs nothing and ends by itself."),
  isAddon: described(Schema.Boolean, "An add-on, which needs a base subscription."),
  minimumQuantity: described(Schema.Int, "The fewest seats of a subscription."),
  maximumQuantity: described(Schema.Int, "The most seats of a subscription."),
  priceListId: guid(PriceListId, "The price list that its prices come from."),
  prices: described(
    Schema.Array(
      Schema.Struct({
        term: described(Schema.NullOr(Term), "The commitment; null where there is none."),
        billingCycle: described(BillingCycle, "How often it is billed."),
        price: described(Money, "Of one seat for one billing period.")
      }).annotate({
        identifier: "ProductPrice",
        description: "A way of paying for a product, and its price."
      })
    ),
    "Every way in which it can be bought, at the buyer's price; never empty."
  )
}).annotate({
  identifier: "Product",
  description: "A product that the account may buy, at its price."
})

export const ProductPage = pageOf(ProductView, "ProductPage")

/** What the caller may buy. */
export class ProductsGroup extends HttpApiGroup.make("products")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        account: described(
          Schema.optionalKey(guid(AccountId, "The account.")),
          "Who buys: an account of the caller's branch, its root when absent. Operators must name one."
        ),
        instance: described(Schema.optionalKey(InstanceName), "Only products of this instance."),
        family: described(Schema.optionalKey(Family), "Only products of this family."),
        q: Schema.optionalKey(line("Part of a name or offer.", { min: 0, max: 200 })),
        term: described(Schema.optionalKey(Term), "Only prices for this commitment."),
        billingCycle: described(
          Schema.optionalKey(BillingCycle),
          "Only prices for this billing cycle."
        ),
        ...pageQuery
      },
      success: ProductPage,
      error: AccountNotFound
    })
      .annotate(
        OpenApi.Summary,
        "List the products that an account may buy, at its prices, by name"
      )
      .annotate(
        OpenApi.Description,
        "Exactly what the account may buy now: published products that Microsoft still sells, in the price lists that count for the account, with the price of each way of paying for them."
      )
      .annotateMerge(requires("products:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/products")
  .annotateMerge(
    OpenApi.annotations({
      title: "Products",
      description: "What a buyer may buy, at its own prices."
    })
  ) {}
