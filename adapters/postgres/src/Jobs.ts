import {
  type Discard,
  type Job,
  type JobCounts,
  JobId,
  JobKind,
  type JobState,
  JobSubject
} from "@concordat/core/job/Job"
import { type JobFilter, JobNotFound, Jobs } from "@concordat/core/job/Jobs"
import { Effect, Layer, Option, Schema } from "effect"
import { type RawBuilder, sql } from "kysely"
import { fromKysely } from "pg-boss"
import { newestFirst } from "./Keyset.ts"
import { Boss } from "./queue/Boss.ts"
import { bossSchema, cancelWaiting, wakeWorkers } from "./queue/claims.ts"
import { all, likePart, statements } from "./Statements.ts"

const byAge = newestFirst("job", "at", JobId)
const byDiscard = newestFirst("job_discard", "at", JobId)

const table = sql.table(`${bossSchema}.job`)
const kinds: ReadonlyArray<string> = JobKind.literals
const deadOf = (kind: string): string => `${kind}.dead`
const dead = kinds.map(deadOf)

/** What the last attempt of a job said. */
const said = (column: RawBuilder<unknown>) =>
  sql`coalesce(${column}->>'message', ${column}->'value'->>'message')`

/** A job that was tried counts its failed attempts but the first, and its next one when it is taken. */
const failedAttempts = sql`retry_count + case when started_on is null then 0 else 1 end`

/** The jobs of each state, each by the index that holds them: finished ones are many, and never looked at. */
const sources: Readonly<Record<"waiting" | "parked" | "running" | "failed", RawBuilder<unknown>>> =
  {
    waiting: sql`
      select id, name as kind, case when start_after <= now() then 'due' else 'delayed' end as state, data,
        singleton_key as key, ${failedAttempts} as attempts, retry_limit + 1 as attempts_max,
        ${said(sql`output`)} as reason, created_on as at, created_on as created_at, start_after as next_at,
        null::timestamptz as started_at
      from ${table} where name = any (${kinds}::text[]) and state < 'active' and not blocked`,
    parked: sql`
      select id, name, 'parked', data, singleton_key, ${failedAttempts}, retry_limit + 1, ${said(sql`output`)},
        created_on, created_on, null::timestamptz, null::timestamptz
      from ${table} join parked_job on parked_job.queue = name and parked_job.job_id = id
      where name = any (${kinds}::text[]) and state < 'active'`,
    running: sql`
      select id, name, 'running', data, singleton_key, retry_count, retry_limit + 1, ${said(sql`output`)}, created_on,
        created_on, null::timestamptz, started_on
      from ${table} where name = any (${kinds}::text[]) and state = 'active' and group_id is not null`,
    // As it was before it was given up.
    failed: sql`
      select id, left(name, -${sql.lit(".dead".length)}), 'failed', data, singleton_key,
        coalesce(source_retry_count, 0) + 1, coalesce(source_retry_count, 0) + 1,
        ${said(sql`coalesce(source_output, output)`)}, created_on, coalesce(source_created_on, created_on),
        null::timestamptz, null::timestamptz
      from ${table} where name = any (${dead}::text[]) and state < 'active' and not blocked`
  }

const sourcesOf = (state: JobState | undefined): ReadonlyArray<RawBuilder<unknown>> => {
  const { failed, parked, running, waiting } = sources
  switch (state) {
    case undefined:
      // The first names the columns.
      return [waiting, parked, running, failed]
    case "due":
    case "delayed":
      return [waiting]
    case "parked":
      return [emptyOf(waiting), parked]
    case "running":
      return [emptyOf(waiting), running]
    case "failed":
      return [emptyOf(waiting), failed]
  }
}

/** Names the columns, and is none. */
const emptyOf = (source: RawBuilder<unknown>) => sql`${source} and false`

const guidForm = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
/** An id of what the job was sent with; null where it is none. */
const idIn = (key: string) =>
  sql`case when job.data->>${key}::text ~ ${guidForm}::text then (job.data->>${key}::text)::uuid end`

interface JobRow {
  readonly id: JobId
  readonly kind: JobKind
  readonly state: JobState
  readonly data: unknown
  readonly attempts: number
  readonly attempts_max: number
  readonly reason: string | null
  readonly at: Job["createdAt"]
  readonly created_at: Job["createdAt"]
  readonly next_at: Job["nextAttemptAt"]
  readonly started_at: Job["startedAt"]
  readonly about: string | null
  readonly instance: Job["instance"]
  readonly account_id: Job["accountId"]
  readonly needed: boolean | null
}

/** What each job is about, of a page of them: its run, mail … by its key, and whether that still waits. */
const described = (jobs: RawBuilder<unknown>) => sql<JobRow>`
  select job.id, job.kind, job.state, job.data, job.attempts, job.attempts_max, job.reason, job.at, job.created_at,
    job.next_at, job.started_at, instance.name as instance, account.id as account_id,
    case job.kind
      when 'send-mail' then mail.subject
      when 'price-sheet' then sheet.market || ' ' || sheet.month
      when 'observe-customer' then coalesce(account.name, customer.name, job.data->>'tenantId')
      else account.name
    end as about,
    case job.kind
      when 'list-customers' then run.status in ('queued', 'listing')
      when 'compare-run' then run.status in ('observing', 'comparing')
      when 'observe-customer' then exists (
        select from reconciliation_customer pending join reconciliation_run waits on waits.id = pending.run_id
        where pending.instance_id = ${idIn("instanceId")} and pending.tenant_id = ${idIn("tenantId")}
          and pending.state = 'pending' and waits.status = 'observing')
      when 'send-mail' then mail.status = 'queued'
      when 'catalogue-run' then reading.status in ('queued', 'running')
      when 'synchronize-tenant' then sync.status = 'in-progress'
      when 'price-sheet' then sheet.status in ('queued', 'reading', 'staged')
      when 'customer-import' then import.status in ('queued', 'reading', 'importing')
      when 'send-acceptance' then sending.status in ('waiting', 'pending')
    end as needed
  from (${jobs}) job
  left join reconciliation_run run on run.id = ${idIn("runId")}
  left join mail on mail.id = ${idIn("mailId")}
  left join catalogue_run reading on reading.id = ${idIn("catalogueRunId")}
  left join synchronization sync on sync.id = ${idIn("synchronizationId")}
  left join price_sheet sheet on sheet.id = ${idIn("priceSheetId")}
  left join customer_import import on import.id = ${idIn("importId")}
  left join agreement_sending sending on sending.acceptance_id = ${idIn("acceptanceId")}
  left join instance on instance.id = coalesce(run.instance_id, reading.instance_id, sync.instance_id,
    sheet.instance_id, import.instance_id, sending.instance_id, ${idIn("instanceId")})
  left join lateral (select account_id from account_tenant
    where instance_id = instance.id and tenant_id = ${idIn("tenantId")} limit 1) link on true
  left join lateral (select name from observed_customer
    where instance_id = instance.id and tenant_id = ${idIn("tenantId")} limit 1) customer on true
  left join account on account.id = coalesce(link.account_id, run.scope_account_id, mail.account_id,
    sync.account_id, sending.account_id)
  order by job.at desc, job.id desc`

const tagOf: Readonly<Record<JobKind, JobSubject["_tag"]>> = {
  "list-customers": "Run",
  "observe-customer": "Customer",
  "compare-run": "Run",
  "send-mail": "Mail",
  "catalogue-run": "CatalogueRun",
  "synchronize-tenant": "Synchronization",
  "price-sheet": "PriceSheet",
  "customer-import": "Import",
  "send-acceptance": "Acceptance"
}
const decodeSubject = Schema.decodeUnknownOption(JobSubject)
const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null

const jobOf = (row: JobRow): Job => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  subject: Option.getOrElse(
    decodeSubject({ ...(isRecord(row.data) ? row.data : {}), _tag: tagOf[row.kind] }),
    () => JobSubject.cases.Unknown.make({})
  ),
  about: row.about,
  instance: row.instance,
  accountId: row.account_id,
  needed: row.needed === true,
  attempts: row.attempts,
  attemptsMax: row.attempts_max,
  reason: row.reason,
  createdAt: row.created_at,
  failedAt: row.state === "failed" ? row.at : null,
  nextAttemptAt: row.next_at,
  startedAt: row.started_at
})

/** The queues, as operators look at them. */
export const jobsLayer = Layer.effect(
  Jobs,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const { boss } = yield* Boss

    const list = Effect.fn("Jobs.list")(function* (
      ...[filter, page]: Parameters<Jobs["Service"]["list"]>
    ) {
      const after = yield* byAge.after(page)
      const { kind, q, state }: JobFilter = filter
      const conditions = [
        byAge.isAfter(after),
        ...(state === undefined ? [] : [sql`state = ${state}`]),
        ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
        ...(q === undefined || q === ""
          ? []
          : [sql`(reason ilike ${likePart(q)} or key ilike ${likePart(q)})`])
      ]
      const { rows } = yield* run("Jobs.list", (db) =>
        described(sql`
          select * from (${sql.join(sourcesOf(state), sql` union all `)}) job
          where ${all(conditions)}
          order by at desc, id desc limit ${page.limit + 1}`).execute(db)
      )
      return byAge.page(rows, page, jobOf)
    })

    const get = Effect.fn("Jobs.get")(function* (id: JobId) {
      const { rows } = yield* run("Jobs.get", (db) =>
        described(sql`
          select * from (${sql.join(sourcesOf(undefined), sql` union all `)}) job where id = ${id}`).execute(
          db
        )
      )
      const [row] = rows
      return row === undefined ? yield* new JobNotFound({ id }) : jobOf(row)
    })

    const counts = run("Jobs.counts", async (db) => {
      const { rows } = await sql<JobCounts>`
        select kind, count(*) filter (where state = 'due') as due,
          count(*) filter (where state = 'delayed') as delayed,
          count(*) filter (where state = 'parked') as parked,
          count(*) filter (where state = 'running') as running,
          count(*) filter (where state = 'failed') as failed,
          min(next_at) filter (where state = 'due') as "dueSince"
        from (${sql.join(sourcesOf(undefined), sql` union all `)}) job group by kind`.execute(db)
      const found = new Map(rows.map((row) => [row.kind, row]))
      return JobKind.literals.map(
        (kind) =>
          found.get(kind) ?? {
            kind,
            due: 0,
            delayed: 0,
            parked: 0,
            running: 0,
            failed: 0,
            dueSince: null
          }
      )
    }).pipe(Effect.withSpan("Jobs.counts"))

    /** The new job, or the one with its key that waits already. */
    const redrive = Effect.fnUntraced(function* ({ id, kind }: Job) {
      const ids = yield* run("Jobs.redrive", async (db) => {
        const { rows } = await sql<{ key: string | null }>`
          select singleton_key as key from ${table}
          where name = ${deadOf(kind)} and id = ${id} and state < 'active' for update`.execute(db)
        const [given] = rows
        if (given === undefined) return []
        await boss.redrive(deadOf(kind), { ids: [id], db: fromKysely(db) })
        await wakeWorkers(db, kind)
        const queued = await sql<{ id: JobId }>`
          select id from ${table} where name = ${kind} and state < 'active' and singleton_key = ${given.key}
          order by created_on desc limit 1`.execute(db)
        return queued.rows
      })
      const [queued] = ids
      return queued === undefined ? yield* new JobNotFound({ id }) : queued.id
    })

    const hasten = (job: Job) =>
      run("Jobs.hasten", async (db) => {
        await sql`update ${table} set start_after = now()
          where name = ${job.kind} and id = ${job.id} and state < 'active' and not blocked
            and start_after > now()`.execute(db)
        await wakeWorkers(db, job.kind)
      })

    const retry = Effect.fn("Jobs.retry")(function* (job: Job) {
      return yield* atomically(
        Effect.gen(function* () {
          if (job.state === "failed") return yield* get(yield* redrive(job))
          yield* hasten(job)
          return yield* get(job.id)
        })
      )
    })

    const withdraw = Effect.fn("Jobs.withdraw")(function* ({ id, kind, state }: Job) {
      const gone = yield* run("Jobs.withdraw", async (db) => {
        if (state !== "failed") return cancelWaiting(db, kind, { ids: [id] })
        const { numAffectedRows } = await sql`
          delete from ${table} where name = ${deadOf(kind)} and id = ${id} and state < 'active'`.execute(
          db
        )
        return Number(numAffectedRows ?? 0n)
      })
      // Somebody has just taken it, or taken it away.
      if (gone === 0) return yield* new JobNotFound({ id })
    })

    const noteDiscard = Effect.fn("Jobs.noteDiscard")(function* (discard: Discard) {
      yield* run("Jobs.noteDiscard", (db) =>
        db
          .insertInto("job_discard")
          .values({ ...discard, at: new Date(discard.at) })
          .execute()
      )
    })

    const discards = Effect.fn("Jobs.discards")(function* (
      page: Parameters<Jobs["Service"]["discards"]>[0]
    ) {
      const after = yield* byDiscard.after(page)
      const rows = yield* run("Jobs.discards", (db) =>
        db
          .selectFrom("job_discard")
          .selectAll()
          .where(byDiscard.isAfter(after))
          .orderBy("at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byDiscard.page(rows, page, (row): Discard => row)
    })

    return Jobs.of({ list, get, counts, retry, withdraw, noteDiscard, discards })
  })
)
