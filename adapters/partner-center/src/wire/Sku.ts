import { Schema } from "effect"
import { WireCycle } from "./Offer.ts"
import { collectionOf, maybe, WireInt } from "./values.ts"

/** SKU ("Product resources"): its id is unique within its product only. */
export const WireSku = Schema.Struct({
  id: Schema.String,
  productId: maybe(Schema.String),
  title: Schema.String,
  description: maybe(Schema.String),
  minimumQuantity: WireInt,
  maximumQuantity: WireInt,
  isTrial: maybe(Schema.Boolean),
  supportedBillingCycles: maybe(Schema.Array(WireCycle)),
  dynamicAttributes: maybe(
    Schema.Struct({
      isAddon: maybe(Schema.Boolean),
      prerequisiteSkus: maybe(Schema.Array(Schema.String)),
      conversionTargetOffers: maybe(Schema.Array(Schema.String))
    })
  )
})
export type WireSku = typeof WireSku.Type

export const WireSkus = collectionOf(WireSku)
