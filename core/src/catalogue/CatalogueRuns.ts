import { Context, type Effect, type Option, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { CatalogueOutcome, ProductChange } from "./applyCatalogue.ts"
import type { CatalogueRun, CatalogueRunId, LogLevel, LogLine } from "./CatalogueRun.ts"
import type { CataloguePart, VendorItem } from "./VendorCatalogue.ts"

export class CatalogueRunNotFound extends Schema.TaggedError<CatalogueRunNotFound>()(
  "CatalogueRunNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no catalogue run "${this.id}".`
  }
}

/** A part that is still to be read. */
export interface PendingPart {
  readonly position: number
  readonly part: CataloguePart
}

/** What is left to do of a run. */
export interface RunWork {
  /** Countries whose parts are not known yet. */
  readonly unlisted: ReadonlyArray<string>
  readonly pending: ReadonlyArray<PendingPart>
}

/** All that a run has read. */
export interface RunReading {
  readonly items: ReadonlyArray<VendorItem>
  /** Countries of which something could not be read. */
  readonly unread: ReadonlySet<string>
}

/**
 * The catalogue runs: their progress, what they have read so far, their logs and what they changed. What was read is
 * kept part by part, so that a run whose process dies is gone on with. The writes of a worker return whether the run
 * still wants them: one that was cancelled does not.
 */
export class CatalogueRuns extends Context.Service<
  CatalogueRuns,
  {
    /**
     * Keeps the run as queued and enqueues its job, both or neither. Where the instance has a run that has not ended,
     * that one is returned instead: two at once are one.
     */
    readonly request: (run: CatalogueRun) => Effect.Effect<CatalogueRun>
    /**
     * Whether the instance's schedule has struck since it was asked last, for one caller of all that ask. The first
     * question about a schedule, or a changed one, only remembers the time. Joins the current transaction.
     */
    readonly strike: (
      instanceId: InstanceId,
      schedule: string | null,
      now: Instant
    ) => Effect.Effect<boolean>
    readonly get: (id: CatalogueRunId) => Effect.Effect<CatalogueRun, CatalogueRunNotFound>
    /** Newest first; of one instance, or of all. */
    readonly list: (
      instanceId: InstanceId | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<CatalogueRun>>
    /** A run that has ended stays as it is. */
    readonly cancel: (id: CatalogueRunId) => Effect.Effect<CatalogueRun, CatalogueRunNotFound>
    /** Oldest first. */
    readonly log: (
      id: CatalogueRunId,
      page: PageRequest
    ) => Effect.Effect<Page<LogLine>, CatalogueRunNotFound>
    /** By offer. */
    readonly changes: (
      id: CatalogueRunId,
      kind: ProductChange["kind"] | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<ProductChange>, CatalogueRunNotFound>

    /** For the worker: none when the run is gone or has ended, so that a repeated job does nothing. */
    readonly begin: (id: CatalogueRunId) => Effect.Effect<Option.Option<CatalogueRun>>
    readonly work: (id: CatalogueRunId) => Effect.Effect<RunWork>
    readonly isWanted: (id: CatalogueRunId) => Effect.Effect<boolean>
    /** The parts of a country, once. */
    readonly listed: (
      id: CatalogueRunId,
      country: string,
      parts: ReadonlyArray<CataloguePart>,
      requests: number
    ) => Effect.Effect<boolean>
    /** A country of which nothing can be read, and why. */
    readonly unlisted: (
      id: CatalogueRunId,
      country: string,
      problem: string,
      requests: number
    ) => Effect.Effect<boolean>
    readonly read: (
      id: CatalogueRunId,
      position: number,
      items: ReadonlyArray<VendorItem>,
      requests: number
    ) => Effect.Effect<boolean>
    /** A part that cannot be read, and why. */
    readonly unread: (
      id: CatalogueRunId,
      position: number,
      problem: string,
      requests: number
    ) => Effect.Effect<boolean>
    /** Requests that brought nothing, so that they are counted all the same. */
    readonly spent: (id: CatalogueRunId, requests: number) => Effect.Effect<void>
    readonly note: (id: CatalogueRunId, level: LogLevel, text: string) => Effect.Effect<void>
    /**
     * Claims the end of a run: locks it, and is none when it has ended. Joins the current transaction, in which
     * `complete` follows.
     */
    readonly finish: (id: CatalogueRunId) => Effect.Effect<Option.Option<RunReading>>
    readonly complete: (id: CatalogueRunId, outcome: CatalogueOutcome) => Effect.Effect<void>
    readonly fail: (id: CatalogueRunId, problem: string) => Effect.Effect<void>
    /**
     * Runs whose job is lost get it again; those whose job was given up end with the reason. Returns how many it
     * has helped along.
     */
    readonly recover: Effect.Effect<number>
  }
>()("core/catalogue/CatalogueRuns") {}
