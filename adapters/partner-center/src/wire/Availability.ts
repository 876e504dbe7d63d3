import { Schema } from "effect"
import { WireCycle } from "./Offer.ts"
import { collectionOf, maybe } from "./values.ts"

const WireRenewalOptions = maybe(Schema.Array(Schema.Struct({ renewToId: maybe(Schema.String) })))

/**
 * Availability ("Product resources"): how a SKU is sold in a country to one segment. What is billed once has no
 * terms, and the terms of old reservations have no billing cycle: both are then said by the SKU.
 */
export const WireAvailability = Schema.Struct({
  id: Schema.String,
  catalogItemId: maybe(Schema.String),
  segment: maybe(Schema.String),
  country: maybe(Schema.String),
  isPurchasable: maybe(Schema.Boolean),
  terms: maybe(
    Schema.Array(
      Schema.Struct({
        duration: maybe(Schema.String),
        billingCycle: maybe(WireCycle),
        renewalOptions: WireRenewalOptions
      })
    )
  ),
  renewalInstructions: maybe(Schema.Array(Schema.Struct({ renewalOptions: WireRenewalOptions })))
})
export type WireAvailability = typeof WireAvailability.Type

export const WireAvailabilities = collectionOf(WireAvailability)
