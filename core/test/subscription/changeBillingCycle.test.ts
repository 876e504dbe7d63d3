import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Plan } from "../../src/catalogue/VendorCatalogue.ts"
import {
  type CycleState,
  changeBillingCycle,
  cycleChoices,
  cycleRefusalText,
  type PendingInvoice
} from "../../src/subscription/changeBillingCycle.ts"
import { BillingCycle, monthsPerPeriod, Status, Term } from "../../src/subscription/Subscription.ts"

const plans: ReadonlyArray<Plan> = [
  { term: "P1Y", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "annual" },
  { term: "P3Y", billingCycle: "triennial" }
]
const state: CycleState = {
  status: "active",
  billingCycle: "monthly",
  term: "P1Y",
  plans,
  pendingInvoices: [],
  hasScheduledChange: false
}
const anyPlan = fc.record({
  term: fc.constantFrom(...Term.literals, null),
  billingCycle: fc.constantFrom(...BillingCycle.literals)
})
const anyState: fc.Arbitrary<CycleState> = fc.record({
  status: fc.constantFrom(...Status.literals),
  billingCycle: fc.constantFrom(...BillingCycle.literals),
  term: fc.constantFrom(...Term.literals, null),
  plans: fc.array(anyPlan, { maxLength: 6 }),
  pendingInvoices: fc.oneof(
    fc.constant([]),
    fc.array(fc.constantFrom<PendingInvoice>("quantity", "addon-quantity", "upgrade-downgrade"))
  ),
  hasScheduledChange: fc.boolean()
})
const anyCycle = fc.constantFrom(...BillingCycle.literals)
const either = fc.constantFrom("current", "next")

describe("the billing cycle", () => {
  it.each<
    readonly [
      Partial<CycleState>,
      BillingCycle,
      "current" | "next",
      ReadonlyArray<string> | "allowed"
    ]
  >([
    [{}, "annual", "current", "allowed"],
    [{}, "annual", "next", "allowed"],
    [{ billingCycle: "annual" }, "monthly", "current", ["not-longer"]],
    [{ billingCycle: "annual" }, "monthly", "next", "allowed"],
    [{}, "monthly", "next", ["same-cycle"]],
    [{}, "triennial", "current", ["not-sold"]],
    [{ term: null }, "annual", "current", ["not-sold"]],
    [{ billingCycle: "one_time" }, "annual", "current", ["not-recurring"]],
    [{ status: "deleted" }, "annual", "current", ["not-live"]],
    [{ pendingInvoices: ["quantity"] }, "annual", "current", ["pending-invoices"]],
    [{ pendingInvoices: ["addon-quantity"] }, "annual", "next", ["pending-invoices"]],
    [
      { billingCycle: "annual", pendingInvoices: ["upgrade-downgrade", "quantity"] },
      "monthly",
      "current",
      ["pending-invoices", "not-longer"]
    ]
  ])("of a subscription with %j to %s in the %s cycle: %j", (given, to, which, expected) => {
    const change = changeBillingCycle({ ...state, ...given }, to, which)
    expect(change.allowed ? "allowed" : change.refusals.map(({ code }) => code)).toEqual(expected)
  })

  it("never becomes shorter in the current cycle, and is never changed while invoices are pending", () => {
    let allowed = 0
    fc.assert(
      fc.property(anyState, anyCycle, either, (given, to, which) => {
        const change = changeBillingCycle(given, to, which)
        if (!change.allowed) return
        allowed++
        expect(given.pendingInvoices).toEqual([])
        expect(given.plans.some((p) => p.term === given.term && p.billingCycle === to)).toBe(true)
        if (which === "current")
          expect(monthsPerPeriod(to)).toBeGreaterThan(monthsPerPeriod(given.billingCycle) ?? 99)
      }),
      { numRuns: 5_000 }
    )
    expect(allowed).toBeGreaterThan(20)
  })

  it("that may be changed now may be changed for the next cycle too", () => {
    fc.assert(
      fc.property(anyState, anyCycle, (given, to) => {
        if (changeBillingCycle(given, to, "current").allowed)
          expect(changeBillingCycle(given, to, "next").allowed).toBe(true)
      }),
      { numRuns: 2_000 }
    )
  })

  it("changed now cancels what was scheduled; changed for the next cycle it does not", () => {
    const scheduled = { ...state, hasScheduledChange: true }
    expect(changeBillingCycle(scheduled, "annual", "current")).toMatchObject({
      cancelsScheduledChange: true
    })
    expect(changeBillingCycle(scheduled, "annual", "next")).toMatchObject({
      cancelsScheduledChange: false
    })
    expect(changeBillingCycle(state, "annual", "current")).toMatchObject({
      cancelsScheduledChange: false
    })
  })

  it("is locked with a warning that names every pending invoice once, and the way out", () => {
    const change = changeBillingCycle(
      { ...state, pendingInvoices: ["quantity", "addon-quantity", "quantity"] },
      "annual",
      "current"
    )
    expect(change.allowed ? [] : change.refusals.map(cycleRefusalText)).toEqual([
      "Invoices are pending for a change of an add-on's quantity, a change of the quantity: make them first."
    ])
  })

  it("has choices for every cycle that the product is sold with, now and next", () => {
    expect(
      cycleChoices(state).map(({ to, which, allowed }) => `${to} ${which} ${allowed}`)
    ).toEqual([
      "monthly current false",
      "monthly next false",
      "annual current true",
      "annual next true",
      "triennial current false",
      "triennial next false"
    ])
  })
})
