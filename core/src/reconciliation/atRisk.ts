import { BigDecimal } from "effect"
import { dividedBy, type Money, times } from "../money/Money.ts"
import type { Observed } from "../subscription/Observed.ts"
import {
  type BillingCycle,
  monthsPerPeriod,
  type Subscription
} from "../subscription/Subscription.ts"
import type { FindingKind } from "./Finding.ts"
import { listedHere, listedThere, type PriceKnowledge } from "./listedPrice.ts"

/**
 * What a finding is worth a month: seats times the monthly price of one seat, as agreed with the customer or, where
 * that is not known and for what only Partner Center holds, as in the account's price list. Null where no price is
 * known or the finding moves no money.
 */
export const atRisk = (
  kind: FindingKind,
  subscription: Subscription | null,
  observed: Observed | null,
  known: PriceKnowledge
): Money | null => {
  switch (kind) {
    case "quantity": {
      if (subscription === null || observed === null) return null
      const seats = Math.abs(subscription.terms.quantity - observed.terms.quantity)
      return seatsOf(ourPerSeat(subscription, known) ?? theirPerSeat(observed, known), seats)
    }
    case "only-in-partner-center":
    case "duplicate-subscription":
    case "trial-became-paid":
    case "paid-extension":
      return observed === null
        ? null
        : seatsOf(
            theirPerSeat(observed, known) ?? ourPerSeat(subscription, known),
            observed.terms.quantity
          )
    case "not-found":
    case "order-not-arrived":
    case "wrong-tenant":
    case "wrong-instance":
    case "duplicate-mapping":
    case "status":
    case "suspended-still-billed":
    case "expired":
      return subscription === null
        ? null
        : seatsOf(
            ourPerSeat(subscription, known) ?? theirPerSeat(observed, known),
            subscription.terms.quantity
          )
    case "offer":
    case "billing-cycle":
    case "term":
      return difference(
        agreedPerSeat(subscription),
        theirPerSeat(observed, known),
        observed?.terms.quantity ?? 0
      )
    case "price": {
      if (subscription === null) return null
      const { billingCycle, quantity } = subscription.terms
      const listed = perMonth(listedHere(subscription, known), billingCycle)
      return difference(agreedPerSeat(subscription), listed, quantity)
    }
    case "auto-renew":
    case "commitment-end":
    case "scheduled-change-missing":
    case "scheduled-change-different":
    case "scheduled-change-wiped":
    case "scheduled-change-unexpected":
    case "partner-of-record-empty":
    case "partner-of-record-different":
    case "partner-of-record-not-allowed":
    case "parent":
    case "friendly-name":
      return null
  }
}

const perMonth = (
  price: Money | null | undefined,
  cycle: BillingCycle | undefined
): Money | null => {
  const months = cycle === undefined ? undefined : monthsPerPeriod(cycle)
  return price === null || price === undefined || months === undefined
    ? null
    : dividedBy(price, months)
}

const agreedPerSeat = (subscription: Subscription | null): Money | null =>
  subscription === null
    ? null
    : perMonth(subscription.unitPrice, subscription.terms.billingCycle ?? "monthly")

const ourPerSeat = (subscription: Subscription | null, known: PriceKnowledge): Money | null =>
  subscription === null
    ? null
    : (agreedPerSeat(subscription) ??
      perMonth(listedHere(subscription, known), subscription.terms.billingCycle))

const theirPerSeat = (observed: Observed | null, known: PriceKnowledge): Money | null =>
  observed === null ? null : perMonth(listedThere(observed, known), observed.terms.billingCycle)

const seatsOf = (perSeat: Money | null, seats: number): Money | null =>
  perSeat === null ? null : times(perSeat, seats)

const difference = (a: Money | null, b: Money | null, seats: number): Money | null =>
  a === null || b === null || a.currency !== b.currency
    ? null
    : times(
        { amount: BigDecimal.abs(BigDecimal.subtract(a.amount, b.amount)), currency: a.currency },
        seats
      )
