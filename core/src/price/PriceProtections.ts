import { Context, type Effect, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { Environment, InstanceId } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type {
  OfferId,
  ScheduledChange,
  Status,
  SubscriptionId
} from "../subscription/Subscription.ts"
import type { SubscriptionNotFound } from "../subscription/Subscriptions.ts"
import type { PriceListId } from "./PriceList.ts"
import type { PriceCause } from "./PriceLists.ts"
import type { Protection } from "./Protection.ts"

/**
 * Which subscriptions of an instance an activation is for (domain.md §3b: one, selected, or all): those named, those
 * of an account and everybody below it, those of a product, or every one. Named ones and those of a product take
 * their active add-ons along.
 */
export type ProtectionScope =
  | { readonly kind: "subscriptions"; readonly ids: ReadonlyArray<SubscriptionId> }
  | { readonly kind: "account"; readonly id: AccountId }
  | { readonly kind: "product"; readonly offer: OfferId }
  | { readonly kind: "all" }

/** So many subscriptions are named, or looked at, at once. */
export const protectionsAtOnceMax = 1_000

/** Something that a scope names is not in the instance, or not in the caller's branch. */
export class ProtectionScopeNotFound extends Schema.TaggedError<ProtectionScopeNotFound>()(
  "ProtectionScopeNotFound",
  { kind: Schema.Literals(["subscription", "account", "product"]), id: Schema.String }
) {
  override get message(): string {
    return `There is no ${this.kind} ${this.id} in this instance.`
  }
}

/** A protection as it was activated. It is never changed and never taken away. */
export interface ActivatedProtection extends Protection {
  /** The list that the price came from. */
  readonly priceListId: PriceListId
  readonly activatedBy: string
}

/** A subscription of the book with what its price follows from. */
export interface PricedSubscription {
  readonly id: SubscriptionId
  readonly reference: string
  readonly name: string
  readonly instanceId: InstanceId
  readonly environment: Environment
  readonly accountId: AccountId
  readonly account: string
  readonly offer: OfferId
  readonly status: Status
  /** null where the book does not keep its term or billing cycle. */
  readonly plan: Plan | null
  readonly scheduledChange: ScheduledChange | null
  /** The ways in which its product can be ordered; empty where the instance has no such product. */
  readonly plans: ReadonlyArray<Plan>
  /** Terms (Month) of its product; those of the base subscription's product for an add-on whose own has none. */
  readonly protectionMonths: number
  /** The one that was activated last, also when it has ended. */
  readonly protection: ActivatedProtection | null
}

/** A protection to be kept. */
export interface NewProtection extends Protection {
  readonly subscriptionId: SubscriptionId
  readonly priceListId: PriceListId
}

/** Which subscriptions keep their price, and until when. `branch` is the root of what the caller may see. */
export class PriceProtections extends Context.Service<
  PriceProtections,
  {
    /** The subscriptions of a scope, by id. */
    readonly inScope: (
      instanceId: InstanceId,
      scope: ProtectionScope,
      branch: AccountId | null,
      page: PageRequest
    ) => Effect.Effect<Page<PricedSubscription>, ProtectionScopeNotFound>
    readonly subscription: (
      id: SubscriptionId,
      branch: AccountId | null
    ) => Effect.Effect<PricedSubscription, SubscriptionNotFound>
    /**
     * Keeps the protections, all at once, each in the history: but for those whose subscription has one already at
     * any of the time. Gives the subscriptions of those that were kept.
     */
    readonly activate: (
      protections: ReadonlyArray<NewProtection>,
      cause: PriceCause
    ) => Effect.Effect<ReadonlySet<SubscriptionId>>
  }
>()("core/price/PriceProtections") {}
