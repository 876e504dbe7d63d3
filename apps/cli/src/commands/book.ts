import { randomUUID } from "node:crypto"
import { type BookImport, bookBytesMax } from "@concordat/contracts/book"
import { BookInvalid } from "@concordat/contracts/Problem"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { readInput } from "../Input.ts"
import { refuseTerminal, writeOutput } from "../Output.ts"
import { printable } from "../Table.ts"

const importBook = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE.csv|FILE.xlsx"),
      Argument.withDescription('The list, in the columns of "book template"')
    ),
    instance: Flag.String("instance").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Whose book it is; needed when there are several instances"),
      Flag.withSchema(InstanceName),
      Flag.optional
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Check and count everything, and keep nothing"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ file, instance, dryRun }) {
    const payload = yield* readList(file)
    // A large list takes its time to be checked and stored.
    const api = yield* connect({ timeout: "10 minutes" })
    const name = yield* Option.match(instance, {
      onSome: Effect.succeed,
      onNone: () => onlyInstance(api)
    })
    const changes = yield* api.client.book
      .import({
        headers: { "idempotency-key": randomUUID() },
        query: { instance: name, dryRun },
        payload
      })
      .pipe(
        Effect.mapError((error) =>
          error instanceof BookInvalid ? refusal(file, error) : api.explained(error)
        )
      )
    yield* Console.log(changesOf(name, changes))
  })
).pipe(
  Command.withDescription(
    "Take a list of subscriptions into the book: all of it, or nothing. Every bad line is named with its column. Importing the same list again changes nothing."
  ),
  Command.withShortDescription("Take a list of subscriptions into the book"),
  Command.withExamples([
    {
      command: "concordat book import subscriptions.xlsx --instance contoso-eu --dry-run",
      description: "Check a list without keeping anything"
    }
  ])
)

const readList = Effect.fnUntraced(function* (file: string) {
  const format = /\.(csv|xlsx)$/iu.exec(file)?.[1]?.toLowerCase()
  if (format !== "csv" && format !== "xlsx")
    return yield* new CommandFailed({
      message: `${file} is neither .csv nor .xlsx. Save the list as "CSV UTF-8" or as Excel workbook.`
    })
  const bytes = yield* readInput(
    file,
    bookBytesMax,
    `is larger than ${bookBytesMax / 1024 / 1024} MiB. Split the list into several files.`
  )
  return format === "csv" ? { format: "csv" as const, bytes } : { format: "xlsx" as const, bytes }
})

const onlyInstance = Effect.fnUntraced(function* (api: Api) {
  const { items } = yield* api.client.instances
    .list({ query: {} })
    .pipe(Effect.mapError(api.explained))
  const [only, ...others] = items
  if (only === undefined)
    return yield* new CommandFailed({
      message: 'There is no instance yet. Connect a Partner Center account with "instance add".'
    })
  if (others.length > 0)
    return yield* new CommandFailed({
      message: `Whose book is it? Name one with --instance: ${items.map(({ name }) => name).join(", ")}.`
    })
  return only.name
})

/** As compilers print it, so that editors find the line. */
const refusal = (file: string, { problems, total }: BookInvalid): CommandFailed =>
  new CommandFailed({
    message: [
      `${file} was not imported: ${total} ${total === 1 ? "problem" : "problems"}.`,
      ...problems.map(({ line, column, text }) =>
        printable(
          `${file}${line === 0 ? "" : `:${line}`}: ${column === null ? "" : `${column}: `}${text}`
        )
      ),
      ...(total > problems.length ? [`… and ${total - problems.length} more.`] : [])
    ].join("\n")
  })

const changesOf = (instance: string, changes: typeof BookImport.Type): string => {
  const of = (count: number, what: string) => `${String(count).padStart(7)}  ${what}`
  const book =
    changes.environment === "sandbox"
      ? `the sandbox book of ${instance}`
      : `the book of ${instance}`
  return [
    changes.dryRun ? `Nothing was kept. Importing would change ${book}:` : `Imported into ${book}:`,
    of(changes.subscriptionsAdded, "subscriptions added"),
    of(changes.subscriptionsChanged, "subscriptions changed"),
    of(changes.subscriptionsUnchanged, "subscriptions as before"),
    of(changes.subscriptionsNotListed, "subscriptions not in the list; they stay"),
    of(changes.accountsAdded, "accounts added"),
    of(changes.accountsChanged, "accounts changed"),
    of(changes.tenantsLinked, "tenants linked"),
    ...changes.warnings.map((warning) => printable(`Warning: ${warning}`))
  ].join("\n")
}

const template = Command.make(
  "template",
  {
    format: Flag.Literals("format", ["csv", "xlsx"]).pipe(
      Flag.withDescription("xlsx also explains every column on its second sheet"),
      Flag.withDefault("csv")
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write it to this file instead of standard output"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ format, output }) {
    yield* refuseTerminal(format, output)
    const api = yield* connect()
    const { body } = yield* api.client.book
      .template({ query: { format } })
      .pipe(Effect.mapError(api.explained))
    yield* writeOutput(body, output)
  })
).pipe(Command.withDescription("Get an empty list with every column and an example line"))

/** `concordat book …` */
export const book = Command.make("book").pipe(
  Command.withDescription("The CSP's own list of subscriptions"),
  Command.withSubcommands([importBook, template])
)
