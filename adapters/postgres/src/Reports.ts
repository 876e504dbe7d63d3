import type { AccountId } from "@concordat/core/account/Account"
import { rounded } from "@concordat/core/money/currencies"
import {
  type FindingGroup,
  Reports,
  RowNotFound,
  RunNotFinished
} from "@concordat/core/reconciliation/Reports"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { RunNotFound } from "@concordat/core/reconciliation/Runs"
import { Effect, Layer, Option, Stream } from "effect"
import { moneyOf } from "./documents.ts"
import { keyset } from "./Keyset.ts"
import { runsOf } from "./Runs.ts"
import {
  GroupKey,
  keptRowOf,
  RowKey,
  type StoredGroup,
  selectGroups,
  selectRow,
  selectRows
} from "./reportQueries.ts"
import { statements } from "./Statements.ts"

type Port = Reports["Service"]

const byRow = keyset(RowKey)
const byGroup = keyset(GroupKey)

/** Rows of a report that an export holds in memory at once. */
const rowsAtOnce = 1_000

const groupOf = ({ account, at_risk, findings, key }: StoredGroup): FindingGroup => ({
  key,
  account,
  findings,
  // Shares of a term have four digits; what is shown is the currency's.
  atRisk: at_risk.map((total) => rounded(moneyOf(total)))
})

/** The reports of finished runs in Postgres. Their rows never change: page by page they are one report. */
export const reportsLayer = Layer.effect(
  Reports,
  Effect.gen(function* () {
    const { run: query } = yield* statements

    const finished = Effect.fnUntraced(function* (id: RunId, branch: AccountId | null) {
      const run = yield* query("Reports.finished", (db) =>
        runsOf(db, branch).where("run.id", "=", id).executeTakeFirst()
      )
      if (run === undefined) return yield* new RunNotFound({ id })
      if (run.status !== "completed" && run.status !== "incomplete")
        return yield* new RunNotFinished({ id, status: run.status })
    })

    const rows = Effect.fn("Reports.rows")(function* (
      ...[id, branch, filter, sort, page]: Parameters<Port["rows"]>
    ) {
      yield* finished(id, branch)
      const after = yield* byRow.after(page)
      const found = yield* query("Reports.rows", (db) =>
        selectRows(db, { id, branch, filter, sort, after, limit: page.limit + 1 })
      )
      return byRow.page(found.rows, page, ({ by, position }) => ({ by, position }), keptRowOf)
    })

    const stream = (...[id, branch, filter, sort]: Parameters<Port["stream"]>) =>
      Stream.unwrap(
        Effect.as(
          finished(id, branch),
          Stream.paginate(Option.none<RowKey>(), (after) =>
            query("Reports.stream", (db) =>
              selectRows(db, {
                id,
                branch,
                filter,
                sort,
                after: Option.getOrUndefined(after),
                limit: rowsAtOnce
              })
            ).pipe(
              Effect.map(({ rows: found }) => {
                const last = found.at(-1)
                return [
                  found.map(keptRowOf),
                  last === undefined || found.length < rowsAtOnce
                    ? Option.none<Option.Option<RowKey>>()
                    : Option.some(Option.some({ by: last.by, position: last.position }))
                ] as const
              })
            )
          )
        )
      )

    const row = Effect.fn("Reports.row")(function* (
      ...[id, branch, position]: Parameters<Port["row"]>
    ) {
      yield* finished(id, branch)
      const { rows: found } = yield* query("Reports.row", (db) =>
        selectRow(db, id, branch, position)
      )
      const [only] = found
      return only === undefined ? yield* new RowNotFound({ id, position }) : keptRowOf(only)
    })

    const groups = Effect.fn("Reports.groups")(function* (
      ...[id, branch, filter, by, page]: Parameters<Port["groups"]>
    ) {
      yield* finished(id, branch)
      const after = yield* byGroup.after(page)
      const found = yield* query("Reports.groups", (db) =>
        selectGroups(db, { id, branch, filter, by, after, limit: page.limit + 1 })
      )
      return byGroup.page(found.rows, page, ({ key, rank }) => ({ key, rank }), groupOf)
    })

    return Reports.of({ rows, stream, row, groups })
  })
)
