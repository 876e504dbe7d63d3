import { Context, type Duration, type Effect, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { Instant } from "../time/Instant.ts"

/** Partner Center counts customers, orders and subscriptions apart ("API throttling guidance"). */
export const ResourceFamily = Schema.Literals(["customers", "orders", "subscriptions", "other"])
export type ResourceFamily = typeof ResourceFamily.Type

/** `interactive`: a person waits. It goes before any number of `sweep` requests. */
export const Priority = Schema.Literals(["interactive", "sweep"])
export type Priority = typeof Priority.Type

/** How urgent the requests of the current fiber are. */
export const CurrentPriority = Context.Reference<Priority>("core/vendor/CurrentPriority", {
  defaultValue: () => "sweep"
})

/**
 * The requests that an instance may send, shared by all processes. `take` returns when one may be sent;
 * `throttled` tells that Partner Center refused one, so that all processes hold back and slow down.
 */
export class RateBudget extends Context.Service<
  RateBudget,
  {
    readonly take: (instance: InstanceId, family: ResourceFamily) => Effect.Effect<void>
    readonly throttled: (
      instance: InstanceId,
      family: ResourceFamily,
      retryAfter: Duration.Duration
    ) => Effect.Effect<void>
  }
>()("core/vendor/RateBudget") {}

/** How much of its limit a resource family has at this moment. */
export interface BudgetState {
  readonly family: ResourceFamily
  /** Requests a minute that are sent at most now: the instance's limit, less what refusals have taken off it. */
  readonly perMinute: number
  /** The end of what is reserved, which tells the last use; null where nothing was ever sent. */
  readonly reservedUntil: Instant | null
  /** Until when nobody sends, because Partner Center refused; null where it does not. */
  readonly heldBackUntil: Instant | null
}

/** The budgets as they are, for whoever looks at them. */
export class RateBudgets extends Context.Service<
  RateBudgets,
  {
    /** Every family of the instance, in the order of `ResourceFamily`; none for an instance that does not exist. */
    readonly states: (instance: InstanceId) => Effect.Effect<ReadonlyArray<BudgetState>>
  }
>()("core/vendor/RateBudgets") {}
