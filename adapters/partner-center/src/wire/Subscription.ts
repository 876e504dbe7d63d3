import { MpnId } from "@concordat/core/instance/Instance"
import { MicrosoftId, OfferId, Term } from "@concordat/core/subscription/Subscription"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import {
  collectionOf,
  maybe,
  numberedOneOf,
  oneOf,
  WireAttributes,
  WireInstant,
  WirePartnerNumber
} from "./values.ts"

/** The status of a subscription ("Subscription resources"). */
export const WireStatus = oneOf(
  "none",
  "active",
  "suspended",
  "deleted",
  "expired",
  "pending",
  "disabled"
)

/** BillingCycleType ("Product resources"), in Microsoft's order. */
export const WireBillingCycle = numberedOneOf(
  "unknown",
  "monthly",
  "annual",
  "none",
  "one_time",
  "triennial",
  "biennial"
)

const terms = new Map<string, Term | null>([
  ["", null],
  ["P1M", "P1M"],
  ["P1Y", "P1Y"],
  ["P3Y", "P3Y"]
])
const noTerm = Effect.fail(
  new SchemaIssue.InvalidValue({ message: "Expected a term: P1M, P1Y, P3Y or nothing" })
)

/** An ISO 8601 duration; empty stands for "none". */
export const WireTerm = Schema.String.pipe(
  Schema.decodeTo(Schema.NullOr(Term), {
    decode: SchemaGetter.transformEffect((text: string) => {
      const term = terms.get(text.toUpperCase())
      return term === undefined ? noTerm : Effect.succeed(term)
    }),
    encode: SchemaGetter.transform((term: Term | null) => term ?? "")
  })
)

const noGuid = "00000000-0000-0000-0000-000000000000"

/** The base subscription of an add-on; some services write "none" as an empty string or as .NET's empty GUID. */
const WireParent = Schema.String.pipe(
  Schema.decodeTo(Schema.NullOr(MicrosoftId), {
    decode: SchemaGetter.transform((id: string) => (id === "" || id === noGuid ? null : id)),
    encode: SchemaGetter.transform((id: string | null) => id ?? "")
  })
)

/**
 * The thing that was bought: a legacy offer's GUID, or `product:sku:availability`. The availability changes with
 * each price list and is no part of what was bought, so it is left out.
 */
export const offerIn = (text: string): string => {
  const [product = "", sku] = text.split(":")
  if (sku !== undefined) return `${product}:${sku}`.toUpperCase()
  return /^[0-9a-f]{8}-/iu.test(product) ? product.toLowerCase() : product.toUpperCase()
}

export const WireOffer = Schema.String.pipe(
  Schema.decodeTo(OfferId, {
    decode: SchemaGetter.transform(offerIn),
    encode: SchemaGetter.transform((offer: string) => offer)
  })
)

/** The links from which the offer can be told where `offerId` is missing, as in lists of old subscriptions. */
const WireSubscriptionLinks = Schema.Struct({
  offer: maybe(Schema.Struct({ uri: Schema.String })),
  sku: maybe(Schema.Struct({ uri: Schema.String }))
})

/** "Schedule changes for a new commerce subscription": what the next term will be. */
const WireNextTerm = Schema.Struct({
  product: maybe(
    Schema.Struct({
      productId: Schema.String,
      skuId: Schema.String,
      billingCycle: maybe(WireBillingCycle),
      termDuration: maybe(WireTerm)
    })
  ),
  quantity: maybe(Schema.Int)
})

/** Subscription ("Subscription resources"). */
export const WireSubscription = Schema.Struct({
  id: MicrosoftId,
  offerId: maybe(WireOffer),
  offerName: maybe(Schema.String),
  friendlyName: maybe(Schema.String),
  quantity: Schema.Int,
  parentSubscriptionId: maybe(WireParent),
  creationDate: maybe(WireInstant),
  effectiveStartDate: maybe(WireInstant),
  commitmentEndDate: maybe(WireInstant),
  commitmentEndDateTime: maybe(WireInstant),
  cancellationAllowedUntilDate: maybe(WireInstant),
  status: WireStatus,
  autoRenewEnabled: maybe(Schema.Boolean),
  isTrial: maybe(Schema.Boolean),
  billingCycle: maybe(WireBillingCycle),
  termDuration: maybe(WireTerm),
  renewalTermDuration: maybe(WireTerm),
  partnerId: maybe(WirePartnerNumber.pipe(Schema.decodeTo(Schema.NullOr(MpnId)))),
  orderId: maybe(Schema.String),
  refundOptions: maybe(
    Schema.Array(
      // The table of the page says expiresAfter, its samples expiresAt.
      Schema.Struct({ expiresAt: maybe(WireInstant), expiresAfter: maybe(WireInstant) })
    )
  ),
  refundableQuantity: maybe(
    Schema.Struct({
      details: maybe(
        Schema.Array(
          Schema.Struct({ quantity: Schema.Int, allowedUntilDateTime: maybe(WireInstant) })
        )
      )
    })
  ),
  scheduledNextTermInstructions: maybe(WireNextTerm),
  links: maybe(WireSubscriptionLinks),
  attributes: maybe(WireAttributes)
})
export type WireSubscription = typeof WireSubscription.Type

export const WireSubscriptions = collectionOf(WireSubscription)
