import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import type { PageRequest } from "@concordat/core/page/Page"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import { Reports, type RowFilter } from "@concordat/core/reconciliation/Reports"
import type { Run } from "@concordat/core/reconciliation/Run"
import { type ReportRow, Runs, type Totals } from "@concordat/core/reconciliation/Runs"
import { type Subscription, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, ManagedRuntime, Option, Stream } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  compareRunQueue,
  customerKey,
  listCustomersQueue,
  observeCustomerQueue
} from "../src/queues.ts"
import {
  accountId,
  addInstance,
  clear,
  euros,
  instanceId,
  line,
  microsoftId,
  observed,
  repositories,
  reseller,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())

/** Customers 1 and 2 of reseller 1, customer 3 of reseller 2, customer 4 direct. */
const book = Book.use((book) =>
  book.apply(
    instanceId(1),
    [
      line(1, 1, { reseller: reseller(1) }),
      line(1, 2, { reseller: reseller(1), parentReference: "S-1" }),
      line(2, 3, { reseller: reseller(1) }),
      line(3, 4, { reseller: reseller(2) }),
      line(4, 5)
    ],
    { dryRun: false, actor: "test", correlationId: "" }
  )
)
beforeEach(() =>
  runtime.runPromise(clear.pipe(Effect.andThen(addInstance(1)), Effect.andThen(book)))
)

type Service = Runs["Service"]
const use = <A, E>(f: (runs: Service) => Effect.Effect<A, E>) => runtime.runPromise(Runs.use(f))
const failure = <A, E>(f: (runs: Service) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flip(Runs.use(f)))
const rows = (text: string) => runtime.runPromise(rowsOf(text))
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
const tenants = (...of: ReadonlyArray<number>) => of.map(tenantId)
const waiting = (queue: typeof compareRunQueue | typeof observeCustomerQueue) =>
  runtime.runPromise(Effect.map(queue.counts(), ({ waiting }) => waiting))
const key = (customer: number) =>
  customerKey({ instanceId: instanceId(1), tenantId: tenantId(customer) })
const get = (n: number) => use((runs) => runs.get(runId(n), null))
const outcome = (customer: number, problem: string | null = null, requests = 1) => ({
  tenantId: tenantId(customer),
  problem,
  requests
})
const observing = async (of: Run, ...customers: ReadonlyArray<number>) => {
  await use((runs) => runs.request(of))
  await use((runs) => runs.listing(of.id))
  await use((runs) => runs.observe(of, tenants(...customers), [], 2))
}
const settle = (...outcomes: ReadonlyArray<ReturnType<typeof outcome>>) =>
  use((runs) => runs.observed(instanceId(1), outcomes))

describe("a request", () => {
  it("keeps the run and enqueues its listing, both or neither", async () => {
    await use((runs) => runs.request(run(1)))
    expect(await get(1)).toEqual(run(1))
    expect(
      await runtime.runPromise(listCustomersQueue.counts({ payload: { runId: runId(1) } }))
    ).toMatchObject({ waiting: 1 })
    const failing = UnitOfWork.use((unit) =>
      unit.within(
        Effect.andThen(
          Runs.use((runs) => runs.request(run(2))),
          Effect.fail("no")
        )
      )
    )
    await runtime.runPromise(Effect.flip(failing))
    expect(await failure((runs) => runs.get(runId(2), null))).toMatchObject({ _tag: "RunNotFound" })
    expect(
      await runtime.runPromise(listCustomersQueue.counts({ payload: { runId: runId(2) } }))
    ).toMatchObject({ waiting: 0 })
  })

  it("is refused for an account or subscription that the caller's branch does not have", async () => {
    const [one, neighbour] = [await accountOf("R-1"), await accountOf("C-3")]
    const theirs = await subscriptionOf("S-4")
    expect(
      await failure((runs) => runs.request(run(1, { kind: "account", id: neighbour }, one)))
    ).toMatchObject({ _tag: "ScopeNotFound", kind: "account" })
    expect(
      await failure((runs) => runs.request(run(1, { kind: "subscription", id: theirs }, one)))
    ).toMatchObject({ _tag: "ScopeNotFound", kind: "subscription" })
    expect(
      await failure((runs) =>
        runs.request({ ...run(1, { kind: "account", id: one }), instanceId: instanceId(9) })
      )
    ).toMatchObject({ _tag: "ScopeNotFound" })
    const own = run(1, { kind: "account", id: await accountOf("C-2") }, one)
    await use((runs) => runs.request(own))
    expect((await use((runs) => runs.get(runId(1), one))).scope).toEqual(own.scope)
  })
})

describe("runs of others", () => {
  it("do not exist outside their branch, alone or in the list", async () => {
    const [one, two] = [await accountOf("R-1"), await accountOf("R-2")]
    await use((runs) => runs.request(run(1, { kind: "organisation" }, one)))
    await use((runs) => runs.request(run(2, { kind: "organisation" }, two)))
    await use((runs) => runs.request(run(3)))
    const listed = async (branch: AccountId | null) =>
      (await use((runs) => runs.list(branch, { cursor: undefined, limit: 10 }))).items.map(
        ({ id }) => id
      )
    expect(await listed(null)).toEqual([runId(3), runId(2), runId(1)])
    expect(await listed(one)).toEqual([runId(1)])
    for (const id of [runId(2), runId(3)]) {
      expect(await failure((runs) => runs.get(id, one))).toMatchObject({ _tag: "RunNotFound" })
      expect(await failure((runs) => runs.cancel(id, one))).toMatchObject({ _tag: "RunNotFound" })
    }
    expect((await get(2)).status).toBe("queued")
  })

  it("are paged newest first; a run that comes meanwhile moves nothing", async () => {
    for (const n of [1, 2, 3, 4]) await use((runs) => runs.request(run(n)))
    const first = await use((runs) => runs.list(null, { cursor: undefined, limit: 2 }))
    await use((runs) => runs.request(run(5)))
    const second = await use((runs) =>
      runs.list(null, { cursor: first.next ?? undefined, limit: 2 })
    )
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([4, 3, 2, 1].map(runId))
    expect(second.next).toBeNull()
  })
})

describe("the tenants of a scope", () => {
  const of = async (scope: Run["scope"], branch: AccountId | null = null) =>
    (await use((runs) => runs.tenantsOf(instanceId(1), "primary", scope, branch))).toSorted()
  it("are those of the whole book, of an account with all below it, or of one subscription", async () => {
    expect(await of({ kind: "organisation" })).toEqual(tenants(1, 2, 3, 4))
    expect(await of({ kind: "account", id: await accountOf("R-1") })).toEqual(tenants(1, 2))
    expect(await of({ kind: "subscription", id: await subscriptionOf("S-4") })).toEqual(tenants(3))
  })
  it("are only those of the branch", async () => {
    const two = await accountOf("R-2")
    expect(await of({ kind: "organisation" }, two)).toEqual(tenants(3))
    expect(await of({ kind: "account", id: await accountOf("R-1") }, two)).toEqual([])
  })
})

describe("observing", () => {
  it("enqueues one job for each customer, and again nothing", async () => {
    await observing(run(1), 1, 2, 3)
    expect(await waiting(observeCustomerQueue)).toBe(3)
    const before = await get(1)
    expect(before).toMatchObject({ status: "observing", customers: 3, requests: 2 })
    await use((runs) => runs.observe(run(1), tenants(1, 2, 3), [], 2))
    expect(await get(1)).toEqual(before)
    expect(await waiting(observeCustomerQueue)).toBe(3)
  })

  it("with nobody to observe enqueues the comparison", async () => {
    await observing(run(1))
    expect(await waiting(compareRunQueue)).toBe(1)
    expect(await use((runs) => runs.comparing(runId(1)))).toBe(true)
  })

  it("keeps the names of customers that only Partner Center knows", async () => {
    await use((runs) => runs.request(run(1)))
    const seen = [{ tenantId: tenantId(9), name: "Stranger", domain: "stranger.example" }]
    await use((runs) => runs.observe(run(1), tenants(9), seen, 1))
    expect(await rows("select tenant_id, state, name, domain from observed_customer")).toEqual([
      { tenant_id: tenantId(9), state: "seen", name: "Stranger", domain: "stranger.example" }
    ])
  })

  it("a job of one customer serves all runs that wait for it", async () => {
    await observing(run(1), 1, 2)
    await observing(run(2), 2, 3)
    expect(await waiting(observeCustomerQueue)).toBe(3)
    await settle(outcome(2, null, 4))
    expect(await get(1)).toMatchObject({ customersObserved: 1, requests: 6 })
    expect(await get(2)).toMatchObject({ customersObserved: 1, requests: 6 })
  })

  it("a run that began to wait while the customer was being looked at gets a look of its own", async () => {
    await observing(run(1), 1)
    await rows(
      "update pgboss.job set state = 'active', started_on = now() where name = 'observe-customer'"
    )
    await observing(run(2), 1)
    expect(await waiting(observeCustomerQueue)).toBe(1)
    await settle(outcome(1))
    expect(await get(1)).toMatchObject({ customersObserved: 1 })
    expect(await get(2)).toMatchObject({ customersObserved: 0 })
    await rows("update pgboss.job set state = 'completed' where state = 'active'")
    await rows(
      "update pgboss.job set state = 'active', started_on = now() where name = 'observe-customer' and state = 'created'"
    )
    await settle(outcome(1))
    expect(await get(2)).toMatchObject({ customersObserved: 1 })
  })

  it("a person's run hurries the jobs along that wait for a sweep", async () => {
    await observing(run(1), 1, 2, 3)
    await observing(run(2, { kind: "account", id: await accountOf("C-2") }), 2)
    expect(
      await rows(
        "select singleton_key, priority from pgboss.job where name = 'observe-customer' order by 1"
      )
    ).toEqual([
      { singleton_key: key(1), priority: 0 },
      { singleton_key: key(2), priority: 10 },
      { singleton_key: key(3), priority: 0 }
    ])
  })

  it("the last customer of many, settled at the same time for two runs, enqueues each comparison once", async () => {
    const all = Array.from({ length: 60 }, (_, at) => at + 10)
    await observing(run(1), ...all)
    await observing(run(2), ...all.toReversed())
    await runtime.runPromise(
      Effect.forEach(
        Array.from({ length: 20 }, (_, at) => all.slice(at * 3, at * 3 + 3)),
        (some) =>
          Runs.use((runs) =>
            runs.observed(
              instanceId(1),
              (some[0] ?? 0) % 2 === 0
                ? some.map((n) => outcome(n))
                : some.toReversed().map((n) => outcome(n))
            )
          ),
        { concurrency: "unbounded" }
      )
    )
    expect(await get(1)).toMatchObject({ customers: 60, customersObserved: 60, requests: 62 })
    expect(await get(2)).toMatchObject({ customers: 60, customersObserved: 60, requests: 62 })
    expect(
      await rows(
        "select data ->> 'runId' as run from pgboss.job where name = 'compare-run' order by 1"
      )
    ).toEqual([{ run: runId(1) }, { run: runId(2) }])
  })

  it("the same customers, settled by several at the same time in any order, count once", async () => {
    const all = Array.from({ length: 60 }, (_, at) => at + 10)
    await observing(run(1), ...all)
    await observing(run(2), ...all)
    await runtime.runPromise(
      Effect.forEach(
        Array.from({ length: 12 }, (_, at) => [...all.slice(at * 5), ...all.slice(0, at * 5)]),
        (turned, at) =>
          Runs.use((runs) =>
            runs.observed(
              instanceId(1),
              (at % 2 === 0 ? turned : turned.toReversed()).map((n) => outcome(n))
            )
          ),
        { concurrency: "unbounded" }
      )
    )
    expect(await get(1)).toMatchObject({ customersObserved: 60, requests: 62 })
    expect(await get(2)).toMatchObject({ customersObserved: 60, requests: 62 })
    expect(await waiting(compareRunQueue)).toBe(2)
  })

  it("settling a customer twice counts once", async () => {
    await observing(run(1), 1, 2)
    await settle(outcome(1))
    await settle(outcome(1))
    expect(await get(1)).toMatchObject({ customersObserved: 1, requests: 3, status: "observing" })
    expect(await use((runs) => runs.comparing(runId(1)))).toBe(false)
  })

  it("of no customer at all fails the run with the reason", async () => {
    await observing(run(1), 1, 2)
    await settle(outcome(1, "sign in again"))
    await settle(outcome(2, "sign in again"))
    expect(await get(1)).toMatchObject({
      status: "failed",
      problem: "sign in again",
      customersFailed: 2
    })
    expect(await waiting(compareRunQueue)).toBe(0)
  })
})

describe("cancelling", () => {
  it("withdraws the jobs that nobody else waits for, and only those", async () => {
    await observing(run(1), 1, 2, 3)
    await observing(run(2), 3, 4)
    expect((await use((runs) => runs.cancel(runId(1), null))).status).toBe("cancelled")
    expect(
      await rows(
        "select singleton_key from pgboss.job where name = 'observe-customer' and state = 'created' order by 1"
      )
    ).toEqual([{ singleton_key: key(3) }, { singleton_key: key(4) }])
    await settle(outcome(1), outcome(3))
    expect(await get(1)).toMatchObject({ customersObserved: 0, status: "cancelled" })
    expect(await get(2)).toMatchObject({ customersObserved: 1 })
    expect(await use((runs) => runs.active(runId(1)))).toEqual(Option.none())
  })

  it("never takes a job from a run that starts at the same time", async () => {
    const all = Array.from({ length: 40 }, (_, at) => at + 10)
    await observing(run(1), ...all)
    await use((runs) => runs.request(run(2)))
    await Promise.all([
      use((runs) => runs.cancel(runId(1), null)),
      use((runs) => runs.observe(run(2), tenants(...all), [], 0))
    ])
    expect(await waiting(observeCustomerQueue)).toBe(40)
  })

  it("leaves a finished run as it is", async () => {
    await observing(run(1))
    await use((runs) => runs.fail(runId(1), "broken"))
    expect(await use((runs) => runs.cancel(runId(1), null))).toMatchObject({
      status: "failed",
      problem: "broken"
    })
  })
})

const filter: RowFilter = {
  kind: undefined,
  severity: undefined,
  deadlineFrom: undefined,
  deadlineBefore: undefined,
  account: undefined,
  movedBy: undefined,
  q: undefined,
  onlyFindings: false
}
const finding = (kind: Finding["kind"], movedBy: Finding["movedBy"]): Finding => ({
  kind,
  field: "quantity",
  baseline: 10,
  bss: 10,
  partnerCenter: 12,
  movedBy,
  severity: "warning",
  atRisk: euros("41.2"),
  actions: [{ name: "push-bss-value", refusal: null, closesAt: null }]
})
const totals: Totals = {
  rows: 4,
  findings: 2,
  counts: new Map([["quantity", 2]]),
  atRisk: [euros("82.4")]
}

/** A decimal remembers how it was last shown; what it is remains. */
const plain = (rows: ReadonlyArray<ReportRow>): unknown =>
  JSON.parse(
    JSON.stringify(
      rows.map(({ accountId, customer, row, tenantId }) => ({ accountId, customer, row, tenantId }))
    )
  )

describe("a report", () => {
  const subscription = async (customer: number, n: number): Promise<Subscription> => ({
    id: await subscriptionOf(`S-${n}`),
    reference: `S-${n}`,
    instanceId: instanceId(1),
    accountId: await accountOf(`C-${customer}`),
    tenantId: tenantId(customer),
    microsoftId: microsoftId(n),
    name: `Subscription ${n}`,
    isAddon: false,
    terms: { ...line(customer, n).terms, parent: null },
    unitPrice: euros("20.6"),
    acceptedAt: null
  })
  const row = async (
    customer: number,
    n: number,
    findings: ReadonlyArray<Finding>
  ): Promise<ReportRow> => ({
    accountId: await accountOf(`C-${customer}`),
    tenantId: tenantId(customer),
    customer: `Customer ${customer}`,
    row: {
      subscription: await subscription(customer, n),
      observed: observed(customer, n),
      findings
    }
  })
  const stranger: ReportRow = {
    accountId: null,
    tenantId: tenantId(9),
    customer: "50%_Stranger",
    row: { subscription: null, observed: observed(9, 9), findings: [] }
  }
  const written = async (status: "completed" | "incomplete" = "completed") => {
    const report = [
      await row(1, 1, [finding("quantity", "bss"), finding("status", "unknown")]),
      await row(2, 3, []),
      await row(3, 4, [finding("quantity", "partner-center")]),
      stranger
    ]
    await observing(run(1), 1, 2)
    await settle(outcome(1), outcome(2, status === "completed" ? null : "not reached"))
    await use((runs) => runs.comparing(runId(1)))
    await use((runs) => runs.append(runId(1), 0, report.slice(0, 3)))
    await use((runs) => runs.append(runId(1), 3, report.slice(3)))
    await use((runs) => runs.complete(runId(1), totals))
    return report
  }
  const first: PageRequest = { cursor: undefined, limit: 100 }
  const unread = (n: number) =>
    runtime.runPromise(
      Effect.flip(Reports.use((reports) => reports.rows(runId(n), null, filter, "customer", first)))
    )
  const read = async (given: Partial<RowFilter>, branch: AccountId | null = null) => {
    const page = await runtime.runPromise(
      Reports.use((reports) =>
        reports.rows(runId(1), branch, { ...filter, ...given }, "customer", first)
      )
    )
    return page.items.map(({ tenantId }) => tenantId)
  }

  it("has its rows and findings as they were compared, in their order, page by page or whole", async () => {
    const report = await written()
    const pages: Array<ReportRow> = []
    let cursor: string | undefined
    do {
      const page = await runtime.runPromise(
        Reports.use((reports) =>
          reports.rows(runId(1), null, filter, "customer", { cursor, limit: 2 })
        )
      )
      expect(page.items.length).toBe(2)
      pages.push(...page.items)
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(plain(pages)).toEqual(plain(report))
    const whole = Stream.unwrap(
      Reports.use((reports) => Effect.succeed(reports.stream(runId(1), null, filter, "customer")))
    )
    expect(plain(await runtime.runPromise(Stream.runCollect(whole)))).toEqual(plain(report))
  })

  it("says what it found, and why customers are missing when some are", async () => {
    await written("incomplete")
    expect(await get(1)).toMatchObject({
      status: "incomplete",
      rows: 4,
      findings: 2,
      counts: [{ kind: "quantity", count: 2 }],
      atRisk: [euros("82.4")],
      problem: "not reached",
      customersFailed: 1
    })
    expect((await get(1)).finishedAt).not.toBeNull()
  })

  it("can be narrowed by kind, mover, account with all below it, text and whole id", async () => {
    await written()
    expect(await read({ onlyFindings: true })).toEqual(tenants(1, 3))
    expect(await read({ kind: "status" })).toEqual(tenants(1))
    expect(await read({ kind: "quantity", movedBy: "partner-center" })).toEqual(tenants(3))
    // Both must be true of one finding.
    expect(await read({ kind: "quantity", movedBy: "unknown" })).toEqual([])
    expect(await read({ account: await accountOf("R-1") })).toEqual(tenants(1, 2))
    expect(await read({ q: "CUSTOMER 2" })).toEqual(tenants(2))
    expect(await read({ q: "s-4" })).toEqual(tenants(3))
    expect(await read({ q: "50%_" })).toEqual(tenants(9))
    expect(await read({ q: "%" })).toEqual(tenants(9))
    expect(await read({ q: microsoftId(3).toUpperCase() })).toEqual(tenants(2))
    expect(await read({ q: microsoftId(3).slice(1) })).toEqual([])
  })

  it("shows a branch nothing of its neighbours", async () => {
    const two = await accountOf("R-2")
    await written()
    await rows(`update reconciliation_run set branch = '${two}'`)
    expect(await read({}, two)).toEqual(tenants(3))
    expect(await read({ account: await accountOf("R-1") }, two)).toEqual([])
  })

  it("cannot be read before it is finished, nor of a run that failed", async () => {
    await observing(run(1), 1)
    expect(await unread(1)).toMatchObject({
      _tag: "RunNotFinished",
      status: "observing"
    })
    const whole = Stream.unwrap(
      Reports.use((reports) => Effect.succeed(reports.stream(runId(1), null, filter, "customer")))
    )
    expect(await runtime.runPromise(Effect.flip(Stream.runDrain(whole)))).toMatchObject({
      _tag: "RunNotFinished"
    })
    await use((runs) => runs.fail(runId(1), "broken"))
    expect(await unread(1)).toMatchObject({
      status: "failed"
    })
    expect(await unread(7)).toMatchObject({
      _tag: "RunNotFound"
    })
  })

  it("that was cut off in the middle can be compared again", async () => {
    await observing(run(1))
    expect(await use((runs) => runs.comparing(runId(1)))).toBe(true)
    const report = [await row(1, 1, [])]
    const cut = UnitOfWork.use((unit) =>
      unit.within(
        Effect.andThen(
          Runs.use((runs) => runs.append(runId(1), 0, report)),
          Effect.fail("killed")
        )
      )
    )
    await runtime.runPromise(Effect.flip(cut))
    expect(await use((runs) => runs.comparing(runId(1)))).toBe(true)
    await use((runs) => runs.append(runId(1), 0, report))
    await use((runs) => runs.complete(runId(1), totals))
    expect(await use((runs) => runs.comparing(runId(1)))).toBe(false)
    expect((await get(1)).status).toBe("completed")
  })
})
