import type { AccountId } from "@concordat/core/account/Account"
import type {
  Environment,
  InstanceId,
  InstanceName,
  TenantId
} from "@concordat/core/instance/Instance"
import { type Run, RunId, type RunScope } from "@concordat/core/reconciliation/Run"
import {
  type ReportRow,
  RunNotFound,
  Runs,
  ScopeNotFound,
  type Totals
} from "@concordat/core/reconciliation/Runs"
import { Effect, Layer, Option } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { isPaused } from "./Consents.ts"
import { moneyDocument, moneyOf } from "./documents.ts"
import { newestFirst } from "./Keyset.ts"
import {
  type LostCustomer,
  type LostStep,
  lostCustomers,
  lostSteps,
  mayRecover
} from "./lostJobs.ts"
import type { Boss } from "./queue/Boss.ts"
import { bossSchema } from "./queue/claims.ts"
import { compareRunQueue, customerKey, listCustomersQueue, observeCustomerQueue } from "./queues.ts"
import { insertFindings, insertRows } from "./reportRows.ts"
import { statements } from "./Statements.ts"
import type { ReconciliationRunTable, Tables } from "./Tables.ts"

const byAge = newestFirst("run", "created_at", RunId)

const unfinished = sql`('queued', 'listing', 'observing', 'comparing')`
/** Reasons of customers that a run's own problem quotes. */
const reasonsQuoted = 3
/** A person waits for a run of one account or subscription: its customers go before those of a whole book. */
const priorityOf = ({ kind }: RunScope) => (kind === "organisation" ? 0 : 10)

type RunRow = Selectable<ReconciliationRunTable> & {
  readonly instance: InstanceName
  readonly paused: boolean
}

/** What an unfinished run that goes out to Partner Center waits for. */
const waitingOf = ({ instance, paused, status }: RunRow): string | null =>
  paused && (status === "queued" || status === "listing" || status === "observing")
    ? `waiting: instance "${instance}" is paused: authenticate it again`
    : null

const scopeOf = (row: RunRow): RunScope =>
  row.scope_account_id !== null
    ? { kind: "account", id: row.scope_account_id }
    : row.scope_subscription_id !== null
      ? { kind: "subscription", id: row.scope_subscription_id }
      : { kind: "organisation" }

export const runOf = (row: RunRow): Run => ({
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  environment: row.environment,
  scope: scopeOf(row),
  branch: row.branch,
  status: row.status,
  requestedBy: row.requested_by,
  correlationId: row.correlation_id,
  customers: row.customers,
  customersObserved: row.customers_observed,
  customersFailed: row.customers_failed,
  requests: row.requests,
  rows: row.rows,
  findings: row.findings,
  counts: row.counts,
  atRisk: row.at_risk.map(moneyOf),
  problem: row.problem ?? waitingOf(row),
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at
})

/** Runs of a branch are those that were asked for within it. */
export const runsOf = (db: Kysely<Tables>, branch: AccountId | null) =>
  db
    .selectFrom("reconciliation_run as run")
    .innerJoin("instance", "instance.id", "run.instance_id")
    .selectAll("run")
    .select("instance.name as instance")
    .select(isPaused(sql.ref("run.instance_id")).as("paused"))
    .$if(branch !== null, (query) =>
      query.where(
        sql<boolean>`exists (select from account a
          where a.id = run.branch and a.ancestors @> array[${branch}]::uuid[])`
      )
    )

const selectTenants = (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  environment: Environment,
  scope: RunScope,
  branch: AccountId | null
) => {
  const within = (account: AccountId | null) =>
    account === null ? sql`true` : sql`account.ancestors @> array[${account}]::uuid[]`
  const accounts = sql`${within(branch)} and ${within(scope.kind === "account" ? scope.id : null)}`
  return scope.kind === "subscription"
    ? sql<{ tenant_id: TenantId }>`
        select tenant_id from subscription s join account on account.id = s.account_id
        where s.id = ${scope.id} and s.instance_id = ${instanceId}
          and s.environment = ${environment} and ${accounts}`.execute(db)
    : sql<{ tenant_id: TenantId }>`
        select tenant_id from account_tenant link join account on account.id = link.account_id
        where link.instance_id = ${instanceId} and link.environment = ${environment} and ${accounts}
        union
        select tenant_id from subscription s join account on account.id = s.account_id
        where s.instance_id = ${instanceId} and s.environment = ${environment} and ${accounts}`.execute(
        db
      )
}

interface Settled {
  readonly run_id: RunId
  readonly observed: number
  readonly failed: number
  readonly requests: number
}

/**
 * Moves the customers on for every run that waits for them, in the order of their keys, so that two calls never
 * wait for each other crosswise. A run that began to wait while a job was at work on its customer has a job of
 * its own in the queue: what this one has seen may be older than the run.
 */
const settleCustomers = (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  outcomes: Parameters<Runs["Service"]["observed"]>[1]
) =>
  sql<Settled>`
    with outcome as materialized (
      select * from json_to_recordset(${JSON.stringify(
        outcomes.map(({ tenantId, problem, requests }) => ({
          tenant_id: tenantId,
          problem,
          requests
        }))
      )}::json) given (tenant_id uuid, problem text, requests integer)
    ), at_work as materialized (
      select group_id, max(started_on) as started_on from ${sql.table(`${bossSchema}.job`)}
      where name = ${observeCustomerQueue.name} and state = 'active' and group_id is not null
        and group_id = any(${outcomes.map(({ tenantId }) => customerKey({ instanceId, tenantId }))}::text[])
      group by group_id
    ), waiting as materialized (
      select customer.run_id, customer.tenant_id
      from reconciliation_customer customer
      join reconciliation_run run on run.id = customer.run_id
      where customer.instance_id = ${instanceId} and customer.state = 'pending'
        and customer.tenant_id = any(${outcomes.map(({ tenantId }) => tenantId)}::uuid[])
        and run.status in ${unfinished}
        and not exists (select from at_work
          where group_id = customer.instance_id || ':' || customer.tenant_id
            and started_on < customer.waiting_since)
      order by customer.run_id, customer.tenant_id
      for update of customer
    ), settled as (
      update reconciliation_customer customer
      set state = case when outcome.problem is null then 'observed' else 'failed' end,
        problem = outcome.problem
      from waiting join outcome using (tenant_id)
      where customer.run_id = waiting.run_id and customer.tenant_id = waiting.tenant_id
        and customer.state = 'pending'
      returning customer.run_id, outcome.problem, outcome.requests
    )
    select run_id, count(*) filter (where problem is null) as observed,
      count(*) filter (where problem is not null) as failed, sum(requests) as requests
    from settled group by run_id order by run_id`.execute(db)

/** The first reasons why customers could not be observed; null when all could. */
const selectProblem = (db: Kysely<Tables>, id: RunId) =>
  sql<{ problem: string | null }>`
    select string_agg(problem, ' · ') as problem from (
      select problem from reconciliation_customer where run_id = ${id} and state = 'failed'
      group by problem order by count(*) desc, problem limit ${reasonsQuoted}
    ) reason`
    .execute(db)
    .then(({ rows }) => rows[0]?.problem ?? null)

/** The reconciliations in Postgres, their jobs in the queues. */
export const runsLayer = Layer.effect(
  Runs,
  Effect.gen(function* () {
    const { run: query, atomically } = yield* statements
    const boss = yield* Effect.context<Boss>()
    const queued = <A, E>(effect: Effect.Effect<A, E, Boss>): Effect.Effect<A> =>
      effect.pipe(Effect.provideContext(boss), Effect.orDie)

    /**
     * Requests for jobs share this lock, withdrawals hold it alone: a run must not count on a job of another run
     * that is being withdrawn.
     */
    const lockJobs = (instanceId: InstanceId, mode: "shared" | "exclusive") =>
      query("Runs.lockJobs", (db) =>
        sql`select ${sql.raw(mode === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock")}
          (hashtextextended(${`jobs of ${instanceId}`}, 0))`.execute(db)
      )

    const tenantsOf = Effect.fn("Runs.tenantsOf")(function* (
      ...[instanceId, environment, scope, branch]: Parameters<Runs["Service"]["tenantsOf"]>
    ) {
      const { rows } = yield* query("Runs.tenantsOf", (db) =>
        selectTenants(db, instanceId, environment, scope, branch)
      )
      return rows.map(({ tenant_id }) => tenant_id)
    })

    /** The environment that is live; it stays so until the transaction ends. */
    const lockEnvironment = (instanceId: InstanceId) =>
      query("Runs.environment", (db) =>
        db
          .selectFrom("instance")
          .select("environment")
          .where("id", "=", instanceId)
          .forKeyShare()
          .executeTakeFirst()
      )

    const request = Effect.fn("Runs.request")(function* (asked: Run) {
      return yield* atomically(
        Effect.gen(function* () {
          const live = yield* lockEnvironment(asked.instanceId)
          const run = { ...asked, environment: live?.environment ?? asked.environment }
          const { scope } = run
          if (scope.kind !== "organisation") {
            const known = yield* tenantsOf(run.instanceId, run.environment, scope, run.branch)
            if (known.length === 0)
              return yield* new ScopeNotFound({ kind: scope.kind, id: scope.id })
          }
          yield* query("Runs.request", (db) =>
            db
              .insertInto("reconciliation_run")
              .values({
                id: run.id,
                instance_id: run.instanceId,
                environment: run.environment,
                scope_account_id: scope.kind === "account" ? scope.id : null,
                scope_subscription_id: scope.kind === "subscription" ? scope.id : null,
                branch: run.branch,
                status: run.status,
                requested_by: run.requestedBy,
                correlation_id: run.correlationId,
                customers: run.customers,
                customers_observed: run.customersObserved,
                customers_failed: run.customersFailed,
                requests: run.requests,
                rows: run.rows,
                findings: run.findings,
                counts: JSON.stringify(run.counts),
                at_risk: JSON.stringify(run.atRisk.map(moneyDocument)),
                problem: run.problem,
                created_at: new Date(run.createdAt),
                started_at: run.startedAt === null ? null : new Date(run.startedAt),
                finished_at: run.finishedAt === null ? null : new Date(run.finishedAt)
              })
              .execute()
          )
          yield* queued(
            listCustomersQueue.send([{ runId: run.id }], { priority: priorityOf(scope) })
          )
          return run
        })
      )
    })

    const get = Effect.fn("Runs.get")(function* (id: RunId, branch: AccountId | null) {
      const row = yield* query("Runs.get", (db) =>
        runsOf(db, branch).where("run.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new RunNotFound({ id }) : runOf(row)
    })

    const list = Effect.fn("Runs.list")(function* (
      ...[branch, page]: Parameters<Runs["Service"]["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* query("Runs.list", (db) =>
        runsOf(db, branch)
          .where(byAge.isAfter(after))
          .orderBy("run.created_at", "desc")
          .orderBy("run.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, runOf)
    })

    /** Jobs about customers for whom no other run waits. */
    const withdrawJobs = Effect.fnUntraced(function* (run: Run) {
      const alone = yield* query("Runs.alone", (db) =>
        sql<{ tenant_id: TenantId }>`
          select tenant_id from reconciliation_customer mine
          where run_id = ${run.id} and state = 'pending' and not exists (
            select from reconciliation_customer other
            join reconciliation_run run on run.id = other.run_id
            where other.instance_id = mine.instance_id and other.tenant_id = mine.tenant_id
              and other.run_id <> mine.run_id and other.state = 'pending'
              and run.status in ${unfinished})`.execute(db)
      )
      const keys = alone.rows.map(({ tenant_id }) =>
        customerKey({ instanceId: run.instanceId, tenantId: tenant_id })
      )
      yield* queued(listCustomersQueue.cancel({ keys: [run.id] }))
      yield* queued(compareRunQueue.cancel({ keys: [run.id] }))
      if (keys.length > 0) yield* queued(observeCustomerQueue.cancel({ keys }))
    })

    const cancel = Effect.fn("Runs.cancel")(function* (id: RunId, branch: AccountId | null) {
      const run = yield* get(id, branch)
      yield* atomically(
        Effect.gen(function* () {
          yield* lockJobs(run.instanceId, "exclusive")
          const cancelled = yield* query("Runs.cancel", (db) =>
            db
              .updateTable("reconciliation_run")
              .set({ status: "cancelled", finished_at: sql`clock_timestamp()` })
              .where("id", "=", id)
              .where(sql<boolean>`status in ${unfinished}`)
              .returning("id")
              .executeTakeFirst()
          )
          if (cancelled !== undefined) yield* withdrawJobs(run)
        })
      )
      return yield* get(id, branch)
    })

    const active = Effect.fn("Runs.active")(function* (id: RunId) {
      const row = yield* query("Runs.active", (db) =>
        runsOf(db, null)
          .where("run.id", "=", id)
          .where(sql<boolean>`run.status in ${unfinished}`)
          .executeTakeFirst()
      )
      return row === undefined ? Option.none() : Option.some(runOf(row))
    })

    const listing = Effect.fn("Runs.listing")(function* (id: RunId) {
      yield* query("Runs.listing", (db) =>
        db
          .updateTable("reconciliation_run")
          .set({ status: "listing", started_at: sql`coalesce(started_at, clock_timestamp())` })
          .where("id", "=", id)
          .where("status", "=", "queued")
          .execute()
      )
    })

    /** Names are what Partner Center called its customers last; a statement of its own, since reports can wait for it. */
    const keepNames = (
      { instanceId, environment }: Run,
      seen: Parameters<Runs["Service"]["observe"]>[2]
    ) =>
      query("Runs.keepNames", (db) =>
        sql`
          insert into observed_customer as held
            (instance_id, tenant_id, state, name, domain, environment)
          select distinct on (tenant_id) ${instanceId}::uuid, tenant_id, 'seen', name, domain,
            ${environment}
          from json_to_recordset(${JSON.stringify(
            seen.map(({ tenantId, name, domain }) => ({ tenant_id: tenantId, name, domain }))
          )}::json) given (tenant_id uuid, name text, domain text)
          order by tenant_id
          on conflict (instance_id, tenant_id) do update
          set name = excluded.name, domain = excluded.domain
          where (held.name, held.domain) is distinct from (excluded.name, excluded.domain)
            and held.environment = excluded.environment`.execute(db)
      )

    /** The run, locked, while its customers may still be decided. */
    const lockListing = (id: RunId) =>
      query("Runs.lock", (db) =>
        db
          .selectFrom("reconciliation_run")
          .select("id")
          .where("id", "=", id)
          .where("status", "in", ["queued", "listing"])
          .forUpdate()
          .executeTakeFirst()
      )

    const keepCustomers = Effect.fnUntraced(function* (
      run: Run,
      tenants: ReadonlyArray<TenantId>,
      requests: number
    ) {
      if ((yield* lockListing(run.id)) === undefined) return
      yield* query("Runs.keepCustomers", (db) =>
        sql`
          insert into reconciliation_customer
            (run_id, instance_id, tenant_id, state, waiting_since)
          select ${run.id}::uuid, ${run.instanceId}::uuid, tenant_id, 'pending', clock_timestamp()
          from unnest(${tenants}::uuid[]) tenant_id
          on conflict (run_id, tenant_id) do nothing`.execute(db)
      )
      yield* query("Runs.countCustomers", (db) =>
        sql`
          update reconciliation_run set requests = requests + ${requests},
            customers = (select count(*) from reconciliation_customer where run_id = ${run.id})
          where id = ${run.id}`.execute(db)
      )
    })

    const sendObservations = Effect.fnUntraced(function* (run: Run) {
      const { id, instanceId, scope, correlationId } = run
      yield* lockJobs(instanceId, "shared")
      if ((yield* lockListing(id)) === undefined) return
      const pending = yield* query("Runs.pending", (db) =>
        db
          .selectFrom("reconciliation_customer")
          .select("tenant_id")
          .where("run_id", "=", id)
          .where("state", "=", "pending")
          .orderBy("tenant_id")
          .execute()
      )
      const customers = pending.map(({ tenant_id }) => ({
        instanceId,
        tenantId: tenant_id,
        correlationId
      }))
      const priority = priorityOf(scope)
      yield* queued(observeCustomerQueue.send(customers, { priority }))
      // Jobs of less urgent runs that wait already are hurried along; those that are being taken need it no more.
      if (priority > 0)
        yield* query("Runs.hurry", (db) =>
          sql`
            update ${sql.table(`${bossSchema}.job`)} job set priority = ${priority}
            from (
              select id from ${sql.table(`${bossSchema}.job`)}
              where name = ${observeCustomerQueue.name} and state < 'active'
                and priority < ${priority}
                and singleton_key = any(${customers.map(customerKey)}::text[])
              for update skip locked
            ) slow
            where job.name = ${observeCustomerQueue.name} and job.id = slow.id`.execute(db)
        )
      yield* query("Runs.observing", (db) =>
        db
          .updateTable("reconciliation_run")
          .set({ status: "observing", started_at: sql`coalesce(started_at, clock_timestamp())` })
          .where("id", "=", id)
          .execute()
      )
      yield* endObserving(id)
    })

    /** Enqueues the comparison when nobody is waited for any more. The run is locked, so that this happens once. */
    const endObserving = Effect.fnUntraced(function* (id: RunId) {
      const row = yield* query("Runs.progress", (db) =>
        db
          .selectFrom("reconciliation_run")
          .select(["customers", "customers_observed", "customers_failed"])
          .where("id", "=", id)
          .where("status", "=", "observing")
          .whereRef(sql<number>`customers_observed + customers_failed`, "=", "customers")
          .executeTakeFirst()
      )
      if (row === undefined) return
      if (row.customers === 0 || row.customers_observed > 0)
        yield* queued(compareRunQueue.send([{ runId: id }]))
      else yield* fail(id, (yield* query("Runs.problem", (db) => selectProblem(db, id))) ?? "")
    })

    const observe = Effect.fn("Runs.observe")(function* (
      ...[run, tenants, seen, requests]: Parameters<Runs["Service"]["observe"]>
    ) {
      if (seen.length > 0) yield* keepNames(run, seen)
      // First who is waited for, then the jobs, each in its own transaction: a job of another run that is taken
      // meanwhile finds this run waiting, or this run finds it taken and sends its own. In one transaction it
      // could be done before anybody sees that this run waits. Killed in between, listing is tried again.
      yield* atomically(keepCustomers(run, tenants, requests))
      yield* atomically(sendObservations(run))
    })

    const observed = Effect.fn("Runs.observed")(function* (
      ...[instanceId, outcomes]: Parameters<Runs["Service"]["observed"]>
    ) {
      if (outcomes.length === 0) return
      yield* atomically(
        Effect.gen(function* () {
          const { rows } = yield* query("Runs.settle", (db) =>
            settleCustomers(db, instanceId, outcomes)
          )
          for (const { run_id, observed, failed, requests } of rows) {
            yield* query("Runs.count", (db) =>
              sql`
                update reconciliation_run set requests = requests + ${requests},
                  customers_observed = customers_observed + ${observed},
                  customers_failed = customers_failed + ${failed}
                where id = ${run_id}`.execute(db)
            )
            yield* endObserving(run_id)
          }
        })
      )
    })

    const awaited = Effect.fn("Runs.awaited")(function* (
      ...[instanceId, tenants]: Parameters<Runs["Service"]["awaited"]>
    ) {
      const { rows } = yield* query("Runs.awaited", (db) =>
        sql<{ tenant_id: TenantId }>`
          select distinct customer.tenant_id from reconciliation_customer customer
          join reconciliation_run run on run.id = customer.run_id
          where customer.instance_id = ${instanceId} and customer.state = 'pending'
            and customer.tenant_id = any(${tenants}::uuid[])
            and run.status in ${unfinished}`.execute(db)
      )
      return new Set(rows.map(({ tenant_id }) => tenant_id))
    })

    /** The steps go on where their run stands; a repeated job does nothing. */
    const recoverStep = ({ run_id, queue, problem }: LostStep) => {
      if (problem !== null) return fail(run_id, `${queue} was given up: ${problem}`)
      const lost = queue === listCustomersQueue.name ? listCustomersQueue : compareRunQueue
      return queued(lost.send([{ runId: run_id }]))
    }

    const recoverCustomers = Effect.fnUntraced(function* (
      instanceId: InstanceId,
      lost: ReadonlyArray<LostCustomer>
    ) {
      yield* lockJobs(instanceId, "shared")
      const again = lost.filter(({ problem }) => problem === null)
      yield* queued(
        observeCustomerQueue.send(
          again.map(({ tenant_id, correlation_id }) => ({
            instanceId,
            tenantId: tenant_id,
            correlationId: correlation_id
          }))
        )
      )
      yield* observed(
        instanceId,
        lost.flatMap(({ tenant_id, problem }) =>
          problem === null ? [] : [{ tenantId: tenant_id, problem, requests: 0 }]
        )
      )
    })

    const recover = Effect.gen(function* () {
      const needed = yield* query("Runs.mayRecover", mayRecover)
      if (!needed) return 0
      const steps = yield* query("Runs.lostSteps", lostSteps)
      yield* Effect.forEach(steps, recoverStep)
      const customers = yield* query("Runs.lostCustomers", lostCustomers)
      const byInstance = Map.groupBy(customers, ({ instance_id }) => instance_id)
      yield* Effect.forEach(byInstance, ([instanceId, lost]) => recoverCustomers(instanceId, lost))
      return steps.length + customers.length
    }).pipe(atomically, Effect.withSpan("Runs.recover"))

    const comparing = Effect.fn("Runs.comparing")(function* (id: RunId) {
      const row = yield* query("Runs.comparing", (db) =>
        db
          .updateTable("reconciliation_run")
          .set({ status: "comparing" })
          .where("id", "=", id)
          .where("status", "in", ["observing", "comparing"])
          .whereRef(sql<number>`customers_observed + customers_failed`, "=", "customers")
          .returning("id")
          .executeTakeFirst()
      )
      return row !== undefined
    })

    const append = Effect.fn("Runs.append")(function* (
      id: RunId,
      firstPosition: number,
      rows: ReadonlyArray<ReportRow>
    ) {
      if (rows.length === 0) return
      yield* query("Runs.append", (db) => insertRows(db, id, firstPosition, rows))
      if (rows.some(({ row }) => row.findings.length > 0))
        yield* query("Runs.appendFindings", (db) => insertFindings(db, id, firstPosition, rows))
    })

    const complete = Effect.fn("Runs.complete")(function* (id: RunId, totals: Totals) {
      const problem = yield* query("Runs.problem", (db) => selectProblem(db, id))
      yield* query("Runs.complete", (db) =>
        db
          .updateTable("reconciliation_run")
          .set({
            status: sql`case when customers_failed > 0 then 'incomplete' else 'completed' end`,
            rows: totals.rows,
            findings: totals.findings,
            counts: JSON.stringify(Array.from(totals.counts, ([kind, count]) => ({ kind, count }))),
            at_risk: JSON.stringify(totals.atRisk.map(moneyDocument)),
            problem,
            finished_at: sql`clock_timestamp()`
          })
          .where("id", "=", id)
          .where("status", "=", "comparing")
          .execute()
      )
    })

    const fail = Effect.fn("Runs.fail")(function* (id: RunId, problem: string) {
      yield* query("Runs.fail", (db) =>
        db
          .updateTable("reconciliation_run")
          .set({ status: "failed", problem, finished_at: sql`clock_timestamp()` })
          .where("id", "=", id)
          .where(sql<boolean>`status in ${unfinished}`)
          .execute()
      )
    })

    return Runs.of({
      request,
      get,
      list,
      cancel,
      active,
      tenantsOf,
      listing,
      observe,
      observed,
      awaited,
      recover,
      comparing,
      append,
      complete,
      fail
    })
  })
)
