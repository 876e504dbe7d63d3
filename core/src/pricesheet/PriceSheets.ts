import { Context, type Effect, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Market, Validity } from "../price/PriceList.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { Month, type PriceSheet, type PriceSheetId, type SheetProblem } from "./PriceSheet.ts"
import type { SheetLine } from "./readPriceSheet.ts"
import type { PriceSubject, SheetPrice } from "./SheetPrice.ts"

export class PriceSheetNotFound extends Schema.TaggedError<PriceSheetNotFound>()(
  "PriceSheetNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no price sheet ${this.id}.`
  }
}

/** A sheet of a later month counts already; an older one would bring its prices back. */
export class PriceSheetOutdated extends Schema.TaggedError<PriceSheetOutdated>()(
  "PriceSheetOutdated",
  { month: Month, newest: Month }
) {
  override get message(): string {
    return `The sheet of ${this.newest} was imported already, so that of ${this.month} is out of date; import sheets in the order of their months.`
  }
}

/** How far a file has been read. */
export interface ReadSoFar {
  readonly bytes: number
  readonly lines: number
}

/** Dates and amounts of a price before or after a sheet, for the whole term. */
export type PricePoint = Validity & Pick<SheetPrice, "unitPrice" | "erpPrice">

/**
 * What a sheet changed about one subject, against what counted before: a price where there was none (`added`), other
 * amounts (`changed`), the same amounts with other dates (`redated`), or an end with nothing after it (`ended`; `after` is
 * null for a price that was announced and never came).
 */
export interface PriceSheetChange extends PriceSubject {
  readonly kind: "added" | "changed" | "redated" | "ended"
  readonly title: string
  readonly before: PricePoint | null
  readonly after: PricePoint | null
}

/** A price with where we know it from. */
export interface KnownPrice extends SheetPrice {
  readonly addedBy: PriceSheetId
  /** The sheet that says otherwise; null while it counts. */
  readonly supersededBy: PriceSheetId | null
}

/** Which prices of one offer. */
export interface PriceFilter {
  readonly instanceId: InstanceId
  readonly offer: OfferId
  readonly market: Market | undefined
  /** Only what is valid then; all of it, past and announced, when undefined. */
  readonly at: Instant | undefined
  /** Also what a later sheet said otherwise. */
  readonly history: boolean
}

/**
 * Microsoft's prices as the sheets said them. A sheet goes from `begin` over `stage` to `seal`, and counts once it was
 * applied: all of it in one transaction. Nothing is ever overwritten: what a later sheet says otherwise is superseded.
 */
export class PriceSheets extends Context.Service<
  PriceSheets,
  {
    /** Takes a new sheet in, with the job that downloads it where it is `queued`. */
    readonly begin: (sheet: PriceSheet) => Effect.Effect<void, PriceSheetOutdated>
    /** Makes an empty place for the sheet's lines; whatever was staged for it before is gone. */
    readonly startReading: (id: PriceSheetId) => Effect.Effect<void>
    readonly stage: (
      id: PriceSheetId,
      lines: ReadonlyArray<SheetLine>,
      readSoFar: ReadSoFar
    ) => Effect.Effect<void>
    /**
     * The file was read to its end: `staged`, with the job that applies it, or `refused` where two of its lines contradict
     * each other. Joins the current transaction.
     */
    readonly seal: (id: PriceSheetId, readSoFar: ReadSoFar) => Effect.Effect<PriceSheet>
    /** Lines are wrong: they are named, and nothing else is kept. */
    readonly refuse: (
      id: PriceSheetId,
      problems: ReadonlyArray<SheetProblem>,
      problemCount: number,
      readSoFar: ReadSoFar
    ) => Effect.Effect<PriceSheet>
    /** It could not be read or applied. Does nothing to a sheet that has ended. */
    readonly fail: (id: PriceSheetId, problem: string) => Effect.Effect<void>
    /** Makes a staged sheet count and reports what it changed; once, however often it is called. */
    readonly apply: (id: PriceSheetId) => Effect.Effect<PriceSheet, PriceSheetNotFound>
    readonly get: (id: PriceSheetId) => Effect.Effect<PriceSheet, PriceSheetNotFound>
    /** Newest first. */
    readonly list: (
      instanceId: InstanceId | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<PriceSheet>>
    /** In the order of offers and plans. */
    readonly changes: (
      id: PriceSheetId,
      page: PageRequest
    ) => Effect.Effect<Page<PriceSheetChange>, PriceSheetNotFound>
    /** By plan and date. */
    readonly prices: (filter: PriceFilter, page: PageRequest) => Effect.Effect<Page<KnownPrice>>
    /** Ends what was being sent to a process that died, and sends lost jobs again; returns how many were helped. */
    readonly recover: Effect.Effect<number>
  }
>()("core/pricesheet/PriceSheets") {}
