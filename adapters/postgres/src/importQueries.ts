import type { AccountId } from "@concordat/core/account/Account"
import {
  type CustomerImport,
  type CustomerStatus,
  ImportId,
  type ImportReseller
} from "@concordat/core/import/CustomerImport"
import type { ImportCustomerFilter } from "@concordat/core/import/Imports"
import type { CustomerFacts } from "@concordat/core/import/planCustomer"
import type { Candidate } from "@concordat/core/import/suggestAccounts"
import {
  type InstanceId,
  type InstanceName,
  MpnId,
  TenantId
} from "@concordat/core/instance/Instance"
import type { Observed } from "@concordat/core/subscription/Observed"
import { isLive, Status } from "@concordat/core/subscription/Subscription"
import { minuteMs } from "@concordat/core/time/Instant"
import { Schema } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { isPaused } from "./Consents.ts"
import { keyset, newestFirst } from "./Keyset.ts"
import { bossSchema } from "./queue/claims.ts"
import { customerImportQueue } from "./queues.ts"
import { likePart } from "./Statements.ts"
import type { CustomerImportCustomerTable, CustomerImportTable, Tables } from "./Tables.ts"

export const byAge = newestFirst("import", "created_at", ImportId)
export const byName = keyset(Schema.Struct({ name: Schema.String, tenantId: TenantId }))
export const byMpnId = keyset(Schema.Struct({ mpnId: MpnId }))

export const underWay = sql`('queued', 'reading', 'importing')`
/** A look at a customer's subscriptions is imported from for so long; Microsoft's own lists lag as much. */
export const freshForMs = 15 * minuteMs
/** An import can end between two looks at it; it cannot do so for ever. */
export const requestsMax = 5
/** Accounts of one name that are looked at for suggestions. */
export const candidatesMax = 2_000

export const liveStatuses = Status.literals.filter(isLive)

export type ImportRow = Selectable<CustomerImportTable> & {
  readonly instance: InstanceName
  readonly paused: boolean
}

export const importOf = (row: ImportRow): CustomerImport => ({
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  environment: row.environment,
  status: row.status,
  requestedBy: row.requested_by,
  executedBy: row.executed_by,
  correlationId: row.correlation_id,
  customers: row.customers,
  customersRead: row.customers_read,
  customersFailed: row.customers_failed,
  customersWaiting: row.customers_waiting,
  customersImported: row.customers_imported,
  customersIncomplete: row.customers_incomplete,
  resellers: row.resellers,
  subscriptions: row.subscriptions,
  subscriptionsImported: row.subscriptions_imported,
  requests: row.requests,
  problem:
    row.paused &&
    (row.status === "queued" || row.status === "reading" || row.status === "importing")
      ? `waiting: instance "${row.instance}" is paused: authenticate it again`
      : row.problem,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at
})

export const importsOf = (db: Kysely<Tables>) =>
  db
    .selectFrom("customer_import as import")
    .innerJoin("instance", "instance.id", "import.instance_id")
    .selectAll("import")
    .select("instance.name as instance")
    .select(isPaused(sql.ref("import.instance_id")).as("paused"))

export type CustomerRow = Selectable<CustomerImportCustomerTable> & {
  readonly sort_name: string
  readonly status: CustomerStatus
  readonly reseller_mpn_id: MpnId | null
  readonly account: { readonly id: AccountId; readonly name: string } | null
  readonly known: number
}

export const resellerMpnId = sql`case when customer.assigned then customer.assigned_mpn_id
  else customer.found_mpn_id end`

export const status = sql`case
  when customer.outcome is not null then customer.outcome
  when customer.state = 'pending' then 'pending'
  when customer.state = 'failed' then 'failed'
  when link.account_id is not null then 'linked'
  when customer.account_id is not null then 'mapped'
  else 'new' end`

/** Customers of an import under the conditions; `known` of their subscriptions are in the book. */
export const selectCustomers = (
  db: Kysely<Tables>,
  { environment, id, instanceId }: CustomerImport,
  conditions: ReadonlyArray<ReturnType<typeof sql<boolean>>>,
  limit: number
) =>
  sql<CustomerRow>`
    select page.*, (
      select count(*) from observed_subscription observed
      where observed.instance_id = ${instanceId} and observed.tenant_id = page.tenant_id
        and observed.environment = ${environment}
        and observed.document -> 'terms' ->> 'status' = any(${liveStatuses}::text[])
        and exists (select from subscription held
          where held.microsoft_id = observed.microsoft_id and held.environment = ${environment})
    ) as known
    from (
      select customer.*, lower(customer.name) as sort_name, ${status} as status,
        ${resellerMpnId} as reseller_mpn_id,
        case when account.id is not null
          then json_build_object('id', account.id, 'name', account.name) end as account
      from customer_import_customer customer
      left join account_tenant link
        on link.instance_id = ${instanceId} and link.tenant_id = customer.tenant_id
      left join account on account.id = coalesce(link.account_id, customer.account_id)
      where ${sql.join([sql`customer.import_id = ${id}`, ...conditions], sql` and `)}
      order by lower(customer.name), customer.tenant_id
      limit ${limit}
    ) page
    order by sort_name, tenant_id`.execute(db)

/** Somebody has decided something about a customer: what was said of it before counts no more. */
export const decided = sql`outcome = nullif(outcome, 'failed'),
  problem = case when outcome is null or outcome = 'failed' then null else problem end`

export const conditionsOf = ({ q, reseller, status: wanted }: ImportCustomerFilter) => [
  ...(wanted === undefined ? [] : [sql<boolean>`${status} = ${wanted}`]),
  ...(reseller === undefined
    ? []
    : reseller === "direct"
      ? [sql<boolean>`${resellerMpnId} is null and customer.state = 'read'`]
      : [sql<boolean>`${resellerMpnId} = ${reseller}`]),
  ...(q === undefined || q === ""
    ? []
    : [
        sql<boolean>`(customer.name ilike ${likePart(q)} or customer.domain ilike ${likePart(q)}
          or customer.tenant_id::text = lower(${q}::text))`
      ])
]

/** Accounts that could be one of the customers; those that are a tenant of the instance already cannot. */
export const selectCandidates = (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  customers: ReadonlyArray<Pick<CustomerRow, "tenant_id" | "name" | "domain">>
) =>
  sql<Candidate>`
    with wanted as materialized (
      select tenant_id, lower(name) as name, lower(domain) as domain
      from json_to_recordset(${JSON.stringify(
        customers.map(({ domain, name, tenant_id }) => ({ tenant_id, name, domain }))
      )}::json) given (tenant_id uuid, name text, domain text)
    ), found as (
      select link.account_id as id from wanted join account_tenant link using (tenant_id)
      union
      select link.account_id from wanted join account_tenant link on lower(link.domain) = wanted.domain
      union
      select account.id from wanted join account on lower(account.name) = wanted.name
    )
    select account.id, account.name, account.kind, account.active, coalesce((
      select json_agg(json_build_object('tenantId', link.tenant_id, 'domain', link.domain))
      from account_tenant link where link.account_id = account.id), '[]') as tenants
    from found join account using (id)
    where account.active and account.kind <> 'organisation' and not exists (
      select from account_tenant link
      where link.account_id = account.id and link.instance_id = ${instanceId})
    order by account.id
    limit ${candidatesMax}`.execute(db)

export const selectResellers = (
  db: Kysely<Tables>,
  id: ImportId,
  condition: ReturnType<typeof sql<boolean>>,
  limit: number
) =>
  sql<ImportReseller>`
    select reseller.mpn_id as "mpnId", reseller.name, reseller.tenant_id as "tenantId",
      reseller.by_hand as "byHand", (
        select case when count(*) = 1
          then (json_agg(json_build_object('id', account.id, 'name', account.name))) -> 0 end
        from account where case when reseller.account_id is not null
          then account.id = reseller.account_id
          else account.mpn_id = reseller.mpn_id and account.kind = 'reseller' end
      ) as account, (
        select count(*) from customer_import_customer customer
        where customer.import_id = reseller.import_id and ${resellerMpnId} = reseller.mpn_id
      ) as customers
    from customer_import_reseller reseller
    where reseller.import_id = ${id} and ${condition}
    order by reseller.mpn_id collate "C"
    limit ${limit}`.execute(db)

/** Makes the counters be what the customers say. */
export const recount = (db: Kysely<Tables>, id: ImportId, requests: number) =>
  sql`
    update customer_import import set customers = figure.customers, customers_read = figure.read,
      customers_failed = figure.failed, customers_waiting = figure.waiting,
      customers_imported = figure.imported, customers_incomplete = figure.incomplete,
      subscriptions = figure.subscriptions, subscriptions_imported = figure.subscriptions_imported,
      resellers = (select count(*) from customer_import_reseller where import_id = ${id}),
      requests = import.requests + ${requests}
    from (
      select count(*) as customers, count(*) filter (where state <> 'pending') as read,
        count(*) filter (where outcome = 'failed' or outcome is null and state = 'failed') as failed,
        count(*) filter (where outcome = 'waiting') as waiting,
        count(*) filter (where outcome = 'imported') as imported,
        count(*) filter (where outcome = 'incomplete') as incomplete,
        coalesce(sum(subscriptions), 0) as subscriptions,
        coalesce(sum(subscriptions_imported), 0) as subscriptions_imported
      from customer_import_customer where import_id = ${id}
    ) figure
    where import.id = ${id}`.execute(db)

/** Imports under way for which no job waits, for its turn or at a gate, or is at work. */
export const lostImports = (db: Kysely<Tables>) =>
  sql<{ id: ImportId; instance_id: InstanceId }>`
    select import.id, import.instance_id from customer_import import
    where import.status in ${underWay} and not exists (
      select from ${sql.table(`${bossSchema}.job`)}
      where name = ${customerImportQueue.name} and group_id = import.id::text
        and ((state < 'active' and not blocked) or state = 'active'))
      and not exists (
        select from parked_job where queue = ${customerImportQueue.name} and lane = import.id::text)
    order by import.id`.execute(db)

/** The subscriptions of the customers, as Partner Center said last. */
export const selectObserved = (
  db: Kysely<Tables>,
  { environment, instanceId }: Pick<CustomerImport, "environment" | "instanceId">,
  tenants: ReadonlyArray<TenantId>
) =>
  sql<{ document: Observed }>`
    select document from observed_subscription
    where instance_id = ${instanceId} and tenant_id = any(${tenants}::uuid[])
      and environment = ${environment}
    order by microsoft_id`.execute(db)

export interface FactRow {
  readonly tenant_id: TenantId
  readonly name: string
  readonly domain: string
  readonly as_new: boolean
  readonly linked_to: AccountId | null
  readonly mapped_to: CustomerFacts["mappedTo"]
  readonly reseller_mpn_id: MpnId | null
}

/** An account that somebody has chosen, with another tenant that it is in the instance. */
export const chosenAccount = (instanceId: InstanceId) => sql`
  json_build_object('id', chosen.id, 'name', chosen.name, 'kind', chosen.kind, 'active', chosen.active,
    'otherTenant', (select other.tenant_id from account_tenant other
      where other.account_id = chosen.id and other.instance_id = ${instanceId}
        and other.tenant_id <> customer.tenant_id
      order by other.tenant_id limit 1))`

export const selectFacts = (
  db: Kysely<Tables>,
  { id, instanceId }: CustomerImport,
  tenants: ReadonlyArray<TenantId>
) =>
  sql<FactRow>`
    select customer.tenant_id, customer.name, customer.domain, customer.as_new,
      link.account_id as linked_to, ${resellerMpnId} as reseller_mpn_id,
      case when chosen.id is not null then ${chosenAccount(instanceId)} end as mapped_to
    from customer_import_customer customer
    left join account_tenant link
      on link.instance_id = ${instanceId} and link.tenant_id = customer.tenant_id
    left join account chosen on chosen.id = customer.account_id
    where customer.import_id = ${id} and customer.tenant_id = any(${tenants}::uuid[])
      and customer.outcome = 'waiting'
    order by customer.tenant_id`.execute(db)

export const selectResellerFacts = (
  db: Kysely<Tables>,
  id: ImportId,
  mpnIds: ReadonlyArray<MpnId>
) =>
  sql<NonNullable<CustomerFacts["reseller"]>>`
    select wanted.mpn_id as "mpnId", reseller.name, coalesce((
      select json_agg(json_build_object('id', account.id, 'name', account.name,
        'active', account.active, 'edition', account.edition) order by account.id)
      from account where case when reseller.account_id is not null
        then account.id = reseller.account_id
        else account.mpn_id = wanted.mpn_id and account.kind = 'reseller' end), '[]') as accounts
    from unnest(${mpnIds}::text[]) wanted (mpn_id)
    left join customer_import_reseller reseller
      on reseller.import_id = ${id} and reseller.mpn_id = wanted.mpn_id`.execute(db)
