import { cancellation, reducibleUntil, seatReduction } from "../subscription/Cancellation.ts"
import type { Observed } from "../subscription/Observed.ts"
import { isLive, isNewCommerce, type Subscription } from "../subscription/Subscription.ts"
import { type Instant, toIso } from "../time/Instant.ts"
import type { ActionName, CorrectiveAction, FindingKind, Refusal } from "./Finding.ts"

interface Facts {
  readonly at: Instant
  readonly rules: { readonly cancellationWindowMs: number }
}

/**
 * What would settle a finding, each with the reason where Partner Center would refuse it today. The codes
 * named are Partner Center's ("Error codes", subscription updates).
 */
export const actionsFor = (
  kind: FindingKind,
  subscription: Subscription | null,
  observed: Observed | null,
  facts: Facts
): ReadonlyArray<CorrectiveAction> => {
  switch (kind) {
    case "not-found":
      return [allow("change-microsoft-id"), allow("cancel-in-bss")]
    case "order-not-arrived":
      return [allow("retry-order"), allow("change-microsoft-id"), allow("cancel-in-bss")]
    case "only-in-partner-center":
      return [allow("import-subscription"), cancelThere(observed, facts)]
    case "duplicate-subscription":
      return [
        cancelThere(observed, facts),
        ...(subscription === null ? [allow("import-subscription")] : [])
      ]
    case "wrong-tenant":
    case "wrong-instance":
      return [allow("move-to-account"), allow("change-microsoft-id")]
    case "duplicate-mapping":
      return [allow("change-microsoft-id"), allow("cancel-in-bss")]
    case "quantity":
      return [take, pushQuantity(subscription, observed, facts)]
    case "status":
      return status(subscription, observed, facts)
    case "suspended-still-billed":
      return [cancelThere(observed, facts), resume(observed)]
    case "expired":
      return [take, refuse("push-bss-value", ended(observed))]
    case "trial-became-paid":
      return [take, cancelThere(observed, facts)]
    case "offer":
      return [take, refuse("push-bss-value", byTransition)]
    case "term":
      return [take, refuse("push-bss-value", atRenewal("The term"))]
    case "billing-cycle":
      return [
        take,
        observed !== null && !isNewCommerce(observed.terms.offer)
          ? refuse("push-bss-value", legacyCycle)
          : write("push-bss-value", observed)
      ]
    case "auto-renew":
      return [take, beforeRenewal(write("push-bss-value", observed), observed, facts)]
    case "paid-extension":
      return [
        beforeRenewal(write("turn-on-auto-renew", observed), observed, facts),
        cancelThere(observed, facts)
      ]
    case "commitment-end":
      return [take, refuse("push-bss-value", commitmentDates)]
    case "scheduled-change-missing":
    case "scheduled-change-wiped":
    case "scheduled-change-different":
    case "scheduled-change-unexpected":
      return [take, beforeRenewal(pushScheduledChange(observed), observed, facts)]
    case "partner-of-record-empty":
    case "partner-of-record-different":
      return [
        take,
        subscription?.terms.partnerOfRecord === null
          ? refuse("push-bss-value", emptyPartner)
          : write("push-bss-value", observed)
      ]
    case "partner-of-record-not-allowed":
      return [
        refuse(
          "push-bss-value",
          observed?.terms.partnerOfRecord === null ? noneThere : emptyPartner
        )
      ]
    case "parent":
      return [take, refuse("push-bss-value", parentFixed)]
    case "friendly-name":
      return [take, write("push-bss-value", observed)]
    case "price":
      return [allow("accept-price-list")]
  }
}

const allow = (name: ActionName, closesAt: Instant | null = null): CorrectiveAction => ({
  name,
  refusal: null,
  closesAt
})
const refuse = (name: ActionName, refusal: Refusal): CorrectiveAction => ({
  name,
  refusal,
  closesAt: null
})
const take = allow("take-partner-center-value")

const because = (
  code: Refusal["code"],
  text: string,
  closedAt: Instant | null = null
): Refusal => ({ code, text, closedAt })

const byTransition = because(
  "microsoft-decides",
  "Partner Center changes an offer only by an upgrade (transition), not by an update."
)
const legacyCycle = because(
  "microsoft-decides",
  "A legacy billing cycle is changed on the order, not on the subscription (error 2054)."
)
const commitmentDates = because("microsoft-decides", "Microsoft sets the dates of a commitment.")
const emptyPartner = because(
  "microsoft-decides",
  "Partner Center replaces a partner of record but does not empty one; ask Microsoft's partner support."
)
const noneThere = because("direct-partner", "Partner Center has none, as a direct partner must.")
const parentFixed = because(
  "microsoft-decides",
  "Partner Center does not move an add-on to another base subscription; cancel it and buy it anew."
)
const notThere = because("not-in-partner-center", "Partner Center does not hold the subscription.")
const atRenewal = (what: string): Refusal =>
  because(
    "only-at-renewal",
    `${what} of a running commitment changes only at its renewal: schedule it.`
  )
const ended = (observed: Observed | null): Refusal =>
  observed === null
    ? notThere
    : because(
        "subscription-ended",
        `A subscription that is ${observed.terms.status} in Partner Center cannot be changed or brought back.`
      )

/** An update that Partner Center takes from any active subscription. */
const write = (name: ActionName, observed: Observed | null): CorrectiveAction => {
  if (observed === null || !isLive(observed.terms.status)) return refuse(name, ended(observed))
  return observed.terms.status === "suspended" ? refuse(name, suspended) : allow(name)
}

/** What the end of the commitment decides must be said before it. */
const beforeRenewal = (
  action: CorrectiveAction,
  observed: Observed | null,
  { at }: Facts
): CorrectiveAction => {
  const end = observed?.terms.commitmentEnd ?? null
  return action.refusal === null && end !== null && at < end ? { ...action, closesAt: end } : action
}

const suspended = because(
  "subscription-suspended",
  "Partner Center refuses changes of a suspended subscription (error 800091): resume it first."
)

const pushQuantity = (
  subscription: Subscription | null,
  observed: Observed | null,
  { at, rules }: Facts
): CorrectiveAction => {
  const writable = write("push-bss-value", observed)
  if (observed === null || subscription === null || writable.refusal !== null) return writable
  if (observed.terms.isTrial)
    return refuse("push-bss-value", because("trial", "The seats of a trial are fixed."))
  const fewer = observed.terms.quantity - subscription.terms.quantity
  if (fewer <= 0) return writable
  const { seats, closesAt } = seatReduction(observed, at, rules.cancellationWindowMs)
  if (fewer <= seats)
    return allow("push-bss-value", reducibleUntil(observed, fewer, at, rules.cancellationWindowMs))
  if (closesAt === null)
    return refuse(
      "push-bss-value",
      because("not-known", "Partner Center names no date until which seats can be reduced.")
    )
  return refuse(
    "push-bss-value",
    at < closesAt
      ? because(
          "window-closed",
          `Only ${seats} of the ${fewer} seats can still be given back, until ${toIso(closesAt)} (error 800090); schedule the rest for the renewal.`
        )
      : because(
          "window-closed",
          `The window for fewer seats closed at ${toIso(closesAt)} (error 800090); schedule it for the renewal.`,
          closesAt
        )
  )
}

const cancelThere = (observed: Observed | null, { at, rules }: Facts): CorrectiveAction => {
  const name = "cancel-in-partner-center"
  if (observed === null || !isLive(observed.terms.status)) return refuse(name, ended(observed))
  if (observed.terms.isTrial)
    return refuse(name, because("trial", "A trial is never cancelled by itself; it ends."))
  const { open, closesAt } = cancellation(observed, at, rules.cancellationWindowMs)
  if (open) return allow(name, closesAt)
  return refuse(
    name,
    closesAt === null
      ? because("not-known", "Partner Center names no date until which it can be cancelled.")
      : because(
          "window-closed",
          `The window for cancelling closed at ${toIso(closesAt)} (error 900117); turn auto-renew off with a cancellation at the term's end.`,
          closesAt
        )
  )
}

const resume = (observed: Observed | null): CorrectiveAction =>
  observed?.terms.status === "suspended"
    ? allow("resume-in-partner-center")
    : refuse("resume-in-partner-center", ended(observed))

const status = (
  subscription: Subscription | null,
  observed: Observed | null,
  facts: Facts
): ReadonlyArray<CorrectiveAction> => {
  if (observed === null || !isLive(observed.terms.status))
    return [take, refuse("push-bss-value", ended(observed))]
  if (subscription !== null && !isLive(subscription.terms.status))
    return [cancelThere(observed, facts), take]
  return [take, observed.terms.status === "suspended" ? resume(observed) : allow("push-bss-value")]
}

/** Renewal instructions need auto-renew ("Create scheduled changes"). */
const pushScheduledChange = (observed: Observed | null): CorrectiveAction => {
  const writable = write("push-bss-value", observed)
  if (writable.refusal !== null || observed === null || observed.terms.autoRenew) return writable
  return refuse(
    "push-bss-value",
    because(
      "microsoft-decides",
      "Partner Center schedules changes only while auto-renew is on: turn it on first."
    )
  )
}
