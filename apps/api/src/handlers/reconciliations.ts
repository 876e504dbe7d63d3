import { reportFile } from "@concordat/adapter-excel/ReportFile"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  InstanceDisabled,
  ReconciliationNotFinished,
  ReconciliationNotFound,
  ReconciliationRowNotFound,
  ReconciliationsNotComparable,
  SubscriptionNotFound
} from "@concordat/contracts/Problem"
import type { AccountId } from "@concordat/core/account/Account"
import type { FindingKind, MovedBy, Severity } from "@concordat/core/reconciliation/Finding"
import {
  Reports,
  type RowFilter,
  type RowNotFound,
  type RunNotFinished,
  type RunsNotComparable
} from "@concordat/core/reconciliation/Reports"
import type { RunStatus } from "@concordat/core/reconciliation/Run"
import { type RunNotFound, Runs, type ScopeNotFound } from "@concordat/core/reconciliation/Runs"
import { requestReconciliation } from "@concordat/core/reconciliation/requestReconciliation"
import type { Instant } from "@concordat/core/time/Instant"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { fileType } from "../fileType.ts"
import { groupView, rowDetailView, rowView, runView, sightingView, titled } from "../views.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** Reconciliations and their reports, within the caller's branch. */
export const reconciliationsLayer = HttpApiBuilder.group(
  Api,
  "reconciliations",
  Effect.fnUntraced(function* (handlers) {
    const runs = yield* Runs
    const reports = yield* Reports
    return handlers.handleAll({
      request: Effect.fnUntraced(
        function* ({ payload }) {
          const caller = yield* Caller
          const run = yield* requestReconciliation(caller, payload.instance, payload.scope)
          return HttpApiSchema.withHeaders({
            body: runView(run),
            headers: { location: `/v1/reconciliations/${run.id}` }
          })
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message })),
          ScopeNotFound: scopeNotFound
        })
      ),
      list: Effect.fnUntraced(function* ({ query }) {
        const { branch } = yield* Caller
        const page = yield* pageOf("reconciliations", query, (page) => runs.list(branch, page))
        return { ...page, items: page.items.map(runView) }
      }),
      get: Effect.fnUntraced(
        function* ({ params }) {
          const { branch } = yield* Caller
          return runView(yield* runs.get(params.id, branch))
        },
        Effect.catchTag("RunNotFound", runNotFound)
      ),
      cancel: Effect.fnUntraced(
        function* ({ params }) {
          const { branch } = yield* Caller
          return runView(yield* runs.cancel(params.id, branch))
        },
        Effect.catchTag("RunNotFound", runNotFound)
      ),
      rows: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const sort = query.sort ?? "customer"
          const page = yield* pageOf(`rows of ${params.id} by ${sort}`, query, (page) =>
            reports.rows(params.id, branch, filterOf(query), sort, page)
          )
          return { ...page, items: page.items.map(rowView) }
        },
        Effect.catchTags({ RunNotFound: runNotFound, RunNotFinished: runNotFinished })
      ),
      row: Effect.fnUntraced(
        function* ({ params }) {
          const { branch } = yield* Caller
          return rowDetailView(yield* reports.row(params.id, branch, params.row))
        },
        Effect.catchTags({
          RunNotFound: runNotFound,
          RunNotFinished: runNotFinished,
          RowNotFound: rowNotFound
        })
      ),
      history: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          return yield* pageOf(`history of ${params.id} ${params.row}`, query, (page) =>
            reports.history(params.id, branch, params.row, page)
          )
        },
        Effect.catchTags({
          RunNotFound: runNotFound,
          RunNotFinished: runNotFinished,
          RowNotFound: rowNotFound
        })
      ),
      sightings: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const page = yield* pageOf(`sightings of ${params.id} ${params.row}`, query, (page) =>
            reports.sightings(params.id, branch, params.row, page)
          )
          return { ...page, items: page.items.map(sightingView) }
        },
        Effect.catchTags({
          RunNotFound: runNotFound,
          RunNotFinished: runNotFinished,
          RowNotFound: rowNotFound
        })
      ),
      comparison: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const list = `comparison of ${params.id} with ${query.with}`
          const counts = yield* reports.changes(params.id, query.with, branch)
          const page = yield* pageOf(list, query, (page) =>
            reports.comparison(params.id, query.with, branch, page)
          )
          return { counts, ...page, items: page.items.map(titled) }
        },
        Effect.catchTags({
          RunNotFound: runNotFound,
          RunNotFinished: runNotFinished,
          RunsNotComparable: notComparable
        })
      ),
      groups: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const page = yield* pageOf(`groups of ${params.id} by ${query.by}`, query, (page) =>
            reports.groups(params.id, branch, filterOf(query), query.by, page)
          )
          return { ...page, items: page.items.map((group) => groupView(query.by, group)) }
        },
        Effect.catchTags({ RunNotFound: runNotFound, RunNotFinished: runNotFinished })
      ),
      export: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const run = yield* runs.get(params.id, branch)
          const filter = filterOf(query)
          const sort = query.sort ?? "customer"
          // Once the file has begun, nothing but the connection can say that it failed: so look first.
          yield* reports.rows(run.id, branch, filter, sort, { cursor: undefined, limit: 1 })
          const report = reports.stream(run.id, branch, filter, sort)
          return HttpServerResponse.stream(reportFile(query.format, run, report), {
            contentType: fileType(query.format),
            headers: {
              "content-disposition": `attachment; filename="reconciliation-${run.instance}${run.environment === "sandbox" ? "-sandbox" : ""}-${run.id}.${query.format}"`
            }
          })
        },
        Effect.catchTags({ RunNotFound: runNotFound, RunNotFinished: runNotFinished })
      )
    })
  })
)

const filterOf = (query: {
  readonly kind?: FindingKind
  readonly account?: AccountId
  readonly movedBy?: MovedBy
  readonly severity?: Severity
  readonly deadlineFrom?: Instant
  readonly deadlineBefore?: Instant
  readonly q?: string
  readonly onlyFindings?: boolean
}): RowFilter => ({
  kind: query.kind,
  movedBy: query.movedBy,
  severity: query.severity,
  deadlineFrom: query.deadlineFrom,
  deadlineBefore: query.deadlineBefore,
  account: query.account,
  q: query.q === "" ? undefined : query.q,
  onlyFindings: query.onlyFindings ?? false
})

const runNotFound = ({ id, message }: RunNotFound) =>
  Effect.fail(
    new ReconciliationNotFound({
      id,
      detail: `${message} GET /v1/reconciliations lists those that you can see.`
    })
  )

const runNotFinished = ({ id, status, message }: RunNotFinished) =>
  Effect.fail(
    new ReconciliationNotFinished({
      id,
      state: status,
      detail: noReport.has(status)
        ? `Reconciliation ${id} is ${status} and has no report. Ask for another one with POST /v1/reconciliations.`
        : `${message} Follow it with GET /v1/reconciliations/${id}.`
    })
  )

const rowNotFound = ({ id, message, position }: RowNotFound) =>
  Effect.fail(
    new ReconciliationRowNotFound({
      id,
      row: position,
      detail: `${message} GET /v1/reconciliations/${id}/rows lists those that you can see.`
    })
  )

const notComparable = ({ id, message, other }: RunsNotComparable) =>
  Effect.fail(
    new ReconciliationsNotComparable({
      id,
      other,
      detail: `${message} GET /v1/reconciliations lists what there is.`
    })
  )

/** Waiting for these would be in vain. */
const noReport: ReadonlySet<string> = new Set(["failed", "cancelled"] satisfies Array<RunStatus>)

const scopeNotFound = ({ id, kind, message }: ScopeNotFound) =>
  kind === "account"
    ? accountNotFound({ id, message })
    : Effect.fail(new SubscriptionNotFound({ id, detail: message }))
