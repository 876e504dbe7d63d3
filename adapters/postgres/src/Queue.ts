import { Effect, type Schema, type Scope } from "effect"
import { fromKysely, type JobInsert } from "pg-boss"
import type { DatabaseError } from "./Database.ts"
import { Boss, callBoss } from "./queue/Boss.ts"
import { type Counts, cancelWaiting, count, type Selection, wakeWorkers } from "./queue/claims.ts"
import { definitionOf, encodePayload, type QueueOptions } from "./queue/QueueDefinition.ts"
import { type Handler, type WorkOptions, work } from "./queue/Worker.ts"

export interface SendOptions {
  /** Higher is sooner; 0 by default. */
  readonly priority?: number
  /** Not before so many seconds from now. */
  readonly afterSeconds?: number
}

/** A kind of job: how to send it, who works on it, what has become of it. */
export interface Queue<A> {
  readonly name: string
  /**
   * Queues jobs, in the current transaction when there is one: with its commit they exist, and with
   * its rollback they never did. Returns the ids of those that are new; a payload whose key waits
   * already is not queued again.
   */
  readonly send: (
    payloads: ReadonlyArray<A>,
    options?: SendOptions
  ) => Effect.Effect<ReadonlyArray<string>, DatabaseError, Boss>
  /** Works on the queue until the scope closes. Any number of processes may. */
  readonly work: <E, R>(
    options: WorkOptions,
    handler: Handler<A, E, R>
  ) => Effect.Effect<void, DatabaseError, Boss | R | Scope.Scope>
  /** Cancels jobs that nobody works on, in the current transaction; returns how many. */
  readonly cancel: (selection: Selection) => Effect.Effect<number, DatabaseError, Boss>
  /** Counts jobs by what has become of them, all or those selected. */
  readonly counts: (selection?: Selection) => Effect.Effect<Counts, DatabaseError, Boss>
  /** Moves up to `limit` dead letters back into the queue, oldest first; returns how many. */
  readonly redrive: (limit: number) => Effect.Effect<number, DatabaseError, Boss>
}

/** Payloads in one statement, so that a large send stays a few statements of bounded size. */
const sendMax = 1_000

/**
 * Declares a queue. `payload` is what is stored, as JSON; it must be an object. Old jobs are decoded
 * with the schema of today, so change it only in ways that accept what was sent before: a payload
 * that does not decode goes to the dead letters (`<name>.dead`), and so does a job whose attempts are
 * used up.
 */
export const defineQueue = <A, I>(
  name: string,
  payload: Schema.Codec<A, I>,
  options: QueueOptions<A> = {}
): Queue<A> => {
  const definition = definitionOf(name, options)
  const encode = encodePayload(payload)
  const key = options.key
  const lane = options.lane ?? key

  const toJob = Effect.fnUntraced(function* (value: A, { priority, afterSeconds }: SendOptions) {
    // Jobs without a key must not count as alike.
    const singletonKey = key === undefined ? crypto.randomUUID() : key(value)
    const group = { id: lane === undefined ? singletonKey : lane(value) }
    const job: JobInsert = { data: yield* encode(value), singletonKey, group }
    if (priority !== undefined) job.priority = priority
    if (afterSeconds !== undefined) job.startAfter = afterSeconds
    return job
  })

  const queue = Effect.tap(Boss, ({ ensure }) => ensure(definition))

  return {
    name,
    send: Effect.fn(`queue.send ${name}`)(function* (payloads, sendOptions = {}) {
      const { boss, database } = yield* queue
      const ids: Array<string> = []
      for (let from = 0; from < payloads.length; from += sendMax) {
        const jobs = yield* Effect.forEach(payloads.slice(from, from + sendMax), (value) =>
          toJob(value, sendOptions)
        )
        const sent = database.run("queue.insert", async (db) => {
          const options = { db: fromKysely(db), returnId: true }
          const inserted = (await boss.insert(name, jobs, options)) ?? []
          if (inserted.length > 0) await wakeWorkers(db, name)
          return inserted
        })
        ids.push(...(yield* database.inTransaction(sent)))
      }
      return ids
    }),
    work: (workOptions, handler) => work(definition, payload, workOptions, handler),
    cancel: (selection) =>
      Effect.flatMap(queue, ({ database }) =>
        database.run("queue.cancel", (db) => cancelWaiting(db, name, selection))
      ),
    counts: (selection) =>
      Effect.flatMap(queue, ({ database }) =>
        database.run("queue.counts", (db) => count(db, name, selection))
      ),
    redrive: (limit) =>
      Effect.flatMap(queue, ({ boss }) =>
        callBoss("queue.redrive", () => boss.redrive(definition.deadLetterName, { limit }))
      )
  }
}
