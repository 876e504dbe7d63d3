import type { Field, ScheduledChange, Terms } from "../subscription/Subscription.ts"
import { dayMs } from "../time/Instant.ts"
import type { FindingValue } from "./Finding.ts"

/**
 * Both systems name the same renewal within a day: they cut days in different time zones, and where
 * both renewals fall within 24 hours a scheduled change still runs in both (domain.md §3c).
 */
export const commitmentEndToleranceMs = dayMs

/** Whether two values of one field mean the same. Absent on either side is not the same as anything. */
export const same = <F extends Field>(
  field: F,
  a: Terms[F] | undefined,
  b: Terms[F] | undefined
): boolean => {
  if (a === undefined || b === undefined) return false
  if (a === b) return true
  if (a === null || b === null) return false
  if (field === "commitmentEnd") return sameCommitmentEnd(Number(a), Number(b))
  return typeof a === "object" && typeof b === "object" && sameChange(a, b)
}

export const sameCommitmentEnd = (a: number, b: number): boolean =>
  Math.abs(a - b) < commitmentEndToleranceMs

export const sameChange = (a: ScheduledChange, b: ScheduledChange): boolean =>
  a.offer === b.offer &&
  a.quantity === b.quantity &&
  a.billingCycle === b.billingCycle &&
  a.term === b.term

/** A field's value as reports show it. */
export const shown = <F extends Field>(field: F, value: Terms[F] | undefined): FindingValue =>
  value === undefined || value === null
    ? null
    : field === "commitmentEnd" && typeof value === "number"
      ? new Date(value).toISOString()
      : value
