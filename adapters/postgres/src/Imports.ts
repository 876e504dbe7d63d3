import type { AccountId } from "@concordat/core/account/Account"
import {
  type CustomerImport,
  type CustomerStatus,
  type ImportCustomer,
  ImportId,
  type ImportReseller
} from "@concordat/core/import/CustomerImport"
import {
  type ImportCustomerFilter,
  ImportCustomerNotFound,
  ImportNotFound,
  ImportNotReady,
  ImportRefused,
  Imports,
  ImportUnderWay,
  type WaitingCustomer
} from "@concordat/core/import/Imports"
import { type CustomerFacts, mappingRefusal } from "@concordat/core/import/planCustomer"
import { resellerOf } from "@concordat/core/import/resellerOf"
import { type Candidate, suggestAccounts } from "@concordat/core/import/suggestAccounts"
import {
  type CspStatus,
  type InstanceId,
  type InstanceName,
  MpnId,
  TenantId
} from "@concordat/core/instance/Instance"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  isLive,
  type MicrosoftId,
  type OfferId,
  Status
} from "@concordat/core/subscription/Subscription"
import { minuteMs } from "@concordat/core/time/Instant"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { lockTree } from "./accountTree.ts"
import { ensureOrganisation } from "./Book.ts"
import { isPaused } from "./Consents.ts"
import { keepPlans } from "./importRows.ts"
import { keyset, newestFirst } from "./Keyset.ts"
import type { Boss } from "./queue/Boss.ts"
import { bossSchema } from "./queue/claims.ts"
import { customerImportQueue } from "./queues.ts"
import { likePart, statements } from "./Statements.ts"
import type { CustomerImportCustomerTable, CustomerImportTable, Tables } from "./Tables.ts"

type Port = Imports["Service"]

const byAge = newestFirst("import", "created_at", ImportId)
const byName = keyset(Schema.Struct({ name: Schema.String, tenantId: TenantId }))
const byMpnId = keyset(Schema.Struct({ mpnId: MpnId }))

const underWay = sql`('queued', 'reading', 'importing')`
/** A look at a customer's subscriptions is imported from for so long; Microsoft's own lists lag as much. */
const freshForMs = 15 * minuteMs
/** An import can end between two looks at it; it cannot do so for ever. */
const requestsMax = 5
/** Accounts of one name that are looked at for suggestions. */
const candidatesMax = 2_000

const liveStatuses = Status.literals.filter(isLive)

type ImportRow = Selectable<CustomerImportTable> & {
  readonly instance: InstanceName
  readonly paused: boolean
}

const importOf = (row: ImportRow): CustomerImport => ({
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

const importsOf = (db: Kysely<Tables>) =>
  db
    .selectFrom("customer_import as import")
    .innerJoin("instance", "instance.id", "import.instance_id")
    .selectAll("import")
    .select("instance.name as instance")
    .select(isPaused(sql.ref("import.instance_id")).as("paused"))

type CustomerRow = Selectable<CustomerImportCustomerTable> & {
  readonly sort_name: string
  readonly status: CustomerStatus
  readonly reseller_mpn_id: MpnId | null
  readonly account: { readonly id: AccountId; readonly name: string } | null
  readonly known: number
}

const resellerMpnId = sql`case when customer.assigned then customer.assigned_mpn_id
  else customer.found_mpn_id end`

const status = sql`case
  when customer.outcome is not null then customer.outcome
  when customer.state = 'pending' then 'pending'
  when customer.state = 'failed' then 'failed'
  when link.account_id is not null then 'linked'
  when customer.account_id is not null then 'mapped'
  else 'new' end`

/** Customers of an import under the conditions; `known` of their subscriptions are in the book. */
const selectCustomers = (
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
const decided = sql`outcome = nullif(outcome, 'failed'),
  problem = case when outcome is null or outcome = 'failed' then null else problem end`

const conditionsOf = ({ q, reseller, status: wanted }: ImportCustomerFilter) => [
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
const selectCandidates = (
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

const selectResellers = (
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
const recount = (db: Kysely<Tables>, id: ImportId, requests: number) =>
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
const lostImports = (db: Kysely<Tables>) =>
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
const selectObserved = (
  db: Kysely<Tables>,
  { environment, instanceId }: Pick<CustomerImport, "environment" | "instanceId">,
  tenants: ReadonlyArray<TenantId>
) =>
  sql<{ document: Observed }>`
    select document from observed_subscription
    where instance_id = ${instanceId} and tenant_id = any(${tenants}::uuid[])
      and environment = ${environment}
    order by microsoft_id`.execute(db)

interface FactRow {
  readonly tenant_id: TenantId
  readonly name: string
  readonly domain: string
  readonly as_new: boolean
  readonly linked_to: AccountId | null
  readonly mapped_to: CustomerFacts["mappedTo"]
  readonly reseller_mpn_id: MpnId | null
}

/** An account that somebody has chosen, with another tenant that it is in the instance. */
const chosenAccount = (instanceId: InstanceId) => sql`
  json_build_object('id', chosen.id, 'name', chosen.name, 'kind', chosen.kind, 'active', chosen.active,
    'otherTenant', (select other.tenant_id from account_tenant other
      where other.account_id = chosen.id and other.instance_id = ${instanceId}
        and other.tenant_id <> customer.tenant_id
      order by other.tenant_id limit 1))`

const selectFacts = (
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

const selectResellerFacts = (db: Kysely<Tables>, id: ImportId, mpnIds: ReadonlyArray<MpnId>) =>
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

/** The imports of customers in Postgres, their jobs in the queue. */
export const importsLayer = Layer.effect(
  Imports,
  Effect.gen(function* () {
    const { run: query, atomically } = yield* statements
    const boss = yield* Effect.context<Boss>()
    const queued = <A, E>(effect: Effect.Effect<A, E, Boss>): Effect.Effect<A> =>
      effect.pipe(Effect.provideContext(boss), Effect.orDie)
    const enqueue = ({ id, instanceId }: Pick<CustomerImport, "id" | "instanceId">) =>
      queued(customerImportQueue.send([{ instanceId, importId: id }]))

    const get = Effect.fn("Imports.get")(function* (id: ImportId) {
      const row = yield* query("Imports.get", (db) =>
        importsOf(db).where("import.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new ImportNotFound({ id }) : importOf(row)
    })

    const list = Effect.fn("Imports.list")(function* (
      ...[instanceId, page]: Parameters<Port["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* query("Imports.list", (db) =>
        importsOf(db)
          .$if(instanceId !== undefined, (select) =>
            select.where(sql<boolean>`import.instance_id = ${instanceId ?? null}::uuid`)
          )
          .where(byAge.isAfter(after))
          .orderBy("import.created_at", "desc")
          .orderBy("import.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, importOf)
    })

    /** The one of the instance that is being read or executed. */
    const busyOf = Effect.fnUntraced(function* (instanceId: InstanceId) {
      const row = yield* query("Imports.busy", (db) =>
        importsOf(db)
          .where("import.instance_id", "=", instanceId)
          .where(sql<boolean>`import.status in ${underWay}`)
          .executeTakeFirst()
      )
      return row === undefined ? undefined : importOf(row)
    })

    const requestOnce = (asked: CustomerImport) =>
      atomically(
        Effect.gen(function* () {
          const added = yield* query("Imports.insert", (db) =>
            db
              .insertInto("customer_import")
              .values({
                id: asked.id,
                instance_id: asked.instanceId,
                environment: asked.environment,
                status: asked.status,
                requested_by: asked.requestedBy,
                executed_by: null,
                correlation_id: asked.correlationId,
                problem: null,
                created_at: new Date(asked.createdAt),
                started_at: null,
                finished_at: null
              })
              .onConflict((conflict) =>
                conflict
                  .column("instance_id")
                  .where(sql<boolean>`status in ${underWay}`)
                  .doNothing()
              )
              .returning("id")
              .executeTakeFirst()
          )
          if (added === undefined) return yield* busyOf(asked.instanceId)
          yield* enqueue(asked)
          return asked
        })
      )

    const request = Effect.fn("Imports.request")(function* (asked: CustomerImport) {
      for (let tried = 0; tried < requestsMax; tried++) {
        const requested = yield* requestOnce(asked)
        if (requested?.status === "importing")
          return yield* new ImportUnderWay({ id: requested.id })
        if (requested !== undefined) return requested
      }
      return yield* Effect.die(new Error(`imports of ${asked.instance} end as fast as they begin`))
    })

    /** The import, locked until the transaction ends. */
    const locked = Effect.fnUntraced(function* (id: ImportId) {
      yield* query("Imports.lock", (db) =>
        sql`select from customer_import where id = ${id} for no key update`.execute(db)
      )
      return yield* get(id)
    })

    /** The import, locked, while people may decide about it. */
    const editable = Effect.fnUntraced(function* (id: ImportId) {
      const held = yield* locked(id)
      return held.status === "ready" ? held : yield* new ImportNotReady({ id, status: held.status })
    })

    /** Ends what is under way. What is not known of a hierarchy stays so when it is ready. */
    const finish = (
      id: ImportId,
      end:
        | { readonly status: "ready" }
        | { readonly status: "failed" | "cancelled"; readonly problem: string | null }
    ) =>
      query("Imports.finish", (db) =>
        db
          .updateTable("customer_import")
          .set({ ...end, finished_at: sql`clock_timestamp()` })
          .where("id", "=", id)
          .execute()
      )

    const cancel = Effect.fn("Imports.cancel")(function* (id: ImportId) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id)
          if (held.status === "importing") {
            yield* query("Imports.stop", (db) =>
              sql`update customer_import_customer set outcome = null
                where import_id = ${id} and outcome = 'waiting'`.execute(db)
            )
            yield* query("Imports.recount", (db) => recount(db, id, 0))
            yield* finish(id, { status: "ready" })
          } else if (held.status === "queued" || held.status === "reading")
            yield* finish(id, { status: "cancelled", problem: null })
          else return held
          yield* queued(customerImportQueue.cancel({ keys: [id] }))
          return yield* get(id)
        })
      )
    })

    /** By tenant, of the rows that have no account yet, the accounts that they may be. */
    const suggestionsFor = Effect.fnUntraced(function* (
      instanceId: InstanceId,
      customers: ReadonlyArray<Pick<CustomerRow, "tenant_id" | "name" | "domain">>
    ) {
      if (customers.length === 0) return new Map<TenantId, ReturnType<typeof suggestAccounts>>()
      const { rows } = yield* query("Imports.candidates", (db) =>
        selectCandidates(db, instanceId, customers)
      )
      return new Map(
        customers.map(({ domain, name, tenant_id }) => [
          tenant_id,
          suggestAccounts({ tenantId: tenant_id, name, domain }, rows)
        ])
      )
    })

    const viewsOf = Effect.fnUntraced(function* (
      { instanceId }: CustomerImport,
      rows: ReadonlyArray<CustomerRow>
    ) {
      const suggestions = yield* suggestionsFor(
        instanceId,
        rows.filter(({ account }) => account === null)
      )
      return rows.map(
        (row): ImportCustomer => ({
          tenantId: row.tenant_id,
          name: row.name,
          domain: row.domain,
          status: row.status,
          resellerMpnId: row.reseller_mpn_id,
          assigned: row.assigned,
          account: row.account,
          suggestions: suggestions.get(row.tenant_id) ?? [],
          subscriptions: row.subscriptions,
          subscriptionsKnown: row.known,
          notImported: row.not_imported,
          problem: row.problem,
          notes: row.notes
        })
      )
    })

    const customers = Effect.fn("Imports.customers")(function* (
      ...[id, filter, page]: Parameters<Port["customers"]>
    ) {
      const asked = yield* get(id)
      const after = yield* byName.after(page)
      const { rows } = yield* query("Imports.customers", (db) =>
        selectCustomers(
          db,
          asked,
          [
            ...conditionsOf(filter),
            ...(after === undefined
              ? []
              : [
                  sql<boolean>`(lower(customer.name), customer.tenant_id)
                    > (${after.name}, ${after.tenantId}::uuid)`
                ])
          ],
          page.limit + 1
        )
      )
      const shown = yield* viewsOf(asked, rows.slice(0, page.limit))
      const views = new Map(shown.map((view) => [view.tenantId, view]))
      const { items, next } = byName.page(
        rows,
        page,
        ({ sort_name, tenant_id }) => ({ name: sort_name, tenantId: tenant_id }),
        ({ tenant_id }) => views.get(tenant_id)
      )
      return { items: items.flatMap((view) => (view === undefined ? [] : [view])), next }
    })

    const customer = Effect.fn("Imports.customer")(function* (
      ...[id, tenantId]: Parameters<Port["customer"]>
    ) {
      const asked = yield* get(id)
      const { rows } = yield* query("Imports.customer", (db) =>
        selectCustomers(db, asked, [sql<boolean>`customer.tenant_id = ${tenantId}`], 1)
      )
      const [view] = yield* viewsOf(asked, rows)
      return view ?? (yield* new ImportCustomerNotFound({ tenantId }))
    })

    const resellers = Effect.fn("Imports.resellers")(function* (
      ...[id, page]: Parameters<Port["resellers"]>
    ) {
      yield* get(id)
      const after = yield* byMpnId.after(page)
      const { rows } = yield* query("Imports.resellers", (db) =>
        selectResellers(
          db,
          id,
          after === undefined
            ? sql<boolean>`true`
            : sql<boolean>`reseller.mpn_id collate "C" > ${after.mpnId}`,
          page.limit + 1
        )
      )
      return byMpnId.page(
        rows,
        page,
        ({ mpnId }) => ({ mpnId }),
        (row) => row
      )
    })

    /** What somebody decided, about some customers or about none. */
    const log = (
      { instanceId }: CustomerImport,
      field: string,
      tenants: ReadonlyArray<TenantId | null>,
      after: unknown,
      { actor, correlationId }: Parameters<Port["assign"]>[3]
    ) =>
      query("Imports.log", (db) =>
        sql`
          insert into history (at, actor, cause, correlation_id, side, instance_id, tenant_id, field, before, after)
          select clock_timestamp(), ${actor}, 'customer import', ${correlationId}, 'desired',
            ${instanceId}::uuid, tenant_id, ${field}, null, ${JSON.stringify(after)}::json
          from unnest(${tenants}::uuid[]) tenant_id`.execute(db)
      )

    /** A direct partner has no resellers. */
    const refuseDirect = Effect.fnUntraced(function* ({ instance, instanceId }: CustomerImport) {
      const row = yield* query("Imports.cspStatus", (db) =>
        db
          .selectFrom("instance")
          .select("csp_status")
          .where("id", "=", instanceId)
          .executeTakeFirstOrThrow()
      )
      if (row.csp_status === "direct")
        return yield* new ImportRefused({
          field: "mpnId",
          reason: `${instance} is a direct partner's instance, which has no resellers`
        })
    })

    const putReseller = Effect.fn("Imports.putReseller")(function* (
      ...[id, { accountId, mpnId, name }, cause]: Parameters<Port["putReseller"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* editable(id)
          yield* refuseDirect(held)
          if (accountId !== null) {
            const account = yield* query("Imports.resellerAccount", (db) =>
              db
                .selectFrom("account")
                .select(["kind", "active"])
                .where("id", "=", accountId)
                .executeTakeFirst()
            )
            if (account === undefined || account.kind !== "reseller" || !account.active)
              return yield* new ImportRefused({
                field: "accountId",
                reason: `${accountId} is no active reseller account`
              })
          }
          yield* query("Imports.putReseller", (db) =>
            sql`
              insert into customer_import_reseller (import_id, mpn_id, name, by_hand, account_id)
              values (${id}, ${mpnId}, ${name}, true, ${accountId})
              on conflict (import_id, mpn_id) do update set name = excluded.name, by_hand = true,
                account_id = excluded.account_id`.execute(db)
          )
          yield* log(held, "import.reseller", [null], { mpnId, name, accountId }, cause)
          yield* query("Imports.decided", (db) =>
            sql`
              update customer_import_customer customer set ${decided}
              where import_id = ${id} and outcome = 'failed' and ${resellerMpnId} = ${mpnId}`.execute(
              db
            )
          )
          yield* query("Imports.recount", (db) => recount(db, id, 0))
          const { rows } = yield* query("Imports.reseller", (db) =>
            selectResellers(db, id, sql<boolean>`reseller.mpn_id = ${mpnId}`, 1)
          )
          const [row] = rows
          return row ?? (yield* Effect.die(new Error("a reseller that was just kept is not there")))
        })
      )
    })

    /** Fails with the first of the tenants that is no customer of the import. */
    const refuseStrangers = Effect.fnUntraced(function* (
      id: ImportId,
      tenants: ReadonlyArray<TenantId>
    ) {
      const { rows } = yield* query("Imports.strangers", (db) =>
        sql<{ tenant_id: TenantId }>`
          select tenant_id from unnest(${tenants}::uuid[]) with ordinality given (tenant_id, position)
          where not exists (select from customer_import_customer customer
            where customer.import_id = ${id} and customer.tenant_id = given.tenant_id)
          order by position limit 1`.execute(db)
      )
      const [stranger] = rows
      if (stranger !== undefined)
        return yield* new ImportCustomerNotFound({ tenantId: stranger.tenant_id })
    })

    const assign = Effect.fn("Imports.assign")(function* (
      ...[id, tenants, mpnId, cause]: Parameters<Port["assign"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* editable(id)
          yield* refuseDirect(held)
          yield* refuseStrangers(id, tenants)
          if (mpnId !== null) {
            const { rows } = yield* query("Imports.known", (db) =>
              sql`select from customer_import_reseller
                where import_id = ${id} and mpn_id = ${mpnId}`.execute(db)
            )
            if (rows.length === 0)
              return yield* new ImportRefused({
                field: "mpnId",
                reason: `the import has no reseller with the MPN id ${mpnId}: add it first`
              })
          }
          const changed = yield* query("Imports.assign", (db) =>
            sql<{ tenant_id: TenantId }>`
              update customer_import_customer set assigned = true, assigned_mpn_id = ${mpnId}, ${decided}
              where import_id = ${id} and tenant_id = any(${tenants}::uuid[])
                and (not assigned or assigned_mpn_id is distinct from ${mpnId})
              returning tenant_id`.execute(db)
          )
          const those = changed.rows.map(({ tenant_id }) => tenant_id)
          yield* query("Imports.recount", (db) => recount(db, id, 0))
          if (those.length > 0) yield* log(held, "import.reseller", those, mpnId, cause)
          return those.length
        })
      )
    })

    const map = Effect.fn("Imports.map")(function* (
      ...[id, tenantId, accountId, cause]: Parameters<Port["map"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* editable(id)
          const before = yield* customer(id, tenantId)
          if (before.status === "linked" || before.status === "imported")
            return yield* new ImportRefused({
              field: "accountId",
              reason: `the tenant is the account "${before.account?.name ?? ""}" already`
            })
          if (accountId !== null) {
            const { rows } = yield* query("Imports.chosen", (db) =>
              sql<{ chosen: NonNullable<CustomerFacts["mappedTo"]> }>`
                select ${chosenAccount(held.instanceId)} as chosen
                from account chosen, customer_import_customer customer
                where chosen.id = ${accountId} and customer.import_id = ${id}
                  and customer.tenant_id = ${tenantId}`.execute(db)
            )
            const [row] = rows
            const refusal =
              row === undefined ? `there is no account ${accountId}` : mappingRefusal(row.chosen)
            if (refusal !== undefined)
              return yield* new ImportRefused({
                field: "accountId",
                reason: refusal.replace(/\.$/u, "")
              })
          }
          const changed = yield* query("Imports.map", (db) =>
            sql`
              update customer_import_customer set account_id = ${accountId}, ${decided}
              where import_id = ${id} and tenant_id = ${tenantId}
                and account_id is distinct from ${accountId} returning 1`.execute(db)
          )
          yield* query("Imports.recount", (db) => recount(db, id, 0))
          if (changed.rows.length > 0)
            yield* log(held, "import.account", [tenantId], accountId, cause)
          return yield* customer(id, tenantId)
        })
      )
    })

    const execute = Effect.fn("Imports.execute")(function* (
      ...[id, { asNew, customers: wanted, orderingEnabled }, executedBy]: Parameters<
        Port["execute"]
      >
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id)
          if (held.status !== "ready" && held.status !== "importing")
            return yield* new ImportNotReady({ id, status: held.status })
          const busy = yield* busyOf(held.instanceId)
          if (busy !== undefined && busy.id !== id)
            return yield* new ImportUnderWay({ id: busy.id })
          if (wanted !== "all") yield* refuseStrangers(id, wanted)
          yield* query("Imports.execute", (db) =>
            sql`
              update customer_import_customer set outcome = 'waiting', problem = null,
                as_new = ${asNew}, ordering_enabled = ${orderingEnabled}
              where import_id = ${id} and outcome is distinct from 'waiting'
                and ${wanted === "all" ? sql`true` : sql`tenant_id = any(${wanted}::uuid[])`}`.execute(
              db
            )
          )
          yield* query("Imports.importing", (db) =>
            db
              .updateTable("customer_import")
              .set({ status: "importing", executed_by: executedBy, finished_at: null })
              .where("id", "=", id)
              .execute()
          )
          yield* query("Imports.recount", (db) => recount(db, id, 0))
          yield* enqueue(held)
          return yield* get(id)
        })
      )
    })

    const begin = Effect.fn("Imports.begin")(function* (id: ImportId) {
      yield* query("Imports.begin", (db) =>
        db
          .updateTable("customer_import")
          .set({ status: "reading", started_at: sql`coalesce(started_at, clock_timestamp())` })
          .where("id", "=", id)
          .where("status", "=", "queued")
          .execute()
      )
      const row = yield* query("Imports.begun", (db) =>
        importsOf(db)
          .where("import.id", "=", id)
          .where(sql<boolean>`import.status in ${underWay}`)
          .executeTakeFirst()
      )
      return Option.map(Option.fromUndefinedOr(row), importOf)
    })

    const isWanted = Effect.fn("Imports.isWanted")(function* (id: ImportId) {
      const { rows } = yield* query("Imports.isWanted", (db) =>
        sql`select from customer_import where id = ${id} and status in ${underWay}`.execute(db)
      )
      return rows.length > 0
    })

    const listed = Effect.fn("Imports.listed")(function* (
      ...[id, found, known, problem, requests]: Parameters<Port["listed"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const taken = yield* query("Imports.listed", (db) =>
            sql<{ instance_id: InstanceId; environment: string }>`
              update customer_import set listed = true, problem = ${problem}
              where id = ${id} and status = 'reading' and not listed
              returning instance_id, environment`.execute(db)
          )
          const [row] = taken.rows
          if (row === undefined) return false
          const before = sql`(select id from customer_import other
            where other.instance_id = ${row.instance_id} and other.environment = ${row.environment}
              and other.listed and other.id <> ${id}
            order by other.created_at desc, other.id desc limit 1)`
          yield* query("Imports.insertCustomers", (db) =>
            sql`
              insert into customer_import_customer
                (import_id, tenant_id, name, domain, assigned, assigned_mpn_id, account_id)
              select distinct on (given.tenant_id) ${id}::uuid, given.tenant_id, given.name, given.domain,
                coalesce(decided.assigned, false), decided.assigned_mpn_id, decided.account_id
              from json_to_recordset(${JSON.stringify(
                found.map(({ domain, name, tenantId }) => ({ tenant_id: tenantId, name, domain }))
              )}::json) given (tenant_id uuid, name text, domain text)
              left join customer_import_customer decided
                on decided.import_id = ${before} and decided.tenant_id = given.tenant_id
              order by given.tenant_id`.execute(db)
          )
          yield* query("Imports.insertResellers", (db) =>
            sql`
              insert into customer_import_reseller (import_id, mpn_id, name, tenant_id, by_hand, account_id)
              select distinct on (mpn_id) ${id}::uuid, mpn_id, name, tenant_id, by_hand, account_id
              from (
                select mpn_id, name, tenant_id, false as by_hand, null::uuid as account_id
                from json_to_recordset(${JSON.stringify(
                  known.flatMap(({ mpnId, name, tenantId }) =>
                    mpnId === null
                      ? []
                      : [{ mpn_id: mpnId, name: name || null, tenant_id: tenantId }]
                  )
                )}::json) given (mpn_id text, name text, tenant_id uuid)
                union all
                select mpn_id, name, tenant_id, true, account_id from customer_import_reseller
                where import_id = ${before} and by_hand
              ) reseller
              order by mpn_id, by_hand desc, tenant_id`.execute(db)
          )
          yield* query("Imports.recount", (db) => recount(db, id, requests))
          return true
        })
      )
    })

    const unread = Effect.fn("Imports.unread")(function* (
      ...[id, limit]: Parameters<Port["unread"]>
    ) {
      const { rows } = yield* query("Imports.unread", (db) =>
        sql<{ listed: boolean; tenants: ReadonlyArray<TenantId> }>`
          select listed, array(select tenant_id::text from customer_import_customer
            where import_id = ${id} and state = 'pending' order by tenant_id limit ${limit}) as tenants
          from customer_import where id = ${id}`.execute(db)
      )
      const [row] = rows
      return row === undefined || !row.listed ? null : row.tenants
    })

    const read = Effect.fn("Imports.read")(function* (
      ...[id, readings, requests]: Parameters<Port["read"]>
    ) {
      const { rows } = yield* query("Imports.provider", (db) =>
        sql<{
          instance_id: InstanceId
          environment: CustomerImport["environment"]
          csp_status: CspStatus
          mpn_id: MpnId | null
        }>`
          select import.instance_id, import.environment, instance.csp_status, instance.mpn_id
          from customer_import import join instance on instance.id = import.instance_id
          where import.id = ${id}`.execute(db)
      )
      const [provider] = rows
      if (provider === undefined) return
      const {
        csp_status: cspStatus,
        environment,
        instance_id: instanceId,
        mpn_id: mpnId
      } = provider
      const documents = yield* query("Imports.observed", (db) =>
        selectObserved(
          db,
          { instanceId, environment },
          readings.filter(({ problem }) => problem === null).map(({ tenantId }) => tenantId)
        )
      )
      const byTenant = Map.groupBy(
        documents.rows.map(({ document }) => document),
        ({ tenantId }) => tenantId
      )
      const found = readings.map(({ problem, tenantId }) => {
        const observed = byTenant.get(tenantId) ?? []
        return {
          tenant_id: tenantId,
          problem,
          mpn_id: resellerOf(observed, { cspStatus, mpnId }),
          subscriptions: observed.filter(({ terms }) => isLive(terms.status)).length
        }
      })
      yield* query("Imports.read", (db) =>
        sql`
          update customer_import_customer customer
          set state = case when given.problem is null then 'read' else 'failed' end,
            problem = given.problem, found_mpn_id = given.mpn_id, subscriptions = given.subscriptions
          from json_to_recordset(${JSON.stringify(found)}::json)
            given (tenant_id uuid, problem text, mpn_id text, subscriptions integer)
          where customer.import_id = ${id} and customer.tenant_id = given.tenant_id`.execute(db)
      )
      yield* query("Imports.foundResellers", (db) =>
        sql`
          insert into customer_import_reseller (import_id, mpn_id)
          select ${id}::uuid, mpn_id from unnest(${[
            ...new Set(found.flatMap(({ mpn_id }) => (mpn_id === null ? [] : [mpn_id])))
          ].sort()}::text[]) mpn_id
          on conflict do nothing`.execute(db)
      )
      yield* query("Imports.recount", (db) => recount(db, id, requests))
    })

    const waiting = Effect.fn("Imports.waiting")(function* (
      ...[id, limit]: Parameters<Port["waiting"]>
    ) {
      const freshFrom = (yield* Clock.currentTimeMillis) - freshForMs
      const { rows } = yield* query("Imports.waiting", (db) =>
        sql<WaitingCustomer>`
          select customer.tenant_id as "tenantId", coalesce(customer.state = 'read'
            and held.state = 'listed' and held.environment = import.environment
            and held.fetched_at >= to_timestamp(${freshFrom} / 1000.0), false) as "isFresh"
          from customer_import_customer customer
          join customer_import import on import.id = customer.import_id
          left join observed_customer held
            on held.instance_id = import.instance_id and held.tenant_id = customer.tenant_id
          where customer.import_id = ${id} and customer.outcome = 'waiting'
          order by customer.tenant_id limit ${limit}`.execute(db)
      )
      return rows
    })

    const facts = Effect.fn("Imports.facts")(function* (
      ...[id, tenants]: Parameters<Port["facts"]>
    ) {
      yield* query("Imports.lockTree", lockTree)
      const held = yield* locked(id).pipe(Effect.orDie)
      if (held.status !== "importing") return { customers: [], products: new Set<OfferId>() }
      const { rows } = yield* query("Imports.facts", (db) => selectFacts(db, held, tenants))
      const those = rows.map(({ tenant_id }) => tenant_id)
      const observed = yield* query("Imports.observed", (db) => selectObserved(db, held, those))
      const documents = observed.rows.map(({ document }) => document)
      const known = yield* query("Imports.known", (db) =>
        sql<{ microsoft_id: MicrosoftId }>`
          select distinct microsoft_id from subscription
          where microsoft_id = any(${documents.map(({ microsoftId }) => microsoftId)}::uuid[])
            and environment = ${held.environment}`.execute(db)
      )
      const offers = [...new Set(documents.map(({ terms }) => terms.offer))]
      const products = yield* query("Imports.products", (db) =>
        sql<{ offer: OfferId }>`
          select wanted.offer from unnest(${offers}::text[]) wanted (offer)
          where exists (select from product where product.instance_id = ${held.instanceId}
            and (product.offer = wanted.offer or product.trial_offer = wanted.offer))`.execute(db)
      )
      const mpnIds = new Set(
        rows.flatMap(({ reseller_mpn_id: mpnId }) => (mpnId === null ? [] : [mpnId]))
      )
      const parents = yield* query("Imports.resellerFacts", (db) =>
        selectResellerFacts(db, id, [...mpnIds])
      )
      const resellerBy = new Map(parents.rows.map((reseller) => [reseller.mpnId, reseller]))
      const suggestions = yield* suggestionsFor(
        held.instanceId,
        rows.filter(({ linked_to, mapped_to }) => linked_to === null && mapped_to === null)
      )
      const byTenant = Map.groupBy(documents, ({ tenantId }) => tenantId)
      const ids = new Set(known.rows.map(({ microsoft_id }) => microsoft_id))
      return {
        customers: rows.map(
          (row): CustomerFacts => ({
            tenantId: row.tenant_id,
            name: row.name,
            domain: row.domain,
            linkedTo: row.linked_to,
            mappedTo: row.mapped_to,
            asNew: row.as_new,
            suggestions: suggestions.get(row.tenant_id) ?? [],
            reseller:
              row.reseller_mpn_id === null ? null : (resellerBy.get(row.reseller_mpn_id) ?? null),
            observed: byTenant.get(row.tenant_id) ?? [],
            known: ids
          })
        ),
        products: new Set(products.rows.map(({ offer }) => offer))
      }
    })

    const keep = Effect.fn("Imports.keep")(function* (
      ...[id, planned, requests]: Parameters<Port["keep"]>
    ) {
      const held = yield* locked(id).pipe(Effect.orDie)
      yield* query("Imports.root", ensureOrganisation)
      const { rows } = yield* query("Imports.planned", (db) =>
        sql<{ tenant_id: TenantId; domain: string; ordering_enabled: boolean }>`
          select tenant_id, domain, ordering_enabled from customer_import_customer
          where import_id = ${id} and outcome = 'waiting'
            and tenant_id = any(${planned.map(({ tenantId }) => tenantId)}::uuid[])`.execute(db)
      )
      const waits = new Map(rows.map((row) => [row.tenant_id, row]))
      const wanted = planned.filter(({ tenantId }) => waits.has(tenantId))
      const accounts = yield* query("Imports.keep", (db) =>
        keepPlans(
          db,
          { importId: id, instanceId: held.instanceId, environment: held.environment },
          wanted,
          wanted.flatMap(({ plan, tenantId }) => {
            const row = waits.get(tenantId)
            return plan._tag === "Import" && row !== undefined
              ? [{ tenantId, domain: row.domain, orderingEnabled: row.ordering_enabled, plan }]
              : []
          }),
          { actor: held.executedBy ?? held.requestedBy, correlationId: held.correlationId }
        )
      )
      yield* query("Imports.recount", (db) => recount(db, id, requests))
      return accounts
    })

    const done = Effect.fn("Imports.done")(function* (id: ImportId) {
      yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id).pipe(Effect.orDie)
          if (held.status !== "reading" && held.status !== "importing") return
          const left =
            held.status === "importing"
              ? held.customersWaiting > 0
              : held.customersRead < held.customers
          if (left) yield* enqueue(held)
          else yield* finish(id, { status: "ready" })
        })
      )
    })

    const goOn = Effect.fn("Imports.goOn")(function* (id: ImportId) {
      yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id).pipe(Effect.orDie)
          if (held.status === "reading" || held.status === "importing") yield* enqueue(held)
        })
      )
    })

    const fail = Effect.fn("Imports.fail")(function* (id: ImportId, problem: string) {
      yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id).pipe(Effect.orDie)
          if (held.status === "importing") {
            yield* query("Imports.failWaiting", (db) =>
              sql`update customer_import_customer set outcome = 'failed', problem = ${problem}
                where import_id = ${id} and outcome = 'waiting'`.execute(db)
            )
            yield* query("Imports.recount", (db) => recount(db, id, 0))
            yield* finish(id, { status: "ready" })
          } else if (held.status === "queued" || held.status === "reading")
            yield* finish(id, { status: "failed", problem })
        })
      )
    })

    const recover = Effect.gen(function* () {
      const first = yield* query("Imports.mayRecover", (db) =>
        sql<{ needed: boolean }>`
          select case when exists (select from customer_import where status in ${underWay})
            then pg_try_advisory_xact_lock(hashtextextended('recover customer imports', 0))
            else false end as needed`.execute(db)
      )
      if (first.rows[0]?.needed !== true) return 0
      const { rows } = yield* query("Imports.lost", lostImports)
      yield* Effect.forEach(rows, ({ id, instance_id }) => enqueue({ id, instanceId: instance_id }))
      return rows.length
    }).pipe(atomically, Effect.withSpan("Imports.recover"))

    return Imports.of({
      request,
      get,
      list,
      cancel,
      customers,
      customer,
      resellers,
      putReseller,
      assign,
      map,
      execute,
      begin,
      isWanted,
      listed,
      unread,
      read,
      waiting,
      facts,
      keep,
      done,
      goOn,
      fail,
      recover
    })
  })
)
