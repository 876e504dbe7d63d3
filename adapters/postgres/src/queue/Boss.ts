import { Context, Effect, Layer, Redacted, Semaphore } from "effect"
import { PgBoss } from "pg-boss"
import { Database, DatabaseError, QueryDefect, reasonOf } from "../Database.ts"
import { bossSchema, wakeChannel } from "./claims.ts"
import type { QueueDefinition } from "./QueueDefinition.ts"

export interface BossOptions {
  readonly url: Redacted.Redacted<string>
}

/** pg-boss, running: it keeps the tables of the queues and finds jobs whose worker has died. */
export class Boss extends Context.Service<
  Boss,
  {
    readonly boss: PgBoss
    readonly database: Database["Service"]
    /** Makes the queue of a definition, and its dead letter queue, once per process. */
    readonly ensure: (definition: QueueDefinition) => Effect.Effect<void, DatabaseError>
    /** Calls `wake` when jobs may have become due in `queue`; returns how to stop that. */
    readonly onWake: (queue: string, wake: () => void) => () => void
  }
>()("adapter-postgres/Boss") {
  /** Starts pg-boss, making its schema when missing. Ends within 2 s; workers end before it. */
  static readonly layer = (options: BossOptions) => Layer.effect(Boss, make(options))
}

/** A call of pg-boss with the errors of the database. */
export const callBoss = <A>(
  operation: string,
  call: () => Promise<A>
): Effect.Effect<A, DatabaseError> =>
  Effect.tryPromise(call).pipe(
    Effect.catch(({ cause }) => {
      const reason = reasonOf(cause)
      return reason === undefined
        ? Effect.die(new QueryDefect({ operation, cause }))
        : Effect.fail(new DatabaseError({ operation, reason }))
    })
  )

const newBoss = (url: Redacted.Redacted<string>) =>
  new PgBoss({
    connectionString: Redacted.value(url),
    schema: bossSchema,
    application_name: "concordat-queue",
    max: 2,
    connectionTimeoutMillis: 5_000,
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5
  })

const startBoss = Effect.fnUntraced(function* (url: Redacted.Redacted<string>) {
  const runFork = Effect.runForkWith(yield* Effect.context())
  return yield* Effect.acquireRelease(
    Effect.suspend(() => {
      const boss = newBoss(url)
      // It goes on by itself when the database is back.
      boss.on("error", (cause) => {
        runFork(Effect.logWarning("queue maintenance failed", cause.message))
      })
      return callBoss("queue.start", () => boss.start()).pipe(
        Effect.tapCause(() =>
          Effect.promise(() => boss.stop({ graceful: false })).pipe(Effect.ignoreCause)
        )
      )
    }),
    (boss) =>
      Effect.promise(() => boss.stop({ graceful: false })).pipe(
        Effect.interruptible,
        Effect.timeoutOption("2 seconds")
      )
  )
})

const make = Effect.fnUntraced(function* ({ url }: BossOptions) {
  const database = yield* Database
  const boss = yield* startBoss(url)
  const listeners = new Map<string, Set<() => void>>()
  const wake = (queue: string) => {
    for (const listener of listeners.get(queue) ?? []) listener()
  }
  // pg-boss's own notifications wake only pg-boss's own workers; the connection that survives
  // everything is borrowed from it.
  yield* Effect.acquireRelease(
    callBoss("queue.listen", async () =>
      boss.getDb().listen?.(wakeChannel, wake, () => {
        for (const queue of listeners.keys()) wake(queue)
      })
    ),
    (listener) => Effect.promise(async () => listener?.close())
  )

  const made = new Set<string>()
  const oneAtATime = yield* Semaphore.make(1)
  const ensure = (definition: QueueDefinition) =>
    Effect.suspend(() => {
      if (made.has(definition.name)) return Effect.void
      const { name, deadLetterName, settings } = definition
      return callBoss("queue.ensure", async () => {
        await boss.createQueue(deadLetterName, {
          deleteAfterSeconds: 0,
          retentionSeconds: 31_536_000
        })
        await boss.createQueue(name, { ...settings, policy: "short", deadLetter: deadLetterName })
        await boss.updateQueue(name, settings)
        made.add(name)
      })
    }).pipe(Semaphore.withPermits(oneAtATime, 1))

  return Boss.of({
    boss,
    database,
    ensure,
    onWake: (queue, wake) => {
      const those = listeners.get(queue) ?? new Set()
      listeners.set(queue, those.add(wake))
      return () => those.delete(wake)
    }
  })
})

/** Makes pg-boss's schema without running anything: for templates of databases. */
export const installQueues = Effect.fn("installQueues")(function* (url: Redacted.Redacted<string>) {
  yield* startBoss(url)
}, Effect.scoped)
