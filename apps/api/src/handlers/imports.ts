import { importLinesOf, importTable } from "@concordat/adapter-excel/importTable"
import { tableFile } from "@concordat/adapter-excel/TableFile"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { mediaTypes } from "@concordat/contracts/book"
import type { ImportView } from "@concordat/contracts/imports"
import {
  ImportChangeRefused,
  ImportCustomerNotFound,
  ImportNotFound,
  ImportNotReady,
  ImportUnderWay,
  InstanceDisabled
} from "@concordat/contracts/Problem"
import type { Actor } from "@concordat/core/actor/Actor"
import type { CustomerImport, CustomerStatus } from "@concordat/core/import/CustomerImport"
import {
  type ImportCustomerFilter,
  Imports,
  type ImportCustomerNotFound as NoSuchCustomer,
  type ImportNotFound as NoSuchImport,
  type ImportNotReady as NotReady,
  type ImportRefused as Refused,
  type ImportUnderWay as UnderWay
} from "@concordat/core/import/Imports"
import { requestImport } from "@concordat/core/import/requestImport"
import type { MpnId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Effect, Option, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { instanceNotFound } from "./instances.ts"

/** Customers that an export reads at once. */
const customersAtOnce = 500

/** Imports of existing Partner Center customers. Operators only: a hierarchy is everybody's. */
export const importsLayer = HttpApiBuilder.group(
  Api,
  "imports",
  Effect.fnUntraced(function* (handlers) {
    const imports = yield* Imports
    const instances = yield* Instances

    /** The customers of an import, page by page. */
    const everyCustomer = (id: CustomerImport["id"], filter: ImportCustomerFilter) =>
      Stream.paginate(undefined, (cursor: string | undefined) =>
        Effect.map(
          imports.customers(id, filter, { cursor, limit: customersAtOnce }),
          ({ items, next }) =>
            [items, next === null ? Option.none<string>() : Option.some(next)] as const
        )
      )

    return handlers.handleAll({
      request: Effect.fnUntraced(
        function* ({ payload }) {
          const { name } = yield* Caller
          return accepted(yield* requestImport(name, payload.instance))
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message })),
          ImportUnderWay: underWay
        })
      ),
      list: Effect.fnUntraced(
        function* ({ query }) {
          const instance =
            query.instance === undefined ? undefined : yield* instances.byName(query.instance)
          const page = yield* pageOf(`imports of ${query.instance ?? ""}`, query, (page) =>
            imports.list(instance?.id, page)
          )
          return { ...page, items: page.items.map(viewOf) }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      get: Effect.fnUntraced(
        function* ({ params }) {
          return viewOf(yield* imports.get(params.id))
        },
        Effect.catchTag("ImportNotFound", importNotFound)
      ),
      cancel: Effect.fnUntraced(
        function* ({ params }) {
          return viewOf(yield* imports.cancel(params.id))
        },
        Effect.catchTag("ImportNotFound", importNotFound)
      ),
      customers: Effect.fnUntraced(
        function* ({ params, query }) {
          return yield* pageOf(`customers of ${params.id}`, query, (page) =>
            imports.customers(params.id, filterOf(query), page)
          )
        },
        Effect.catchTag("ImportNotFound", importNotFound)
      ),
      map: Effect.fnUntraced(
        function* ({ params, payload }) {
          const cause = yield* causeOf(yield* Caller)
          return yield* imports.map(params.id, params.tenantId, payload.accountId, cause)
        },
        Effect.catchTags({
          ImportNotFound: importNotFound,
          ImportCustomerNotFound: customerNotFound,
          ImportNotReady: notReady,
          ImportRefused: refused
        })
      ),
      resellers: Effect.fnUntraced(
        function* ({ params, query }) {
          return yield* pageOf(`resellers of ${params.id}`, query, (page) =>
            imports.resellers(params.id, page)
          )
        },
        Effect.catchTag("ImportNotFound", importNotFound)
      ),
      putReseller: Effect.fnUntraced(
        function* ({ params, payload: { accountId = null, name } }) {
          const cause = yield* causeOf(yield* Caller)
          return yield* imports.putReseller(
            params.id,
            { mpnId: params.mpnId, name: name.trim(), accountId },
            cause
          )
        },
        Effect.catchTags({
          ImportNotFound: importNotFound,
          ImportNotReady: notReady,
          ImportRefused: refused
        })
      ),
      assign: Effect.fnUntraced(
        function* ({ params, payload }) {
          const cause = yield* causeOf(yield* Caller)
          return {
            changed: yield* imports.assign(params.id, payload.customers, payload.mpnId, cause)
          }
        },
        Effect.catchTags({
          ImportNotFound: importNotFound,
          ImportCustomerNotFound: customerNotFound,
          ImportNotReady: notReady,
          ImportRefused: refused
        })
      ),
      execute: Effect.fnUntraced(
        function* ({ params, payload: { asNew = false, customers, orderingEnabled = false } }) {
          const { name } = yield* Caller
          const execution = { customers, asNew, orderingEnabled }
          return accepted(yield* imports.execute(params.id, execution, name))
        },
        Effect.catchTags({
          ImportNotFound: importNotFound,
          ImportCustomerNotFound: customerNotFound,
          ImportNotReady: notReady,
          ImportUnderWay: underWay
        })
      ),
      export: Effect.fnUntraced(
        function* ({ params, query }) {
          const { instance } = yield* imports.get(params.id)
          const lines = everyCustomer(params.id, filterOf(query)).pipe(
            Stream.flatMap((customer) => Stream.fromIterable(importLinesOf(query.format, customer)))
          )
          return HttpServerResponse.stream(tableFile(query.format, importTable, lines), {
            contentType: fileType(query.format),
            headers: {
              "content-disposition": `attachment; filename="import-${instance}-${params.id}.${query.format}"`
            }
          })
        },
        Effect.catchTag("ImportNotFound", importNotFound)
      )
    })
  })
)

const causeOf = Effect.fnUntraced(function* ({ name }: Actor) {
  return { actor: name, correlationId: yield* CurrentCorrelation }
})

const accepted = (asked: CustomerImport) =>
  HttpApiSchema.withHeaders({
    body: viewOf(asked),
    headers: { location: `/v1/imports/${asked.id}` }
  })

const viewOf = (asked: CustomerImport): ImportView => ({
  id: asked.id,
  instance: asked.instance,
  environment: asked.environment,
  status: asked.status,
  requestedBy: asked.requestedBy,
  executedBy: asked.executedBy,
  correlationId: asked.correlationId,
  progress: {
    customers: asked.customers,
    read: asked.customersRead,
    waiting: asked.customersWaiting,
    imported: asked.customersImported,
    incomplete: asked.customersIncomplete,
    failed: asked.customersFailed
  },
  resellers: asked.resellers,
  subscriptions: asked.subscriptions,
  subscriptionsImported: asked.subscriptionsImported,
  requests: asked.requests,
  problem: asked.problem,
  createdAt: asked.createdAt,
  startedAt: asked.startedAt,
  finishedAt: asked.finishedAt
})

const filterOf = (query: {
  readonly q?: string
  readonly status?: CustomerStatus
  readonly reseller?: MpnId | "direct"
}): ImportCustomerFilter => ({
  q: query.q === "" ? undefined : query.q,
  status: query.status,
  reseller: query.reseller
})

const fileType = (format: "xlsx" | "csv" | "json"): string => {
  if (format === "json") return "application/json"
  return format === "csv" ? `${mediaTypes.csv}; charset=utf-8` : mediaTypes.xlsx
}

const importNotFound = ({ id, message }: NoSuchImport) =>
  Effect.fail(
    new ImportNotFound({ id, detail: `${message} GET /v1/imports lists those that there are.` })
  )

const customerNotFound = ({ message, tenantId }: NoSuchCustomer) =>
  Effect.fail(new ImportCustomerNotFound({ tenantId, detail: message }))

const notReady = ({ id, message, status }: NotReady) =>
  Effect.fail(new ImportNotReady({ id, state: status, detail: message }))

const underWay = ({ id, message }: UnderWay) =>
  Effect.fail(new ImportUnderWay({ id, detail: message }))

const refused = ({ field, message }: Refused) =>
  Effect.fail(new ImportChangeRefused({ field, detail: message }))
