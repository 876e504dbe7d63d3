import { fork } from "node:child_process"
import { once } from "node:events"
import { Agent, get } from "node:http"
import { join, resolve } from "node:path"
import { Database } from "@concordat/adapter-postgres/Database"
import { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Currency, money } from "@concordat/core/money/Money"
import type { PriceEntry } from "@concordat/core/price/PriceEntry"
import { PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { serve } from "@hono/node-server"
import { BigDecimal, Effect, Logger, Redacted, Schema } from "effect"
import { Hono } from "hono"
import { sql } from "kysely"
import pg from "pg"
import { instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { medianOf, print } from "./measure.ts"
import { benchDatabase, storage } from "./system.ts"

/**
 * A storefront's page: 50 of 5,000 products with 3 prices each, priced for the caller by a list with an entry for
 * every product; against a bare Hono route that answers bodies of the same size from one indexed query, without
 * knowing who asks. Both in processes of their own on the same Postgres, in turns, asked by the same 20 connections.
 */
const products = Number(process.env["BENCH_PRODUCTS"] ?? 5_000)
const pageSize = 50
const rounds = 5
const roundMs = 3_000
const connections = 20

const eur = Currency.make("EUR")
const offerOf = (n: number) => OfferId.make(`CFQ7TTC${String(n).padStart(5, "0")}:0001`)
const plans = [
  { term: "P1M", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "annual" }
] as const

const prepared = Effect.gen(function* () {
  const account = {
    name: "bench",
    cspStatus: "indirect" as const,
    tenantId: crypto.randomUUID(),
    domain: "bench.example",
    appId: crypto.randomUUID(),
    clientSecret: Redacted.make("none"),
    mpnId: "1",
    currency: "EUR",
    customers: 0,
    resellers: [],
    loginUrl: "http://localhost:1",
    apiUrl: "http://localhost:1"
  }
  const cause = { actor: "bench", correlationId: "" }
  const instance = instanceOf(account, InstanceId.make(crypto.randomUUID()), 500)
  yield* (yield* Instances).add(
    instance,
    { primary: account.clientSecret, sandbox: null },
    { ...cause, reason: undefined }
  )
  yield* (yield* Catalogue).put(
    instance.id,
    Array.from({ length: products }, (_, n) => ({
      offer: offerOf(n),
      name: `Microsoft 365 Something ${n % 97} (Plan ${n})`,
      isTrial: false,
      isAddon: false,
      singleActive: false,
      prices: plans.map((plan) => ({ ...plan, price: money("10", eur) }))
    }))
  )
  yield* Database.use(({ run }) =>
    run("costs", (db) =>
      sql`update product set purchase_amount = 10 + ordinal / 100.0, purchase_currency = 'EUR',
        description = 'What a product of this kind is good for, in a sentence of a usual length.'
        from (select offer, row_number() over (order by offer) as ordinal from product) numbered
        where numbered.offer = product.offer`.execute(db)
    )
  )
  yield* (yield* Book).apply(
    instance.id,
    [
      {
        line: 2,
        account: { code: "C-1", name: "Customer" },
        reseller: { code: "R-1", name: "Reseller", mpnId: null },
        tenantId: TenantId.make(crypto.randomUUID()),
        tenantDomain: null,
        reference: "S-1",
        parentReference: null,
        microsoftId: null,
        name: "Subscription",
        terms: {
          offer: offerOf(0),
          quantity: 1,
          status: "active",
          billingCycle: undefined,
          term: undefined,
          autoRenew: undefined,
          commitmentEnd: undefined,
          scheduledChange: undefined,
          partnerOfRecord: undefined,
          isTrial: undefined,
          friendlyName: undefined
        },
        unitPrice: null,
        acceptedAt: null
      }
    ],
    { dryRun: false, ...cause }
  )
  const { items } = yield* (yield* Accounts).search(undefined, null, {
    cursor: undefined,
    limit: 50
  })
  const idOf = (code: string) => {
    const found = items.find((item) => item.code === code)
    if (found === undefined) throw new Error(`no ${code}`)
    return found.id
  }
  const lists = yield* PriceLists
  const id = PriceListId.make(crypto.randomUUID())
  yield* lists.add(
    {
      id,
      instanceId: instance.id,
      name: "bench",
      description: "",
      currency: eur,
      market: null,
      validFrom: Instant.make(0),
      validTo: null,
      active: true,
      version: 1
    },
    cause
  )
  const entries = Array.from(
    { length: products },
    (_, n): PriceEntry => ({
      subject: { kind: "product", offer: offerOf(n) },
      term: null,
      billingCycle: null,
      rule: { kind: "markup", value: BigDecimal.fromStringUnsafe("12.5") }
    })
  )
  yield* lists.replaceEntries(id, 1, entries, cause)
  yield* lists.assign(id, idOf("R-1"), cause)
  const { key } = yield* (yield* ApiKeys).make({
    name: "storefront",
    role: "customer",
    scopes: ["products:read"],
    branch: AccountId.make(idOf("C-1"))
  })
  return { key: Redacted.value(key), list: id, cause }
})

/** The whole of the other side: a pool, a query, JSON. */
const bare = async (url: string) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const app = new Hono().get("/products", async (c) => {
    const { rows } = await pool.query(
      "select position, document from bench_product where position > $1 order by position limit $2",
      [Number(c.req.query("cursor") ?? -1), pageSize]
    )
    return c.json({ items: rows.map(({ document }) => document), next: rows.at(-1)?.position })
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
    process.send?.({ ready: true, url: `http://127.0.0.1:${port}` })
  )
  process.once("disconnect", () => {
    server.close()
    process.exit()
  })
}

const started = (
  file: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(file, args, {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
          env: { ...process.env, ...env }
        })
      ),
      (running) =>
        Effect.promise(async () => {
          if (running.exitCode !== null) return
          running.disconnect()
          await once(running, "exit")
        })
    )
    const [message] = yield* Effect.promise(() => once(child, "message"))
    return Schema.decodeUnknownSync(Schema.Struct({ url: Schema.String }))(message).url
  })

const agent = new Agent({ keepAlive: true, maxSockets: connections })
const ask = (url: string, key: string): Promise<Buffer> =>
  new Promise((done, failed) => {
    get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        response.statusCode === 200
          ? done(Buffer.concat(chunks))
          : failed(new Error(`${url}: ${response.statusCode} ${Buffer.concat(chunks)}`))
      )
    }).on("error", failed)
  })

/** Answers a second, over all pages in turn. */
const rate = async (pages: ReadonlyArray<string>, key: string): Promise<number> => {
  const start = performance.now()
  let answered = 0
  const connection = async (first: number) => {
    for (let n = first; performance.now() - start < roundMs; n += connections) {
      await ask(pages[n % pages.length] ?? "", key)
      answered++
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, n) => connection(n)))
  return answered / ((performance.now() - start) / 1_000)
}

const Page = Schema.fromJsonString(
  Schema.Struct({ items: Schema.Array(Schema.Unknown), next: Schema.NullOr(Schema.String) })
)

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const stored = storage(url, folder)
  const { key, list, cause } = yield* Effect.provide(prepared, stored)
  const ours = yield* started(resolve(import.meta.dirname, "../apps/api/src/main.ts"), [], {
    DATABASE_URL: Redacted.value(url),
    CONCORDAT_DATA_DIR: folder,
    CONCORDAT_SECRET_KEY: "a passphrase for a benchmark only",
    CONCORDAT_API_PORT: "0"
  })
  const first = `${ours}/v1/products?limit=${pageSize}`
  const cold = performance.now()
  yield* Effect.promise(() => ask(first, key))
  const coldMs = performance.now() - cold
  // Every page, and what is in them for the other side to serve.
  const pages: Array<string> = [first]
  const items: Array<unknown> = []
  let bytes = 0
  for (let page = first; ; ) {
    const body = yield* Effect.promise(() => ask(page, key))
    const { items: found, next } = yield* Schema.decodeEffect(Page)(body.toString())
    items.push(...found)
    bytes = Math.max(bytes, body.length)
    if (next === null) break
    page = `${first}&cursor=${next}`
    pages.push(page)
  }
  if (items.length !== products) throw new Error(`${items.length} products`)
  yield* Effect.provide(
    Database.use(({ run }) =>
      run("bare", async (db) => {
        await sql`create table bench_product (position integer primary key, document json not null)`.execute(
          db
        )
        await sql`insert into bench_product select position - 1, document
          from json_array_elements(${JSON.stringify(items)}::json) with ordinality t (document, position)`.execute(
          db
        )
        await sql`vacuum analyze bench_product`.execute(db)
      })
    ),
    stored
  )
  const theirs = yield* started(join(import.meta.filename), ["bare", Redacted.value(url)], {})
  const bodies = pages.map((_, n) => `${theirs}/products?cursor=${n * pageSize - 1}`)
  const rates: { ours: Array<number>; theirs: Array<number> } = { ours: [], theirs: [] }
  for (let round = 0; round <= rounds; round++) {
    const [a, b] = [
      yield* Effect.promise(() => rate(pages, key)),
      yield* Effect.promise(() => rate(bodies, ""))
    ]
    // The first warms both up.
    if (round === 0) continue
    rates.ours.push(a)
    rates.theirs.push(b)
  }
  // What a change costs the first who looks after it.
  const changed = yield* Effect.provide(
    PriceLists.use((lists) =>
      lists.changeEntries(
        list,
        2,
        {
          put: [],
          remove: [
            { subject: { kind: "product", offer: offerOf(0) }, term: null, billingCycle: null }
          ]
        },
        cause
      )
    ),
    stored
  )
  const after = performance.now()
  yield* Effect.promise(() => ask(first, key))
  const afterMs = performance.now() - after
  const [our, their] = [medianOf(rates.ours), medianOf(rates.theirs)]
  print(
    `products: ${pageSize} of ${products.toLocaleString("en")}, priced for the caller, ${Math.round(bytes / 1024)} KiB`,
    [
      { what: "GET /v1/products", figure: `${Math.round(our).toLocaleString("en")}/s`, note: "" },
      {
        what: "bare Hono, one query",
        figure: `${Math.round(their).toLocaleString("en")}/s`,
        note: "nobody is authenticated, nothing is priced"
      },
      {
        what: "ours against bare",
        figure: `${Math.round((our / their) * 100)} %`,
        note: "goal 50 %"
      },
      { what: "first look", figure: `${Math.round(coldMs)} ms`, note: "of a process" },
      {
        what: "first look after a change",
        figure: `${Math.round(afterMs)} ms`,
        note: `${changed.removed} entry of ${products.toLocaleString("en")}`
      }
    ]
  )
})

const [mode, url = ""] = process.argv.slice(2)
if (mode === "bare") await bare(url)
else {
  await Effect.runPromise(Effect.scoped(bench).pipe(Effect.provide(Logger.layer([]))))
  process.exit()
}
