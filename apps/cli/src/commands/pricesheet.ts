import { randomUUID } from "node:crypto"
import { PriceSheetInvalid } from "@concordat/contracts/Problem"
import type {
  PriceSheetChangeView,
  PriceSheetView,
  SheetPriceView
} from "@concordat/contracts/pricesheets"
import { InstanceName } from "@concordat/core/instance/Instance"
import { format } from "@concordat/core/money/Money"
import { Market } from "@concordat/core/price/PriceList"
import { hasEnded, Month, PriceSheetId, Timeline } from "@concordat/core/pricesheet/PriceSheet"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, FileSystem, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { makeStatusLine } from "../Progress.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"

const which = {
  instance: Flag.String("instance").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription('Required. The Partner Center account, from "instance list"'),
    Flag.withSchema(InstanceName)
  ),
  market: Flag.String("market").pipe(
    Flag.withMetavar("DE"),
    Flag.withDescription("Required. The market whose sheet it is, as two letters"),
    Flag.map((text) => text.toUpperCase()),
    Flag.withSchema(Market)
  ),
  timeline: Flag.Literals("timeline", Timeline.literals).pipe(
    Flag.withDescription("future has only what will change; the others hold every price"),
    Flag.withDefault("current" as const)
  ),
  month: Flag.String("month").pipe(
    Flag.withMetavar("YYYY-MM"),
    Flag.withDescription("The month it is of; this one, or for the future sheet the next one"),
    Flag.withSchema(Month),
    Flag.optional
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Check and compare everything, and change no price"),
    Flag.withDefault(false)
  )
}

const monthIf = (month: Option.Option<Month>) =>
  Option.isSome(month) ? { month: month.value } : {}

const importSheet = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE.csv|FILE.zip"),
      Argument.withDescription("The license-based price sheet, as Partner Center exports it")
    ),
    ...which
  },
  Effect.fnUntraced(function* ({ file, instance, market, timeline, month, dryRun }) {
    const files = yield* FileSystem.FileSystem
    const unreadable = (error: { readonly message: string }) =>
      new CommandFailed({ message: `${file} cannot be read: ${error.message}` })
    const { type } = yield* files.stat(file).pipe(Effect.mapError(unreadable))
    if (type !== "File")
      return yield* new CommandFailed({ message: `${file} is no file but a ${type}.` })
    // The largest sheet over a slow line.
    const api = yield* connect({ timeout: "15 minutes" })
    const { body: started } = yield* api.client.pricesheets
      .import({
        headers: { "idempotency-key": randomUUID() },
        query: { instance, market, timeline, dryRun, ...monthIf(month) },
        payload: Stream.orDie(files.stream(file))
      })
      .pipe(
        Effect.mapError((error) =>
          error instanceof PriceSheetInvalid ? refusal(file, error) : api.explained(error)
        )
      )
    yield* told(yield* follow(api, started))
  })
).pipe(
  Command.withDescription(
    "Take one of Microsoft's price sheets in: all of it, or nothing. Every wrong line is named with its column and value. Importing the same sheet again changes nothing."
  ),
  Command.withShortDescription("Take a price sheet in from a file"),
  Command.withExamples([
    {
      command:
        "concordat catalogue pricesheet import sheets.zip --instance contoso-eu --market DE --dry-run",
      description: "See what a sheet would change"
    }
  ])
)

const download = Command.make(
  "download",
  which,
  Effect.fnUntraced(function* ({ instance, market, timeline, month, dryRun }) {
    const api = yield* connect()
    const { body: started } = yield* api.client.pricesheets
      .download({
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { instance, market, timeline, dryRun, ...monthIf(month) }
      })
      .pipe(Effect.mapError(api.explained))
    yield* told(yield* follow(api, started))
  })
).pipe(
  Command.withDescription(
    "Download a price sheet from Microsoft and take it in. Microsoft gives it only to a user: authenticate the instance first."
  ),
  Command.withShortDescription("Take a price sheet in from Microsoft")
)

const follow = Effect.fnUntraced(function* (api: Api, started: PriceSheetView) {
  const line = makeStatusLine()
  return yield* Effect.gen(function* () {
    let sheet = started
    for (let asked = 0; !hasEnded(sheet.status); asked++) {
      yield* line.show(
        `${sheet.instance} ${sheet.market} ${sheet.month}  ${sheet.progress.lines} lines  ${steps[sheet.status]}`
      )
      yield* Effect.sleep(asked < 10 ? "200 millis" : "1 second")
      sheet = yield* api.client.pricesheets.get({ params: { id: started.id }, query: {} })
    }
    return sheet
  }).pipe(
    Effect.mapError(
      (error) =>
        new CommandFailed({
          message: `${api.explained(error).message}\nPrice sheet ${started.id} may go on; see "concordat catalogue pricesheet list".`
        })
    ),
    Effect.ensuring(line.clear)
  )
})

const steps: Record<PriceSheetView["status"], string> = {
  queued: "waiting",
  reading: "reading",
  staged: "comparing",
  completed: "done",
  refused: "refused",
  failed: "failed"
}

const told = Effect.fnUntraced(function* (sheet: PriceSheetView) {
  if (sheet.status === "refused")
    return yield* refusal(`Price sheet ${sheet.id}`, {
      problems: sheet.problems,
      total: sheet.problemCount
    })
  if (sheet.status === "failed")
    return yield* new CommandFailed({
      message: printable(`No price was changed. ${sheet.problem ?? ""}`)
    })
  const { counts } = sheet
  const of = (count: number, what: string) => `${String(count).padStart(8)}  ${what}`
  yield* Console.log(
    [
      sheet.dryRun
        ? `No price was changed. The sheet of ${sheet.market} for ${sheet.month} would have:`
        : `The sheet of ${sheet.market} for ${sheet.month} counts for ${sheet.instance}:`,
      of(counts.added, "prices added"),
      of(counts.changed, "changed"),
      of(counts.redated, "with other dates only"),
      of(counts.ended, "ended"),
      of(counts.unchanged, "as before"),
      `"concordat catalogue pricesheet changes ${sheet.id}" lists them.`
    ].join("\n")
  )
})

/** As compilers print it, so that editors find the line. */
const refusal = (
  file: string,
  { problems, total }: Pick<PriceSheetInvalid, "problems" | "total">
): CommandFailed =>
  new CommandFailed({
    message: [
      `${file} was not imported: ${total} ${total === 1 ? "problem" : "problems"}.`,
      ...problems.map(({ column, line, text, value }) =>
        printable(
          `${file}${line === 0 ? "" : `:${line}`}: ${column === null ? "" : `${column} `}${value === null ? "" : `"${value}" `}${text}`
        )
      ),
      ...(total > problems.length ? [`… and ${total - problems.length} more.`] : [])
    ].join("\n")
  })

const show = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  Console.log(rows.length === 0 ? "None." : table(columns, rows, screenWidth()))

const sheetColumns: ReadonlyArray<Column> = [
  { heading: "ID", least: 36, most: 36 },
  { heading: "Instance", least: 8, most: 30 },
  { heading: "Market", least: 6, most: 6 },
  { heading: "Month", least: 7, most: 7 },
  { heading: "Status", least: 9, most: 18 },
  { heading: "Lines", least: 7, most: 9, align: "right" },
  { heading: "Changes", least: 7, most: 9, align: "right" }
]

const list = Command.make(
  "list",
  {
    instance: which.instance.pipe(
      Flag.withDescription("Only of this Partner Center account"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ instance }) {
    const api = yield* connect()
    const { items } = yield* api.client.pricesheets
      .list({ query: Option.isSome(instance) ? { instance: instance.value } : {} })
      .pipe(Effect.mapError(api.explained))
    yield* show(
      sheetColumns,
      items.map((sheet) => [
        sheet.id,
        sheet.instance,
        sheet.market,
        sheet.month,
        sheet.dryRun ? `${sheet.status} (dry)` : sheet.status,
        String(sheet.progress.lines),
        String(
          sheet.counts.added + sheet.counts.changed + sheet.counts.redated + sheet.counts.ended
        )
      ])
    )
  })
).pipe(Command.withDescription("List the newest imports of price sheets"))

const changeColumns: ReadonlyArray<Column> = [
  { heading: "Change", least: 7, most: 7 },
  { heading: "Offer", least: 17, most: 17 },
  { heading: "Name", least: 10, most: 40 },
  { heading: "Plan", least: 10, most: 22 },
  { heading: "Before", least: 8, most: 14, align: "right" },
  { heading: "After", least: 8, most: 14, align: "right" },
  { heading: "From", least: 10, most: 10 },
  { heading: "To", least: 10, most: 10 }
]

type Plan = Pick<SheetPriceView, "term" | "billingCycle" | "segment">
const planOf = ({ billingCycle, segment, term }: Plan): string =>
  `${term ?? "-"} ${billingCycle} ${segment}`

const dayOf = (at: SheetPriceView["validTo"]): string => (at === null ? "" : toIso(at).slice(0, 10))

const changeCells = (change: PriceSheetChangeView): ReadonlyArray<string> => [
  change.kind,
  change.offer,
  change.title,
  planOf(change),
  change.before === null ? "" : format(change.before.cost),
  change.after === null ? "" : format(change.after.cost),
  dayOf(change.after?.validFrom ?? null),
  dayOf(change.after?.validTo ?? null)
]

const changes = Command.make(
  "changes",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription('The import, from "catalogue pricesheet list"'),
      Argument.withSchema(PriceSheetId)
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("How many changes at most"),
      Flag.withDefault(200)
    )
  },
  Effect.fnUntraced(function* ({ id, limit }) {
    const api = yield* connect()
    const found = yield* everyItem((cursor) =>
      api.client.pricesheets.changes({ params: { id }, query: { limit: 200, ...cursor } })
    ).pipe(Stream.take(limit), Stream.runCollect, Effect.mapError(api.explained))
    yield* show(changeColumns, found.map(changeCells))
  })
).pipe(Command.withDescription("List what a price sheet changed, by offer and plan"))

const priceColumns: ReadonlyArray<Column> = [
  { heading: "Market", least: 6, most: 6 },
  { heading: "Plan", least: 10, most: 28 },
  { heading: "Cost", least: 8, most: 14, align: "right" },
  { heading: "Recommended", least: 11, most: 14, align: "right" },
  { heading: "Currency", least: 8, most: 8 },
  { heading: "From", least: 10, most: 10 },
  { heading: "To", least: 10, most: 10 },
  { heading: "Counts", least: 6, most: 6 }
]

const prices = Command.make(
  "prices",
  {
    offer: Argument.String("offer").pipe(
      Argument.withDescription("PRODUCT:SKU, such as CFQ7TTC0LH18:0001"),
      Argument.withSchema(OfferId)
    ),
    instance: which.instance,
    history: Flag.Boolean("history").pipe(
      Flag.withDescription("Also what a later sheet said otherwise"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ offer, instance, history }) {
    const api = yield* connect()
    const found = yield* everyItem((cursor) =>
      api.client.pricesheets.prices({ query: { instance, offer, history, ...cursor } })
    ).pipe(Stream.take(1_000), Stream.runCollect, Effect.mapError(api.explained))
    yield* show(
      priceColumns,
      found.map((price) => [
        price.market,
        planOf(price),
        format(price.cost),
        price.recommended === null ? "" : format(price.recommended),
        price.currency,
        dayOf(price.validFrom),
        dayOf(price.validTo),
        price.supersededBy === null ? "yes" : "no"
      ])
    )
  })
).pipe(Command.withDescription("Show Microsoft's prices of an offer for one billing period"))

/** `concordat catalogue pricesheet …` */
export const pricesheet = Command.make("pricesheet").pipe(
  Command.withDescription("Microsoft's price sheets: what offers cost and are recommended at"),
  Command.withSubcommands([importSheet, download, list, changes, prices])
)
