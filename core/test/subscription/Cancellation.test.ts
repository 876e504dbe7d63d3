import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cancellation, reducibleUntil, seatReduction } from "../../src/subscription/Cancellation.ts"
import type { Observed } from "../../src/subscription/Observed.ts"
import { dayMs, hourMs, Instant } from "../../src/time/Instant.ts"
import { aWorld } from "../reconciliation/samples.ts"
import { knowledge, legacyOffer, now } from "../reconciliation/Worlds.ts"

const base = aWorld.observed[0]
const after = (ms: number): Instant => Instant.make(now + ms)
const seen = (change: Partial<Observed>): Observed => ({ ...base, ...change })
const terms = { ...base.terms, quantity: 10 }

describe("the 168-hour window (domain.md §3c)", () => {
  it("each batch of added seats has its own window", () => {
    const observed = seen({
      terms,
      refundable: [
        { quantity: 6, until: after(-hourMs) },
        { quantity: 3, until: after(hourMs) },
        { quantity: 1, until: after(2 * hourMs) }
      ]
    })
    expect(seatReduction(observed, now)).toEqual({ seats: 4, closesAt: after(2 * hourMs) })
    expect(seatReduction(observed, after(hourMs))).toEqual({
      seats: 1,
      closesAt: after(2 * hourMs)
    })
    expect(seatReduction(observed, after(2 * hourMs))).toEqual({
      seats: 0,
      closesAt: after(2 * hourMs)
    })
  })

  it("so many seats can be given back until the first batch closes without which they are too few", () => {
    const batches = fc.array(
      fc.record({ quantity: fc.nat(4), hours: fc.integer({ min: -3, max: 6 }) }),
      { minLength: 1, maxLength: 5 }
    )
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 12 }), (given, wanted) => {
        const observed = seen({
          terms,
          refundable: given.map(({ hours, quantity }) => ({
            quantity,
            until: after(hours * hourMs)
          }))
        })
        fc.pre(wanted <= seatReduction(observed, now).seats)
        const until = reducibleUntil(observed, wanted, now)
        if (until === null) throw new Error("new commerce names a date")
        const before = seatReduction(observed, Instant.make(until - 1))
        expect(before.seats).toBeGreaterThanOrEqual(wanted)
        expect(seatReduction(observed, until).seats).toBeLessThan(wanted)
      })
    )
  })

  it("counts from the start of the term where Microsoft names no date, and closes on the hour", () => {
    const observed = seen({ terms, refundable: [], cancellableUntil: null, effectiveStart: now })
    expect(seatReduction(observed, after(168 * hourMs - 1)).seats).toBe(10)
    expect(seatReduction(observed, after(168 * hourMs)).seats).toBe(0)
    expect(reducibleUntil(observed, 4, now)).toBe(after(168 * hourMs))
    expect(cancellation(observed, after(168 * hourMs))).toEqual({
      open: false,
      closesAt: after(7 * dayMs)
    })
  })

  it("Microsoft's own date goes before any calculation", () => {
    const observed = seen({ cancellableUntil: after(hourMs), effectiveStart: after(-300 * dayMs) })
    expect(cancellation(observed, now)).toEqual({ open: true, closesAt: after(hourMs) })
  })

  it("is closed when no date is known at all, and does not exist in legacy commerce", () => {
    const unknown = seen({ refundable: [], cancellableUntil: null, effectiveStart: null })
    expect(cancellation(unknown, now)).toEqual({ open: false, closesAt: null })
    const legacy = seen({
      terms: { ...terms, offer: legacyOffer },
      effectiveStart: after(-999 * dayMs)
    })
    expect(seatReduction(legacy, now)).toEqual({ seats: 10, closesAt: null })
    expect(reducibleUntil(legacy, 3, now)).toBeNull()
    expect(cancellation(legacy, now)).toEqual({ open: true, closesAt: null })
    expect(knowledge.rules.cancellationWindowMs).toBe(168 * hourMs)
  })
})
