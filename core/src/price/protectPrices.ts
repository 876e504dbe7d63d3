import { Clock, Effect, Result } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { InstanceId } from "../instance/Instance.ts"
import type { PageRequest } from "../page/Page.ts"
import { Instant } from "../time/Instant.ts"
import type { Unavailable } from "./Assortment.ts"
import { Assortments } from "./Assortments.ts"
import { type Quote, unavailableText } from "./mayBuy.ts"
import type { PriceCause } from "./PriceLists.ts"
import {
  type NewProtection,
  type PricedSubscription,
  PriceProtections,
  type ProtectionScope
} from "./PriceProtections.ts"
import { type Protection, protectionOf, type Unprotectable } from "./Protection.ts"

/** What an activation asks for. */
export interface ProtectionRequest {
  readonly instanceId: InstanceId
  readonly scope: ProtectionScope
  /** Instead of the months of each product. */
  readonly months: number | undefined
  /** Nothing is kept. */
  readonly dryRun: boolean
}

/** What an activation did, or would do, with a subscription. */
export interface ProtectionOutcome {
  readonly subscription: PricedSubscription
  readonly outcome: "protected" | Unprotectable
  /** The new one, or the one that runs already; null where there is none. */
  readonly protection: Protection | null
  /** Why it is not protected, with the way out; null where it is. */
  readonly reason: string | null
}

/**
 * "Activate Price Protection" (domain.md §3b) for one page of a scope's subscriptions: each keeps the price that the
 * lists of its account give it at this instant. Repeating it changes nothing, since what is protected stays as it is;
 * so one that was interrupted is simply begun again.
 */
export const protectPrices = Effect.fn("protectPrices")(function* (
  { instanceId, scope, months, dryRun }: ProtectionRequest,
  branch: AccountId | null,
  page: PageRequest,
  cause: PriceCause
) {
  const protections = yield* PriceProtections
  const at = Instant.make(yield* Clock.currentTimeMillis)
  const { items, next } = yield* protections.inScope(instanceId, scope, branch, page)
  const quotes = yield* heldQuotes(items, at)
  const decided = items.map((subscription) =>
    decide(subscription, quotes.get(subscription), at, months)
  )
  const added = dryRun
    ? null
    : yield* protections.activate(
        decided.flatMap(({ added }) => added ?? []),
        cause
      )
  return {
    at,
    // Whoever was quicker has protected it: what is kept is theirs.
    items: decided.map(({ told }) =>
      told.outcome === "protected" && added !== null && !added.has(told.subscription.id)
        ? refused(told.subscription, "protected-already")
        : told
    ),
    next
  }
})

/** What each of the subscriptions with a plan costs by the lists of its account. */
const heldQuotes = Effect.fnUntraced(function* (
  subscriptions: ReadonlyArray<PricedSubscription>,
  at: Instant
) {
  const asked = subscriptions.flatMap((subscription) =>
    subscription.plan === null ? [] : [{ subscription, plan: subscription.plan }]
  )
  const prices = yield* (yield* Assortments).prices(
    asked.map(({ subscription: { accountId, instanceId, offer }, plan }) => ({
      accountId,
      instanceId,
      offer,
      plan
    })),
    at
  )
  return new Map(
    asked.map(({ subscription }, index) => [
      subscription,
      prices[index] ?? Result.fail("no-price-list" as const)
    ])
  )
})

const decide = (
  subscription: PricedSubscription,
  quote: Result.Result<Quote, Unavailable> | undefined,
  at: Instant,
  months: number | undefined
): { readonly told: ProtectionOutcome; readonly added?: NewProtection } => {
  const quoted = quote !== undefined && Result.isSuccess(quote) ? quote.success : null
  const decision = protectionOf(
    { ...subscription, price: quoted?.price ?? null, months: subscription.protectionMonths },
    at,
    months
  )
  if (typeof decision === "string") {
    const unpriced = quote !== undefined && Result.isFailure(quote) ? quote.failure : undefined
    return { told: refused(subscription, decision, unpriced) }
  }
  const told: ProtectionOutcome = {
    subscription,
    outcome: "protected",
    protection: decision,
    reason: null
  }
  return quoted === null
    ? { told }
    : {
        told,
        added: {
          ...decision,
          subscriptionId: subscription.id,
          priceListId: quoted.priceListId
        }
      }
}

const refused = (
  subscription: PricedSubscription,
  outcome: Unprotectable,
  unpriced?: Unavailable
): ProtectionOutcome => ({
  subscription,
  outcome,
  protection: outcome === "protected-already" ? subscription.protection : null,
  reason:
    outcome === "no-price" && unpriced !== undefined
      ? `No price: ${unavailableText[unpriced]}`
      : unprotectableText[outcome]
})

/** Each reason in words, with the way out. */
const unprotectableText: Record<Unprotectable, string> = {
  "not-live": "It has ended; nothing is billed for it any more.",
  sandbox: "It belongs to the integration sandbox, where nothing has a price.",
  "protected-already": "It is protected already, and stays so until its protection ends.",
  "no-plan":
    "The book does not say its term or billing cycle: import it with the columns term and billing_cycle.",
  "no-price": "No price list of its account has a price for it.",
  "no-months":
    "Its product is not protected: set the product's protection months, or say for how many months."
}
