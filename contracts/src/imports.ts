import { AccountId } from "@concordat/core/account/Account"
import {
  CustomerStatus,
  ImportId,
  ImportStatus,
  SuggestionReason
} from "@concordat/core/import/CustomerImport"
import { Environment, InstanceName, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { MicrosoftId, OfferId } from "@concordat/core/subscription/Subscription"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { mediaTypes } from "./book.ts"
import { count, described, guid, line, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  BodyTooLarge,
  ImportChangeRefused,
  ImportCustomerNotFound,
  ImportNotFound,
  ImportNotReady,
  ImportUnderWay,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported
} from "./Problem.ts"

/** The most customers that one request names; more would not fit into a body. */
export const importCustomersMax = 1_000

const tenant = guid(TenantId, "The customer's Microsoft tenant.")

/** A hierarchy to read. */
export const NewImport = Schema.Struct({
  instance: described(InstanceName, "The instance whose customers are to be imported.")
}).annotate({ identifier: "NewImport", description: "A hierarchy to read." })

/** An import of existing customers, as far as it is. */
export const ImportView = Schema.Struct({
  id: guid(ImportId, "The import."),
  instance: described(InstanceName, "The instance whose customers are imported."),
  environment: described(
    Environment,
    "The environment that was live when the hierarchy was asked for; customers are imported into its book."
  ),
  status: described(
    ImportStatus,
    "queued, reading (customers, resellers and subscriptions), ready: customers can be imported; importing: those that were asked for are. failed: the hierarchy could not be read; cancelled: by a person, while it was read."
  ),
  requestedBy: described(Schema.String, "Who asked for the hierarchy."),
  executedBy: described(
    Schema.NullOr(Schema.String),
    "Who asked last that customers be imported; null: nobody has."
  ),
  correlationId: described(
    Schema.String,
    "Sent to Partner Center as MS-CorrelationId with every request of this import."
  ),
  progress: described(
    Schema.Struct({
      customers: count("Customers of Partner Center; 0 until it has said which there are."),
      read: count("Those whose subscriptions are known, or could not be read."),
      waiting: count("Those that are to be imported."),
      imported: count("Those that were imported, with everything they have."),
      incomplete: count("Those that were imported but for some of their subscriptions."),
      failed: count("Those that could not be read, or not be imported.")
    }),
    "How far it is."
  ),
  resellers: count("Resellers in the hierarchy."),
  subscriptions: count("Subscriptions and add-ons in Partner Center that are not over."),
  subscriptionsImported: count("Those that this import has brought into the book."),
  requests: count("Requests sent to Partner Center for it."),
  problem: described(
    Schema.NullOr(Schema.String),
    "Why it failed, what of the hierarchy is not known, or what it waits for: an instance that is paused; null without."
  ),
  createdAt: timestamp("When it was asked for."),
  startedAt: described(Schema.NullOr(timestamp("When it began.")), "When it began; null before."),
  finishedAt: described(
    Schema.NullOr(timestamp("When the last work on it ended.")),
    "When the last work on it ended; null while there is some."
  )
}).annotate({
  identifier: "CustomerImport",
  description: "An import of existing Partner Center customers, from its hierarchy on."
})
export type ImportView = typeof ImportView.Type

const AccountOfImport = Schema.Struct({
  id: guid(AccountId, "The account."),
  name: described(Schema.String, "Its name.")
}).annotate({ identifier: "ImportAccount", description: "An account of the BSS." })

/** A customer of the hierarchy. */
export const ImportCustomerView = Schema.Struct({
  tenantId: tenant,
  name: described(Schema.String, "Its name in Partner Center."),
  domain: described(Schema.String, "Its domain, such as contoso.onmicrosoft.com."),
  status: described(
    CustomerStatus,
    "pending: still to be read; new: no account is this tenant; linked: one is already, and only what it lacks is imported; mapped: somebody has chosen the account; waiting: to be imported; imported; incomplete: imported but for `notImported`; failed: `problem` says why."
  ),
  resellerMpnId: described(
    Schema.NullOr(MpnId),
    "Its reseller: assigned by hand, or else found on its subscriptions; null: direct. Without any subscription a customer looks direct."
  ),
  assigned: described(Schema.Boolean, "Whether a person has assigned the reseller."),
  account: described(
    Schema.NullOr(AccountOfImport),
    "The account that is, or will be, this tenant; null: none yet."
  ),
  suggestions: described(
    Schema.Array(
      Schema.Struct({
        accountId: guid(AccountId, "The account."),
        name: described(Schema.String, "Its name."),
        reason: described(
          SuggestionReason,
          "Why: it is the same tenant in another instance, or has the same domain, or the same name."
        )
      })
    ),
    "Accounts that may be this customer, best first. Nobody but a person decides that one is."
  ),
  subscriptions: count("Subscriptions and add-ons in Partner Center that are not over."),
  subscriptionsKnown: count("Those of them that the BSS has."),
  notImported: described(
    Schema.Array(
      Schema.Struct({
        microsoftId: guid(MicrosoftId, "The subscription in Partner Center."),
        offer: described(OfferId, "What was bought."),
        name: described(Schema.String, "Microsoft's name of it."),
        message: described(Schema.String, "Why it was left out, and what to do.")
      })
    ),
    "What was left out when it was imported last."
  ),
  problem: described(
    Schema.NullOr(Schema.String),
    "Why it was not imported, and what to do; null without."
  ),
  notes: described(
    Schema.Array(Schema.String),
    "What could not be taken over although the customer was, such as an address that Microsoft does not show."
  )
}).annotate({
  identifier: "ImportCustomer",
  description: "A customer of Partner Center in the hierarchy of an import."
})
export type ImportCustomerView = typeof ImportCustomerView.Type

/** A reseller of the hierarchy. */
export const ImportResellerView = Schema.Struct({
  mpnId: described(MpnId, "Its Partner ID."),
  name: described(
    Schema.NullOr(Schema.String),
    "Its name by Partner Center, or as a person has named it; null: the id is on subscriptions, and nobody knows whose it is."
  ),
  tenantId: described(
    Schema.NullOr(guid(TenantId, "The reseller's tenant.")),
    "Its tenant; null where Partner Center does not tell."
  ),
  byHand: described(Schema.Boolean, "Whether a person has added or named it."),
  account: described(
    Schema.NullOr(AccountOfImport),
    "Its account; null: none yet, it is made with the first customer, or several have the id."
  ),
  customers: count("Its customers in the hierarchy.")
}).annotate({
  identifier: "ImportReseller",
  description: "A reseller of the hierarchy. It is not imported itself; its customers are."
})

/** A reseller that a person adds or names. */
export const ResellerByHand = Schema.Struct({
  name: line("Name of the reseller.", { min: 1, max: 400 }).check(
    Schema.makeFilter((text: string) => (text.trim() === "" ? "a name is needed" : undefined))
  ),
  accountId: Schema.optionalKey(
    guid(AccountId, "Its account, where none or several have its Partner ID.")
  )
}).annotate({
  identifier: "ResellerByHand",
  description: "A reseller that a person adds or names."
})

const customersNamed = Schema.Array(tenant)
  .check(Schema.isMinLength(1), Schema.isMaxLength(importCustomersMax))
  .annotate({ description: `Customers, by their tenants, at most ${importCustomersMax}.` })

/** Whom customers belong to. */
export const ResellerAssignment = Schema.Struct({
  customers: customersNamed,
  mpnId: described(
    Schema.NullOr(MpnId),
    "A reseller of the import; null: none, they are direct customers."
  )
}).annotate({ identifier: "ResellerAssignment", description: "Whom customers belong to." })

/** What is to be imported. */
export const ImportExecution = Schema.Struct({
  customers: described(
    Schema.Union([Schema.Literal("all"), customersNamed]),
    "`all`, or customers by their tenants."
  ),
  asNew: Schema.optionalKey(
    described(
      Schema.Boolean,
      "True makes new accounts even of customers for whom existing ones are suggested; otherwise these are left out until somebody maps them. False when absent."
    )
  ),
  orderingEnabled: Schema.optionalKey(
    described(Schema.Boolean, "Whether new accounts may order; false when absent.")
  )
}).annotate({ identifier: "ImportExecution", description: "What is to be imported." })

const id = { id: guid(ImportId, "The import.") }

const filter = {
  q: Schema.optionalKey(
    line("Part of the customer's name or domain, or its tenant id.", { min: 0, max: 200 })
  ),
  status: Schema.optionalKey(described(CustomerStatus, "Only customers of this status.")),
  reseller: Schema.optionalKey(
    described(
      Schema.Union([Schema.Literal("direct"), MpnId]),
      "Only customers of the reseller with this Partner ID; `direct`: of none."
    )
  )
}

/** Imports of existing Partner Center customers. */
export class ImportsGroup extends HttpApiGroup.make("imports")
  .add(
    HttpApiEndpoint.post("request", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewImport,
      success: HttpApiSchema.WithHeaders(ImportView.pipe(HttpApiSchema.status(202)), {
        location: described(Schema.String, "Where to follow it.")
      }),
      error: [
        InstanceDisabled,
        InstanceNotFound,
        ImportUnderWay,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Get the hierarchy of an instance")
      .annotate(
        OpenApi.Description,
        "Reads the customers, resellers and subscriptions of Partner Center, as a job: follow the Location until the status is ready. Nothing is imported by it. Where the hierarchy of the instance is being read already, that import is answered."
      )
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.get("list", "/", {
      query: {
        instance: Schema.optionalKey(described(InstanceName, "Only of this instance.")),
        ...pageQuery
      },
      success: pageOf(ImportView, "CustomerImportPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List imports, newest first")
      .annotateMerge(requires("imports:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: ImportView,
      error: ImportNotFound
    })
      .annotate(OpenApi.Summary, "Get an import: status and progress")
      .annotateMerge(requires("imports:read")),
    HttpApiEndpoint.delete("cancel", "/:id", {
      params: id,
      query: noQuery,
      success: ImportView,
      error: ImportNotFound
    })
      .annotate(OpenApi.Summary, "Stop what is under way of an import")
      .annotate(
        OpenApi.Description,
        "Ends the reading of a hierarchy. While customers are imported, those that still wait are not; what was imported stays. Where nothing is under way, nothing happens."
      )
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.get("customers", "/:id/customers", {
      params: id,
      query: { ...filter, ...pageQuery },
      success: pageOf(ImportCustomerView, "ImportCustomerPage"),
      error: ImportNotFound
    })
      .annotate(OpenApi.Summary, "List the customers of a hierarchy, by name")
      .annotateMerge(requires("imports:read")),
    HttpApiEndpoint.put("map", "/:id/customers/:tenantId/account", {
      params: { ...id, tenantId: tenant },
      query: noQuery,
      payload: Schema.Struct({
        accountId: described(
          Schema.NullOr(guid(AccountId, "The account.")),
          "The account that this customer is; null: nobody has said so."
        )
      }).annotate({
        identifier: "CustomerMapping",
        description: "The account that a customer is."
      }),
      success: ImportCustomerView,
      error: [
        ImportNotFound,
        ImportCustomerNotFound,
        ImportNotReady,
        ImportChangeRefused,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Say which account a customer is")
      .annotate(
        OpenApi.Description,
        "The account keeps everything that it is; importing the customer links the tenant to it and adds the subscriptions."
      )
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.get("resellers", "/:id/resellers", {
      params: id,
      query: pageQuery,
      success: pageOf(ImportResellerView, "ImportResellerPage"),
      error: ImportNotFound
    })
      .annotate(OpenApi.Summary, "List the resellers of a hierarchy, by Partner ID")
      .annotateMerge(requires("imports:read")),
    HttpApiEndpoint.put("putReseller", "/:id/resellers/:mpnId", {
      params: { ...id, mpnId: described(MpnId, "The reseller's Partner ID.") },
      query: noQuery,
      payload: ResellerByHand,
      success: ImportResellerView,
      error: [
        ImportNotFound,
        ImportNotReady,
        ImportChangeRefused,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Add a reseller by hand, or name one")
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.post("assign", "/:id/assignments", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      payload: ResellerAssignment,
      success: Schema.Struct({
        changed: count("Customers that belonged to somebody else before.")
      }).annotate({ identifier: "AssignmentResult", description: "What was assigned." }),
      error: [
        ImportNotFound,
        ImportCustomerNotFound,
        ImportNotReady,
        ImportChangeRefused,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Assign customers to a reseller, or to none")
      .annotate(
        OpenApi.Description,
        "All of them, or where one is no customer of the import, none."
      )
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.post("execute", "/:id/execution", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      payload: ImportExecution,
      success: HttpApiSchema.WithHeaders(ImportView.pipe(HttpApiSchema.status(202)), {
        location: described(Schema.String, "Where to follow it.")
      }),
      error: [
        ImportNotFound,
        ImportCustomerNotFound,
        ImportNotReady,
        ImportUnderWay,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Import customers: one, several or all")
      .annotate(
        OpenApi.Description,
        "As a job: follow the Location until the status is ready again. Makes accounts (below their resellers, which are made where they are not there), with contact, sync options, tenant and subscriptions; of a customer that has its account already, only the subscriptions that are missing. What the BSS has is never changed, so that importing again changes nothing."
      )
      .annotateMerge(requires("imports:write")),
    HttpApiEndpoint.get("export", "/:id/export", {
      params: id,
      query: {
        format: described(Schema.Literals(["xlsx", "csv", "json"]), "The file format."),
        ...filter
      },
      success: HttpApiSchema.WithHeaders(
        HttpApiSchema.StreamUint8Array({
          contentType: [mediaTypes.xlsx, mediaTypes.csv, "application/json"]
        }),
        { "content-disposition": described(Schema.String, "The file's name.") }
      ),
      error: ImportNotFound
    })
      .annotate(OpenApi.Summary, "Download the customers of an import as Excel, CSV or JSON")
      .annotate(
        OpenApi.Description,
        "A line for each customer, and one more for each subscription that was left out. The file is sent while it is made; a connection that ends early means an incomplete file."
      )
      .annotateMerge(requires("imports:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/imports")
  .annotateMerge(
    OpenApi.annotations({
      title: "Imports",
      description:
        "Existing customers of Partner Center become accounts: the hierarchy, decisions about it, and the import."
    })
  ) {}
