import type { AccountId } from "@concordat/core/account/Account"
import type { AccountCause } from "@concordat/core/account/Accounts"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { type Kysely, sql } from "kysely"
import type { Tables } from "./Tables.ts"

/** What a merge has to know beyond the two accounts. */
export interface MergeFacts {
  readonly sourceOrganisation: AccountId
  readonly targetOrganisation: AccountId
  readonly instances: ReadonlyArray<{ readonly id: InstanceId; readonly name: string }>
  readonly underWay: ReadonlyArray<InstanceId>
  readonly billedElsewhere: string | null
  readonly subscriptions: number
  readonly accounts: number
  readonly agreements: number
  readonly priceLists: number
  readonly keys: number
  readonly operators: number
}

const organisationOf = (id: AccountId) => sql`
  (select organisation.id from account one
    join account organisation on organisation.id = any (one.ancestors) and organisation.kind = 'organisation'
    where one.id = ${id} order by cardinality(organisation.ancestors) desc limit 1)`

/** Both accounts are locked, and nobody moves any: what is counted stays so until the transaction ends. */
export const mergeFacts = async (
  db: Kysely<Tables>,
  source: AccountId,
  target: AccountId
): Promise<MergeFacts> => {
  const { rows } = await sql<MergeFacts>`
    with below as (select * from account where ancestors @> array[${source}]::uuid[] and id <> ${source})
    select ${organisationOf(source)} as "sourceOrganisation", ${organisationOf(target)} as "targetOrganisation",
      (select coalesce(json_agg(json_build_object('id', id, 'name', name)), '[]') from instance
        where id in (select instance_id from account_tenant where account_id = ${source}
          union select instance_id from synchronization where account_id in (${source}, ${target}))) as instances,
      (select coalesce(json_agg(distinct instance_id), '[]') from synchronization
        where account_id in (${source}, ${target})
          -- What Microsoft was asked for, and nobody knows yet what became of it, is the account's too.
          and (status = 'in-progress' or sent_at is not null)) as "underWay",
      (select below.name from below, account kept
        where kept.id = ${target} and below.bill_to_id is not null
          and below.bill_to_id <> all (kept.ancestors)
          and array_position(below.ancestors, below.bill_to_id) < array_position(below.ancestors, ${source}::uuid)
        order by lower(below.name), below.id limit 1) as "billedElsewhere",
      (select count(*) from subscription where account_id = ${source}) as subscriptions,
      (select count(*) from below) as accounts,
      (select count(*) from agreement_sending
        where account_id = ${source} and status in ('waiting', 'pending', 'failed')) as agreements,
      (select count(*) from price_list_account where account_id = ${source}) as "priceLists",
      (select count(*) from api_key where branch = ${source} and revoked_at is null) as keys,
      (select count(*) from operator where branch = ${source}) as operators`.execute(db)
  const [facts] = rows
  if (facts === undefined) throw new Error("a query without a source has one row")
  return facts
}

/** Lines of the history that belong to the merge. */
const cause = ({ actor, correlationId }: AccountCause) =>
  sql`clock_timestamp(), ${actor}, 'account merge', ${correlationId}, 'desired'`

/** Tenants, subscriptions, the accounts below and what is on its way for them: all that names the source names the target. */
export const moveToTarget = async (
  db: Kysely<Tables>,
  source: AccountId,
  target: AccountId,
  by: AccountCause
): Promise<void> => {
  // Before the tenants: the options and the process that made a tenant go with it, others only where there are none.
  for (const table of [sql.table("sync_option"), sql.table("synchronization")]) {
    await sql`
      delete from ${table} theirs where account_id = ${target}
        and exists (select from ${table} ours
          join account_tenant tenant using (account_id, instance_id)
          where ours.account_id = ${source} and ours.instance_id = theirs.instance_id)`.execute(db)
    await sql`
      update ${table} ours set account_id = ${target} where account_id = ${source}
        and not exists (select from ${table} theirs
          where theirs.account_id = ${target} and theirs.instance_id = ours.instance_id)`.execute(
      db
    )
  }
  for (const table of [
    sql.table("customer_import_customer"),
    sql.table("customer_import_reseller")
  ])
    await sql`update ${table} set account_id = ${target} where account_id = ${source}`.execute(db)
  await sql`update synchronization_step set account_id = ${target} where account_id = ${source}`.execute(
    db
  )
  await sql`
    with moved as (
      update account_tenant set account_id = ${target} where account_id = ${source}
      returning instance_id, tenant_id
    )
    insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id,
      field, before, after)
    select ${cause(by)}, instance_id, ${target}::uuid, tenant_id, 'account',
      to_json(${source}::text), to_json(${target}::text)
    from moved`.execute(db)
  await sql`
    with moved as (
      update subscription set account_id = ${target}, version = version + 1 where account_id = ${source}
      returning id, instance_id, tenant_id, microsoft_id
    )
    insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id,
      subscription_id, microsoft_id, field, before, after)
    select ${cause(by)}, instance_id, ${target}::uuid, tenant_id, id, microsoft_id, 'account',
      to_json(${source}::text), to_json(${target}::text)
    from moved`.execute(db)
  // Who is billed to the source, is below it.
  await sql`
    with before as materialized (
      select id, parent_id, bill_to_id from account
      where ancestors @> array[${source}]::uuid[] and id <> ${source}
    ), moved as (
      update account set
        ancestors = kept.ancestors || account.ancestors[array_position(account.ancestors, ${source}::uuid) + 1:],
        parent_id = case when before.parent_id = ${source} then kept.id else before.parent_id end,
        bill_to_id = case when before.bill_to_id = ${source} then kept.id else before.bill_to_id end,
        version = account.version
          + (before.parent_id = ${source} or before.bill_to_id is not distinct from ${source}::uuid)::int
      from before, account kept
      where account.id = before.id and kept.id = ${target}
      returning account.id
    )
    insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
    select ${cause(by)}, before.id, entry.field, to_json(${source}::text), to_json(${target}::text)
    from before join moved using (id), lateral (
      select 'parent' as field where before.parent_id = ${source}
      union all
      select 'billToId' where before.bill_to_id = ${source}
    ) entry`.execute(db)
  // Where both accounts wait with one, the target's is told.
  await sql`
    update agreement_sending ours set status = 'failed', settled_at = clock_timestamp(),
      problem = 'The account was merged into another one, for which this agreement was confirmed too.'
    from agreement_sending theirs
    where ours.account_id = ${source} and ours.status in ('waiting', 'pending')
      and theirs.account_id = ${target} and theirs.status in ('waiting', 'pending')
      and theirs.instance_id = ours.instance_id and theirs.environment = ours.environment
      and theirs.type = ours.type`.execute(db)
  await sql`
    update agreement_sending set account_id = ${target}
    where account_id = ${source} and status in ('waiting', 'pending', 'failed')`.execute(db)
}

/** Who sees the branch of the source sees the target's from now on; returns their names. */
export const moveBranches = async (db: Kysely<Tables>, source: AccountId, target: AccountId) => {
  const operators = await db
    .updateTable("operator")
    .set({ branch: target, version: sql`version + 1` })
    .where("branch", "=", source)
    .returning("name")
    .execute()
  const keys = await db
    .updateTable("api_key")
    .set({ branch: target })
    .where("branch", "=", source)
    .where("revoked_at", "is", null)
    .returning("name")
    .execute()
  const names = (rows: ReadonlyArray<{ readonly name: string }>) =>
    rows.map(({ name }) => name).toSorted()
  return { operators: names(operators), keys: names(keys) }
}
