import type { BillingCycle, Plan } from "../Catalogue.ts"

/** Who may buy ("Get a list of products": targetSegment). */
export const segments = ["commercial", "education", "nonprofit", "government"] as const
export type Segment = (typeof segments)[number]

/** Something that is sold: a legacy offer, or a SKU of a product. Never changed in place. */
export interface Item {
  /** `productId:skuId`; in legacy commerce the offer's id as Partner Center compares it, in lower case. */
  readonly offer: string
  /** In English. */
  readonly name: string
  readonly description: string
  readonly segments: ReadonlyArray<Segment>
  readonly isTrial: boolean
  readonly isAddon: boolean
  readonly minimum: number
  readonly maximum: number
  /** Offers of which an add-on needs one. */
  readonly prerequisites: ReadonlyArray<string>
  /** What a trial can become. */
  readonly becomes: ReadonlyArray<string>
  /** What a customer can move to within a term. */
  readonly upgrades: ReadonlyArray<string>
  readonly plans: ReadonlyArray<Plan>
  /** false: it is still listed, for those who have it. */
  readonly isPurchasable: boolean
  readonly countries: ReadonlyArray<string>
  /** Euro cents of one licence for one month on a yearly commitment. */
  readonly listPriceCents: number
}

/** An offer of legacy commerce ("Offer resources"). */
export interface LegacyOffer extends Item {
  readonly kind: "legacy"
  /** As it stands on the wire. */
  readonly id: string
  /** The service that fulfils it; the first part of its `uri`. */
  readonly service: string
  readonly category: Category
  readonly unit: string
  readonly rank: number
  readonly productId: string
  readonly productName: string
}

/** A SKU of a product ("Product resources"). */
export interface Sku extends Item {
  readonly kind: "sku"
  readonly productId: string
  readonly skuId: string
  readonly purchasePrerequisites: ReadonlyArray<string>
  readonly inventoryVariables: ReadonlyArray<string>
  readonly provisioningVariables: ReadonlyArray<string>
  /** What only this kind of SKU says about itself. */
  readonly particulars: Readonly<Record<string, unknown>>
  /** Whether its terms name a billing cycle; of some reservations only the SKU does. */
  readonly termsHaveCycles: boolean
}

export interface Product {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly type: string
  readonly subType: string | null
  readonly views: ReadonlyArray<View>
  /** Sold under an Azure plan only ("Get a list of products": reservationScope). */
  readonly azurePlanOnly: boolean
  readonly publisher: string
}

/** What products can be asked for by ("Get a list of products": targetView). */
export const views = [
  "Azure",
  "AzureReservations",
  "AzureReservationsVM",
  "AzureReservationsSQL",
  "AzureReservationsCosmosDb",
  "MicrosoftAzure",
  "OnlineServices",
  "Software",
  "SoftwareSUSELinux",
  "SoftwarePerpetual",
  "SoftwareSubscriptions"
] as const
export type View = (typeof views)[number]

/** Of legacy offers ("Get a list of offer categories by market"). Add-ons have none. */
export const categories = {
  enterprise: { id: "Enterprise_Key", name: "Enterprise", rank: 20 },
  smallBusiness: { id: "SmallBusiness_Key", name: "Small business", rank: 30 },
  government: { id: "Government_Key", name: "Government", rank: 40 },
  education: { id: "Education_Key", name: "Education", rank: 50 },
  nonprofit: { id: "Nonprofit_Key", name: "Nonprofit", rank: 60 },
  trial: { id: "Trial_Key", name: "Trial", rank: 70 },
  none: { id: "", name: "", rank: 0 }
} as const
export type Category = keyof typeof categories

/** Each once, in the order of Microsoft's answers. */
export const cyclesOf = ({ plans }: Item): ReadonlyArray<BillingCycle> =>
  [...new Set(plans.map(({ billingCycle }) => billingCycle))].sort()
