import { format as formatMoney, type Money } from "@concordat/core/money/Money"
import { kindFacts } from "@concordat/core/reconciliation/kinds"
import type { Run } from "@concordat/core/reconciliation/Run"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import { deadlineOf } from "@concordat/core/reconciliation/urgency"
import type { AgreedTerms } from "@concordat/core/subscription/Subscription"
import { toIso } from "@concordat/core/time/Instant"
import { BigDecimal, Stream } from "effect"
import type ExcelJS from "exceljs"
import { numberFormats, streamedWorkbook, withoutControls } from "./cells.ts"
import { linesOf, type ReportLine, reportColumns } from "./reportColumns.ts"
import {
  csvTable,
  jsonRows,
  rowsAtOnce,
  type SheetLayout,
  sheetRowsMax,
  writeSheets
} from "./TableFile.ts"

/** The formats of a report. */
export type ReportFormat = "xlsx" | "csv" | "json"

/**
 * The report of a finished run as a file, written while it is read: rows are taken only as fast as the bytes are.
 * Tables have one line for each finding and one for each row without; JSON has the findings within their row.
 * Text is never a formula: in Excel it is text by its type, in CSV it is escaped. When the rows fail, the file
 * ends there and the stream fails with their error.
 */
export const reportFile = <E, R>(
  format: ReportFormat,
  run: Run,
  rows: Stream.Stream<ReportRow, E, R>,
  options: { readonly sheetRowsMax?: number } = {}
): Stream.Stream<Uint8Array, E, R> => {
  const layout = layoutOf(run)
  switch (format) {
    case "xlsx":
      return streamedWorkbook((workbook) => {
        writeSummary(workbook, run)
        return writeSheets(workbook, layout, lines(rows), options.sheetRowsMax ?? sheetRowsMax)
      })
    case "csv":
      return csvTable(layout, lines(rows))
    case "json":
      return jsonRows(
        [`{"reconciliation":${JSON.stringify(jsonRun(run))},"rows":[`, "]}\n"],
        rows,
        jsonRow
      )
  }
}

/** Money of the sandbox is nobody's, and its column says so wherever it is copied to. */
const layoutOf = ({ environment }: Run): SheetLayout<ReportLine> => ({
  sheet: "Rows",
  columns: reportColumns.map((column) =>
    column.type === "money" && environment === "sandbox"
      ? { ...column, heading: `${column.heading} (sandbox)` }
      : column
  )
})

const lines = <E, R>(rows: Stream.Stream<ReportRow, E, R>): Stream.Stream<ReportLine, E, R> =>
  rows.pipe(
    Stream.grouped(rowsAtOnce),
    Stream.map((group) => group.flatMap(linesOf)),
    Stream.flattenIterable
  )

const jsonMoney = (value: Money | null) =>
  value === null ? null : { amount: formatMoney(value), currency: value.currency }

const isoOrNull = (at: Run["startedAt"]): string | null => (at === null ? null : toIso(at))

const jsonRun = (run: Run) => ({
  id: run.id,
  instance: run.instance,
  environment: run.environment,
  scope: run.scope,
  status: run.status,
  requestedBy: run.requestedBy,
  correlationId: run.correlationId,
  createdAt: toIso(run.createdAt),
  finishedAt: isoOrNull(run.finishedAt),
  customers: run.customers,
  customersNotChecked: run.customersFailed,
  rows: run.rows,
  findings: run.findings,
  counts: run.counts.map(({ kind, count }) => ({ kind, title: kindFacts[kind].title, count })),
  atRisk: run.atRisk.map(jsonMoney),
  problem: run.problem
})

/** A field that the BSS does not keep is absent, as JSON leaves out what is undefined. */
const jsonTerms = (terms: AgreedTerms) => ({
  ...terms,
  commitmentEnd: terms.commitmentEnd === undefined ? undefined : isoOrNull(terms.commitmentEnd)
})

const jsonRow = ({ accountId, tenantId, customer, row }: ReportRow) => ({
  customer,
  accountId,
  tenantId,
  reference: row.subscription?.reference ?? null,
  subscriptionId: row.subscription?.id ?? null,
  microsoftId: row.observed?.microsoftId ?? row.subscription?.microsoftId ?? null,
  isAddon: row.subscription?.isAddon ?? (row.observed?.terms.parent ?? null) !== null,
  name: row.subscription?.name ?? row.observed?.name ?? null,
  bss: row.subscription === null ? null : jsonTerms(row.subscription.terms),
  partnerCenter: row.observed === null ? null : jsonTerms(row.observed.terms),
  unitPrice: jsonMoney(row.subscription?.unitPrice ?? null),
  findings: row.findings.map((finding) => ({
    ...finding,
    title: kindFacts[finding.kind].title,
    atRisk: jsonMoney(finding.atRisk),
    deadline: isoOrNull(deadlineOf(finding.actions)),
    actions: finding.actions.map(({ closesAt, name, refusal }) => ({
      name,
      refusal: refusal === null ? null : { ...refusal, closedAt: isoOrNull(refusal.closedAt) },
      closesAt: isoOrNull(closesAt)
    }))
  }))
})

const writeSummary = (workbook: ExcelJS.stream.xlsx.WorkbookWriter, run: Run): void => {
  const sheet = workbook.addWorksheet("Summary")
  sheet.columns = [{ width: 44 }, { width: 40 }, { width: 14 }]
  const add = (label: string, value: string | number | Date | null, format = "@") => {
    const row = sheet.addRow([label, typeof value === "string" ? withoutControls(value) : value])
    row.getCell(1).font = { bold: true }
    row.getCell(2).numFmt = format
    row.getCell(2).alignment = { horizontal: "left" }
    row.commit()
  }
  const heading = (...texts: ReadonlyArray<string>) => {
    sheet.addRow([]).commit()
    const row = sheet.addRow([...texts])
    row.font = { bold: true }
    row.commit()
  }
  const instant = (at: Run["startedAt"]) => (at === null ? null : new Date(at))
  add("Reconciliation", run.id)
  add("Instance", run.instance)
  add("Environment", run.environment)
  add("Scope", "id" in run.scope ? `${run.scope.kind} ${run.scope.id}` : run.scope.kind)
  add("Status", run.status)
  add("Requested by", run.requestedBy)
  add("Correlation ID", run.correlationId)
  add("Requested (UTC)", instant(run.createdAt), numberFormats.instant)
  add("Finished (UTC)", instant(run.finishedAt), numberFormats.instant)
  add("Customers", run.customers, "0")
  add("Customers not checked", run.customersFailed, "0")
  add("Rows", run.rows, "0")
  add("Findings", run.findings, "0")
  if (run.problem !== null) add("Problem", run.problem)

  heading("Findings by kind", "Kind", "Count")
  for (const { kind, count } of run.counts) {
    const row = sheet.addRow([kindFacts[kind].title, kind, count])
    row.commit()
  }
  heading(
    run.environment === "sandbox" ? "Money at risk a month (sandbox)" : "Money at risk a month",
    "Amount",
    "Currency"
  )
  for (const money of run.atRisk) {
    const row = sheet.addRow([null, Number(BigDecimal.format(money.amount)), money.currency])
    row.getCell(2).numFmt = numberFormats.money
    row.getCell(2).alignment = { horizontal: "left" }
    row.commit()
  }
  sheet.commit()
}
