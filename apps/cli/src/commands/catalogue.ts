import { randomUUID } from "node:crypto"
import type {
  CatalogueChangeView,
  CatalogueProductView,
  CatalogueRunView,
  ProductTypeView
} from "@concordat/contracts/catalogue"
import { CatalogueStatus } from "@concordat/core/catalogue/CatalogueProduct"
import { CatalogueRunId, hasEnded } from "@concordat/core/catalogue/CatalogueRun"
import { Family } from "@concordat/core/catalogue/Family"
import { InstanceName } from "@concordat/core/instance/Instance"
import { format } from "@concordat/core/money/Money"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { makeStatusLine, progressBar } from "../Progress.ts"
import { everyItem, limitFlag } from "../pages.ts"
import { printRows, rowsAtOnce } from "../printRows.ts"
import { canRedraw, mayColour, screenWidth } from "../Screen.ts"
import { type Column, table } from "../Table.ts"
import { pricesheet } from "./pricesheet.ts"

const instance = Flag.String("instance").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription('Required. The Partner Center account, from "instance list"'),
  Flag.withSchema(InstanceName)
)
const maybeInstance = instance.pipe(
  Flag.withDescription("Only of this Partner Center account"),
  Flag.optional
)

const filterFlags = {
  family: Flag.Literals("family", Family.literals).pipe(
    Flag.withDescription("Only products of this family"),
    Flag.optional
  ),
  status: Flag.Literals("status", CatalogueStatus.literals).pipe(
    Flag.withDescription("Only products of this Catalog Status"),
    Flag.optional
  ),
  q: Flag.String("q").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Part of the name, the code or the offer"),
    Flag.optional
  )
}

interface Filter {
  readonly family: Option.Option<Family>
  readonly status: Option.Option<CatalogueStatus>
  readonly q: Option.Option<string>
}

/** What was given; what was not is left out. */
const filterOf = ({ family, q, status }: Filter) => ({
  ...(Option.isSome(family) ? { family: family.value } : {}),
  ...(Option.isSome(status) ? { status: status.value } : {}),
  ...(Option.isSome(q) ? { q: q.value } : {})
})

const update = Command.make(
  "update",
  { instance },
  Effect.fnUntraced(function* ({ instance }) {
    const api = yield* connect()
    const { body: started } = yield* api.client.catalogueRuns
      .request({ headers: { "idempotency-key": randomUUID() }, query: {}, payload: { instance } })
      .pipe(Effect.mapError(api.explained))
    const run = yield* follow(api, started)
    yield* Console.log(summaryOf(run))
    if (run.status !== "completed") return yield* new CommandFailed({ message: shortcomingOf(run) })
  })
).pipe(
  Command.withDescription(
    "Read what Partner Center sells (Get Services Definitions): new products come in unpublished at 0.00, changed and discontinued ones are marked. Prices, codes and what is published stay. A run that is under way already is followed. Exit code: 0 = all of it was read, 1 = not."
  ),
  Command.withShortDescription("Read what Partner Center sells")
)

/** Asks until the run has ended: a bar on a terminal, the lines of the log in a pipe. */
const follow = (api: Api, started: CatalogueRunView) => {
  const line = makeStatusLine()
  const params = { id: started.id }
  let cursor: { readonly cursor?: string } = {}
  let told = 0
  const lost = (error: CommandFailed) =>
    new CommandFailed({
      message: `${error.message}\nCatalogue run ${started.id} may go on; see "concordat catalogue runs".`
    })
  const tell = Effect.fnUntraced(function* () {
    for (;;) {
      const page = yield* api.client.catalogueRuns.log({
        params,
        query: { limit: linesAtOnce, ...cursor }
      })
      for (const { level, text } of page.items.slice(told))
        yield* Console.error(level === "info" ? text : `${level}: ${text}`)
      told = page.items.length
      if (page.next === null) return
      cursor = { cursor: page.next }
      told = 0
    }
  })
  return Effect.gen(function* () {
    let run = started
    for (let asked = 0; !hasEnded(run.status); asked++) {
      yield* canRedraw() ? line.show(progressOf(run)) : tell()
      yield* Effect.sleep(asked < 10 ? "100 millis" : "1 second")
      run = yield* api.client.catalogueRuns.get({ params, query: {} })
    }
    if (!canRedraw()) yield* tell()
    return run
  }).pipe(
    Effect.mapError((error) => lost(api.explained(error))),
    Effect.ensuring(line.clear),
    Effect.onInterrupt(() =>
      api.client.catalogueRuns.cancel({ params, query: {} }).pipe(
        Effect.timeout("5 seconds"),
        Effect.matchEffect({
          onSuccess: () => Console.error(`Catalogue run ${started.id} is cancelled.`),
          onFailure: () => Console.error(`Catalogue run ${started.id} goes on.`)
        })
      )
    )
  )
}

/** Of a log that still grows, the last page is asked for again: what of it has been told is left out. */
const linesAtOnce = 100

const progressOf = ({ instance, progress, status }: CatalogueRunView): string => {
  const { failed, parts, read } = progress
  const done = read + failed
  const parted = parts === 0 ? "" : ` ${done}/${parts} parts`
  const lost = failed === 0 ? "" : `, ${failed} not read`
  return `${instance} ${progressBar(done, parts, mayColour())}${parted}${lost}  ${status === "queued" ? "waiting" : "asking Partner Center"}`
}

const summaryOf = ({ counts, instance, problem, requests, status }: CatalogueRunView): string => {
  if (status === "failed" || status === "cancelled")
    return `The catalogue of ${instance} is as it was${problem === null ? "." : `: ${problem}`}`
  if (counts.new + counts.changed + counts.discontinued === 0)
    return `Nothing new for ${instance}; ${counts.unchanged} products as before, ${requests} requests.`
  return [
    `The catalogue of ${instance}, with ${requests} requests:`,
    `  ${String(counts.new).padStart(6)}  new, unpublished at 0.00`,
    `  ${String(counts.changed).padStart(6)}  changed`,
    `  ${String(counts.discontinued).padStart(6)}  discontinued`,
    `  ${String(counts.unchanged).padStart(6)}  as before`
  ].join("\n")
}

const shortcomingOf = ({ id, problem, status }: CatalogueRunView): string => {
  if (status === "incomplete")
    return `Not all of it could be read, and what is missing was left as it was: ${problem ?? ""}\nRun it again.`
  return `Catalogue run ${id} ${status === "failed" ? "failed" : "was cancelled"}.`
}

const runColumns: ReadonlyArray<Column> = [
  { heading: "Run", least: 36, most: 36 },
  { heading: "Instance", least: 8, most: 24 },
  { heading: "Asked for", least: 16, most: 16 },
  { heading: "Status", least: 10, most: 10 },
  { heading: "New", least: 4, most: 6, align: "right" },
  { heading: "Changed", least: 7, most: 7, align: "right" },
  { heading: "Discontinued", least: 12, most: 12, align: "right" },
  { heading: "Requests", least: 8, most: 8, align: "right" }
]

const minuteOf = (at: Parameters<typeof toIso>[0]): string =>
  toIso(at).slice(0, 16).replace("T", " ")

const runs = Command.make(
  "runs",
  {
    instance: maybeInstance,
    limit: limitFlag(20)
  },
  Effect.fnUntraced(function* ({ instance, limit }) {
    const api = yield* connect()
    const { items } = yield* api.client.catalogueRuns
      .list({ query: { limit, ...(Option.isSome(instance) ? { instance: instance.value } : {}) } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      items.length === 0
        ? 'No catalogue has been read; read one with "concordat catalogue update".'
        : table(
            runColumns,
            items.map((run) => [
              run.id,
              run.instance,
              minuteOf(run.createdAt),
              run.status,
              String(run.counts.new),
              String(run.counts.changed),
              String(run.counts.discontinued),
              String(run.requests)
            ]),
            screenWidth()
          )
    )
  })
).pipe(Command.withDescription("List catalogue runs, newest first"))

const changeColumns: ReadonlyArray<Column> = [
  { heading: "Status", least: 8, most: 12 },
  { heading: "Offer", least: 17, most: 36 },
  { heading: "Product", least: 16, most: 60 },
  { heading: "What changed", least: 20, most: 100 }
]

const valueText = (value: CatalogueChangeView["fields"][number]["before"]): string =>
  value === null
    ? "nothing"
    : typeof value === "object"
      ? value.join(", ") || "none"
      : String(value)

const changeCells = ({ fields, name, offer, status }: CatalogueChangeView) => [
  status,
  offer,
  name,
  fields
    .map(({ after, before, field }) => `${field}: ${valueText(before)} → ${valueText(after)}`)
    .join("; ")
]

const changes = Command.make(
  "changes",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription('The run\'s id, from "catalogue runs"'),
      Argument.withSchema(CatalogueRunId)
    ),
    status: Flag.Literals("status", ["new", "changed", "discontinued"]).pipe(
      Flag.withDescription("Only these"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ id, status }) {
    const api = yield* connect()
    const run = yield* api.client.catalogueRuns
      .get({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    if (!hasEnded(run.status))
      return yield* new CommandFailed({
        message: `Catalogue run ${id} is ${run.status}; it says what changed when it has ended.`
      })
    yield* printRows(
      changeColumns,
      everyItem((cursor) =>
        api.client.catalogueRuns.changes({
          params: { id },
          query: {
            limit: rowsAtOnce,
            ...(Option.isSome(status) ? { status: status.value } : {}),
            ...cursor
          }
        })
      ).pipe(Stream.mapError(api.explained), Stream.map(changeCells)),
      "Nothing of that kind."
    )
  })
).pipe(Command.withDescription("Show what a run found new, changed and discontinued"))

const productColumns: ReadonlyArray<Column> = [
  { heading: "Offer", least: 17, most: 36 },
  { heading: "Product", least: 16, most: 60 },
  { heading: "Family", least: 8, most: 23 },
  { heading: "Status", least: 6, most: 12 },
  { heading: "Published", least: 9, most: 9 },
  { heading: "Sell price", least: 10, most: 18, align: "right" }
]

const productCells = (product: CatalogueProductView) => [
  product.offer,
  product.name,
  product.family,
  product.status === "none" && product.discontinuedAt !== null ? "(discontinued)" : product.status,
  product.published ? "yes" : "no",
  `${format(product.sellPrice)} ${product.sellPrice.currency}`
]

const products = Command.make(
  "products",
  { instance, ...filterFlags },
  Effect.fnUntraced(function* ({ instance, ...filter }) {
    const api = yield* connect()
    yield* printRows(
      productColumns,
      everyItem((cursor) =>
        api.client.catalogueProducts.list({
          query: { instance, limit: rowsAtOnce, ...filterOf(filter), ...cursor }
        })
      ).pipe(Stream.mapError(api.explained), Stream.map(productCells)),
      'There is no such product; read the catalogue with "concordat catalogue update".'
    )
  })
).pipe(Command.withDescription("List the products of a Partner Center account, by name"))

const typeColumns: ReadonlyArray<Column> = [
  { heading: "Product type", least: 20, most: 70 },
  { heading: "Code", least: 12, most: 34 },
  { heading: "Most seats", least: 10, most: 10, align: "right" },
  { heading: "One active", least: 10, most: 10 },
  { heading: "Cancels by itself", least: 17, most: 24 },
  { heading: "Refund", least: 6, most: 6 }
]

const typeCells = (type: ProductTypeView) => [
  type.name,
  type.code,
  type.quantityLimit === null ? "unlimited" : String(type.quantityLimit),
  type.singleActive ? "yes" : "no",
  [
    ...(type.cancelSubscriptions ? ["subscriptions"] : []),
    ...(type.cancelAddons ? ["add-ons"] : [])
  ].join(", ") || "nothing",
  type.refund
]

const types = Command.make(
  "types",
  { instance: maybeInstance },
  Effect.fnUntraced(function* ({ instance }) {
    const api = yield* connect()
    yield* printRows(
      typeColumns,
      everyItem((cursor) =>
        api.client.productTypes.list({
          query: { ...(Option.isSome(instance) ? { instance: instance.value } : {}), ...cursor }
        })
      ).pipe(Stream.mapError(api.explained), Stream.map(typeCells)),
      'There is no product type; the first "concordat catalogue update" makes them.'
    )
  })
).pipe(Command.withDescription("List the product types and their policies"))

/** `concordat catalogue publish|unpublish|acknowledge`: all products that fit. */
const bulk = (action: "publish" | "unpublish" | "acknowledge", description: string) =>
  Command.make(
    action,
    {
      instance,
      ...filterFlags,
      dryRun: Flag.Boolean("dry-run").pipe(
        Flag.withDescription("Only say how many it would be"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ dryRun, instance, ...filter }) {
      const api = yield* connect()
      const done = yield* api.client.catalogueProducts
        .change({
          headers: { "idempotency-key": randomUUID() },
          query: { dryRun },
          payload: { instance, action, ...filterOf(filter) }
        })
        .pipe(Effect.mapError(api.explained))
      yield* Console.log(
        `${done.matched} products fit; ${done.changed} ${dryRun ? "would be" : "were"} ${doneTo[action]}.`
      )
    })
  ).pipe(Command.withDescription(description))

const doneTo = { publish: "published", unpublish: "unpublished", acknowledge: "acknowledged" }

/** `concordat catalogue …` */
export const catalogue = Command.make("catalogue").pipe(
  Command.withDescription("What Partner Center sells, and what we make of it"),
  Command.withSubcommands([
    update,
    runs,
    changes,
    products,
    types,
    pricesheet,
    bulk("publish", "Put all products that fit up for sale"),
    bulk("unpublish", "Take all products that fit from sale"),
    bulk("acknowledge", "Mark what the catalogue runs said of all products that fit as seen to")
  ])
)
