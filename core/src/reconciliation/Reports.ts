import { Context, type Effect, Schema, type Stream } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Money } from "../money/Money.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { Finding, FindingKind, FindingValue, MovedBy, Severity } from "./Finding.ts"
import type { RunId } from "./Run.ts"
import type { ReportRow, RunNotFound } from "./Runs.ts"

/** Only a finished run has rows to read or export. */
export class RunNotFinished extends Schema.TaggedError<RunNotFinished>()("RunNotFinished", {
  id: Schema.String,
  status: Schema.String
}) {
  override get message(): string {
    return `Reconciliation ${this.id} is ${this.status}; its rows can be read when it has finished.`
  }
}

export class RowNotFound extends Schema.TaggedError<RowNotFound>()("RowNotFound", {
  id: Schema.String,
  position: Schema.Int
}) {
  override get message(): string {
    return `The report of reconciliation ${this.id} has no row ${this.position}.`
  }
}

/** A row at its place in the report, which never changes. */
export interface KeptRow extends ReportRow {
  readonly position: number
}

/** Which rows are wanted. What is said about findings must all be true of one finding of the row. */
export interface RowFilter {
  readonly kind: FindingKind | undefined
  readonly movedBy: MovedBy | undefined
  readonly severity: Severity | undefined
  /** Of the finding's deadline: from the first of them on, and before the second. */
  readonly deadlineFrom: Instant | undefined
  readonly deadlineBefore: Instant | undefined
  readonly account: AccountId | undefined
  /** Part of the customer's or subscription's name, reference, or a whole id. */
  readonly q: string | undefined
  /** Only rows with findings. */
  readonly onlyFindings: boolean
}

/**
 * `customer`: the report's own order, by the customer's name. The others put what is most urgent first: the worst
 * severity; the largest amount at risk, each currency by itself; the first deadline (`urgencyOf`). Rows that have
 * none of it follow, then rows without findings, in the report's own order.
 */
export const RowSort = Schema.Literals(["customer", "severity", "atRisk", "deadline"])
export type RowSort = typeof RowSort.Type

/** By what findings are put together; `deadline`: by its day in UTC. */
export const RowGrouping = Schema.Literals(["kind", "account", "movedBy", "deadline"])
export type RowGrouping = typeof RowGrouping.Type

/** Findings of a report that have something in common. */
export interface FindingGroup {
  /**
   * The kind, the account's id, who moved, or the day (`2026-11-30`); null: rows of no account, or findings without a
   * deadline.
   */
  readonly key: string | null
  /** The account's name; null for the other groupings. */
  readonly account: string | null
  readonly findings: number
  /** Money at risk a month, a total for each currency. */
  readonly atRisk: ReadonlyArray<Money>
}

/** A side of the book, as the history names it. */
export const HistorySide = Schema.Literals(["desired", "observed", "baseline"])
export type HistorySide = typeof HistorySide.Type

/** What a field held; what has parts as the JSON of it, instants as ISO 8601. */
export const HistoryValue = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Null
])
export type HistoryValue = typeof HistoryValue.Type

/** One change of what a side held about a subscription. That it appeared for the first time is not told. */
export interface HistoryEntry {
  readonly at: Instant
  readonly actor: string
  readonly cause: string
  readonly side: HistorySide
  /** The field that changed; null: it disappeared as a whole, or a baseline began anew under another Microsoft id. */
  readonly field: string | null
  readonly before: HistoryValue
  readonly after: HistoryValue
}

/** A report in which the same subscription had findings. */
export interface Sighting {
  readonly runId: RunId
  readonly createdAt: Instant
  readonly position: number
  readonly findings: ReadonlyArray<Pick<Finding, "kind" | "severity" | "bss" | "partnerCenter">>
}

/**
 * What has become of a finding from one report to another: the later one only has it (`new`), both have it with
 * other values (`changed`) or the same (`same`), or the earlier one only had it (`settled`).
 */
export const FindingChange = Schema.Literals(["new", "changed", "settled", "same"])
export type FindingChange = typeof FindingChange.Type

/** A finding of one or both of two reports, with the row of each that has it. */
export interface ComparedFinding {
  readonly change: FindingChange
  readonly kind: FindingKind
  readonly customer: string
  readonly name: string
  readonly severity: Severity
  readonly atRisk: Money | null
  /** As the later report has it, or had it in the earlier one. */
  readonly bss: FindingValue
  readonly partnerCenter: FindingValue
  /** Its row in the report that was asked about, and in the other one; null where it is not a finding. */
  readonly row: number | null
  readonly otherRow: number | null
}

/** How many findings of two reports became what. */
export type ChangeCounts = Readonly<Record<FindingChange, number>>

/** Two reports can be compared that are about the same: instance, environment and scope. */
export class RunsNotComparable extends Schema.TaggedError<RunsNotComparable>()(
  "RunsNotComparable",
  { id: Schema.String, other: Schema.String }
) {
  override get message(): string {
    return `Reconciliations ${this.id} and ${this.other} are not about the same: their instance, environment and scope must be equal.`
  }
}

/** The reports of finished runs. Of a report a branch sees the rows of its accounts. */
export class Reports extends Context.Service<
  Reports,
  {
    /** Rows with their findings. A cursor is good for the sort that gave it. */
    readonly rows: (
      id: RunId,
      branch: AccountId | null,
      filter: RowFilter,
      sort: RowSort,
      page: PageRequest
    ) => Effect.Effect<Page<KeptRow>, RunNotFound | RunNotFinished>
    /** The same rows in the same order, all of them, streamed, for exports. */
    readonly stream: (
      id: RunId,
      branch: AccountId | null,
      filter: RowFilter,
      sort: RowSort
    ) => Stream.Stream<KeptRow, RunNotFound | RunNotFinished>
    readonly row: (
      id: RunId,
      branch: AccountId | null,
      position: number
    ) => Effect.Effect<KeptRow, RunNotFound | RunNotFinished | RowNotFound>
    /** The findings that a filter leaves, in groups: those with most findings first, days by date. */
    readonly groups: (
      id: RunId,
      branch: AccountId | null,
      filter: RowFilter,
      by: RowGrouping,
      page: PageRequest
    ) => Effect.Effect<Page<FindingGroup>, RunNotFound | RunNotFinished>
    /** What has changed on either side, or in what was agreed, about the subscription of a row: newest first. */
    readonly history: (
      id: RunId,
      branch: AccountId | null,
      position: number,
      page: PageRequest
    ) => Effect.Effect<Page<HistoryEntry>, RunNotFound | RunNotFinished | RowNotFound>
    /** The reports of the same instance and environment that had findings about it, this one too: newest first. */
    readonly sightings: (
      id: RunId,
      branch: AccountId | null,
      position: number,
      page: PageRequest
    ) => Effect.Effect<Page<Sighting>, RunNotFound | RunNotFinished | RowNotFound>
    /**
     * A report's findings beside those of another, of the customers that both have fetched: new ones first, then
     * changed and settled ones, the worst first. What is the same is left out.
     */
    readonly comparison: (
      id: RunId,
      other: RunId,
      branch: AccountId | null,
      page: PageRequest
    ) => Effect.Effect<Page<ComparedFinding>, RunNotFound | RunNotFinished | RunsNotComparable>
    /** The same findings counted, also those that are the same. */
    readonly changes: (
      id: RunId,
      other: RunId,
      branch: AccountId | null
    ) => Effect.Effect<ChangeCounts, RunNotFound | RunNotFinished | RunsNotComparable>
  }
>()("core/reconciliation/Reports") {}
