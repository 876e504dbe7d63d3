import { pageLimitDefault, pageLimitMax } from "@concordat/core/page/Page"
import { HttpApi, OpenApi } from "effect/http-api"
import { Checked } from "./Auth.ts"
import { AccountsGroup } from "./accounts.ts"
import { AgreementsGroup } from "./agreements.ts"
import { BookGroup } from "./book.ts"
import { CatalogueProductsGroup, CatalogueRunsGroup, ProductTypesGroup } from "./catalogue.ts"
import { ConnectionGroup } from "./connection.ts"
import { ConsentGroup } from "./consent.ts"
import { describeWire } from "./document.ts"
import { HealthGroup } from "./health.ts"
import { ImportsGroup } from "./imports.ts"
import { InstancesGroup } from "./instances.ts"
import { JobsGroup } from "./jobs.ts"
import { KeysGroup } from "./keys.ts"
import { OutboxGroup, TemplatesGroup } from "./mail.ts"
import { MpnIdsGroup } from "./mpnids.ts"
import { NotificationsGroup } from "./notifications.ts"
import { OperatorsGroup } from "./operators.ts"
import { OverviewGroup } from "./overview.ts"
import { PriceGroupsGroup, PriceListsGroup } from "./pricelists.ts"
import { PriceSheetsGroup } from "./pricesheets.ts"
import { ProductsGroup } from "./products.ts"
import { ReconciliationsGroup } from "./reconciliation.ts"
import { SearchGroup } from "./search.ts"
import { SecretsGroup } from "./secrets.ts"
import { SessionGroup } from "./session.ts"
import { SubscriptionsGroup } from "./subscriptions.ts"
import { CustomerFormsGroup, SynchronizationGroup } from "./tenants.ts"
import { ViewsGroup } from "./views.ts"

/** The REST API, version 1. What is not declared here is refused: unknown fields and unknown query parameters. */
export class Api extends HttpApi.make("concordat")
  .add(OverviewGroup)
  .add(ReconciliationsGroup)
  .add(InstancesGroup)
  .add(ConsentGroup)
  .add(ConnectionGroup)
  .add(MpnIdsGroup)
  .add(AccountsGroup)
  .add(AgreementsGroup)
  .add(SynchronizationGroup)
  .add(CustomerFormsGroup)
  .add(BookGroup)
  .add(ImportsGroup)
  .add(CatalogueRunsGroup)
  .add(CatalogueProductsGroup)
  .add(ProductTypesGroup)
  .add(PriceSheetsGroup)
  .add(PriceListsGroup)
  .add(PriceGroupsGroup)
  .add(ProductsGroup)
  .add(SubscriptionsGroup)
  .add(SessionGroup)
  .add(ViewsGroup)
  .add(OperatorsGroup)
  .add(KeysGroup)
  .add(NotificationsGroup)
  .add(SearchGroup)
  .add(JobsGroup)
  .add(HealthGroup)
  .add(OutboxGroup)
  .add(TemplatesGroup)
  .add(SecretsGroup)
  .middleware(Checked)
  .annotate(HttpApi.ParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.HeadersParseOptions, { errors: "all" })
  .annotate(HttpApi.SuccessParseOptions, {})
  .annotate(HttpApi.ErrorParseOptions, {})
  .annotateMerge(
    OpenApi.annotations({
      title: "Concordat",
      version: "1.0.0",
      summary: "Reconciles a CSP's book of subscriptions with Microsoft Partner Center.",
      description: [
        "Every request carries an API key as bearer token, or the cookie of somebody who is signed in. A key has a role, scopes and, for a reseller or customer, the branch of the account tree that it sees; what lies outside does not exist for it (404).",
        "Errors are problem details (RFC 9457, `application/problem+json`) with a stable `type`. Lists come in pages: send `next` back as `cursor`. Commands (POST) take an `Idempotency-Key`. `X-Correlation-Id`, a GUID, is taken over when it is sent, and is in every answer, log line and request to Partner Center.",
        "Unknown fields and unknown query parameters are refused."
      ].join("\n\n"),
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      servers: [{ url: "/", description: "The server that serves this document." }],
      transform: describeWire({
        limit: { type: "integer", minimum: 1, maximum: pageLimitMax, default: pageLimitDefault },
        onlyFindings: { type: "boolean", default: false },
        dryRun: { type: "boolean", default: false }
      })
    })
  ) {}

/** The OpenAPI 3.1 document of the API. */
export const openApiDocument = () => OpenApi.fromApi(Api)
