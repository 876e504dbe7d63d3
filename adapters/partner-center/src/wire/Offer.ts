import { Schema } from "effect"
import { collectionOf, maybe, WireInt } from "./values.ts"

/** A billing cycle as it came: one that nobody has heard of must not cost the whole list. */
export const WireCycle = Schema.Union([Schema.String, Schema.Finite])

/** Offer ("Offer resources"), as far as a catalogue needs it. Add-ons are listed without billing cycles by some pages. */
export const WireCatalogueOffer = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  description: maybe(Schema.String),
  minimumQuantity: WireInt,
  maximumQuantity: WireInt,
  uri: maybe(Schema.String),
  billing: maybe(Schema.String),
  supportedBillingCycles: maybe(Schema.Array(WireCycle)),
  prerequisiteOffers: maybe(Schema.Array(Schema.String)),
  conversionTargetOffers: maybe(Schema.Array(Schema.String)),
  reselleeQualifications: maybe(Schema.Array(Schema.String)),
  isAddOn: maybe(Schema.Boolean),
  isTrial: maybe(Schema.Boolean),
  isAvailableForPurchase: maybe(Schema.Boolean),
  product: maybe(Schema.Struct({ name: maybe(Schema.String) }))
})
export type WireCatalogueOffer = typeof WireCatalogueOffer.Type

export const WireCatalogueOffers = collectionOf(WireCatalogueOffer)
