import { Actor } from "@concordat/core/actor/Actor"
import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { Country } from "@concordat/core/instance/Country"
import { Guid } from "@concordat/core/instance/Guid"
import {
  type Instance,
  InstanceId,
  InstanceName,
  MpnId,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Language } from "@concordat/core/instance/Language"
import { defineSyncOptions } from "@concordat/core/tenant/defineSyncOptions"
import { Instant } from "@concordat/core/time/Instant"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Clock, Effect, Schema } from "effect"
import { bookOf, productsOf } from "./bookOf.ts"
import { bssDrifts } from "./bssDrifts.ts"
import { reconcile } from "./reconcile.ts"
import type { SimulatedAccount, SimulatorControl } from "./SimulatorControl.ts"
import { sellAt } from "./sellAt.ts"

/** The demo need not wait a minute for its first report: its simulator allows more than Microsoft does. */
const demoRequestsPerMinute = 12_000

/** Who acts in the demo, in the history. */
export const actor: Actor = Actor.make({
  name: "daemon:demo",
  role: "operator-admin",
  scopes: ["reconciliations:run", "book:write"],
  branch: null
})

/** A partner that nobody has registered, with customers to import: for whoever follows the operator guide. */
export const spareAccount = "tailspin-uk"

/** The demo's partners: together 300 customers with about 1,500 subscriptions and add-ons. */
export const demoWorld = {
  seed: "contoso",
  accounts: [
    {
      name: "fabrikam-us",
      cspStatus: "direct",
      country: "US",
      currency: "USD",
      customers: 50,
      limitPerMinute: demoRequestsPerMinute
    },
    {
      name: "contoso-eu",
      cspStatus: "indirect",
      customers: 250,
      limitPerMinute: demoRequestsPerMinute
    },
    {
      name: spareAccount,
      cspStatus: "indirect",
      country: "GB",
      currency: "GBP",
      customers: 200,
      resellers: 12,
      directCustomers: 20,
      emptyCustomers: 10,
      limitPerMinute: demoRequestsPerMinute
    }
  ]
}

/** What each partner sells where, in the words of its customers. */
const catalogues: Readonly<Record<string, Pick<Instance, "catalogueLanguage" | "countries">>> = {
  "contoso-eu": {
    catalogueLanguage: Language.make("en-GB"),
    countries: ["DE", "FR", "NL"].map((code) => Country.make(code))
  },
  "fabrikam-us": {
    catalogueLanguage: Language.make("en-US"),
    countries: [Country.make("US")]
  }
}

const driftCounts: Readonly<Record<string, number>> = { "fabrikam-us": 8, "contoso-eu": 44 }

/**
 * Makes the demo: registers the simulator's partners as instances, fills the book so that both sides agree,
 * reconciles once so that this is the agreed state, and then lets both sides move. Every step can be
 * repeated; the simulated world is made anew first, so that a demo that was cut short starts over.
 */
export const seedDemo = Effect.fn("seedDemo")(function* (
  control: SimulatorControl,
  report: (progress: string) => void
) {
  report("customers")
  const made = yield* control.reset(demoWorld)
  const accounts = made.filter(({ name }) => name !== spareAccount)
  const items = yield* control.catalogue
  const books = new Map<string, ReadonlyArray<BookLine>>()
  for (const account of accounts) {
    const instance = yield* registered(account, demoRequestsPerMinute)
    const products = productsOf(account, items)
    yield* Effect.flatMap(Catalogue, (catalogue) => catalogue.put(instance.id, products))
    yield* defineSyncOptions(instance)
    const lines = bookOf(account, yield* control.book(account.name))
    yield* keep(instance, lines)
    yield* sellAt(instance, account.currency, products, lines, actor.name)
    books.set(account.name, lines)
  }
  for (const { name } of accounts)
    yield* reconcile(actor, name, (progress) => report(`agreeing on ${name}, ${progress}`))

  report("drifts")
  const at = Instant.make(yield* Clock.currentTimeMillis)
  const untouchable = new Set<string>()
  for (const { name } of accounts) {
    const moved = yield* control.drifts(name, { count: driftCounts[name] ?? 1, seed: 1 })
    for (const { customerTenantId } of moved) untouchable.add(customerTenantId.toLowerCase())
    if (name !== "contoso-eu") continue
    const foreign = books
      .get("fabrikam-us")
      ?.find(({ tenantId, terms }) => !untouchable.has(tenantId) && terms.offer.includes(":"))
    const edited = bssDrifts(books.get(name) ?? [], untouchable, foreign, at)
    const instance = yield* Effect.flatMap(Instances, (instances) => instances.byName(name))
    yield* keep(instance, edited.lines)
    for (const suspended of edited.suspended)
      yield* control.change(name, {
        as: "partner",
        kind: "status",
        customer: suspended.tenantId,
        subscription: suspended.microsoftId,
        status: "suspended"
      })
  }
})

const keep = (instance: Instance, lines: ReadonlyArray<BookLine>) =>
  Effect.flatMap(Book, (book) =>
    book.apply(instance.id, lines, { dryRun: false, actor: actor.name, correlationId: "" })
  )

/** The instance of a simulated partner, registered when it is not yet. */
export const registered = Effect.fnUntraced(function* (
  account: SimulatedAccount,
  requestsPerMinute: number
) {
  const instances = yield* Instances
  const existing = yield* instances
    .byName(account.name)
    .pipe(Effect.catchTag("InstanceNotFound", () => Effect.void))
  if (existing !== undefined) return existing
  const id = InstanceId.make(yield* Effect.flatMap(Identifiers, ({ next }) => next))
  const instance = instanceOf(account, id, requestsPerMinute)
  yield* instances.add(
    instance,
    { primary: account.clientSecret, sandbox: null },
    { actor: actor.name, correlationId: "" }
  )
  return instance
})

const guidOf = Schema.decodeUnknownSync(Guid)

/** A simulated partner as an instance: a custom cloud at the simulator's addresses. */
export const instanceOf = (
  account: SimulatedAccount,
  id: InstanceId,
  requestsPerMinute: number
): Instance =>
  newInstance({
    id,
    name: InstanceName.make(account.name),
    cloud: "custom",
    endpoints: {
      api: account.apiUrl,
      login: account.loginUrl,
      resource: "https://api.partnercenter.microsoft.com",
      prices: account.apiUrl
    },
    credentials: {
      primary: {
        tenantId: TenantId.make(guidOf(account.tenantId)),
        tenantDomain: account.domain,
        appId: guidOf(account.appId)
      },
      sandbox: null
    },
    cspStatus: account.cspStatus,
    mpnId: MpnId.make(account.mpnId),
    ...catalogues[account.name],
    requestsPerMinute
  })
