import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { equals, format, money, times } from "../../src/money/Money.ts"
import {
  monthsLater,
  type ProtectableSubscription,
  type Protection,
  priceTaken,
  protectedPrice,
  protectionMonthsMax,
  protectionOf
} from "../../src/price/Protection.ts"
import { BillingCycle, isLive, Status, Term } from "../../src/subscription/Subscription.ts"
import { Instant } from "../../src/time/Instant.ts"
import { decimal, eur } from "./Prices.ts"

const day = (text: string) => Instant.make(Date.parse(`${text}T10:30:00Z`))
const at = day("2026-11-20")
const subscription: ProtectableSubscription = {
  status: "active",
  environment: "primary",
  plan: { term: "P1Y", billingCycle: "monthly" },
  price: money("9.99", eur),
  months: 12,
  protection: null
}
const given = (change: Partial<ProtectableSubscription>, months?: number) =>
  protectionOf({ ...subscription, ...change }, at, months)

describe("an activation", () => {
  it("keeps the price of now for the product's months, from now", () => {
    expect(given({})).toEqual({
      price: money("9.99", eur),
      term: "P1Y",
      billingCycle: "monthly",
      months: 12,
      validFrom: at,
      validTo: day("2027-11-20")
    })
    expect(given({ months: 0 }, 3)).toMatchObject({ months: 3, validTo: day("2027-02-20") })
  })

  it("is refused where there is nothing to protect, or nothing to protect it for", () => {
    expect(given({ status: "deleted" })).toBe("not-live")
    expect(given({ environment: "sandbox" })).toBe("sandbox")
    expect(given({ plan: null })).toBe("no-plan")
    expect(given({ price: null })).toBe("no-price")
    expect(given({ months: 0 })).toBe("no-months")
  })

  it("again changes nothing while the protection runs, and begins a new one when it has ended", () => {
    const running: Protection = {
      price: money("5", eur),
      term: "P1Y",
      billingCycle: "monthly",
      months: 1,
      validFrom: Instant.make(at - 10),
      validTo: Instant.make(at + 1)
    }
    expect(given({ protection: running })).toBe("protected-already")
    expect(given({ protection: { ...running, validTo: at } })).toMatchObject({
      price: money("9.99", eur)
    })
  })
})

describe("months later", () => {
  it.each([
    ["2026-01-31", 1, "2026-02-28"],
    ["2028-01-31", 1, "2028-02-29"],
    ["2026-08-31", 1, "2026-09-30"],
    ["2026-12-15", 1, "2027-01-15"],
    ["2026-02-28", 12, "2027-02-28"],
    ["2028-02-29", 12, "2029-02-28"],
    ["2026-10-31", 36, "2029-10-31"]
  ])("%s and %i months is %s", (from, months, to) => {
    expect(monthsLater(day(from), months)).toBe(day(to))
  })

  it("is later by at least 28 days a month, and never lands in another month", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }),
        fc.integer({ min: 1, max: 120 }),
        (ms, months) => {
          const from = new Date(ms)
          const to = new Date(monthsLater(Instant.make(ms), months))
          const passed =
            (to.getUTCFullYear() - from.getUTCFullYear()) * 12 +
            to.getUTCMonth() -
            from.getUTCMonth()
          expect(passed).toBe(months)
          expect(to.getUTCDate()).toBeLessThanOrEqual(from.getUTCDate())
          expect(to.valueOf() % 86_400_000).toBe(ms % 86_400_000)
        }
      )
    )
  })
})

describe("protecting twice", () => {
  const anySubscription: fc.Arbitrary<ProtectableSubscription> = fc.record({
    status: fc.constantFrom(...Status.literals),
    environment: fc.constantFrom("primary", "primary", "sandbox"),
    plan: fc.option(
      fc.record({
        term: fc.constantFrom(...Term.literals, null),
        billingCycle: fc.constantFrom(...BillingCycle.literals)
      })
    ),
    price: fc.option(fc.nat(10_000).map((cents) => money((cents / 100).toFixed(2), eur))),
    months: fc.nat(36),
    protection: fc.constant(null)
  })
  const months = fc.option(fc.integer({ min: 1, max: protectionMonthsMax }), { nil: undefined })

  it("changes nothing: while a protection runs, another activation gives none, whatever has changed", () => {
    let kept = 0
    fc.assert(
      fc.property(
        anySubscription,
        anySubscription,
        months,
        months,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (before, after, first, second, part) => {
          const protection = protectionOf(before, at, first)
          if (typeof protection === "string") return
          kept++
          const length = protection.validTo - protection.validFrom
          const again = Instant.make(protection.validFrom + Math.floor(length * part))
          const result = protectionOf({ ...after, protection }, again, second)
          const ended = protectionOf({ ...after, protection }, protection.validTo, second)
          expect(typeof result).toBe("string")
          if (isLive(after.status) && after.environment === "primary")
            expect(result).toBe("protected-already")
          // It is no less protectable afterwards than if it had never been protected.
          expect(ended).toEqual(protectionOf(after, protection.validTo, second))
        }
      ),
      { numRuns: 1_000 }
    )
    expect(kept).toBeGreaterThan(100)
  })
})

describe("the price of a renewal or change", () => {
  const protection: Protection = {
    price: money("9.99", eur),
    term: "P1Y",
    billingCycle: "monthly",
    months: 12,
    validFrom: at,
    validTo: day("2027-11-20")
  }
  const none = { price: null, discount: null }
  const known = { protection: null, external: null, current: money("20", eur), user: none }
  const taken = (change: Partial<Parameters<typeof priceTaken>[0]>, when = at) => {
    const result = priceTaken({ ...known, ...change }, "annual", when)
    return result === undefined ? undefined : `${result.source} ${format(result.price)}`
  }

  it.each([
    [{}, "current 20.00"],
    [{ external: money("18", eur) }, "external 18.00"],
    [{ protection }, "protected 119.88"], // twelve of the monthly price that is protected
    [{ protection, external: money("18", eur) }, "protected 119.88"],
    [{ user: { price: money("7", eur), discount: null }, protection }, "user-priced 7.00"],
    [{ user: { price: money("7", eur), discount: decimal("50") } }, "user-priced 7.00"],
    [{ user: { price: null, discount: decimal("12.5") } }, "current 17.50"],
    [{ user: { price: null, discount: decimal("50") }, protection }, "protected 59.94"],
    [{ user: { price: null, discount: decimal("150") } }, "current 0.00"],
    [{ current: null }, undefined]
  ] as const)("with %o is %s", (change, expected) => {
    expect(taken(change)).toBe(expected)
  })

  it("is protected from the first instant, and not at the last", () => {
    expect(taken({ protection }, Instant.make(at - 1))).toBe("current 20.00")
    expect(taken({ protection }, Instant.make(protection.validTo - 1))).toBe("protected 119.88")
    expect(taken({ protection }, protection.validTo)).toBe("current 20.00")
  })

  it("protects a year by exactly twelve months, and never a month by a part of a year", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_000_000n }), (cents) => {
        const monthly: Protection = {
          ...protection,
          price: { amount: BigDecimal.make(cents, 2), currency: eur }
        }
        const annual = protectedPrice(monthly, "annual", at)
        expect(annual !== undefined && equals(annual, times(monthly.price, 12))).toBe(true)
        expect(
          protectedPrice({ ...monthly, billingCycle: "annual" }, "monthly", at)
        ).toBeUndefined()
        expect(protectedPrice(monthly, "one_time", at)).toBeUndefined()
      })
    )
  })
})
