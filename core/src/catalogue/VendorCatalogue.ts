import { Context, type Effect } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { BillingCycle, OfferId, Term } from "../subscription/Subscription.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { Family, Segment } from "./Family.ts"

/** A way of paying for an item: a commitment (null where there is none) and how often it is billed. */
export interface Plan {
  readonly term: Term | null
  readonly billingCycle: BillingCycle
}

/**
 * Something that Partner Center sells in one country, in our words: a legacy offer or add-on, or a SKU of new
 * commerce, Azure, reservations or software with its availabilities ("Get a list of offers for a market",
 * "Get a list of SKUs for a product", "Get a list of availabilities for a SKU").
 */
export interface VendorItem {
  readonly offer: OfferId
  readonly family: Family
  /** ISO 3166, two capital letters. */
  readonly country: string
  readonly segment: Segment
  readonly name: string
  readonly description: string
  /** Microsoft's own address of the offer (legacy: `uri`); null where it has none. */
  readonly uri: string | null
  readonly isTrial: boolean
  readonly isAddon: boolean
  /** Offers that an add-on needs one of; empty for everything else. */
  readonly prerequisites: ReadonlyArray<OfferId>
  /** The offers that a trial can become; empty for everything else. */
  readonly conversionTargets: ReadonlyArray<OfferId>
  readonly minimumQuantity: number
  readonly maximumQuantity: number
  readonly plans: ReadonlyArray<Plan>
  /** New customers may buy it. */
  readonly isPurchasable: boolean
  /** Where it is bought today; it expires, and is read again before an order. null in legacy commerce. */
  readonly catalogItemId: string | null
}

/** One request's worth of a country's catalogue, as small as a run can be resumed from. */
export type CataloguePart =
  | { readonly _tag: "LegacyOffers"; readonly country: string }
  /** The items of one product of a view, with all their availabilities. */
  | {
      readonly _tag: "Product"
      readonly country: string
      readonly view: string
      readonly segment: Segment
      readonly productId: string
    }

/** What Partner Center sells. App-only is enough for all of it (api.md §2). */
export class VendorCatalogue extends Context.Service<
  VendorCatalogue,
  {
    /**
     * The parts that a country's catalogue has now: the legacy offers, and each product of each view and segment.
     * Costs one request or a few for each view and segment.
     */
    readonly parts: (
      instance: Instance,
      country: string,
      language: string
    ) => Effect.Effect<ReadonlyArray<CataloguePart>, VendorError>
    /** The items of a part. A product that was withdrawn meanwhile has none. */
    readonly items: (
      instance: Instance,
      part: CataloguePart,
      language: string
    ) => Effect.Effect<ReadonlyArray<VendorItem>, VendorError>
    /**
     * What is sold today under one new-commerce offer (`productId:skuId`), with its current catalogItemId; none when
     * it is not sold any more. To be asked before every order: catalogue item ids expire (api.md §6).
     */
    readonly current: (
      instance: Instance,
      country: string,
      offer: OfferId
    ) => Effect.Effect<ReadonlyArray<VendorItem>, VendorError>
  }
>()("core/catalogue/VendorCatalogue") {}
