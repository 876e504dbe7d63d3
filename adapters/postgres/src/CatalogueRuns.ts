import {
  type CatalogueRun,
  CatalogueRunId,
  type LogLevel
} from "@concordat/core/catalogue/CatalogueRun"
import {
  CatalogueRunNotFound,
  CatalogueRuns,
  type RunReading
} from "@concordat/core/catalogue/CatalogueRuns"
import { isDue } from "@concordat/core/catalogue/catalogueSchedule"
import type { VendorItem } from "@concordat/core/catalogue/VendorCatalogue"
import type { InstanceId, InstanceName } from "@concordat/core/instance/Instance"
import { OfferId } from "@concordat/core/subscription/Subscription"
import type { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer, Option, Schema } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { inPieces, insertChanges } from "./catalogueRows.ts"
import { keyset, newestFirst } from "./Keyset.ts"
import type { Boss } from "./queue/Boss.ts"
import { bossSchema } from "./queue/claims.ts"
import { catalogueRunQueue } from "./queues.ts"
import { statements } from "./Statements.ts"
import type { CatalogueRunTable, Tables } from "./Tables.ts"

const byAge = newestFirst("run", "created_at", CatalogueRunId)
const byNumber = keyset(Schema.Struct({ id: Schema.Int }))
const byOffer = keyset(Schema.Struct({ offer: OfferId }))

const underWay = sql`('queued', 'running')`
/** Reasons that a run's own problem quotes. */
const reasonsQuoted = 3
/** A run can end between two looks at it; it cannot do so for ever. */
const requestsMax = 5

const runs = (db: Kysely<Tables>) =>
  db
    .selectFrom("catalogue_run as run")
    .innerJoin("instance", "instance.id", "run.instance_id")
    .selectAll("run")
    .select("instance.name as instance")

const runOf = (
  row: Selectable<CatalogueRunTable> & { readonly instance: InstanceName }
): CatalogueRun => ({
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  status: row.status,
  trigger: row.trigger,
  requestedBy: row.requested_by,
  correlationId: row.correlation_id,
  countries: row.countries,
  language: row.language,
  parts: row.parts,
  partsRead: row.parts_read,
  partsFailed: row.parts_failed,
  requests: row.requests,
  added: row.added,
  changed: row.changed,
  discontinued: row.discontinued,
  unchanged: row.unchanged,
  problem: row.problem,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at
})

/** The first reasons why something could not be read; null when all could. */
const selectProblem = (db: Kysely<Tables>, id: CatalogueRunId) =>
  sql<{ problem: string | null }>`
    select string_agg(problem, ' · ') as problem from (
      select problem from (
        select country || ': ' || problem as problem from catalogue_run_country
        where run_id = ${id} and state = 'failed'
        union all
        select country || ': ' || problem from catalogue_part where run_id = ${id} and state = 'failed'
      ) given
      group by problem order by count(*) desc, problem limit ${reasonsQuoted}
    ) reason`
    .execute(db)
    .then(({ rows }) => rows[0]?.problem ?? null)

/** Runs under way for which no job waits, for its turn or at a gate, or is at work, with what the last one said when it was given up. */
const lostRuns = (db: Kysely<Tables>) =>
  sql<{ id: CatalogueRunId; instance_id: InstanceId; problem: string | null }>`
    select run.id, run.instance_id, (
      select coalesce(output->>'message', output->'value'->>'message', 'it said nothing')
      from ${sql.table(`${bossSchema}.job`)}
      where name = ${catalogueRunQueue.name} and singleton_key = run.id::text and state = 'failed'
      order by completed_on desc limit 1) as problem
    from catalogue_run run
    where run.status in ${underWay} and not exists (
      select from ${sql.table(`${bossSchema}.job`)}
      where name = ${catalogueRunQueue.name} and group_id = run.id::text
        and ((state < 'active' and not blocked) or state = 'active'))
      and not exists (
        select from parked_job where queue = ${catalogueRunQueue.name} and lane = run.id::text)
    order by run.id`.execute(db)

/** The catalogue runs in Postgres, their jobs in the queue. */
export const catalogueRunsLayer = Layer.effect(
  CatalogueRuns,
  Effect.gen(function* () {
    const { run: query, atomically } = yield* statements
    const boss = yield* Effect.context<Boss>()
    const queued = <A, E>(effect: Effect.Effect<A, E, Boss>): Effect.Effect<A> =>
      effect.pipe(Effect.provideContext(boss), Effect.orDie)

    const get = Effect.fn("CatalogueRuns.get")(function* (id: CatalogueRunId) {
      const row = yield* query("CatalogueRuns.get", (db) =>
        runs(db).where("run.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new CatalogueRunNotFound({ id }) : runOf(row)
    })

    const insert = (run: CatalogueRun) =>
      query("CatalogueRuns.insert", (db) =>
        db
          .insertInto("catalogue_run")
          .values({
            id: run.id,
            instance_id: run.instanceId,
            status: run.status,
            trigger: run.trigger,
            requested_by: run.requestedBy,
            correlation_id: run.correlationId,
            countries: run.countries,
            language: run.language,
            parts: run.parts,
            parts_read: run.partsRead,
            parts_failed: run.partsFailed,
            requests: run.requests,
            added: run.added,
            changed: run.changed,
            discontinued: run.discontinued,
            unchanged: run.unchanged,
            problem: run.problem,
            created_at: new Date(run.createdAt),
            started_at: null,
            finished_at: null
          })
          .onConflict((conflict) =>
            conflict.column("instance_id").where(sql<boolean>`status in ${underWay}`).doNothing()
          )
          .returning("id")
          .executeTakeFirst()
      )

    const note = (id: CatalogueRunId, level: LogLevel, text: string) =>
      Effect.asVoid(
        query("CatalogueRuns.note", (db) =>
          db
            .insertInto("catalogue_log")
            .values({ run_id: id, at: sql`clock_timestamp()`, level, text })
            .execute()
        )
      )

    const requestOnce = (run: CatalogueRun) =>
      atomically(
        Effect.gen(function* () {
          if ((yield* insert(run)) === undefined) {
            const other = yield* query("CatalogueRuns.underWay", (db) =>
              runs(db)
                .where("run.instance_id", "=", run.instanceId)
                .where(sql<boolean>`run.status in ${underWay}`)
                .executeTakeFirst()
            )
            return Option.map(Option.fromUndefinedOr(other), runOf)
          }
          yield* query("CatalogueRuns.insertCountries", (db) =>
            sql`
              insert into catalogue_run_country (run_id, country, state)
              select ${run.id}::uuid, country, 'pending' from unnest(${run.countries}::text[]) country
              on conflict do nothing`.execute(db)
          )
          yield* note(
            run.id,
            "info",
            `Asked for by ${run.requestedBy}: the catalogue of ${run.countries.join(", ")} in ${run.language}`
          )
          yield* queued(
            catalogueRunQueue.send([{ instanceId: run.instanceId, catalogueRunId: run.id }])
          )
          return Option.some(run)
        })
      )

    const request = Effect.fn("CatalogueRuns.request")(function* (run: CatalogueRun) {
      for (let tried = 0; tried < requestsMax; tried++) {
        const requested = yield* requestOnce(run)
        if (Option.isSome(requested)) return requested.value
      }
      return yield* Effect.die(new Error(`runs of ${run.instance} end as fast as they begin`))
    })

    const strike = Effect.fn("CatalogueRuns.strike")(function* (
      ...[instanceId, schedule, now]: Parameters<CatalogueRuns["Service"]["strike"]>
    ) {
      const remember = (since: Instant, text: string) =>
        query("CatalogueRuns.remember", (db) =>
          sql`
            insert into catalogue_schedule as held (instance_id, schedule, since)
            values (${instanceId}, ${text}, ${new Date(since)})
            on conflict (instance_id) do update
            set schedule = excluded.schedule, since = excluded.since`.execute(db)
        )
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* query("CatalogueRuns.schedule", (db) =>
            db
              .selectFrom("catalogue_schedule")
              .selectAll()
              .where("instance_id", "=", instanceId)
              .forUpdate()
              .executeTakeFirst()
          )
          if (schedule === null) {
            if (held !== undefined)
              yield* query("CatalogueRuns.forget", (db) =>
                db.deleteFrom("catalogue_schedule").where("instance_id", "=", instanceId).execute()
              )
            return false
          }
          if (held === undefined || held.schedule !== schedule) {
            yield* remember(now, schedule)
            return false
          }
          if (!isDue(schedule, held.since, now)) return false
          yield* remember(now, schedule)
          return true
        })
      )
    })

    const list = Effect.fn("CatalogueRuns.list")(function* (
      ...[instanceId, page]: Parameters<CatalogueRuns["Service"]["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* query("CatalogueRuns.list", (db) =>
        runs(db)
          .$if(instanceId !== undefined, (select) =>
            select.where(sql<boolean>`run.instance_id = ${instanceId ?? null}::uuid`)
          )
          .where(byAge.isAfter(after))
          .orderBy("run.created_at", "desc")
          .orderBy("run.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, runOf)
    })

    /** What was read for a run is of no use after it. */
    const forgetParts = (id: CatalogueRunId) =>
      query("CatalogueRuns.forgetParts", (db) =>
        db.deleteFrom("catalogue_part").where("run_id", "=", id).execute()
      )

    /** Ends a run that is under way; false when it has ended already. */
    const end = (id: CatalogueRunId, status: "failed" | "cancelled", problem: string | null) =>
      atomically(
        Effect.gen(function* () {
          const ended = yield* query("CatalogueRuns.end", (db) =>
            db
              .updateTable("catalogue_run")
              .set({ status, problem, finished_at: sql`clock_timestamp()` })
              .where("id", "=", id)
              .where(sql<boolean>`status in ${underWay}`)
              .returning("id")
              .executeTakeFirst()
          )
          if (ended === undefined) return false
          yield* forgetParts(id)
          return true
        })
      )

    const cancel = Effect.fn("CatalogueRuns.cancel")(function* (id: CatalogueRunId) {
      yield* get(id)
      yield* atomically(
        Effect.gen(function* () {
          if (!(yield* end(id, "cancelled", null))) return
          yield* note(id, "warning", "Cancelled; nothing was changed.")
          yield* queued(catalogueRunQueue.cancel({ keys: [id] }))
        })
      )
      return yield* get(id)
    })

    const fail = Effect.fn("CatalogueRuns.fail")(function* (id: CatalogueRunId, problem: string) {
      yield* atomically(
        Effect.gen(function* () {
          if (yield* end(id, "failed", problem))
            yield* note(id, "error", `Failed; nothing was changed: ${problem}`)
        })
      )
    })

    const log = Effect.fn("CatalogueRuns.log")(function* (
      ...[id, page]: Parameters<CatalogueRuns["Service"]["log"]>
    ) {
      yield* get(id)
      const after = yield* byNumber.after(page)
      const rows = yield* query("CatalogueRuns.log", (db) =>
        db
          .selectFrom("catalogue_log")
          .select(["id", "at", "level", "text"])
          .where("run_id", "=", id)
          .where("id", ">", after?.id ?? 0)
          .orderBy("id")
          .limit(page.limit + 1)
          .execute()
      )
      return byNumber.page(
        rows,
        page,
        (row) => ({ id: row.id }),
        ({ at, level, text }) => ({ at, level, text })
      )
    })

    const changes = Effect.fn("CatalogueRuns.changes")(function* (
      ...[id, kind, page]: Parameters<CatalogueRuns["Service"]["changes"]>
    ) {
      yield* get(id)
      const after = yield* byOffer.after(page)
      const rows = yield* query("CatalogueRuns.changes", (db) =>
        db
          .selectFrom("catalogue_change")
          .select(["offer", "name", "kind", "fields"])
          .where("run_id", "=", id)
          .$if(kind !== undefined, (select) => select.where(sql<boolean>`kind = ${kind ?? ""}`))
          .$if(after !== undefined, (select) =>
            select.where(sql<boolean>`offer collate "C" > ${after?.offer ?? ""}`)
          )
          .orderBy(sql`offer collate "C"`)
          .limit(page.limit + 1)
          .execute()
      )
      return byOffer.page(
        rows,
        page,
        ({ offer }) => ({ offer }),
        ({ fields, kind, name, offer }) => ({ offer, name, kind, fields })
      )
    })

    const begin = Effect.fn("CatalogueRuns.begin")(function* (id: CatalogueRunId) {
      yield* query("CatalogueRuns.begin", (db) =>
        db
          .updateTable("catalogue_run")
          .set({ status: "running", started_at: sql`coalesce(started_at, clock_timestamp())` })
          .where("id", "=", id)
          .where("status", "=", "queued")
          .execute()
      )
      const row = yield* query("CatalogueRuns.begun", (db) =>
        runs(db).where("run.id", "=", id).where("run.status", "=", "running").executeTakeFirst()
      )
      return Option.map(Option.fromUndefinedOr(row), runOf)
    })

    const isWanted = Effect.fn("CatalogueRuns.isWanted")(function* (id: CatalogueRunId) {
      const row = yield* query("CatalogueRuns.isWanted", (db) =>
        db
          .selectFrom("catalogue_run")
          .select("id")
          .where("id", "=", id)
          .where("status", "=", "running")
          .executeTakeFirst()
      )
      return row !== undefined
    })

    const work = Effect.fn("CatalogueRuns.work")(function* (id: CatalogueRunId) {
      const countries = yield* query("CatalogueRuns.unlisted", (db) =>
        sql<{ country: string }>`
          select country from catalogue_run_country
          where run_id = ${id} and state = 'pending' order by country`.execute(db)
      )
      const parts = yield* query("CatalogueRuns.pending", (db) =>
        db
          .selectFrom("catalogue_part")
          .select(["position", "part"])
          .where("run_id", "=", id)
          .where("state", "=", "pending")
          .orderBy("position")
          .execute()
      )
      return { unlisted: countries.rows.map(({ country }) => country), pending: parts }
    })

    /** The run, locked, while it is running. */
    const lockRunning = (id: CatalogueRunId) =>
      query("CatalogueRuns.lock", (db) =>
        db
          .selectFrom("catalogue_run")
          .select(["id", "parts"])
          .where("id", "=", id)
          .where("status", "=", "running")
          .forUpdate()
          .executeTakeFirst()
      )

    const count = (
      id: CatalogueRunId,
      more: { readonly parts?: number; readonly read?: number; readonly failed?: number },
      requests: number
    ) =>
      query("CatalogueRuns.count", (db) =>
        sql`
          update catalogue_run set parts = parts + ${more.parts ?? 0},
            parts_read = parts_read + ${more.read ?? 0},
            parts_failed = parts_failed + ${more.failed ?? 0}, requests = requests + ${requests}
          where id = ${id}`.execute(db)
      )

    /** A country leaves the pending ones once; false when it has, or the run is not wanted. */
    const leavePending = Effect.fnUntraced(function* (
      id: CatalogueRunId,
      country: string,
      state: "listed" | "failed",
      problem: string | null
    ) {
      const left = yield* query("CatalogueRuns.country", (db) =>
        db
          .updateTable("catalogue_run_country")
          .set({ state, problem })
          .where("run_id", "=", id)
          .where("country", "=", country)
          .where("state", "=", "pending")
          .returning("country")
          .executeTakeFirst()
      )
      return left !== undefined
    })

    const listed = Effect.fn("CatalogueRuns.listed")(function* (
      ...[id, country, parts, requests]: Parameters<CatalogueRuns["Service"]["listed"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const running = yield* lockRunning(id)
          if (running === undefined) return false
          if (!(yield* leavePending(id, country, "listed", null))) return true
          yield* query("CatalogueRuns.insertParts", (db) =>
            sql`
              insert into catalogue_part (run_id, position, country, part, state)
              select ${id}::uuid, ${running.parts}::integer + ordinality, ${country}, part, 'pending'
              from json_array_elements(${JSON.stringify(parts)}::json) with ordinality as given (part, ordinality)`.execute(
              db
            )
          )
          yield* count(id, { parts: parts.length }, requests)
          return true
        })
      )
    })

    const unlisted = Effect.fn("CatalogueRuns.unlisted")(function* (
      ...[id, country, problem, requests]: Parameters<CatalogueRuns["Service"]["unlisted"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          if ((yield* lockRunning(id)) === undefined) return false
          if (yield* leavePending(id, country, "failed", problem)) yield* count(id, {}, requests)
          return true
        })
      )
    })

    const settlePart = Effect.fnUntraced(function* (
      id: CatalogueRunId,
      position: number,
      outcome: { readonly items: ReadonlyArray<VendorItem> } | { readonly problem: string },
      requests: number
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          if ((yield* lockRunning(id)) === undefined) return false
          const isRead = "items" in outcome
          const settled = yield* query("CatalogueRuns.settle", (db) =>
            db
              .updateTable("catalogue_part")
              .set(
                isRead
                  ? { state: "read", items: JSON.stringify(outcome.items) }
                  : { state: "failed", problem: outcome.problem }
              )
              .where("run_id", "=", id)
              .where("position", "=", position)
              .where("state", "=", "pending")
              .returning("position")
              .executeTakeFirst()
          )
          if (settled !== undefined)
            yield* count(id, isRead ? { read: 1 } : { failed: 1 }, requests)
          return true
        })
      )
    })

    const finish = Effect.fn("CatalogueRuns.finish")(function* (id: CatalogueRunId) {
      if ((yield* lockRunning(id)) === undefined) return Option.none<RunReading>()
      const read = yield* query("CatalogueRuns.items", (db) =>
        db
          .selectFrom("catalogue_part")
          .select("items")
          .where("run_id", "=", id)
          .where("state", "=", "read")
          .orderBy("position")
          .execute()
      )
      const unread = yield* query("CatalogueRuns.unread", (db) =>
        sql<{ country: string }>`
          select country from catalogue_run_country where run_id = ${id} and state <> 'listed'
          union
          select country from catalogue_part where run_id = ${id} and state <> 'read'`.execute(db)
      )
      return Option.some<RunReading>({
        items: read.flatMap(({ items }) => items ?? []),
        unread: new Set(unread.rows.map(({ country }) => country))
      })
    })

    const complete = Effect.fn("CatalogueRuns.complete")(function* (
      ...[id, { changes: found, unchanged }]: Parameters<CatalogueRuns["Service"]["complete"]>
    ) {
      const of = (kind: string) => found.filter((change) => change.kind === kind).length
      yield* atomically(
        Effect.gen(function* () {
          const problem = yield* query("CatalogueRuns.problem", (db) => selectProblem(db, id))
          yield* Effect.forEach(inPieces(found), (piece) =>
            query("CatalogueRuns.insertChanges", (db) => insertChanges(db, id, piece))
          )
          yield* forgetParts(id)
          yield* query("CatalogueRuns.complete", (db) =>
            db
              .updateTable("catalogue_run")
              .set({
                status: problem === null ? "completed" : "incomplete",
                added: of("new"),
                changed: of("changed"),
                discontinued: of("discontinued"),
                unchanged,
                problem,
                finished_at: sql`clock_timestamp()`
              })
              .where("id", "=", id)
              .where("status", "=", "running")
              .execute()
          )
        })
      )
    })

    const recover = Effect.gen(function* () {
      const first = yield* query("CatalogueRuns.mayRecover", (db) =>
        sql<{ needed: boolean }>`
          select case when exists (select from catalogue_run where status in ${underWay})
            then pg_try_advisory_xact_lock(hashtextextended('recover catalogue runs', 0))
            else false end as needed`.execute(db)
      )
      if (first.rows[0]?.needed !== true) return 0
      const { rows } = yield* query("CatalogueRuns.lost", lostRuns)
      yield* Effect.forEach(rows, ({ id, instance_id, problem }) =>
        problem === null
          ? queued(catalogueRunQueue.send([{ instanceId: instance_id, catalogueRunId: id }]))
          : fail(id, `it was given up: ${problem}`)
      )
      return rows.length
    }).pipe(atomically, Effect.withSpan("CatalogueRuns.recover"))

    return CatalogueRuns.of({
      request,
      strike,
      get,
      list,
      cancel,
      log,
      changes,
      begin,
      work,
      isWanted,
      listed,
      unlisted,
      read: (id, position, items, requests) => settlePart(id, position, { items }, requests),
      unread: (id, position, problem, requests) => settlePart(id, position, { problem }, requests),
      spent: (id, requests) => Effect.asVoid(count(id, {}, requests)),
      note,
      finish,
      complete,
      fail,
      recover
    })
  })
)
