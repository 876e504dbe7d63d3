import type { AccountId } from "@concordat/core/account/Account"
import { historyValue } from "@concordat/core/reconciliation/historyValue"
import type {
  HistoryEntry,
  HistorySide,
  KeptRow,
  Sighting
} from "@concordat/core/reconciliation/Reports"
import { RunId } from "@concordat/core/reconciliation/Run"
import type { MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Schema } from "effect"
import { type Kysely, sql } from "kysely"
import { runsOf } from "./Runs.ts"
import { inAccount } from "./reportQueries.ts"
import { all } from "./Statements.ts"
import type { FindingDocument, Tables } from "./Tables.ts"

/** By what a subscription is found again in the history and in other reports. */
export interface Subject {
  readonly subscriptionId: SubscriptionId | null
  readonly microsoftId: MicrosoftId | null
}

export const subjectOf = ({ row: { observed, subscription } }: KeptRow): Subject => ({
  subscriptionId: subscription?.id ?? null,
  microsoftId: observed?.microsoftId ?? subscription?.microsoftId ?? null
})

export const EntryKey = Schema.Struct({ id: Schema.Int })
export type EntryKey = typeof EntryKey.Type

export interface StoredEntry {
  readonly id: number
  readonly at: Instant
  readonly actor: string
  readonly cause: string
  readonly side: HistorySide
  readonly field: string | null
  readonly before: unknown
  readonly after: unknown
}

/** A subscription that disappeared has its whole document before: that it did is enough to know. */
export const entryOf = ({
  actor,
  after,
  at,
  before,
  cause,
  field,
  side
}: StoredEntry): HistoryEntry => ({
  at,
  actor,
  cause,
  side,
  field,
  before: field === null ? null : historyValue(field, before),
  after: field === null ? null : historyValue(field, after)
})

/**
 * What happened to a subscription, newest first; to a branch, what happened within it. Each side is found by an index
 * of its own, and no more is read of either than a page can show.
 */
export const selectHistory = (
  db: Kysely<Tables>,
  { microsoftId, subscriptionId }: Subject,
  branch: AccountId | null,
  after: EntryKey | undefined,
  limit: number
) => {
  const within =
    branch === null
      ? sql`true`
      : sql`(account_id is null or exists (select from account a
          where a.id = history.account_id and a.ancestors @> array[${branch}]::uuid[]))`
  const by = (column: string, id: string | null) => sql`(
    select id from history
    where ${sql.ref(column)} = ${id}::uuid and (field is not null or before is not null)
      and ${within} and id < ${after?.id ?? Number.MAX_SAFE_INTEGER}
    order by id desc limit ${limit})`
  return sql<StoredEntry>`
    select id, at, actor, cause, side, field, before, after from history where id in (
      ${by("subscription_id", subscriptionId)} union ${by("microsoft_id", microsoftId)})
    order by id desc limit ${limit}`.execute(db)
}

export const SightingKey = Schema.Struct({ at: Instant, id: RunId, position: Schema.Int })
export type SightingKey = typeof SightingKey.Type

export interface StoredSighting {
  readonly run_id: RunId
  readonly created_at: Instant
  readonly position: number
  readonly findings: ReadonlyArray<{
    readonly kind: Sighting["findings"][number]["kind"]
    readonly document: FindingDocument
  }>
}

export const sightingOf = ({
  created_at,
  findings,
  position,
  run_id
}: StoredSighting): Sighting => ({
  runId: run_id,
  createdAt: created_at,
  position,
  findings: findings.map(({ kind, document: { bss, partnerCenter, severity } }) => ({
    kind,
    severity,
    bss,
    partnerCenter
  }))
})

/** The rows with findings about a subscription in all reports like the run's, as a branch may see them. */
export const selectSightings = (
  db: Kysely<Tables>,
  id: RunId,
  { microsoftId, subscriptionId }: Subject,
  branch: AccountId | null,
  after: SightingKey | undefined,
  limit: number
) =>
  sql<StoredSighting>`
    select report.run_id, run.created_at, report.position, (
      select json_agg(json_build_object('kind', f.kind, 'document', f.document) order by f.ordinal)
      from finding f where f.run_id = report.run_id and f.position = report.position) as findings
    from reconciliation_row report
    join (${runsOf(db, branch)}) run on run.id = report.run_id
    join reconciliation_run this on this.id = ${id}
    where report.severity is not null
      and (report.subscription_id = ${subscriptionId}::uuid or report.microsoft_id = ${microsoftId}::uuid)
      and run.instance_id = this.instance_id and run.environment = this.environment
      and run.status in ('completed', 'incomplete')
      and ${all(inAccount(branch))}
      and ${
        after === undefined
          ? sql`true`
          : sql`(run.created_at, run.id, report.position) <
              (${new Date(after.at)}::timestamptz, ${after.id}::uuid, ${after.position}::integer)`
      }
    order by run.created_at desc, run.id desc, report.position desc limit ${limit}`.execute(db)
