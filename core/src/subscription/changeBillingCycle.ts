import type { Plan } from "../catalogue/VendorCatalogue.ts"
import {
  type BillingCycle,
  isLive,
  monthsPerPeriod,
  type Status,
  type Term
} from "./Subscription.ts"

/** For which billing period the pricing is edited: the one that runs, or the one that follows (domain.md §3b). */
export type WhichCycle = "current" | "next"

/** An invoice that is still to be made for a change of this kind. */
export type PendingInvoice = "quantity" | "addon-quantity" | "upgrade-downgrade"

/** What is looked at when somebody wants to change how often a subscription is billed. */
export interface CycleState {
  readonly status: Status
  readonly billingCycle: BillingCycle
  readonly term: Term | null
  /** The ways in which the product is sold. */
  readonly plans: ReadonlyArray<Plan>
  readonly pendingInvoices: ReadonlyArray<PendingInvoice>
  /** Whether a change is scheduled for the next cycle already. */
  readonly hasScheduledChange: boolean
}

/** Why a cycle cannot be changed to. All of them are told, so that nobody fixes one to meet the next. */
export type CycleRefusal =
  | { readonly code: "not-live"; readonly status: Status }
  | { readonly code: "pending-invoices"; readonly pending: ReadonlyArray<PendingInvoice> }
  | { readonly code: "not-recurring" }
  | { readonly code: "same-cycle" }
  | { readonly code: "not-longer" }
  | { readonly code: "not-sold" }

/** A change of the billing cycle that is allowed, and what it does besides; or why it is not. */
export type CycleChange =
  | {
      readonly allowed: true
      readonly to: BillingCycle
      readonly which: WhichCycle
      /** A change that was scheduled for the next cycle is cancelled by one for the current. */
      readonly cancelsScheduledChange: boolean
    }
  | {
      readonly allowed: false
      readonly to: BillingCycle
      readonly which: WhichCycle
      readonly refusals: ReadonlyArray<CycleRefusal>
    }

/**
 * Whether the billing cycle may be changed (domain.md §3b). In the current cycle only to a longer one: month to year,
 * never year to month. In the next one to any that the product is sold with. Both are locked while invoices for
 * other changes are pending: they are to be made first.
 */
export const changeBillingCycle = (
  state: CycleState,
  to: BillingCycle,
  which: WhichCycle
): CycleChange => {
  const refusals = refusalsOf(state, to, which)
  return refusals.length > 0
    ? { allowed: false, to, which, refusals }
    : {
        allowed: true,
        to,
        which,
        cancelsScheduledChange: which === "current" && state.hasScheduledChange
      }
}

const refusalsOf = (
  { status, billingCycle, term, plans, pendingInvoices }: CycleState,
  to: BillingCycle,
  which: WhichCycle
): ReadonlyArray<CycleRefusal> => {
  const [from, wanted] = [monthsPerPeriod(billingCycle), monthsPerPeriod(to)]
  const refusals: Array<CycleRefusal> = []
  if (!isLive(status)) refusals.push({ code: "not-live", status })
  if (pendingInvoices.length > 0)
    refusals.push({ code: "pending-invoices", pending: [...new Set(pendingInvoices)].toSorted() })
  if (from === undefined || wanted === undefined) refusals.push({ code: "not-recurring" })
  else if (billingCycle === to) refusals.push({ code: "same-cycle" })
  else if (which === "current" && wanted < from) refusals.push({ code: "not-longer" })
  if (!plans.some((plan) => plan.term === term && plan.billingCycle === to))
    refusals.push({ code: "not-sold" })
  return refusals
}

/** A refusal in words, with the way out. */
export const cycleRefusalText = (refusal: CycleRefusal): string => {
  switch (refusal.code) {
    case "not-live":
      return `The subscription is ${refusal.status}; nothing is billed for it any more.`
    case "pending-invoices":
      return `Invoices are pending for ${refusal.pending.map((pending) => pendingText[pending]).join(", ")}: make them first.`
    case "not-recurring":
      return "Only a price that recurs has a billing cycle to change."
    case "same-cycle":
      return "It is billed so already."
    case "not-longer":
      return "The current cycle can only become longer; choose this one for the next cycle."
    case "not-sold":
      return "The product is not sold with this term and billing cycle."
  }
}

const pendingText: Record<PendingInvoice, string> = {
  quantity: "a change of the quantity",
  "addon-quantity": "a change of an add-on's quantity",
  "upgrade-downgrade": "an upgrade or downgrade"
}

/** Everything that could be chosen, in the order of the product's plans: what is allowed, and what is not and why. */
export const cycleChoices = (state: CycleState): ReadonlyArray<CycleChange> =>
  [...new Set(state.plans.map(({ billingCycle }) => billingCycle))].flatMap((to) =>
    (["current", "next"] as const).map((which) => changeBillingCycle(state, to, which))
  )
