import type { CustomerImport, ImportId } from "@concordat/core/import/CustomerImport"
import { Imports, ImportUnderWay } from "@concordat/core/import/Imports"
import { Effect, Layer } from "effect"
import { sql } from "kysely"
import { importDecisions } from "./importDecisions.ts"
import {
  byAge,
  byMpnId,
  byName,
  conditionsOf,
  importOf,
  importsOf,
  recount,
  requestsMax,
  selectCustomers,
  selectResellers,
  underWay
} from "./importQueries.ts"
import { importSteps } from "./importSteps.ts"
import { importStore } from "./importStore.ts"
import { customerImportQueue } from "./queues.ts"

type Port = Imports["Service"]

/** The imports of customers in Postgres, their jobs in the queue. */
export const importsLayer = Layer.effect(
  Imports,
  Effect.gen(function* () {
    const store = yield* importStore
    const { atomically, busyOf, customer, enqueue, finish, get, locked, query, queued, viewsOf } =
      store

    const list = Effect.fn("Imports.list")(function* (
      ...[instanceId, page]: Parameters<Port["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* query("Imports.list", (db) =>
        importsOf(db)
          .$if(instanceId !== undefined, (select) =>
            select.where(sql<boolean>`import.instance_id = ${instanceId ?? null}::uuid`)
          )
          .where(byAge.isAfter(after))
          .orderBy("import.created_at", "desc")
          .orderBy("import.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, importOf)
    })

    const requestOnce = (asked: CustomerImport) =>
      atomically(
        Effect.gen(function* () {
          const added = yield* query("Imports.insert", (db) =>
            db
              .insertInto("customer_import")
              .values({
                id: asked.id,
                instance_id: asked.instanceId,
                environment: asked.environment,
                status: asked.status,
                requested_by: asked.requestedBy,
                executed_by: null,
                correlation_id: asked.correlationId,
                problem: null,
                created_at: new Date(asked.createdAt),
                started_at: null,
                finished_at: null
              })
              .onConflict((conflict) =>
                conflict
                  .column("instance_id")
                  .where(sql<boolean>`status in ${underWay}`)
                  .doNothing()
              )
              .returning("id")
              .executeTakeFirst()
          )
          if (added === undefined) return yield* busyOf(asked.instanceId)
          yield* enqueue(asked)
          return asked
        })
      )

    const request = Effect.fn("Imports.request")(function* (asked: CustomerImport) {
      for (let tried = 0; tried < requestsMax; tried++) {
        const requested = yield* requestOnce(asked)
        if (requested?.status === "importing")
          return yield* new ImportUnderWay({ id: requested.id })
        if (requested !== undefined) return requested
      }
      return yield* Effect.die(new Error(`imports of ${asked.instance} end as fast as they begin`))
    })

    const cancel = Effect.fn("Imports.cancel")(function* (id: ImportId) {
      return yield* atomically(
        Effect.gen(function* () {
          const held = yield* locked(id)
          if (held.status === "importing") {
            yield* query("Imports.stop", (db) =>
              sql`update customer_import_customer set outcome = null
                where import_id = ${id} and outcome = 'waiting'`.execute(db)
            )
            yield* query("Imports.recount", (db) => recount(db, id, 0))
            yield* finish(id, { status: "ready" })
          } else if (held.status === "queued" || held.status === "reading")
            yield* finish(id, { status: "cancelled", problem: null })
          else return held
          yield* queued(customerImportQueue.cancel({ keys: [id] }))
          return yield* get(id)
        })
      )
    })

    const customers = Effect.fn("Imports.customers")(function* (
      ...[id, filter, page]: Parameters<Port["customers"]>
    ) {
      const asked = yield* get(id)
      const after = yield* byName.after(page)
      const { rows } = yield* query("Imports.customers", (db) =>
        selectCustomers(
          db,
          asked,
          [
            ...conditionsOf(filter),
            ...(after === undefined
              ? []
              : [
                  sql<boolean>`(lower(customer.name), customer.tenant_id)
                    > (${after.name}, ${after.tenantId}::uuid)`
                ])
          ],
          page.limit + 1
        )
      )
      const shown = yield* viewsOf(asked, rows.slice(0, page.limit))
      const views = new Map(shown.map((view) => [view.tenantId, view]))
      const { items, next } = byName.page(
        rows,
        page,
        ({ sort_name, tenant_id }) => ({ name: sort_name, tenantId: tenant_id }),
        ({ tenant_id }) => views.get(tenant_id)
      )
      return { items: items.flatMap((view) => (view === undefined ? [] : [view])), next }
    })

    const resellers = Effect.fn("Imports.resellers")(function* (
      ...[id, page]: Parameters<Port["resellers"]>
    ) {
      yield* get(id)
      const after = yield* byMpnId.after(page)
      const { rows } = yield* query("Imports.resellers", (db) =>
        selectResellers(
          db,
          id,
          after === undefined
            ? sql<boolean>`true`
            : sql<boolean>`reseller.mpn_id collate "C" > ${after.mpnId}`,
          page.limit + 1
        )
      )
      return byMpnId.page(
        rows,
        page,
        ({ mpnId }) => ({ mpnId }),
        (row) => row
      )
    })

    return Imports.of({
      request,
      get,
      list,
      cancel,
      customers,
      customer,
      resellers,
      ...importDecisions(store),
      ...importSteps(store)
    })
  })
)
