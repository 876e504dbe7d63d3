import type { BillingCycle, CatalogueItem, Plan, Term } from "../Catalogue.ts"

export const statuses = [
  "pending",
  "active",
  "suspended",
  "expired",
  "disabled",
  "deleted"
] as const
export type Status = (typeof statuses)[number]

/** What happens at the end of the term instead of a plain renewal (Partner Center: scheduledNextTermInstructions). */
export interface ScheduledChange {
  readonly item: CatalogueItem
  readonly quantity: number
  readonly plan: Plan & { readonly term: Term }
}

/** Seats added in the middle of a term: each batch has its own window of seven days. */
export interface SeatBatch {
  readonly quantity: number
  readonly refundableUntil: number
}

/**
 * A subscription as Partner Center holds it. Never changed in place: a change replaces the record, so that what a
 * lagging list still shows, and what an order once bought, can keep the old one. All instants are milliseconds UTC.
 */
export interface Subscription {
  /** A GUID; upper case in legacy commerce, as Microsoft sends it. */
  readonly id: string
  /** The base subscription of an add-on. */
  readonly parentId: string | null
  readonly item: CatalogueItem
  readonly friendlyName: string
  readonly quantity: number
  readonly status: Status
  readonly billingCycle: BillingCycle
  readonly term: Term | null
  readonly autoRenew: boolean
  /** Last instant of the term; null for the Azure plan, which has none. */
  readonly commitmentEnd: number | null
  readonly scheduledChange: ScheduledChange | null
  /** MPN id of the reseller; null for none. */
  readonly partnerOfRecord: string | null
  readonly orderId: string
  readonly orderedAt: number
  /** Start of the current term. */
  readonly effectiveStart: number
  readonly version: number
  /** The legacy subscription this one came from. */
  readonly migratedFrom: string | null
  readonly seatBatches: ReadonlyArray<SeatBatch>
}

export const isNewCommerce = ({ item }: Subscription): boolean => item.kind !== "legacy"

/** Ids and domains are compared without regard to case. */
export const sameId = (a: string, b: string): boolean =>
  a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase())
