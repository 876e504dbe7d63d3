import type { AccountId } from "@concordat/core/account/Account"
import type { Plan } from "@concordat/core/catalogue/VendorCatalogue"
import type { Environment, InstanceId } from "@concordat/core/instance/Instance"
import type { PriceListId } from "@concordat/core/price/PriceList"
import type { PriceCause } from "@concordat/core/price/PriceLists"
import {
  type NewProtection,
  type PricedSubscription,
  PriceProtections,
  type ProtectionScope,
  ProtectionScopeNotFound
} from "@concordat/core/price/PriceProtections"
import {
  type BillingCycle,
  SubscriptionId,
  type Term
} from "@concordat/core/subscription/Subscription"
import { SubscriptionNotFound } from "@concordat/core/subscription/Subscriptions"
import { Instant, toIso } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, Layer } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { moneyOf } from "./documents.ts"
import { keyset } from "./Keyset.ts"
import { takeTurns } from "./priceChanges.ts"
import { statements } from "./Statements.ts"
import type { MoneyDocument, Tables, TermsDocument } from "./Tables.ts"

const place = keyset(SubscriptionId)

/** Which subscriptions keep their price, from Postgres. */
export const priceProtectionsLayer = Layer.effect(
  PriceProtections,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    type Port = PriceProtections["Service"]

    const inScope = Effect.fn("PriceProtections.inScope")(function* (
      ...[instanceId, scope, branch, page]: Parameters<Port["inScope"]>
    ) {
      const after = yield* place.after(page)
      const missing = yield* run("PriceProtections.missing", (db) =>
        readMissing(db, instanceId, scope, branch)
      )
      if (missing !== undefined)
        return yield* new ProtectionScopeNotFound({ kind: kinds[scope.kind], id: missing })
      const rows = yield* run("PriceProtections.inScope", (db) =>
        readSubscriptions(
          db,
          sql`subscription.instance_id = ${instanceId} and (${isIn(scope)})
            and (${after ?? null}::uuid is null or subscription.id > ${after ?? null}::uuid)`,
          branch,
          page.limit + 1
        )
      )
      return place.page(rows, page, ({ id }) => id, subscriptionOf)
    })

    const subscription = Effect.fn("PriceProtections.subscription")(function* (
      ...[id, branch]: Parameters<Port["subscription"]>
    ) {
      const [row] = yield* run("PriceProtections.subscription", (db) =>
        readSubscriptions(db, sql`subscription.id = ${id}`, branch, 1)
      )
      return row === undefined ? yield* new SubscriptionNotFound({ id }) : subscriptionOf(row)
    })

    const activate = Effect.fn("PriceProtections.activate")(function* (
      ...[protections, cause]: Parameters<Port["activate"]>
    ) {
      if (protections.length === 0) return new Set<SubscriptionId>()
      return yield* atomically(
        Effect.gen(function* () {
          // Each statement sees what was committed before it began: who waited here sees the other's protections.
          yield* run("PriceProtections.takeTurns", takeTurns)
          const rows = yield* run("PriceProtections.activate", (db) =>
            addProtections(db, protections, cause)
          )
          return new Set(rows.map(({ id }) => id))
        })
      )
    })

    return PriceProtections.of({ inScope, subscription, activate })
  })
)

const kinds = {
  subscriptions: "subscription",
  account: "account",
  product: "product",
  all: "account"
} as const

/** Add-ons that are active come along with their base subscription (domain.md §3b). */
const isIn = (scope: ProtectionScope): RawBuilder<unknown> => {
  switch (scope.kind) {
    case "subscriptions":
      return sql`subscription.id = any(${scope.ids}::uuid[]) or ${isActiveAddon}
        and subscription.parent_id = any(${scope.ids}::uuid[])`
    case "account":
      return sql`${scope.id}::uuid = any(account.ancestors)`
    case "product":
      return sql`subscription.terms ->> 'offer' = ${scope.offer} or ${isActiveAddon}
        and base.terms ->> 'offer' = ${scope.offer}`
    case "all":
      return sql`true`
  }
}
const isActiveAddon = sql`subscription.terms ->> 'status' = 'active'`

const sees = (branch: AccountId | null) =>
  sql`(${branch}::uuid is null or ${branch}::uuid = any(account.ancestors))`

/** The first thing that a scope names and that is not there; undefined where all is. */
const readMissing = async (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  scope: ProtectionScope,
  branch: AccountId | null
): Promise<string | undefined> => {
  const missing = missingIn(instanceId, scope, branch)
  if (missing === undefined) return undefined
  const { rows } = await sql<{ id: string }>`${missing} limit 1`.execute(db)
  return rows[0]?.id
}

const missingIn = (
  instanceId: InstanceId,
  scope: ProtectionScope,
  branch: AccountId | null
): RawBuilder<unknown> | undefined => {
  switch (scope.kind) {
    case "subscriptions":
      return sql`
        select id from unnest(${scope.ids}::uuid[]) with ordinality wanted (id, ordinal)
        where not exists (
          select from subscription join account on account.id = subscription.account_id
          where subscription.id = wanted.id and subscription.instance_id = ${instanceId}
            and ${sees(branch)})
        order by ordinal`
    case "account":
      return sql`
        select ${scope.id}::uuid as id
        where not exists (select from account where id = ${scope.id} and ${sees(branch)})`
    case "product":
      return sql`
        select ${scope.offer}::text as id
        where not exists (select from product where instance_id = ${instanceId} and offer = ${scope.offer})`
    case "all":
      return undefined
  }
}

interface ProtectionDocument {
  readonly price: MoneyDocument
  readonly term: Term | null
  readonly billingCycle: BillingCycle
  readonly months: number
  readonly validFrom: number
  readonly validTo: number
  readonly priceListId: PriceListId
  readonly activatedBy: string
}

interface SubscriptionRow {
  readonly id: SubscriptionId
  readonly reference: string
  readonly name: string
  readonly instance_id: InstanceId
  readonly environment: Environment
  readonly account_id: AccountId
  readonly account: string
  readonly terms: TermsDocument
  readonly plans: ReadonlyArray<Plan>
  readonly protection_months: number
  readonly protection: ProtectionDocument | null
}

const readSubscriptions = async (
  db: Kysely<Tables>,
  which: RawBuilder<unknown>,
  branch: AccountId | null,
  limit: number
) => {
  const { rows } = await sql<SubscriptionRow>`
    select subscription.id, subscription.reference, subscription.name, subscription.instance_id,
      subscription.environment, subscription.account_id, account.name as account, subscription.terms, (
        select coalesce(json_agg(plan order by ordinal), '[]')
        from json_array_elements(product.plans) with ordinality listed (plan, ordinal)
        where product.annual_enabled or plan ->> 'billingCycle' <> 'annual'
      ) as plans,
      coalesce(nullif(product.protection_months, 0), base_product.protection_months, 0) as protection_months, (
        select json_build_object('price', json_build_object('amount', amount::text, 'currency', currency),
          'term', term, 'billingCycle', billing_cycle, 'months', months,
          'validFrom', (extract(epoch from valid_from) * 1000)::bigint,
          'validTo', (extract(epoch from valid_to) * 1000)::bigint,
          'priceListId', price_list_id, 'activatedBy', activated_by)
        from price_protection where subscription_id = subscription.id
        order by valid_from desc limit 1
      ) as protection
    from subscription
    join account on account.id = subscription.account_id
    left join subscription base on base.id = subscription.parent_id
    left join product on product.instance_id = subscription.instance_id
      and product.offer = subscription.terms ->> 'offer'
    left join product base_product on base_product.instance_id = base.instance_id
      and base_product.offer = base.terms ->> 'offer'
    where ${which} and ${sees(branch)}
    order by subscription.id
    limit ${limit}`.execute(db)
  return rows
}

const subscriptionOf = (row: SubscriptionRow): PricedSubscription => {
  const { offer, status, term, billingCycle, scheduledChange } = row.terms
  return {
    id: row.id,
    reference: row.reference,
    name: row.name,
    instanceId: row.instance_id,
    environment: row.environment,
    accountId: row.account_id,
    account: row.account,
    offer,
    status,
    plan: term === undefined || billingCycle === undefined ? null : { term, billingCycle },
    scheduledChange: scheduledChange ?? null,
    plans: row.plans,
    protectionMonths: row.protection_months,
    protection:
      row.protection === null
        ? null
        : {
            ...row.protection,
            price: moneyOf(row.protection.price),
            validFrom: Instant.make(row.protection.validFrom),
            validTo: Instant.make(row.protection.validTo)
          }
  }
}

/** One statement for all of them, and for their place in the history. */
const addProtections = async (
  db: Kysely<Tables>,
  protections: ReadonlyArray<NewProtection>,
  { actor, correlationId }: PriceCause
) => {
  const given = protections.map(({ price, validFrom, validTo, ...rest }) => ({
    ...rest,
    amount: BigDecimal.format(price.amount),
    currency: price.currency,
    validFrom: toIso(validFrom),
    validTo: toIso(validTo)
  }))
  const { rows } = await sql<{ id: SubscriptionId }>`
    with added as (
      insert into price_protection (subscription_id, amount, currency, term, billing_cycle, months, valid_from,
        valid_to, price_list_id, activated_by, at)
      select "subscriptionId", amount, currency, term, "billingCycle", months, "validFrom", "validTo",
        "priceListId", ${actor}, clock_timestamp()
      from json_to_recordset(${JSON.stringify(given)}::json) given ("subscriptionId" uuid, amount numeric,
        currency text, term text, "billingCycle" text, months integer, "validFrom" timestamptz,
        "validTo" timestamptz, "priceListId" uuid)
      where not exists (
        select from price_protection held where held.subscription_id = "subscriptionId"
          and held.valid_from < "validTo" and "validFrom" < held.valid_to)
      returning *
    ), logged as (
      insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id,
        subscription_id, microsoft_id, field, before, after)
      select clock_timestamp(), ${actor}, 'price protection', ${correlationId}, 'desired', instance_id,
        account_id, tenant_id, id, microsoft_id, 'priceProtection', null,
        json_build_object('price', json_build_object('amount', added.amount::text, 'currency', added.currency),
          'billingCycle', billing_cycle, 'months', months, 'validFrom', valid_from, 'validTo', valid_to)
      from added join subscription on subscription.id = added.subscription_id
    )
    select subscription_id as id from added`.execute(db)
  return rows
}
