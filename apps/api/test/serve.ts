import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { Database } from "@concordat/adapter-postgres/Database"
import { CurrentPasswordCost } from "@concordat/adapter-postgres/passwords"
import { Boss } from "@concordat/adapter-postgres/queue/Boss"
import { makeKeyring, Secrets } from "@concordat/adapter-postgres/Secrets"
import { portsLayer } from "@concordat/adapter-postgres/Storage"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { AccountId } from "@concordat/core/account/Account"
import { Scope as KeyScope, type Role, scopesOf } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { CatalogueProducts } from "@concordat/core/catalogue/CatalogueProducts"
import type { Product } from "@concordat/core/catalogue/Product"
import { newProductType, ProductTypeId } from "@concordat/core/catalogue/ProductType"
import { InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { exampleValues, type MergeValues } from "@concordat/core/mail/mergeFields"
import type { Outbox } from "@concordat/core/mail/Outbox"
import { languageDefault } from "@concordat/core/mail/Template"
import type { Templates } from "@concordat/core/mail/Templates"
import { writeMail } from "@concordat/core/mail/writeMail"
import { Currency, money } from "@concordat/core/money/Money"
import { OperatorName } from "@concordat/core/operator/Operator"
import { Operators } from "@concordat/core/operator/Operators"
import { PriceSheets } from "@concordat/core/pricesheet/PriceSheets"
import { nothingListed, type Row, rulesDefault } from "@concordat/core/reconciliation/Customer"
import { compare } from "@concordat/core/reconciliation/compare"
import { type Run, RunId } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  MicrosoftId,
  OfferId,
  type Subscription,
  SubscriptionId
} from "@concordat/core/subscription/Subscription"
import { defineSyncOptions } from "@concordat/core/tenant/defineSyncOptions"
import type { SyncOptions } from "@concordat/core/tenant/SyncOptions"
import { Instant } from "@concordat/core/time/Instant"
import type { Identifiers } from "@concordat/core/work/Identifiers"
import { Context, Effect, Exit, Layer, Logger, Redacted, References, Scope } from "effect"
import pg from "pg"
import { openCable } from "../../start/test/Cable.ts"
import { interactivePartnerCenter } from "../src/partnerCenter.ts"
import { startApi } from "../src/server.ts"
import { type Answer, type Ask, clientOf, type NewKey } from "./client.ts"

/** An API over a Postgres of its own, with two resellers and a finished reconciliation of the southern one. */
export interface Served {
  readonly url: string
  /** An operator-admin's key with every scope. */
  readonly admin: string
  readonly call: (method: string, path: string, ask?: Ask) => Promise<Answer>
  /** Makes a key; with every scope of its role when none are named. */
  readonly key: (key: NewKey) => Promise<string>
  /** Writes a Welcome mail about an account, and gives its id. */
  readonly mail: (account: string, values?: MergeValues) => Promise<string>
  /** Puts products into an instance's catalogue. */
  readonly products: (instance: string, products: ReadonlyArray<Product>) => Promise<void>
  /** Does with price sheets what a reconciler would. */
  readonly sheets: <A, E>(act: (port: PriceSheets["Service"]) => Effect.Effect<A, E>) => Promise<A>
  /** All that the database keeps of answers, as text. */
  readonly stored: () => Promise<string>
  /** Everything that the database holds, as text. */
  readonly dump: () => Promise<string>
  /** Adds an operator, whose password is `passwordOf(name)`; gives its id. */
  readonly operator: (name: string, role: Role, branch?: string) => Promise<string>
  /** The rows of a statement, which may make time pass in the tables. */
  readonly rows: (statement: string) => Promise<ReadonlyArray<Record<string, unknown>>>
  /** Takes the database away, or gives it back. */
  readonly away: (gone: boolean) => Promise<void>
  readonly seeded: {
    readonly instance: InstanceName
    readonly north: { readonly account: string; readonly run: string }
    readonly northern: { readonly account: string }
    readonly south: { readonly account: string }
    readonly southern: { readonly account: string; readonly tenant: string }
    readonly finished: string
    /** A product of contoso-eu that is billed by the month only, for sale. */
    readonly product: string
    readonly productType: string
  }
  readonly stop: () => Promise<void>
}

/** The password of a test's operator. */
export const passwordOf = (name: string): string => `the password of ${name}`

/** Hashes that take no time: a test that signs in does not test the hash. */
const cheap = { logN: 4, r: 8, p: 1 }

/** A third of them differ. */
export const rowsOfFinishedRun = 24

const tenants = {
  north: "22222222-0000-4000-8000-000000000001",
  south: "33333333-0000-4000-8000-000000000001"
}

const list = [
  "account_code,account_name,reseller_code,reseller_name,reseller_mpn_id,tenant_id,tenant_domain,reference,name,offer,quantity,status",
  `C-NORTH,Northern Mill,R-NORTH,North Resellers,4711001,${tenants.north},northern.onmicrosoft.com,SUB-N1,Business Basic,CFQ7TTC0LH18:0001,5,active`,
  ...Array.from(
    { length: rowsOfFinishedRun },
    (_, i) =>
      `C-SOUTH,Southern Bakery,R-SOUTH,South Resellers,4711002,${tenants.south},southern.onmicrosoft.com,SUB-S${i},Business Basic,CFQ7TTC0LH18:0001,10,active`
  )
].join("\n")

interface ServeOptions {
  readonly loggers?: ReadonlyArray<Logger.Logger<unknown, unknown>>
  readonly consoleFolder?: string
  readonly isBehindProxy?: boolean
  readonly publicUrl?: string
}

const open = Effect.fnUntraced(function* ({
  consoleFolder,
  isBehindProxy,
  publicUrl
}: ServeOptions) {
  const database = Redacted.value((yield* makeDatabase).url)
  const cable = yield* openCable(database)
  const url = Redacted.make(cable.url)
  const keys = yield* makeKeyring(Redacted.make("a passphrase for tests only"))
  const adapters = yield* Layer.build(
    interactivePartnerCenter.pipe(
      Layer.provideMerge(Layer.merge(portsLayer, signInLayer)),
      Layer.provide(Boss.layer({ url })),
      Layer.provide([
        Database.layer({ url, applicationName: "test api", poolMax: 5 }),
        Secrets.layer(keys),
        transportLayer
      ])
    )
  ).pipe(Effect.provideService(CurrentPasswordCost, cheap))
  const api = yield* startApi({
    host: "127.0.0.1",
    port: 0,
    secret: Redacted.make("signs cursors"),
    consoleFolder,
    isBehindProxy,
    publicUrl
  }).pipe(Effect.provideContext(adapters))
  const admin = yield* Context.get(adapters, ApiKeys).make({
    name: "admin",
    role: "operator-admin",
    scopes: KeyScope.literals,
    branch: null
  })
  return { adapters, url: api.url, admin: Redacted.value(admin.key), cable, database }
})

/** Starts it, and puts in what every test may look at, as a client would where a client can. */
export const serve = async (options: ServeOptions = {}): Promise<Served> => {
  const scope = Scope.makeUnsafe()
  const { adapters, admin, cable, database, url } = await Effect.runPromise(
    open(options).pipe(
      Scope.provide(scope),
      Effect.provide([
        Logger.layer([...(options.loggers ?? [])]),
        Layer.succeed(References.MinimumLogLevel, "Trace")
      ])
    )
  )
  const call = clientOf(url, admin)
  const run = <A, E>(
    effect: Effect.Effect<
      A,
      E,
      | Runs
      | ApiKeys
      | Outbox
      | Templates
      | Identifiers
      | Catalogue
      | CatalogueProducts
      | Instances
      | PriceSheets
      | Operators
      | SyncOptions
    >
  ) => Effect.runPromise(Effect.provideContext(effect, adapters))
  const accounts = await seedBook(call)
  const waiting = await call("POST", "/v1/reconciliations", {
    body: { instance: "contoso-eu", scope: { kind: "account", id: accounts.north } }
  })
  const finished = await run(finishedRun(waiting.body.id, accounts.southern, accounts.instanceId))
  const catalogue = await run(smallCatalogue(accounts.instanceId))
  await run(
    Effect.flatMap(
      Instances.use((port) => Effect.orDie(port.get(accounts.instanceId))),
      defineSyncOptions
    )
  )
  return {
    url,
    admin,
    call,
    key: ({ branch = null, role, scopes = scopesOf(role) }) =>
      run(
        Effect.flatMap(ApiKeys, (keys) =>
          keys.make({
            name: role,
            role,
            scopes,
            branch: branch === null ? null : AccountId.make(branch)
          })
        ).pipe(Effect.map(({ key }) => Redacted.value(key)))
      ),
    mail: async (account, values = exampleValues) => {
      await run(
        writeMail({
          kind: "welcome-customer",
          key: crypto.randomUUID(),
          accounts: [AccountId.make(account)],
          language: languageDefault,
          values
        })
      )
      const { body } = await call("GET", `/v1/outbox?account=${account}&limit=1`)
      return body.items[0].id
    },
    products: (name, products) =>
      run(
        Effect.gen(function* () {
          const { id } = yield* (yield* Instances).byName(name)
          yield* (yield* Catalogue).put(id, products)
        })
      ),
    sheets: (act) => run(PriceSheets.use(act)),
    stored: () =>
      withClient(database, async (client) =>
        JSON.stringify((await client.query("select * from idempotency_key")).rows)
      ),
    dump: () =>
      withClient(database, async (client) => {
        const tables = await client.query<{ name: string }>(
          `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
            where schemaname not in ('pg_catalog', 'information_schema')`
        )
        const texts: Array<string> = []
        for (const { name } of tables.rows) {
          const { rows } = await client.query(`select to_jsonb(t) as row from ${name} t`)
          texts.push(JSON.stringify(rows))
        }
        return texts.join("\n")
      }),
    operator: (name, role, branch) =>
      run(
        Operators.use((port) =>
          port.add({
            name: OperatorName.make(name),
            role,
            branch: branch === undefined ? null : AccountId.make(branch),
            password: Redacted.make(passwordOf(name))
          })
        ).pipe(Effect.map(({ id }) => id))
      ),
    rows: (statement) =>
      withClient(database, async (client) => (await client.query(statement)).rows),
    away: (gone) => Effect.runPromise(gone ? cable.cut : cable.mend),
    seeded: {
      instance: InstanceName.make("contoso-eu"),
      north: { account: accounts.north, run: waiting.body.id },
      northern: { account: accounts.northern },
      south: { account: accounts.south },
      southern: { account: accounts.southern, tenant: tenants.south },
      finished,
      ...catalogue
    },
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

type Call = Served["call"]

const seedBook = async (call: Call) => {
  const instance = {
    cloud: "global",
    tenantId: "11111111-0000-4000-8000-000000000001",
    appId: "11111111-0000-4000-8000-000000000002",
    secret: "not a real one",
    cspStatus: "indirect"
  }
  const made = await call("POST", "/v1/instances", { body: { ...instance, name: "contoso-eu" } })
  await call("POST", "/v1/instances", { body: { ...instance, name: "contoso-us" } })
  const imported = await call("POST", "/v1/book/imports?instance=contoso-eu", {
    body: list,
    headers: { "content-type": "text/csv" }
  })
  if (imported.status !== 200) throw new Error(`the book was not imported: ${imported.text}`)
  const idOf = async (code: string): Promise<string> => {
    const { body } = await call("GET", `/v1/accounts?q=${code}`)
    const found = body.items.find((account: { code: string }) => account.code === code)
    if (found === undefined) throw new Error(`there is no account ${code}`)
    return found.id
  }
  return {
    instanceId: made.body.id,
    north: await idOf("R-NORTH"),
    northern: await idOf("C-NORTH"),
    south: await idOf("R-SOUTH"),
    southern: await idOf("C-SOUTH")
  }
}

/** Two products and the product type of one of them, which was made by a catalogue run. */
const smallCatalogue = Effect.fnUntraced(function* (instanceId: Run["instanceId"]) {
  const catalogue = yield* Catalogue
  const { addTypes, list } = yield* CatalogueProducts
  const product = (offer: string, name: string): Product => ({
    offer: OfferId.make(offer),
    name,
    isTrial: false,
    isAddon: false,
    singleActive: false,
    prices: [
      {
        term: "P1Y",
        billingCycle: "monthly",
        price: money("5.60", Currency.make("EUR"))
      }
    ]
  })
  yield* catalogue.put(instanceId, [
    product("CFQ7TTC0LH18:0001", "Business Basic"),
    product("CFQ7TTC0LH18:0002", "Business Standard")
  ])
  const type = newProductType(
    ProductTypeId.make(crypto.randomUUID()),
    { id: instanceId, name: InstanceName.make("contoso-eu") },
    "nce"
  )
  yield* addTypes([type])
  const { items } = yield* list(
    {
      instanceId,
      family: undefined,
      status: undefined,
      published: undefined,
      q: undefined
    },
    { cursor: undefined, limit: 1 }
  )
  return { product: items[0]?.id ?? "", productType: type.id }
})

/** What a reconciler would have done: the rows of one customer, a third of which have another quantity. */
const finishedRun = Effect.fnUntraced(function* (
  model: string,
  account: string,
  instance: Run["instanceId"]
) {
  const runs = yield* Runs
  const waiting = yield* runs.get(RunId.make(model), null)
  const id = RunId.make(crypto.randomUUID())
  const finished: Run = { ...waiting, id, scope: { kind: "organisation" } }
  yield* runs.request(finished)
  yield* runs.listing(id)
  yield* runs.observe(finished, [], [], 1)
  yield* runs.comparing(id)
  const rows = comparedRows(account, instance)
  yield* runs.append(
    id,
    0,
    rows.map((row) => ({
      accountId: AccountId.make(account),
      tenantId: TenantId.make(tenants.south),
      customer: "Southern Bakery",
      row
    }))
  )
  const findings = rows.flatMap((row) => row.findings)
  yield* runs.complete(id, {
    rows: rows.length,
    findings: findings.length,
    counts: new Map([["quantity", findings.length]]),
    atRisk: [money("123.45", Currency.make("EUR"))]
  })
  return id
})

const comparedRows = (account: string, instanceId: Run["instanceId"]): ReadonlyArray<Row> => {
  const tenantId = TenantId.make(tenants.south)
  const pairs = Array.from({ length: rowsOfFinishedRun }, (_, i) => {
    const microsoftId = MicrosoftId.make(`44444444-0000-4000-8000-${String(i).padStart(12, "0")}`)
    const terms = {
      offer: OfferId.make("CFQ7TTC0LH18:0001"),
      quantity: 10,
      status: "active",
      billingCycle: "monthly",
      term: "P1Y",
      autoRenew: true,
      commitmentEnd: null,
      scheduledChange: null,
      partnerOfRecord: null,
      parent: null,
      isTrial: false,
      friendlyName: ""
    } as const
    const subscription: Subscription = {
      id: SubscriptionId.make(crypto.randomUUID()),
      reference: `SUB-S${i}`,
      instanceId,
      accountId: AccountId.make(account),
      tenantId,
      microsoftId,
      name: "Business Basic",
      isAddon: false,
      terms,
      unitPrice: null,
      acceptedAt: null
    }
    const observed: Observed = {
      instanceId,
      tenantId,
      microsoftId,
      terms: { ...terms, quantity: i % 3 === 0 ? 12 : 10 },
      name: "Business Basic",
      orderId: null,
      effectiveStart: null,
      createdAt: null,
      cancellableUntil: null,
      refundable: [],
      etag: null
    }
    return { subscription, observed }
  })
  return compare(
    {
      instanceId,
      cspStatus: "indirect",
      tenantId,
      subscriptions: pairs.map(({ subscription }) => subscription),
      observed: pairs.map(({ observed }) => observed),
      baselines: new Map()
    },
    {
      at: Instant.make(Date.UTC(2026, 10, 20)),
      rules: rulesDefault,
      products: new Map(),
      listed: nothingListed,
      elsewhere: new Map(),
      claimedElsewhere: new Set()
    }
  )
}

const withClient = async <A>(url: string, use: (client: pg.Client) => Promise<A>): Promise<A> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
