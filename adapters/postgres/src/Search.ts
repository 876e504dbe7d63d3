import type { AccountId } from "@concordat/core/account/Account"
import { guidRange } from "@concordat/core/search/guidRange"
import {
  type FoundInstance,
  type FoundRun,
  type FoundSubscription,
  type FoundTenant,
  Search
} from "@concordat/core/search/Search"
import { Effect, Layer } from "effect"
import { type RawBuilder, sql } from "kysely"
import { likePart, likeStart, statements } from "./Statements.ts"

type Branch = AccountId | null
type Condition = RawBuilder<unknown>

/** Ids that begin with the text, each in the index of the column; nothing where no id can. */
const begins = (column: string, q: string): ReadonlyArray<Condition> => {
  const range = guidRange(q)
  return range === null
    ? []
    : [sql`${sql.ref(column)} between ${range.from}::uuid and ${range.to}::uuid`]
}

const starts = (column: string, q: string): Condition =>
  sql`lower(${sql.ref(column)}) like lower(${likeStart(q)}::text)`

/** In which order an index of beginnings goes, whatever the database's collation. */
const byStart = (column: string) => sql`lower(${sql.ref(column)}) using ~<~`

/** So many matches are looked through for those of a branch; of more, the branch is looked through for matches. */
const rareMax = 2_000

/**
 * Ids of what fits one of the ways, best way first, at most `limit` of each. Each way reads its own index in its order
 * and stops: it never matters how many more would fit. Within a branch, few matches are asked whether they lie in it;
 * where there are many, the branch is asked whether it has some.
 */
const inBranch = (
  table: "subscription" | "account_tenant",
  ways: ReadonlyArray<{ readonly where: Condition; readonly order: RawBuilder<unknown> }>,
  key: ReadonlyArray<string>,
  branch: Branch,
  limit: number
): RawBuilder<unknown> => {
  const columns = sql.join(key.map((column) => sql.ref(`${table}.${column}`)))
  const plain = sql.join(key.map((column) => sql.ref(column)))
  const within = sql`account.ancestors @> array[${branch}]::uuid[]`
  const some = ways.map(({ where, order }, way) => {
    const best = sql`select ${columns}, ${way}::int as way from ${sql.table(table)} where ${where}`
    if (branch === null) return sql`(${best} order by ${order} limit ${limit})`
    return sql`(
      with rare as materialized (
        select ${columns}, ${sql.ref(`${table}.account_id`)} from ${sql.table(table)} where ${where} limit ${rareMax + 1}
      )
      (select ${plain}, ${way}::int as way from rare
        where (select count(*) from rare) <= ${rareMax}
          and exists (select from account where account.id = rare.account_id and ${within})
        limit ${limit})
      union all
      (select ${columns}, ${way}::int from account join ${sql.table(table)} on account_id = account.id
        where (select count(*) from rare) > ${rareMax} and ${within} and ${where} limit ${limit}))`
  })
  return sql`select ${plain}, min(way) as way from (${sql.join(some, sql` union all `)}) found group by ${plain}`
}

/** Finds single things in Postgres, by indexes of their beginnings. */
export const searchLayer = Layer.effect(
  Search,
  Effect.gen(function* () {
    const { run } = yield* statements

    const tenants = Effect.fn("Search.tenants")(function* (
      q: string,
      branch: Branch,
      limit: number
    ) {
      const ways = [
        { where: starts("account_tenant.domain", q), order: byStart("account_tenant.domain") },
        ...begins("account_tenant.tenant_id", q).map((where) => ({
          where,
          order: sql.ref("account_tenant.tenant_id")
        }))
      ]
      const found = inBranch("account_tenant", ways, ["instance_id", "tenant_id"], branch, limit)
      const { rows } = yield* run("Search.tenants", (db) =>
        sql<FoundTenant>`
          select link.tenant_id as "tenantId", link.domain, instance.name as instance,
            json_build_object('id', account.id, 'name', account.name) as account
          from (${found}) found
          join account_tenant link using (instance_id, tenant_id)
          join instance on instance.id = link.instance_id
          join account on account.id = link.account_id
          order by found.way, lower(link.domain), link.tenant_id, instance.name
          limit ${limit}`.execute(db)
      )
      return rows
    })

    const subscriptions = Effect.fn("Search.subscriptions")(function* (
      q: string,
      branch: Branch,
      limit: number
    ) {
      const ways = [
        {
          where: starts("subscription.reference", q),
          order: byStart("subscription.reference")
        },
        ...["subscription.microsoft_id", "subscription.id"].flatMap((column) =>
          begins(column, q).map((where) => ({ where, order: sql.ref(column) }))
        ),
        { where: starts("subscription.name", q), order: byStart("subscription.name") }
      ]
      const found = inBranch("subscription", ways, ["id"], branch, limit)
      const { rows } = yield* run("Search.subscriptions", (db) =>
        sql<FoundSubscription>`
          select subscription.id, subscription.name, subscription.reference,
            subscription.microsoft_id as "microsoftId", instance.name as instance,
            json_build_object('id', account.id, 'name', account.name) as account
          from (${found}) found
          join subscription using (id)
          join instance on instance.id = subscription.instance_id
          join account on account.id = subscription.account_id
          order by found.way, lower(subscription.name), subscription.id
          limit ${limit}`.execute(db)
      )
      return rows
    })

    const instances = Effect.fn("Search.instances")(function* (q: string, limit: number) {
      const part = likePart(q)
      const ways = [
        sql`name ilike ${part}`,
        sql`tenant_domain ilike ${part}`,
        ...begins("tenant_id", q)
      ]
      const { rows } = yield* run("Search.instances", (db) =>
        sql<FoundInstance>`
          select name, tenant_id as "tenantId" from instance
          where ${sql.join(ways, sql` or `)} order by name limit ${limit}`.execute(db)
      )
      return rows
    })

    const reconciliations = Effect.fn("Search.reconciliations")(function* (
      q: string,
      branch: Branch,
      limit: number
    ) {
      const ways = [
        sql`run.instance_id in (select id from instance where name ilike ${likePart(q)})`,
        ...begins("run.id", q)
      ]
      const { rows } = yield* run("Search.reconciliations", (db) =>
        sql<FoundRun>`
          select run.id, instance.name as instance, run.status, run.created_at as "createdAt"
          from reconciliation_run run join instance on instance.id = run.instance_id
          where (${sql.join(ways, sql` or `)}) and ${
            branch === null
              ? sql`true`
              : sql`exists (select from account
                  where account.id = run.branch and account.ancestors @> array[${branch}]::uuid[])`
          }
          order by run.created_at desc, run.id desc limit ${limit}`.execute(db)
      )
      return rows
    })

    return Search.of({ tenants, subscriptions, instances, reconciliations })
  })
)
