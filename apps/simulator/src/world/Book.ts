import * as Schema from "effect/Schema"
import { currencies, priceOf } from "../Catalogue.ts"
import type { Account, Customer } from "./Account.ts"
import { BillingCycle, Instant, MpnId, Offer, Quantity, Term } from "./Change.ts"
import { type ScheduledChange, type Subscription, statuses } from "./Subscription.ts"

/** A decimal amount of one currency. */
export const Price = Schema.Struct({
  amount: Schema.String.check(Schema.isPattern(/^\d+\.\d{2}$/u)),
  currency: Schema.Literals(currencies)
}).annotate({ identifier: "Price" })

export const BookScheduledChange = Schema.Struct({
  offer: Schema.optionalKey(Offer),
  quantity: Quantity,
  billingCycle: BillingCycle,
  term: Term
}).annotate({ identifier: "BookScheduledChange" })

/** A subscription in the words of a CSP's own books. */
export const BookSubscription = Schema.Struct({
  microsoftId: Schema.String.annotate({ description: "in lower case" }),
  parentMicrosoftId: Schema.NullOr(Schema.String),
  offer: Offer,
  name: Schema.String.annotate({ description: "Microsoft's name of the offer" }),
  friendlyName: Schema.String,
  quantity: Quantity,
  status: Schema.Literals(statuses),
  billingCycle: BillingCycle,
  term: Schema.NullOr(Term),
  autoRenew: Schema.Boolean,
  commitmentEnd: Schema.NullOr(Instant).annotate({
    description:
      "last instant of the term (commitmentEndDateTime; in legacy commerce commitmentEndDate)"
  }),
  scheduledChange: Schema.NullOr(BookScheduledChange),
  partnerOfRecord: Schema.NullOr(MpnId),
  isTrial: Schema.Boolean,
  orderId: Schema.String,
  orderedAt: Instant,
  effectiveStart: Instant.annotate({ description: "start of the current term" }),
  unitPrice: Price.annotate({ description: "one licence for one billing period" })
}).annotate({ identifier: "BookSubscription" })
export type BookSubscription = typeof BookSubscription.Type

export const BookCustomer = Schema.Struct({
  tenantId: Schema.String,
  domain: Schema.String,
  companyName: Schema.String,
  resellerMpnId: Schema.NullOr(MpnId),
  subscriptions: Schema.Array(BookSubscription)
}).annotate({ identifier: "BookCustomer" })
export type BookCustomer = typeof BookCustomer.Type

export const isoOf = (at: number): string => new Date(at).toISOString()

const bookScheduledChange = (
  change: ScheduledChange | null
): typeof BookScheduledChange.Type | null =>
  change === null
    ? null
    : { offer: change.item.offer, quantity: change.quantity, ...planWords(change.plan) }

const planWords = ({ billingCycle, term }: ScheduledChange["plan"]) => ({ billingCycle, term })

/** The truth about a subscription, without lag. */
export const bookSubscription = (
  account: Account,
  subscription: Subscription
): BookSubscription => ({
  microsoftId: subscription.id.toLowerCase(),
  parentMicrosoftId: subscription.parentId?.toLowerCase() ?? null,
  offer: subscription.item.offer,
  name: subscription.item.name,
  friendlyName: subscription.friendlyName,
  quantity: subscription.quantity,
  status: subscription.status,
  billingCycle: subscription.billingCycle,
  term: subscription.term,
  autoRenew: subscription.autoRenew,
  commitmentEnd: subscription.commitmentEnd === null ? null : isoOf(subscription.commitmentEnd),
  scheduledChange: bookScheduledChange(subscription.scheduledChange),
  partnerOfRecord: subscription.partnerOfRecord,
  isTrial: subscription.item.isTrial,
  orderId: subscription.orderId,
  orderedAt: isoOf(subscription.orderedAt),
  effectiveStart: isoOf(subscription.effectiveStart),
  unitPrice: {
    amount: priceOf(subscription.item, subscription, account.currency),
    currency: account.currency
  }
})

export const bookCustomer = (account: Account, customer: Customer): BookCustomer => ({
  tenantId: customer.id,
  domain: customer.domain,
  companyName: customer.name,
  resellerMpnId: customer.reseller?.mpnId ?? null,
  subscriptions: customer.subscriptions.map((one) => bookSubscription(account, one))
})
