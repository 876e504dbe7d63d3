import { type Instance, type InstanceId, InstanceName } from "@concordat/core/instance/Instance"
import {
  InstanceNameTaken,
  InstanceNotFound,
  Instances,
  StaleVersion
} from "@concordat/core/instance/Instances"
import { Effect, Layer, type Redacted, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { Secrets } from "./Secrets.ts"
import { statements } from "./Statements.ts"
import type { InstanceTable } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: InstanceName }))

const instanceOf = (row: Selectable<InstanceTable>): Instance => ({
  id: row.id,
  name: row.name,
  cloud: row.cloud,
  endpoints: {
    api: row.endpoint_api,
    login: row.endpoint_login,
    resource: row.endpoint_resource
  },
  tenantId: row.tenant_id,
  tenantDomain: row.tenant_domain,
  appId: row.app_id,
  cspStatus: row.csp_status,
  mpnId: row.mpn_id,
  requestsPerMinute: row.requests_per_minute,
  disabled: row.disabled,
  version: row.version
})

/** A sealed secret that is copied to another instance does not open there. */
const secretOf = (id: InstanceId) => `instance ${id} client secret`

/** The Partner Center accounts in Postgres, each with its sealed secret. */
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

    const add = Effect.fn("Instances.add")(function* (
      instance: Instance,
      secret: Redacted.Redacted
    ) {
      const sealed = yield* secrets.seal(secret, secretOf(instance.id))
      const added = yield* run("Instances.add", (db) =>
        db
          .with("added", (query) =>
            query
              .insertInto("instance")
              .values({
                id: instance.id,
                name: instance.name,
                cloud: instance.cloud,
                endpoint_api: instance.endpoints.api,
                endpoint_login: instance.endpoints.login,
                endpoint_resource: instance.endpoints.resource,
                tenant_id: instance.tenantId,
                tenant_domain: instance.tenantDomain,
                app_id: instance.appId,
                csp_status: instance.cspStatus,
                mpn_id: instance.mpnId,
                requests_per_minute: instance.requestsPerMinute,
                disabled: instance.disabled,
                version: instance.version
              })
              .onConflict((conflict) => conflict.column("name").doNothing())
              .returning("id")
          )
          .insertInto("secret")
          .columns(["instance_id", "sealed"])
          .expression((query) =>
            query.selectFrom("added").select(["id", sql<string>`${sealed}`.as("sealed")])
          )
          .returning("instance_id")
          .executeTakeFirst()
      )
      if (added === undefined) return yield* new InstanceNameTaken({ name: instance.name })
    })

    const update = Effect.fn("Instances.update")(function* (
      ...[id, expected, change]: Parameters<Instances["Service"]["update"]>
    ) {
      const { requestsPerMinute, disabled, secret } = change
      const sealed = secret === undefined ? undefined : yield* secrets.seal(secret, secretOf(id))
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* run("Instances.update", (db) =>
            db
              .updateTable("instance")
              .set({ version: expected + 1 })
              .$if(requestsPerMinute !== undefined, (query) =>
                query.set({ requests_per_minute: requestsPerMinute ?? 0 })
              )
              .$if(disabled !== undefined, (query) => query.set({ disabled: disabled === true }))
              .where("id", "=", id)
              .where("version", "=", expected)
              .returningAll()
              .executeTakeFirst()
          )
          if (row === undefined) {
            const { version } = yield* get(id)
            return yield* new StaleVersion({ expected, actual: version })
          }
          if (sealed !== undefined)
            yield* run("Instances.updateSecret", (db) =>
              db.updateTable("secret").set({ sealed }).where("instance_id", "=", id).execute()
            )
          return instanceOf(row)
        })
      )
    })

    const secret = Effect.fn("Instances.secret")(function* (id: InstanceId) {
      const row = yield* run("Instances.secret", (db) =>
        db.selectFrom("secret").select("sealed").where("instance_id", "=", id).executeTakeFirst()
      )
      return row === undefined
        ? yield* new InstanceNotFound({ name: id })
        : yield* Effect.orDie(secrets.open(row.sealed, secretOf(id)))
    })

    return Instances.of({ list, get, byName: byNameOf, add, update, secret })
  })
)
