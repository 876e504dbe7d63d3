import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import type { CatalogueRunView } from "@concordat/contracts/catalogue"
import {
  AnnualNotSupported,
  CatalogueRunNotFound,
  InstanceDisabled,
  ProductCodeTaken,
  ProductNotFound,
  ProductTypeNotFound
} from "@concordat/contracts/Problem"
import { CatalogueProducts } from "@concordat/core/catalogue/CatalogueProducts"
import type { CatalogueRun } from "@concordat/core/catalogue/CatalogueRun"
import { CatalogueRuns } from "@concordat/core/catalogue/CatalogueRuns"
import { requestCatalogueRun } from "@concordat/core/catalogue/requestCatalogueRun"
import type { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { stale, tagged, versionRead } from "../ifMatch.ts"
import { instanceNotFound } from "./instances.ts"

const instanceIdOf = Effect.fnUntraced(
  function* (name: InstanceName) {
    return (yield* (yield* Instances).byName(name)).id
  },
  Effect.catchTag("InstanceNotFound", instanceNotFound)
)

/** The instance that a list is narrowed to; undefined for all. */
const instanceIdIf = (name: InstanceName | undefined) =>
  name === undefined ? Effect.undefined : instanceIdOf(name)

/** Readings of Partner Center's catalogue. */
export const catalogueRunsLayer = HttpApiBuilder.group(
  Api,
  "catalogueRuns",
  Effect.fnUntraced(function* (handlers) {
    const runs = yield* CatalogueRuns
    return handlers.handleAll({
      request: Effect.fnUntraced(
        function* ({ payload }) {
          const caller = yield* Caller
          const run = yield* requestCatalogueRun(caller.name, payload.instance)
          return HttpApiSchema.withHeaders({
            body: runView(run),
            headers: { location: `/v1/catalogue/runs/${run.id}` }
          })
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message }))
        })
      ),
      list: Effect.fnUntraced(function* ({ query }) {
        const instanceId = yield* instanceIdIf(query.instance)
        const page = yield* pageOf(`catalogue runs of ${instanceId ?? "all"}`, query, (page) =>
          runs.list(instanceId, page)
        )
        return { ...page, items: page.items.map(runView) }
      }),
      get: ({ params }) =>
        runs
          .get(params.id)
          .pipe(Effect.map(runView), Effect.catchTag("CatalogueRunNotFound", runNotFound)),
      cancel: ({ params }) =>
        runs
          .cancel(params.id)
          .pipe(Effect.map(runView), Effect.catchTag("CatalogueRunNotFound", runNotFound)),
      log: ({ params, query }) =>
        pageOf(`log of ${params.id}`, query, (page) => runs.log(params.id, page)).pipe(
          Effect.catchTag("CatalogueRunNotFound", runNotFound)
        ),
      changes: ({ params, query }) =>
        pageOf(`changes of ${params.id}`, query, (page) =>
          runs.changes(params.id, query.status, page)
        ).pipe(
          Effect.map((page) => ({
            ...page,
            items: page.items.map(({ kind, ...change }) => ({ ...change, status: kind }))
          })),
          Effect.catchTag("CatalogueRunNotFound", runNotFound)
        )
    })
  })
)

const runView = (run: CatalogueRun): CatalogueRunView => ({
  id: run.id,
  instance: run.instance,
  status: run.status,
  trigger: run.trigger,
  requestedBy: run.requestedBy,
  correlationId: run.correlationId,
  countries: run.countries,
  language: run.language,
  progress: { parts: run.parts, read: run.partsRead, failed: run.partsFailed },
  requests: run.requests,
  counts: {
    new: run.added,
    changed: run.changed,
    discontinued: run.discontinued,
    unchanged: run.unchanged
  },
  problem: run.problem,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt
})

const runNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(
    new CatalogueRunNotFound({
      id,
      detail: `${message} GET /v1/catalogue/runs lists those that there are.`
    })
  )

/** The products of the catalogues, for operators. */
export const catalogueProductsLayer = HttpApiBuilder.group(
  Api,
  "catalogueProducts",
  Effect.fnUntraced(function* (handlers) {
    const products = yield* CatalogueProducts
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const instanceId = yield* instanceIdOf(query.instance)
        const filter = {
          instanceId,
          family: query.family,
          status: query.status,
          published: query.published,
          q: query.q
        }
        return yield* pageOf(`products of ${instanceId}`, query, (page) =>
          products.list(filter, page)
        )
      }),
      get: ({ params }) =>
        products
          .get(params.id)
          .pipe(Effect.map(tagged), Effect.catchTag("ProductNotFound", productNotFound)),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* products.get(params.id))
          return tagged(yield* products.update(params.id, version, payload))
        },
        Effect.catchTags({
          ProductNotFound: productNotFound,
          StaleVersion: stale,
          ProductCodeTaken: ({ code, message }) =>
            Effect.fail(new ProductCodeTaken({ code, detail: message })),
          AnnualNotSupported: ({ offer, message }) =>
            Effect.fail(new AnnualNotSupported({ offer, detail: message }))
        })
      ),
      change: Effect.fnUntraced(function* ({ payload, query }) {
        const { action, instance, family, published, q, status } = payload
        const instanceId = yield* instanceIdOf(instance)
        const dryRun = query.dryRun ?? false
        const filter = { instanceId, family, status, published, q }
        return { ...(yield* products.act(filter, action, dryRun)), dryRun }
      })
    })
  })
)

const productNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(
    new ProductNotFound({
      id,
      detail: `${message} GET /v1/catalogue/products lists those of an instance.`
    })
  )

/** Product types and their policies. */
export const productTypesLayer = HttpApiBuilder.group(
  Api,
  "productTypes",
  Effect.fnUntraced(function* (handlers) {
    const { type, types, updateType } = yield* CatalogueProducts
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const instanceId = yield* instanceIdIf(query.instance)
        return yield* pageOf(`product types of ${instanceId ?? "all"}`, query, (page) =>
          types(instanceId, page)
        )
      }),
      get: ({ params }) =>
        type(params.id).pipe(
          Effect.map(tagged),
          Effect.catchTag("ProductTypeNotFound", typeNotFound)
        ),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* type(params.id))
          return tagged(yield* updateType(params.id, version, payload))
        },
        Effect.catchTags({ ProductTypeNotFound: typeNotFound, StaleVersion: stale })
      )
    })
  })
)

const typeNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(
    new ProductTypeNotFound({
      id,
      detail: `${message} GET /v1/catalogue/product-types lists those that there are.`
    })
  )
