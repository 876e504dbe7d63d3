import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, InstanceName } from "../instance/Instance.ts"
import { Money } from "../money/Money.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import { type Family, Family as FamilySchema } from "./Family.ts"

export const ProductTypeId = Guid.pipe(Schema.brand("ProductTypeId"))
export type ProductTypeId = typeof ProductTypeId.Type

/** What a cancelled period gives back (domain.md §3c): by the hour as new commerce does, by the day, or nothing. */
export const RefundPolicy = Schema.Literals(["hours", "days", "none"])
export type RefundPolicy = typeof RefundPolicy.Type

/** The policies that all products of one family and instance share. */
export class ProductType extends Schema.Opaque<ProductType>()(
  Schema.Struct({
    id: ProductTypeId,
    instanceId: InstanceId,
    instance: InstanceName,
    family: FamilySchema,
    name: Schema.String,
    code: Schema.String,
    /** Seats of one subscription at most; null = unlimited (domain.md §8e). */
    quantityLimit: Schema.NullOr(Schema.Int),
    /** "Maintain one active subscription per product" (domain.md §8e). */
    singleActive: Schema.Boolean,
    /** Automatic execution of subscription cancellation requests; else they wait for approval (domain.md §12). */
    cancelSubscriptions: Schema.Boolean,
    /** The same for add-ons; the two are independent. */
    cancelAddons: Schema.Boolean,
    /** Requests worth more wait for approval all the same; null = no limit. */
    cancelLimit: Schema.NullOr(Money),
    refund: RefundPolicy,
    /** Azure: the day of the month on which Microsoft bills (domain.md §8f); null where it does not matter. */
    billingDay: Schema.NullOr(Schema.Int),
    version: Schema.Int
  }).annotate({ identifier: "ProductType" })
) {}

/** A family's name and code (domain.md §5, §2c) and the policies with which its types begin. */
interface FamilyFacts {
  readonly name: string
  readonly code: string
  readonly singleActive: boolean
  readonly refund: RefundPolicy
}

/** `refund`: new commerce refunds by the hour (domain.md §3c). The codes that §2c does not list follow its pattern. */
export const familyFacts: Readonly<Record<Family, FamilyFacts>> = {
  license: {
    name: "Microsoft Cloud Services",
    code: "MSCloudServices",
    singleActive: true,
    refund: "days"
  },
  dynamics: {
    name: "Microsoft Dynamics",
    code: "Dynamics 365",
    singleActive: false,
    refund: "days"
  },
  azure: {
    name: "Microsoft Azure",
    code: "MSAzureProductType",
    singleActive: false,
    refund: "none"
  },
  "azure-plan": {
    name: "Microsoft Azure Plan",
    code: "MSAzurePlanProductType",
    singleActive: false,
    refund: "none"
  },
  "azure-reserved-instance": {
    name: "Microsoft Azure Reserved Instances",
    code: "MSAzureReservedInstancesProductType",
    singleActive: false,
    refund: "days"
  },
  "software-subscription": {
    name: "Microsoft Software Subscriptions",
    code: "MSSoftwareSubscriptionsProductType",
    singleActive: false,
    refund: "days"
  },
  perpetual: {
    name: "Microsoft Perpetual Software",
    code: "MSPerpetualSoftwareProductType",
    singleActive: false,
    refund: "none"
  },
  nce: {
    name: "Microsoft Online Services (New Commerce)",
    code: "MSOnlineServicesNceProductType",
    singleActive: false,
    refund: "hours"
  }
}

/**
 * The type with which a family begins in an instance. Each instance has types of its own, whose names carry the
 * instance's (domain.md §4). Cancellations wait for approval until somebody trusts the automatic way.
 */
export const newProductType = (
  id: ProductTypeId,
  instance: { readonly id: InstanceId; readonly name: InstanceName },
  family: Family
): ProductType => {
  const { name, code, singleActive, refund } = familyFacts[family]
  return {
    id,
    instanceId: instance.id,
    instance: instance.name,
    family,
    name: `${name} – ${instance.name}`,
    code,
    quantityLimit: null,
    singleActive,
    cancelSubscriptions: false,
    cancelAddons: false,
    cancelLimit: null,
    refund,
    billingDay: null,
    version: 1
  }
}

/** What an operator may change about a product type; what is absent stays, null is a value. */
export interface ProductTypeChange {
  readonly name?: string | undefined
  readonly code?: string | undefined
  readonly quantityLimit?: number | null | undefined
  readonly singleActive?: boolean | undefined
  readonly cancelSubscriptions?: boolean | undefined
  readonly cancelAddons?: boolean | undefined
  readonly cancelLimit?: Money | null | undefined
  readonly refund?: RefundPolicy | undefined
  readonly billingDay?: number | null | undefined
}

/** The type as the change makes it, of the same version. */
export const changedType = (type: ProductType, change: ProductTypeChange): ProductType => ({
  ...type,
  name: change.name ?? type.name,
  code: change.code ?? type.code,
  quantityLimit: given(change.quantityLimit, type.quantityLimit),
  singleActive: change.singleActive ?? type.singleActive,
  cancelSubscriptions: change.cancelSubscriptions ?? type.cancelSubscriptions,
  cancelAddons: change.cancelAddons ?? type.cancelAddons,
  cancelLimit: given(change.cancelLimit, type.cancelLimit),
  refund: change.refund ?? type.refund,
  billingDay: given(change.billingDay, type.billingDay)
})

const given = <A>(value: A | undefined, before: A): A => (value === undefined ? before : value)

/** The family of an offer that nobody has described yet, from how its id is written. */
export const familyOf = (offer: OfferId): Family => {
  if (offer.startsWith("DZH318Z0BPS6:")) return "azure-plan"
  if (offer.includes(":")) return "nce"
  return offer.startsWith("MS-AZR") ? "azure" : "license"
}
