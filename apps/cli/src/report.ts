import type { ReconciliationRow, ReconciliationView } from "@concordat/contracts/reconciliation"
import { format } from "@concordat/core/money/Money"
import { toIso } from "@concordat/core/time/Instant"
import { type Column, printable } from "./Table.ts"

/** What a run found, in a few lines: how it went, what was found by kind, and what could not be checked. */
export const summaryOf = (run: ReconciliationView): string => {
  const { customers, failed } = run.progress
  const facts = [
    `Reconciliation ${run.id} of ${nameOf(run)} (${scopeOf(run)}): ${run.status}${durationOf(run)}`,
    `${plural(customers, "customer")}, ${plural(run.rows, "row")}, ${plural(run.findings, "finding")}${atRiskOf(run)}`
  ]
  if (failed > 0)
    facts.push(
      `${plural(failed, "customer")} could not be checked, and nothing is said about ${failed === 1 ? "it" : "them"}.`
    )
  if (run.problem !== null) facts.push(printable(run.problem))
  const counts = run.counts.filter(({ count }) => count > 0)
  if (counts.length > 0) {
    const width = Math.max(...counts.map(({ count }) => String(count).length))
    facts.push(
      "",
      ...counts.map(
        ({ kind, title, count }) => `${String(count).padStart(width)}  ${title} (${kind})`
      )
    )
  }
  return facts.join("\n")
}

/** The sandbox is named wherever its money could be taken for real. */
const nameOf = ({ instance, environment }: ReconciliationView): string =>
  environment === "sandbox" ? `${instance} (sandbox)` : instance

const scopeOf = ({ scope }: ReconciliationView): string =>
  scope.kind === "organisation" ? scope.kind : `${scope.kind} ${scope.id}`

const durationOf = ({ startedAt, finishedAt }: ReconciliationView): string =>
  startedAt === null || finishedAt === null
    ? ""
    : ` in ${((finishedAt - startedAt) / 1000).toFixed(1)} s`

const atRiskOf = ({ atRisk, environment }: ReconciliationView): string =>
  atRisk.length === 0
    ? ""
    : `; at risk a month${environment === "sandbox" ? " (sandbox, nobody's money)" : ""}: ${atRisk.map((money) => `${format(money)} ${money.currency}`).join(", ")}`

const plural = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`

/** The columns of findings; a narrow screen has no room for who moved. */
export const findingColumns = (width: number): ReadonlyArray<Column> => [
  { heading: "", least: 2, most: 2 },
  { heading: "Customer", least: 12, most: 32 },
  { heading: "Subscription", least: 10, most: 28 },
  { heading: "Finding", least: 16, most: 44 },
  { heading: "BSS", least: 6, most: 24 },
  { heading: "Partner Center", least: 6, most: 24 },
  ...(width < 100 ? [] : [{ heading: "Moved by", least: 8, most: 14 }]),
  { heading: "At risk/month", least: 8, most: 16, align: "right" as const }
]

/** A row of the table for each finding of a row of the report. */
export const findingCells = (
  row: ReconciliationRow,
  width: number
): ReadonlyArray<ReadonlyArray<string>> =>
  row.findings.map((finding) => [
    marks[finding.severity],
    row.customer,
    row.reference ?? row.name,
    finding.title,
    shown(finding.bss),
    shown(finding.partnerCenter),
    ...(width < 100 ? [] : [finding.movedBy === "unknown" ? "-" : finding.movedBy]),
    finding.atRisk === null ? "" : `${format(finding.atRisk)} ${finding.atRisk.currency}`
  ])

type Finding = ReconciliationRow["findings"][number]

const marks: Record<Finding["severity"], string> = { critical: "!!", warning: "!", info: "·" }

/** The legend of the first column. */
export const legend = "!! critical   ! warning   · information"

const shown = (value: Finding["bss"]): string => {
  if (value === null) return "-"
  if (typeof value === "object")
    return `${value.quantity} × ${value.offer} ${value.billingCycle} ${value.term}`
  if (typeof value === "boolean") return value ? "yes" : "no"
  return String(value).replace("T00:00:00.000Z", "")
}

export const runColumns: ReadonlyArray<Column> = [
  { heading: "ID", least: 36, most: 36 },
  { heading: "Instance", least: 8, most: 24 },
  { heading: "Scope", least: 12, most: 12 },
  { heading: "Status", least: 10, most: 10 },
  { heading: "Findings", least: 8, most: 8, align: "right" },
  { heading: "Requested (UTC)", least: 16, most: 16 },
  { heading: "By", least: 6, most: 24 }
]

export const runCells = (run: ReconciliationView): ReadonlyArray<string> => [
  run.id,
  nameOf(run),
  run.scope.kind,
  run.status,
  String(run.findings),
  toIso(run.createdAt).slice(0, 16).replace("T", " "),
  run.requestedBy
]
