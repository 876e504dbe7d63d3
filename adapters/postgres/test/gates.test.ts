import { Effect, Exit, Layer, ManagedRuntime, References, Schema, Scope } from "effect"
import { sql } from "kysely"
import { afterAll, describe, expect, it } from "vitest"
import { Database } from "../src/Database.ts"
import { defineQueue } from "../src/Queue.ts"
import { Boss } from "../src/queue/Boss.ts"
import { openGates } from "../src/queue/gates.ts"
import { type Job, Outcome } from "../src/queue/Worker.ts"
import { makeDatabase } from "../src/testing.ts"

const Work = Schema.Struct({ instance: Schema.String, n: Schema.Int })
type Work = typeof Work.Type

const scope = Scope.makeUnsafe()
const { url } = await Effect.runPromise(Scope.provide(makeDatabase, scope))
const runtime = ManagedRuntime.make(
  Layer.provideMerge(
    Boss.layer({ url }),
    Database.layer({ url, applicationName: "test", poolMax: 5 })
  ).pipe(Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Fatal")))
)
afterAll(async () => {
  await runtime.dispose()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})
const run = <A, E>(work: Effect.Effect<A, E, Boss | Database | Scope.Scope>): Promise<A> =>
  runtime.runPromise(Effect.scoped(work))

const rows = <Row>(text: string) =>
  Database.use(({ run }) => run("test", async (db) => (await sql.raw<Row>(text).execute(db)).rows))
const eventually = <A, E, R>(ask: Effect.Effect<A, E, R>, right: (answer: A) => boolean) =>
  Effect.repeat(Effect.delay(ask, "10 millis"), { until: right })
const nothing = sql`select ''`
const gate = (name: string) => sql`select ${name}`

/** Works on jobs; those of a closed instance are put aside. */
const working = (name: string, closed: Set<string>) =>
  Effect.gen(function* () {
    const queue = defineQueue(name, Work, { retryLimit: 0 })
    const done: Array<Job<Work>> = []
    yield* queue.work({ batchMax: 20, pollMs: 50 }, (jobs) =>
      Effect.sync(
        () =>
          new Map(
            jobs.map((job): readonly [string, Outcome] => {
              const { instance } = job.payload
              if (closed.has(instance)) return [job.id, Outcome.cases.Park.make({ gate: instance })]
              done.push(job)
              return [job.id, Outcome.cases.Done.make({})]
            })
          )
      )
    )
    return { queue, done }
  })
const jobs = (instance: string, count: number): ReadonlyArray<Work> =>
  Array.from({ length: count }, (_, n) => ({ instance, n }))
const parked = (queue: string) =>
  rows<{ state: string; retry_count: number; blocked: boolean }>(
    `select job.state, retry_count, blocked from pgboss.job join parked_job on job_id = id where queue = '${queue}'`
  )

describe("a job that waits at a gate", () => {
  it("uses up no attempt, is in nobody's way, and is done when the gate opens", async () => {
    const closed = new Set(["paused"])
    await run(
      Effect.gen(function* () {
        const { queue, done } = yield* working("gates", closed)
        yield* queue.send([...jobs("paused", 50), ...jobs("open", 10)])
        yield* eventually(parked("gates"), (found) => found.length === 50)
        yield* eventually(
          Effect.sync(() => done.length),
          (count) => count === 10
        )
        for (const job of yield* parked("gates"))
          expect(job).toEqual({ state: "retry", retry_count: 0, blocked: true })
        expect(yield* openGates(gate("paused"))).toBe(0)
        expect(yield* parked("gates")).toHaveLength(50)

        closed.clear()
        expect(yield* openGates(nothing)).toBe(50)
        yield* eventually(queue.counts(), ({ completed }) => completed === 60)
        // The one attempt that these jobs have was still theirs.
        expect(done.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 60 }, () => 0))
        expect(yield* rows("select from parked_job")).toEqual([])
      })
    )
  })

  it("opens once, for two who open it at once", async () => {
    const closed = new Set(["paused"])
    await run(
      Effect.gen(function* () {
        const { queue } = yield* working("gates-twice", closed)
        yield* queue.send(jobs("paused", 20))
        yield* eventually(parked("gates-twice"), (found) => found.length === 20)
        closed.clear()
        const opened = yield* Effect.all([openGates(nothing), openGates(nothing)], {
          concurrency: 2
        })
        expect(opened[0] + opened[1]).toBe(20)
      })
    )
  })

  it("can be cancelled, and leaves nothing behind", async () => {
    await run(
      Effect.gen(function* () {
        const { queue } = yield* working("gates-cancelled", new Set(["paused"]))
        const ids = yield* queue.send(jobs("paused", 3))
        yield* eventually(parked("gates-cancelled"), (found) => found.length === 3)
        expect(yield* queue.cancel({ ids })).toBe(3)
        expect(yield* parked("gates-cancelled")).toEqual([])
        expect(yield* openGates(nothing)).toBe(0)
        expect((yield* queue.counts()).cancelled).toBe(3)
      })
    )
  })
})
