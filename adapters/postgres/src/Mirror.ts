import { hash } from "node:crypto"
import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { Mirror, type Observation } from "@concordat/core/reconciliation/Mirror"
import { Effect, Layer } from "effect"
import { type Kysely, sql } from "kysely"
import { observedText } from "./documents.ts"
import { statements } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

interface Place {
  readonly instanceId: InstanceId
  readonly tenantId: TenantId
}

const keyOf = ({ instanceId, tenantId }: Place) => `${instanceId} ${tenantId}`

/** The latest look at each customer. */
const latest = (observations: ReadonlyArray<Observation>): ReadonlyMap<string, Observation> => {
  const byCustomer = new Map<string, Observation>()
  for (const observation of observations) {
    const other = byCustomer.get(keyOf(observation))
    if (other === undefined || other.at <= observation.at)
      byCustomer.set(keyOf(observation), observation)
  }
  return byCustomer
}

/** The subscriptions of the lists as one JSON array, each id once. */
const documents = (observations: ReadonlyArray<Observation>): string => {
  const entries: Array<string> = []
  for (const observation of observations) {
    if (observation._tag !== "Listed") continue
    const { instanceId, tenantId } = observation
    const seen = new Set<string>()
    for (const subscription of observation.subscriptions) {
      const { microsoftId } = subscription
      if (seen.has(microsoftId)) continue
      seen.add(microsoftId)
      const text = observedText(subscription)
      entries.push(
        `{"instance_id":"${instanceId}","tenant_id":"${tenantId}","microsoft_id":"${microsoftId}",` +
          `"hash":"${hash("sha256", text, "base64")}","document":${text}}`
      )
    }
  }
  return `[${entries.join(",")}]`
}

/**
 * Writes the looks at the customers, in the order of their ids, which locks them: two calls about one customer
 * take turns and never wait for each other crosswise. Returns those that are not older than what is held.
 */
const recordCustomers = (db: Kysely<Tables>, observations: ReadonlyArray<Observation>) =>
  sql<Place>`
    insert into observed_customer as held
      (instance_id, tenant_id, state, digest, fetched_at, environment)
    select instance_id, tenant_id, state, digest, to_timestamp(at / 1000.0), environment
    from json_to_recordset(${JSON.stringify(
      observations.map((observation) => ({
        instance_id: observation.instanceId,
        tenant_id: observation.tenantId,
        state: observation._tag === "Gone" ? "gone" : "listed",
        digest: observation._tag === "Listed" ? observation.digest : null,
        at: observation.at,
        environment: observation.environment
      }))
    )}::json) given (instance_id uuid, tenant_id uuid, state text, digest text, at bigint,
      environment text)
    order by instance_id, tenant_id
    on conflict (instance_id, tenant_id) do update
    set state = excluded.state, fetched_at = excluded.fetched_at,
      digest = case excluded.state when 'listed' then coalesce(excluded.digest, held.digest) end
    where (held.fetched_at is null or held.fetched_at <= excluded.fetched_at)
      and held.environment = excluded.environment
    returning instance_id as "instanceId", tenant_id as "tenantId"`.execute(db)

/** The subscriptions that the customers held before the statement, counted. */
const countHeld = (db: Kysely<Tables>, observations: ReadonlyArray<Observation>) =>
  sql<{ count: number }>`
    select count(*) as count from observed_subscription held
    join json_to_recordset(${JSON.stringify(
      observations.map(({ instanceId, tenantId }) => ({
        instance_id: instanceId,
        tenant_id: tenantId
      }))
    )}::json) given (instance_id uuid, tenant_id uuid) using (instance_id, tenant_id)`.execute(db)

/**
 * Makes the mirror of the customers say what the lists say. It reads what it compares with after the customers
 * were locked, hence a statement of its own. Rows that stay the same are neither written nor locked. The etag
 * is no fact about a subscription: its changes are kept, but are no history.
 */
const recordSubscriptions = (
  db: Kysely<Tables>,
  observations: ReadonlyArray<Observation>,
  cause: { readonly actor: string; readonly correlationId: string }
) =>
  sql<{ changed: number; unchanged: number }>`
    with customer as materialized (
      select * from json_to_recordset(${JSON.stringify(
        observations.map(({ instanceId, environment, tenantId, at }) => ({
          instance_id: instanceId,
          environment,
          tenant_id: tenantId,
          at
        }))
      )}::json) given (instance_id uuid, environment text, tenant_id uuid, at bigint)
    ), listed as materialized (
      select * from json_to_recordset(${documents(observations)}::json)
        given (instance_id uuid, tenant_id uuid, microsoft_id uuid, hash text, document json)
    ), different as materialized (
      select listed.*, held.document as before
      from listed left join observed_subscription held using (instance_id, tenant_id, microsoft_id)
      where held.hash is distinct from listed.hash
    ), removed as (
      delete from observed_subscription held using customer
      where held.instance_id = customer.instance_id and held.tenant_id = customer.tenant_id
        and not exists (select from listed where listed.instance_id = held.instance_id
          and listed.tenant_id = held.tenant_id and listed.microsoft_id = held.microsoft_id)
      returning held.instance_id, held.tenant_id, held.microsoft_id, held.document
    ), written as (
      insert into observed_subscription
        (instance_id, tenant_id, microsoft_id, hash, document, environment)
      select instance_id, tenant_id, microsoft_id, hash, document, environment
      from different join customer using (instance_id, tenant_id)
      on conflict (instance_id, tenant_id, microsoft_id) do update
      set hash = excluded.hash, document = excluded.document
    ), entry as (
      select instance_id, tenant_id, microsoft_id, null as field, null::json as before, document as after
      from different where before is null
      union all
      select instance_id, tenant_id, microsoft_id, null, document, null from removed
      union all
      select instance_id, tenant_id, microsoft_id, field.key, field.before::json, field.after::json
      from different, lateral (
        select key, old.value as before, new.value as after
        from jsonb_each((before::jsonb - 'terms' - 'etag') || (before::jsonb -> 'terms')) old
        full join jsonb_each((document::jsonb - 'terms' - 'etag') || (document::jsonb -> 'terms')) new
          using (key)
        where old.value is distinct from new.value
      ) field
      where different.before is not null
    ), logged as (
      insert into history (at, actor, cause, correlation_id, side, instance_id, tenant_id,
        microsoft_id, field, before, after)
      select to_timestamp(customer.at / 1000.0), ${cause.actor}, 'observation', ${cause.correlationId},
        'observed', instance_id, tenant_id, microsoft_id, field, before, after
      from entry join customer using (instance_id, tenant_id)
    ), figures as (
      select (select count(*) from listed) as listed, (select count(*) from different) as different,
        (select count(*) from removed) as removed
    )
    select different + removed as changed, listed - different as unchanged from figures`.execute(db)

/** The mirror of Partner Center in Postgres. */
export const mirrorLayer = Layer.effect(
  Mirror,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const digests = Effect.fn("Mirror.digests")(function* (
      instanceId: InstanceId,
      tenants: ReadonlyArray<TenantId>
    ) {
      const rows = yield* run("Mirror.digests", (db) =>
        sql<{ tenant_id: TenantId; digest: string }>`
          select tenant_id, digest from observed_customer
          where instance_id = ${instanceId} and tenant_id = any(${tenants}::uuid[])
            and digest is not null`.execute(db)
      )
      return new Map(rows.rows.map(({ tenant_id, digest }) => [tenant_id, digest]))
    })

    const record = Effect.fn("Mirror.record")(function* (
      ...[observations, cause]: Parameters<Mirror["Service"]["record"]>
    ) {
      const given = latest(observations)
      if (given.size === 0) return { changed: 0, unchanged: 0 }
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* run("Mirror.recordCustomers", (db) =>
            recordCustomers(db, [...given.values()])
          )
          const accepted = held.rows.flatMap((place) => given.get(keyOf(place)) ?? [])
          const same = accepted.filter(({ _tag }) => _tag === "Unchanged")
          const told = accepted.filter(({ _tag }) => _tag !== "Unchanged")
          const figures = { changed: 0, unchanged: 0 }
          if (same.length > 0) {
            const { rows } = yield* run("Mirror.countHeld", (db) => countHeld(db, same))
            figures.unchanged += rows[0]?.count ?? 0
          }
          if (told.length > 0) {
            const { rows } = yield* run("Mirror.recordSubscriptions", (db) =>
              recordSubscriptions(db, told, cause)
            )
            figures.changed += rows[0]?.changed ?? 0
            figures.unchanged += rows[0]?.unchanged ?? 0
          }
          return figures
        })
      )
    })

    return Mirror.of({ digests, record })
  })
)
