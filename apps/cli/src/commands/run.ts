import type { ReconciliationView } from "@concordat/contracts/reconciliation"
import { RunId } from "@concordat/core/reconciliation/Run"
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { refuseTerminal, writeOutput } from "../Output.ts"
import { everyItem, limitFlag } from "../pages.ts"
import { findingCells, findingColumns, legend, runCells, runColumns, summaryOf } from "../report.ts"
import { screenWidth } from "../Screen.ts"
import { headingLine, rowLine, table, widthsOf } from "../Table.ts"

/** How a report is printed; shared by the commands that print one. */
export const reportFlags = {
  format: Flag.Literals("format", ["table", "json", "csv", "xlsx"]).pipe(
    Flag.withDescription("table for people; json, csv or xlsx for the whole report as a file"),
    Flag.withDefault("table")
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write json, csv or xlsx to this file instead of standard output"),
    Flag.optional
  )
}

/** What was asked for with the flags of a report. */
export interface ReportFlags {
  readonly format: "table" | "json" | "csv" | "xlsx"
  readonly output: Option.Option<string>
}

/** Refuses what cannot be printed, before anything is asked of the API. */
export const checkReportFlags = ({ format, output }: ReportFlags) =>
  format === "table" && Option.isSome(output)
    ? Effect.fail(
        new CommandFailed({
          message: "--output needs a file format: add --format xlsx, csv or json."
        })
      )
    : refuseTerminal(format, output)

/** Prints the report of a run that has one. */
export const printReport = Effect.fnUntraced(function* (
  api: Api,
  run: ReconciliationView,
  { format, output }: ReportFlags
) {
  if (format === "table") {
    yield* Console.log(summaryOf(run))
    if (run.findings > 0) yield* printFindings(api, run)
    return
  }
  const { body } = yield* api.client.reconciliations
    .export({ params: { id: run.id }, query: { format } })
    .pipe(Effect.mapError(api.explained))
  yield* writeOutput(body, output)
  if (Option.isSome(output)) yield* Console.error(summaryOf(run))
})

const rowsAtOnce = 200

/** Page by page, so that a book of any size prints; the first page decides how wide the columns are. */
const printFindings = Effect.fnUntraced(function* (api: Api, run: ReconciliationView) {
  const width = screenWidth()
  const columns = findingColumns(width)
  let widths: ReadonlyArray<number> | undefined
  yield* Console.log("")
  yield* everyItem((cursor) =>
    api.client.reconciliations.rows({
      params: { id: run.id },
      query: { onlyFindings: true, limit: rowsAtOnce, ...cursor }
    })
  ).pipe(
    Stream.mapError(api.explained),
    Stream.grouped(rowsAtOnce),
    Stream.runForEach((rows) => {
      const cells = rows.flatMap((row) => findingCells(row, width))
      const lines: Array<string> = []
      if (widths === undefined) {
        widths = widthsOf(columns, cells, width)
        lines.push(headingLine(columns, widths))
      }
      const fitted = widths
      lines.push(...cells.map((row) => rowLine(columns, fitted, row)))
      return Console.log(lines.join("\n"))
    })
  )
  yield* Console.log(`\n${legend}`)
})

const id = Argument.String("id").pipe(
  Argument.withDescription('The reconciliation\'s id, from "runs list"'),
  Argument.withSchema(RunId)
)

const list = Command.make(
  "list",
  {
    limit: limitFlag(20)
  },
  Effect.fnUntraced(function* ({ limit }) {
    const api = yield* connect()
    const { items } = yield* api.client.reconciliations
      .list({ query: { limit } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      items.length === 0
        ? 'No reconciliation has been run; start one with "concordat reconcile".'
        : table(runColumns, items.map(runCells), screenWidth())
    )
  })
).pipe(Command.withDescription("List reconciliations, newest first"))

const show = Command.make(
  "show",
  { id, ...reportFlags },
  Effect.fnUntraced(function* ({ id, ...flags }) {
    yield* checkReportFlags(flags)
    const api = yield* connect()
    const run = yield* api.client.reconciliations
      .get({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    if (flags.format === "table" && !hasReport(run)) return yield* Console.log(summaryOf(run))
    yield* printReport(api, run, flags)
  })
).pipe(Command.withDescription("Show a reconciliation and its report"))

const cancel = Command.make(
  "cancel",
  { id },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    const run = yield* api.client.reconciliations
      .cancel({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    if (run.status !== "cancelled")
      return yield* new CommandFailed({
        message: `Reconciliation ${run.id} is ${run.status} already; it stays as it is.`
      })
    yield* Console.log(`Reconciliation ${run.id} is cancelled.`)
  })
).pipe(Command.withDescription("Cancel a reconciliation that has not finished"))

/** Whether the run came to a comparison. */
export const hasReport = ({ status }: ReconciliationView): boolean =>
  status === "completed" || status === "incomplete"

/** `concordat runs …` */
export const runs = Command.make("runs").pipe(
  Command.withDescription("Look at reconciliations, past and present"),
  Command.withSubcommands([list, show, cancel])
)
