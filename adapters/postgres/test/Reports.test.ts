import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import { Currency, money } from "@concordat/core/money/Money"
import type { Finding } from "@concordat/core/reconciliation/Finding"
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
import { dayMs, Instant } from "@concordat/core/time/Instant"
import { Effect, ManagedRuntime, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  addInstance,
  euros,
  instanceId,
  line,
  now,
  observed,
  repositories,
  reseller,
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

const accounts = new Map<string, AccountId>()
const accountOf = (code: string): AccountId => {
  const id = accounts.get(code)
  if (id === undefined) throw new Error(`no account ${code}`)
  return id
}

const write = (asked: Run, rows: ReadonlyArray<ReportRow>) =>
  Effect.gen(function* () {
    const runs = yield* Runs
    yield* runs.request(asked)
    yield* runs.observe(asked, [], [], 0)
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
      const rows = positions.map(
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
  const rows: Array<KeptRow> = []
  let cursor: string | undefined
  do {
    const page = await runtime.runPromise(
      Reports.use((reports) =>
        reports.rows(id, branch, { ...everything, ...filter }, sort, { cursor, limit })
      )
    )
    expect(page.items.length).toBeLessThanOrEqual(limit)
    rows.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return rows.map(({ position }) => position)
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
