import { Context, type Duration, type Effect, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"

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
