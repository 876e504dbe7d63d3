import { hourMs, Instant } from "../time/Instant.ts"
import type { Observed } from "./Observed.ts"
import { isNewCommerce } from "./Subscription.ts"

/** New commerce: 168 hours from purchase, renewal or seat-add (domain.md §3c); it was 72 hours until 2022, hence data. */
export const cancellationWindowMsDefault = 168 * hourMs

/** How many seats can be given back now. `closesAt` is when that ends, or when it ended. */
export interface SeatReduction {
  readonly seats: number
  readonly closesAt: Instant | null
}

/**
 * Seats that Partner Center would take back at `at`. Microsoft's own dates decide
 * (refundableQuantity, cancellationAllowedUntilDate); only where it sent none is the window counted
 * from the start of the term. Legacy commerce may always be reduced.
 */
export const seatReduction = (
  observed: Observed,
  at: Instant,
  windowMs: number = cancellationWindowMsDefault
): SeatReduction => {
  const { quantity, offer } = observed.terms
  if (!isNewCommerce(offer)) return { seats: quantity, closesAt: null }
  if (observed.refundable.length === 0) {
    const closesAt = windowOf(observed, windowMs)
    return { seats: closesAt !== null && at < closesAt ? quantity : 0, closesAt }
  }
  const open = observed.refundable.filter((batch) => at < batch.until)
  const considered = open.length === 0 ? observed.refundable : open
  return {
    seats: Math.min(
      quantity,
      open.reduce((sum, batch) => sum + batch.quantity, 0)
    ),
    closesAt: Instant.make(Math.max(...considered.map((batch) => batch.until)))
  }
}

/**
 * Until when so many seats can still be given back, of those that `seatReduction` allows at `at`: each batch of added
 * seats has a window of its own, and with the first that is needed the chance ends. Null for legacy commerce.
 */
export const reducibleUntil = (
  observed: Observed,
  seats: number,
  at: Instant,
  windowMs: number = cancellationWindowMsDefault
): Instant | null => {
  const { closesAt } = seatReduction(observed, at, windowMs)
  if (closesAt === null) return null
  const open = observed.refundable.filter((batch) => at < batch.until)
  let left = open.reduce((sum, { quantity }) => sum + quantity, 0)
  for (const { quantity, until } of open.toSorted((a, b) => a.until - b.until)) {
    left -= quantity
    if (left < seats) return until
  }
  return closesAt
}

/** Until when the whole subscription can be cancelled; `open` is false once that has passed. Legacy: always. */
export const cancellation = (
  observed: Observed,
  at: Instant,
  windowMs: number = cancellationWindowMsDefault
): { readonly open: boolean; readonly closesAt: Instant | null } => {
  if (!isNewCommerce(observed.terms.offer)) return { open: true, closesAt: null }
  const closesAt = windowOf(observed, windowMs)
  return { open: closesAt !== null && at < closesAt, closesAt }
}

const windowOf = (observed: Observed, windowMs: number): Instant | null =>
  observed.cancellableUntil ??
  (observed.effectiveStart === null ? null : Instant.make(observed.effectiveStart + windowMs))
