import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Currency, type Money } from "../../src/money/Money.ts"
import type { Finding } from "../../src/reconciliation/Finding.ts"
import { deadlineOf, severityRank, urgencyOf } from "../../src/reconciliation/urgency.ts"
import { Instant } from "../../src/time/Instant.ts"
import { euros } from "./Worlds.ts"

const finding = fc.record(
  {
    severity: fc.constantFrom("critical", "warning", "info"),
    amount: fc.option(fc.integer({ min: 0, max: 3 }).map(String)),
    currency: fc.constantFrom("EUR", "USD").map((code) => Currency.make(code)),
    closesAt: fc.array(fc.option(fc.nat(3).map((ms) => Instant.make(ms))), { maxLength: 3 })
  },
  { noNullPrototype: true }
)
const findings = fc.array(
  finding.map(
    ({ amount, closesAt, currency, severity }): Finding => ({
      kind: "quantity",
      field: "quantity",
      baseline: null,
      bss: 1,
      partnerCenter: 2,
      movedBy: "both",
      severity,
      atRisk: amount === null ? null : { ...euros(amount), currency },
      actions: closesAt.map((closesAt) => ({ name: "push-bss-value", refusal: null, closesAt }))
    })
  ),
  { minLength: 1, maxLength: 5 }
)
const amounts = (given: ReadonlyArray<Finding>): ReadonlyArray<Money> =>
  given.flatMap(({ atRisk }) => (atRisk === null ? [] : [atRisk]))

describe("the urgency of a row", () => {
  it("is that of its worst finding, its first deadline and its largest amount, each of one of them", () => {
    fc.assert(
      fc.property(findings, (given) => {
        const urgency = urgencyOf(given)
        if (urgency === null) throw new Error("there are findings")
        const { atRisk, deadline, severity } = urgency
        expect(given.map((one) => one.severity)).toContain(severity)
        expect(given.map(({ actions }) => deadlineOf(actions))).toContain(deadline)
        for (const one of given) {
          expect(severityRank(severity)).toBeLessThanOrEqual(severityRank(one.severity))
          const other = deadlineOf(one.actions)
          if (other !== null) expect(deadline).toBeLessThanOrEqual(other)
        }
        const known = amounts(given)
        if (atRisk === null) {
          expect(known).toEqual([])
          return
        }
        expect(known).toContain(atRisk)
        for (const one of known.filter(({ currency }) => currency === atRisk.currency))
          expect(BigDecimal.isLessThanOrEqualTo(one.amount, atRisk.amount)).toBe(true)
        // Never the larger number of two currencies: the first by its code.
        for (const { currency } of known) expect(atRisk.currency <= currency).toBe(true)
      })
    )
  })

  it("does not depend on the order of the findings", () => {
    fc.assert(
      fc.property(findings, (given) => {
        const shown = (of: ReadonlyArray<Finding>) => JSON.stringify(urgencyOf(of))
        expect(shown(given.toReversed())).toBe(shown(given))
      })
    )
  })

  it("is none where there is no finding", () => {
    expect(urgencyOf([])).toBeNull()
  })
})
