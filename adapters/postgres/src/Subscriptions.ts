import type { AccountId } from "@concordat/core/account/Account"
import type {
  Environment,
  InstanceId,
  InstanceName,
  TenantId
} from "@concordat/core/instance/Instance"
import type { Currency } from "@concordat/core/money/Money"
import type { Observed } from "@concordat/core/subscription/Observed"
import { type MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import {
  type ListedSubscription,
  type SubscriptionFilter,
  SubscriptionNotFound,
  type SubscriptionOrder,
  Subscriptions
} from "@concordat/core/subscription/Subscriptions"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer, Schema } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { moneyOf } from "./documents.ts"
import { keyset } from "./Keyset.ts"
import { all, isGuid, likeStart, statements } from "./Statements.ts"
import type { Tables, TermsDocument } from "./Tables.ts"

type Branch = AccountId | null
type Condition = RawBuilder<unknown>

const byName = keyset(Schema.Struct({ name: Schema.String, id: SubscriptionId }))
const byEnd = keyset(Schema.Struct({ end: Schema.Finite, id: SubscriptionId }))

/** So many matches are sorted rather than met on a walk in the list's order. */
const rareMaxDefault = 10_000

/** What customers have, from Postgres. `rareMax`: up to how many matches are sorted. */
export const subscriptionsLayerWith = (rareMax: number) =>
  Layer.effect(
    Subscriptions,
    Effect.gen(function* () {
      const { run } = yield* statements
      type Port = Subscriptions["Service"]

      const list = Effect.fn("Subscriptions.list")(function* (
        ...[branch, filter, order, page]: Parameters<Port["list"]>
      ) {
        const rows = (after: Condition | undefined) =>
          run("Subscriptions.list", (db) =>
            readListed(
              db,
              listed({ branch, filter, order, after, limit: page.limit + 1, rareMax }),
              order
            )
          )
        if (order === "end") {
          const after = yield* byEnd.after(page)
          const found = yield* rows(
            after === undefined
              ? undefined
              : sql`(${endsAt}, s.id) > (${after.end}, ${after.id}::uuid)`
          )
          return byEnd.page(found, page, ({ end, id }) => ({ end: end ?? 0, id }), listedOf)
        }
        const after = yield* byName.after(page)
        const found = yield* rows(
          after === undefined
            ? undefined
            : sql`lower(s.name) ~>=~ ${after.name}
              and (lower(s.name) ~>~ ${after.name} or s.id > ${after.id}::uuid)`
        )
        return byName.page(found, page, ({ sort_name, id }) => ({ name: sort_name, id }), listedOf)
      })

      const get = Effect.fn("Subscriptions.get")(function* (
        ...[id, branch]: Parameters<Port["get"]>
      ) {
        const [row] = yield* run("Subscriptions.get", (db) =>
          readListed(
            db,
            sql`select s.id from subscription s where s.id = ${id} and ${within(branch)}`,
            "name"
          )
        )
        if (row === undefined) return yield* new SubscriptionNotFound({ id })
        const [seen] = yield* run("Subscriptions.observed", (db) => readObserved(db, row))
        return {
          subscription: listedOf(row),
          observed:
            seen === undefined
              ? null
              : { terms: seen.document.terms, fetchedAt: instantOf(seen.fetched_at) }
        }
      })

      return Subscriptions.of({ list, get })
    })
  )

export const subscriptionsLayer = subscriptionsLayerWith(rareMaxDefault)

const within = (root: Branch | undefined): Condition =>
  root === null || root === undefined
    ? sql`true`
    : sql`exists (select from account where account.id = s.account_id
        and account.ancestors @> array[${root}]::uuid[])`

const endsAt = sql`(s.terms ->> 'commitmentEnd')::bigint`

/** By what the list is sorted, and how: names by their bytes, whatever the database's collation, as their index is. */
const keys: Record<SubscriptionOrder, Condition> = { name: sql`lower(s.name)`, end: endsAt }
const inOrder: Record<SubscriptionOrder, (key: Condition) => Condition> = {
  name: (key) => sql`${key} using ~<~`,
  end: (key) => key
}

/** Beginnings, so that an index knows them; ids as a whole. */
const matching = (q: string | undefined): ReadonlyArray<Condition> => {
  if (q === undefined || q === "") return []
  const start = sql`lower(${likeStart(q)}::text)`
  return [
    isGuid(q)
      ? sql`${q}::uuid in (s.id, s.microsoft_id, s.tenant_id)`
      : sql`(lower(s.name) like ${start} or lower(s.reference) like ${start})`
  ]
}

const wanted = (branch: Branch, filter: SubscriptionFilter): ReadonlyArray<Condition> => [
  within(branch),
  within(filter.account),
  ...(filter.instanceId === undefined ? [] : [sql`s.instance_id = ${filter.instanceId}`]),
  ...(filter.status === undefined ? [] : [sql`s.terms ->> 'status' = ${filter.status}`]),
  ...(filter.parent === undefined ? [] : [sql`s.parent_id = ${filter.parent}`]),
  ...(filter.endsFrom === undefined ? [] : [sql`${endsAt} >= ${filter.endsFrom}`]),
  ...(filter.endsBefore === undefined ? [] : [sql`${endsAt} < ${filter.endsBefore}`]),
  ...matching(filter.q)
]

/**
 * The ids of a page. What an account, a text or an id narrows to is taken from its index and sorted while it is little;
 * what is much is met soon on a walk in the list's order. The planner would guess which, and a wrong guess reads
 * everything.
 */
const listed = ({
  branch,
  filter,
  order,
  after,
  limit,
  rareMax
}: {
  readonly branch: Branch
  readonly filter: SubscriptionFilter
  readonly order: SubscriptionOrder
  readonly after: Condition | undefined
  readonly limit: number
  readonly rareMax: number
}): Condition => {
  const where = all([
    ...wanted(branch, filter),
    ...(order === "end" ? [sql`s.terms ->> 'commitmentEnd' is not null`] : []),
    ...(after === undefined ? [] : [after])
  ])
  const key = keys[order]
  const walk = sql`
    select s.id, ${key} as key from subscription s where ${where}
    order by ${inOrder[order](key)}, s.id limit ${limit}`
  const root = filter.account ?? branch
  const isNarrow = root !== null || filter.parent !== undefined || (filter.q ?? "") !== ""
  if (!isNarrow) return sql`select id from (${walk}) walked`
  // From the accounts to what they have: by the account's index, however the rest is guessed.
  const few =
    root === null
      ? sql`select s.id, ${key} as key from subscription s where ${where} limit ${rareMax + 1}`
      : sql`select s.id, ${key} as key from account a cross join lateral (
            select * from subscription where account_id = a.id offset 0) s
          where a.ancestors @> array[${root}]::uuid[] and ${where} limit ${rareMax + 1}`
  return sql`
    with rare as materialized (${few})
    (select id from rare where (select count(*) from rare) <= ${rareMax}
      order by ${inOrder[order](sql`rare.key`)}, rare.id limit ${limit})
    union all
    select id from (${walk}) common where (select count(*) from rare) > ${rareMax}`
}

interface ListedRow {
  readonly id: SubscriptionId
  readonly reference: string
  readonly name: string
  readonly sort_name: string
  readonly end: number | null
  readonly instance_id: InstanceId
  readonly instance: InstanceName
  readonly environment: Environment
  readonly account_id: AccountId
  readonly account: string
  readonly tenant_id: TenantId
  readonly microsoft_id: MicrosoftId | null
  readonly parent_id: SubscriptionId | null
  readonly parent: MicrosoftId | null
  readonly keeps_parent: boolean
  readonly is_addon: boolean
  readonly terms: TermsDocument
  readonly unit_price: string | null
  readonly currency: Currency | null
  readonly accepted_at: number | null
}

const readListed = async (db: Kysely<Tables>, ids: Condition, order: SubscriptionOrder) => {
  const { rows } = await sql<ListedRow>`
    select s.id, s.reference, s.name, lower(s.name) as sort_name, ${endsAt}::float8 as end, s.instance_id,
      instance.name as instance, s.environment, s.account_id, account.name as account, s.tenant_id,
      s.microsoft_id, s.parent_id, base.microsoft_id as parent, s.keeps_parent, s.is_addon, s.terms,
      s.unit_price::text, s.currency, (extract(epoch from s.accepted_at) * 1000)::float8 as accepted_at
    from subscription s
    join instance on instance.id = s.instance_id
    join account on account.id = s.account_id
    left join subscription base on base.id = s.parent_id
    where s.id in (${ids})
    order by ${inOrder[order](keys[order])}, s.id`.execute(db)
  return rows
}

/** A base subscription that Partner Center has not created yet has no id there. */
const parentOf = (row: ListedRow): MicrosoftId | null | undefined =>
  row.parent_id === null ? (row.keeps_parent ? null : undefined) : (row.parent ?? undefined)

const instantOf = (ms: number | null): Instant | null => (ms === null ? null : Instant.make(ms))

const listedOf = (row: ListedRow): ListedSubscription => ({
  id: row.id,
  reference: row.reference,
  instanceId: row.instance_id,
  instance: row.instance,
  environment: row.environment,
  accountId: row.account_id,
  account: row.account,
  tenantId: row.tenant_id,
  microsoftId: row.microsoft_id,
  parentId: row.parent_id,
  name: row.name,
  isAddon: row.is_addon,
  terms: { ...row.terms, parent: parentOf(row) },
  unitPrice:
    row.unit_price === null || row.currency === null
      ? null
      : moneyOf({ amount: row.unit_price, currency: row.currency }),
  acceptedAt: instantOf(row.accepted_at)
})

/** What Partner Center said of it last, in the tenant that the book names. */
const readObserved = async (db: Kysely<Tables>, row: ListedRow) => {
  const { rows } = await sql<{ document: Observed; fetched_at: number | null }>`
    select held.document, (extract(epoch from customer.fetched_at) * 1000)::float8 as fetched_at
    from observed_subscription held
    join observed_customer customer using (instance_id, tenant_id)
    where held.instance_id = ${row.instance_id} and held.tenant_id = ${row.tenant_id}
      and held.microsoft_id = ${row.microsoft_id}::uuid and held.environment = ${row.environment}`.execute(
    db
  )
  return rows
}
