import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import { Environment, InstanceId, InstanceName } from "../instance/Instance.ts"
import { Money } from "../money/Money.ts"
import { SubscriptionId } from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"
import { FindingKind } from "./Finding.ts"

export const RunId = Guid.pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** What is compared: everything of an instance, an account with all below it, or one subscription with its add-ons. */
export const RunScope = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("organisation") }),
  Schema.Struct({ kind: Schema.Literal("account"), id: AccountId }),
  Schema.Struct({ kind: Schema.Literal("subscription"), id: SubscriptionId })
])
export type RunScope = typeof RunScope.Type

/**
 * queued → listing (which customers) → observing (fetching each) → comparing → completed. `incomplete`: some
 * customers could not be fetched, and nothing is said about them. `failed`: no report. `cancelled`: by a person.
 */
export const RunStatus = Schema.Literals([
  "queued",
  "listing",
  "observing",
  "comparing",
  "completed",
  "incomplete",
  "failed",
  "cancelled"
])
export type RunStatus = typeof RunStatus.Type

export const isFinished = (status: RunStatus): boolean =>
  status === "completed" || status === "incomplete" || status === "failed" || status === "cancelled"

/** A reconciliation of one instance, from request to report. */
export class Run extends Schema.Opaque<Run>()(
  Schema.Struct({
    id: RunId,
    instanceId: InstanceId,
    instance: InstanceName,
    /** Of the instance, when it was asked for: money at risk in the sandbox is nobody's money. */
    environment: Environment,
    scope: RunScope,
    /** The branch of whoever asked: nothing outside it is compared or shown. */
    branch: Schema.NullOr(AccountId),
    status: RunStatus,
    requestedBy: Schema.String,
    correlationId: Schema.String,
    customers: Schema.Int,
    customersObserved: Schema.Int,
    customersFailed: Schema.Int,
    /** Requests sent to Partner Center on behalf of this run. */
    requests: Schema.Int,
    rows: Schema.Int,
    findings: Schema.Int,
    counts: Schema.Array(Schema.Struct({ kind: FindingKind, count: Schema.Int })),
    atRisk: Schema.Array(Money),
    /** Why it failed, the first reasons of customers that could not be fetched, or what it waits for. */
    problem: Schema.NullOr(Schema.String),
    createdAt: Instant,
    startedAt: Schema.NullOr(Instant),
    finishedAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "Run" })
) {}
