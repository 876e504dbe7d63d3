import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import type { TenantId } from "@concordat/core/instance/Instance"
import { Currency, money } from "@concordat/core/money/Money"
import type { Page, PageRequest } from "@concordat/core/page/Page"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import { Mirror } from "@concordat/core/reconciliation/Mirror"
import {
  type FindingGroup,
  type KeptRow,
  Reports,
  type RowFilter,
  type RowGrouping,
  type RowSort
} from "@concordat/core/reconciliation/Reports"
import type { Run, RunId } from "@concordat/core/reconciliation/Run"
import { type ReportRow, Runs } from "@concordat/core/reconciliation/Runs"
import { dayMs, Instant, toIso } from "@concordat/core/time/Instant"
import { Effect, ManagedRuntime, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  addInstance,
  euros,
  instanceId,
  line,
  microsoftId,
  now,
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

const finding = (given: Partial<Finding>, closesAt: number | null = null): Finding => ({
  kind: "quantity",
  field: "quantity",
  baseline: 10,
  bss: 10,
  partnerCenter: 12,
  movedBy: "partner-center",
  severity: "warning",
  atRisk: null,
  actions: [
    {
      name: "push-bss-value",
      refusal: null,
      closesAt: closesAt === null ? null : Instant.make(now + closesAt)
    }
  ],
  ...given
})
const dollars = (amount: string) => money(amount, Currency.make("USD"))

/** What is found about the customers 1 to 9, in the report's order; the last of them belongs to no account. */
const found: ReadonlyArray<ReadonlyArray<Finding>> = [
  [],
  [finding({ atRisk: euros("10") }, 3 * dayMs)],
  [
    finding({ severity: "info", atRisk: euros("7") }),
    finding({ kind: "status", severity: "critical", atRisk: euros("30"), movedBy: "bss" }, dayMs)
  ],
  [finding({ severity: "critical", atRisk: dollars("500") })],
  [],
  [finding({ atRisk: euros("10") }, 3 * dayMs)],
  [finding({ severity: "info" }, 3 * dayMs + 1)],
  [finding({ kind: "status", severity: "critical", atRisk: euros("9.5") }, 40 * dayMs)],
  [finding({ kind: "only-in-partner-center", severity: "critical", movedBy: "unknown" })]
]
const positions = found.map((_, at) => at)

let rows: ReadonlyArray<ReportRow> = []
const accounts = new Map<string, AccountId>()
const accountOf = (code: string): AccountId => {
  const id = accounts.get(code)
  if (id === undefined) throw new Error(`no account ${code}`)
  return id
}

/** `fetched`: the customers that the run could fetch. */
const write = (asked: Run, rows: ReadonlyArray<ReportRow>, fetched: ReadonlyArray<TenantId> = []) =>
  Effect.gen(function* () {
    const runs = yield* Runs
    yield* runs.request(asked)
    yield* runs.observe(asked, fetched, [], 0)
    yield* runs.observed(
      instanceId(1),
      fetched.map((tenantId) => ({ tenantId, problem: null, requests: 1 }))
    )
    yield* runs.comparing(asked.id)
    yield* runs.append(asked.id, 0, rows)
    yield* runs.complete(asked.id, { rows: 0, findings: 0, counts: new Map(), atRisk: [] })
  })

beforeAll(() =>
  runtime.runPromise(
    Effect.gen(function* () {
      yield* addInstance(1)
      const lines = positions
        .slice(0, -1)
        .map((at) => line(at + 1, at + 1, { reseller: reseller(at < 4 ? 1 : 2) }))
      yield* Book.use((book) =>
        book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
      )
      const all = yield* Accounts.use((port) =>
        port.search(undefined, null, { cursor: undefined, limit: 100 })
      )
      for (const { code, id } of all.items) accounts.set(code, id)
      rows = positions.map(
        (at): ReportRow => ({
          accountId: accounts.get(`C-${at + 1}`) ?? null,
          tenantId: tenantId(at + 1),
          customer: `Customer ${at + 1}`,
          row: { subscription: null, observed: observed(at + 1, at + 1), findings: found[at] ?? [] }
        })
      )
      yield* write(run(1), rows)
      yield* write(run(2, { kind: "organisation" }, accountOf("R-1")), rows)
    })
  )
)

const everything: RowFilter = {
  kind: undefined,
  movedBy: undefined,
  severity: undefined,
  deadlineFrom: undefined,
  deadlineBefore: undefined,
  account: undefined,
  q: undefined,
  onlyFindings: false
}

/** Page by page, each of `limit`. */
const read = async (
  sort: RowSort,
  filter: Partial<RowFilter> = {},
  {
    branch = null,
    id = runId(1),
    limit = 2
  }: { branch?: AccountId | null; id?: RunId; limit?: number } = {}
): Promise<ReadonlyArray<number>> => {
  const kept: Array<KeptRow> = []
  let cursor: string | undefined
  do {
    const page = await runtime.runPromise(
      Reports.use((reports) =>
        reports.rows(id, branch, { ...everything, ...filter }, sort, { cursor, limit })
      )
    )
    expect(page.items.length).toBeLessThanOrEqual(limit)
    kept.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return kept.map(({ position }) => position)
}

const orders: ReadonlyArray<readonly [RowSort, ReadonlyArray<number>]> = [
  ["customer", positions],
  ["severity", [2, 3, 7, 8, 1, 5, 6, 0, 4]],
  // By currency, and within it the largest; then what has no amount.
  ["atRisk", [2, 1, 5, 7, 3, 6, 8, 0, 4]],
  ["deadline", [2, 1, 5, 6, 7, 3, 8, 0, 4]]
]

describe("rows of a report", () => {
  it.each(orders)(
    "sorted by %s are the same whatever the size of a page, with equals in the report's order",
    async (sort, expected) => {
      for (const limit of [1, 2, 3, 100]) expect(await read(sort, {}, { limit })).toEqual(expected)
      const withFindings = expected.filter((at) => found[at]?.length !== 0)
      for (const limit of [1, 100])
        expect(await read(sort, { onlyFindings: true }, { limit })).toEqual(withFindings)
    }
  )

  it("are exported in the order in which they are read, by the same filter", async () => {
    for (const [sort] of orders) {
      const filter = { ...everything, severity: "critical" } as const
      const stream = Stream.unwrap(
        Reports.use((reports) => Effect.succeed(reports.stream(runId(1), null, filter, sort)))
      )
      const exported = await runtime.runPromise(Stream.runCollect(stream))
      expect(exported.map(({ position }) => position)).toEqual(await read(sort, filter))
    }
  })

  it("are left by severity and deadline only where one finding has both", async () => {
    expect(await read("customer", { severity: "critical" })).toEqual([2, 3, 7, 8])
    expect(await read("severity", { severity: "warning" })).toEqual([1, 5])
    const [day, threeDays] = [Instant.make(now + dayMs), Instant.make(now + 3 * dayMs)]
    expect(await read("deadline", { deadlineBefore: day })).toEqual([])
    expect(await read("deadline", { deadlineBefore: threeDays })).toEqual([2])
    expect(await read("deadline", { deadlineFrom: threeDays })).toEqual([1, 5, 6, 7])
    expect(
      await read("customer", { deadlineFrom: day, deadlineBefore: Instant.make(threeDays + 1) })
    ).toEqual([1, 2, 5])
    // Row 2 has one of this severity, and one with a deadline: not the same one.
    expect(await read("customer", { severity: "info", deadlineBefore: threeDays })).toEqual([])
  })

  it("of a neighbour's accounts are not there, however they are sorted or grouped", async () => {
    const branch = accountOf("R-1")
    for (const [sort, expected] of orders)
      expect(await read(sort, {}, { branch, id: runId(2) })).toEqual(
        expected.filter((at) => at < 4)
      )
    const asked = <A, E>(f: (reports: Reports["Service"]) => Effect.Effect<A, E>) =>
      runtime.runPromise(Effect.flip(Reports.use(f)))
    const page = { cursor: undefined, limit: 10 }
    expect(await asked((reports) => reports.row(runId(2), branch, 4))).toMatchObject({
      _tag: "RowNotFound"
    })
    const kinds = await runtime.runPromise(
      Reports.use((reports) => reports.groups(runId(2), branch, everything, "kind", page))
    )
    expect(kinds.items.map(({ findings, key }) => `${key} ${findings}`)).toEqual([
      "quantity 3",
      "status 1"
    ])
    // What an operator or another branch has asked for is not there at all.
    for (const [id, stranger] of [
      [runId(1), branch],
      [runId(2), accountOf("R-2")]
    ] as const) {
      expect(await asked((reports) => reports.row(id, stranger, 0))).toMatchObject({
        _tag: "RunNotFound"
      })
      expect(
        await asked((reports) => reports.groups(id, stranger, everything, "kind", page))
      ).toMatchObject({ _tag: "RunNotFound" })
    }
  })

  it("are kept and found by how their texts begin, however long these are", async () => {
    const [first] = await runtime
      .runPromise(
        Reports.use((reports) =>
          reports.rows(runId(1), null, everything, "customer", { cursor: undefined, limit: 1 })
        )
      )
      .then(({ items }) => items)
    if (first === undefined) throw new Error("the report is empty")
    const { accountId, row, tenantId } = first
    // Of four bytes each, and no two alike: nothing takes as much room.
    const crowd = Array.from({ length: 5_000 }, (_, n) =>
      String.fromCodePoint(0x20000 + ((n * n * 31 + n * 7919) % 0xa000))
    ).join("")
    const long = (name: string) => `${name} ${crowd}`
    // Subscriptions of this report alone.
    const rowOf = (name: string, n: number): ReportRow => ({
      accountId,
      tenantId,
      customer: long(name),
      row: {
        subscription: null,
        observed: observed(1, n, { name: long("Product") }),
        findings: [finding({ atRisk: dollars("1"), severity: "info" })]
      }
    })
    expect(row.findings).toEqual([])
    await runtime.runPromise(write(run(3), [rowOf("Alpha", 91), rowOf("Beta", 92)]))
    const found = (q: string) => read("severity", { q }, { id: runId(3) })
    expect(await found(`beta ${crowd.slice(0, 20)}`)).toEqual([1])
    expect(await found("product")).toEqual([0, 1])
    expect(await found("gamma")).toEqual([])
  })

  it("are read one by one", async () => {
    const row = (position: number) =>
      Reports.use((reports) => reports.row(runId(1), null, position))
    expect(await runtime.runPromise(row(3))).toMatchObject({
      position: 3,
      customer: "Customer 4",
      row: { findings: [{ severity: "critical" }] }
    })
    expect(await runtime.runPromise(Effect.flip(row(9)))).toMatchObject({ _tag: "RowNotFound" })
  })
})

const groups = async (
  by: RowGrouping,
  filter: Partial<RowFilter> = {},
  limit = 2
): Promise<ReadonlyArray<string>> => {
  const all: Array<FindingGroup> = []
  let cursor: string | undefined
  do {
    const page = await runtime.runPromise(
      Reports.use((reports) =>
        reports.groups(runId(1), null, { ...everything, ...filter }, by, { cursor, limit })
      )
    )
    all.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  const codes = new Map([...accounts].map(([code, id]) => [String(id), code]))
  return all.map(({ atRisk, findings, key }) => {
    const totals = atRisk.map(
      ({ amount, currency }) => `${amount.value}e-${amount.scale} ${currency}`
    )
    return [codes.get(key ?? "") ?? key, findings, ...totals].join(", ")
  })
}

describe("findings in groups", () => {
  it("are counted by kind and mover with what is at risk in each currency, the largest group first", async () => {
    expect(await groups("kind")).toEqual([
      "quantity, 5, 2700e-2 EUR, 50000e-2 USD",
      "status, 2, 3950e-2 EUR",
      "only-in-partner-center, 1"
    ])
    expect(await groups("movedBy")).toEqual([
      "partner-center, 6, 3650e-2 EUR, 50000e-2 USD",
      "bss, 1, 3000e-2 EUR",
      "unknown, 1"
    ])
  })

  it("are counted by the day of the deadline in its order, those without one last", async () => {
    expect(await groups("deadline")).toEqual([
      "2026-11-21, 1, 3000e-2 EUR",
      "2026-11-23, 3, 2000e-2 EUR",
      "2026-12-30, 1, 950e-2 EUR",
      ", 3, 700e-2 EUR, 50000e-2 USD"
    ])
  })

  it("are counted by account, with those of nobody", async () => {
    const counted = await groups("account")
    expect(counted[0]).toBe("C-3, 2, 3700e-2 EUR")
    expect(new Set(counted)).toEqual(
      new Set([
        "C-3, 2, 3700e-2 EUR",
        "C-2, 1, 1000e-2 EUR",
        "C-4, 1, 50000e-2 USD",
        "C-6, 1, 1000e-2 EUR",
        "C-7, 1",
        "C-8, 1, 950e-2 EUR",
        ", 1"
      ])
    )
    expect(counted.at(-1)).toBe(", 1")
  })

  it("are those that the filter leaves, and only the findings that fit", async () => {
    expect(await groups("kind", { severity: "critical" })).toEqual([
      "status, 2, 3950e-2 EUR",
      "only-in-partner-center, 1",
      "quantity, 1, 50000e-2 USD"
    ])
    expect(await groups("kind", { account: accountOf("R-2") })).toEqual([
      "quantity, 2, 1000e-2 EUR",
      "status, 1, 950e-2 EUR"
    ])
    expect(await groups("kind", { q: "customer 3" })).toEqual([
      "quantity, 1, 700e-2 EUR",
      "status, 1, 3000e-2 EUR"
    ])
  })
})

/** A list page by page, one item each. */
const whole = async <A, E>(
  list: (reports: Reports["Service"], page: PageRequest) => Effect.Effect<Page<A>, E>
): Promise<ReadonlyArray<A>> => {
  const items: Array<A> = []
  let cursor: string | undefined
  do {
    const page = await runtime.runPromise(
      Reports.use((reports) => list(reports, { cursor, limit: 1 }))
    )
    items.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return items
}

describe("the way of a row", () => {
  it("is told from both sides, newest first, without its beginnings", async () => {
    const [customer, n] = [3, 3]
    const look = (at: number, quantity: number) =>
      Mirror.use((mirror) =>
        mirror.record(
          [
            {
              _tag: "Listed",
              instanceId: instanceId(1),
              environment: "primary",
              tenantId: tenantId(customer),
              at: Instant.make(now + at),
              digest: `${at}`,
              subscriptions: [
                observed(customer, n, {
                  terms: {
                    ...observed(customer, n).terms,
                    quantity,
                    commitmentEnd: Instant.make(now + quantity * dayMs)
                  }
                }),
                observed(customer, 77)
              ]
            }
          ],
          { actor: "daemon:reconciler", correlationId: "" }
        )
      )
    await runtime.runPromise(
      Effect.gen(function* () {
        yield* look(1, 10)
        yield* look(2, 12)
        yield* Book.use((book) =>
          book.apply(
            instanceId(1),
            [
              line(customer, n, {
                reseller: reseller(1),
                terms: { ...line(customer, n).terms, quantity: 11 }
              })
            ],
            { dryRun: false, actor: "key:test", correlationId: "" }
          )
        )
      })
    )
    const of = (branch: AccountId | null, id = runId(1)) =>
      whole((reports, page) => reports.history(id, branch, 2, page))
    const told = (await of(null)).map(({ after, before, field, side }) =>
      [side, field, before, after].join(" ")
    )
    expect(told[0]).toBe("desired quantity 10 11")
    expect(new Set(told.slice(1))).toEqual(
      new Set([
        "observed quantity 10 12",
        `observed commitmentEnd ${toIso(Instant.make(now + 10 * dayMs))} ${toIso(Instant.make(now + 12 * dayMs))}`
      ])
    )
    expect(told).toHaveLength(3)
    expect(await of(accountOf("R-1"), runId(2))).toHaveLength(3)
    // What happened to it while it was somebody else's is not told.
    await runtime.runPromise(
      rowsOf(`insert into history (at, actor, cause, correlation_id, side, account_id, microsoft_id, field, before)
        values (now(), 'x', 'x', '', 'desired', '${accountOf("C-8")}', '${microsoftId(n)}', 'quantity', '1')`)
    )
    expect(await of(accountOf("R-1"), runId(2))).toHaveLength(3)
    expect(await of(null)).toHaveLength(4)
  })

  it("leads through the reports that had findings about it, as far as a branch may see them", async () => {
    const of = (branch: AccountId | null, id: RunId, position: number) =>
      whole((reports, page) => reports.sightings(id, branch, position, page))
    const all = await of(null, runId(1), 2)
    expect(all.map(({ position, runId }) => [runId, position])).toEqual([
      [runId(2), 2],
      [runId(1), 2]
    ])
    expect(all[0]?.findings.map(({ kind }) => kind)).toEqual(["quantity", "status"])
    expect((await of(accountOf("R-1"), runId(2), 2)).map(({ runId }) => runId)).toEqual([runId(2)])
    expect(await of(null, runId(1), 0)).toEqual([])
  })
})

describe("two reports", () => {
  const tenants = positions.map((at) => tenantId(at + 1))
  /** Customers 1 to 9 as in the first report, but for these; the last one could not be fetched this time. */
  const later = new Map<number, ReadonlyArray<Finding>>([
    [0, [finding({ severity: "info" })]],
    [1, [finding({ atRisk: euros("10"), partnerCenter: 13 }, 3 * dayMs)]],
    [2, [finding({ severity: "info", atRisk: euros("7") }, dayMs)]],
    [7, []],
    [8, []]
  ])
  beforeAll(() =>
    runtime.runPromise(
      Effect.gen(function* () {
        yield* write(run(11), rows, tenants)
        yield* write(
          run(12),
          rows.map((row, at) => ({
            ...row,
            row: { ...row.row, findings: later.get(at) ?? row.row.findings }
          })),
          tenants.slice(0, -1)
        )
      })
    )
  )

  it("say what is new, changed and settled, and count what is the same", async () => {
    const compared = await whole((reports, page) =>
      reports.comparison(runId(12), runId(11), null, page)
    )
    expect(
      compared.map(({ change, kind, otherRow, row }) => [change, kind, row, otherRow].join(" "))
    ).toEqual([
      "new quantity 0 ",
      "changed quantity 1 1",
      // Nothing is said of the customer who could not be fetched.
      "settled status  2",
      "settled status  7"
    ])
    expect(compared[1]).toMatchObject({ bss: 10, partnerCenter: 13, customer: "Customer 2" })
    const counts = await runtime.runPromise(
      Reports.use((reports) => reports.changes(runId(12), runId(11), null))
    )
    // Another deadline is no other finding.
    expect(counts).toEqual({ new: 1, changed: 1, settled: 2, same: 4 })
  })

  it("turned round say the opposite", async () => {
    const counts = await runtime.runPromise(
      Reports.use((reports) => reports.changes(runId(11), runId(12), null))
    )
    expect(counts).toEqual({ new: 2, changed: 1, settled: 1, same: 4 })
  })

  it("are compared only when they are about the same, and the caller's", async () => {
    const failing = (other: RunId, branch: AccountId | null) =>
      runtime.runPromise(
        Effect.flip(Reports.use((reports) => reports.changes(runId(12), other, branch)))
      )
    await runtime.runPromise(
      write(run(13, { kind: "account", id: accountOf("C-1") }), [], [tenantId(1)])
    )
    expect(await failing(runId(13), null)).toMatchObject({ _tag: "RunsNotComparable" })
    expect(await failing(runId(99), null)).toMatchObject({ _tag: "RunNotFound" })
    expect(await failing(runId(11), accountOf("R-1"))).toMatchObject({ _tag: "RunNotFound" })
  })
})
