import { Clock, Effect, Result } from "effect"
import type { AccountId } from "../account/Account.ts"
import { type CycleChange, cycleChoices } from "../subscription/changeBillingCycle.ts"
import type { SubscriptionId } from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"
import { Assortments } from "./Assortments.ts"
import { PriceProtections } from "./PriceProtections.ts"
import { type PriceTaken, priceTaken } from "./Protection.ts"

/** A billing cycle that could be chosen, whether it may be, and the price that it would take. */
export interface PricedCycleChange {
  readonly change: CycleChange
  /** Of one seat for one billing period, as of now; null where none is known. */
  readonly price: PriceTaken | null
}

/**
 * What may change about how often a subscription is billed, now and with the next cycle, and at which price
 * (domain.md §3b). Without a plan nothing can be chosen: the book does not say how it is billed.
 */
export const cycleChanges = Effect.fn("cycleChanges")(function* (
  id: SubscriptionId,
  branch: AccountId | null
) {
  const subscription = yield* (yield* PriceProtections).subscription(id, branch)
  const { accountId, instanceId, offer, plan, plans, protection } = subscription
  if (plan === null) return { subscription, choices: [] }
  const at = Instant.make(yield* Clock.currentTimeMillis)
  const changes = cycleChoices({
    status: subscription.status,
    ...plan,
    plans,
    // No invoices are made here yet; once they are, those of this subscription that wait for being made belong here.
    pendingInvoices: [],
    hasScheduledChange: subscription.scheduledChange !== null
  })
  const prices = yield* (yield* Assortments).prices(
    changes.map(({ to }) => ({
      accountId,
      instanceId,
      offer,
      plan: { term: plan.term, billingCycle: to }
    })),
    at
  )
  const choices = changes.map((change, index): PricedCycleChange => {
    const quote = prices[index]
    return {
      change,
      price:
        priceTaken(
          {
            protection,
            current: quote !== undefined && Result.isSuccess(quote) ? quote.success.price : null,
            // Neither external pricing nor a user's own price can be set on a subscription yet.
            external: null,
            user: { price: null, discount: null }
          },
          change.to,
          at
        ) ?? null
    }
  })
  return { subscription, choices }
})
