import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import type { InstanceId, InstanceName } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import { BillingCycle, type OfferId, Term } from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"
import { type Family, Segment } from "./Family.ts"

export const ProductId = Guid.pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

/** What an operator has to look at since the last acknowledgement (domain.md §5): `none` is nothing. */
export const CatalogueStatus = Schema.Literals(["new", "changed", "discontinued", "none"])
export type CatalogueStatus = typeof CatalogueStatus.Type

/** How a product is charged (domain.md §5): Azure by its use, perpetual licences once, everything else ahead. */
export const ChargeType = Schema.Literals(["recurring-prepaid", "pay-per-use", "one-time"])
export type ChargeType = typeof ChargeType.Type

/** A way of paying for a product: the commitment (null where there is none) and how often it is billed. */
export const ProductPlan = Schema.Struct({
  term: Schema.NullOr(Term),
  billingCycle: BillingCycle
}).annotate({ identifier: "ProductPlan" })
export type ProductPlan = typeof ProductPlan.Type

/** What Microsoft said of a product in one country to one segment, and when. */
export class Availability extends Schema.Opaque<Availability>()(
  Schema.Struct({
    country: Schema.String,
    segment: Segment,
    /** New customers may buy it there. */
    isPurchasable: Schema.Boolean,
    minimumQuantity: Schema.Int,
    maximumQuantity: Schema.Int,
    plans: Schema.Array(ProductPlan),
    /** Where it was bought at `readAt`; it expires, and is read again before an order. null in legacy commerce. */
    catalogItemId: Schema.NullOr(Schema.String),
    readAt: Instant
  }).annotate({ identifier: "Availability" })
) {}

/** What a catalogue run can find changed about a product. */
export const ChangedField = Schema.Literals([
  "name",
  "microsoftName",
  "description",
  "family",
  "segment",
  "isAddon",
  "minimumQuantity",
  "maximumQuantity",
  "plans",
  "annualEnabled",
  "countries",
  "prerequisites",
  "trialOffer",
  "trialEnabled",
  "discontinued"
])
export type ChangedField = typeof ChangedField.Type

/** A value before or after a change; null = there was none. Plans are texts such as `P1Y/annual`. */
export const ChangeValue = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.String)
])
export type ChangeValue = typeof ChangeValue.Type

export class FieldChange extends Schema.Opaque<FieldChange>()(
  Schema.Struct({ field: ChangedField, before: ChangeValue, after: ChangeValue }).annotate({
    identifier: "FieldChange"
  })
) {}

/**
 * What is known of an offer, without its place in the store. Microsoft's facts are written by catalogue runs only;
 * name, code, published, the prices, the protection and the annual switch belong to the operator.
 */
export interface ProductFacts {
  readonly offer: OfferId
  readonly name: string
  /** As Microsoft called it last; null while no catalogue run has seen it. */
  readonly microsoftName: string | null
  readonly code: string
  readonly family: Family
  readonly segment: Segment
  readonly isAddon: boolean
  readonly description: string
  readonly chargeType: ChargeType
  readonly minimumQuantity: number
  readonly maximumQuantity: number
  /** In any country in which it can be bought; what applies to a customer is in its country's availability. */
  readonly plans: ReadonlyArray<ProductPlan>
  readonly availabilities: ReadonlyArray<Availability>
  /** Offers that an add-on needs one of. */
  readonly prerequisites: ReadonlyArray<OfferId>
  /** The trial that becomes this product (characteristic "MS Service Trial Plan"). */
  readonly trialOffer: OfferId | null
  /** Whether that trial is offered today. */
  readonly trialEnabled: boolean
  /** The unit "Annually" is enabled for ordering (domain.md §3a). */
  readonly annualEnabled: boolean
  readonly published: boolean
  /** Of one seat and month. 0.00 until somebody sets it. */
  readonly sellPrice: Money
  readonly purchasePrice: Money
  /** Terms (Month): how long a price is protected; 0 = not at all (domain.md §3b). */
  readonly protectionMonths: number
  readonly status: CatalogueStatus
  /** What changed since the last acknowledgement. */
  readonly changes: ReadonlyArray<FieldChange>
  /** Since when it cannot be bought in any of the instance's countries; null while it can. */
  readonly discontinuedAt: Instant | null
}

/** A product of an instance's catalogue, as operators see it. Nothing is ever deleted. */
export interface CatalogueProduct extends ProductFacts {
  readonly id: ProductId
  readonly instanceId: InstanceId
  readonly instance: InstanceName
  readonly version: number
}

/** Billed by the year in any of its plans. */
export const supportsAnnual = (plans: ReadonlyArray<ProductPlan>): boolean =>
  plans.some(({ billingCycle }) => billingCycle === "annual")

/** Why a product cannot be sold. */
export type SaleRefusal = "unpublished" | "discontinued"

/**
 * Whether a product may be sold, undefined when it may. A discontinued one is not sold anew; who has it already may
 * still add seats (domain.md §5), also of one that is not published any more.
 */
export const saleRefusal = (
  product: Pick<ProductFacts, "published" | "discontinuedAt">,
  { existing }: { readonly existing: boolean }
): SaleRefusal | undefined => {
  if (existing) return undefined
  if (product.discontinuedAt !== null) return "discontinued"
  return product.published ? undefined : "unpublished"
}

export const maySell = (
  product: Pick<ProductFacts, "published" | "discontinuedAt">,
  buyer: { readonly existing: boolean }
): boolean => saleRefusal(product, buyer) === undefined
