import type { AccountId } from "@concordat/core/account/Account"
import { rounded } from "@concordat/core/money/currencies"
import {
  type FindingGroup,
  Reports,
  RowNotFound,
  RunNotFinished,
  RunsNotComparable
} from "@concordat/core/reconciliation/Reports"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { RunNotFound } from "@concordat/core/reconciliation/Runs"
import { Effect, Layer, Option, Stream } from "effect"
import { moneyOf } from "./documents.ts"
import { keyset } from "./Keyset.ts"
import { runsOf } from "./Runs.ts"
import {
  ComparedKey,
  comparedOf,
  countCompared,
  type StoredCompared,
  selectCompared
} from "./reportComparison.ts"
import {
  EntryKey,
  entryOf,
  SightingKey,
  selectHistory,
  selectSightings,
  sightingOf,
  subjectOf
} from "./reportHistory.ts"
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
const byEntry = keyset(EntryKey)
const bySighting = keyset(SightingKey)
const byCompared = keyset(ComparedKey)

/** What two runs that can be compared have in common. */
const aboutOf = (run: {
  readonly instance_id: string
  readonly environment: string
  readonly scope_account_id: string | null
  readonly scope_subscription_id: string | null
}): string =>
  [run.instance_id, run.environment, run.scope_account_id, run.scope_subscription_id].join(" ")

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
      return run
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

    const history = Effect.fn("Reports.history")(function* (
      ...[id, branch, position, page]: Parameters<Port["history"]>
    ) {
      const subject = subjectOf(yield* row(id, branch, position))
      const after = yield* byEntry.after(page)
      const found = yield* query("Reports.history", (db) =>
        selectHistory(db, subject, branch, after, page.limit + 1)
      )
      return byEntry.page(found.rows, page, ({ id }) => ({ id }), entryOf)
    })

    const sightings = Effect.fn("Reports.sightings")(function* (
      ...[id, branch, position, page]: Parameters<Port["sightings"]>
    ) {
      const subject = subjectOf(yield* row(id, branch, position))
      const after = yield* bySighting.after(page)
      const found = yield* query("Reports.sightings", (db) =>
        selectSightings(db, id, subject, branch, after, page.limit + 1)
      )
      return bySighting.page(
        found.rows,
        page,
        ({ created_at, position, run_id }) => ({ at: created_at, id: run_id, position }),
        sightingOf
      )
    })

    const comparable = Effect.fnUntraced(function* (
      id: RunId,
      other: RunId,
      branch: AccountId | null
    ) {
      const [mine, theirs] = yield* Effect.all([finished(id, branch), finished(other, branch)])
      if (aboutOf(mine) !== aboutOf(theirs)) return yield* new RunsNotComparable({ id, other })
    })

    const comparison = Effect.fn("Reports.comparison")(function* (
      ...[id, other, branch, page]: Parameters<Port["comparison"]>
    ) {
      yield* comparable(id, other, branch)
      const after = yield* byCompared.after(page)
      const found = yield* query("Reports.comparison", (db) =>
        selectCompared(db, id, other, branch, after, page.limit + 1)
      )
      const keyOf = ({ ordinal, position, rank, severity, side }: StoredCompared): ComparedKey => ({
        rank,
        severity,
        side,
        position,
        ordinal
      })
      return byCompared.page(found.rows, page, keyOf, comparedOf)
    })

    const changes = Effect.fn("Reports.changes")(function* (
      ...[id, other, branch]: Parameters<Port["changes"]>
    ) {
      yield* comparable(id, other, branch)
      return yield* query("Reports.changes", (db) => countCompared(db, id, other, branch))
    })

    return Reports.of({ rows, stream, row, groups, history, sightings, comparison, changes })
  })
)
