import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, InstanceName } from "../instance/Instance.ts"
import { Market } from "../price/PriceList.ts"
import { Instant } from "../time/Instant.ts"

export const PriceSheetId = Guid.pipe(Schema.brand("PriceSheetId"))
export type PriceSheetId = typeof PriceSheetId.Type

/** A month of the calendar in UTC, such as `2026-11`. */
export const Month = Schema.String.check(
  Schema.isPattern(/^20[0-9]{2}-(0[1-9]|1[0-2])$/u, {
    message: "a month is needed as year and month, such as 2026-11"
  })
).pipe(Schema.brand("Month"))
export type Month = typeof Month.Type

/** The month in which an instant is. */
export const monthOf = (at: Instant): Month => Month.make(new Date(at).toISOString().slice(0, 7))

export const startOf = (month: Month): Instant => Instant.make(Date.parse(`${month}-01T00:00:00Z`))

export const monthAfter = (month: Month): Month => {
  const start = new Date(startOf(month))
  start.setUTCMonth(start.getUTCMonth() + 1)
  return monthOf(Instant.make(start.valueOf()))
}

/**
 * Which of Microsoft's sheets of a market it is ("Get a price sheet"): `current` and `history` hold every price of their
 * month, `future` only those that will change ("New commerce license-based pricing", price list preview).
 */
export const Timeline = Schema.Literals(["current", "history", "future"])
export type Timeline = typeof Timeline.Type

/** Whether a price that such a sheet does not list is no longer sold. */
export const isComplete = (timeline: Timeline): boolean => timeline !== "future"

/**
 * - `queued`: waits to be downloaded.
 * - `reading`: is being sent to us, or downloaded; its lines are checked on the way.
 * - `staged`: was read to its end without a fault; waits to be applied.
 * - `completed`: every line counts, or would, when it was a dry run.
 * - `refused`: lines are wrong; they are named, and nothing was changed.
 * - `failed`: it could not be read or applied; nothing was changed.
 */
export const PriceSheetStatus = Schema.Literals([
  "queued",
  "reading",
  "staged",
  "completed",
  "refused",
  "failed"
])
export type PriceSheetStatus = typeof PriceSheetStatus.Type

export const hasEnded = (status: PriceSheetStatus): boolean =>
  status === "completed" || status === "refused" || status === "failed"

/** What is wrong with a sheet. */
export class SheetProblem extends Schema.Opaque<SheetProblem>()(
  Schema.Struct({
    line: Schema.Int.annotate({
      description: "Line of the file, the header being line 1; 0 when it is about the whole file."
    }),
    column: Schema.NullOr(Schema.String).annotate({
      description: "The column, as the header names it; null when it is about the whole line."
    }),
    value: Schema.NullOr(Schema.String).annotate({
      description: "What stands there, shortened; null when it is about the whole line."
    }),
    text: Schema.String.annotate({ description: "What is wrong, and what would be right." })
  })
) {}

/** So many problems of one sheet are named; the others are only counted. */
export const problemsMax = 1_000

/** One of Microsoft's price sheets on its way into our prices: whole, or not at all. */
export class PriceSheet extends Schema.Opaque<PriceSheet>()(
  Schema.Struct({
    id: PriceSheetId,
    instanceId: InstanceId,
    instance: InstanceName,
    market: Market,
    month: Month,
    timeline: Timeline,
    source: Schema.Literals(["upload", "download"]),
    /** Compares and reports, and changes nothing. */
    dryRun: Schema.Boolean,
    status: PriceSheetStatus,
    requestedBy: Schema.String,
    correlationId: Schema.String,
    /** Read so far, as it came: packed, where it was packed. */
    bytes: Schema.Int,
    /** Lines read so far, without the header. */
    lines: Schema.Int,
    /** Lines that say the same as another one. */
    duplicates: Schema.Int,
    /** Prices where there was none, with another amount, with other dates only, and no longer valid. */
    added: Schema.Int,
    changed: Schema.Int,
    redated: Schema.Int,
    ended: Schema.Int,
    unchanged: Schema.Int,
    /** The first problems in the order of the file, and how many there are in all. */
    problems: Schema.Array(SheetProblem),
    problemCount: Schema.Int,
    /** Why it failed. */
    problem: Schema.NullOr(Schema.String),
    createdAt: Instant,
    finishedAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "PriceSheet" })
) {}
