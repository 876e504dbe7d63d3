import type { Server } from "node:http"
import { priceSheetFilesLayer } from "@concordat/adapter-partner-center/PriceSheetFiles"
import { Api, openApiDocument } from "@concordat/contracts/Api"
import { sheetBytesMaxDefault } from "@concordat/contracts/pricesheets"
import type { Accounts } from "@concordat/core/account/Accounts"
import type { ApiKeys } from "@concordat/core/actor/ApiKeys"
import type { Agreements } from "@concordat/core/agreement/Agreements"
import type { Book } from "@concordat/core/book/Book"
import type { CatalogueProducts } from "@concordat/core/catalogue/CatalogueProducts"
import type { CatalogueRuns } from "@concordat/core/catalogue/CatalogueRuns"
import type { Changes } from "@concordat/core/change/Changes"
import type { Consents } from "@concordat/core/consent/Consents"
import type { SignIn } from "@concordat/core/consent/SignIn"
import type { SystemHealth } from "@concordat/core/health/SystemHealth"
import type { Imports } from "@concordat/core/import/Imports"
import type { Instances } from "@concordat/core/instance/Instances"
import type { VendorConnection } from "@concordat/core/instance/VendorConnection"
import type { Jobs } from "@concordat/core/job/Jobs"
import type { Outbox } from "@concordat/core/mail/Outbox"
import type { Templates } from "@concordat/core/mail/Templates"
import type { Notifications } from "@concordat/core/notification/Notifications"
import type { Operators } from "@concordat/core/operator/Operators"
import type { SavedViews } from "@concordat/core/operator/SavedViews"
import type { Sessions } from "@concordat/core/operator/Sessions"
import type { SignInAttempts } from "@concordat/core/operator/SignInAttempts"
import type { Overviews } from "@concordat/core/overview/Overviews"
import type { Assortments } from "@concordat/core/price/Assortments"
import type { PriceGroups } from "@concordat/core/price/PriceGroups"
import type { PriceLists } from "@concordat/core/price/PriceLists"
import type { PriceProtections } from "@concordat/core/price/PriceProtections"
import type { PriceSheets } from "@concordat/core/pricesheet/PriceSheets"
import type { Reports } from "@concordat/core/reconciliation/Reports"
import type { Runs } from "@concordat/core/reconciliation/Runs"
import type { Search } from "@concordat/core/search/Search"
import type { SecretRotation } from "@concordat/core/secret/SecretRotation"
import type { Subscriptions } from "@concordat/core/subscription/Subscriptions"
import type { KeptCountryRules } from "@concordat/core/tenant/KeptCountryRules"
import type { MpnVerdicts } from "@concordat/core/tenant/MpnVerdicts"
import type { Synchronizations } from "@concordat/core/tenant/Synchronizations"
import type { SyncOptions } from "@concordat/core/tenant/SyncOptions"
import type { VendorAgreements } from "@concordat/core/tenant/VendorAgreements"
import type { VendorResellers } from "@concordat/core/tenant/VendorResellers"
import type { VendorTenants } from "@concordat/core/tenant/VendorTenants"
import type { RateBudgets } from "@concordat/core/vendor/RateBudget"
import type { Idempotency } from "@concordat/core/work/Idempotency"
import type { Identifiers } from "@concordat/core/work/Identifiers"
import type { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { createAdaptorServer } from "@hono/node-server"
import { Deferred, Effect, Layer, type Redacted, Schema } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { bearerLayer, signedInLayer } from "./auth.ts"
import { consoleFolder, makeConsole } from "./Console.ts"
import { csrfLayer } from "./Csrf.ts"
import { cursorsLayer } from "./Cursors.ts"
import { checkedLayer } from "./checked.ts"
import { consentPagesLayer } from "./consentPages.ts"
import { defectsLayer } from "./defects.ts"
import { docsPage } from "./docs.ts"
import { eventsLayer, Stopping } from "./events.ts"
import { accountsLayer } from "./handlers/accounts.ts"
import { agreementsLayer } from "./handlers/agreements.ts"
import { bookLayer } from "./handlers/book.ts"
import {
  catalogueProductsLayer,
  catalogueRunsLayer,
  productTypesLayer
} from "./handlers/catalogue.ts"
import { connectionLayer } from "./handlers/connection.ts"
import { consentLayer } from "./handlers/consent.ts"
import { healthLayer } from "./handlers/health.ts"
import { importsLayer } from "./handlers/imports.ts"
import { instancesLayer } from "./handlers/instances.ts"
import { jobsLayer } from "./handlers/jobs.ts"
import { keysLayer } from "./handlers/keys.ts"
import { outboxLayer, templatesLayer } from "./handlers/mail.ts"
import { mpnIdsLayer } from "./handlers/mpnids.ts"
import { notificationsLayer } from "./handlers/notifications.ts"
import { operatorsLayer } from "./handlers/operators.ts"
import { overviewLayer } from "./handlers/overview.ts"
import { pricegroupsLayer, pricelistsLayer } from "./handlers/pricelists.ts"
import { priceSheetsLayer } from "./handlers/pricesheets.ts"
import { productsLayer } from "./handlers/products.ts"
import { reconciliationsLayer } from "./handlers/reconciliations.ts"
import { searchLayer } from "./handlers/search.ts"
import { secretsLayer } from "./handlers/secrets.ts"
import { sessionLayer } from "./handlers/session.ts"
import { subscriptionsLayer } from "./handlers/subscriptions.ts"
import { customerFormsLayer, synchronizationLayer } from "./handlers/tenants.ts"
import { viewsLayer } from "./handlers/views.ts"
import { makeHttp } from "./http.ts"
import { idempotentLayer } from "./idempotency.ts"
import { metricsLayer, observeLayer } from "./observe.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { readyLayer } from "./ready.ts"

/** Everything the API needs from the adapters. */
export type ApiPorts =
  | Accounts
  | Agreements
  | ApiKeys
  | Assortments
  | Book
  | Changes
  | Consents
  | CatalogueProducts
  | CatalogueRuns
  | Idempotency
  | Identifiers
  | Imports
  | Instances
  | Jobs
  | MpnVerdicts
  | Notifications
  | Operators
  | PriceGroups
  | PriceLists
  | PriceProtections
  | PriceSheets
  | RateBudgets
  | Outbox
  | Overviews
  | Reports
  | Runs
  | Search
  | SavedViews
  | Sessions
  | SignIn
  | SignInAttempts
  | KeptCountryRules
  | Subscriptions
  | Synchronizations
  | SyncOptions
  | SystemHealth
  | Templates
  | SecretRotation
  | UnitOfWork
  | VendorAgreements
  | VendorConnection
  | VendorResellers
  | VendorTenants

/** The contract, served: routes for an `HttpRouter`, over the ports. */
export const apiLayer = Layer.mergeAll(
  HttpApiBuilder.layer(Api),
  consentPagesLayer,
  eventsLayer,
  readyLayer,
  metricsLayer
).pipe(
  Layer.provide([
    accountsLayer,
    agreementsLayer,
    bookLayer,
    customerFormsLayer,
    synchronizationLayer,
    catalogueProductsLayer,
    catalogueRunsLayer,
    productTypesLayer,
    connectionLayer,
    consentLayer,
    healthLayer,
    importsLayer,
    instancesLayer,
    jobsLayer,
    keysLayer,
    mpnIdsLayer,
    notificationsLayer,
    operatorsLayer,
    outboxLayer,
    overviewLayer,
    pricegroupsLayer,
    pricelistsLayer,
    priceSheetsLayer,
    productsLayer,
    reconciliationsLayer,
    searchLayer,
    sessionLayer,
    subscriptionsLayer,
    viewsLayer,
    templatesLayer,
    secretsLayer
  ]),
  Layer.provide([bearerLayer, signedInLayer, checkedLayer, idempotentLayer]),
  // The last is the outermost: a request is counted with the status that it leaves with.
  Layer.provide([defectsLayer]),
  Layer.provide([observeLayer])
)

/** The server could not listen. One line that says what to do. */
export class ApiNotStarted extends Schema.TaggedError<ApiNotStarted>()("ApiNotStarted", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}

/** Where and how to serve. */
export interface ApiOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Signs cursors; the same on every machine that serves the same database. */
  readonly secret: Redacted.Redacted
  /** Where browsers reach it, without a trailing slash; the address on which it listens when absent. */
  readonly publicUrl?: string | undefined
  /** The largest price sheet that is taken; 500 MiB when absent. */
  readonly sheetBytesMax?: number | undefined
  /** Where the console's pages are; the folder of its build when absent. */
  readonly consoleFolder?: string | undefined
  /** Whether to believe the last address of X-Forwarded-For; only behind a proxy that sets it. */
  readonly isBehindProxy?: boolean | undefined
}

/** How long requests that are being answered may take after the server was told to stop. */
const drainMsMax = 4_000

/** Serves until the scope closes; then takes no more requests, and ends those under way within four seconds. */
export const startApi = Effect.fn("startApi")(function* (options: ApiOptions) {
  const ports = yield* Effect.context<ApiPorts>()
  const { sheetBytesMax = sheetBytesMaxDefault } = options
  let publicUrl = options.publicUrl ?? ""
  const stopping = yield* Deferred.make<void>()
  const web = yield* Effect.acquireRelease(
    Effect.sync(() =>
      HttpRouter.toWebHandler(
        apiLayer.pipe(
          // Merged, because handlers ask for them with every request as well.
          Layer.provideMerge([
            cursorsLayer(options.secret),
            csrfLayer(options.secret),
            priceSheetFilesLayer({ bytesMax: sheetBytesMax }),
            Layer.succeedContext(ports),
            Layer.succeed(Stopping, stopping),
            // Known once it listens, which is before anybody asks.
            Layer.succeed(PublicUrl, { origin: Effect.sync(() => publicUrl) }),
            HttpServer.layerServices
          ])
        ),
        // So that a long id is refused as an id, with its name, rather than as an address.
        { disableLogger: true, routerConfig: { maxParamLength: 4_000 } }
      )
    ),
    ({ dispose }) => Effect.promise(dispose)
  )
  const document = openApiDocument()
  const app = makeHttp({
    api: web.handler,
    openApi: JSON.stringify(document),
    docs: docsPage(document),
    sheetBytesMax,
    console: makeConsole(options.consoleFolder ?? consoleFolder),
    isBehindProxy: options.isBehindProxy ?? false
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: 10_000,
      // A price sheet of 500 MiB over a line of 1 MB/s.
      requestTimeout: 600_000,
      keepAliveTimeout: 10_000,
      maxHeaderSize: 16 * 1024
    }
  })
  if (!isHttpServer(server)) return yield* Effect.die(new Error("an HTTP/1.1 server is needed"))
  yield* Effect.acquireRelease(listen(server, options), () =>
    Effect.andThen(Deferred.succeed(stopping, undefined), close(server))
  )
  const url = addressOf(server, options.host)
  publicUrl ||= url
  return { url }
})

const isHttpServer = (server: object): server is Server => "closeIdleConnections" in server

const listen = (server: Server, { host, port }: ApiOptions) =>
  Effect.callback<void, ApiNotStarted>((resume) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(new ApiNotStarted({ problem: problemOf(error, host, port) })))
    server.once("error", failed)
    server.listen(port, host, () => {
      server.off("error", failed)
      resume(Effect.void)
    })
  })

const problemOf = (error: NodeJS.ErrnoException, host: string, port: number): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is in use: stop what uses it, or set CONCORDAT_API_PORT to another one.`
    case "EACCES":
      return `Port ${port} of ${host} needs more rights: set CONCORDAT_API_PORT to one above 1023.`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine: set CONCORDAT_API_HOST to one that is, such as 127.0.0.1.`
    default:
      return `The API cannot listen on ${host}:${port}: ${error.message}. Set CONCORDAT_API_HOST and CONCORDAT_API_PORT.`
  }
}

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeIdleConnections()
  }).pipe(
    Effect.timeoutOrElse({
      duration: drainMsMax,
      orElse: () => Effect.sync(() => server.closeAllConnections())
    })
  )

const addressOf = (server: Server, host: string): string => {
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`
}
