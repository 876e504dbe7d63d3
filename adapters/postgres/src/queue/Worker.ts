import {
  Array as Arrays,
  Cause,
  Effect,
  Exit,
  Fiber,
  Queue as Mailbox,
  Result,
  Schedule,
  Schema,
  type Scope,
  Semaphore
} from "effect"
import { fromKysely } from "pg-boss"
import { CurrentTransaction, type DatabaseError } from "../Database.ts"
import { Boss } from "./Boss.ts"
import {
  type Attempt,
  type ClaimedRow,
  claim,
  handBack,
  makeLast,
  recover,
  touch
} from "./claims.ts"
import { park } from "./gates.ts"
import type { QueueDefinition } from "./QueueDefinition.ts"

/** One attempt of a job. */
export interface Job<A> {
  readonly id: string
  readonly payload: A
  /** 0 for the first; one more for each time that it failed or its worker died. */
  readonly attempt: number
  /** When it was sent, epoch milliseconds. */
  readonly createdAt: number
  /** As it was sent; 0 when nothing was said. */
  readonly priority: number
}

/**
 * What is to become of a job: `Retry` until its attempts are used up, `Park` until its gate opens, which is no
 * attempt, `Dead` for what never will succeed.
 */
export const Outcome = Schema.TaggedUnion({
  Done: {},
  Retry: { reason: Schema.String },
  Park: { gate: Schema.String },
  Dead: { reason: Schema.String }
})
export type Outcome = typeof Outcome.Type

/** By the id of the job. A job without an outcome is tried again. */
export type Outcomes = ReadonlyMap<string, Outcome>

/** Works on jobs of one queue. A failure of the whole handler is a `Retry` of all its jobs. */
export type Handler<A, E, R> = (jobs: ReadonlyArray<Job<A>>) => Effect.Effect<Outcomes, E, R>

export interface WorkOptions {
  /** Jobs that a handler gets at once, at most; 1 by default. */
  readonly batchMax?: number
  /** Handlers at work at the same time in this process; 1 by default. */
  readonly concurrency?: number
  /** How long a job may stay unnoticed when its notification is lost, milliseconds; 1000 by default. */
  readonly pollMs?: number
}

const { Done, Retry, Dead } = Outcome.cases

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** Handles jobs one by one: `Done` when `handle` succeeds, `Retry` when it fails or dies. */
export const each =
  <A, E, R>(
    handle: (job: Job<A>) => Effect.Effect<void, E, R>,
    options: { readonly concurrency?: number } = {}
  ): Handler<A, never, R> =>
  (jobs) =>
    Effect.forEach(
      jobs,
      (job) =>
        Effect.map(Effect.exit(handle(job)), (exit): readonly [string, Outcome] => [
          job.id,
          Exit.isSuccess(exit) ? Done.make({}) : Retry.make({ reason: reasonOf(exit.cause) })
        ]),
      { concurrency: options.concurrency ?? 1 }
    ).pipe(Effect.map((outcomes) => new Map(outcomes)))

/** Jobs that one call of the handler works on. */
interface Batch {
  rows: ReadonlyArray<ClaimedRow>
  fiber: Fiber.Fiber<void> | undefined
  /** Somebody else has the jobs, or the worker ends: their outcome is not ours to write. */
  abandoned: boolean
  /** The outcome is being written; that the jobs are no longer active is our own doing. */
  settling: boolean
}

const asBoss = (attempts: ReadonlyArray<Attempt>) =>
  attempts.map(({ id, attempt }) => ({ id, retryCount: attempt }))

/** Writes what became of the jobs, all at once; those that were taken over meanwhile are left alone. */
const settle = Effect.fnUntraced(function* (
  { boss, database }: Boss["Service"],
  name: string,
  jobs: ReadonlyArray<Attempt>,
  outcomeOf: (id: string) => Outcome
) {
  const done: Array<Attempt> = []
  const dead: Array<Attempt> = []
  const parked = new Map<string, Array<Attempt>>()
  const failed = new Map<string, Array<Attempt>>()
  for (const job of jobs) {
    const outcome = outcomeOf(job.id)
    if (outcome._tag === "Done") {
      done.push(job)
      continue
    }
    if (outcome._tag === "Park") {
      parked.set(outcome.gate, [...(parked.get(outcome.gate) ?? []), job])
      continue
    }
    if (outcome._tag === "Dead") dead.push(job)
    failed.set(outcome.reason, [...(failed.get(outcome.reason) ?? []), job])
  }
  for (const [reason, those] of failed) {
    yield* Effect.logInfo("jobs failed", { queue: name, reason, ids: those.map(({ id }) => id) })
  }
  const write = database.run("queue.settle", async (db) => {
    const options = { db: fromKysely(db) }
    if (done.length > 0) await boss.complete(name, asBoss(done), null, options)
    for (const [gate, those] of parked) await park(db, name, gate, those)
    if (dead.length > 0) await makeLast(db, name, dead)
    for (const [reason, those] of failed) {
      await boss.fail(name, asBoss(those), { message: reason }, options)
    }
  })
  yield* database.inTransaction(write).pipe(
    // The database may be away; when it took the jobs for lost meanwhile, writing changes nothing.
    Effect.retry({ schedule: Schedule.spaced("500 millis"), while: (error) => error.retryable }),
    Effect.catch((error) => Effect.logError("outcomes not written", { queue: name }, error))
  )
})

/**
 * Works on a queue until the scope closes: claims jobs whenever a handler is free and something is due,
 * tells the database that it lives, and survives the database's outages. When the scope closes,
 * handlers are interrupted and their jobs given back, within 4 s; that is no failed attempt.
 *
 * A job may run again although it has run: when its process dies before that is written. Two attempts
 * at the same time are possible only when a process is cut off for longer than the heartbeat.
 */
export const work = Effect.fnUntraced(
  function* <A, I, E, R>(
    definition: QueueDefinition,
    payload: Schema.Codec<A, I>,
    options: WorkOptions,
    handler: Handler<A, E, R>
  ): Effect.fn.Return<void, DatabaseError, Boss | R | Scope.Scope> {
    const service = yield* Boss
    const { database, ensure, onWake } = service
    const { name, settings } = definition
    yield* ensure(definition)

    const decode = Schema.decodeUnknownResult(Schema.toCodecJson(payload))
    const batchMax = options.batchMax ?? 1
    const batches = new Set<Batch>()
    const slots = yield* Semaphore.make(options.concurrency ?? 1)
    const signals = yield* Mailbox.sliding<void>(1)
    const wake = () => {
      Mailbox.offerUnsafe(signals, undefined)
    }

    const handle = Effect.fnUntraced(function* (batch: Batch) {
      const outcomes = new Map<string, Outcome>()
      const jobs: Array<Job<A>> = []
      for (const { id, data, attempt, createdAt, priority } of batch.rows) {
        const decoded = decode(data)
        if (Result.isSuccess(decoded)) {
          jobs.push({ id, payload: decoded.success, attempt, createdAt, priority })
        } else {
          outcomes.set(id, Dead.make({ reason: `payload: ${decoded.failure.message}` }))
        }
      }
      const exit = yield* Effect.exit(jobs.length === 0 ? Effect.succeed(outcomes) : handler(jobs))
      if (batch.abandoned) return
      batch.settling = true
      if (Exit.isSuccess(exit)) {
        for (const [id, outcome] of exit.value) outcomes.set(id, outcome)
      }
      const otherwise = Retry.make({
        reason: Exit.isSuccess(exit) ? "the handler named no outcome" : reasonOf(exit.cause)
      })
      yield* settle(service, name, batch.rows, (id) => outcomes.get(id) ?? otherwise)
      batches.delete(batch)
    })

    const begin = Effect.fnUntraced(function* (batch: Batch) {
      const free = Effect.andThen(slots.release(1), Effect.sync(wake))
      const ended = Effect.sync(() => {
        batch.fiber = undefined
      })
      batch.fiber = yield* handle(batch).pipe(
        Effect.withSpan(`work ${name}`, { kind: "consumer" }),
        Effect.ensuring(Effect.andThen(ended, free)),
        Effect.forkDetach
      )
    })

    const toBatch = (rows: ReadonlyArray<ClaimedRow>): Batch => ({
      rows,
      fiber: undefined,
      abandoned: false,
      settling: false
    })

    let away = false
    /** Claims what is due, for so many handlers. */
    const claimBatches = (handlers: number) =>
      Effect.suspend(() => {
        let claimed: ReadonlyArray<Batch> = []
        const statements = database
          .run("queue.claim", (db) => claim(db, name, handlers * batchMax))
          .pipe(
            Effect.tap((rows) =>
              Effect.sync(() => {
                // Noted before it is committed, so that no interruption loses it.
                claimed = Arrays.chunksOf(rows, batchMax).map(toBatch)
                for (const batch of claimed) batches.add(batch)
              })
            )
          )
        return database.inTransaction(statements).pipe(
          Effect.map(() => {
            away = false
            return claimed
          }),
          Effect.catch((error) => {
            for (const batch of claimed) batches.delete(batch)
            const said = away
            away = true
            return Effect.as(
              said ? Effect.void : Effect.logWarning("queue waits for the database", error.message),
              []
            )
          })
        )
      }).pipe(
        Effect.catchDefect((defect) =>
          Effect.as(Effect.logError("claiming jobs failed", { queue: name }, defect), [])
        ),
        Effect.withTracerEnabled(false)
      )

    const round = Effect.gen(function* () {
      yield* slots.take(1)
      let free = 1
      while (yield* slots.takeIfAvailable(1)) free++
      const claimed = yield* claimBatches(free)
      yield* Effect.forEach(claimed, begin, { discard: true })
      yield* slots.release(free - claimed.length)
      if (claimed.length === 0) {
        yield* Mailbox.take(signals).pipe(Effect.timeoutOption(options.pollMs ?? 1_000))
      }
    })

    const abandon = (batch: Batch) =>
      Effect.suspend(() => {
        batch.abandoned = true
        return batch.fiber === undefined ? Effect.void : Fiber.interrupt(batch.fiber)
      })

    const heartbeat = Effect.gen(function* () {
      const recovered = yield* database.run("queue.recover", (db) => recover(db, name))
      if (recovered > 0) {
        yield* Effect.logWarning("jobs of a dead worker", { queue: name, jobs: recovered })
        wake()
      }
      const working = [...batches].filter(({ fiber }) => fiber !== undefined)
      if (working.length === 0) return
      const ours = yield* database.run("queue.heartbeat", (db) =>
        touch(
          db,
          name,
          working.flatMap(({ rows }) => rows)
        )
      )
      for (const batch of working) {
        if (batch.settling || batch.rows.some(({ id }) => ours.has(id))) continue
        batches.delete(batch)
        yield* Effect.logWarning("jobs were taken over", { queue: name, jobs: batch.rows.length })
        yield* Effect.forkDetach(abandon(batch))
      }
    }).pipe(
      Effect.withTracerEnabled(false),
      // A missed heartbeat is made up by the next; claiming reports that the database is away.
      Effect.catchCause((cause) => Effect.logDebug("heartbeat missed", { queue: name }, cause))
    )

    /** Interrupts the handlers and gives back what they leave. What does not stop in time is not given back: two would work on it. */
    const stop = Effect.gen(function* () {
      const stopping = yield* Effect.forkDetach(
        Effect.forEach([...batches], abandon, { concurrency: "unbounded" })
      )
      yield* Fiber.await(stopping).pipe(Effect.interruptible, Effect.timeoutOption("2500 millis"))
      const left = [...batches].filter(({ fiber }) => fiber === undefined)
      if (left.length === 0) return
      yield* database
        .run("queue.handBack", (db) =>
          handBack(
            db,
            name,
            left.flatMap(({ rows }) => rows)
          )
        )
        .pipe(Effect.interruptible, Effect.timeoutOption("1 second"), Effect.ignoreCause)
    })

    yield* Effect.addFinalizer(() => stop)
    yield* Effect.acquireRelease(
      Effect.sync(() => onWake(name, wake)),
      (forget) => Effect.sync(forget)
    )
    const interval = `${Math.floor((settings.heartbeatSeconds * 1_000) / 3)} millis` as const
    yield* Effect.forkScoped(Effect.repeat(heartbeat, Schedule.spaced(interval)))
    yield* Effect.forkScoped(Effect.forever(round))
  },
  Effect.provideService(CurrentTransaction, null)
)
