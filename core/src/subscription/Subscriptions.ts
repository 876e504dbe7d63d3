import { Context, type Effect, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Environment, InstanceId, InstanceName } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { Status, Subscription, SubscriptionId, Terms } from "./Subscription.ts"

/** Also for a neighbour's subscription: outside of the branch it does not exist. */
export class SubscriptionNotFound extends Schema.TaggedError<SubscriptionNotFound>()(
  "SubscriptionNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no subscription ${this.id}.`
  }
}

/** A subscription of the book, with the names of what it belongs to. */
export interface ListedSubscription extends Subscription {
  readonly instance: InstanceName
  readonly environment: Environment
  /** Whose it is. */
  readonly account: string
  /** The base subscription of an add-on, in the book. */
  readonly parentId: SubscriptionId | null
}

/** A subscription with what Partner Center said of it last. */
export interface SubscriptionDetail {
  readonly subscription: ListedSubscription
  /** null where Partner Center has never been seen to have it, or has it no more. */
  readonly observed: { readonly terms: Terms; readonly fetchedAt: Instant | null } | null
}

/** What narrows the list; what is absent does not. */
export interface SubscriptionFilter {
  /** Of this account, and of everybody below it. */
  readonly account?: AccountId | undefined
  readonly instanceId?: InstanceId | undefined
  readonly status?: Status | undefined
  /** The add-ons of this base subscription. */
  readonly parent?: SubscriptionId | undefined
  /** Commitments that end then or later. */
  readonly endsFrom?: Instant | undefined
  /** Commitments that end before. */
  readonly endsBefore?: Instant | undefined
  /** The beginning of a name or reference, whatever the case, or the whole of an id in the BSS or at Microsoft. */
  readonly q?: string | undefined
}

/** `name`: by name. `end`: by the end of the commitment, and only those that have one. Then by id. */
export const SubscriptionOrder = Schema.Literals(["name", "end"])
export type SubscriptionOrder = typeof SubscriptionOrder.Type

/**
 * What customers have, as the BSS holds it. `branch` is the root of what the caller may see; null sees everything. What
 * lies outside does not exist.
 */
export class Subscriptions extends Context.Service<
  Subscriptions,
  {
    readonly list: (
      branch: AccountId | null,
      filter: SubscriptionFilter,
      order: SubscriptionOrder,
      page: PageRequest
    ) => Effect.Effect<Page<ListedSubscription>>
    readonly get: (
      id: SubscriptionId,
      branch: AccountId | null
    ) => Effect.Effect<SubscriptionDetail, SubscriptionNotFound>
  }
>()("core/subscription/Subscriptions") {}
