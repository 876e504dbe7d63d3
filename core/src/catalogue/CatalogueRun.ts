import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, InstanceName } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"

export const CatalogueRunId = Guid.pipe(Schema.brand("CatalogueRunId"))
export type CatalogueRunId = typeof CatalogueRunId.Type

/**
 * queued → running → completed. `incomplete`: a country could not be read whole; what was read has been applied, and
 * nothing was taken for discontinued because of it. `failed`: nothing was changed. `cancelled`: by a person.
 */
export const CatalogueRunStatus = Schema.Literals([
  "queued",
  "running",
  "completed",
  "incomplete",
  "failed",
  "cancelled"
])
export type CatalogueRunStatus = typeof CatalogueRunStatus.Type

export const hasEnded = (status: CatalogueRunStatus): boolean =>
  status !== "queued" && status !== "running"

/** By a person, or because the instance's schedule says so. */
export const CatalogueTrigger = Schema.Literals(["manual", "schedule"])
export type CatalogueTrigger = typeof CatalogueTrigger.Type

/** "Get Services Definitions" (domain.md §5) of one instance, from request to its effects. */
export class CatalogueRun extends Schema.Opaque<CatalogueRun>()(
  Schema.Struct({
    id: CatalogueRunId,
    instanceId: InstanceId,
    instance: InstanceName,
    status: CatalogueRunStatus,
    trigger: CatalogueTrigger,
    requestedBy: Schema.String,
    correlationId: Schema.String,
    /** What is read: as the instance's settings were when the run was asked for. */
    countries: Schema.Array(Schema.String),
    language: Schema.String,
    /** Parts to read; 0 until Partner Center has said which there are. */
    parts: Schema.Int,
    partsRead: Schema.Int,
    partsFailed: Schema.Int,
    /** Requests sent to Partner Center on behalf of this run. */
    requests: Schema.Int,
    added: Schema.Int,
    changed: Schema.Int,
    discontinued: Schema.Int,
    unchanged: Schema.Int,
    /** Why it failed, or the first reasons of what could not be read. */
    problem: Schema.NullOr(Schema.String),
    createdAt: Instant,
    startedAt: Schema.NullOr(Instant),
    finishedAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "CatalogueRun" })
) {}

export const LogLevel = Schema.Literals(["info", "warning", "error"])
export type LogLevel = typeof LogLevel.Type

/** A line of a run's log, for people. */
export class LogLine extends Schema.Opaque<LogLine>()(
  Schema.Struct({ at: Instant, level: LogLevel, text: Schema.String })
) {}
