import { reportFile } from "@concordat/adapter-excel/ReportFile"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  InstanceDisabled,
  ReconciliationNotFinished,
  ReconciliationNotFound,
  SubscriptionNotFound
} from "@concordat/contracts/Problem"
import type { AccountId } from "@concordat/core/account/Account"
import type { FindingKind, MovedBy } from "@concordat/core/reconciliation/Finding"
import type { RunStatus } from "@concordat/core/reconciliation/Run"
import {
  type RowFilter,
  type RunNotFinished,
  type RunNotFound,
  Runs,
  type ScopeNotFound
} from "@concordat/core/reconciliation/Runs"
import { requestReconciliation } from "@concordat/core/reconciliation/requestReconciliation"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { fileType } from "../fileType.ts"
import { rowView, runView } from "../views.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** Reconciliations and their reports, within the caller's branch. */
export const reconciliationsLayer = HttpApiBuilder.group(
  Api,
  "reconciliations",
  Effect.fnUntraced(function* (handlers) {
    const runs = yield* Runs
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
          const page = yield* pageOf(`rows of ${params.id}`, query, (page) =>
            runs.rows(params.id, branch, filterOf(query), page)
          )
          return { ...page, items: page.items.map(rowView) }
        },
        Effect.catchTags({ RunNotFound: runNotFound, RunNotFinished: runNotFinished })
      ),
      export: Effect.fnUntraced(
        function* ({ params, query }) {
          const { branch } = yield* Caller
          const run = yield* runs.get(params.id, branch)
          const filter = filterOf(query)
          // Once the file has begun, nothing but the connection can say that it failed: so look first.
          yield* runs.rows(run.id, branch, filter, { cursor: undefined, limit: 1 })
          const report = runs.report(run.id, branch, filter)
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
  readonly q?: string
  readonly onlyFindings?: boolean
}): RowFilter => ({
  kind: query.kind,
  account: query.account,
  movedBy: query.movedBy,
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

/** Waiting for these would be in vain. */
const noReport: ReadonlySet<string> = new Set(["failed", "cancelled"] satisfies Array<RunStatus>)

const scopeNotFound = ({ id, kind, message }: ScopeNotFound) =>
  kind === "account"
    ? accountNotFound({ id, message })
    : Effect.fail(new SubscriptionNotFound({ id, detail: message }))
