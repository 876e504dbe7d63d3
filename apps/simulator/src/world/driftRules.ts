import { catalogue, type Plan } from "../Catalogue.ts"
import { dayMs } from "../Clock.ts"
import type { Random } from "../Random.ts"
import type { Account, Customer } from "./Account.ts"
import type { BookSubscription } from "./Book.ts"
import type { DriftKind } from "./Drift.ts"
import type { Subscription } from "./Subscription.ts"

/** Where and when a drift is considered. */
export interface Site {
  readonly account: Account
  readonly customer: Customer
  readonly random: Random
  readonly at: number
}

/** A drift that changes one field of one subscription, and says when it may. */
export interface FieldRule {
  readonly field: keyof BookSubscription
  /** The change, or null when this subscription is not fit for it. Always differs from what is there. */
  readonly change: (subscription: Subscription, site: Site) => Partial<Subscription> | null
}

/** Kinds that change which subscriptions exist, and where. */
export type ShapeKind =
  | "not-found"
  | "only-in-partner-center"
  | "duplicate-subscription"
  | "wrong-tenant"

/** Since then a commitment that neither renews nor was cancelled rolls into a paid Extended Service Term. */
const paidExtensionEndingFrom = Date.UTC(2026, 4, 4)
const paidExtensionStartedFrom = Date.UTC(2025, 2, 1)

const isSold = ({ item, status }: Subscription): boolean =>
  status === "active" && item.kind !== "azure-plan" && !item.isTrial

/** Nothing planned for the end of the term, so that no second field tells of the change. */
const isPlain = (s: Subscription): boolean => isSold(s) && s.scheduledChange === null

/** Losing it would also concern add-ons. */
export const hasAddons = (customer: Customer, { id }: Subscription): boolean =>
  customer.subscriptions.some((one) => one.parentId === id)

/** Offers that the customer has, or has on trial. */
export const heldOffers = (customer: Customer): ReadonlySet<string> =>
  new Set(customer.subscriptions.flatMap(({ item }) => [item.offer, item.paidOffer ?? item.offer]))

const otherPlans = (s: Subscription, fits: (plan: Plan) => boolean): ReadonlyArray<Plan> =>
  s.item.plans.filter(fits)

const pickOrNull = <A, B>(random: Random, from: ReadonlyArray<A>, then: (one: A) => B): B | null =>
  from.length === 0 ? null : then(random.pick(from))

const otherQuantity = (random: Random, quantity: number): number =>
  quantity > 1 && random.chance(0.4)
    ? random.between(Math.max(1, quantity - 9), quantity - 1)
    : quantity + random.between(1, 9)

export const fieldRules: Readonly<Record<Exclude<DriftKind, ShapeKind>, FieldRule>> = {
  quantity: {
    field: "quantity",
    change: (s, { random }) => (isPlain(s) ? { quantity: otherQuantity(random, s.quantity) } : null)
  },
  status: {
    field: "status",
    change: (s, { customer, random }) =>
      isSold(s) && !hasAddons(customer, s)
        ? { status: random.chance(0.6) ? "suspended" : "deleted" }
        : null
  },
  expired: {
    field: "status",
    change: (s, { customer }) =>
      isSold(s) && !hasAddons(customer, s) ? { status: "expired" } : null
  },
  offer: {
    field: "offer",
    change: (s, { customer, random }) => {
      if (!isPlain(s) || s.item.kind !== "license" || hasAddons(customer, s)) return null
      const held = heldOffers(customer)
      const others = catalogue.filter(
        (item) =>
          item.kind === "license" &&
          !held.has(item.offer) &&
          item.plans.some((p) => p.term === s.term && p.billingCycle === s.billingCycle)
      )
      return pickOrNull(random, others, (item) => ({ item }))
    }
  },
  "billing-cycle": {
    field: "billingCycle",
    change: (s, { random }) => {
      if (!isPlain(s)) return null
      const others = otherPlans(s, (p) => p.term === s.term && p.billingCycle !== s.billingCycle)
      return pickOrNull(random, others, ({ billingCycle }) => ({ billingCycle }))
    }
  },
  term: {
    field: "term",
    change: (s, { random }) => {
      // Without auto-renew, a longer term would also start a paid extension.
      if (!isPlain(s) || s.term === null || !s.autoRenew) return null
      const others = otherPlans(s, (p) => p.term !== s.term && p.billingCycle === s.billingCycle)
      return pickOrNull(random, others, ({ term }) => ({ term }))
    }
  },
  "auto-renew": {
    field: "autoRenew",
    change: (s) => (isPlain(s) && s.term === "P1M" ? { autoRenew: !s.autoRenew } : null)
  },
  "paid-extension": {
    field: "autoRenew",
    change: (s) =>
      isPlain(s) &&
      s.autoRenew &&
      (s.term === "P1Y" || s.term === "P3Y") &&
      s.commitmentEnd !== null &&
      s.commitmentEnd >= paidExtensionEndingFrom &&
      s.effectiveStart >= paidExtensionStartedFrom
        ? { autoRenew: false }
        : null
  },
  "commitment-end": {
    field: "commitmentEnd",
    change: (s, { random, at }) => {
      if (!isSold(s) || s.commitmentEnd === null) return null
      const days = random.between(2, 45)
      const earlier = s.commitmentEnd - days * dayMs
      const later = s.commitmentEnd + days * dayMs
      return { commitmentEnd: random.chance(0.5) && earlier > at + dayMs ? earlier : later }
    }
  },
  "scheduled-change-wiped": {
    field: "scheduledChange",
    change: (s) => (isSold(s) && s.scheduledChange !== null ? { scheduledChange: null } : null)
  },
  "scheduled-change-different": {
    field: "scheduledChange",
    change: (s, { random }) => {
      const planned = s.scheduledChange
      if (!isSold(s) || planned === null) return null
      const quantity = otherQuantity(random, planned.quantity)
      return { scheduledChange: { ...planned, quantity } }
    }
  },
  "scheduled-change-unexpected": {
    field: "scheduledChange",
    change: (s, { random }) => {
      const { item, term, billingCycle } = s
      if (!isPlain(s) || item.kind !== "license" || !s.autoRenew || term === null) return null
      const quantity = otherQuantity(random, s.quantity)
      return { scheduledChange: { item, quantity, plan: { term, billingCycle } } }
    }
  },
  "partner-of-record-empty": {
    field: "partnerOfRecord",
    change: (s) => (isSold(s) && s.partnerOfRecord !== null ? { partnerOfRecord: null } : null)
  },
  "partner-of-record-different": {
    field: "partnerOfRecord",
    change: (s, { account, random }) => {
      if (!isSold(s) || s.partnerOfRecord === null) return null
      const others = account.resellers.filter(({ mpnId }) => mpnId !== s.partnerOfRecord)
      return pickOrNull(random, others, ({ mpnId }) => ({ partnerOfRecord: mpnId }))
    }
  },
  "partner-of-record-not-allowed": {
    field: "partnerOfRecord",
    change: (s, { account }) =>
      isSold(s) && s.partnerOfRecord === null ? { partnerOfRecord: account.mpnId } : null
  },
  parent: {
    field: "parentMicrosoftId",
    change: (s, { customer, random }) => {
      if (!isSold(s) || s.item.kind !== "addon") return null
      const bases = customer.subscriptions.filter(
        (one) => one.item.kind === "license" && one.status === "active" && one.id !== s.parentId
      )
      return pickOrNull(random, bases, ({ id }) => ({ parentId: id }))
    }
  },
  "trial-became-paid": {
    field: "isTrial",
    change: (s) => {
      const paid = catalogue.find(({ offer }) => offer === s.item.paidOffer)
      return s.status === "active" && paid !== undefined ? { item: paid } : null
    }
  },
  "friendly-name": {
    field: "friendlyName",
    change: (s, { random }) =>
      isSold(s) ? { friendlyName: `${s.item.name} ${random.hex(4)}` } : null
  }
}
