import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { AcceptanceId } from "../agreement/Acceptance.ts"
import { CatalogueRunId } from "../catalogue/CatalogueRun.ts"
import { ImportId } from "../import/CustomerImport.ts"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, InstanceName, TenantId } from "../instance/Instance.ts"
import { MailId } from "../mail/Outbox.ts"
import { PriceSheetId } from "../pricesheet/PriceSheet.ts"
import { RunId } from "../reconciliation/Run.ts"
import { SynchronizationId } from "../tenant/Synchronization.ts"
import { Instant } from "../time/Instant.ts"

export const JobId = Guid.pipe(Schema.brand("JobId"))
export type JobId = typeof JobId.Type

/** What a reconciler does, one step of something larger. */
export const JobKind = Schema.Literals([
  "list-customers",
  "observe-customer",
  "compare-run",
  "send-mail",
  "catalogue-run",
  "synchronize-tenant",
  "price-sheet",
  "customer-import",
  "send-acceptance"
])
export type JobKind = typeof JobKind.Type

/**
 * `due` waits for a reconciler that is free, `delayed` for its next attempt, `parked` until somebody has authenticated
 * the instance; `running` is at work; `failed` was given up, and waits for a person.
 */
export const JobState = Schema.Literals(["due", "delayed", "parked", "running", "failed"])
export type JobState = typeof JobState.Type

/** What a job is a step of. */
export const JobSubject = Schema.TaggedUnion({
  Run: { runId: RunId },
  Customer: { instanceId: InstanceId, tenantId: TenantId },
  Mail: { mailId: MailId },
  CatalogueRun: { catalogueRunId: CatalogueRunId },
  Synchronization: { synchronizationId: SynchronizationId },
  PriceSheet: { priceSheetId: PriceSheetId },
  Import: { importId: ImportId },
  Acceptance: { acceptanceId: AcceptanceId },
  /** What it was sent with does not say. */
  Unknown: {}
})
export type JobSubject = typeof JobSubject.Type

/** A job of the queues. */
export class Job extends Schema.Opaque<Job>()(
  Schema.Struct({
    id: JobId,
    kind: JobKind,
    state: JobState,
    subject: JobSubject,
    /** What it is about, for people: a customer, a subject, a market; null where it is about the instance as a whole. */
    about: Schema.NullOr(Schema.String),
    instance: Schema.NullOr(InstanceName),
    accountId: Schema.NullOr(AccountId),
    /** Whether what it is a step of still waits for it; where it does not, the job would do nothing. */
    needed: Schema.Boolean,
    /** How often it was tried and did not succeed. */
    attempts: Schema.Int,
    attemptsMax: Schema.Int,
    /** What the last attempt said. */
    reason: Schema.NullOr(Schema.String),
    createdAt: Instant,
    /** When it was given up; null unless it was. */
    failedAt: Schema.NullOr(Instant),
    /** When it is tried next; null while it is at work, and where that waits for a person. */
    nextAttemptAt: Schema.NullOr(Instant),
    startedAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "Job" })
) {}

/** What somebody said when a job was taken away, and who. */
export interface Discard {
  readonly id: JobId
  readonly kind: JobKind
  readonly about: string | null
  readonly instance: InstanceName | null
  readonly reason: string | null
  readonly note: string
  readonly actor: string
  readonly at: Instant
}

/** How many jobs of a kind there are. */
export interface JobCounts {
  readonly kind: JobKind
  readonly due: number
  readonly delayed: number
  readonly parked: number
  readonly running: number
  readonly failed: number
  /** Since when the one has been due that has been longest; null where none is. */
  readonly dueSince: Instant | null
}
