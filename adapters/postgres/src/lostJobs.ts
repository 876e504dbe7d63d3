import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { type Kysely, sql } from "kysely"
import { bossSchema } from "./queue/claims.ts"
import { compareRunQueue, listCustomersQueue, observeCustomerQueue } from "./queues.ts"
import type { Tables } from "./Tables.ts"

/**
 * Jobs that unfinished runs need and that neither wait nor are at work: deleted by hand, lost with a restored
 * backup, or dead letters. A run's state and its jobs are written together, so in one snapshot nothing is
 * missing that is merely on its way.
 */
const job = sql.table(`${bossSchema}.job`)

/** Keys for which a job waits, for its turn or at a gate, or is at work, each part by an index of its own. */
export const liveKeys = (queues: ReadonlyArray<string>) => sql`
  select name, group_id from ${job} where name = any(${queues}) and state < 'active' and not blocked
  union all
  select queue, lane from parked_job where queue = any(${queues})
  union all
  select name, group_id from ${job}
  where name = any(${queues}) and state = 'active' and group_id is not null`

/** What the last attempt of a job said. */
const said = sql`coalesce(output->>'message', output->'value'->>'message', 'it said nothing')`

/** Whether there is an unfinished run and nobody else looks after them just now. Needs a transaction. */
export const mayRecover = async (db: Kysely<Tables>): Promise<boolean> => {
  const { rows } = await sql<{ needed: boolean }>`
    select case when exists (select from reconciliation_run
        where status in ('queued', 'listing', 'observing', 'comparing'))
      then pg_try_advisory_xact_lock(hashtextextended('recover runs', 0)) else false end as needed`.execute(
    db
  )
  return rows[0]?.needed === true
}

/** A listing or a comparison that nobody will do. */
export interface LostStep {
  readonly run_id: RunId
  readonly queue: string
  /** Why it was given up; null when it was not. */
  readonly problem: string | null
}

export const lostSteps = async (db: Kysely<Tables>): Promise<ReadonlyArray<LostStep>> => {
  const { rows } = await sql<LostStep>`
    with live as materialized (${liveKeys([listCustomersQueue.name, compareRunQueue.name])}),
    step as materialized (
      select id as run_id, case when status in ('queued', 'listing')
        then ${listCustomersQueue.name} else ${compareRunQueue.name} end as queue
      from reconciliation_run
      where status in ('queued', 'listing') or (status in ('observing', 'comparing')
        and customers_observed + customers_failed = customers)
    )
    select run_id, queue, (
      select ${said} from ${job}
      where name = step.queue and singleton_key = run_id::text and state = 'failed'
      order by completed_on desc limit 1) as problem
    from step
    where not exists (select from live where name = queue and group_id = run_id::text)
    order by run_id`.execute(db)
  return rows
}

/** A customer for whom a run waits in vain. */
export interface LostCustomer {
  readonly instance_id: InstanceId
  readonly tenant_id: TenantId
  readonly correlation_id: string
  readonly problem: string | null
}

export const lostCustomers = async (db: Kysely<Tables>): Promise<ReadonlyArray<LostCustomer>> => {
  const { rows } = await sql<LostCustomer>`
    with live as materialized (${liveKeys([observeCustomerQueue.name])}),
    lost as materialized (
      select customer.instance_id, customer.tenant_id, min(run.correlation_id) as correlation_id,
        min(customer.waiting_since) as waiting_since
      from reconciliation_customer customer join reconciliation_run run on run.id = customer.run_id
      where customer.state = 'pending' and run.status = 'observing'
        and not exists (select from live
          where group_id = customer.instance_id || ':' || customer.tenant_id)
      group by customer.instance_id, customer.tenant_id
    ), dead as materialized (
      select singleton_key, max(completed_on) as completed_on,
        (array_agg('the look at it was given up: ' || ${said} order by completed_on desc))[1] as problem
      from ${job}
      where name = ${observeCustomerQueue.name} and state = 'failed'
        and exists (select from lost)
      group by singleton_key
    )
    select lost.instance_id, lost.tenant_id, lost.correlation_id, dead.problem
    from lost left join dead on dead.singleton_key = lost.instance_id || ':' || lost.tenant_id
      and dead.completed_on >= lost.waiting_since
    order by lost.instance_id, lost.tenant_id`.execute(db)
  return rows
}
