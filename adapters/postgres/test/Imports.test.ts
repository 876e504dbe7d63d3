import { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import type {
  CustomerImport,
  ImportCustomer,
  ImportId
} from "@concordat/core/import/CustomerImport"
import { continueImport } from "@concordat/core/import/continueImport"
import { type ImportCustomerFilter, Imports } from "@concordat/core/import/Imports"
import { requestImport } from "@concordat/core/import/requestImport"
import { MpnId, type TenantId } from "@concordat/core/instance/Instance"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { Runs } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import { OfferId, type Terms } from "@concordat/core/subscription/Subscription"
import { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import { type VendorCustomer, VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { type VendorReseller, VendorResellers } from "@concordat/core/tenant/VendorResellers"
import { type BillingProfile, VendorTenants } from "@concordat/core/tenant/VendorTenants"
import {
  Busy,
  NoRelationship,
  Refused,
  SignInRejected,
  VendorError
} from "@concordat/core/vendor/VendorError"
import { Effect, Fiber, Latch, Layer, ManagedRuntime, Stream } from "effect"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { identifiersLayer } from "../src/Identifiers.ts"
import { importsLayer } from "../src/Imports.ts"
import { customerImportQueue } from "../src/queues.ts"
import { syncOptionsLayer } from "../src/SyncOptions.ts"
import {
  accountId,
  act,
  addInstance,
  clear,
  emptied,
  instanceId,
  line,
  microsoftId,
  observed,
  offer,
  repositories,
  rowsOf,
  run,
  tenantId
} from "./World.ts"

/** What Partner Center has in a test, and what it was asked. */
interface Vendor {
  customers: Array<VendorCustomer>
  resellers: Array<VendorReseller>
  readonly subscriptions: Map<TenantId, ReadonlyArray<Observed>>
  readonly profiles: Map<TenantId, BillingProfile>
  /** How an operation fails for a tenant. */
  readonly failures: Map<string, VendorError["reason"]>
  asked: Array<string>
  /** Runs before each profile is answered. */
  beforeProfile: Effect.Effect<void>
}
const vendor: Vendor = {
  customers: [],
  resellers: [],
  subscriptions: new Map(),
  profiles: new Map(),
  failures: new Map(),
  asked: [],
  beforeProfile: Effect.void
}

const answered = <A>(operation: string, tenant: string, answer: () => A) =>
  Effect.suspend(() => {
    vendor.asked.push(`${operation} ${tenant}`)
    const reason = vendor.failures.get(`${operation} ${tenant}`)
    return reason === undefined
      ? Effect.succeed(answer())
      : Effect.fail(
          new VendorError({
            operation,
            reason,
            status: 500,
            code: null,
            text: "no",
            correlationId: ""
          })
        )
  })

const never = () => Effect.die(new Error("an import does not ask this"))
const vendors = Layer.mergeAll(
  Layer.succeed(VendorCustomers, {
    all: () => Stream.unwrap(answered("customers", "", () => Stream.fromIterable(vendor.customers)))
  }),
  Layer.succeed(VendorSubscriptions, {
    list: (_, tenantId) =>
      answered("subscriptions", tenantId, () => {
        const subscriptions = vendor.subscriptions.get(tenantId) ?? []
        return { _tag: "Listed", digest: JSON.stringify(subscriptions), subscriptions } as const
      })
  }),
  Layer.succeed(VendorResellers, {
    all: () =>
      Stream.unwrap(answered("resellers", "", () => Stream.fromIterable(vendor.resellers))),
    ofCustomer: never,
    customersOf: () => Stream.die(new Error("an import does not ask this")),
    mpnProfile: never,
    validate: never
  }),
  Layer.mock(VendorTenants)({
    billingProfile: (_, tenantId) =>
      Effect.andThen(
        Effect.suspend(() => vendor.beforeProfile),
        answered("profile", tenantId, () => vendor.profiles.get(tenantId) ?? noProfile)
      )
  })
)
const noProfile: BillingProfile = {
  companyName: null,
  firstName: null,
  lastName: null,
  email: null,
  culture: null,
  language: null,
  address: null
}

const runtime = ManagedRuntime.make(
  Layer.mergeAll(importsLayer, syncOptionsLayer, identifiersLayer, vendors).pipe(
    Layer.provideMerge(repositories)
  )
)
afterAll(() => runtime.dispose())

const rows = (text: string) => runtime.runPromise(rowsOf(text))
const use = <A, E>(f: (imports: Imports["Service"]) => Effect.Effect<A, E>) =>
  runtime.runPromise(Imports.use(f))
const failure = <A, E>(f: (imports: Imports["Service"]) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flip(Imports.use(f)))

const mpn = (n: number) => MpnId.make(String(4_000_000 + n))
const ofReseller = (n: number, terms: Partial<Terms> = {}): Partial<Observed> => ({
  terms: { ...observed(1, 1).terms, partnerOfRecord: mpn(n), ...terms }
})
const plain = (terms: Partial<Terms> = {}): Partial<Observed> => ({
  terms: { ...observed(1, 1).terms, ...terms }
})
const customer = (n: number, name = `Customer ${n}`): VendorCustomer => ({
  tenantId: tenantId(n),
  name,
  domain: `customer${n}.onmicrosoft.com`
})
const profile = (n: number): BillingProfile => ({
  ...noProfile,
  companyName: `Customer ${n}`,
  firstName: "Ada",
  lastName: "Kovac",
  email: `billing@customer${n}.example`,
  culture: "de-DE",
  address: {
    line1: "Speicherstrasse 1",
    line2: null,
    city: "Hamburg",
    state: null,
    postalCode: "20095",
    country: "DE",
    firstName: null,
    lastName: null,
    phone: "+49 40 1234"
  }
})
const reseller = (n: number): VendorReseller => ({
  tenantId: tenantId(500 + n),
  name: `Reseller ${n}`,
  mpnId: mpn(n),
  state: "Active",
  location: "DE"
})

/** Goes on until no job has anything left to do. */
const work = (id: ImportId, giveUp = true) =>
  runtime.runPromise(continueImport(id, { concurrency: 4, giveUp: () => giveUp }))
const readHierarchy = async (): Promise<CustomerImport> => {
  const asked = await runtime.runPromise(requestImport("key:test", "instance-1"))
  await work(asked.id)
  return get(asked.id)
}
const get = (id: ImportId) => use((imports) => imports.get(id))
const execute = async (
  id: ImportId,
  customers: "all" | ReadonlyArray<TenantId> = "all",
  asNew = false
) => {
  await use((imports) =>
    imports.execute(id, { customers, asNew, orderingEnabled: false }, "key:runner")
  )
  await work(id)
  return get(id)
}
const customersOf = async (id: ImportId): Promise<ReadonlyArray<ImportCustomer>> =>
  (await use((imports) => imports.customers(id, {}, { cursor: undefined, limit: 500 }))).items
const statuses = async (id: ImportId) =>
  Object.fromEntries((await customersOf(id)).map(({ name, status }) => [name, status]))
const one = (id: ImportId, n: number) => use((imports) => imports.customer(id, tenantId(n)))

/** Everything that the BSS holds, so that what changes nothing can be seen to. */
const everything = async () => ({
  accounts: await rows("select id, name, code, parent_id, version from account order by id"),
  contacts: await rows("select * from account_contact order by account_id, position"),
  tenants: await rows("select * from account_tenant order by tenant_id"),
  options: await rows("select * from sync_option order by account_id"),
  subscriptions: await rows("select * from subscription order by id"),
  baselines: await rows("select * from baseline order by subscription_id"),
  history: await rows("select count(*) from history where side <> 'observed'")
})

/** How many findings a reconciliation of all customers has, straight after. */
const findings = () =>
  runtime.runPromise(
    Effect.gen(function* () {
      const runs = yield* Runs
      const asked = run(1)
      const tenants = vendor.customers.map(({ tenantId }) => tenantId)
      yield* runs.request(asked)
      yield* runs.listing(asked.id)
      yield* runs.observe(asked, tenants, [], 0)
      yield* runs.observed(
        asked.instanceId,
        tenants.map((tenantId) => ({ tenantId, problem: null, requests: 0 }))
      )
      yield* compareRun(asked.id)
      const { counts, rows, status } = yield* runs.get(asked.id, null)
      return { counts, rows, status }
    })
  )

const putProducts = (...offers: ReadonlyArray<OfferId>) =>
  runtime.runPromise(
    Catalogue.use((catalogue) =>
      catalogue.put(
        instanceId(1),
        offers.map((offer) => ({
          offer,
          name: offer,
          isTrial: false,
          isAddon: false,
          singleActive: false,
          prices: []
        }))
      )
    )
  )

beforeEach(async () => {
  vendor.customers = [1, 2, 3, 4].map((n) => customer(n))
  vendor.resellers = [1, 2].map(reseller)
  vendor.subscriptions.clear()
  vendor.profiles.clear()
  vendor.failures.clear()
  vendor.asked = []
  vendor.beforeProfile = Effect.void
  for (const n of [1, 2, 3, 4]) vendor.profiles.set(tenantId(n), profile(n))
  // Customers 1 and 2 of reseller 1, customer 3 direct, customer 4 without any subscription.
  vendor.subscriptions.set(tenantId(1), [
    observed(1, 11, ofReseller(1)),
    observed(1, 12, ofReseller(1, { parent: microsoftId(11), quantity: 3 }))
  ])
  vendor.subscriptions.set(tenantId(2), [observed(2, 21, ofReseller(1))])
  vendor.subscriptions.set(tenantId(3), [observed(3, 31, plain())])
  await runtime.runPromise(
    emptied("customer_import", "sync_option").pipe(
      Effect.andThen(clear),
      Effect.andThen(addInstance(1)),
      Effect.andThen(rowsOf("update instance set csp_status = 'indirect', mpn_id = '1000001'"))
    )
  )
  await putProducts(offer)
})

describe("a hierarchy", () => {
  it("has every customer under the reseller that its subscriptions name, and who has none looks direct", async () => {
    const read = await readHierarchy()
    expect(read).toMatchObject({
      status: "ready",
      customers: 4,
      customersRead: 4,
      customersFailed: 0,
      resellers: 2,
      subscriptions: 4,
      subscriptionsImported: 0,
      problem: null
    })
    expect((await customersOf(read.id)).map((c) => [c.name, c.status, c.resellerMpnId])).toEqual([
      ["Customer 1", "new", mpn(1)],
      ["Customer 2", "new", mpn(1)],
      ["Customer 3", "new", null],
      ["Customer 4", "new", null]
    ])
    const { items } = await use((imports) =>
      imports.resellers(read.id, { cursor: undefined, limit: 10 })
    )
    expect(items.map((r) => [r.mpnId, r.name, r.customers])).toEqual([
      [mpn(1), "Reseller 1", 2],
      [mpn(2), "Reseller 2", 0]
    ])
  })
})

describe("the resellers of a hierarchy", () => {
  it("go without names as long as nobody has consented, and wait for them while Partner Center is away", async () => {
    vendor.failures.set("resellers ", new SignInRejected({ wayOut: "Authenticate the instance." }))
    const { id, problem, status } = await readHierarchy()
    expect([status, problem]).toEqual([
      "ready",
      "The names of the resellers are not known: resellers: SignInRejected (HTTP 500): no Authenticate the instance."
    ])
    const { items } = await use((imports) =>
      imports.resellers(id, { cursor: undefined, limit: 10 })
    )
    expect(items.map(({ customers, mpnId, name }) => [mpnId, name, customers])).toEqual([
      [mpn(1), null, 2]
    ])
    vendor.failures.set("resellers ", new Busy({ retryAfterMs: null }))
    const asked = await runtime.runPromise(requestImport("key:test", "instance-1"))
    const away = await runtime.runPromise(
      Effect.flip(continueImport(asked.id, { concurrency: 4, giveUp: () => false }))
    )
    expect(away).toMatchObject({ _tag: "VendorError" })
    vendor.failures.clear()
    await work(asked.id)
    expect(await get(asked.id)).toMatchObject({ status: "ready", problem: null, customers: 4 })
  })
})

describe("the customers of a hierarchy", () => {
  it("are found by part of name or domain, tenant id, status and reseller, and come page by page, each once", async () => {
    vendor.customers = [customer(1, "100% Bakery"), customer(2, "bakery"), customer(3), customer(4)]
    vendor.failures.set(`subscriptions ${tenantId(4)}`, new Refused({}))
    const { id } = await readHierarchy()
    const found = async (filter: ImportCustomerFilter) =>
      (await use((imports) => imports.customers(id, filter, { cursor: undefined, limit: 9 }))).items
        .map(({ name }) => name)
        .join(", ")
    expect(await found({ q: "BAKERY" })).toBe("100% Bakery, bakery")
    expect(await found({ q: "%" })).toBe("100% Bakery")
    expect(await found({ q: "customer3.onmicro" })).toBe("Customer 3")
    expect(await found({ q: tenantId(3).toUpperCase() })).toBe("Customer 3")
    expect(await found({ status: "failed" })).toBe("Customer 4")
    expect(await found({ status: "new", q: "bakery" })).toBe("100% Bakery, bakery")
    expect(await found({ reseller: mpn(1) })).toBe("100% Bakery, bakery")
    expect(await found({ reseller: "direct" })).toBe("Customer 3")
    for (const limit of [1, 2, 3]) {
      const names: Array<string> = []
      let cursor: string | undefined
      do {
        const page = await use((imports) => imports.customers(id, {}, { cursor, limit }))
        names.push(...page.items.map(({ name }) => name))
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      expect(names).toEqual(["100% Bakery", "bakery", "Customer 3", "Customer 4"])
    }
  })
})

describe("an import of all", () => {
  it("makes accounts below their resellers, with contact, sync options and everything they have; a reconciliation finds nothing", async () => {
    const { id } = await readHierarchy()
    const after = await execute(id)
    expect(after).toMatchObject({
      status: "ready",
      customersImported: 4,
      customersWaiting: 0,
      customersFailed: 0,
      subscriptionsImported: 4
    })
    expect(
      await rows(
        `select account.name, kind, parent.name as parent, account.email, account.phone,
          account.language, account.address ->> 'city' as city, ordering_enabled as ordering
        from account left join lateral (select name from account above where above.id = account.parent_id)
          parent on true
        where kind <> 'organisation' order by account.name`.replaceAll(
          /account\.ordering/gu,
          "ordering"
        )
      )
    ).toEqual([
      ...[1, 2, 3, 4].map((n) => ({
        name: `Customer ${n}`,
        kind: "customer",
        parent: n < 3 ? "Reseller 1" : "Organisation",
        email: `billing@customer${n}.example`,
        phone: "+49 40 1234",
        language: "de-DE",
        city: "Hamburg",
        ordering: false
      })),
      {
        name: "Reseller 1",
        kind: "reseller",
        parent: "Organisation",
        email: null,
        phone: null,
        language: null,
        city: null,
        ordering: false
      }
    ])
    expect(await rows("select name, roles from account_contact group by name, roles")).toEqual([
      { name: "Ada Kovac", roles: ["primary", "bill-to"] }
    ])
    expect(
      await rows("select domain_prefix, mpn_id from sync_option order by domain_prefix")
    ).toEqual([
      { domain_prefix: "customer1", mpn_id: mpn(1) },
      { domain_prefix: "customer2", mpn_id: mpn(1) },
      { domain_prefix: "customer3", mpn_id: null },
      { domain_prefix: "customer4", mpn_id: null }
    ])
    expect(
      await rows(`select s.microsoft_id::text, parent.microsoft_id::text as parent, s.is_addon,
          (s.terms ->> 'quantity')::int as quantity, s.terms ->> 'parent' as held, s.unit_price
        from subscription s left join subscription parent on parent.id = s.parent_id
        order by s.microsoft_id`)
    ).toEqual(
      [11, 12, 21, 31].map((n) => ({
        microsoft_id: microsoftId(n),
        parent: n === 12 ? microsoftId(11) : null,
        is_addon: n === 12,
        quantity: n === 12 ? 3 : 10,
        held: null,
        unit_price: null
      }))
    )
    expect(await rows("select count(*)::int from baseline")).toEqual([{ count: 4 }])
    expect(
      await rows(
        "select distinct actor, cause from history where side in ('desired', 'baseline') order by 2"
      )
    ).toEqual([
      { actor: "key:runner", cause: "customer import" },
      { actor: "key:runner", cause: "sync options" }
    ])
    expect(await findings()).toEqual({ counts: [], rows: 4, status: "completed" })
  })

  it("asks for no more than it has to: two lists, the subscriptions of each customer, the profile of each new account", async () => {
    const { id, requests } = await readHierarchy()
    expect(requests).toBe(0) // The port counts; these vendors do not.
    expect(vendor.asked.filter((one) => one.startsWith("profile"))).toEqual([])
    await execute(id)
    expect(vendor.asked.toSorted()).toEqual(
      [
        "customers ",
        "resellers ",
        ...[1, 2, 3, 4].map((n) => `subscriptions ${tenantId(n)}`),
        ...[1, 2, 3, 4].map((n) => `profile ${tenantId(n)}`)
      ].toSorted()
    )
  })

  it("changes nothing the second time, in the same import and in another", async () => {
    const first = await readHierarchy()
    await execute(first.id)
    const before = await everything()
    vendor.asked = []
    await execute(first.id)
    expect(vendor.asked).toEqual([])
    expect(await everything()).toEqual(before)
    const second = await readHierarchy()
    expect(new Set(Object.values(await statuses(second.id)))).toEqual(new Set(["linked"]))
    await execute(second.id)
    expect(await everything()).toEqual(before)
    expect(vendor.asked.filter((asked) => asked.startsWith("profile"))).toEqual([])
  })

  it("adds what a linked customer has besides, and touches nothing that the book has", async () => {
    await runtime.runPromise(
      Book.use((book) =>
        book.apply(
          instanceId(1),
          [line(1, 11, { terms: { ...line(1, 11).terms, quantity: 99, status: "suspended" } })],
          { dryRun: false, actor: "test", correlationId: "" }
        )
      )
    )
    const { id } = await readHierarchy()
    expect(await one(id, 1)).toMatchObject({
      status: "linked",
      account: { name: "Customer 1" },
      subscriptions: 2,
      subscriptionsKnown: 1
    })
    const before = await rows("select * from subscription")
    await execute(id, [tenantId(1)])
    expect(await rows(`select * from subscription where reference = 'S-11'`)).toEqual(before)
    expect(
      await rows(`select microsoft_id::text, parent_id = '${before[0]?.["id"]}' as below from subscription
        where reference <> 'S-11'`)
    ).toEqual([{ microsoft_id: microsoftId(12), below: true }])
    expect(await one(id, 1)).toMatchObject({ status: "imported", subscriptionsKnown: 2 })
    expect(await rows("select count(*)::int from account where kind = 'reseller'")).toEqual([
      { count: 0 }
    ])
    expect(vendor.asked.filter((asked) => asked.startsWith("profile"))).toEqual([])
  })

  it("leaves out products that the BSS does not have, with the message, until the catalogue has them", async () => {
    const public_ = OfferId.make("CFQ7TTC0PUBL:0001")
    vendor.subscriptions.set(tenantId(3), [
      observed(3, 31, plain({ offer: public_ })),
      observed(3, 32, plain({ parent: microsoftId(31) })),
      observed(3, 33, plain({ status: "deleted", offer: public_ })),
      observed(3, 34, plain({ offer: OfferId.make("CFQ7TTC0TRIA:0001"), isTrial: true }))
    ])
    // A trial is no product of its own.
    await rows("update product set trial_offer = 'CFQ7TTC0TRIA:0001'")
    const { id } = await readHierarchy()
    await execute(id)
    const customer = await one(id, 3)
    expect(customer).toMatchObject({
      status: "incomplete",
      subscriptions: 3,
      subscriptionsKnown: 1
    })
    expect(customer.notImported.map(({ microsoftId, message }) => [microsoftId, message])).toEqual([
      [
        microsoftId(31),
        "Product with offer Id: CFQ7TTC0PUBL:0001 cannot be imported because the BSS does not have it, as may be with Public Sector NCE subscriptions. Read the catalogue of the instance, then import the customer again."
      ],
      [
        microsoftId(32),
        `The add-on cannot be imported because its base subscription ${microsoftId(31)} is not in the BSS.`
      ]
    ])
    await putProducts(offer, public_)
    await execute(id, [tenantId(3)])
    expect(await one(id, 3)).toMatchObject({
      status: "imported",
      subscriptionsKnown: 3,
      notImported: []
    })
    expect((await findings()).counts).toEqual([])
  })
})

describe("an account that may be the customer", () => {
  const twin = (name: string) =>
    runtime.runPromise(
      Book.use((book) =>
        book.apply(
          instanceId(2),
          [
            line(77, 770, {
              account: { code: "C-TWIN", name },
              tenantId: name === "Same tenant" ? tenantId(3) : tenantId(77),
              tenantDomain: name === "Same domain" ? "CUSTOMER3.onmicrosoft.com" : "twin.example"
            })
          ],
          { dryRun: false, actor: "test", correlationId: "" }
        )
      )
    )
  beforeEach(() => runtime.runPromise(addInstance(2)))

  it.each([
    ["Same tenant", "tenant"],
    ["Same domain", "domain"],
    ["CUSTOMER  3", undefined],
    ["customer 3", "name"]
  ])("%s is suggested by %s, and nobody becomes it by itself", async (name, reason) => {
    await twin(name)
    const { id } = await readHierarchy()
    expect((await one(id, 3)).suggestions.map((suggestion) => suggestion.reason)).toEqual(
      reason === undefined ? [] : [reason]
    )
    await execute(id)
    const { problem, status } = await one(id, 3)
    if (reason === undefined) expect(status).toBe("imported")
    else {
      expect(status).toBe("new")
      expect(problem).toBe(
        `The account "${name}" may be this customer (same ${reason}): map the customer to it, or import it as a new account.`
      )
      expect(await one(id, 4)).toMatchObject({ status: "imported" })
    }
  })

  it("becomes it when somebody says so, and keeps what it is", async () => {
    await twin("customer 3")
    const { id } = await readHierarchy()
    const [suggestion] = (await one(id, 3)).suggestions
    const mapped = await use((imports) =>
      imports.map(id, tenantId(3), suggestion?.accountId ?? accountId(0), act)
    )
    expect(mapped).toMatchObject({ status: "mapped", account: { name: "customer 3" } })
    await execute(id, [tenantId(3)])
    expect(await rows(`select name, email, version from account where code = 'C-TWIN'`)).toEqual([
      { name: "customer 3", email: null, version: 1 }
    ])
    expect(
      await rows(
        `select tenant_id::text from account_tenant where instance_id = '${instanceId(1)}'`
      )
    ).toEqual([{ tenant_id: tenantId(3) }])
    expect(vendor.asked.filter((asked) => asked.startsWith("profile"))).toEqual([])
  })

  it("stays apart when somebody wants a new account", async () => {
    await twin("customer 3")
    const { id } = await readHierarchy()
    await execute(id, [tenantId(3)], true)
    expect(
      await rows("select count(*)::int from account where lower(name) = 'customer 3'")
    ).toEqual([{ count: 2 }])
  })

  it("is refused when it cannot be the tenant, and nothing is changed", async () => {
    await twin("customer 3")
    const { id } = await readHierarchy()
    await execute(id, [tenantId(1)])
    const [root] = await rows("select id::text from account where kind = 'organisation'")
    const { account } = await one(id, 1)
    for (const [chosen, text] of [
      [account?.id ?? accountId(0), /is the tenant .* in this instance already/u],
      [AccountId.make(String(root?.["id"])), /is an organisation/u],
      [accountId(9), /there is no account/u]
    ] as const) {
      const refused = await failure((imports) => imports.map(id, tenantId(3), chosen, act))
      expect(refused.message).toMatch(text)
    }
    expect(await one(id, 3)).toMatchObject({ status: "new", account: null })
  })
})

describe("a reseller", () => {
  it("that nobody knows is added by hand, and its customers are imported then", async () => {
    vendor.resellers = []
    const { id } = await readHierarchy()
    await execute(id)
    expect(await one(id, 1)).toMatchObject({
      status: "failed",
      problem: `Nobody knows the reseller with the MPN id ${mpn(1)}: add it to the import's resellers, or assign the customer to another one.`
    })
    const added = await use((imports) =>
      imports.putReseller(id, { mpnId: mpn(1), name: "Northwind", accountId: null }, act)
    )
    expect(added).toMatchObject({ name: "Northwind", byHand: true, customers: 2, account: null })
    expect(await one(id, 1)).toMatchObject({ status: "new", problem: null })
    await execute(id, [tenantId(1), tenantId(2)])
    expect(await statuses(id)).toEqual({
      "Customer 1": "imported",
      "Customer 2": "imported",
      "Customer 3": "imported",
      "Customer 4": "imported"
    })
    expect(await rows("select name, mpn_id, edition from account where kind = 'reseller'")).toEqual(
      [{ name: "Northwind", mpn_id: mpn(1), edition: "basic" }]
    )
  })

  it("gets customers that look direct, and the next import knows", async () => {
    const { id } = await readHierarchy()
    expect(await use((imports) => imports.assign(id, [tenantId(4)], mpn(2), act))).toBe(1)
    expect(await use((imports) => imports.assign(id, [tenantId(4)], mpn(2), act))).toBe(0)
    await use((imports) =>
      imports.putReseller(id, { mpnId: mpn(9), name: "By hand", accountId: null }, act)
    )
    const again = await readHierarchy()
    expect(await one(again.id, 4)).toMatchObject({ resellerMpnId: mpn(2), assigned: true })
    const known = await use((imports) =>
      imports.resellers(again.id, { cursor: undefined, limit: 10 })
    )
    expect(known.items.map(({ byHand, name }) => [name, byHand])).toEqual([
      ["Reseller 1", false],
      ["Reseller 2", false],
      ["By hand", true]
    ])
    expect(
      await rows(
        "select field, actor, after::text from history where field like 'import.%' order by id"
      )
    ).toEqual([
      { field: "import.reseller", actor: act.actor, after: `"${mpn(2)}"` },
      {
        field: "import.reseller",
        actor: act.actor,
        after: JSON.stringify({ mpnId: mpn(9), name: "By hand", accountId: null })
      }
    ])
    await execute(again.id)
    expect(
      await rows(`select parent.name from account join account parent on parent.id = account.parent_id
        where account.name = 'Customer 4'`)
    ).toEqual([{ name: "Reseller 2" }])
  })

  it("is the account that has its MPN id; of several, the one that somebody says", async () => {
    await runtime.runPromise(
      Book.use((book) =>
        book.apply(
          instanceId(1),
          [8, 9].map((n) =>
            line(n, n, { reseller: { code: `R-${n}`, name: `Double ${n}`, mpnId: mpn(1) } })
          ),
          { dryRun: false, actor: "test", correlationId: "" }
        )
      )
    )
    const { id } = await readHierarchy()
    await execute(id, [tenantId(1)])
    expect((await one(id, 1)).problem).toMatch(/^Several resellers have the MPN id/u)
    const [chosen] = await rows("select id::text from account where code = 'R-9'")
    const { items } = await runtime.runPromise(
      Accounts.use((accounts) => accounts.search("R-9", null, { cursor: undefined, limit: 1 }))
    )
    expect(items[0]?.id).toBe(chosen?.["id"])
    await use((imports) =>
      imports.putReseller(
        id,
        { mpnId: mpn(1), name: "Double", accountId: items[0]?.id ?? null },
        act
      )
    )
    await execute(id, [tenantId(1)])
    expect((await one(id, 1)).status).toBe("imported")
    expect(
      await rows(`select parent.code from account join account parent on parent.id = account.parent_id
        where account.name = 'Customer 1'`)
    ).toEqual([{ code: "R-9" }])
  })

  it("is refused in a direct partner's instance, and when nobody has added it", async () => {
    const { id } = await readHierarchy()
    expect(
      (await failure((imports) => imports.assign(id, [tenantId(4)], mpn(9), act))).message
    ).toBe(
      `Nothing was changed. mpnId: the import has no reseller with the MPN id ${mpn(9)}: add it first.`
    )
    expect(
      await failure((imports) => imports.assign(id, [tenantId(4), tenantId(99)], mpn(2), act))
    ).toMatchObject({ _tag: "ImportCustomerNotFound", tenantId: tenantId(99) })
    expect((await one(id, 4)).assigned).toBe(false)
    await rows("update instance set csp_status = 'direct'")
    expect(
      (await failure((imports) => imports.assign(id, [tenantId(4)], mpn(2), act))).message
    ).toMatch(/has no resellers/u)
  })
})

describe("what goes wrong", () => {
  it("an import that is interrupted goes on where it was, and nothing is there twice", async () => {
    vendor.customers = Array.from({ length: 230 }, (_, n) => customer(n + 1))
    for (const { tenantId: id } of vendor.customers)
      if (!vendor.subscriptions.has(id))
        vendor.subscriptions.set(id, [
          {
            ...observed(1, 1),
            tenantId: id,
            microsoftId: microsoftId(Number.parseInt(id.slice(-6), 16) + 1_000)
          }
        ])
    const { id } = await readHierarchy()
    await use((imports) =>
      imports.execute(id, { customers: "all", asNew: false, orderingEnabled: true }, "key:runner")
    )
    let profiles = 0
    const reached = Latch.makeUnsafe(false)
    vendor.beforeProfile = Effect.suspend(() =>
      ++profiles > 130 ? Effect.andThen(reached.open, Effect.never) : Effect.void
    )
    await runtime.runPromise(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          continueImport(id, { concurrency: 4, giveUp: () => false })
        )
        yield* reached.await
        yield* Fiber.interrupt(fiber)
      })
    )
    vendor.beforeProfile = Effect.void
    expect(await get(id)).toMatchObject({ status: "importing", customersImported: 100 })
    expect(await rows("select count(*)::int from account_tenant")).toEqual([{ count: 100 }])
    await work(id)
    expect(await get(id)).toMatchObject({
      status: "ready",
      customersImported: 230,
      customersWaiting: 0
    })
    expect(
      await rows(`select (select count(*)::int from account where kind = 'customer') as accounts,
        (select count(*)::int from subscription) as subscriptions,
        (select count(distinct microsoft_id)::int from subscription) as ids,
        (select count(*)::int from account where ordering_enabled) as ordering`)
    ).toEqual([{ accounts: 230, subscriptions: 231, ids: 231, ordering: 230 }])
  })

  it("a customer that cannot be read now is read later; one that never can says why, and the others are there", async () => {
    vendor.failures.set(`subscriptions ${tenantId(2)}`, new Busy({ retryAfterMs: null }))
    vendor.failures.set(`subscriptions ${tenantId(3)}`, new NoRelationship({}))
    const { id } = await runtime.runPromise(requestImport("key:test", "instance-1"))
    expect(await work(id, false)).toMatch(/^subscriptions: Busy/u)
    expect(await get(id)).toMatchObject({ status: "reading", customersRead: 3, customersFailed: 1 })
    expect(await work(id, true)).toBeNull()
    expect(await get(id)).toMatchObject({ status: "ready", customersRead: 4, customersFailed: 2 })
    vendor.failures.delete(`subscriptions ${tenantId(2)}`)
    const after = await execute(id)
    expect(after).toMatchObject({ customersImported: 3, customersFailed: 1 })
    expect(await one(id, 3)).toMatchObject({
      status: "failed",
      problem: "It is no customer of ours any more."
    })
  })

  it("a profile that Microsoft does not show is no reason to stop", async () => {
    vendor.failures.set(`profile ${tenantId(3)}`, new Refused({}))
    vendor.profiles.set(tenantId(4), { ...profile(4), email: "not an address", culture: "xx" })
    const { id } = await readHierarchy()
    await execute(id)
    expect(await one(id, 3)).toMatchObject({
      status: "imported",
      notes: ["address, e-mail and phone are not known: profile: Refused (HTTP 500): no"]
    })
    expect((await one(id, 4)).notes).toEqual([
      'email was left empty: "not an address" cannot be taken over'
    ])
  })

  it("names of strangers are one line of text, and nothing else", async () => {
    const names = [
      "a\u0000b\nc\u2028d",
      `Robert'); drop table account;--`,
      '=HYPERLINK("http://x")',
      "x".repeat(10_000),
      "\u202egnp.exe \ud800",
      "   "
    ]
    vendor.customers = names.map((name, n) => customer(n + 1, name))
    vendor.subscriptions.set(tenantId(2), [
      { ...observed(2, 21, ofReseller(1, { friendlyName: 'a"\\\n\u2028' })), name: "\u0001\n" }
    ])
    vendor.profiles.set(tenantId(1), {
      ...profile(1),
      firstName: "\u0000",
      address: { ...(profile(1).address ?? noAddress()), line1: "1\n2", city: "x".repeat(5_000) }
    })
    const { id } = await readHierarchy()
    await execute(id)
    expect(await get(id)).toMatchObject({ customersImported: 6, customersFailed: 0 })
    const kept = await rows("select name from account where kind = 'customer'")
    expect(kept).toHaveLength(6)
    for (const { name } of kept) {
      expect(String(name)).toMatch(/^[^\p{Cc}\u2028\u2029]{1,400}$/u)
      expect(String(name).isWellFormed()).toBe(true)
    }
    expect(kept.map(({ name }) => name)).toContain("customer6.onmicrosoft.com")
    expect(
      await rows(`select name from subscription where microsoft_id = '${microsoftId(21)}'`)
    ).toEqual([{ name: offer }])
  })

  it("is stopped by whoever wants: what waits is not imported, and the hierarchy stays", async () => {
    const { id } = await readHierarchy()
    await use((imports) =>
      imports.execute(id, { customers: "all", asNew: false, orderingEnabled: false }, "key:runner")
    )
    expect(await use((imports) => imports.cancel(id))).toMatchObject({
      status: "ready",
      customersWaiting: 0
    })
    await work(id)
    expect(await rows("select count(*)::int from account_tenant")).toEqual([{ count: 0 }])
    expect(await runtime.runPromise(customerImportQueue.counts())).toMatchObject({ waiting: 0 })
    const other = await runtime.runPromise(requestImport("key:test", "instance-1"))
    expect(await use((imports) => imports.cancel(other.id))).toMatchObject({ status: "cancelled" })
    expect(
      await failure((imports) =>
        imports.execute(
          other.id,
          { customers: "all", asNew: false, orderingEnabled: false },
          "key:runner"
        )
      )
    ).toMatchObject({ _tag: "ImportNotReady" })
  })

  it("one of an instance is read at a time, and a lost job comes back", async () => {
    const first = await runtime.runPromise(requestImport("key:test", "instance-1"))
    expect((await runtime.runPromise(requestImport("key:test", "instance-1"))).id).toBe(first.id)
    await rows("delete from pgboss.job")
    expect(await runtime.runPromise(Imports.use(({ recover }) => recover))).toBe(1)
    expect(await runtime.runPromise(Imports.use(({ recover }) => recover))).toBe(0)
    await work(first.id)
    const second = await runtime.runPromise(requestImport("key:test", "instance-1"))
    expect(
      await failure((imports) =>
        imports.execute(
          first.id,
          { customers: "all", asNew: false, orderingEnabled: false },
          "key:runner"
        )
      )
    ).toMatchObject({ _tag: "ImportUnderWay", id: second.id })
    await use((imports) => imports.cancel(second.id))
    await use((imports) =>
      imports.execute(
        first.id,
        { customers: "all", asNew: false, orderingEnabled: false },
        "key:runner"
      )
    )
    expect(
      await runtime.runPromise(Effect.flip(requestImport("key:test", "instance-1")))
    ).toMatchObject({ _tag: "ImportUnderWay", id: first.id })
  })
})

const noAddress = (): never => {
  throw new Error("the profile has an address")
}

/** Customers 1 to 4 with subscriptions of every kind; ids never meet. */
const worlds = fc.array(
  fc.record({
    customer: fc.integer({ min: 1, max: 4 }),
    reseller: fc.constantFrom(null, 1, 2, 3),
    status: fc.constantFrom("active", "suspended", "expired", "deleted"),
    known: fc.boolean(),
    addon: fc.boolean(),
    sold: fc.boolean()
  }),
  { maxLength: 8 }
)

describe("of any customers", () => {
  it("every live subscription of a product that the BSS has is in the book once, under its tenant's account; twice is once", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await runtime.runPromise(
          emptied("customer_import", "sync_option").pipe(
            Effect.andThen(clear),
            Effect.andThen(addInstance(1)),
            Effect.andThen(rowsOf("update instance set csp_status = 'indirect'"))
          )
        )
        await putProducts(offer)
        vendor.subscriptions.clear()
        const all = world.map(({ addon, customer, reseller, sold, status }, n) => {
          const base = world.findIndex((other) => other.customer === customer && !other.addon)
          const parent = addon && base >= 0 && base !== n ? microsoftId(base + 1) : null
          return observed(
            customer,
            n + 1,
            plain({
              partnerOfRecord: reseller === null ? null : mpn(reseller),
              status,
              parent,
              offer: sold ? offer : OfferId.make("CFQ7TTC0NONE:0001")
            })
          )
        })
        for (const n of [1, 2, 3, 4])
          vendor.subscriptions.set(
            tenantId(n),
            all.filter((one) => one.tenantId === tenantId(n))
          )
        const book = world.flatMap(({ customer, known }, n) =>
          known ? [line(customer, n + 1)] : []
        )
        if (book.length > 0)
          await runtime.runPromise(
            Book.use((port) =>
              port.apply(instanceId(1), book, { dryRun: false, actor: "test", correlationId: "" })
            )
          )
        const { id } = await readHierarchy()
        await use((imports) =>
          imports.putReseller(id, { mpnId: mpn(3), name: "By hand", accountId: null }, act)
        )
        await execute(id)
        const held = await rows(
          "select s.microsoft_id::text as id from subscription s join account_tenant t using (tenant_id, account_id) order by 1"
        )
        const importable = (n: number): boolean => {
          const { known, sold, status } = world[n] ?? { known: false, sold: false, status: "" }
          if (known) return true
          const parent = all[n]?.terms.parent ?? null
          const live = status === "active" || status === "suspended"
          const at = parent === null ? -1 : all.findIndex((one) => one.microsoftId === parent)
          return live && sold && (parent === null || importable(at))
        }
        expect(held.map(({ id }) => id)).toEqual(
          world.flatMap((_, n) => (importable(n) ? [microsoftId(n + 1)] : [])).sort()
        )
        const before = await everything()
        await execute(id)
        expect(await everything()).toEqual(before)
      }),
      { numRuns: 6 }
    )
  })
})
