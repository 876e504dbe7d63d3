import type { AccountId } from "@concordat/core/account/Account"
import {
  type BookPoint,
  type Due,
  Overviews,
  overviewCountMax,
  overviewDays,
  overviewPastDays
} from "@concordat/core/overview/Overviews"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { dayMs, Instant } from "@concordat/core/time/Instant"
import { Effect, Layer } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { bossSchema } from "./queue/claims.ts"
import { runOf, runsOf } from "./Runs.ts"
import { inAccount } from "./reportQueries.ts"
import { all, statements } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

/** Days of all instances that a chart can show. */
const pointsMax = 1_000

/** Reports of everything that a branch itself has asked for: another branch's "everything" is less, or more. */
const isWhole = (branch: AccountId | null) => sql`
  run.scope_account_id is null and run.scope_subscription_id is null
  and run.branch is not distinct from ${branch}::uuid and run.status in ('completed', 'incomplete')`

const selectBooks = (db: Kysely<Tables>, branch: AccountId | null) =>
  runsOf(db, branch)
    .where(
      sql<boolean>`run.id in (
        select newest.id from instance i cross join lateral (
          select run.id from reconciliation_run run
          where run.instance_id = i.id and run.environment = i.environment and ${isWhole(branch)}
          order by run.created_at desc, run.id desc limit 1
        ) newest)`
    )
    .orderBy("instance.name")
    .execute()

const selectPast = (db: Kysely<Tables>, branch: AccountId | null, at: Instant) =>
  sql<BookPoint>`
    select * from (
      select distinct on (i.name, (run.created_at at time zone 'UTC')::date)
        i.name as instance, run.created_at as at, run.rows, run.findings
      from reconciliation_run run join instance i on i.id = run.instance_id
      where run.environment = i.environment and ${isWhole(branch)}
        and run.created_at > ${new Date(at - overviewPastDays * dayMs)}::timestamptz
      order by i.name, (run.created_at at time zone 'UTC')::date desc, run.created_at desc
      limit ${pointsMax}
    ) point order by instance, at`.execute(db)

const ends = (at: Instant) => overviewDays.map((days) => Instant.make(at + days * dayMs))

interface Counts {
  readonly first: number
  readonly second: number
}

const dues = (at: Instant, counts: Counts | undefined): ReadonlyArray<Due> =>
  overviewDays.map((days, nth) => ({
    days,
    before: Instant.make(at + days * dayMs),
    count: (nth === 0 ? counts?.first : counts?.second) ?? 0
  }))

/** Counts what falls due, the soonest first, no further than anybody wants to know. */
const countDue = (soonest: RawBuilder<unknown>, first: RawBuilder<unknown>) => sql<Counts>`
  select count(*) filter (where due < ${first}) as first, count(*) as second
  from (${soonest} limit ${overviewCountMax}) soonest`

const countDeadlines = (
  db: Kysely<Tables>,
  id: RunId,
  branch: AccountId | null,
  at: Instant
): Promise<Counts | undefined> => {
  const [first = at, second = at] = ends(at).map((end) => new Date(end))
  return countDue(
    sql`
      select due from (
        select report.position, (select min(f.deadline) from finding f
          where f.run_id = report.run_id and f.position = report.position
            and f.deadline >= ${new Date(at)}::timestamptz) as due
        from reconciliation_row report
        where report.run_id = ${id} and report.severity is not null
          and coalesce(report.deadline, 'infinity') < ${second}::timestamptz
          and ${all(inAccount(branch))}
        order by coalesce(report.deadline, 'infinity')
      ) due where due < ${second}::timestamptz`,
    sql`${first}::timestamptz`
  )
    .execute(db)
    .then(({ rows }) => rows[0])
}

const countRenewals = (
  db: Kysely<Tables>,
  branch: AccountId | null,
  at: Instant
): Promise<Counts | undefined> => {
  const [first = at, second = at] = ends(at)
  const end = sql`(s.terms ->> 'commitmentEnd')::bigint`
  const within =
    branch === null
      ? sql`true`
      : sql`exists (select from account a
          where a.id = s.account_id and a.ancestors @> array[${branch}]::uuid[])`
  return countDue(
    sql`
      select ${end} as due from subscription s
      where s.terms ->> 'commitmentEnd' is not null
        and ${end} >= ${at}::bigint and ${end} < ${second}::bigint
        and s.terms ->> 'status' = 'active' and ${within}
        and s.environment = (select environment from instance i where i.id = s.instance_id)
      order by ${end}`,
    sql`${first}::bigint`
  )
    .execute(db)
    .then(({ rows }) => rows[0])
}

/**
 * Of each queue only the job that has waited longest is looked at. Dead letters wait for a person, and jobs at a closed
 * gate for a consent: not for a turn.
 */
const selectLag = (db: Kysely<Tables>) =>
  sql<{ seconds: number | null }>`
    select floor(extract(epoch from max(now() - oldest.start_after)))::integer as seconds
    from ${sql.table(`${bossSchema}.queue`)} queue cross join lateral (
      select job.start_after from ${sql.table(`${bossSchema}.job`)} job
      where job.name = queue.name and job.state < 'active' and not job.blocked
        and job.start_after <= now()
      order by job.start_after limit 1
    ) oldest
    where queue.name not like '%.dead'`.execute(db)

/** The overview in Postgres. */
export const overviewsLayer = Layer.effect(
  Overviews,
  Effect.gen(function* () {
    const { run } = yield* statements

    const read = Effect.fn("Overviews.read")(function* (
      ...[branch, at]: Parameters<Overviews["Service"]["read"]>
    ) {
      const found = yield* run("Overviews.books", (db) => selectBooks(db, branch))
      const books = yield* Effect.forEach(found, (row) =>
        Effect.map(
          run("Overviews.deadlines", (db) => countDeadlines(db, row.id, branch, at)),
          (counts) => ({ run: runOf(row), deadlines: dues(at, counts) })
        )
      )
      const past = yield* run("Overviews.past", (db) => selectPast(db, branch, at))
      const renewals = yield* run("Overviews.renewals", (db) => countRenewals(db, branch, at))
      const lag =
        branch === null ? ((yield* run("Overviews.lag", selectLag)).rows[0]?.seconds ?? 0) : null
      return {
        at,
        books,
        past: past.rows,
        renewals: dues(at, renewals),
        queueLagSeconds: lag
      }
    })

    return Overviews.of({ read })
  })
)
