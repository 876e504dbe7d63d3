import type { AccountId } from "@concordat/core/account/Account"
import type { FindingKind } from "@concordat/core/reconciliation/Finding"
import type {
  ChangeCounts,
  ComparedFinding,
  FindingChange
} from "@concordat/core/reconciliation/Reports"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { Schema } from "effect"
import { type Kysely, sql } from "kysely"
import { moneyOf } from "./documents.ts"
import { inAccount } from "./reportQueries.ts"
import { all } from "./Statements.ts"
import type { FindingDocument, Tables } from "./Tables.ts"

/** Where a page begins: the last finding before it, by what the list is sorted by. */
export const ComparedKey = Schema.Struct({
  rank: Schema.Int,
  severity: Schema.Int,
  side: Schema.Int,
  position: Schema.Int,
  ordinal: Schema.Int
})
export type ComparedKey = typeof ComparedKey.Type

export interface StoredCompared extends ComparedKey {
  readonly change: FindingChange
  readonly kind: FindingKind
  readonly customer: string
  readonly name: string | null
  readonly row: number | null
  readonly other_row: number | null
  readonly document: FindingDocument
}

export const comparedOf = (stored: StoredCompared): ComparedFinding => ({
  change: stored.change,
  kind: stored.kind,
  customer: stored.customer,
  name: stored.name ?? "",
  severity: stored.document.severity,
  atRisk: stored.document.atRisk === null ? null : moneyOf(stored.document.atRisk),
  bss: stored.document.bss,
  partnerCenter: stored.document.partnerCenter,
  row: stored.row,
  otherRow: stored.other_row
})

/**
 * The findings of two reports about the customers that both have fetched, each with what became of it. A finding is
 * the same one when it is of the same kind and about the same subscription; of several such, by their order.
 */
const compared = (id: RunId, other: RunId, branch: AccountId | null) => {
  const side = (run: RunId) => sql`
    select coalesce(report.subscription_id, report.microsoft_id, report.tenant_id) as subject, f.kind,
      row_number() over (partition by coalesce(report.subscription_id, report.microsoft_id, report.tenant_id),
        f.kind order by f.position, f.ordinal) as nth,
      f.position, f.ordinal, f.severity,
      md5(concat_ws(' ', f.document ->> 'bss', f.document ->> 'partnerCenter', f.severity,
        f.at_risk, f.currency)) as said
    from finding f join reconciliation_row report using (run_id, position)
    where f.run_id = ${run} and ${all(inAccount(branch))}
      and exists (select from reconciliation_customer customer
        where customer.run_id = ${run === id ? other : id} and customer.tenant_id = report.tenant_id
          and customer.state = 'observed')`
  return sql`
    with mine as materialized (${side(id)}), theirs as materialized (${side(other)}), both_sides as materialized (
      select case when theirs.subject is null then 'new' when mine.subject is null then 'settled'
          when mine.said <> theirs.said then 'changed' else 'same' end as change,
        mine.position as row, theirs.position as other_row,
        coalesce(mine.position, theirs.position) as position,
        coalesce(mine.ordinal, theirs.ordinal)::integer as ordinal,
        coalesce(mine.severity, theirs.severity)::integer as severity,
        case when mine.subject is null then 1 else 0 end as side
      from mine full join theirs using (subject, kind, nth)
    )`
}

const ranks = sql`case change when 'new' then 0 when 'changed' then 1 else 2 end`

export const selectCompared = (
  db: Kysely<Tables>,
  id: RunId,
  other: RunId,
  branch: AccountId | null,
  after: ComparedKey | undefined,
  limit: number
) =>
  sql<StoredCompared>`
    ${compared(id, other, branch)}, shown as (
      select *, ${ranks} as rank from both_sides where change <> 'same'
        and ${
          after === undefined
            ? sql`true`
            : sql`(${ranks}, severity, side, position, ordinal) >
                (${after.rank}, ${after.severity}, ${after.side}, ${after.position}, ${after.ordinal})`
        }
      order by rank, severity, side, position, ordinal limit ${limit}
    )
    select shown.*, f.kind, f.document, report.customer,
      coalesce(report.subscription::json ->> 'name', report.observed::json ->> 'name') as name
    from shown
    join finding f on f.run_id = case side when 0 then ${id}::uuid else ${other}::uuid end
      and f.position = shown.position and f.ordinal = shown.ordinal
    join reconciliation_row report on report.run_id = f.run_id and report.position = f.position
    order by rank, shown.severity, side, shown.position, shown.ordinal`.execute(db)

/** How many findings became what. */
export const countCompared = async (
  db: Kysely<Tables>,
  id: RunId,
  other: RunId,
  branch: AccountId | null
): Promise<ChangeCounts> => {
  const { rows } = await sql<{ change: FindingChange; count: number }>`
    ${compared(id, other, branch)}
    select change, count(*) as count from both_sides group by change`.execute(db)
  const counted = new Map(rows.map(({ change, count }) => [change, count]))
  const of = (change: FindingChange) => counted.get(change) ?? 0
  return { new: of("new"), changed: of("changed"), settled: of("settled"), same: of("same") }
}
