import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import type { Environment } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Books } from "@concordat/core/reconciliation/Books"
import { Mirror } from "@concordat/core/reconciliation/Mirror"
import type { Run } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import { Effect, ManagedRuntime, Redacted, Stream } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  act,
  addInstance,
  clear,
  instance,
  instanceId,
  line,
  now,
  observed,
  repositories,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
const rows = (text: string) => runtime.runPromise(rowsOf(text))

const sandbox = {
  tenantId: tenantId(2_000),
  tenantDomain: null,
  appId: instance(2).appId,
  secret: Redacted.make("sandbox secret")
}
const live = (environment: Environment) =>
  runtime.runPromise(
    Instances.use((instances) =>
      Effect.flatMap(instances.get(instanceId(1)), ({ version }) =>
        instances.update(instanceId(1), version, { environment }, act)
      )
    )
  )
beforeEach(() =>
  runtime.runPromise(
    clear.pipe(
      Effect.andThen(addInstance(1)),
      Effect.andThen(
        Instances.use((instances) => instances.update(instanceId(1), 1, { sandbox }, act))
      )
    )
  )
)

const applying = (lines: ReadonlyArray<BookLine>) =>
  Book.use((book) =>
    book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
  )
const imported = (lines: ReadonlyArray<BookLine>) => runtime.runPromise(applying(lines))
const recorded = (
  environment: Environment,
  customer: number,
  subscriptions: ReadonlyArray<Observed>
) =>
  runtime.runPromise(
    Mirror.use((mirror) =>
      mirror.record(
        [
          {
            _tag: "Listed",
            instanceId: instanceId(1),
            environment,
            tenantId: tenantId(customer),
            at: now,
            digest: "d",
            subscriptions
          }
        ],
        { actor: "test", correlationId: "" }
      )
    )
  )
const requested = (n: number) => runtime.runPromise(Runs.use((runs) => runs.request(run(n))))
/** What the run compares of these customers, all of whom were observed for it. */
const compared = (asked: Run, customers: ReadonlyArray<number>) =>
  runtime.runPromise(
    Effect.gen(function* () {
      const runs = yield* Runs
      const books = yield* Books
      const tenants = customers.map(tenantId)
      yield* runs.observe(asked, tenants, [], 0)
      yield* runs.observed(
        instanceId(1),
        tenants.map((tenant) => ({ tenantId: tenant, problem: null, requests: 1 }))
      )
      const found = (yield* Stream.runCollect(books.customers(asked, now))).flat()
      yield* runs.cancel(asked.id, null)
      return found.map(({ customer, accountId, elsewhere, claimedElsewhere }) => ({
        ours: customer.subscriptions.map(({ reference }) => reference),
        theirs: customer.observed.map(({ name }) => name),
        linked: accountId !== null,
        elsewhere: elsewhere.size,
        claimed: claimedElsewhere.size
      }))
    })
  )

describe("the books of the two environments", () => {
  it("hold the same reference twice, and a list of the one never changes the other", async () => {
    await imported([line(1, 1, { name: "Real" })])
    const real = await rows("select * from subscription")
    await live("sandbox")
    expect(await imported([line(2, 1, { name: "Tried" })])).toMatchObject({
      environment: "sandbox",
      subscriptionsAdded: 1,
      subscriptionsChanged: 0,
      subscriptionsNotListed: 0
    })
    expect(await imported([line(2, 1, { name: "Tried" })])).toMatchObject({
      subscriptionsUnchanged: 1
    })
    expect(await rows("select * from subscription where environment = 'primary'")).toEqual(real)
    expect(await rows("select name, environment from subscription order by environment")).toEqual([
      { name: "Real", environment: "primary" },
      { name: "Tried", environment: "sandbox" }
    ])
  })

  it("share no tenant: a list that was made for the other is refused, line by line", async () => {
    await imported([line(1, 1)])
    await recorded("primary", 3, [])
    await live("sandbox")
    const error = await runtime.runPromise(
      Effect.flip(applying([line(1, 1), line(2, 2), line(3, 3)]))
    )
    expect(error.problems).toEqual([
      { line: 2, column: "tenant_id", text: expect.stringContaining("belongs to the primary") },
      { line: 4, column: "tenant_id", text: expect.stringContaining("belongs to the primary") }
    ])
    expect(await rows("select 1 from subscription where environment = 'sandbox'")).toEqual([])
  })
})

describe("a reconciliation", () => {
  it("belongs to the environment that is live when it is kept, whatever it was asked for", async () => {
    await live("sandbox")
    expect((await requested(1)).environment).toBe("sandbox")
    const { environment } = await runtime.runPromise(Runs.use((runs) => runs.get(runId(1), null)))
    expect(environment).toBe("sandbox")
  })

  it("compares only what belongs to its environment, on each side", async () => {
    await imported([line(1, 1)])
    await recorded("primary", 1, [observed(1, 1)])
    const [real] = await compared(await requested(1), [1])
    expect(real).toMatchObject({ ours: ["S-1"], theirs: ["Offer 1"], linked: true })
    await live("sandbox")
    await imported([line(2, 2, { microsoftId: observed(1, 1).microsoftId })])
    await recorded("sandbox", 2, [observed(2, 3)])
    // Customer 1 is no customer of the sandbox: nothing of it is seen, linked, or taken for the missing one.
    const tried = await compared(await requested(2), [1, 2])
    expect(tried).toContainEqual({ ours: [], theirs: [], linked: false, elsewhere: 0, claimed: 0 })
    expect(tried).toContainEqual({
      ours: ["S-2"],
      theirs: ["Offer 3"],
      linked: true,
      elsewhere: 0,
      claimed: 0
    })
    await live("primary")
    const [again] = await compared(await requested(3), [1])
    expect(again).toEqual(real)
  })

  it("looks at the tenants of its environment's book", async () => {
    await imported([line(1, 1)])
    await live("sandbox")
    await imported([line(2, 2)])
    const of = (environment: Environment) =>
      runtime.runPromise(
        Runs.use((runs) =>
          runs.tenantsOf(instanceId(1), environment, { kind: "organisation" }, null)
        )
      )
    expect(await of("primary")).toEqual([tenantId(1)])
    expect(await of("sandbox")).toEqual([tenantId(2)])
  })
})

describe("the mirror", () => {
  it("leaves a tenant to the environment that saw it first", async () => {
    await recorded("primary", 1, [observed(1, 1)])
    const before = await rows("select * from observed_subscription")
    expect(await recorded("sandbox", 1, [observed(1, 2)])).toEqual({ changed: 0, unchanged: 0 })
    expect(await rows("select * from observed_subscription")).toEqual(before)
  })

  it("marks what it holds with whose it is", async () => {
    await recorded("sandbox", 2, [observed(2, 2)])
    expect(await rows("select environment from observed_subscription")).toEqual([
      { environment: "sandbox" }
    ])
    expect(await rows("select environment from observed_customer")).toEqual([
      { environment: "sandbox" }
    ])
  })
})

it("a switch waits for an import that is under way, and the import is of one environment", async () => {
  const switching = Instances.use((instances) =>
    instances.update(instanceId(1), 2, { environment: "sandbox" }, act)
  )
  const lines = Array.from({ length: 500 }, (_, n) => line(1 + (n % 40), n))
  const [changes] = await runtime.runPromise(
    Effect.all([applying(lines), switching], { concurrency: 2 })
  )
  expect(await rows("select distinct environment from subscription")).toEqual([
    { environment: changes.environment }
  ])
})
