import { Effect } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import type { DatabaseError } from "../Database.ts"
import type { Tables } from "../Tables.ts"
import { Boss } from "./Boss.ts"
import { type Attempt, bossSchema, held, wakeWorkers } from "./claims.ts"

const job = sql.table(`${bossSchema}.job`)

/** Nothing removes a job that waits for a person. */
const keptFor = sql`interval '100 years'`
/** As pg-boss keeps jobs that wait for their turn. */
const keptInQueue = sql`interval '14 days'`

/**
 * Puts unfinished jobs aside until their gate opens; the attempt does not count. `blocked` takes them out of the index
 * that claims read, however many there are.
 */
export const park = async (
  db: Kysely<Tables>,
  queue: string,
  gate: string,
  attempts: ReadonlyArray<Attempt>
): Promise<void> => {
  await sql`
    with parked as (
      update ${job} set state = 'retry', blocked = true, started_on = null, heartbeat_on = null,
        keep_until = now() + ${keptFor}
      where name = ${queue} and ${held(attempts)}
      returning id, group_id
    )
    insert into parked_job (queue, job_id, gate, lane)
    select ${queue}, id, ${gate}, coalesce(group_id, '') from parked
    on conflict (queue, job_id) do update set gate = excluded.gate`.execute(db)
}

/**
 * Makes jobs due again whose gate is not among the `closed` ones; returns how many. A job that is parked at this very
 * moment is found by the next call, so call it again and again.
 */
export const openGates = Effect.fnUntraced(function* (
  closed: RawBuilder<unknown>
): Effect.fn.Return<number, DatabaseError, Boss> {
  const { database } = yield* Boss
  const opened = database.run("queue.openGates", async (db) => {
    const { rows } = await sql<{ name: string; jobs: number }>`
      with opened as (
        delete from parked_job where gate <> all (array(${closed})) returning queue, job_id
      ), due as (
        update ${job} job set blocked = false, start_after = now(), keep_until = now() + ${keptInQueue}
        from opened
        where job.name = opened.queue and job.id = opened.job_id and job.state < 'active'
        returning job.name
      )
      select name, count(*) as jobs from due group by name`.execute(db)
    for (const { name } of rows) await wakeWorkers(db, name)
    return rows.reduce((sum, { jobs }) => sum + jobs, 0)
  })
  return yield* database.inTransaction(opened)
})
