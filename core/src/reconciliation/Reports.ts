import { Context, type Effect, Schema, type Stream } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Money } from "../money/Money.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { FindingKind, MovedBy, Severity } from "./Finding.ts"
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
  }
>()("core/reconciliation/Reports") {}
