import { BigDecimal } from "effect"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { Environment } from "../instance/Instance.ts"
import { rounded } from "../money/currencies.ts"
import { type Money, times } from "../money/Money.ts"
import {
  type BillingCycle,
  isLive,
  monthsPerPeriod,
  type Status,
  type Term
} from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"
import { isValidAt, type Validity } from "./PriceList.ts"

/** The longest protection, in months. */
export const protectionMonthsMax = 120

/** What one seat of a subscription costs until a day, whatever the product's price does meanwhile (domain.md §3b). */
export interface Protection extends Validity {
  readonly price: Money
  /** The commitment that the subscription had; null where it had none. */
  readonly term: Term | null
  /** What the price is for one billing period of. */
  readonly billingCycle: BillingCycle
  readonly months: number
  readonly validTo: Instant
}

/** So many months later, at the same time of day in UTC; the month's last day where it has no such day. */
export const monthsLater = (at: Instant, months: number): Instant => {
  const from = new Date(at)
  const to = new Date(at)
  to.setUTCDate(1)
  to.setUTCMonth(from.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate()
  to.setUTCDate(Math.min(from.getUTCDate(), lastDay))
  return Instant.make(to.valueOf())
}

/** Why the price of a subscription cannot be protected. */
export type Unprotectable =
  | "not-live"
  | "sandbox"
  | "protected-already"
  | "no-plan"
  | "no-price"
  | "no-months"

/** What an activation looks at. */
export interface ProtectableSubscription {
  readonly status: Status
  readonly environment: Environment
  /** null where the book does not say for how long and how often it is paid. */
  readonly plan: Plan | null
  /** Of one seat for one billing period, by the price lists of its account; null where they have none. */
  readonly price: Money | null
  /** Terms (Month) of its product; 0 = no protection. */
  readonly months: number
  readonly protection: Protection | null
}

/**
 * The protection that an activation at `at` gives a subscription, or why it gives none. `months` replaces those of the
 * product. One that runs already stays as it is: activating again never prolongs or changes it.
 */
export const protectionOf = (
  subscription: ProtectableSubscription,
  at: Instant,
  months: number = subscription.months
): Protection | Unprotectable => {
  const { environment, plan, price, protection, status } = subscription
  if (!isLive(status)) return "not-live"
  if (environment === "sandbox") return "sandbox"
  if (protection !== null && isValidAt(protection, at)) return "protected-already"
  if (plan === null) return "no-plan"
  if (price === null) return "no-price"
  if (!(months > 0)) return "no-months"
  return { price, ...plan, months, validFrom: at, validTo: monthsLater(at, months) }
}

/**
 * The protected price at an instant, for a billing cycle; undefined where nothing is protected then. A monthly price
 * is protected for a year as exactly twelve of it. The other way round, and where a cycle has no months, it protects
 * only the cycle that it was given for.
 */
export const protectedPrice = (
  protection: Protection | null,
  billingCycle: BillingCycle,
  at: Instant
): Money | undefined => {
  if (protection === null || !isValidAt(protection, at)) return undefined
  if (protection.billingCycle === billingCycle) return protection.price
  const [from, to] = [monthsPerPeriod(protection.billingCycle), monthsPerPeriod(billingCycle)]
  return from === undefined || to === undefined || to % from !== 0
    ? undefined
    : times(protection.price, to / from)
}

/** What a user may have set on a subscription: a price instead of the product's, or a percentage off it. */
export interface UserPricing {
  /** "User Priced". */
  readonly price: Money | null
  /** "User Discount", in percent. */
  readonly discount: BigDecimal.BigDecimal | null
}

/** Where the price of a change or renewal comes from. */
export type PriceSource = "user-priced" | "protected" | "external" | "current"

export interface PriceTaken {
  readonly source: PriceSource
  readonly price: Money
}

/**
 * The price that a renewal or change takes (domain.md §3b): the protected one while the protection holds, else the
 * one that external pricing has saved for the current cycle, else the product's current one. "User Priced" replaces
 * it, and overrides "User Discount", which is taken off it. undefined where no price is known.
 */
export const priceTaken = (
  known: {
    readonly protection: Protection | null
    readonly external: Money | null
    readonly current: Money | null
    readonly user: UserPricing
  },
  billingCycle: BillingCycle,
  at: Instant
): PriceTaken | undefined => {
  if (known.user.price !== null) return { source: "user-priced", price: known.user.price }
  const kept = protectedPrice(known.protection, billingCycle, at)
  const base: PriceTaken | undefined =
    kept !== undefined
      ? { source: "protected", price: kept }
      : known.external !== null
        ? { source: "external", price: known.external }
        : known.current !== null
          ? { source: "current", price: known.current }
          : undefined
  return base === undefined || known.user.discount === null
    ? base
    : { source: base.source, price: lessPercent(base.price, known.user.discount) }
}

const hundred = BigDecimal.fromBigInt(100n)
const zero = BigDecimal.fromBigInt(0n)

/** Never below zero, whatever the percentage. */
const lessPercent = (price: Money, percent: BigDecimal.BigDecimal): Money =>
  rounded({
    amount: BigDecimal.max(
      zero,
      BigDecimal.divideUnsafe(
        BigDecimal.multiply(price.amount, BigDecimal.subtract(hundred, percent)),
        hundred
      )
    ),
    currency: price.currency
  })
