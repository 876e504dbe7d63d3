import { Context, type Effect, type Option, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Environment, InstanceId, TenantId } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { VendorCustomer } from "../tenant/VendorCustomers.ts"
import type { Row } from "./Customer.ts"
import type { FindingKind } from "./Finding.ts"
import type { Run, RunId, RunScope } from "./Run.ts"

export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no reconciliation "${this.id}".`
  }
}

/** The account or subscription of a scope does not exist for this caller, or not in this instance. */
export class ScopeNotFound extends Schema.TaggedError<ScopeNotFound>()("ScopeNotFound", {
  kind: Schema.Literals(["account", "subscription"]),
  id: Schema.String
}) {
  override get message(): string {
    return `There is no ${this.kind} "${this.id}" in this instance.`
  }
}

/** A row as the report keeps it, under the customer it belongs to. */
export interface ReportRow {
  readonly accountId: AccountId | null
  readonly tenantId: TenantId
  readonly customer: string
  readonly row: Row
}

/** What a finished comparison has to say about the run as a whole. */
export interface Totals {
  readonly rows: number
  readonly findings: number
  readonly counts: ReadonlyMap<FindingKind, number>
  readonly atRisk: ReadonlyArray<Money>
}

/** The reconciliations, their progress and their reports. */
export class Runs extends Context.Service<
  Runs,
  {
    /**
     * Keeps the run as queued and enqueues its listing, both or neither. Returns it as it was kept: of the environment
     * that is live at that moment.
     */
    readonly request: (run: Run) => Effect.Effect<Run, ScopeNotFound>
    readonly get: (id: RunId, branch: AccountId | null) => Effect.Effect<Run, RunNotFound>
    /** Newest first. */
    readonly list: (branch: AccountId | null, page: PageRequest) => Effect.Effect<Page<Run>>
    /** A finished run stays as it is. Its waiting jobs are withdrawn. */
    readonly cancel: (id: RunId, branch: AccountId | null) => Effect.Effect<Run, RunNotFound>
    /** For the worker: none when the run is gone or finished, so that a repeated job does nothing. */
    readonly active: (id: RunId) => Effect.Effect<Option.Option<Run>>

    /** The tenants that the BSS knows within a scope and a branch. */
    readonly tenantsOf: (
      instanceId: InstanceId,
      environment: Environment,
      scope: RunScope,
      branch: AccountId | null
    ) => Effect.Effect<ReadonlyArray<TenantId>>
    readonly listing: (id: RunId) => Effect.Effect<void>
    /**
     * Sets which customers the run observes and enqueues one job for each, deduplicated over all runs; with
     * none to observe, enqueues the comparison. Repeating it changes nothing. `seen` are Partner Center's customers
     * with their names.
     */
    readonly observe: (
      run: Run,
      tenants: ReadonlyArray<TenantId>,
      seen: ReadonlyArray<VendorCustomer>,
      requests: number
    ) => Effect.Effect<void>
    /**
     * The customers were observed (or given up, with a reason): every unfinished run that waits for them, and
     * was waiting when the observation began, moves on; the last one of a run enqueues its comparison. Joins the
     * current transaction.
     */
    readonly observed: (
      instanceId: InstanceId,
      outcomes: ReadonlyArray<{
        readonly tenantId: TenantId
        readonly problem: string | null
        readonly requests: number
      }>
    ) => Effect.Effect<void>
    /** Those of the tenants for which an unfinished run waits. */
    readonly awaited: (
      instanceId: InstanceId,
      tenants: ReadonlyArray<TenantId>
    ) => Effect.Effect<ReadonlySet<TenantId>>
    /**
     * Unfinished runs whose jobs are lost get them again, and what was given up as a dead letter ends for them
     * with the reason: no run waits for ever. Returns how many steps and customers it has helped along.
     */
    readonly recover: Effect.Effect<number>
    /** Claims the comparison; false when the run is not waiting for one any more. */
    readonly comparing: (id: RunId) => Effect.Effect<boolean>
    /** Appends rows to the report of a run that is being compared. Joins the current transaction. */
    readonly append: (
      id: RunId,
      firstPosition: number,
      rows: ReadonlyArray<ReportRow>
    ) => Effect.Effect<void>
    readonly complete: (id: RunId, totals: Totals) => Effect.Effect<void>
    readonly fail: (id: RunId, problem: string) => Effect.Effect<void>
  }
>()("core/reconciliation/Runs") {}
