import type { Kysely } from "kysely"
import { sql } from "kysely"
import type { Tables } from "../Tables.ts"

/** pg-boss's schema. Its table `job` is read and written here directly, so its version is pinned. */
export const bossSchema = "pgboss"

/** A job as claimed: one attempt of it, which is named by id and attempt together. */
export interface ClaimedRow {
  readonly id: string
  readonly data: unknown
  /** 0 for the first. */
  readonly attempt: number
  readonly key: string | null
  readonly priority: number
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export interface Attempt {
  readonly id: string
  readonly attempt: number
}

const pairs = (attempts: ReadonlyArray<Attempt>) => attempts.map((a) => `${a.id}:${a.attempt}`)
const ids = (attempts: ReadonlyArray<Attempt>) => attempts.map((a) => a.id)

/** Limits a statement to attempts that are still ours: a job that was taken over has another number. */
export const held = (attempts: ReadonlyArray<Attempt>) =>
  sql`state = 'active' and id = any(${ids(attempts)}::uuid[])
    and id::text || ':' || retry_count::text = any(${pairs(attempts)}::text[])`

/**
 * Claims up to `limit` jobs that are due, most urgent first, at most one per lane, none of a lane that is
 * at work. Needs a transaction: claims of one queue take turns, so that lanes hold across processes.
 *
 * pg-boss's own fetch is not used because of its lanes. Its `stately` and `singleton` policies answer
 * a fetch whose first candidate is busy with nothing at all until a cached list of busy keys is
 * refreshed; its `groupConcurrency` does not hold across processes.
 *
 * Subqueries are arrays, and only ordered index scans are wanted: a queue grows from nothing to thousands
 * faster than statistics follow, and what the planner likes for an empty table takes 50 times as long.
 */
export const claim = async (
  db: Kysely<Tables>,
  queue: string,
  limit: number
): Promise<ReadonlyArray<ClaimedRow>> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`queue ${queue}`}, 0)),
    set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_sort', 'off', true)`.execute(db)
  const { rows } = await sql<ClaimedRow>`
    with due as (
      select id, group_id, priority, created_on
      from ${sql.ref(`${bossSchema}.job`)}
      where name = ${queue} and state < 'active' and not blocked and start_after <= now()
        and group_id <> all (array(
          select group_id from ${sql.ref(`${bossSchema}.job`)}
          where name = ${queue} and state = 'active' and group_id is not null))
      order by priority desc, created_on
      limit ${limit * 4}
    ), first_of_lane as (
      select distinct on (group_id) id, priority, created_on
      from due
      order by group_id, priority desc, created_on, id
    )
    update ${sql.ref(`${bossSchema}.job`)} job
    set state = 'active', started_on = now(), heartbeat_on = now(),
      retry_count = case when started_on is null then retry_count else retry_count + 1 end
    where name = ${queue} and state < 'active' and id = any (array(
      select id from first_of_lane order by priority desc, created_on, id limit ${limit}))
    returning job.id, job.data, job.retry_count as attempt, job.singleton_key as key,
      job.priority,
      job.created_on as "createdAt"`.execute(db)
  return rows
}

/** Says that the work goes on; returns the ids that are still ours. */
export const touch = async (
  db: Kysely<Tables>,
  queue: string,
  attempts: ReadonlyArray<Attempt>
): Promise<ReadonlySet<string>> => {
  const { rows } = await sql<{ id: string }>`
    update ${sql.ref(`${bossSchema}.job`)} set heartbeat_on = now()
    where name = ${queue} and ${held(attempts)}
    returning id`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Puts unfinished jobs back in front of nobody, due at once; the attempt does not count as a failure. */
export const handBack = async (
  db: Kysely<Tables>,
  queue: string,
  attempts: ReadonlyArray<Attempt>
): Promise<void> => {
  await sql`
    update ${sql.ref(`${bossSchema}.job`)}
    set state = 'retry', started_on = null, heartbeat_on = null, start_after = now()
    where name = ${queue} and ${held(attempts)}`.execute(db)
}

/**
 * Puts jobs back whose worker has been silent for too long, due at once; the next claim counts as a new
 * attempt. Returns how many. pg-boss does the same, later, and puts those with the dead that have no
 * attempts left.
 */
export const recover = async (db: Kysely<Tables>, queue: string): Promise<number> => {
  const { numAffectedRows } = await sql`
    update ${sql.ref(`${bossSchema}.job`)}
    set state = 'retry', heartbeat_on = null, start_after = now()
    where name = ${queue} and state = 'active' and group_id is not null
      and heartbeat_on < now() - heartbeat_seconds * interval '1 second'
      and retry_count < retry_limit`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Makes the current attempt the last one: failing it is final then. */
export const makeLast = async (
  db: Kysely<Tables>,
  queue: string,
  attempts: ReadonlyArray<Attempt>
): Promise<void> => {
  await sql`
    update ${sql.ref(`${bossSchema}.job`)} set retry_limit = retry_count
    where name = ${queue} and ${held(attempts)}`.execute(db)
}

/** Which jobs: by their keys, by their ids, or by what their payload contains. */
export type Selection =
  | { readonly keys: ReadonlyArray<string> }
  | { readonly ids: ReadonlyArray<string> }
  | { readonly payload: object }

const selected = (selection: Selection) => {
  if ("keys" in selection) return sql`singleton_key = any(${selection.keys}::text[])`
  if ("ids" in selection) return sql`id = any(${selection.ids}::uuid[])`
  return sql`data @> ${JSON.stringify(selection.payload)}::jsonb`
}

/** Cancels selected jobs that nobody works on; returns how many. Takes its turn with claims, which lock the same jobs. */
export const cancelWaiting = async (
  db: Kysely<Tables>,
  queue: string,
  selection: Selection
): Promise<number> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`queue ${queue}`}, 0))`.execute(db)
  const { rows } = await sql<{ cancelled: number }>`
    with gone as (
      update ${sql.ref(`${bossSchema}.job`)} set state = 'cancelled', completed_on = now()
      where name = ${queue} and state < 'active' and ${selected(selection)}
      returning id
    ), unparked as (
      delete from parked_job where queue = ${queue} and job_id in (select id from gone)
    )
    select count(*) as cancelled from gone`.execute(db)
  return rows[0]?.cancelled ?? 0
}

/** Jobs of a queue by what has become of them; finished ones as long as they are kept. */
export interface Counts {
  readonly waiting: number
  readonly active: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
}

export const count = async (
  db: Kysely<Tables>,
  queue: string,
  selection?: Selection
): Promise<Counts> => {
  const { rows } = await sql<Counts>`
    select count(*) filter (where state < 'active') as waiting,
      count(*) filter (where state = 'active') as active,
      count(*) filter (where state = 'completed') as completed,
      count(*) filter (where state = 'failed') as failed,
      count(*) filter (where state = 'cancelled') as cancelled
    from ${sql.ref(`${bossSchema}.job`)}
    where name = ${queue} and ${selection === undefined ? sql`true` : selected(selection)}`.execute(
    db
  )
  return rows[0] ?? { waiting: 0, active: 0, completed: 0, failed: 0, cancelled: 0 }
}

/** The channel of notifications; the payload is the name of a queue. */
export const wakeChannel = "concordat_queue"

/** Wakes the workers of `queue` when the transaction commits. */
export const wakeWorkers = async (db: Kysely<Tables>, queue: string): Promise<void> => {
  await sql`select pg_notify(${wakeChannel}, ${queue})`.execute(db)
}
