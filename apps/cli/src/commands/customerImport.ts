import { randomUUID } from "node:crypto"
import type { ImportCustomerView, ImportView } from "@concordat/contracts/imports"
import { CustomerStatus, ImportId } from "@concordat/core/import/CustomerImport"
import { InstanceName, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { writeOutput } from "../Output.ts"
import { makeStatusLine, progressBar } from "../Progress.ts"
import { everyItem, limitFlag } from "../pages.ts"
import { printRows, rowsAtOnce } from "../printRows.ts"
import { mayColour, screenWidth } from "../Screen.ts"
import { type Column, table } from "../Table.ts"
import { findAccount } from "./account.ts"
import { checkReportFlags, reportFlags } from "./run.ts"

const id = Argument.String("id").pipe(
  Argument.withDescription('The import\'s id, from "import list"'),
  Argument.withSchema(ImportId)
)

const reseller = Schema.Union([Schema.Literal("direct"), MpnId])

const filterFlags = {
  q: Flag.String("q").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Part of the name or domain, or the tenant id"),
    Flag.optional
  ),
  status: Flag.Literals("status", CustomerStatus.literals).pipe(
    Flag.withDescription("Only customers of this status"),
    Flag.optional
  ),
  reseller: Flag.String("reseller").pipe(
    Flag.withMetavar("MPNID"),
    Flag.withDescription('Only customers of this reseller; "direct": of none'),
    Flag.withSchema(reseller),
    Flag.optional
  )
}

interface Filter {
  readonly q: Option.Option<string>
  readonly status: Option.Option<CustomerStatus>
  readonly reseller: Option.Option<typeof reseller.Type>
}

/** What was given; what was not is left out. */
const filterOf = ({ q, reseller, status }: Filter) => ({
  ...(Option.isSome(q) ? { q: q.value } : {}),
  ...(Option.isSome(status) ? { status: status.value } : {}),
  ...(Option.isSome(reseller) ? { reseller: reseller.value } : {})
})

const start = Command.make(
  "start",
  {
    instance: Flag.String("instance").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription('Required. The Partner Center account, from "instance list"'),
      Flag.withSchema(InstanceName)
    )
  },
  Effect.fnUntraced(function* ({ instance }) {
    const api = yield* connect()
    const { body: asked } = yield* api.client.imports
      .request({ headers: { "idempotency-key": randomUUID() }, query: {}, payload: { instance } })
      .pipe(Effect.mapError(api.explained))
    const read = yield* follow(api, asked)
    if (read.status !== "ready")
      return yield* new CommandFailed({
        message: `The hierarchy of ${read.instance} was not read: ${read.problem ?? "somebody has stopped it"}.`
      })
    yield* Console.log(hierarchyOf(read))
  })
).pipe(
  Command.withDescription(
    "Get the hierarchy of a Partner Center account: its customers, resellers and subscriptions. Nothing is imported by it."
  ),
  Command.withShortDescription("Get the hierarchy of a Partner Center account")
)

/** Asks until nothing is under way: a bar on a terminal, nothing in a pipe. */
const follow = (api: Api, asked: ImportView) => {
  const line = makeStatusLine()
  const params = { id: asked.id }
  return Effect.gen(function* () {
    let seen = asked
    for (let looks = 0; isUnderWay(seen); looks++) {
      yield* line.show(progressOf(seen))
      yield* Effect.sleep(looks < 10 ? "100 millis" : "1 second")
      seen = yield* api.client.imports.get({ params, query: {} })
    }
    return seen
  }).pipe(
    Effect.mapError(
      (error) =>
        new CommandFailed({
          message: `${api.explained(error).message}\nImport ${asked.id} may go on; see "concordat import list".`
        })
    ),
    Effect.ensuring(line.clear),
    Effect.onInterrupt(() =>
      Console.error(`Import ${asked.id} goes on; "concordat import stop" ends it.`)
    )
  )
}

const isUnderWay = ({ status }: ImportView): boolean =>
  status === "queued" || status === "reading" || status === "importing"

const progressOf = ({ instance, problem, progress, status }: ImportView): string => {
  const { customers, failed, read, waiting } = progress
  const done = status === "importing" ? customers - waiting : read
  const counted = customers === 0 ? "" : ` ${done}/${customers} customers`
  const lost = failed === 0 ? "" : `, ${failed} failed`
  return `${instance} ${progressBar(done, customers, mayColour())}${counted}${lost}  ${problem ?? steps[status]}`
}

const steps: Record<ImportView["status"], string> = {
  queued: "waiting",
  reading: "asking Partner Center",
  ready: "done",
  importing: "importing",
  failed: "failed",
  cancelled: "cancelled"
}

const hierarchyOf = ({
  id,
  instance,
  problem,
  progress,
  requests,
  resellers,
  subscriptions
}: ImportView) =>
  [
    `The hierarchy of ${instance}, with ${requests} requests:`,
    `  ${String(progress.customers).padStart(6)}  customers${progress.failed === 0 ? "" : `, ${progress.failed} of which could not be read`}`,
    `  ${String(resellers).padStart(6)}  resellers`,
    `  ${String(subscriptions).padStart(6)}  subscriptions and add-ons`,
    ...(problem === null ? [] : [problem]),
    `Look at them with "concordat import customers ${id}", then import them with "concordat import run ${id} --all".`
  ].join("\n")

const importColumns: ReadonlyArray<Column> = [
  { heading: "Import", least: 36, most: 36 },
  { heading: "Instance", least: 8, most: 24 },
  { heading: "Asked for", least: 16, most: 16 },
  { heading: "Status", least: 9, most: 9 },
  { heading: "Customers", least: 9, most: 9, align: "right" },
  { heading: "Imported", least: 8, most: 8, align: "right" },
  { heading: "Incomplete", least: 10, most: 10, align: "right" },
  { heading: "Failed", least: 6, most: 6, align: "right" }
]

const list = Command.make(
  "list",
  {
    limit: limitFlag(20)
  },
  Effect.fnUntraced(function* ({ limit }) {
    const api = yield* connect()
    const { items } = yield* api.client.imports
      .list({ query: { limit } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      items.length === 0
        ? 'No hierarchy has been read; read one with "concordat import start".'
        : table(
            importColumns,
            items.map(({ createdAt, id, instance, progress, status }) => [
              id,
              instance,
              toIso(createdAt).slice(0, 16).replace("T", " "),
              status,
              String(progress.customers),
              String(progress.imported),
              String(progress.incomplete),
              String(progress.failed)
            ]),
            screenWidth()
          )
    )
  })
).pipe(Command.withDescription("List imports, newest first"))

const customerColumns: ReadonlyArray<Column> = [
  { heading: "Customer", least: 16, most: 44 },
  { heading: "Tenant ID", least: 36, most: 36 },
  { heading: "Reseller", least: 8, most: 10 },
  { heading: "Status", least: 10, most: 10 },
  { heading: "In BSS", least: 7, most: 9, align: "right" },
  { heading: "Account, or what to do", least: 24, most: 160 }
]

const customerCells = (customer: ImportCustomerView) => [
  customer.name,
  customer.tenantId,
  customer.resellerMpnId ?? "direct",
  customer.status,
  `${customer.subscriptionsKnown}/${customer.subscriptions}`,
  remarkOf(customer)
]

const remarkOf = ({ account, notImported, problem, suggestions }: ImportCustomerView): string => {
  if (problem !== null) return problem
  const [missing] = notImported
  if (missing !== undefined)
    return notImported.length === 1
      ? missing.message
      : `${notImported.length} subscriptions were left out: ${missing.message}`
  if (account !== null) return account.name
  const [suggested] = suggestions
  return suggested === undefined
    ? ""
    : `may be "${suggested.name}" (same ${suggested.reason}): map it, or import it --as-new`
}

const customers = Command.make(
  "customers",
  { id, ...filterFlags },
  Effect.fnUntraced(function* ({ id, ...filter }) {
    const api = yield* connect()
    yield* printRows(
      customerColumns,
      everyItem((cursor) =>
        api.client.imports.customers({
          params: { id },
          query: { limit: rowsAtOnce, ...filterOf(filter), ...cursor }
        })
      ).pipe(Stream.mapError(api.explained), Stream.map(customerCells)),
      "There is no such customer in the hierarchy."
    )
  })
).pipe(Command.withDescription("List the customers of a hierarchy, by name"))

const resellerColumns: ReadonlyArray<Column> = [
  { heading: "MPN ID", least: 10, most: 20 },
  { heading: "Reseller", least: 20, most: 60 },
  { heading: "Customers", least: 9, most: 9, align: "right" },
  { heading: "By hand", least: 7, most: 7 },
  { heading: "Account", least: 20, most: 60 }
]

const resellers = Command.make(
  "resellers",
  { id },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    yield* printRows(
      resellerColumns,
      everyItem((cursor) =>
        api.client.imports.resellers({ params: { id }, query: { limit: rowsAtOnce, ...cursor } })
      ).pipe(
        Stream.mapError(api.explained),
        Stream.map(({ account, byHand, customers, mpnId, name }) => [
          mpnId,
          name ?? '(nobody knows; add it with "import reseller")',
          String(customers),
          byHand ? "yes" : "no",
          account?.name ?? ""
        ])
      ),
      "The hierarchy has no resellers."
    )
  })
).pipe(Command.withDescription("List the resellers of a hierarchy"))

const tenant = Argument.String("tenant").pipe(
  Argument.withDescription('The customer\'s tenant id, from "import customers"'),
  Argument.withSchema(TenantId)
)

const map = Command.make(
  "map",
  {
    id,
    tenant,
    account: Flag.String("account").pipe(
      Flag.withMetavar("ACCOUNT"),
      Flag.withDescription("The account: its id, or a text that finds it"),
      Flag.optional
    ),
    none: Flag.Boolean("none").pipe(
      Flag.withDescription("Take a mapping back"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ account, id, none, tenant }) {
    if (none === Option.isSome(account))
      return yield* new CommandFailed({
        message: "Say which account the customer is with --account, or take it back with --none."
      })
    const api = yield* connect()
    const found = Option.isSome(account) ? yield* findAccount(api, account.value) : undefined
    const mapped = yield* api.client.imports
      .map({
        params: { id, tenantId: tenant },
        query: {},
        payload: { accountId: found?.id ?? null }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      mapped.account === null
        ? `"${mapped.name}" is mapped to no account.`
        : `"${mapped.name}" will be the account "${mapped.account.name}"; import it with "concordat import run ${id} --customer ${tenant}".`
    )
  })
).pipe(Command.withDescription("Say which account of the BSS a customer is"))

const putReseller = Command.make(
  "reseller",
  {
    id,
    mpnId: Flag.String("mpn-id").pipe(
      Flag.withDescription("Required. Its Partner ID"),
      Flag.withSchema(MpnId)
    ),
    name: Flag.String("name").pipe(Flag.withDescription("Required. Its name")),
    account: Flag.String("account").pipe(
      Flag.withMetavar("ACCOUNT"),
      Flag.withDescription("Its account, where none or several have the Partner ID"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ account, id, mpnId, name }) {
    const api = yield* connect()
    const found = Option.isSome(account) ? yield* findAccount(api, account.value) : undefined
    const added = yield* api.client.imports
      .putReseller({
        params: { id, mpnId },
        query: {},
        payload: { name, ...(found === undefined ? {} : { accountId: found.id }) }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `${added.name ?? name} (${mpnId}) is a reseller of the import, with ${added.customers} customers.`
    )
  })
).pipe(Command.withDescription("Add a reseller by hand, or name one"))

const customerFlag = Flag.String("customer").pipe(
  Flag.withMetavar("TENANT"),
  Flag.withDescription("A customer, by its tenant id; may be given several times"),
  Flag.withSchema(TenantId),
  Flag.atLeast(0)
)

const assign = Command.make(
  "assign",
  {
    id,
    customer: customerFlag,
    reseller: Flag.String("reseller").pipe(
      Flag.withMetavar("MPNID"),
      Flag.withDescription('Required. The reseller, from "import resellers"; "direct": none'),
      Flag.withSchema(reseller)
    )
  },
  Effect.fnUntraced(function* ({ customer, id, reseller }) {
    if (customer.length === 0)
      return yield* new CommandFailed({ message: "Name the customers with --customer TENANT." })
    const api = yield* connect()
    const { changed } = yield* api.client.imports
      .assign({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { customers: customer, mpnId: reseller === "direct" ? null : reseller }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `${changed} of ${customer.length} customers ${reseller === "direct" ? "are direct" : `belong to the reseller ${reseller}`} now; the others did before.`
    )
  })
).pipe(Command.withDescription("Assign customers to a reseller, or to none"))

const run = Command.make(
  "run",
  {
    id,
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Every customer of the hierarchy"),
      Flag.withDefault(false)
    ),
    customer: customerFlag,
    asNew: Flag.Boolean("as-new").pipe(
      Flag.withDescription(
        "New accounts even for customers for whom existing ones are suggested; otherwise these are left out"
      ),
      Flag.withDefault(false)
    ),
    ordering: Flag.Boolean("ordering").pipe(
      Flag.withDescription("New accounts may order"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ all, asNew, customer, id, ordering }) {
    if (all === customer.length > 0)
      return yield* new CommandFailed({
        message: "Name customers with --customer TENANT, or take every one with --all."
      })
    const api = yield* connect()
    const { body: asked } = yield* api.client.imports
      .execute({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { customers: all ? "all" : customer, asNew, orderingEnabled: ordering }
      })
      .pipe(Effect.mapError(api.explained))
    const after = yield* follow(api, asked)
    yield* Console.log(summaryOf(after))
    const { failed, incomplete } = after.progress
    if (failed + incomplete > 0)
      return yield* new CommandFailed({
        message: `Not all is there; "concordat import customers ${id} --status ${failed > 0 ? "failed" : "incomplete"}" says what to do.`
      })
  })
).pipe(
  Command.withDescription(
    "Import customers: accounts below their resellers, with contact, sync options and subscriptions. What the BSS has is not touched; importing again changes nothing. Exit code: 0 = all of it is there, 1 = not."
  ),
  Command.withShortDescription("Import customers: one, several or all")
)

const summaryOf = ({ id, instance, progress, requests, subscriptionsImported }: ImportView) => {
  const left = progress.customers - progress.imported - progress.incomplete - progress.failed
  return [
    `Of ${progress.customers} customers of ${instance}, with ${requests} requests:`,
    `  ${String(progress.imported).padStart(6)}  are imported`,
    `  ${String(progress.incomplete).padStart(6)}  are imported but for some of their subscriptions`,
    `  ${String(progress.failed).padStart(6)}  could not be imported`,
    `  ${String(left).padStart(6)}  are not imported${left === 0 ? "" : `: see "concordat import customers ${id} --status new"`}`,
    `${subscriptionsImported} subscriptions and add-ons have come into the book.`
  ].join("\n")
}

const stop = Command.make(
  "stop",
  { id },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    const stopped = yield* api.client.imports
      .cancel({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`Import ${id} is ${stopped.status}; what was imported stays.`)
  })
).pipe(Command.withDescription("Stop what is under way of an import"))

const report = Command.make(
  "report",
  { id, ...filterFlags, ...reportFlags },
  Effect.fnUntraced(function* ({ format, id, output, ...filter }) {
    yield* checkReportFlags({ format, output })
    const api = yield* connect()
    if (format === "table") {
      const seen = yield* api.client.imports
        .get({ params: { id }, query: {} })
        .pipe(Effect.mapError(api.explained))
      return yield* Console.log(summaryOf(seen))
    }
    const { body } = yield* api.client.imports
      .export({ params: { id }, query: { format, ...filterOf(filter) } })
      .pipe(Effect.mapError(api.explained))
    yield* writeOutput(body, output)
  })
).pipe(Command.withDescription("Show what became of an import, or download it as a file"))

/** `concordat import …` */
export const customerImport = Command.make("import").pipe(
  Command.withDescription("Make accounts of the customers that Partner Center has already"),
  Command.withSubcommands([
    start,
    list,
    customers,
    resellers,
    map,
    assign,
    putReseller,
    run,
    stop,
    report
  ])
)
