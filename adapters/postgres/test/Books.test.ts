import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import type { Product } from "@concordat/core/catalogue/Product"
import type { Baseline } from "@concordat/core/reconciliation/Baseline"
import { Books, type CustomerBook } from "@concordat/core/reconciliation/Books"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { Mirror } from "@concordat/core/reconciliation/Mirror"
import type { Run } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import { OfferId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, ManagedRuntime, Stream } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  accountId,
  addInstance,
  clear,
  euros,
  instanceId,
  line,
  microsoftId,
  now,
  observed,
  offer,
  repositories,
  reseller,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() =>
  runtime.runPromise(clear.pipe(Effect.andThen(addInstance(1)), Effect.andThen(addInstance(2))))
)

const rows = (text: string) => runtime.runPromise(rowsOf(text))
const imported = (lines: ReadonlyArray<BookLine>, at = 1) =>
  runtime.runPromise(
    Book.use((book) =>
      book.apply(instanceId(at), lines, { dryRun: false, actor: "test", correlationId: "" })
    )
  )
const recording = (customer: number, subscriptions: ReadonlyArray<Observed>, at = 1) =>
  Mirror.use((mirror) =>
    mirror.record(
      [
        {
          _tag: "Listed",
          instanceId: instanceId(at),
          environment: "primary",
          tenantId: tenantId(customer),
          at: now,
          digest: "d",
          subscriptions
        }
      ],
      { actor: "test", correlationId: "" }
    )
  )
const mirrored = (...of: Parameters<typeof recording>) => runtime.runPromise(recording(...of))
/** A run that has observed the customers, all but those that failed. */
const observedBy = async (
  of: Run,
  customers: ReadonlyArray<number>,
  failed: ReadonlyArray<number> = []
) => {
  await runtime.runPromise(
    Runs.use((runs) =>
      Effect.gen(function* () {
        yield* runs.request(of)
        yield* runs.observe(of, [...customers, ...failed].map(tenantId), [], 0)
        yield* runs.observed(of.instanceId, [
          ...customers.map((n) => ({ tenantId: tenantId(n), problem: null, requests: 1 })),
          ...failed.map((n) => ({ tenantId: tenantId(n), problem: "not reached", requests: 1 }))
        ])
      })
    )
  )
  return of
}
const customersOf = (of: Run) =>
  Stream.unwrap(Books.use((books) => Effect.succeed(books.customers(of, now))))
const read = async (of: Run): Promise<ReadonlyArray<CustomerBook>> =>
  (await runtime.runPromise(Stream.runCollect(customersOf(of)))).flat()
const accountOf = async (code: string): Promise<AccountId> => {
  const { items } = await runtime.runPromise(
    Accounts.use((accounts) => accounts.search(code, null, { cursor: undefined, limit: 1 }))
  )
  return items[0]?.id ?? accountId(0)
}
const subscriptionOf = async (reference: string) => {
  const [row] = await rows(`select id::text from subscription where reference = '${reference}'`)
  return SubscriptionId.make(String(row?.["id"]))
}

describe("the customers of a run", () => {
  it("come with both sides, what was agreed, and their account, in the order of its name", async () => {
    await imported([
      line(1, 1, { account: { code: "C-1", name: "zeta" } }),
      line(1, 2, { account: { code: "C-1", name: "zeta" }, parentReference: "S-1" }),
      line(2, 3, { account: { code: "C-2", name: "Alpha" } })
    ])
    await mirrored(1, [observed(1, 1), observed(1, 2)])
    await mirrored(2, [])
    const id = await subscriptionOf("S-1")
    const baseline: Baseline = {
      subscriptionId: id,
      microsoftId: microsoftId(1),
      terms: { quantity: 9 },
      agreedAt: Instant.make(now - 1)
    }
    await runtime.runPromise(Books.use((books) => books.agree([baseline])))
    const [alpha, zeta] = await read(await observedBy(run(1), [1, 2]))
    expect(alpha).toMatchObject({ name: "Alpha", accountId: await accountOf("C-2") })
    expect(alpha?.customer).toMatchObject({ tenantId: tenantId(2), observed: [] })
    expect(zeta).toMatchObject({ name: "zeta", accountId: await accountOf("C-1") })
    expect(zeta?.customer).toMatchObject({ instanceId: instanceId(1), cspStatus: "direct" })
    expect(zeta?.customer.observed).toEqual([observed(1, 1), observed(1, 2)])
    expect(zeta?.customer.baselines).toEqual(new Map([[id, baseline]]))
    const [base, addon] = (zeta?.customer.subscriptions ?? []).toSorted((a, b) =>
      a.reference < b.reference ? -1 : 1
    )
    expect(base).toMatchObject({
      id,
      reference: "S-1",
      instanceId: instanceId(1),
      accountId: await accountOf("C-1"),
      tenantId: tenantId(1),
      microsoftId: microsoftId(1),
      name: "Subscription 1",
      isAddon: false,
      terms: { ...line(1, 1).terms, parent: null },
      unitPrice: { amount: euros("20.6").amount },
      acceptedAt: null
    })
    expect(addon).toMatchObject({ isAddon: true, terms: { parent: microsoftId(1) } })
  })

  it("do not have the fields that the book does not keep, nor a parent that has no Microsoft id yet", async () => {
    await imported([
      line(1, 1, {
        microsoftId: null,
        terms: { ...line(1, 1).terms, term: undefined, autoRenew: undefined }
      }),
      line(1, 2, { parentReference: "S-1", acceptedAt: Instant.make(now + 123) }),
      line(1, 3, { parentReference: undefined })
    ])
    await mirrored(1, [])
    const [customer] = await read(await observedBy(run(1), [1]))
    const of = (reference: string) =>
      customer?.customer.subscriptions.find((s) => s.reference === reference)
    expect(of("S-1")?.terms).toMatchObject({ commitmentEnd: now, parent: null })
    expect(of("S-1")?.terms.term).toBeUndefined()
    expect(of("S-1")?.terms.autoRenew).toBeUndefined()
    expect(of("S-2")?.terms.parent).toBeUndefined()
    expect(of("S-3")?.terms.parent).toBeUndefined()
    expect(of("S-2")?.acceptedAt).toBe(now + 123)
  })

  it("are not those that could not be observed", async () => {
    await imported([line(1, 1), line(2, 2)])
    await mirrored(1, [observed(1, 1)])
    await mirrored(2, [observed(2, 2)])
    const books = await read(await observedBy(run(1), [1], [2]))
    expect(books.map(({ customer }) => customer.tenantId)).toEqual([tenantId(1)])
  })

  it("are also those that no account knows, under Partner Center's name", async () => {
    await runtime.runPromise(
      Runs.use((runs) =>
        Effect.gen(function* () {
          yield* runs.request(run(1))
          const seen = [{ tenantId: tenantId(9), name: "Stranger", domain: "stranger.example" }]
          yield* runs.observe(run(1), [tenantId(9)], seen, 0)
          yield* recording(9, [observed(9, 9)])
          yield* runs.observed(instanceId(1), [
            { tenantId: tenantId(9), problem: null, requests: 1 }
          ])
        })
      )
    )
    expect(await read(run(1))).toMatchObject([
      { name: "Stranger", accountId: null, customer: { observed: [observed(9, 9)] } }
    ])
  })

  it("say where else Partner Center holds what is missing, and who else claims what is there", async () => {
    await imported([line(1, 1), line(2, 2)])
    await imported([line(3, 3, { microsoftId: microsoftId(7) })], 2)
    // 1 lies in tenant 2, 2 in instance 2; tenant 1 has 7, which another instance's subscription claims.
    await mirrored(1, [observed(1, 7)])
    await mirrored(2, [observed(2, 1)])
    await mirrored(3, [observed(3, 2, {}, 2)], 2)
    const [one, two] = await read(await observedBy(run(1), [1, 2]))
    expect(one?.elsewhere).toEqual(new Map([[microsoftId(1), observed(2, 1)]]))
    expect(one?.claimedElsewhere).toEqual(new Set([microsoftId(7)]))
    expect(two?.elsewhere).toEqual(new Map([[microsoftId(2), observed(3, 2, {}, 2)]]))
    expect(two?.claimedElsewhere).toEqual(new Set([microsoftId(1)]))
  })

  it("are claimed by live subscriptions only", async () => {
    const ended = { ...line(2, 2).terms, status: "deleted" } as const
    await imported([line(1, 1), line(2, 2, { microsoftId: microsoftId(7), terms: ended })])
    await mirrored(1, [observed(1, 1), observed(1, 7)])
    const [one] = await read(await observedBy(run(1), [1]))
    expect(one?.claimedElsewhere).toEqual(new Set())
  })

  it("of an account are those below it, and of a branch never a neighbour's, not even by id", async () => {
    await imported([
      line(1, 1, { reseller: reseller(1) }),
      line(2, 2, { reseller: reseller(2) }),
      line(3, 3)
    ])
    // Each reseller's subscription lies in the neighbour's tenant.
    await mirrored(1, [observed(1, 2)])
    await mirrored(2, [observed(2, 1)])
    await mirrored(3, [])
    const [one, two] = [await accountOf("R-1"), await accountOf("R-2")]
    const account = await read(await observedBy(run(1, { kind: "account", id: one }), [1, 2, 3]))
    expect(account.map(({ name }) => name)).toEqual(["Customer 1"])
    // An operator may know where it is.
    expect(account[0]?.elsewhere.size).toBe(1)
    const branch = await read(await observedBy(run(2, { kind: "organisation" }, two), [1, 2, 3]))
    expect(branch.map(({ name }) => name)).toEqual(["Customer 2"])
    expect(branch[0]?.elsewhere).toEqual(new Map())
    expect(branch[0]?.claimedElsewhere).toEqual(new Set())
    expect(JSON.stringify(branch[0]?.customer)).not.toContain(tenantId(1))
  })

  it("of a large run come some at a time, each once, in order", async () => {
    const count = 1_050
    await imported(
      Array.from({ length: count }, (_, at) =>
        line(at + 1, at + 1, {
          account: { code: `C-${at + 1}`, name: `Customer ${String(count - at).padStart(5, "0")}` }
        })
      )
    )
    await rows(`insert into observed_customer (instance_id, tenant_id, state)
      select instance_id, tenant_id, 'listed' from account_tenant`)
    const all = Array.from({ length: count }, (_, at) => at + 1)
    const chunks = await runtime.runPromise(
      Stream.runCollect(customersOf(await observedBy(run(1), all)))
    )
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(500)
    expect(chunks.flat().map(({ customer }) => customer.tenantId)).toEqual(
      all.toReversed().map(tenantId)
    )
  })

  it("are one snapshot: what changes while they are read is not seen", async () => {
    await imported(Array.from({ length: 900 }, (_, at) => line(at + 1, at + 1)))
    const all = Array.from({ length: 900 }, (_, at) => at + 1)
    const of = await observedBy(run(1), all)
    let changed = false
    const quantities = customersOf(of).pipe(
      Stream.mapEffect((chunk) =>
        Effect.gen(function* () {
          if (!changed) {
            changed = true
            yield* rowsOf(
              `update subscription set terms = jsonb_set(terms::jsonb, '{quantity}', '99')`
            )
          }
          return chunk.flatMap(({ customer }) =>
            customer.subscriptions.map(({ terms }) => terms.quantity)
          )
        })
      ),
      Stream.runCollect
    )
    expect(new Set((await runtime.runPromise(quantities)).flat())).toEqual(new Set([10]))
  })

  it("can be read within a transaction that writes what was compared", async () => {
    await imported([line(1, 1)])
    await mirrored(1, [observed(1, 1)])
    const of = await observedBy(run(1), [1])
    const program = UnitOfWork.use((unit) =>
      unit.within(
        Effect.andThen(
          rowsOf("update account set name = 'renamed here'"),
          Stream.runCollect(customersOf(of))
        )
      )
    )
    expect((await runtime.runPromise(program)).flat()[0]?.name).toBe("Customer 1")
  })
})

describe("what both sides agreed on", () => {
  const id = () => subscriptionOf("S-1")
  const baseline = async (terms: Baseline["terms"], given: Partial<Baseline> = {}) => ({
    subscriptionId: await id(),
    microsoftId: microsoftId(1),
    terms,
    agreedAt: now,
    ...given
  })
  const agree = (...baselines: ReadonlyArray<Baseline>) =>
    runtime.runPromise(Books.use((books) => books.agree(baselines)))
  const history = () =>
    rows("select field, before, after from history where side = 'baseline' order by id")

  it("is kept, written only where it changes, field by field in the history", async () => {
    await imported([line(1, 1), line(1, 2)])
    const other = await baseline({ quantity: 1 }, { subscriptionId: await subscriptionOf("S-2") })
    await agree(await baseline({ quantity: 10, autoRenew: true }), other)
    const before = await rows("select subscription_id, xmin::text from baseline order by 1")
    await agree(await baseline({ quantity: 10, autoRenew: true }), other)
    expect(await rows("select subscription_id, xmin::text from baseline order by 1")).toEqual(
      before
    )
    await agree(await baseline({ quantity: 12, autoRenew: true }), other)
    expect((await history()).slice(2)).toEqual([{ field: "quantity", before: 10, after: 12 }])
  })

  it("begins anew with another Microsoft id", async () => {
    await imported([line(1, 1)])
    await agree(await baseline({ quantity: 10 }))
    await agree(await baseline({ quantity: 11 }, { microsoftId: microsoftId(5) }))
    expect((await history())[1]).toEqual({
      field: null,
      before: { quantity: 10 },
      after: { quantity: 11 }
    })
    expect(await rows("select microsoft_id, terms from baseline")).toEqual([
      { microsoft_id: microsoftId(5), terms: { quantity: 11 } }
    ])
  })
})

describe("the products of a run", () => {
  const product: Product = {
    offer,
    name: "Business Premium",
    isTrial: false,
    isAddon: false,
    singleActive: true,
    prices: [
      { term: "P1Y", billingCycle: "monthly", price: euros("20.6") },
      { term: null, billingCycle: "annual", price: euros("247.2") }
    ]
  }
  const other = { ...product, offer: OfferId.make("CFQ7TTC0LH18:0001"), prices: [] }
  const put = (...products: ReadonlyArray<Product>) =>
    runtime.runPromise(Catalogue.use((catalogue) => catalogue.put(instanceId(1), products)))
  const products = async (at = 1) =>
    runtime.runPromise(
      Books.use((books) => books.products({ ...run(1), instanceId: instanceId(at) }))
    )

  /** A decimal remembers how it was last shown; what it is remains. */
  const plain = (found: ReadonlyMap<OfferId, Product>): unknown =>
    JSON.parse(JSON.stringify([...found].toSorted(([a], [b]) => (a < b ? -1 : 1))))

  it("are the catalogue of its instance, with their prices", async () => {
    await put(product, other)
    expect(plain(await products())).toEqual(
      plain(
        new Map([
          [offer, product],
          [other.offer, other]
        ])
      )
    )
    expect(await products(2)).toEqual(new Map())
  })

  it("are replaced by offer; those that are not named stay", async () => {
    await put(product, other)
    await put({ ...product, name: "Renamed", prices: product.prices.slice(1) })
    expect((await products()).get(offer)).toMatchObject({
      name: "Renamed",
      prices: [{ billingCycle: "annual" }]
    })
    expect((await products()).get(other.offer)).toEqual(other)
  })

  it("that are put again are not rewritten", async () => {
    await put(product)
    const versions = () =>
      rows("select xmin::text from product union all select xmin::text from product_price")
    const before = await versions()
    await put(product)
    expect(await versions()).toEqual(before)
  })
})

it("a run compares what was observed and keeps the report, the baselines and its end together", async () => {
  await imported([line(1, 1), line(1, 2), line(2, 3)])
  const { terms } = observed(1, 2)
  await mirrored(1, [observed(1, 1), observed(1, 2, { terms: { ...terms, quantity: 12 } })])
  await mirrored(2, [])
  await observedBy(run(1), [1, 2])
  await runtime.runPromise(compareRun(runId(1)))
  expect(await runtime.runPromise(Runs.use((runs) => runs.get(runId(1), null)))).toMatchObject({
    status: "completed",
    rows: 3,
    findings: 2,
    problem: null
  })
  expect(await rows("select kind from finding order by 1")).toEqual([
    { kind: "not-found" },
    { kind: "quantity" }
  ])
  expect(await rows("select terms::jsonb ? 'quantity' as agreed from baseline order by 1")).toEqual(
    [{ agreed: false }, { agreed: true }]
  )
})
