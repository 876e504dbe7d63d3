import { FindingKind, Severity } from "@concordat/core/reconciliation/Finding"
import { FindingChange, HistorySide, HistoryValue } from "@concordat/core/reconciliation/Reports"
import { RunId } from "@concordat/core/reconciliation/Run"
import { Schema } from "effect"
import { count, described, guid, Money, timestamp } from "./Field.ts"
import { pageOf } from "./Page.ts"

/** One change of what a side held about a subscription. */
export const HistoryEntryView = Schema.Struct({
  at: timestamp("When it changed, or was seen to have changed."),
  actor: described(Schema.String, "Who or what caused it."),
  cause: described(Schema.String, "In the course of what."),
  side: described(
    HistorySide,
    "Which side. desired: the BSS; observed: Partner Center; baseline: what both agreed on."
  ),
  field: described(
    Schema.NullOr(Schema.String),
    "The field that changed; null: the subscription disappeared from this side, or a baseline began anew under another Microsoft id."
  ),
  before: described(
    HistoryValue,
    "What the field held; what has parts as the JSON of it, instants as ISO 8601."
  ),
  after: described(HistoryValue, "What it has held since.")
}).annotate({
  identifier: "HistoryEntry",
  description: "One change of what a side held about a subscription."
})

/** A report in which the same subscription had findings. */
export const SightingView = Schema.Struct({
  id: guid(RunId, "The reconciliation."),
  createdAt: timestamp("When it was asked for."),
  row: count("The row in its report."),
  findings: described(
    Schema.Array(
      Schema.Struct({
        kind: described(FindingKind, "What was wrong."),
        title: described(Schema.String, "The kind in words."),
        severity: described(Severity, "How bad it was.")
      })
    ),
    "What was wrong then."
  )
}).annotate({
  identifier: "Sighting",
  description: "A report in which the same subscription had findings."
})

const compared = <S extends Schema.Top>(value: S) =>
  Schema.Struct({
    change: described(
      FindingChange,
      "What became of it. new: only this report has it; changed: both have it with other values; settled: only the other one has it."
    ),
    kind: described(FindingKind, "What is wrong."),
    title: described(Schema.String, "The kind in words."),
    severity: described(Severity, "How bad it is, or was."),
    customer: described(Schema.String, "The customer's name."),
    name: described(Schema.String, "The name of what was bought."),
    atRisk: described(
      Schema.NullOr(Money),
      "What it is worth a month, or was; null where no price is known."
    ),
    bss: described(value, "The value in the BSS, or what it was."),
    partnerCenter: described(value, "The value in Partner Center, or what it was."),
    row: described(
      Schema.NullOr(count("The row.")),
      "The row of this report; null when it is settled."
    ),
    otherRow: described(
      Schema.NullOr(count("The row.")),
      "The row of the other report; null when it is new."
    )
  }).annotate({
    identifier: "ComparedFinding",
    description: "A finding of one or both of two reports, and what became of it."
  })

/** Two reports side by side; `value` is how findings show a value. */
export const comparisonOf = <S extends Schema.Top>(value: S) => {
  const page = pageOf(compared(value), "ComparedFindingPage")
  return Schema.Struct({
    counts: described(
      Schema.Struct({
        new: count("Findings that only this report has."),
        changed: count("Findings that both have, with other values."),
        settled: count("Findings that only the other report has."),
        same: count("Findings that both have alike.")
      }),
      "How many findings became what."
    ),
    ...page.fields
  }).annotate({
    identifier: "Comparison",
    description:
      "What became of findings from one report to another: new ones first, then changed and settled ones, the worst first."
  })
}
