import { randomUUID } from "node:crypto"
import { PriceEntriesInvalid } from "@concordat/contracts/Problem"
import {
  entriesMax,
  type PriceEntriesChange,
  type PriceEntryView,
  type PriceListView
} from "@concordat/contracts/pricelists"
import type { PriceProtectionOutcome } from "@concordat/contracts/subscriptions"
import { readInstant } from "@concordat/core/book/cells"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Currency, format } from "@concordat/core/money/Money"
import { readEntryLines, writeEntryLines } from "@concordat/core/price/entryLines"
import type { PriceEntry } from "@concordat/core/price/PriceEntry"
import type { PriceGroupId } from "@concordat/core/price/PriceGroup"
import { Market, PriceListId } from "@concordat/core/price/PriceList"
import { protectionMonthsMax } from "@concordat/core/price/Protection"
import { OfferId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { type Instant, toIso } from "@concordat/core/time/Instant"
import { BigDecimal, Console, Effect, Option, Result, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { readInput } from "../Input.ts"
import { writeOutput } from "../Output.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { findAccount } from "./account.ts"

const listArgument = Argument.String("list").pipe(
  Argument.withMetavar("LIST"),
  Argument.withDescription("The price list: its id, or its name")
)
const accountFlag = (description: string) =>
  Flag.String("account").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription(description),
    Flag.optional
  )

/** The one list that an id or a name means, with its ETag. */
const findList = Effect.fnUntraced(function* (api: Api, text: string) {
  const id = Schema.decodeOption(PriceListId)(text)
  const found = Option.isSome(id)
    ? id.value
    : (yield* api.client.pricelists
        .list({ query: { q: text, limit: 100 } })
        .pipe(Effect.mapError(api.explained))).items.find(
        ({ name }) => name.toLowerCase() === text.toLowerCase()
      )?.id
  if (found === undefined)
    return yield* new CommandFailed({
      message: `There is no price list "${text}"; "concordat pricelist list" names them.`
    })
  const { body, headers } = yield* api.client.pricelists
    .get({ params: { id: found }, query: {} })
    .pipe(Effect.mapError(api.explained))
  return { list: body, etag: headers.etag }
})

const columns: ReadonlyArray<Column> = [
  { heading: "Name", least: 10, most: 40 },
  { heading: "Instance", least: 8, most: 24 },
  { heading: "", least: 3, most: 3 },
  { heading: "From", least: 10, most: 10 },
  { heading: "Until", least: 10, most: 10 },
  { heading: "", least: 8, most: 8 },
  { heading: "ID", least: 36, most: 36 }
]
const dayOf = (at: Instant | null) => (at === null ? "" : toIso(at).slice(0, 10))
const cellsOf = (list: PriceListView): ReadonlyArray<string> => [
  list.name,
  list.instance,
  list.currency,
  dayOf(list.validFrom),
  dayOf(list.validTo),
  list.active ? "" : "inactive",
  list.id
]

const list = Command.make(
  "list",
  {
    instance: Flag.String("instance").pipe(
      Flag.withDescription("Only those of this instance"),
      Flag.withSchema(InstanceName),
      Flag.optional
    ),
    account: accountFlag("Only those that this account is assigned: an id, or a part of its name")
  },
  Effect.fnUntraced(function* ({ instance, account }) {
    const api = yield* connect()
    const accountId = Option.isSome(account)
      ? { account: (yield* findAccount(api, account.value)).id }
      : {}
    const query = { ...accountId, ...(Option.isSome(instance) ? { instance: instance.value } : {}) }
    const items = yield* everyItem((cursor) =>
      api.client.pricelists.list({ query: { ...query, ...cursor, limit: 500 } })
    ).pipe(Stream.runCollect, Effect.mapError(api.explained))
    yield* Console.log(
      items.length === 0
        ? 'There is no such price list; make one with "concordat pricelist create".'
        : table(columns, items.map(cellsOf), screenWidth())
    )
  })
).pipe(Command.withDescription("List price lists, by name"))

const entryColumns: ReadonlyArray<Column> = [
  { heading: "Of", least: 12, most: 60 },
  { heading: "Term", least: 5, most: 5 },
  { heading: "Billed", least: 8, most: 10 },
  { heading: "Rule", least: 8, most: 8 },
  { heading: "Value", least: 6, most: 24, align: "right" }
]

const everyEntry = (api: Api, id: PriceListId) =>
  everyItem((cursor) =>
    api.client.pricelists.entries({ params: { id }, query: { ...cursor, limit: 500 } })
  )

/** The groups of an instance, by id. */
const groupNames = Effect.fnUntraced(function* (api: Api, instance: InstanceName) {
  const groups = yield* everyItem((cursor) =>
    api.client.pricegroups.list({ query: { instance, ...cursor, limit: 500 } })
  ).pipe(Stream.runCollect, Effect.mapError(api.explained))
  return new Map<PriceGroupId, string>(groups.map(({ id, name }) => [id, name]))
})

const subjectOf = (
  { subject }: PriceEntryView,
  names: ReadonlyMap<PriceGroupId, string>
): string => {
  switch (subject.kind) {
    case "product":
      return subject.offer
    case "group":
      return `group ${names.get(subject.groupId) ?? subject.groupId}`
    case "all":
      return "every product"
  }
}

const shownMax = 200

const show = Command.make(
  "show",
  { text: listArgument },
  Effect.fnUntraced(function* ({ text }) {
    const api = yield* connect()
    const { list: found } = yield* findList(api, text)
    const names = yield* groupNames(api, found.instance)
    const entries = yield* everyEntry(api, found.id).pipe(
      Stream.take(shownMax + 1),
      Stream.runCollect,
      Effect.mapError(api.explained)
    )
    const accounts = yield* api.client.pricelists
      .accounts({ params: { id: found.id }, query: { limit: 50 } })
      .pipe(Effect.mapError(api.explained))
    const rows = entries
      .slice(0, shownMax)
      .map((entry) => [
        subjectOf(entry, names),
        entry.term ?? "every",
        entry.billingCycle ?? "every",
        entry.rule.kind,
        `${BigDecimal.format(entry.rule.value)}${entry.rule.kind === "fixed" ? "" : " %"}`
      ])
    yield* Console.log(
      [
        table(columns, [cellsOf(found)], screenWidth()),
        "",
        rows.length === 0
          ? 'It has no entries; "concordat pricelist set" or "import" gives it some.'
          : table(entryColumns, rows, screenWidth()),
        "",
        accounts.items.length === 0
          ? 'Nobody buys by it; "concordat pricelist assign" lets an account.'
          : `Assigned to: ${accounts.items.map(({ code, name }) => printable(`${name} (${code})`)).join(", ")}${accounts.next === null ? "" : ", …"}`
      ].join("\n")
    )
    if (entries.length > shownMax)
      yield* Console.error(
        `The first ${shownMax} entries are shown; "concordat pricelist export" writes all of them.`
      )
  })
).pipe(Command.withDescription("Show a price list: its entries, and who buys by it"))

const instantFlag = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("DATE"), Flag.withDescription(description), Flag.optional)

const instantOf = (flag: string, given: Option.Option<string>) => {
  if (Option.isNone(given)) return Effect.undefined
  const read = readInstant(given.value)
  return Result.isSuccess(read)
    ? Effect.succeed(read.success)
    : Effect.fail(new CommandFailed({ message: `--${flag}: ${read.failure}` }))
}

const create = Command.make(
  "create",
  {
    name: Flag.String("name").pipe(Flag.withDescription("Required. Its name, unique")),
    instance: Flag.String("instance").pipe(
      Flag.withDescription("Required. The instance whose products it sells"),
      Flag.withSchema(InstanceName)
    ),
    currency: Flag.String("currency").pipe(
      Flag.withDescription("Required. ISO 4217, such as EUR"),
      Flag.withSchema(Currency)
    ),
    market: Flag.String("market").pipe(
      Flag.withDescription("The country whose price sheets say what products cost, such as DE"),
      Flag.withSchema(Market),
      Flag.optional
    ),
    from: instantFlag("from", "When it begins, UTC; now when absent"),
    until: instantFlag("until", "When it ends, UTC; never when absent"),
    description: Flag.String("description").pipe(
      Flag.withDescription("What it is for"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* (flags) {
    const [validFrom, validTo] = [
      yield* instantOf("from", flags.from),
      yield* instantOf("until", flags.until)
    ]
    const api = yield* connect()
    const { body } = yield* api.client.pricelists
      .make({
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: {
          name: flags.name,
          instance: flags.instance,
          currency: flags.currency,
          ...(validFrom === undefined ? {} : { validFrom }),
          ...(validTo === undefined ? {} : { validTo }),
          ...Option.match(flags.market, { onNone: () => ({}), onSome: (market) => ({ market }) }),
          ...Option.match(flags.description, {
            onNone: () => ({}),
            onSome: (description) => ({ description })
          })
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `Price list ${body.name} (${body.id}) is made, without entries.\nNext: concordat pricelist set or import, then concordat pricelist assign.`
    )
  })
).pipe(Command.withDescription("Make a price list, without entries"))

const set = Command.make(
  "set",
  {
    text: listArgument,
    of: Flag.String("of").pipe(
      Flag.withMetavar("SUBJECT"),
      Flag.withDescription("Required. An offer, group:NAME, or all")
    ),
    term: Flag.String("term").pipe(
      Flag.withDescription("P1M, P1Y or P3Y; every one when absent"),
      Flag.withDefault("")
    ),
    billed: Flag.String("billed").pipe(
      Flag.withDescription("monthly, annual, triennial, one_time; every one when absent"),
      Flag.withDefault("")
    ),
    rule: Flag.Literals("rule", ["fixed", "margin", "markup", "discount", "none"]).pipe(
      Flag.withDescription(
        "Required. How the price comes about: an amount, or a percentage; none takes the entry out"
      )
    ),
    value: Flag.String("value").pipe(
      Flag.withDescription("The amount or percentage, such as 12.50"),
      Flag.withDefault("")
    )
  },
  Effect.fnUntraced(function* ({ text, of, term, billed, rule, value }) {
    const api = yield* connect()
    const { list: found, etag } = yield* findList(api, text)
    // The words of a file's line mean the same here.
    const given = [of, term, billed, ...(rule === "none" ? ["fixed", "0"] : [rule, value])]
    const line = given.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")
    const { entries, problems } = readEntryLines(
      `subject,term,billing_cycle,rule,value\n${line}`,
      byLowerCaseName(yield* groupNames(api, found.instance))
    )
    const [problem] = problems
    if (problem !== undefined) return yield* new CommandFailed({ message: problem.text })
    const sent = entries.map(({ entry }) => entry)
    const { body } = yield* api.client.pricelists
      .changeEntries({
        params: { id: found.id },
        headers: { "if-match": etag },
        query: {},
        payload: rule === "none" ? { remove: sent } : { put: sent }
      })
      .pipe(
        Effect.mapError((error) =>
          error instanceof PriceEntriesInvalid
            ? new CommandFailed({ message: error.problems.map((p) => p.text).join("\n") })
            : api.explained(error)
        )
      )
    yield* Console.log(changesOf(found.name, body))
  })
).pipe(Command.withDescription("Add, replace or take out one entry of a price list"))

const byLowerCaseName = (names: ReadonlyMap<PriceGroupId, string>) =>
  new Map([...names].map(([id, name]) => [name.toLowerCase(), id]))

const changesOf = (name: string, changes: typeof PriceEntriesChange.Type): string => {
  const { added, changed, removed, unchanged } = changes
  return `${name}: ${added} entries added, ${changed} changed, ${removed} taken out, ${unchanged} as before.`
}

const buyerFlag = Flag.String("account").pipe(
  Flag.withMetavar("TEXT"),
  Flag.withDescription("Required. The account: its id, code, domain, or a part of its name")
)

const assign = Command.make(
  "assign",
  { text: listArgument, account: buyerFlag },
  Effect.fnUntraced(function* ({ text, account }) {
    const api = yield* connect()
    const { list: found } = yield* findList(api, text)
    const buyer = yield* findAccount(api, account)
    yield* api.client.pricelists
      .assign({ params: { id: found.id, accountId: buyer.id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`${buyer.name} (${buyer.code}) buys by ${found.name}.`)
  })
).pipe(
  Command.withDescription(
    "Let an account buy by a price list, with everybody below it who is assigned none of that instance"
  )
)

const unassign = Command.make(
  "unassign",
  { text: listArgument, account: buyerFlag },
  Effect.fnUntraced(function* ({ text, account }) {
    const api = yield* connect()
    const { list: found } = yield* findList(api, text)
    const buyer = yield* findAccount(api, account)
    yield* api.client.pricelists
      .unassign({ params: { id: found.id, accountId: buyer.id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`${buyer.name} (${buyer.code}) does not buy by ${found.name} any more.`)
  })
).pipe(Command.withDescription("Take a price list back from an account"))

const previewColumns: ReadonlyArray<Column> = [
  { heading: "Product", least: 12, most: 40 },
  { heading: "Offer", least: 17, most: 36 },
  { heading: "Term", least: 4, most: 4 },
  { heading: "Billed", least: 8, most: 9 },
  { heading: "Price", least: 10, most: 18, align: "right" },
  { heading: "Why", least: 12, most: 90 }
]

const preview = Command.make(
  "preview",
  {
    text: listArgument,
    account: accountFlag("As this account sees it: an id, or a part of its name"),
    search: Flag.String("search").pipe(
      Flag.withDescription("Only products with this in their name or offer"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ text, account, search }) {
    const api = yield* connect()
    const { list: found } = yield* findList(api, text)
    const query = {
      ...(Option.isSome(account) ? { account: (yield* findAccount(api, account.value)).id } : {}),
      ...(Option.isSome(search) ? { q: search.value } : {})
    }
    const { items, next } = yield* api.client.pricelists
      .preview({ params: { id: found.id }, query: { ...query, limit: shownMax } })
      .pipe(Effect.mapError(api.explained))
    const rows = items.flatMap(({ name, offer, plans }) =>
      plans.map((plan) => [
        name,
        offer,
        plan.term ?? "",
        plan.billingCycle,
        plan.price === null ? "" : `${format(plan.price)} ${plan.price.currency}`,
        plan.hiddenBecause ?? plan.explanation
      ])
    )
    yield* Console.log(
      rows.length === 0 ? "No product matches." : table(previewColumns, rows, screenWidth())
    )
    if (next !== null)
      yield* Console.error(
        `There are more; --search finds them. The first ${items.length} are shown.`
      )
  })
).pipe(Command.withDescription("Preview a price list: every product, its prices, and why"))

const protectColumns: ReadonlyArray<Column> = [
  { heading: "Subscription", least: 12, most: 30 },
  { heading: "Account", least: 10, most: 30 },
  { heading: "Offer", least: 17, most: 36 },
  { heading: "Price", least: 10, most: 18, align: "right" },
  { heading: "Billed", least: 8, most: 9 },
  { heading: "Until", least: 10, most: 10 },
  { heading: "Why not", least: 8, most: 90 }
]

const protectCells = (told: PriceProtectionOutcome): ReadonlyArray<string> => {
  const { protection } = told
  return [
    told.reference,
    told.account,
    told.offer,
    protection === null ? "" : `${format(protection.price)} ${protection.price.currency}`,
    protection === null ? "" : protection.billingCycle,
    dayOf(protection?.validTo ?? null),
    told.reason ?? ""
  ]
}

const protect = Command.make(
  "protect",
  {
    instance: Flag.String("instance").pipe(
      Flag.withDescription("Required. The instance whose subscriptions they are"),
      Flag.withSchema(InstanceName)
    ),
    subscriptions: Flag.String("subscription").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("This subscription and its active add-ons; may be given several times"),
      Flag.atLeast(0)
    ),
    account: accountFlag("Those of this account and of everybody below it"),
    product: Flag.String("product").pipe(
      Flag.withMetavar("OFFER"),
      Flag.withDescription("Those of this product, and their active add-ons"),
      Flag.withSchema(OfferId),
      Flag.optional
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Every subscription of the instance"),
      Flag.withDefault(false)
    ),
    months: Flag.Int("months").pipe(
      Flag.withDescription(
        `For so many months, 1 to ${protectionMonthsMax}, instead of those of each product`
      ),
      Flag.withSchema(
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: protectionMonthsMax }))
      ),
      Flag.optional
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withDescription("Protect them; without it nothing is kept"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ instance, subscriptions, account, product, all, months, yes }) {
    const given = [
      subscriptions.length > 0,
      Option.isSome(account),
      Option.isSome(product),
      all
    ].filter((is) => is).length
    if (given !== 1)
      return yield* new CommandFailed({
        message: "Say which subscriptions: one of --subscription, --account, --product and --all."
      })
    const api = yield* connect()
    const scope = Option.isSome(account)
      ? { kind: "account" as const, id: (yield* findAccount(api, account.value)).id }
      : Option.isSome(product)
        ? { kind: "product" as const, offer: product.value }
        : all
          ? { kind: "all" as const }
          : { kind: "subscriptions" as const, ids: yield* subscriptionIds(subscriptions) }
    const shown: Array<PriceProtectionOutcome> = []
    const totals = { protected: 0, protectedAlready: 0, refused: 0 }
    yield* everyItem((cursor) =>
      api.client.subscriptions
        .protectPrices({
          headers: { "idempotency-key": randomUUID() },
          query: {},
          payload: {
            instance,
            scope,
            dryRun: !yes,
            ...Option.match(months, { onNone: () => ({}), onSome: (value) => ({ months: value }) }),
            ...cursor
          }
        })
        .pipe(
          Effect.tap(({ summary }) =>
            Effect.sync(() => {
              totals.protected += summary.protected
              totals.protectedAlready += summary.protectedAlready
              totals.refused += summary.refused
            })
          )
        )
    ).pipe(
      Stream.runForEach((told) =>
        Effect.sync(() => {
          if (shown.length < shownMax) shown.push(told)
        })
      ),
      Effect.mapError(api.explained)
    )
    const count = totals.protected + totals.protectedAlready + totals.refused
    if (count === 0)
      return yield* new CommandFailed({ message: "There is no such subscription in the book." })
    yield* Console.log(
      [
        table(protectColumns, shown.map(protectCells), screenWidth()),
        "",
        `${totals.protected} ${yes ? "protected" : "would be protected"}, ${totals.protectedAlready} protected already, ${totals.refused} not.`
      ].join("\n")
    )
    if (count > shown.length)
      yield* Console.error(`The first ${shown.length} of ${count} subscriptions are shown.`)
    if (!yes && totals.protected > 0)
      yield* Console.error("Nothing was kept: add --yes to protect them.")
  })
).pipe(
  Command.withDescription(
    "Let subscriptions keep the price that their account's lists give them now; a dry run without --yes"
  )
)

const subscriptionIds = (given: ReadonlyArray<string>) =>
  Effect.forEach(given, (text) => {
    const id = Schema.decodeOption(SubscriptionId)(text)
    return Option.isSome(id)
      ? Effect.succeed(id.value)
      : Effect.fail(
          new CommandFailed({
            message: `--subscription: "${text}" is no id of a subscription; the JSON report of a reconciliation names them.`
          })
        )
  })

const exportList = Command.make(
  "export",
  {
    text: listArgument,
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE.csv"),
      Flag.withDescription("Write it to this file instead of standard output"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ text, output }) {
    const api = yield* connect()
    const { list: found } = yield* findList(api, text)
    const names = yield* groupNames(api, found.instance)
    const entries = yield* everyEntry(api, found.id).pipe(
      Stream.runCollect,
      Effect.mapError(api.explained)
    )
    const bytes = new TextEncoder().encode(writeEntryLines(entries, names))
    yield* writeOutput(Stream.make(bytes), output)
  })
).pipe(Command.withDescription("Write the entries of a price list as CSV"))

const importList = Command.make(
  "import",
  {
    text: listArgument,
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE.csv"),
      Argument.withDescription('The entries, in the columns of "pricelist export"')
    )
  },
  Effect.fnUntraced(function* ({ text, file }) {
    const csv = yield* readFile(file)
    const api = yield* connect()
    const { list: found, etag } = yield* findList(api, text)
    const { entries, problems } = readEntryLines(
      csv,
      byLowerCaseName(yield* groupNames(api, found.instance))
    )
    if (problems.length > 0) return yield* refusal(file, problems)
    if (entries.length > entriesMax)
      return yield* new CommandFailed({
        message: `${file} has ${entries.length} entries; a price list takes ${entriesMax} at once. Use price groups.`
      })
    const { body } = yield* api.client.pricelists
      .replaceEntries({
        params: { id: found.id },
        headers: { "if-match": etag },
        query: {},
        payload: { entries: entries.map(({ entry }): PriceEntry => entry) }
      })
      .pipe(
        Effect.catchIf(
          (error) => error instanceof PriceEntriesInvalid,
          (error) =>
            refusal(
              file,
              error.problems.map((problem) => ({
                line: entries[problem.index]?.line ?? 0,
                column: "subject",
                text: problem.text
              }))
            )
        ),
        Effect.mapError((error) => (error instanceof CommandFailed ? error : api.explained(error)))
      )
    yield* Console.log(changesOf(found.name, body))
  })
).pipe(
  Command.withDescription(
    "Make a price list say exactly what a CSV file says: all of it, or nothing. Every bad line is named with its column."
  )
)

const fileBytesMax = 8 * 1024 * 1024

const readFile = (file: string) =>
  readInput(
    file,
    fileBytesMax,
    `is larger than ${fileBytesMax / 1024 / 1024} MiB; that is no list of ${entriesMax} entries.`
  ).pipe(Effect.map((bytes) => new TextDecoder().decode(bytes)))

const problemsMax = 100

/** As compilers print it, so that editors find the line. */
const refusal = (
  file: string,
  problems: ReadonlyArray<{
    readonly line: number
    readonly column: string | null
    readonly text: string
  }>
) =>
  Effect.fail(
    new CommandFailed({
      message: [
        `${file} was not imported: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}.`,
        ...problems
          .slice(0, problemsMax)
          .map(({ line, column, text }) =>
            printable(
              `${file}${line === 0 ? "" : `:${line}`}: ${column === null ? "" : `${column}: `}${text}`
            )
          ),
        ...(problems.length > problemsMax ? [`… and ${problems.length - problemsMax} more.`] : [])
      ].join("\n")
    })
  )

/** `concordat pricelist …` */
export const pricelist = Command.make("pricelist").pipe(
  Command.withDescription("What accounts may buy, and at what price"),
  Command.withSubcommands([
    list,
    show,
    create,
    set,
    assign,
    unassign,
    preview,
    protect,
    exportList,
    importList
  ])
)
