import { Runs } from "@concordat/core/reconciliation/Runs"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { addInstance, clear, instanceId, repositories, rowsOf, run, tenantId } from "./World.ts"

const recovered = Runs.use(({ recover }) => recover)
const get = Runs.use(({ get }) => get(run(1).id, null))
const jobs = (queue: string) =>
  Effect.map(
    rowsOf<{ data: unknown }>(
      `select data from pgboss.job where name = '${queue}' and state < 'active' order by singleton_key`
    ),
    (rows) => rows.map(({ data }) => data)
  )
/** Its attempts are used up, as pg-boss writes it. */
const bury = (queue: string, of: string) =>
  rowsOf(
    `update pgboss.job set state = 'failed', completed_on = clock_timestamp(), output = '{"message": "out of memory"}'
     where name = '${queue}' and data::text like '%${of}%'`
  )
const lose = rowsOf("delete from pgboss.job")

const requested = Effect.gen(function* () {
  yield* clear
  yield* addInstance(1)
  yield* Runs.use((runs) => runs.request(run(1)))
})
const observing = Effect.gen(function* () {
  yield* requested
  yield* Runs.use((runs) => runs.observe(run(1), [tenantId(1), tenantId(2)], [], 1))
})
const observe = (n: number) =>
  Runs.use((runs) =>
    runs.observed(instanceId(1), [{ tenantId: tenantId(n), problem: null, requests: 1 }])
  )
const job = { runId: run(1).id }
const look = (n: number) => ({
  instanceId: instanceId(1),
  tenantId: tenantId(n),
  correlationId: "correlation 1"
})

layer(repositories, { excludeTestServices: true })("An unfinished run", (it) => {
  it.effect("whose jobs are where they belong is left alone", () =>
    Effect.gen(function* () {
      yield* requested
      assert.strictEqual(yield* recovered, 0)
      yield* observing
      yield* rowsOf("update pgboss.job set state = 'active' where name = 'observe-customer'")
      assert.strictEqual(yield* recovered, 0)
    })
  )

  it.effect("gets its listing again", () =>
    Effect.gen(function* () {
      yield* requested
      yield* lose
      assert.strictEqual(yield* recovered, 1)
      assert.deepStrictEqual(yield* jobs("list-customers"), [job])
      assert.strictEqual(yield* recovered, 0)
    })
  )

  it.effect(
    "gets the looks at the customers that it still waits for again, with its correlation",
    () =>
      Effect.gen(function* () {
        yield* observing
        yield* observe(1)
        yield* lose
        assert.strictEqual(yield* recovered, 1)
        assert.deepStrictEqual(yield* jobs("observe-customer"), [look(2)])
        assert.strictEqual(yield* recovered, 0)
      })
  )

  it.effect("gets its comparison again, also when it had begun", () =>
    Effect.gen(function* () {
      yield* observing
      yield* observe(1)
      yield* observe(2)
      for (const begun of [false, true]) {
        if (begun) yield* Runs.use(({ comparing }) => comparing(run(1).id))
        yield* lose
        assert.strictEqual(yield* recovered, 1)
        assert.deepStrictEqual(yield* jobs("compare-run"), [job])
      }
    })
  )

  it.effect("goes on without the customer whose look was given up, and says why", () =>
    Effect.gen(function* () {
      yield* observing
      yield* observe(1)
      yield* bury("observe-customer", tenantId(2))
      assert.strictEqual(yield* recovered, 1)
      assert.deepStrictEqual(yield* jobs("compare-run"), [job])
      const { customersFailed, customersObserved } = yield* get
      assert.deepStrictEqual([customersObserved, customersFailed], [1, 1])
    })
  )

  it.effect("fails when its listing or its comparison was given up, and says why", () =>
    Effect.gen(function* () {
      yield* requested
      yield* bury("list-customers", run(1).id)
      yield* recovered
      assert.include(yield* get, {
        status: "failed",
        problem: "list-customers was given up: out of memory"
      })
      yield* observing
      yield* observe(1)
      yield* observe(2)
      yield* bury("compare-run", run(1).id)
      yield* recovered
      assert.include(yield* get, {
        status: "failed",
        problem: "compare-run was given up: out of memory"
      })
    })
  )

  it.effect("is not ended by a look that was given up before it began to wait", () =>
    Effect.gen(function* () {
      yield* observing
      yield* bury("observe-customer", "correlation 1")
      yield* rowsOf("update pgboss.job set completed_on = now() - interval '1 hour'")
      assert.strictEqual(yield* recovered, 2)
      assert.deepStrictEqual(yield* jobs("observe-customer"), [look(1), look(2)])
    })
  )

  it.effect("stops waiting when it is cancelled", () =>
    Effect.gen(function* () {
      yield* observing
      const awaited = Runs.use((runs) => runs.awaited(instanceId(1), [tenantId(1), tenantId(3)]))
      assert.deepStrictEqual(yield* awaited, new Set([tenantId(1)]))
      yield* Runs.use(({ cancel }) => cancel(run(1).id, null))
      assert.deepStrictEqual(yield* awaited, new Set())
      yield* lose
      assert.strictEqual(yield* recovered, 0)
    })
  )
})
