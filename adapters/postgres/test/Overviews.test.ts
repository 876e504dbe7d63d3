import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import { Overviews } from "@concordat/core/overview/Overviews"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import type { Run } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { dayMs, Instant } from "@concordat/core/time/Instant"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import {
  addInstance,
  instanceId,
  line,
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

const accounts = new Map<string, AccountId>()
const accountOf = (code: string): AccountId => {
  const id = accounts.get(code)
  if (id === undefined) throw new Error(`no account ${code}`)
  return id
}
const after = (days: number) => Instant.make(now + days * dayMs)

const finding = (closesInDays: number): Finding => ({
  kind: "quantity",
  field: "quantity",
  baseline: 10,
  bss: 10,
  partnerCenter: 12,
  movedBy: "partner-center",
  severity: "warning",
  atRisk: null,
  actions: [{ name: "push-bss-value", refusal: null, closesAt: after(closesInDays) }]
})

/** Of the customers 1 to 4: the days after which a finding of theirs cannot be settled any more. */
const deadlines = [[3], [-1, 20], [7], [30]]

/** A report of everything, asked for so many days ago. */
const report = (n: number, daysAgo: number, branch: AccountId | null = null, rows = 4) =>
  Effect.gen(function* () {
    const asked: Run = { ...run(n, { kind: "organisation" }, branch), createdAt: after(-daysAgo) }
    const runs = yield* Runs
    yield* runs.request(asked)
    yield* runs.observe(asked, [], [], 0)
    yield* runs.comparing(asked.id)
    yield* runs.append(
      asked.id,
      0,
      deadlines.slice(0, rows).map((days, at) => ({
        accountId: accountOf(`C-${at + 1}`),
        tenantId: tenantId(at + 1),
        customer: `Customer ${at + 1}`,
        row: {
          subscription: null,
          observed: observed(at + 1, at + 1),
          findings: days.map(finding)
        }
      }))
    )
    yield* runs.complete(asked.id, { rows, findings: n, counts: new Map(), atRisk: [] })
  })

beforeAll(() =>
  runtime.runPromise(
    Effect.gen(function* () {
      yield* addInstance(1)
      yield* addInstance(2)
      const lines = deadlines.map((_, at) =>
        line(at + 1, at + 1, {
          reseller: reseller(at < 2 ? 1 : 2),
          terms: { ...line(1, 1).terms, commitmentEnd: after([1, 8, 31, 1][at] ?? 0) }
        })
      )
      yield* Book.use((book) =>
        book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
      )
      const all = yield* Accounts.use((port) =>
        port.search(undefined, null, { cursor: undefined, limit: 100 })
      )
      for (const { code, id } of all.items) accounts.set(code, id)
      yield* rowsOf(
        "update subscription set terms = jsonb_set(terms::jsonb, '{status}', '\"suspended\"') where reference = 'S-4'"
      )
      yield* report(1, 100)
      yield* report(2, 5)
      yield* report(3, 4.9)
      yield* report(4, 2)
      yield* report(5, 1, accountOf("R-1"), 2)
      const runs = yield* Runs
      // Under way, of an account only, or without a report: none of these is a state of the book.
      yield* runs.request(run(6))
      yield* runs.request(run(7, { kind: "account", id: accountOf("C-1") }))
      yield* runs.request(run(8))
      yield* runs.fail(runId(8), "broken")
    })
  )
)

const read = (branch: AccountId | null) =>
  runtime.runPromise(Overviews.use((overviews) => overviews.read(branch, now)))

it("the overview has the newest whole report of each instance, and what of it cannot wait", async () => {
  const { books } = await read(null)
  expect(books.map(({ run }) => [run.instance, run.id])).toEqual([["instance-1", runId(4)]])
  // A row whose first deadline has passed counts by its next one; the day itself is no more within.
  expect(books[0]?.deadlines).toEqual([
    { days: 7, before: after(7), count: 1 },
    { days: 30, before: after(30), count: 3 }
  ])
})

it("the overview tells the last report of each day, as far back as it looks", async () => {
  const { past } = await read(null)
  expect(past.map(({ findings }) => findings)).toEqual([3, 4])
})

it("the overview counts the renewals of what is in use", async () => {
  const { renewals } = await read(null)
  expect(renewals.map(({ count }) => count)).toEqual([1, 2])
})

it("a branch has an overview of its own reports and renewals, and hears nothing of the queues", async () => {
  const own = await read(accountOf("R-1"))
  expect(own.books.map(({ run }) => run.id)).toEqual([runId(5)])
  expect(own.books[0]?.deadlines.map(({ count }) => count)).toEqual([1, 2])
  expect(own.renewals.map(({ count }) => count)).toEqual([1, 2])
  expect(own.queueLagSeconds).toBeNull()
  const other = await read(accountOf("R-2"))
  expect([other.books, other.past]).toEqual([[], []])
  expect(other.renewals.map(({ count }) => count)).toEqual([0, 0])
})

it("the overview says how long the oldest job has waited that could have begun", async () => {
  await runtime.runPromise(
    Effect.andThen(
      rowsOf("update pgboss.job set start_after = now() + interval '1 hour'"),
      rowsOf(`update pgboss.job set start_after = now() - interval '90 seconds'
        where id = (select id from pgboss.job where state < 'active' limit 1)`)
    )
  )
  expect((await read(null)).queueLagSeconds).toBeOneOf([90, 91, 92, 93])
  // One that waits for its instance's consent could not have begun.
  await runtime.runPromise(
    rowsOf("update pgboss.job set blocked = true where start_after < now() and state < 'active'")
  )
  expect((await read(null)).queueLagSeconds).toBe(0)
  await runtime.runPromise(rowsOf("update pgboss.job set start_after = now() + interval '1 hour'"))
  expect((await read(null)).queueLagSeconds).toBe(0)
})
