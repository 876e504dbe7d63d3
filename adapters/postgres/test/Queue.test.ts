import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  Clock,
  Deferred,
  Effect,
  Exit,
  Layer,
  Queue as Mailbox,
  ManagedRuntime,
  Redacted,
  References,
  Schema,
  Scope
} from "effect"
import { sql } from "kysely"
import { afterAll, describe, expect, it } from "vitest"
import { Database } from "../src/Database.ts"
import { defineQueue, type Queue } from "../src/Queue.ts"
import { Boss } from "../src/queue/Boss.ts"
import type { QueueOptions } from "../src/queue/QueueDefinition.ts"
import { each, type Job, Outcome } from "../src/queue/Worker.ts"
import { makeDatabase } from "../src/testing.ts"
import { program } from "./programs/Program.ts"
import { survivors, Work } from "./programs/queues.ts"

const processOn = (url: Redacted.Redacted<string>) =>
  Layer.provideMerge(
    Boss.layer({ url }),
    Database.layer({ url, applicationName: "test", poolMax: 5 })
  ).pipe(Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Fatal")))
const scope = Scope.makeUnsafe()
const { url } = await Effect.runPromise(Scope.provide(makeDatabase, scope))
// Two of everything, as two processes have it.
const here = ManagedRuntime.make(processOn(url))
const there = ManagedRuntime.make(processOn(url))
afterAll(async () => {
  await Promise.all([here.dispose(), there.dispose()])
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

type Services = Boss | Database
const run = <A, E>(work: Effect.Effect<A, E, Services | Scope.Scope>, on = here): Promise<A> =>
  on.runPromise(Effect.scoped(work))

const queueOf = (name: string, options: QueueOptions<Work> = {}) => defineQueue(name, Work, options)
const jobs = (customer: string, count: number): ReadonlyArray<Work> =>
  Array.from({ length: count }, (_, n) => ({ customer, n }))
const perCustomer: QueueOptions<Work> = { key: ({ customer }) => customer }
const laneOfCustomer: QueueOptions<Work> = { lane: ({ customer }) => customer }

/** Asks again until the answer is right; the time limit is the test's. */
const eventually = <A, E, R>(ask: Effect.Effect<A, E, R>, right: (answer: A) => boolean) =>
  Effect.repeat(Effect.delay(ask, "10 millis"), { until: right })
const settled = (queue: Queue<Work>) =>
  eventually(queue.counts(), ({ waiting, active }) => waiting + active === 0)

/** A handler that records what it is given and lets the test decide how each ends. */
const recorder = Effect.map(Mailbox.unbounded<Job<Work>>(), (seen) => ({
  next: Mailbox.take(seen),
  record: (job: Job<Work>) => Mailbox.offer(seen, job)
}))

describe.concurrent("a queue", () => {
  it("has what was sent with the transaction, and nothing of one that was rolled back", async () => {
    const queue = queueOf("transactional")
    const counts = await run(
      Effect.gen(function* () {
        const { inTransaction } = yield* Database
        yield* Effect.flip(
          inTransaction(Effect.andThen(queue.send(jobs("a", 3)), Effect.fail("no")))
        )
        const before = yield* queue.counts()
        yield* inTransaction(queue.send(jobs("a", 2)))
        return [before.waiting, (yield* queue.counts()).waiting]
      })
    )
    expect(counts).toEqual([0, 2])
  })

  it("hands over what another process sends without waiting for a poll", async () => {
    const queue = queueOf("prompt")
    const waits = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* queue.work({ pollMs: 60_000 }, each(record))
        const waits: Array<number> = []
        for (const payload of jobs("a", 20)) {
          const sent = yield* Clock.currentTimeMillis
          yield* Effect.promise(() => run(queue.send([payload]), there))
          yield* next
          waits.push((yield* Clock.currentTimeMillis) - sent)
          yield* settled(queue)
        }
        return waits
      })
    )
    expect(Math.max(...waits)).toBeLessThan(30_000)
  })

  it("takes a job once while one with its key waits, and again while that is at work", async () => {
    const queue = queueOf("deduplicated", perCustomer)
    const answer = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        const goOn = yield* Deferred.make<void>()
        const first = yield* queue.send([...jobs("a", 1), ...jobs("b", 1)])
        const again = yield* queue.send(jobs("a", 1))
        yield* queue.work(
          { concurrency: 3 },
          each((job) => Effect.andThen(record(job), Deferred.await(goOn)))
        )
        yield* next
        yield* next
        const working = yield* queue.send(jobs("a", 1))
        const waiting = yield* queue.send(jobs("a", 1))
        const { active } = yield* queue.counts()
        yield* Deferred.succeed(goOn, undefined)
        const done = yield* settled(queue)
        return [first.length, again.length, working.length, waiting.length, active, done.completed]
      })
    )
    expect(answer).toEqual([2, 0, 1, 0, 2, 3])
  })

  it("works on one job of a lane at a time, whatever the number of workers, and on all lanes at once", async () => {
    const queue = queueOf("lanes", laneOfCustomer)
    const busy = new Map<string, number>()
    let most = 0
    let lanesMost = 0
    const handler = each(({ payload: { customer } }: Job<Work>) =>
      Database.use(({ run }) =>
        Effect.gen(function* () {
          busy.set(customer, (busy.get(customer) ?? 0) + 1)
          most = Math.max(most, busy.get(customer) ?? 0)
          lanesMost = Math.max(lanesMost, [...busy.values()].filter((n) => n > 0).length)
          yield* run("work", (db) => sql`select pg_sleep(0.002)`.execute(db))
          busy.set(customer, (busy.get(customer) ?? 0) - 1)
        })
      )
    )
    const sent = ["a", "b", "c", "d"].flatMap((customer) => jobs(customer, 25))
    const work = queue.work({ concurrency: 4 }, handler)
    const worked = Effect.andThen(work, settled(queue))
    await run(queue.send(sent))
    const [counts] = await Promise.all([run(worked), run(worked, there)])
    expect([counts.completed, most]).toEqual([100, 1])
    expect(lanesMost).toBeGreaterThan(1)
  })

  it("goes on with other lanes while the oldest jobs wait for a busy one", async () => {
    const queue = queueOf("overtaking", laneOfCustomer)
    const seen = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* queue.send([...jobs("busy", 30), ...jobs("free", 1)])
        yield* queue.work(
          { concurrency: 2, pollMs: 60_000 },
          each((job) =>
            Effect.andThen(
              record(job),
              job.payload.customer === "busy" ? Effect.never : Effect.void
            )
          )
        )
        return [yield* next, yield* next].map(({ payload }) => payload.customer)
      })
    )
    expect(seen).toEqual(["busy", "free"])
  })

  it("tries a failed job again, and puts it with the dead when its attempts are used up", async () => {
    const queue = queueOf("retried", {
      retryLimit: 1,
      retryDelaySeconds: 1,
      retryDelayMaxSeconds: 1
    })
    const answer = await run(
      Effect.gen(function* () {
        const attempts: Array<number> = []
        yield* queue.send(jobs("a", 1))
        yield* queue.work(
          {},
          each(({ attempt }) => {
            attempts.push(attempt)
            return attempts.length < 3 ? Effect.fail("not yet") : Effect.void
          })
        )
        const { failed } = yield* settled(queue)
        const redriven = yield* queue.redrive(10)
        yield* eventually(queue.counts(), ({ completed }) => completed === 1)
        return { attempts, failed, redriven }
      })
    )
    expect(answer).toEqual({ attempts: [0, 1, 0], failed: 1, redriven: 1 })
  })

  it("settles each job of a batch by its own outcome", async () => {
    const queue = queueOf("batched", { retryLimit: 5, retryDelaySeconds: 60 })
    const { cases } = Outcome
    const [sizes, counts] = await run(
      Effect.gen(function* () {
        const sizes: Array<number> = []
        yield* queue.send(jobs("a", 4))
        yield* queue.work({ batchMax: 50 }, (batch) => {
          sizes.push(batch.length)
          const outcomes = new Map<string, Outcome>()
          for (const { id, payload } of batch) {
            if (payload.n === 0) outcomes.set(id, cases.Done.make({}))
            if (payload.n === 1) outcomes.set(id, cases.Retry.make({ reason: "later" }))
            if (payload.n === 2) outcomes.set(id, cases.Dead.make({ reason: "never" }))
          }
          return Effect.succeed(outcomes)
        })
        const counts = yield* eventually(queue.counts(), ({ completed }) => completed === 1)
        return [sizes, counts] as const
      })
    )
    expect(sizes).toEqual([4])
    expect(counts).toEqual({ waiting: 2, active: 0, completed: 1, failed: 1, cancelled: 0 })
  })

  it("puts a payload that it cannot read with the dead", async () => {
    const before = defineQueue("renamed", Schema.Struct({ old: Schema.String }))
    const now = queueOf("renamed")
    const counts = await run(
      Effect.gen(function* () {
        yield* before.send([{ old: "x" }])
        yield* now.work(
          {},
          each(() => Effect.die("not called"))
        )
        return yield* settled(now)
      })
    )
    expect(counts).toMatchObject({ failed: 1, completed: 0 })
  })

  it("cancels what waits, by key, by id and by what the payload contains", async () => {
    const queue = queueOf("cancelled", { key: ({ customer, n }) => `${customer}/${n}` })
    const answer = await run(
      Effect.gen(function* () {
        const ids = yield* queue.send([...jobs("a", 3), ...jobs("b", 3)])
        return [
          yield* queue.cancel({ keys: ["a/0", "a/9"] }),
          yield* queue.cancel({ ids: ids.slice(0, 2) }),
          yield* queue.cancel({ payload: { customer: "b" } }),
          yield* queue.counts(),
          yield* queue.counts({ payload: { customer: "a" } })
        ]
      })
    )
    expect(answer).toMatchObject([
      1,
      1,
      3,
      { waiting: 1, cancelled: 5 },
      { waiting: 1, cancelled: 2 }
    ])
  })

  it("serves higher priorities first and later jobs later", async () => {
    const queue = queueOf("ordered")
    const order = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* queue.send(jobs("normal", 1))
        yield* queue.send(jobs("later", 1), { afterSeconds: 3_600 })
        yield* queue.send(jobs("urgent", 1), { priority: 5 })
        yield* queue.work({}, each(record))
        const order = [yield* next, yield* next].map(({ payload }) => payload.customer)
        return [...order, (yield* queue.counts()).waiting]
      })
    )
    expect(order).toEqual(["urgent", "normal", 1])
  })

  it("gets its jobs back at once when a worker ends, without counting an attempt", async () => {
    const queue = queueOf("handed-back")
    const answer = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* queue.send(jobs("a", 2))
        let interrupted = 0
        const endless = each((job: Job<Work>) =>
          Effect.andThen(record(job), Effect.never).pipe(
            Effect.onInterrupt(() =>
              Effect.sync(() => {
                interrupted++
              })
            )
          )
        )
        const worker = yield* Scope.make()
        yield* Scope.provide(queue.work({ batchMax: 1, concurrency: 2 }, endless), worker)
        yield* next
        yield* next
        const stopping = yield* Clock.currentTimeMillis
        yield* Scope.close(worker, Exit.void)
        const tookMs = (yield* Clock.currentTimeMillis) - stopping
        yield* queue.work({}, each(record))
        const attempts = [(yield* next).attempt, (yield* next).attempt]
        return { interrupted, attempts, prompt: tookMs < 1_000 }
      })
    )
    expect(answer).toEqual({ interrupted: 2, attempts: [0, 0], prompt: true })
  })

  it("does not give back the jobs of a handler that will not stop, and ends within 4 s all the same", async () => {
    const queue = queueOf("stubborn")
    const answer = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* queue.send(jobs("a", 1))
        const goOn = yield* Deferred.make<void>()
        const stubborn = each((job: Job<Work>) =>
          Effect.uninterruptible(Effect.andThen(record(job), Deferred.await(goOn)))
        )
        const worker = yield* Scope.make()
        yield* Scope.provide(queue.work({}, stubborn), worker)
        yield* next
        const stopping = yield* Clock.currentTimeMillis
        yield* Scope.close(worker, Exit.void)
        const tookMs = (yield* Clock.currentTimeMillis) - stopping
        const { active } = yield* queue.counts()
        yield* Deferred.succeed(goOn, undefined)
        return { active, inTime: tookMs < 4_000 }
      })
    )
    expect(answer).toEqual({ active: 1, inTime: true })
  })

  it("gives the job of a killed process to another within 15 s", async () => {
    await run(survivors.send(jobs("a", 1)))
    const victim = program("consume", [Redacted.value(url)])
    expect(await victim.next()).toMatchObject({ attempt: 0 })
    await victim.kill()
    const killed = performance.now()
    const attempt = await run(
      Effect.gen(function* () {
        const { next, record } = yield* recorder
        yield* survivors.work({}, each(record))
        return (yield* next).attempt
      })
    )
    expect(attempt).toBe(1)
    expect(performance.now() - killed).toBeLessThan(15_000)
  })

  it("waits for a database that is away, and goes on when it is back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "concordat-away-"))
    chmodSync(folder, 0o755)
    const Served = Schema.Struct({ url: Schema.String })
    const serve = async () => {
      const server = program("serve", [join(folder, "pg")])
      return { server, ...Schema.decodeUnknownSync(Served)(await server.next()) }
    }
    const first = await serve()
    const queue = queueOf("away")
    const away = Effect.gen(function* () {
      const { next, record } = yield* recorder
      const outage = yield* Deferred.make<void>()
      yield* queue.send(jobs("a", 2))
      yield* queue.work(
        {},
        each((job) => Effect.andThen(record(job), Deferred.await(outage)))
      )
      yield* next
      yield* Effect.promise(() => first.server.finish())
      yield* Deferred.succeed(outage, undefined)
      const { server } = yield* Effect.promise(serve)
      yield* next
      const patient = Effect.retry(settled(queue), { while: (error) => error.retryable })
      const { completed } = yield* patient
      return { server, completed }
    })
    const { server, completed } = await Effect.runPromise(
      away.pipe(Effect.scoped, Effect.provide(processOn(Redacted.make(first.url))))
    )
    await server.finish()
    expect(completed).toBe(2)
    rmSync(folder, { recursive: true, force: true })
  })
})
