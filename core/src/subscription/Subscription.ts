import { Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import { type InstanceId, MpnId, type TenantId } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import { Instant } from "../time/Instant.ts"

export const SubscriptionId = Guid.pipe(Schema.brand("SubscriptionId"))
export type SubscriptionId = typeof SubscriptionId.Type

/** Partner Center's subscription id (the BSS calls it Microsoft ID or external ID, domain.md §1). */
export const MicrosoftId = Guid.pipe(Schema.brand("MicrosoftId"))
export type MicrosoftId = typeof MicrosoftId.Type

/**
 * What was bought: `productId:skuId` in new commerce (upper case), the offer's GUID (lower case) in legacy
 * commerce, `MS-AZR-0145P` for Azure subscriptions of the first generation.
 */
export const OfferId = Schema.String.check(
  Schema.isPattern(
    /^([0-9A-Z]{4,20}:[0-9A-Z]{4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|MS-AZR-[0-9]{4}[A-Z])$/u,
    {
      message: "an offer is PRODUCT:SKU, such as CFQ7TTC0LH18:0001, or a legacy offer's GUID"
    }
  )
).pipe(Schema.brand("OfferId"))
export type OfferId = typeof OfferId.Type

/** New Commerce Experience: 168-hour windows, renewal instructions, billing that goes on while suspended (domain.md §3c). */
export const isNewCommerce = (offer: OfferId): boolean => offer.includes(":")

export const Status = Schema.Literals([
  "pending",
  "active",
  "suspended",
  "expired",
  "disabled",
  "deleted"
])
export type Status = typeof Status.Type

export const BillingCycle = Schema.Literals(["none", "one_time", "monthly", "annual", "triennial"])
export type BillingCycle = typeof BillingCycle.Type

/** Commitment, apart from how often it is billed (domain.md §3c). */
export const Term = Schema.Literals(["P1M", "P1Y", "P3Y"])
export type Term = typeof Term.Type

/** What happens at the next renewal (Microsoft: scheduledNextTermInstructions). */
export class ScheduledChange extends Schema.Opaque<ScheduledChange>()(
  Schema.Struct({
    offer: OfferId,
    quantity: Schema.Int,
    billingCycle: BillingCycle,
    term: Term
  }).annotate({ identifier: "ScheduledChange" })
) {}

/** Everything about a subscription that both sides hold and that can therefore differ. */
export class Terms extends Schema.Opaque<Terms>()(
  Schema.Struct({
    offer: OfferId,
    quantity: Schema.Int,
    status: Status,
    billingCycle: BillingCycle,
    term: Schema.NullOr(Term),
    autoRenew: Schema.Boolean,
    commitmentEnd: Schema.NullOr(Instant),
    scheduledChange: Schema.NullOr(ScheduledChange),
    partnerOfRecord: Schema.NullOr(MpnId),
    /** The base subscription of an add-on. */
    parent: Schema.NullOr(MicrosoftId),
    isTrial: Schema.Boolean,
    friendlyName: Schema.String
  })
) {}
/** The fields of `Terms`, in the order in which reports show their findings. */
export const Field = Schema.Literals([
  "offer",
  "quantity",
  "status",
  "billingCycle",
  "term",
  "autoRenew",
  "commitmentEnd",
  "scheduledChange",
  "partnerOfRecord",
  "parent",
  "isTrial",
  "friendlyName"
])
export type Field = typeof Field.Type

/**
 * Terms as the BSS holds them. `undefined` means that the BSS does not keep this field (a book imported
 * without the column): it is not compared. `null` means that there is none, and that is compared.
 */
export type AgreedTerms = { readonly [F in Field]: Terms[F] | undefined } & {
  readonly offer: OfferId
  readonly quantity: number
  readonly status: Status
}

/** What we have agreed with the customer. What Partner Center holds is an `Observed`. */
export interface Subscription {
  readonly id: SubscriptionId
  /** The CSP's own number for the subscription, unique within the instance. */
  readonly reference: string
  readonly instanceId: InstanceId
  readonly accountId: AccountId
  readonly tenantId: TenantId
  /** null until Partner Center has created it. */
  readonly microsoftId: MicrosoftId | null
  readonly name: string
  readonly isAddon: boolean
  readonly terms: AgreedTerms
  /** Of one seat for one billing period. */
  readonly unitPrice: Money | null
  /** When Partner Center accepted the order; null for subscriptions that were not ordered here. */
  readonly acceptedAt: Instant | null
}

/** Access has not ended for good: somebody is, or may be, billed. */
export const isLive = (status: Status): boolean =>
  status === "active" || status === "suspended" || status === "pending"

/** Months in one billing period; undefined where nothing recurs. */
export const monthsPerPeriod = (cycle: BillingCycle): number | undefined => periodMonths[cycle]

const periodMonths: Record<BillingCycle, number | undefined> = {
  none: undefined,
  one_time: undefined,
  monthly: 1,
  annual: 12,
  triennial: 36
}
