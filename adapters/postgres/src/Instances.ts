import {
  type Environment,
  type Instance,
  type InstanceId,
  InstanceName,
  withLive
} from "@concordat/core/instance/Instance"
import {
  changed,
  changeRefusal,
  differences,
  eventKindOf,
  type InstanceFacts,
  settingsOf
} from "@concordat/core/instance/InstanceChange"
import type {
  Act,
  InstanceEvent,
  InstanceEventKind,
  SettingChange
} from "@concordat/core/instance/InstanceEvent"
import {
  InstanceChangeRefused,
  InstanceNameTaken,
  InstanceNotFound,
  Instances,
  StaleVersion
} from "@concordat/core/instance/Instances"
import { Effect, Layer, Redacted, Schema } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { Secrets } from "./Secrets.ts"
import { statements } from "./Statements.ts"
import type { InstanceEventTable, InstanceTable, Tables } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: InstanceName }))
const newestFirst = keyset(Schema.Struct({ id: Schema.Int }))

const instanceOf = (row: Selectable<InstanceTable>): Instance =>
  withLive({
    id: row.id,
    name: row.name,
    cloud: row.cloud,
    endpoints: {
      api: row.endpoint_api,
      login: row.endpoint_login,
      resource: row.endpoint_resource,
      prices: row.endpoint_prices
    },
    environment: row.environment,
    credentials: {
      primary: { tenantId: row.tenant_id, tenantDomain: row.tenant_domain, appId: row.app_id },
      sandbox:
        row.sandbox_tenant_id === null || row.sandbox_app_id === null
          ? null
          : {
              tenantId: row.sandbox_tenant_id,
              tenantDomain: row.sandbox_tenant_domain,
              appId: row.sandbox_app_id
            }
    },
    cspStatus: row.csp_status,
    mpnId: row.mpn_id,
    catalogueLanguage: row.catalogue_language,
    countries: row.countries,
    productNames: row.product_names,
    annualProvisioning: row.annual_provisioning,
    catalogueSchedule: row.catalogue_schedule,
    requestsPerMinute: row.requests_per_minute,
    disabled: row.disabled,
    version: row.version
  })

const rowOf = (instance: Instance): Selectable<InstanceTable> => {
  const { primary, sandbox } = instance.credentials
  return {
    id: instance.id,
    name: instance.name,
    cloud: instance.cloud,
    endpoint_api: instance.endpoints.api,
    endpoint_login: instance.endpoints.login,
    endpoint_resource: instance.endpoints.resource,
    endpoint_prices: instance.endpoints.prices,
    environment: instance.environment,
    tenant_id: primary.tenantId,
    tenant_domain: primary.tenantDomain,
    app_id: primary.appId,
    sandbox_tenant_id: sandbox?.tenantId ?? null,
    sandbox_tenant_domain: sandbox?.tenantDomain ?? null,
    sandbox_app_id: sandbox?.appId ?? null,
    csp_status: instance.cspStatus,
    mpn_id: instance.mpnId,
    catalogue_language: instance.catalogueLanguage,
    countries: instance.countries,
    product_names: instance.productNames,
    annual_provisioning: instance.annualProvisioning,
    catalogue_schedule: instance.catalogueSchedule,
    requests_per_minute: instance.requestsPerMinute,
    disabled: instance.disabled,
    version: instance.version
  }
}

const eventOf = (row: Selectable<InstanceEventTable>): InstanceEvent => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  correlationId: row.correlation_id,
  kind: row.kind,
  reason: row.reason,
  changes: row.changes
})

/** What the secret is bound to: a sealed one that is copied to another row does not open there. */
export const secretContext = (id: string, environment: string): string =>
  environment === "primary"
    ? `instance ${id} client secret`
    : `instance ${id} ${environment} secret`

/** The log says of a secret that it is another one, and nothing else. */
const secretChange = (environment: Environment): SettingChange => ({
  field: environment === "primary" ? "secret" : "sandbox.secret",
  before: null,
  after: null
})

/** Read after the instance was locked: whoever adds to it afterwards has to wait, by the foreign keys. */
const readFacts = (db: Kysely<Tables>, id: InstanceId) =>
  sql<{ primary: boolean; sandbox: boolean; unfinished: number }>`
    with held as (
      select ${sql.join(
        (["primary", "sandbox"] as const).map(
          (environment) => sql`
            exists (select from subscription
              where instance_id = ${id} and environment = ${environment})
            or exists (select from account_tenant
              where instance_id = ${id} and environment = ${environment})
            or exists (select from observed_customer
              where instance_id = ${id} and environment = ${environment})
            or exists (select from reconciliation_run
              where instance_id = ${id} and environment = ${environment})
              as ${sql.id(environment)}`
        )
      )}
    )
    select held.*, (select count(*) from reconciliation_run where instance_id = ${id}
      and status in ('queued', 'listing', 'observing', 'comparing')) as unfinished
    from held`.execute(db)

/** The Partner Center accounts in Postgres, each with its sealed secrets and the log of what was done to it. */
export const instancesLayer = Layer.effect(
  Instances,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const secrets = yield* Secrets

    const list = Effect.fn("Instances.list")(function* (
      page: Parameters<Instances["Service"]["list"]>[0]
    ) {
      const after = yield* byName.after(page)
      const rows = yield* run("Instances.list", (db) =>
        db
          .selectFrom("instance")
          .selectAll()
          .$if(after !== undefined, (query) =>
            query.where(sql<boolean>`name > ${after?.name ?? ""}`)
          )
          .orderBy("name")
          .limit(page.limit + 1)
          .execute()
      )
      return byName.page(rows, page, ({ name }) => ({ name }), instanceOf)
    })

    const get = Effect.fn("Instances.get")(function* (id: InstanceId) {
      const row = yield* run("Instances.get", (db) =>
        db.selectFrom("instance").selectAll().where("id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new InstanceNotFound({ name: id }) : instanceOf(row)
    })

    const byNameOf = Effect.fn("Instances.byName")(function* (name: string) {
      const row = yield* run("Instances.byName", (db) =>
        db.selectFrom("instance").selectAll().where(sql<boolean>`name = ${name}`).executeTakeFirst()
      )
      return row === undefined ? yield* new InstanceNotFound({ name }) : instanceOf(row)
    })

    const log = (
      id: InstanceId,
      kind: InstanceEventKind,
      changes: ReadonlyArray<SettingChange>,
      { actor, correlationId, reason }: Act
    ) =>
      run("Instances.log", (db) =>
        db
          .insertInto("instance_event")
          .values({
            instance_id: id,
            at: sql`clock_timestamp()`,
            actor,
            correlation_id: correlationId,
            kind,
            reason: reason ?? null,
            changes: JSON.stringify(changes)
          })
          .execute()
      )

    const keepSecret = Effect.fnUntraced(function* (
      id: InstanceId,
      environment: Environment,
      secret: Redacted.Redacted
    ) {
      const sealed = yield* secrets.seal(secret, secretContext(id, environment))
      yield* run("Instances.keepSecret", (db) =>
        db
          .insertInto("secret")
          .values({ instance_id: id, environment, sealed })
          .onConflict((conflict) =>
            conflict.columns(["instance_id", "environment"]).doUpdateSet({ sealed })
          )
          .execute()
      )
    })

    /** Names are given one at a time, so that two instances never meet on one. */
    const lockNames = run("Instances.lockNames", (db) =>
      sql`select pg_advisory_xact_lock(hashtextextended('names of instances', 0))`.execute(db)
    )

    const refuseTaken = Effect.fnUntraced(function* (name: InstanceName) {
      yield* lockNames
      const other = yield* run("Instances.taken", (db) =>
        db.selectFrom("instance").select("id").where("name", "=", name).executeTakeFirst()
      )
      if (other !== undefined) return yield* new InstanceNameTaken({ name })
    })

    const add = Effect.fn("Instances.add")(function* (
      ...[instance, given, act]: Parameters<Instances["Service"]["add"]>
    ) {
      yield* atomically(
        Effect.gen(function* () {
          yield* refuseTaken(instance.name)
          yield* run("Instances.add", (db) =>
            db.insertInto("instance").values(rowOf(instance)).execute()
          )
          yield* keepSecret(instance.id, "primary", given.primary)
          if (given.sandbox !== null) yield* keepSecret(instance.id, "sandbox", given.sandbox)
          const settings = Array.from(settingsOf(instance), ([field, after]) => ({
            field,
            before: null,
            after
          })).filter(({ after }) => after !== null)
          yield* log(instance.id, "registered", settings, act)
        })
      )
    })

    const openSecret = Effect.fnUntraced(function* (id: InstanceId, environment: Environment) {
      const row = yield* run("Instances.secret", (db) =>
        db
          .selectFrom("secret")
          .select("sealed")
          .where("instance_id", "=", id)
          .where("environment", "=", environment)
          .executeTakeFirst()
      )
      return row === undefined
        ? yield* new InstanceNotFound({ name: id })
        : yield* secrets.open(row.sealed, secretContext(id, environment))
    })

    /** A secret that does not open any more is not the same: that is how a lost key is overcome. */
    const isSame = (id: InstanceId, environment: Environment, secret: Redacted.Redacted) =>
      openSecret(id, environment).pipe(
        Effect.map((held) => Redacted.value(held) === Redacted.value(secret)),
        Effect.orElseSucceed(() => false)
      )

    const factsOf = Effect.fnUntraced(function* (id: InstanceId) {
      const { rows } = yield* run("Instances.facts", (db) => readFacts(db, id))
      const facts: InstanceFacts = {
        holds: { primary: rows[0]?.primary === true, sandbox: rows[0]?.sandbox === true },
        unfinishedRuns: rows[0]?.unfinished ?? 0
      }
      return facts
    })

    const update = Effect.fn("Instances.update")(function* (
      ...[id, expected, change, act]: Parameters<Instances["Service"]["update"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* run("Instances.lock", (db) =>
            db
              .selectFrom("instance")
              .selectAll()
              .where("id", "=", id)
              .forUpdate()
              .executeTakeFirst()
          )
          if (row === undefined) return yield* new InstanceNotFound({ name: id })
          if (row.version !== expected)
            return yield* new StaleVersion({ expected, actual: row.version })
          const before = instanceOf(row)
          const refusal = changeRefusal(before, change, yield* factsOf(id))
          if (refusal !== undefined)
            return yield* new InstanceChangeRefused({ name: before.name, ...refusal })
          const after = changed(before, change)
          if (after.name !== before.name) yield* refuseTaken(after.name)
          const given = [
            { environment: "primary" as const, secret: change.secret },
            { environment: "sandbox" as const, secret: change.sandbox?.secret }
          ]
          const replaced: Array<SettingChange> = []
          for (const { environment, secret } of given) {
            if (secret === undefined || (yield* isSame(id, environment, secret))) continue
            yield* keepSecret(id, environment, secret)
            replaced.push(secretChange(environment))
          }
          const changes = [...differences(before, after), ...replaced]
          if (changes.length === 0) return before
          if (after.credentials.sandbox === null)
            yield* run("Instances.dropSecret", (db) =>
              db
                .deleteFrom("secret")
                .where("instance_id", "=", id)
                .where("environment", "=", "sandbox")
                .execute()
            )
          const next = { ...after, version: expected + 1 }
          yield* run("Instances.update", (db) =>
            db.updateTable("instance").set(rowOf(next)).where("id", "=", id).execute()
          )
          yield* log(id, eventKindOf(before, after), changes, act)
          return next
        })
      )
    })

    const secret = Effect.fn("Instances.secret")(function* (
      id: InstanceId,
      environment?: Environment
    ) {
      const live = yield* run("Instances.live", (db) =>
        db.selectFrom("instance").select("environment").where("id", "=", id).executeTakeFirst()
      )
      if (live === undefined) return yield* new InstanceNotFound({ name: id })
      return yield* Effect.catchTag(
        openSecret(id, environment ?? live.environment),
        "SecretError",
        Effect.die
      )
    })

    const events = Effect.fn("Instances.events")(function* (
      ...[id, page]: Parameters<Instances["Service"]["events"]>
    ) {
      const after = yield* newestFirst.after(page)
      const rows = yield* run("Instances.events", (db) =>
        db
          .selectFrom("instance_event")
          .selectAll()
          .where("instance_id", "=", id)
          .$if(after !== undefined, (query) => query.where("id", "<", after?.id ?? 0))
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return newestFirst.page(rows, page, ({ id }) => ({ id }), eventOf)
    })

    return Instances.of({ list, get, byName: byNameOf, add, update, secret, events })
  })
)
