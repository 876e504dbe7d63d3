import type { AccountId } from "@concordat/core/account/Account"
import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import type { RunId } from "@concordat/core/reconciliation/Run"
import type { ReportRow, RowFilter } from "@concordat/core/reconciliation/Runs"
import type { MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { type Kysely, type RawBuilder, sql } from "kysely"
import {
  findingDocument,
  findingOf,
  observedDocument,
  observedOf,
  subscriptionDocument,
  subscriptionOf
} from "./documents.ts"
import { likePart, lines } from "./Statements.ts"
import type { FindingDocument, ObservedDocument, SubscriptionDocument, Tables } from "./Tables.ts"

/** What can be searched for a part of. */
const searchText = ({ customer, row: { subscription, observed } }: ReportRow): string => {
  const ours = subscription === null ? "" : `\t${subscription.name}\t${subscription.reference}`
  const theirs =
    observed === null || observed.name === subscription?.name ? "" : `\t${observed.name}`
  return `${customer}${ours}${theirs}`.toLowerCase()
}

const oneLine = (text: string): string => (text.includes("\n") ? text.replaceAll("\n", " ") : text)

/**
 * The rows of a report, from `firstPosition` on, in one statement. The columns come as lists of lines, which
 * Postgres splits several times faster than it takes rows out of a document.
 */
export const insertRows = (
  db: Kysely<Tables>,
  id: RunId,
  firstPosition: number,
  rows: ReadonlyArray<ReportRow>
) =>
  sql`
    insert into reconciliation_row (run_id, position, tenant_id, account_id, subscription_id,
      microsoft_id, customer, search, subscription, observed)
    select ${id}::uuid, ${firstPosition}::integer + ordinality - 1, tenant_id::uuid,
      account_id::uuid, subscription_id::uuid, microsoft_id::uuid, coalesce(customer, ''),
      coalesce(search, ''), subscription, observed
    from unnest(
      ${lines(rows.map(({ tenantId }) => tenantId))},
      ${lines(rows.map(({ accountId }) => accountId ?? ""))},
      ${lines(rows.map(({ row }) => row.subscription?.id ?? ""))},
      ${lines(
        rows.map(({ row }) => row.observed?.microsoftId ?? row.subscription?.microsoftId ?? "")
      )},
      ${lines(rows.map(({ customer }) => oneLine(customer)))},
      ${lines(rows.map((row) => oneLine(searchText(row))))},
      ${lines(
        rows.map(({ row }) =>
          row.subscription === null ? "" : JSON.stringify(subscriptionDocument(row.subscription))
        )
      )},
      ${lines(
        rows.map(({ tenantId, row }) =>
          row.observed === null
            ? ""
            : JSON.stringify(observedDocument(tenantId, row.subscription, row.observed))
        )
      )}
    ) with ordinality given (tenant_id, account_id, subscription_id, microsoft_id, customer, search,
      subscription, observed, ordinality)`.execute(db)

/** The findings of the same rows. */
export const insertFindings = (
  db: Kysely<Tables>,
  id: RunId,
  firstPosition: number,
  rows: ReadonlyArray<ReportRow>
) =>
  sql`
    insert into finding (run_id, position, ordinal, kind, moved_by, document)
    select ${id}::uuid, given.* from json_to_recordset(${JSON.stringify(
      rows.flatMap(({ row }, at) =>
        row.findings.map((finding, ordinal) => ({
          position: firstPosition + at,
          ordinal,
          kind: finding.kind,
          moved_by: finding.movedBy,
          document: findingDocument(finding)
        }))
      )
    )}::json) given (position integer, ordinal integer, kind text, moved_by text, document json)`.execute(
    db
  )

interface StoredRow {
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

const all = (conditions: ReadonlyArray<RawBuilder<unknown>>) =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu

const withFinding = ({ kind, movedBy, onlyFindings }: RowFilter) => {
  if (kind === undefined && movedBy === undefined && !onlyFindings) return []
  const wanted = [
    ...(kind === undefined ? [] : [sql`f.kind = ${kind}`]),
    ...(movedBy === undefined ? [] : [sql`f.moved_by = ${movedBy}`])
  ]
  return [
    sql`exists (select from finding f
      where f.run_id = report.run_id and f.position = report.position and ${all(wanted)})`
  ]
}

const inAccount = (account: AccountId | null | undefined) =>
  account === null || account === undefined
    ? []
    : [
        sql`exists (select from account a
          where a.id = report.account_id and a.ancestors @> array[${account}]::uuid[])`
      ]

const matching = (q: string | undefined) => {
  if (q === undefined || q === "") return []
  const part = sql`report.search like ${likePart(q.toLowerCase())}`
  return [
    guid.test(q)
      ? sql`(${part} or ${q}::uuid in (report.subscription_id, report.microsoft_id,
          report.account_id, report.tenant_id))`
      : part
  ]
}

/** Rows of a report in its order, those after a position that a branch may see and a filter wants. */
export const selectRows = (
  db: Kysely<Tables>,
  id: RunId,
  branch: AccountId | null,
  filter: RowFilter,
  after: number,
  limit: number
) =>
  sql<StoredRow>`
    select position, tenant_id, account_id, subscription_id, microsoft_id, customer,
      subscription::json, observed::json,
      (select instance_id from reconciliation_run run where run.id = report.run_id) as instance_id, (
      select coalesce(json_agg(json_build_object('kind', f.kind, 'moved_by', f.moved_by,
        'document', f.document) order by f.ordinal), '[]')
      from finding f where f.run_id = report.run_id and f.position = report.position) as findings
    from reconciliation_row report
    where run_id = ${id} and position > ${after} and ${all([
      ...inAccount(branch),
      ...inAccount(filter.account),
      ...withFinding(filter),
      ...matching(filter.q)
    ])}
    order by position limit ${limit}`.execute(db)

export const reportRowOf = (row: StoredRow): ReportRow => {
  const place = {
    instanceId: row.instance_id,
    tenantId: row.tenant_id,
    accountId: row.account_id,
    subscriptionId: row.subscription_id,
    microsoftId: row.microsoft_id
  }
  const subscription = row.subscription === null ? null : subscriptionOf(place, row.subscription)
  return {
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
