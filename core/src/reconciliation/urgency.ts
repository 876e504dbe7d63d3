import { BigDecimal } from "effect"
import type { Money } from "../money/Money.ts"
import type { Instant } from "../time/Instant.ts"
import type { CorrectiveAction, Finding, Severity } from "./Finding.ts"

/** How much a row of a report needs somebody, and until when: by this reports are sorted. */
export interface Urgency {
  /** The worst of its findings. */
  readonly severity: Severity
  /**
   * The largest amount among its findings. Currencies are never compared: of several, which price lists of another
   * currency can bring about, the first by its code counts.
   */
  readonly atRisk: Money | null
  /** The first instant at which something that would settle a finding is no longer possible. */
  readonly deadline: Instant | null
}

const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

/** Severities as numbers: the worst is the smallest. */
export const severityRank = (severity: Severity): number => ranks[severity]

/** When the first of the actions that are possible now stops being so; null where none is known to. */
export const deadlineOf = (actions: ReadonlyArray<CorrectiveAction>): Instant | null =>
  actions.reduce<Instant | null>((first, { closesAt }) => earlier(first, closesAt), null)

/** Of the findings of one row; null without any. */
export const urgencyOf = (findings: ReadonlyArray<Finding>): Urgency | null =>
  findings.reduce<Urgency | null>((urgency, { actions, atRisk, severity }) => {
    const deadline = deadlineOf(actions)
    if (urgency === null) return { severity, atRisk, deadline }
    return {
      severity:
        severityRank(severity) < severityRank(urgency.severity) ? severity : urgency.severity,
      atRisk: larger(urgency.atRisk, atRisk),
      deadline: earlier(urgency.deadline, deadline)
    }
  }, null)

const earlier = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null || a <= b ? a : b

const larger = (a: Money | null, b: Money | null): Money | null => {
  if (a === null || b === null) return a ?? b
  if (a.currency !== b.currency) return a.currency < b.currency ? a : b
  return BigDecimal.isLessThan(a.amount, b.amount) ? b : a
}
