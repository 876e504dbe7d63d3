import { AccountId } from "@concordat/core/account/Account"
import { Environment, InstanceName, MpnId, TenantId } from "@concordat/core/instance/Instance"
import {
  ActionName,
  FindingKind,
  MovedBy,
  Refusal,
  Severity
} from "@concordat/core/reconciliation/Finding"
import { RowGrouping, RowSort } from "@concordat/core/reconciliation/Reports"
import { RunId, RunStatus } from "@concordat/core/reconciliation/Run"
import {
  BillingCycle,
  Field,
  MicrosoftId,
  OfferId,
  Status,
  SubscriptionId,
  Term
} from "@concordat/core/subscription/Subscription"
import { Schema, SchemaGetter } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { mediaTypes } from "./book.ts"
import { count, described, flag, guid, line, Money, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountNotFound,
  BodyTooLarge,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported,
  ReconciliationNotFinished,
  ReconciliationNotFound,
  ReconciliationRowNotFound,
  ReconciliationsNotComparable,
  SubscriptionNotFound
} from "./Problem.ts"
import { comparisonOf, HistoryEntryView, SightingView } from "./reports.ts"

const ScopeView = Schema.Union([
  Schema.Struct({
    kind: described(
      Schema.Literal("organisation"),
      "Everything of the instance that the caller sees."
    )
  }),
  Schema.Struct({
    kind: described(Schema.Literal("account"), "An account with all below it."),
    id: guid(AccountId, "The account.")
  }),
  Schema.Struct({
    kind: described(Schema.Literal("subscription"), "One subscription with its add-ons."),
    id: guid(SubscriptionId, "The subscription of the BSS.")
  })
]).annotate({
  identifier: "ReconciliationScope",
  description: "What is compared: everything, an account with all below it, or one subscription."
})

/** What to compare. */
export const NewReconciliation = Schema.Struct({
  instance: described(InstanceName, "The instance to reconcile."),
  scope: ScopeView
}).annotate({ identifier: "NewReconciliation", description: "A reconciliation to run." })

/** A reconciliation, from request to report. */
export const ReconciliationView = Schema.Struct({
  id: guid(RunId, "The reconciliation."),
  instance: described(InstanceName, "The instance that is reconciled."),
  environment: described(
    Environment,
    "The environment that was live when it was asked for. Of a sandbox, `atRisk` is nobody's money: never add it to that of primary."
  ),
  scope: ScopeView,
  status: described(
    RunStatus,
    "queued, listing (which customers), observing (fetching each), comparing, completed. incomplete: some customers could not be fetched and nothing is said about them; failed: no report; cancelled: by a person."
  ),
  requestedBy: described(Schema.String, "Who asked for it."),
  correlationId: described(
    Schema.String,
    "Sent to Partner Center as MS-CorrelationId with every request of this reconciliation."
  ),
  progress: described(
    Schema.Struct({
      customers: count("Customers to fetch; 0 until they are listed."),
      observed: count("Customers fetched."),
      failed: count("Customers that could not be fetched.")
    }),
    "How far it is."
  ),
  requests: count("Requests sent to Partner Center for it."),
  rows: count("Rows of the report."),
  findings: count("Findings of the report."),
  counts: described(
    Schema.Array(
      Schema.Struct({
        kind: described(FindingKind, "The kind of finding."),
        title: described(Schema.String, "The kind in words."),
        count: count("How many there are.")
      })
    ),
    "Findings by kind."
  ),
  atRisk: described(Schema.Array(Money), "Money at risk a month, one total per currency."),
  problem: described(
    Schema.NullOr(Schema.String),
    "Why it failed, the first reasons of customers that could not be fetched, or what it waits for: an instance that is paused; null without."
  ),
  createdAt: timestamp("When it was asked for."),
  startedAt: described(Schema.NullOr(timestamp("When it began.")), "When it began; null before."),
  finishedAt: described(Schema.NullOr(timestamp("When it ended.")), "When it ended; null before.")
}).annotate({
  identifier: "Reconciliation",
  description: "A comparison of the book with what Partner Center holds, from request to report."
})
export type ReconciliationView = typeof ReconciliationView.Type

const ChangeView = Schema.Struct({
  offer: described(OfferId, "The offer after the renewal."),
  quantity: described(Schema.Int, "The seats after the renewal."),
  billingCycle: described(BillingCycle, "The billing cycle after the renewal."),
  term: described(Term, "The term after the renewal.")
}).annotate({
  identifier: "ScheduledChange",
  description: "What happens at the next renewal."
})

const optional = <S extends Schema.Top>(schema: S, description: string) =>
  described(Schema.optionalKey(schema), description)

/** A subscription as one side holds it. */
export const TermsView = Schema.Struct({
  offer: described(OfferId, "What was bought: PRODUCT:SKU, or a legacy offer's GUID."),
  quantity: described(Schema.Int, "Seats."),
  status: described(Status, "Whether it is in use."),
  billingCycle: optional(BillingCycle, "How often it is billed."),
  term: optional(Schema.NullOr(Term), "The commitment; null for none."),
  autoRenew: optional(Schema.Boolean, "Whether it renews by itself."),
  commitmentEnd: optional(
    Schema.NullOr(timestamp("The end of the commitment.")),
    "The end of the commitment, which is the renewal; null for none."
  ),
  scheduledChange: optional(
    Schema.NullOr(ChangeView),
    "What happens at the next renewal; null for nothing."
  ),
  partnerOfRecord: optional(Schema.NullOr(MpnId), "Partner ID of the reseller; null for none."),
  parent: optional(
    Schema.NullOr(guid(MicrosoftId, "The base subscription.")),
    "The base subscription of an add-on; null for a base subscription."
  ),
  isTrial: optional(Schema.Boolean, "Whether it is a trial."),
  friendlyName: optional(Schema.String, "The name that the customer gave it.")
}).annotate({
  identifier: "Terms",
  description: "A subscription as one side holds it. A field that the side does not keep is absent."
})

/** A value of one side: text, number, yes or no, nothing, or a scheduled change. */
const ValueView = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Null,
  ChangeView
])

const FindingView = Schema.Struct({
  kind: described(FindingKind, "What is wrong."),
  title: described(Schema.String, "The kind in words."),
  field: described(Schema.NullOr(Field), "The field it is about; null when about the whole row."),
  baseline: described(ValueView, "The last value on which both sides agreed."),
  bss: described(ValueView, "The value in the BSS."),
  partnerCenter: described(ValueView, "The value in Partner Center."),
  movedBy: described(
    MovedBy,
    "Which side left the last agreed state; unknown when no agreed state is recorded."
  ),
  severity: described(
    Severity,
    "How bad it is. critical: money is being lost now; warning: money may be lost; info: the books should say the same."
  ),
  atRisk: described(
    Schema.NullOr(Money),
    "What it is worth a month; null where no price is known."
  ),
  actions: described(
    Schema.Array(
      Schema.Struct({
        name: described(ActionName, "What could be done."),
        refusal: described(
          Schema.NullOr(
            Schema.Struct({
              code: described(Refusal.fields.code, "Why, for programs."),
              text: described(Schema.String, "Why, for people."),
              closedAt: described(
                Schema.NullOr(timestamp("When the window closed.")),
                "When the window closed; null when it is not about a window."
              )
            })
          ),
          "Why it would be refused today; null when it is allowed."
        ),
        closesAt: described(
          Schema.NullOr(timestamp("Until when it is allowed.")),
          "Until when it is allowed: a window closes, or a renewal decides; null where no such instant is known."
        )
      })
    ),
    "What would settle it, each allowed or not, because."
  ),
  deadline: described(
    Schema.NullOr(timestamp("When the first action stops being possible.")),
    "When the first of the actions that are allowed stops being so; null where none is known to."
  )
}).annotate({
  identifier: "Finding",
  description: "One thing that is not as it should be about one subscription."
})

/** One line of a report: a subscription or add-on that exists on at least one side. */
export const ReconciliationRow = Schema.Struct({
  row: count("The row's number in its report, from 0; it never changes."),
  accountId: described(
    Schema.NullOr(guid(AccountId, "The account.")),
    "The account that holds it; null where no account is linked to the tenant."
  ),
  tenantId: guid(TenantId, "The customer's Microsoft tenant."),
  customer: described(Schema.String, "The customer's name."),
  subscriptionId: described(
    Schema.NullOr(guid(SubscriptionId, "The subscription.")),
    "The subscription of the BSS; null when only Partner Center has it."
  ),
  reference: described(
    Schema.NullOr(Schema.String),
    "The CSP's own number; null when only Partner Center has it."
  ),
  microsoftId: described(
    Schema.NullOr(guid(MicrosoftId, "The subscription in Partner Center.")),
    "Partner Center's id of the subscription; null where there is none."
  ),
  name: described(Schema.String, "The name of what was bought."),
  isAddon: described(Schema.Boolean, "Whether it is an add-on of another subscription."),
  bss: described(
    Schema.NullOr(TermsView),
    "As the BSS holds it; null when only Partner Center has it."
  ),
  partnerCenter: described(
    Schema.NullOr(TermsView),
    "As Partner Center holds it; null when only the BSS has it."
  ),
  unitPrice: described(
    Schema.NullOr(Money),
    "Agreed price of one seat for one billing period; null where it is not known."
  ),
  findings: described(Schema.Array(FindingView), "What is wrong; empty when both sides agree.")
}).annotate({
  identifier: "ReconciliationRow",
  description: "One line of the report: a subscription or add-on of either side."
})
export type ReconciliationRow = typeof ReconciliationRow.Type

/** All that a report keeps of what Partner Center said about a subscription, besides its terms. */
const ObservedView = Schema.Struct({
  tenantId: guid(TenantId, "The tenant in which Partner Center has it."),
  microsoftId: guid(MicrosoftId, "Partner Center's id of the subscription."),
  name: described(Schema.String, "Its name in Partner Center."),
  orderId: described(Schema.NullOr(Schema.String), "The order that it came from."),
  effectiveStart: described(
    Schema.NullOr(timestamp("When its term began.")),
    "When its term began; null where Partner Center does not say."
  ),
  createdAt: described(
    Schema.NullOr(timestamp("When it was made.")),
    "When it was made; null where Partner Center does not say."
  ),
  cancellableUntil: described(
    Schema.NullOr(timestamp("Until when it can be cancelled.")),
    "Until when it can be cancelled; null where Partner Center does not say."
  ),
  refundable: described(
    Schema.Array(
      Schema.Struct({
        quantity: count("Seats."),
        until: timestamp("Until when they can be given back.")
      })
    ),
    "Seats that can be given back, batch by batch."
  ),
  etag: described(Schema.NullOr(Schema.String), "The version that Partner Center gave it."),
  terms: TermsView
}).annotate({
  identifier: "ObservedSubscription",
  description:
    "A subscription as Partner Center described it, decoded: fields that reconciling does not need are not kept."
})

/** A row with all that is kept of Partner Center's answer. */
export const ReconciliationRowDetail = Schema.Struct({
  ...ReconciliationRow.fields,
  observed: described(
    Schema.NullOr(ObservedView),
    "What Partner Center said about it; null when only the BSS has it."
  )
}).annotate({
  identifier: "ReconciliationRowDetail",
  description: "One row of the report, with all that is kept of Partner Center's answer."
})
export type ReconciliationRowDetail = typeof ReconciliationRowDetail.Type

/** Findings of a report that have something in common. */
export const FindingGroupView = Schema.Struct({
  key: described(
    Schema.NullOr(Schema.String),
    "The kind, the account's id, who moved, or the day of the deadline (2026-11-30, UTC); null: rows of no account, or findings without a deadline."
  ),
  title: described(Schema.String, "The same in words: the kind's title or the account's name."),
  findings: count("Findings of the group."),
  atRisk: described(Schema.Array(Money), "Money at risk a month, one total per currency.")
}).annotate({
  identifier: "FindingGroup",
  description: "Findings of a report that have something in common."
})
export type FindingGroupView = typeof FindingGroupView.Type

/** Which rows of a report are wanted. */
export const rowFilter = {
  kind: Schema.optionalKey(described(FindingKind, "Only rows with a finding of this kind.")),
  account: Schema.optionalKey(
    guid(AccountId, "Only rows of this account and the accounts below it.")
  ),
  movedBy: Schema.optionalKey(
    described(MovedBy, "Only rows with a finding that this side caused.")
  ),
  severity: Schema.optionalKey(described(Severity, "Only rows with a finding of this severity.")),
  deadlineFrom: Schema.optionalKey(
    timestamp("Only rows with a finding whose deadline is at this instant or later.")
  ),
  deadlineBefore: Schema.optionalKey(
    timestamp("Only rows with a finding whose deadline is before this instant.")
  ),
  q: Schema.optionalKey(
    line("Part of the customer's or subscription's name, its reference, or a whole id.", {
      min: 0,
      max: 200
    })
  ),
  onlyFindings: Schema.optionalKey(
    flag("True leaves rows without findings out; false when absent.")
  )
}

const sort = {
  sort: Schema.optionalKey(
    described(
      RowSort,
      "The order. customer: by the customer's name, also when absent; severity: the worst first; atRisk: the largest amount first, each currency by itself; deadline: the first one first. Rows without findings follow."
    )
  )
}

const id = { id: guid(RunId, "The reconciliation.") }
const row = {
  row: Schema.String.check(
    Schema.isPattern(/^[0-9]{1,9}$/u, { message: "the number of a row is needed" })
  )
    .annotate({ description: "The row's number in its report." })
    .pipe(
      Schema.decodeTo(Schema.Int, {
        decode: SchemaGetter.transform((digits: string) => Number(digits)),
        encode: SchemaGetter.transform((number: number) => String(number))
      })
    )
}
const notThere = [ReconciliationNotFound, ReconciliationNotFinished] as const

/** Reconciliations and their reports. */
export class ReconciliationsGroup extends HttpApiGroup.make("reconciliations")
  .add(
    HttpApiEndpoint.post("request", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewReconciliation,
      success: HttpApiSchema.WithHeaders(ReconciliationView.pipe(HttpApiSchema.status(202)), {
        location: described(Schema.String, "Where to follow it.")
      }),
      error: [
        InstanceDisabled,
        InstanceNotFound,
        AccountNotFound,
        SubscriptionNotFound,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Ask for a reconciliation")
      .annotate(
        OpenApi.Description,
        "Compares the book with what Partner Center holds. The answer comes at once; follow the Location until its status is completed, incomplete, failed or cancelled. Nothing is changed on either side."
      )
      .annotateMerge(requires("reconciliations:run")),
    HttpApiEndpoint.get("list", "/", {
      query: pageQuery,
      success: pageOf(ReconciliationView, "ReconciliationPage")
    })
      .annotate(OpenApi.Summary, "List reconciliations, newest first")
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: ReconciliationView,
      error: ReconciliationNotFound
    })
      .annotate(OpenApi.Summary, "Get a reconciliation: status, progress and totals")
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.delete("cancel", "/:id", {
      params: id,
      query: noQuery,
      success: ReconciliationView,
      error: ReconciliationNotFound
    })
      .annotate(OpenApi.Summary, "Cancel a reconciliation; a finished one stays as it is")
      .annotateMerge(requires("reconciliations:run")),
    HttpApiEndpoint.get("rows", "/:id/rows", {
      params: id,
      query: { ...rowFilter, ...sort, ...pageQuery },
      success: pageOf(ReconciliationRow, "ReconciliationRowPage"),
      error: notThere
    })
      .annotate(OpenApi.Summary, "Read the report, row by row")
      .annotate(
        OpenApi.Description,
        "The report's rows in the order of `sort`. What the filter says about findings (kind, mover, severity, deadline) must all be true of one finding of the row. A cursor is good for the sort that gave it."
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("row", "/:id/rows/:row", {
      params: { ...id, ...row },
      query: noQuery,
      success: ReconciliationRowDetail,
      error: [...notThere, ReconciliationRowNotFound]
    })
      .annotate(
        OpenApi.Summary,
        "Get one row of the report, with all that is kept of Partner Center's answer"
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("history", "/:id/rows/:row/history", {
      params: { ...id, ...row },
      query: pageQuery,
      success: pageOf(HistoryEntryView, "HistoryEntryPage"),
      error: [...notThere, ReconciliationRowNotFound]
    })
      .annotate(OpenApi.Summary, "List what has changed about the row's subscription, newest first")
      .annotate(
        OpenApi.Description,
        "Changes of what the BSS holds, of what Partner Center was seen to hold, and of what both agreed on; until today, not only until the report."
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("sightings", "/:id/rows/:row/sightings", {
      params: { ...id, ...row },
      query: pageQuery,
      success: pageOf(SightingView, "SightingPage"),
      error: [...notThere, ReconciliationRowNotFound]
    })
      .annotate(
        OpenApi.Summary,
        "List the reports that had findings about the row's subscription, newest first"
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("comparison", "/:id/comparison", {
      params: id,
      query: {
        with: guid(RunId, "The other reconciliation, usually an earlier one."),
        ...pageQuery
      },
      success: comparisonOf(ValueView),
      error: [...notThere, ReconciliationsNotComparable]
    })
      .annotate(OpenApi.Summary, "Compare the report's findings with those of another one")
      .annotate(
        OpenApi.Description,
        "Both must be of one instance, environment and scope. Only customers that both have fetched are compared. What is the same is only counted."
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("groups", "/:id/groups", {
      params: id,
      query: {
        by: described(
          RowGrouping,
          "What the findings of a group have in common; deadline: its day in UTC."
        ),
        ...rowFilter,
        ...pageQuery
      },
      success: pageOf(FindingGroupView, "FindingGroupPage"),
      error: notThere
    })
      .annotate(OpenApi.Summary, "Count the report's findings in groups")
      .annotate(
        OpenApi.Description,
        "The findings that the filter leaves, put together by what they have in common: the largest group first, days by date. The key of a group is what the same filter takes to show its rows."
      )
      .annotateMerge(requires("reconciliations:read")),
    HttpApiEndpoint.get("export", "/:id/export", {
      params: id,
      query: {
        format: described(Schema.Literals(["xlsx", "csv", "json"]), "The file format."),
        ...rowFilter,
        ...sort
      },
      success: HttpApiSchema.WithHeaders(
        HttpApiSchema.StreamUint8Array({
          contentType: [mediaTypes.xlsx, mediaTypes.csv, "application/json"]
        }),
        { "content-disposition": described(Schema.String, "The file's name.") }
      ),
      error: notThere
    })
      .annotate(OpenApi.Summary, "Download the report as Excel, CSV or JSON")
      .annotate(
        OpenApi.Description,
        "Exactly the rows that the same filter and sort read, all of them. The file is sent while it is made, so its length is not known beforehand; a connection that ends early means an incomplete file."
      )
      .annotateMerge(requires("reconciliations:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/reconciliations")
  .annotateMerge(
    OpenApi.annotations({
      title: "Reconciliations",
      description: "Comparisons of the book with Partner Center, their progress and their reports."
    })
  ) {}
