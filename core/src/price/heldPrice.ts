import type { Money } from "../money/Money.ts"
import type { BillingCycle } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { type Protection, protectedPrice } from "./Protection.ts"

/**
 * What one seat of a subscription costs for one billing period at an instant (domain.md §3b): the protected price while
 * the protection holds, else what the lists of its account say. `listed` is null where lists decide and none of them has
 * a price for the plan, and undefined where no list decides; so is the outcome, unless the price is protected. Where the
 * billing cycle is not known, no protection says anything.
 */
export const heldPrice = (
  listed: Money | null | undefined,
  protection: Protection | null,
  billingCycle: BillingCycle | undefined,
  at: Instant
): Money | null | undefined =>
  (billingCycle === undefined ? undefined : protectedPrice(protection, billingCycle, at)) ?? listed
