import { Context, type Effect, Schema } from "effect"
import type { Page, PageRequest } from "../page/Page.ts"
import {
  type Discard,
  type Job,
  type JobCounts,
  JobId,
  type JobKind,
  type JobState
} from "./Job.ts"

/** No job has the id: it is done, or there never was one. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no job "${this.id}" that waits, is at work or was given up.`
  }
}

/** The job stays as it is, for this reason. */
export class JobRefused extends Schema.TaggedError<JobRefused>()("JobRefused", {
  id: JobId,
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

/** What to list; what is absent does not limit. */
export interface JobFilter {
  readonly state?: JobState | undefined
  readonly kind?: JobKind | undefined
  /** A part of the reason, or of the key that says what it is about, such as an id. */
  readonly q?: string | undefined
}

/** The work that waits, is at work, or was given up, whatever reconciler does it. */
export class Jobs extends Context.Service<
  Jobs,
  {
    /** Newest first. */
    readonly list: (filter: JobFilter, page: PageRequest) => Effect.Effect<Page<Job>>
    readonly get: (id: JobId) => Effect.Effect<Job, JobNotFound>
    /** Every kind, also those without a job. */
    readonly counts: Effect.Effect<ReadonlyArray<JobCounts>>
    /** Makes a delayed job due, or queues one again that was given up, as new. */
    readonly retry: (job: Job) => Effect.Effect<Job, JobNotFound>
    /** Takes away a job that nobody works on, in the current transaction. Says nothing to what waits for it. */
    readonly withdraw: (job: Job) => Effect.Effect<void, JobNotFound>
    /** Keeps what was said, in the current transaction. */
    readonly noteDiscard: (discard: Discard) => Effect.Effect<void>
    /** Newest first. */
    readonly discards: (page: PageRequest) => Effect.Effect<Page<Discard>>
  }
>()("core/job/Jobs") {}
