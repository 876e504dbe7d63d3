import * as Schema from "effect/Schema"
import { actors } from "./Audit.ts"
import { statuses } from "./Subscription.ts"

export const Offer = Schema.String.check(Schema.isBetweenLength(3, 60)).annotate({
  description: "`productId:skuId`, or the GUID of a legacy offer; any case"
})
export const Quantity = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))
export const Term = Schema.Literals(["P1M", "P1Y", "P3Y"])
export const BillingCycle = Schema.Literals(["none", "one_time", "monthly", "annual", "triennial"])
export const Id = Schema.String.check(Schema.isBetweenLength(1, 64))
export const MpnId = Schema.String.check(Schema.isPattern(/^[0-9]{1,10}$/u)).annotate({
  description: "Microsoft Partner Network (now Partner Location) id"
})
export const Instant = Schema.String.check(
  Schema.makeFilter(
    (text: string) => !Number.isNaN(Date.parse(text)) || "expected an ISO 8601 instant"
  )
).annotate({ description: "ISO 8601, UTC", format: "date-time" })

/** What everything that happens to one subscription has in common. */
const subject = {
  as: Schema.Literals(actors).annotate({
    description: "who acts: the customer's admin, the partner in its portal, or Microsoft itself"
  }),
  customer: Id.annotate({ description: "tenant id of the customer" }),
  subscription: Id.annotate({ description: "Partner Center's subscription id" }),
  sideEffects: Schema.optionalKey(Schema.Boolean).annotate({
    description:
      "true: what Microsoft does besides (a suspension drops auto-renew and scheduled changes, every immediate change drops scheduled ones). Default false: only the named field changes."
  })
}
const { subscription: _, ...subjectWithoutSubscription } = subject

export const ScheduledChangeInput = Schema.Struct({
  offer: Schema.optionalKey(Offer),
  quantity: Quantity,
  billingCycle: BillingCycle,
  term: Term
})

const change = <Kind extends string, Fields extends Schema.Struct.Fields>(
  kind: Kind,
  description: string,
  fields: Fields
) =>
  Schema.Struct({ ...subject, kind: Schema.Literal(kind), ...fields }).annotate({
    identifier: `Change_${kind}`,
    description
  })

export const Change = Schema.Union([
  change("quantity", "Seats are added or removed.", { quantity: Quantity }),
  change("status", "The subscription is suspended, resumed, expires, …", {
    status: Schema.Literals(statuses)
  }),
  change("autoRenew", "Auto-renew is switched.", { autoRenew: Schema.Boolean }),
  change("scheduledChange", "A change for the end of the term is set, or cleared with null.", {
    scheduledChange: Schema.NullOr(ScheduledChangeInput)
  }),
  Schema.Struct({
    ...subjectWithoutSubscription,
    kind: Schema.Literal("newSubscription"),
    offer: Offer,
    quantity: Quantity,
    term: Schema.optionalKey(Term),
    billingCycle: Schema.optionalKey(BillingCycle),
    autoRenew: Schema.optionalKey(Schema.Boolean),
    parent: Schema.optionalKey(Id).annotate({ description: "base subscription of an add-on" }),
    partnerOfRecord: Schema.optionalKey(Schema.NullOr(MpnId)).annotate({
      description: "default: the customer's reseller"
    })
  }).annotate({ identifier: "Change_newSubscription", description: "Something is bought." }),
  change("cancel", "The subscription is cancelled: it stays listed as deleted.", {}),
  change("renewal", "The term ends and the next one begins; a scheduled change takes effect.", {}),
  change("migration", "A legacy subscription becomes a new-commerce one with a new id.", {
    offer: Offer,
    term: Term,
    billingCycle: BillingCycle
  }),
  change("friendlyName", "The subscription is renamed.", {
    friendlyName: Schema.String.check(Schema.isBetweenLength(1, 200))
  }),
  change("partnerOfRecord", "The reseller on record changes; null removes it.", {
    partnerOfRecord: Schema.NullOr(MpnId)
  }),
  change("billingCycle", "The billing cycle changes.", { billingCycle: BillingCycle }),
  change("term", "The commitment changes.", { term: Term }),
  change("offer", "The subscription moves to another offer.", { offer: Offer }),
  change("parent", "An add-on moves to another base subscription.", { parent: Schema.NullOr(Id) }),
  change("trialConversion", "A trial becomes its paid offer; the id stays.", {}),
  change("commitmentEnd", "The end of the commitment moves.", { commitmentEnd: Instant }),
  change("moveSubscription", "The subscription moves to another customer's tenant.", {
    toCustomer: Id
  }),
  Schema.Struct({
    ...subjectWithoutSubscription,
    kind: Schema.Literal("deleteCustomerRelationship")
  }).annotate({
    identifier: "Change_deleteCustomerRelationship",
    description: "The customer is no longer a customer of this partner: 403 / 20002 from now on."
  })
]).annotate({ identifier: "Change" })
export type Change = typeof Change.Type
export type ChangeKind = Change["kind"]
