import type { CustomerImport, ImportId } from "@concordat/core/import/CustomerImport"
import type { Imports, WaitingCustomer } from "@concordat/core/import/Imports"
import type { CustomerFacts } from "@concordat/core/import/planCustomer"
import { resellerOf } from "@concordat/core/import/resellerOf"
import type { CspStatus, InstanceId, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { isLive, type MicrosoftId, type OfferId } from "@concordat/core/subscription/Subscription"
import { Clock, Effect, Option } from "effect"
import { sql } from "kysely"
import { lockTree } from "./accountTree.ts"
import { ensureOrganisation } from "./Book.ts"
import {
  freshForMs,
  importOf,
  importsOf,
  lostImports,
  recount,
  selectFacts,
  selectObserved,
  selectResellerFacts,
  underWay
} from "./importQueries.ts"
import { keepPlans } from "./importRows.ts"
import type { ImportStore } from "./importStore.ts"

type Port = Imports["Service"]

/** How a reconciler goes on with an import, job by job. */
export const importSteps = ({
  atomically,
  enqueue,
  finish,
  locked,
  query,
  suggestionsFor
}: ImportStore) => {
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
                  mpnId === null ? [] : [{ mpn_id: mpnId, name: name || null, tenant_id: tenantId }]
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
    const { csp_status: cspStatus, environment, instance_id: instanceId, mpn_id: mpnId } = provider
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

  const facts = Effect.fn("Imports.facts")(function* (...[id, tenants]: Parameters<Port["facts"]>) {
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

  return { begin, isWanted, listed, unread, read, waiting, facts, keep, done, goOn, fail, recover }
}
