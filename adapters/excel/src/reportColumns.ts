import type { Finding, FindingValue } from "@concordat/core/reconciliation/Finding"
import { kindFacts } from "@concordat/core/reconciliation/kinds"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import { deadlineOf } from "@concordat/core/reconciliation/urgency"
import type { AgreedTerms, Terms } from "@concordat/core/subscription/Subscription"
import type { CellValue, ColumnType } from "./cells.ts"
import type { TableColumn } from "./TableFile.ts"

/**
 * One line of a table: a finding with the row it is about, or a row that has none. A row with three findings is
 * three lines, so that each finding can be filtered, assigned and ticked off by itself.
 */
export interface ReportLine {
  readonly report: ReportRow
  readonly finding: Finding | null
}

export const linesOf = (report: ReportRow): ReadonlyArray<ReportLine> =>
  report.row.findings.length === 0
    ? [{ report, finding: null }]
    : report.row.findings.map((finding) => ({ report, finding }))

export type ReportColumn = TableColumn<ReportLine>

const column = (
  heading: string,
  type: ColumnType,
  width: number,
  read: ReportColumn["read"]
): ReportColumn => ({ heading, type, width, read })

const ofBss =
  (value: (terms: AgreedTerms) => CellValue | undefined): ReportColumn["read"] =>
  ({ report }) =>
    (report.row.subscription === null ? null : value(report.row.subscription.terms)) ?? null

const ofPartnerCenter =
  (value: (terms: Terms) => CellValue | undefined): ReportColumn["read"] =>
  ({ report }) =>
    (report.row.observed === null ? null : value(report.row.observed.terms)) ?? null

/** What both sides hold, side by side. */
const bothSides = (
  heading: string,
  type: ColumnType,
  width: number,
  value: (terms: AgreedTerms) => CellValue | undefined
): ReadonlyArray<ReportColumn> => [
  column(`BSS ${heading}`, type, width, ofBss(value)),
  column(`Partner Center ${heading}`, type, width, ofPartnerCenter(value))
]

const ofFinding =
  (value: (finding: Finding) => CellValue): ReportColumn["read"] =>
  ({ finding }) =>
    finding === null ? null : value(finding)

/** The columns of a report, in the order of the table. */
export const reportColumns: ReadonlyArray<ReportColumn> = [
  column("Customer", "text", 28, ({ report }) => report.customer),
  column("Account ID", "text", 38, ({ report }) => report.accountId),
  column("Tenant ID", "text", 38, ({ report }) => report.tenantId),
  column(
    "Subscription reference",
    "text",
    22,
    ({ report }) => report.row.subscription?.reference ?? null
  ),
  column("Subscription ID", "text", 38, ({ report }) => report.row.subscription?.id ?? null),
  column("Microsoft ID", "text", 38, ({ report }) => microsoftIdOf(report)),
  column("Add-on", "boolean", 9, ({ report }) => isAddOn(report)),
  column("Trial", "boolean", 9, ({ report }) => isTrial(report)),
  column("Name", "text", 36, ({ report }) => nameOf(report)),
  ...bothSides("offer", "text", 20, (terms) => terms.offer),
  ...bothSides("quantity", "number", 12, (terms) => terms.quantity),
  ...bothSides("status", "text", 12, (terms) => terms.status),
  ...bothSides("billing cycle", "text", 14, (terms) => terms.billingCycle),
  ...bothSides("term", "text", 10, (terms) => terms.term),
  ...bothSides("auto-renew", "boolean", 12, (terms) => terms.autoRenew),
  ...bothSides("commitment end (UTC)", "instant", 20, (terms) => terms.commitmentEnd),
  ...bothSides("partner of record", "text", 18, (terms) => terms.partnerOfRecord),
  column(
    "Finding",
    "text",
    26,
    ofFinding(({ kind }) => kind)
  ),
  column(
    "Title",
    "text",
    40,
    ofFinding(({ kind }) => kindFacts[kind].title)
  ),
  column(
    "Field",
    "text",
    18,
    ofFinding(({ field }) => field)
  ),
  column(
    "Last agreed value",
    "value",
    22,
    ofFinding(({ baseline }) => valueText(baseline))
  ),
  column(
    "BSS value",
    "value",
    22,
    ofFinding(({ bss }) => valueText(bss))
  ),
  column(
    "Partner Center value",
    "value",
    22,
    ofFinding(({ partnerCenter }) => valueText(partnerCenter))
  ),
  column(
    "Moved by",
    "text",
    16,
    ofFinding(({ movedBy }) => movedBy)
  ),
  column(
    "Severity",
    "text",
    10,
    ofFinding(({ severity }) => severity)
  ),
  column(
    "At risk a month",
    "money",
    16,
    ofFinding(({ atRisk }) => atRisk)
  ),
  column(
    "Currency",
    "text",
    10,
    ofFinding(({ atRisk }) => atRisk?.currency ?? null)
  ),
  column(
    "Deadline (UTC)",
    "instant",
    20,
    ofFinding(({ actions }) => deadlineOf(actions))
  ),
  column("Actions allowed", "text", 36, ofFinding(allowedText)),
  column("Actions refused", "text", 60, ofFinding(refusedText))
]

/** Partner Center's own id where it has the subscription, else the one the BSS is mapped to. */
const microsoftIdOf = ({ row }: ReportRow): string | null =>
  row.observed?.microsoftId ?? row.subscription?.microsoftId ?? null

const isAddOn = ({ row }: ReportRow): boolean =>
  row.subscription?.isAddon ?? (row.observed?.terms.parent ?? null) !== null

const isTrial = ({ row }: ReportRow): boolean =>
  row.subscription?.terms.isTrial ?? row.observed?.terms.isTrial ?? false

const nameOf = ({ row }: ReportRow): string | null =>
  row.subscription?.name ?? row.observed?.name ?? null

/** A scheduled change in words; everything else as it is. */
const valueText = (value: FindingValue): string | number | boolean | null =>
  typeof value === "object" && value !== null
    ? `${value.quantity} × ${value.offer}, ${value.billingCycle}, ${value.term}`
    : value

function allowedText({ actions }: Finding): string | null {
  const allowed = actions.filter(({ refusal }) => refusal === null).map(({ name }) => name)
  return allowed.length === 0 ? null : allowed.join(", ")
}

function refusedText({ actions }: Finding): string | null {
  const refused = actions.flatMap(({ name, refusal }) =>
    refusal === null ? [] : [`${name}: ${refusal.text}`]
  )
  return refused.length === 0 ? null : refused.join("; ")
}
