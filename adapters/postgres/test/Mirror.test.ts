import { Mirror, type Observation } from "@concordat/core/reconciliation/Mirror"
import type { Observed } from "@concordat/core/subscription/Observed"
import { Instant } from "@concordat/core/time/Instant"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  addInstance,
  clear,
  instanceId,
  microsoftId,
  now,
  observed,
  repositories,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(Effect.andThen(clear, addInstance(1))))

const place = (customer: number, minute = 0) => ({
  instanceId: instanceId(1),
  environment: "primary" as const,
  tenantId: tenantId(customer),
  at: Instant.make(now + minute * 60_000)
})
const listed = (
  customer: number,
  subscriptions: ReadonlyArray<Observed>,
  minute = 0
): Observation => ({
  ...place(customer, minute),
  _tag: "Listed",
  digest: `digest ${customer} ${minute}`,
  subscriptions
})
const cause = { actor: "daemon:reconciler", correlationId: "c-1" }
const recording = (observations: ReadonlyArray<Observation>) =>
  Mirror.use((mirror) => mirror.record(observations, cause))
const record = (observations: ReadonlyArray<Observation>) =>
  runtime.runPromise(recording(observations))
const rows = (text: string) => runtime.runPromise(rowsOf(text))
const held = () =>
  rows("select tenant_id, microsoft_id, document from observed_subscription order by 1, 2")
const versions = () =>
  rows(
    "select microsoft_id, xmin::text, xmax::text, ctid::text from observed_subscription order by 1"
  )
const history = () =>
  rows(
    "select side, microsoft_id, field, before, after, actor, cause, correlation_id from history order by id"
  )

describe("the mirror", () => {
  it("holds what several customers' lists say, as it was said, with their digests", async () => {
    const theirs = [observed(1, 1), observed(1, 2), observed(2, 3)]
    expect(await record([listed(1, theirs.slice(0, 2)), listed(2, theirs.slice(2))])).toEqual({
      changed: 3,
      unchanged: 0
    })
    expect((await held()).map(({ document }) => document)).toEqual(theirs)
    const digests = Mirror.use((mirror) =>
      mirror.digests(instanceId(1), [tenantId(1), tenantId(2), tenantId(3)])
    )
    expect(await runtime.runPromise(digests)).toEqual(
      new Map([
        [tenantId(1), "digest 1 0"],
        [tenantId(2), "digest 2 0"]
      ])
    )
  })

  it("does not touch the rows of a list that says the same, in whatever order of fields", async () => {
    const { terms, microsoftId: id, ...rest } = observed(1, 1)
    await record([listed(1, [observed(1, 1), observed(1, 2)])])
    const before = [await versions(), await history()]
    expect(
      await record([
        listed(1, [observed(1, 2), { microsoftId: id, ...rest, terms: { ...terms } }], 1)
      ])
    ).toEqual({ changed: 0, unchanged: 2 })
    expect([await versions(), await history()]).toEqual(before)
  })

  it("writes only the time of a customer whose list has not changed", async () => {
    await record([listed(1, [observed(1, 1)])])
    const before = [await versions(), await history()]
    expect(await record([{ ...place(1, 5), _tag: "Unchanged" }])).toEqual({
      changed: 0,
      unchanged: 1
    })
    expect([await versions(), await history()]).toEqual(before)
    expect(await rows("select state, digest, fetched_at from observed_customer")).toEqual([
      { state: "listed", digest: "digest 1 0", fetched_at: now + 300_000 }
    ])
  })

  it("rewrites the rows that changed and no other, each field in the history", async () => {
    await record([listed(1, [observed(1, 1), observed(1, 2)])])
    const before = await versions()
    const last = (await history()).length
    const { terms } = observed(1, 2)
    await record([
      listed(
        1,
        [observed(1, 1), observed(1, 2, { terms: { ...terms, quantity: 11 }, orderId: null })],
        1
      )
    ])
    expect((await versions())[0]).toEqual(before[0])
    expect((await history()).slice(last)).toEqual(
      [
        { field: "orderId", before: "order", after: null },
        { field: "quantity", before: 10, after: 11 }
      ].map((entry) => ({
        ...entry,
        side: "observed",
        microsoft_id: microsoftId(2),
        actor: "daemon:reconciler",
        cause: "observation",
        correlation_id: "c-1"
      }))
    )
  })

  it("keeps a new etag, which is no history", async () => {
    await record([listed(1, [observed(1, 1)])])
    const last = (await history()).length
    await record([listed(1, [observed(1, 1, { etag: "another" })], 1)])
    expect((await held())[0]?.["document"]).toMatchObject({ etag: "another" })
    expect((await history()).length).toBe(last)
  })

  it("loses what is no longer listed, and everything of a customer that is gone", async () => {
    await record([listed(1, [observed(1, 1), observed(1, 2)]), listed(2, [observed(2, 3)])])
    expect(
      await record([listed(1, [observed(1, 2)], 1), { ...place(2, 1), _tag: "Gone" }])
    ).toEqual({
      changed: 2,
      unchanged: 1
    })
    expect((await held()).map((row) => row["microsoft_id"])).toEqual([microsoftId(2)])
    expect(
      await rows(
        "select microsoft_id, before is not null as before from history where after is null order by 1"
      )
    ).toEqual([
      { microsoft_id: microsoftId(1), before: true },
      { microsoft_id: microsoftId(3), before: true }
    ])
    expect(await rows("select state, digest from observed_customer order by tenant_id")).toEqual([
      { state: "listed", digest: "digest 1 1" },
      { state: "gone", digest: null }
    ])
  })

  it("is not set back by a look that is older than what is held", async () => {
    await record([listed(1, [observed(1, 1)], 5)])
    expect(await record([listed(1, [], 4)])).toEqual({ changed: 0, unchanged: 0 })
    expect((await held()).length).toBe(1)
  })

  it("takes an id that a list names twice once", async () => {
    expect(await record([listed(1, [observed(1, 1), observed(1, 1)])])).toEqual({
      changed: 1,
      unchanged: 0
    })
  })

  it("is written with the current transaction, or not at all", async () => {
    const failing = UnitOfWork.use((unit) =>
      unit.within(Effect.andThen(recording([listed(1, [observed(1, 1)])]), Effect.fail("no")))
    )
    expect(await runtime.runPromise(Effect.flip(failing))).toBe("no")
    expect(await held()).toEqual([])
    expect(await history()).toEqual([])
  })

  it("is the same whatever the order in which lists of the same customers are written at once", async () => {
    const customers = Array.from({ length: 30 }, (_, at) => at + 1)
    const lists = (minute: number) =>
      customers.map((n) => listed(n, minute % 2 === 0 ? [observed(n, n)] : [], minute))
    // Each writer has the customers in another order, which is how deadlocks are made.
    await runtime.runPromise(
      Effect.forEach(
        [1, 2, 3, 4, 5, 6, 7, 8],
        (minute) => {
          const all = lists(minute)
          return recording([...all.slice(minute * 3), ...all.slice(0, minute * 3)].reverse())
        },
        { concurrency: "unbounded" }
      )
    )
    expect((await held()).length).toBe(30)
    // Each appearance but the last was followed by a disappearance: nobody compared with what another was changing.
    const balance = await rows(
      "select sum(case when before is null then 1 else -1 end) as held from history group by microsoft_id"
    )
    expect(new Set(balance.map((row) => row["held"]))).toEqual(new Set([1]))
  })
})
