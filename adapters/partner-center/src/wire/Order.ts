import { Schema } from "effect"
import { WireBillingCycle } from "./Subscription.ts"
import {
  collectionOf,
  maybe,
  oneOf,
  WireAmount,
  WireAttributes,
  WireId,
  WireInstant,
  WireInt,
  WirePartnerNumber
} from "./values.ts"

/** OrderStatus ("Order resources"); some of its names are words with spaces. */
const WireOrderStatus = oneOf(
  "unknown",
  "pending",
  "completed",
  "cancelled",
  "suspended",
  "pending_review",
  "pending_po_upload",
  "po_upload_complete",
  "po_review_rejected",
  "partial_success",
  "error"
)

/** Pricing of a line; shown only with `include_price`. */
const WirePricing = Schema.Struct({
  listPrice: maybe(WireAmount),
  discountedPrice: maybe(WireAmount),
  proratedPrice: maybe(WireAmount),
  price: maybe(WireAmount),
  extendedPrice: maybe(WireAmount)
})

/** OrderLineItem; `subscriptionId` is missing until the line is provisioned. */
const WireOrderLine = Schema.Struct({
  lineItemNumber: WireInt,
  offerId: maybe(Schema.String),
  subscriptionId: maybe(WireId),
  parentSubscriptionId: maybe(WireId),
  termDuration: maybe(Schema.String),
  transactionType: maybe(Schema.String),
  friendlyName: maybe(Schema.String),
  quantity: WireInt,
  customTermEndDate: maybe(WireInstant),
  pricing: maybe(WirePricing),
  partnerIdOnRecord: maybe(WirePartnerNumber),
  additionalPartnerIdsOnRecord: maybe(Schema.Array(WirePartnerNumber)),
  promotionId: maybe(Schema.String)
})

/** Order ("Order resources"). Its id is opaque: capitals count in those that are no GUID. */
export const WireOrder = Schema.Struct({
  id: Schema.String,
  alternateId: maybe(Schema.String),
  referenceCustomerId: maybe(WireId),
  billingCycle: maybe(WireBillingCycle),
  currencyCode: maybe(Schema.String),
  creationDate: maybe(WireInstant),
  status: maybe(WireOrderStatus),
  transactionType: maybe(Schema.String),
  totalPrice: maybe(WireAmount),
  lineItems: maybe(Schema.Array(WireOrderLine)),
  attributes: maybe(WireAttributes)
})
export type WireOrder = typeof WireOrder.Type

export const WireOrders = collectionOf(WireOrder)
