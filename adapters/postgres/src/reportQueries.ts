import type { AccountId } from "@concordat/core/account/Account"
import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import type {
  KeptRow,
  RowFilter,
  RowGrouping,
  RowSort
} from "@concordat/core/reconciliation/Reports"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { severityRank } from "@concordat/core/reconciliation/urgency"
import type { MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Schema } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { findingOf, observedOf, subscriptionOf } from "./documents.ts"
import { all, isGuid, likePart } from "./Statements.ts"
import type {
  FindingDocument,
  MoneyDocument,
  ObservedDocument,
  SubscriptionDocument,
  Tables
} from "./Tables.ts"

/** A row as it is stored, under the names of its columns. */
export interface StoredRow {
  readonly position: number
  readonly tenant_id: TenantId
  readonly account_id: AccountId | null
  readonly instance_id: InstanceId
  readonly subscription_id: SubscriptionId | null
  readonly microsoft_id: MicrosoftId | null
  readonly customer: string
  readonly subscription: SubscriptionDocument | null
  readonly observed: ObservedDocument | null
  readonly findings: ReadonlyArray<{
    readonly kind: Finding["kind"]
    readonly moved_by: Finding["movedBy"]
    readonly document: FindingDocument
  }>
}

/** What is selected of a `reconciliation_row` called report. */
const storedColumns = sql`report.position, report.tenant_id, report.account_id, report.subscription_id,
  report.microsoft_id, report.customer, report.subscription::json, report.observed::json,
  (select instance_id from reconciliation_run run where run.id = report.run_id) as instance_id, (
    select coalesce(json_agg(json_build_object('kind', f.kind, 'moved_by', f.moved_by,
      'document', f.document) order by f.ordinal), '[]')
    from finding f where f.run_id = report.run_id and f.position = report.position) as findings`

export const keptRowOf = (row: StoredRow): KeptRow => {
  const place = {
    instanceId: row.instance_id,
    tenantId: row.tenant_id,
    accountId: row.account_id,
    subscriptionId: row.subscription_id,
    microsoftId: row.microsoft_id
  }
  const subscription = row.subscription === null ? null : subscriptionOf(place, row.subscription)
  return {
    position: row.position,
    accountId: row.account_id,
    tenantId: row.tenant_id,
    customer: row.customer,
    row: {
      subscription,
      observed: row.observed === null ? null : observedOf(place, subscription, row.observed),
      findings: row.findings.map(({ kind, moved_by, document }) =>
        findingOf(kind, moved_by, document)
      )
    }
  }
}

type Conditions = ReadonlyArray<RawBuilder<unknown>>

const when = <A>(value: A | undefined, condition: (value: A) => RawBuilder<unknown>): Conditions =>
  value === undefined ? [] : [condition(value)]

/**
 * Within the branch of an account. `coalesce` keeps Postgres from joining: it makes a hash of the branch once and looks
 * each row up in it while it walks an index in the order that is asked for, whether the branch is one account or all.
 */
export const inAccount = (account: AccountId | null | undefined): Conditions =>
  account === null || account === undefined
    ? []
    : [
        sql`coalesce(report.account_id in (select a.id from account a
          where a.ancestors @> array[${account}]::uuid[]), false)`
      ]

const matching = (q: string | undefined): Conditions => {
  if (q === undefined || q === "") return []
  const part = sql`report.search like ${likePart(q.toLowerCase())}`
  return [
    isGuid(q)
      ? sql`(${part} or ${q}::uuid in (report.subscription_id, report.microsoft_id,
          report.account_id, report.tenant_id))`
      : part
  ]
}

/** What is asked of the row itself. */
const ofRow = (branch: AccountId | null, { account, q }: RowFilter): Conditions => [
  ...inAccount(branch),
  ...inAccount(account),
  ...matching(q)
]

/** What is asked of one finding, called f. */
const ofFinding = (filter: RowFilter): Conditions => [
  ...when(filter.kind, (kind) => sql`f.kind = ${kind}`),
  ...when(filter.movedBy, (mover) => sql`f.moved_by = ${mover}`),
  ...when(filter.severity, (severity) => sql`f.severity = ${severityRank(severity)}`),
  ...when(filter.deadlineFrom, (from) => sql`f.deadline >= ${new Date(from)}::timestamptz`),
  ...when(filter.deadlineBefore, (before) => sql`f.deadline < ${new Date(before)}::timestamptz`)
]

/** What follows from it for the row, which is as urgent as the worst of its findings: indexes know rows. */
const hasFinding = (filter: RowFilter): Conditions => {
  const wanted = ofFinding(filter)
  if (wanted.length === 0) return []
  return [
    ...when(filter.severity, (severity) => sql`report.severity <= ${severityRank(severity)}`),
    ...when(
      filter.deadlineBefore,
      (before) => sql`coalesce(report.deadline, 'infinity') < ${new Date(before)}::timestamptz`
    ),
    sql`exists (select from finding f
      where f.run_id = report.run_id and f.position = report.position and ${all(wanted)})`
  ]
}

/**
 * Where a page of rows begins: what the last row before it is sorted by, as text, and its position. `by` is null
 * among the rows without findings, which follow those with.
 */
export const RowKey = Schema.Struct({
  by: Schema.NullOr(Schema.Array(Schema.String)),
  position: Schema.Int
})
export type RowKey = typeof RowKey.Type

/** What a sort compares before the position, word for word as its index has it, and the type of that. */
const sorts: Readonly<
  Record<RowSort, ReadonlyArray<readonly [RawBuilder<unknown>, RawBuilder<unknown>]>>
> = {
  customer: [],
  severity: [[sql`report.severity`, sql`smallint`]],
  atRisk: [
    [sql`coalesce(report.currency, 'zzz')`, sql`text`],
    [sql`(- coalesce(report.at_risk, 0))`, sql`numeric`]
  ],
  deadline: [[sql`coalesce(report.deadline, 'infinity')`, sql`timestamptz`]]
}

/**
 * The rows with findings that fit, before they are sorted: all of them from the index that has every column they are
 * filtered and sorted by. Postgres would rather walk the index of the sort, and read each row from the table until a
 * page is full: of the rows of one account it never is. `offset 0` keeps it from that.
 */
const withFindings = (id: RunId, conditions: Conditions) => sql`(
  select report.run_id, report.position, report.severity, report.currency, report.at_risk, report.deadline
  from reconciliation_row report
  where report.run_id = ${id} and report.severity is not null and ${all(conditions)}
  offset 0) report`

/**
 * Rows of a report in the order of a sort, those after a key that a branch may see and a filter wants. First their
 * positions only, from an index; then the documents of those that are on the page.
 */
export const selectRows = (
  db: Kysely<Tables>,
  {
    id,
    branch,
    filter,
    sort,
    after,
    limit
  }: {
    readonly id: RunId
    readonly branch: AccountId | null
    readonly filter: RowFilter
    readonly sort: RowSort
    readonly after: RowKey | undefined
    readonly limit: number
  }
) => {
  const columns = sorts[sort].map(([column]) => column)
  const order = sql.join([...columns, sql`report.position`])
  const texts = columns.map((column) => sql`${column}::text`)
  const wanted = [...ofRow(branch, filter), ...hasFinding(filter)]
  const onlyFindings = filter.onlyFindings || ofFinding(filter).length > 0
  const isUrgencyFirst = sort !== "customer"
  const afterKey =
    after === undefined || after.by === null
      ? []
      : [
          sql`(${order}) > (${sql.join([
            ...sorts[sort].map(([, type], at) => sql`${after.by?.[at] ?? null}::${type}`),
            sql`${after.position}::integer`
          ])})`
        ]
  const ofRows = ofRow(branch, filter)
  const from =
    isUrgencyFirst && ofRows.length > 0 ? withFindings(id, ofRows) : sql`reconciliation_row report`
  const sorted = sql`(
    select report.position, array[${sql.join(texts)}]::text[] as by from ${from}
    where report.run_id = ${id} and ${all([
      ...(isUrgencyFirst || onlyFindings ? [sql`report.severity is not null`] : []),
      ...(isUrgencyFirst ? hasFinding(filter) : wanted),
      ...afterKey
    ])}
    order by ${order} limit ${limit})`
  const rest = sql`(
    select report.position, null::text[] as by from reconciliation_row report
    where report.run_id = ${id} and report.severity is null
      and report.position > ${after?.by === null ? after.position : -1} and ${all(wanted)}
    order by report.position limit ${limit})`
  const parts = [
    ...(after?.by === null ? [] : [sorted]),
    ...(isUrgencyFirst && !onlyFindings ? [rest] : [])
  ]
  return sql<StoredRow & { readonly by: RowKey["by"] }>`
    select place.by, ${storedColumns}
    from (select * from (${sql.join(parts, sql` union all `)}) part limit ${limit}) place
    join reconciliation_row report on report.run_id = ${id} and report.position = place.position
    order by place.by is null, ${order}`.execute(db)
}

/** One row of a report that a branch may see. */
export const selectRow = (
  db: Kysely<Tables>,
  id: RunId,
  branch: AccountId | null,
  position: number
) =>
  sql<StoredRow>`
    select ${storedColumns} from reconciliation_row report
    where report.run_id = ${id} and report.position = ${position} and ${all(inAccount(branch))}`.execute(
    db
  )

/** By what findings are grouped; the day of a deadline is that of UTC. */
const groupKeys: Readonly<Record<RowGrouping, RawBuilder<unknown>>> = {
  kind: sql`f.kind`,
  account: sql`report.account_id::text`,
  movedBy: sql`f.moved_by`,
  deadline: sql`to_char(f.deadline at time zone 'UTC', 'YYYY-MM-DD')`
}

/** Where a page of groups begins: the last group before it. */
export const GroupKey = Schema.Struct({ rank: Schema.Int, key: Schema.NullOr(Schema.String) })
export type GroupKey = typeof GroupKey.Type

export interface StoredGroup {
  readonly key: string | null
  readonly account: string | null
  readonly rank: number
  readonly findings: number
  readonly at_risk: ReadonlyArray<MoneyDocument>
}

/** After all keys of any grouping. */
const last = "~"

/** The findings that a filter leaves in groups: the largest first, days by date, and what has no key among its equals last. */
export const selectGroups = (
  db: Kysely<Tables>,
  {
    id,
    branch,
    filter,
    by,
    after,
    limit
  }: {
    readonly id: RunId
    readonly branch: AccountId | null
    readonly filter: RowFilter
    readonly by: RowGrouping
    readonly after: GroupKey | undefined
    readonly limit: number
  }
) => {
  const rowConditions = ofRow(branch, filter)
  const rows =
    by === "account" || rowConditions.length > 0
      ? sql`join reconciliation_row report on report.run_id = f.run_id
          and report.position = f.position and report.severity is not null`
      : sql``
  const place = sql`coalesce(grouped.key, ${last}) collate "C"`
  const afterKey =
    after === undefined
      ? sql`true`
      : sql`(grouped.rank, ${place}) > (${after.rank}, ${after.key ?? last} collate "C")`
  return sql<StoredGroup>`
    with by_currency as (
      select ${groupKeys[by]} as key, f.currency, count(*) as findings, sum(f.at_risk) as amount
      from finding f ${rows}
      where f.run_id = ${id} and ${all([...ofFinding(filter), ...rowConditions])}
      group by 1, 2
    ), grouped as (
      select key, sum(findings)::bigint as findings,
        ${by === "deadline" ? sql`0` : sql`- sum(findings)::bigint`} as rank,
        coalesce(json_agg(json_build_object('amount', amount::text, 'currency', currency)
          order by currency) filter (where currency is not null), '[]') as at_risk
      from by_currency group by key
    )
    select grouped.key, grouped.findings, grouped.rank, grouped.at_risk,
      ${by === "account" ? sql`(select name from account where account.id = grouped.key::uuid)` : sql`null`} as account
    from grouped where ${afterKey}
    order by grouped.rank, ${place} limit ${limit}`.execute(db)
}
