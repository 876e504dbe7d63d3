import {
  Cause,
  Context,
  Data,
  Effect,
  Exit,
  Layer,
  Queue,
  Redacted,
  Schedule,
  Schema,
  Stream
} from "effect"
import { type ControlledTransaction, Kysely, PostgresDialect, sql } from "kysely"
import pg from "pg"
import { DatabaseStartError, describeStartFailure, parseAddress } from "./DatabaseAddress.ts"
import type { Tables } from "./Tables.ts"

/** No connection, or the statement took too long. Nothing is known of its effect; trying again is sound if it is idempotent. */
export class Unavailable extends Schema.TaggedClass<Unavailable>()("Unavailable", {
  detail: Schema.String
}) {}

/** There is such a row already. In a transaction, nothing but a rollback can follow. */
export class UniqueViolation extends Schema.TaggedClass<UniqueViolation>()("UniqueViolation", {
  constraint: Schema.String
}) {}

/** The row that is referred to does not exist, or the one to delete is referred to. */
export class ForeignKeyViolation extends Schema.TaggedClass<ForeignKeyViolation>()(
  "ForeignKeyViolation",
  { constraint: Schema.String }
) {}

/** Two transactions met (deadlock, serialization, lock timeout). Run the whole transaction again. */
export class Serialization extends Schema.TaggedClass<Serialization>()("Serialization", {
  detail: Schema.String
}) {}

/** The database did not do `operation`, for a reason that a caller may handle. Others are defects. */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  operation: Schema.String,
  reason: Schema.Union([Unavailable, UniqueViolation, ForeignKeyViolation, Serialization])
}) {
  override get message(): string {
    const about = "constraint" in this.reason ? this.reason.constraint : this.reason.detail
    return `${this.operation}: ${this.reason._tag} (${about})`
  }
  /** Whether the same may succeed later. */
  get retryable(): boolean {
    return this.reason._tag === "Unavailable" || this.reason._tag === "Serialization"
  }
}

/** A statement that is wrong, or data that break a check: a bug, therefore a defect. */
export class QueryDefect extends Data.TaggedError("QueryDefect")<{
  readonly operation: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `${this.operation}: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN"
])

// pg reports these as plain errors without a code.
const lostConnection =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|not queryable|Cannot use a pool after calling end/iu

const isUnavailable = (code: string, message: string) =>
  networkCodes.has(code) ||
  code.startsWith("08") || // connection exception
  code.startsWith("53") || // too many connections, out of memory, disk full
  code.startsWith("57") || // shutdown, crash, starting up, statement timeout, admin command
  lostConnection.test(message)

const isSerialization = (code: string) =>
  code === "40001" || code === "40P01" || code === "55P03" /* lock timeout */

/** What a caller can do about an error of pg; nothing when it is a bug. */
export const reasonOf = (cause: unknown): DatabaseError["reason"] | undefined => {
  if (!(cause instanceof Error)) return undefined
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : ""
  const constraint = cause instanceof pg.DatabaseError ? (cause.constraint ?? "") : ""
  if (code === "23505") return new UniqueViolation({ constraint })
  if (code === "23503") return new ForeignKeyViolation({ constraint })
  const detail = code === "" ? cause.message : `${code} ${cause.message}`
  if (isSerialization(code)) return new Serialization({ detail })
  if (isUnavailable(code, cause.message)) return new Unavailable({ detail })
  return undefined
}

const fail = (operation: string, cause: unknown): Effect.Effect<never, DatabaseError> => {
  const reason = reasonOf(cause)
  return reason === undefined
    ? Effect.die(new QueryDefect({ operation, cause }))
    : Effect.fail(new DatabaseError({ operation, reason }))
}

const attempt = <A>(operation: string, run: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise(run).pipe(Effect.catch(({ cause }) => fail(operation, cause)))

const integer = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit into a number`)
  return value
}

const oids = { int8: 20, date: 1082, timestamptz: 1184 }
const arrayOids = { int8: 1016, date: 1182, timestamptz: 1185, text: 1009 }

const builtInInstant: (text: string) => Date = pg.types.getTypeParser(oids.timestamptz)
const builtInTexts: (text: string) => Array<string> = pg.types.getTypeParser(arrayOids.text)

/** Milliseconds since 1970. */
const instant = (text: string): number => builtInInstant(text).valueOf()

const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<
  number,
  (text: string) => unknown
>([
  [oids.int8, integer],
  [oids.timestamptz, instant],
  [oids.date, (text) => text],
  [arrayOids.int8, (text) => builtInTexts(text).map(integer)],
  [arrayOids.timestamptz, (text) => builtInTexts(text).map(instant)],
  [arrayOids.date, (text) => builtInTexts(text)]
])

/**
 * How values of Postgres arrive: `int8` as a number (a defect when it is not a safe one), `numeric` as
 * its text, `timestamptz` as epoch milliseconds, `date` as its text (`2026-11-20`). For our own pools
 * only; pg-boss keeps pg's.
 */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers.get(oid) ?? pg.types.getTypeParser(oid, format)
}

/** The transaction that the current effect is part of. Repositories need not look: `Database.run` does. */
export const CurrentTransaction = Context.Reference<ControlledTransaction<Tables> | null>(
  "adapter-postgres/CurrentTransaction",
  { defaultValue: () => null }
)

/** The one way to the tables: a pool of connections, and the transaction of the current effect. */
export class Database extends Context.Service<
  Database,
  {
    /**
     * Runs statements in the current transaction, or each by itself when there is none. A span named
     * `name` is recorded. When the effect is interrupted, `signal` aborts; a statement that has been
     * sent goes on, unless Kysely is given the signal.
     */
    readonly run: <A>(
      name: string,
      statements: (db: Kysely<Tables>, signal: AbortSignal) => Promise<A>
    ) => Effect.Effect<A, DatabaseError>
    /**
     * One transaction around `work`: committed when it succeeds, rolled back when it fails, dies or
     * is interrupted. Within another transaction it joins that one, which decides for both; a
     * failed statement dooms it whole, also when its error is caught.
     */
    readonly inTransaction: <A, E, R>(
      work: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | DatabaseError, R>
    /**
     * The payloads that are notified on a channel of this database, by a connection of its own while the stream runs.
     * The first element is undefined: from there on nothing is missed, until the stream fails with the connection.
     */
    readonly listen: (channel: string) => Stream.Stream<string | undefined, DatabaseError>
  }
>()("adapter-postgres/Database") {
  /** Connects and checks the version; the pool closes with the scope. */
  static readonly layer = (options: DatabaseOptions) => Layer.effect(Database, make(options))
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with pg's parameters (`sslmode=…`). */
  readonly url: Redacted.Redacted<string>
  /** Connections of this process; 10 by default. */
  readonly poolMax?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** A statement that takes longer is cancelled and counts as `Unavailable`; 60 s by default. */
  readonly statementTimeoutMs?: number
}

/** pg drops a connection that breaks, and says so by an event that ends the process when nobody listens. */
const listen = (pool: pg.Pool, onError: (cause: Error) => void) => {
  pool.on("error", onError)
  pool.on("connect", (client) => client.on("error", onError))
}

const openPool = Effect.fnUntraced(function* (options: DatabaseOptions) {
  const runFork = Effect.runForkWith(yield* Effect.context())
  const pool = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new pg.Pool({
          connectionString: Redacted.value(options.url),
          max: options.poolMax ?? 10,
          application_name: options.applicationName,
          connectionTimeoutMillis: 5_000,
          statement_timeout: options.statementTimeoutMs ?? 60_000,
          idleTimeoutMillis: 30_000,
          keepAlive: true,
          types
        })
    ),
    (pool) =>
      // A connection that hangs must not keep the process from ending.
      Effect.promise(() => pool.end()).pipe(Effect.interruptible, Effect.timeoutOption("2 seconds"))
  )
  listen(pool, (cause) => {
    runFork(Effect.logDebug("database connection lost", cause.message))
  })
  return pool
})

/** Notifications that wait to be taken; a subscriber that is this far behind is better off reading again. */
const notificationsMax = 16_384

const listenTo = (options: DatabaseOptions, channel: string) =>
  Stream.callback<string | undefined, DatabaseError>(
    Effect.fnUntraced(function* (queue) {
      const client = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new pg.Client({
              connectionString: Redacted.value(options.url),
              application_name: `${options.applicationName} listening`,
              connectionTimeoutMillis: 5_000,
              keepAlive: true
            })
        ),
        (opened) =>
          Effect.promise(() => opened.end()).pipe(
            Effect.interruptible,
            Effect.timeoutOption("2 seconds")
          )
      )
      const lost = (detail: string) =>
        Queue.failCauseUnsafe(
          queue,
          Cause.fail(
            new DatabaseError({ operation: "listen", reason: new Unavailable({ detail }) })
          )
        )
      client.on("error", (cause) => lost(cause.message))
      client.on("end", () => lost("the connection ended"))
      client.on("notification", ({ payload }) => Queue.offerUnsafe(queue, payload ?? ""))
      yield* attempt("listen", async () => {
        await client.connect()
        await client.query(`listen ${client.escapeIdentifier(channel)}`)
      })
      Queue.offerUnsafe(queue, undefined)
    }),
    { bufferSize: notificationsMax, strategy: "sliding" }
  )

const versionMin = 15

const check = Effect.fnUntraced(function* (db: Kysely<Tables>, url: Redacted.Redacted<string>) {
  const address = yield* parseAddress(url)
  const asked = Effect.tryPromise(() =>
    sql<{ version: string }>`select current_setting('server_version') as version`.execute(db)
  ).pipe(
    Effect.mapError(({ cause }) => cause),
    // 57P03: it is there and will be ready.
    Effect.retry({
      schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo({ times: 50 })),
      while: (cause) => cause instanceof pg.DatabaseError && cause.code === "57P03"
    }),
    Effect.mapError((cause) => describeStartFailure(address, cause))
  )
  const version = (yield* asked).rows[0]?.version ?? ""
  if (Number.parseInt(version, 10) < versionMin) {
    return yield* new DatabaseStartError({
      problem: `${address.place} runs Postgres ${version}; Concordat needs ${versionMin} or newer.`,
      wayOut: "Upgrade it, or unset DATABASE_URL to use the embedded one."
    })
  }
})

const inNewTransaction = <A, E, R>(
  db: Kysely<Tables>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | DatabaseError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const transaction = yield* attempt("begin", () => db.startTransaction().execute())
      const exit = yield* restore(work).pipe(
        Effect.provideService(CurrentTransaction, transaction),
        Effect.exit
      )
      if (Exit.isSuccess(exit)) {
        yield* attempt("commit", () => transaction.commit().execute())
        return exit.value
      }
      // Where the connection is gone, so is the transaction.
      yield* attempt("rollback", () => transaction.rollback().execute()).pipe(
        Effect.catchCause((cause) => Effect.logDebug("rollback", Cause.pretty(cause)))
      )
      return yield* Effect.failCause(exit.cause)
    })
  )

const make = Effect.fnUntraced(function* (options: DatabaseOptions) {
  yield* parseAddress(options.url)
  const pool = yield* openPool(options)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  yield* check(db, options.url)
  return Database.of({
    run: (name, statements) =>
      Effect.flatMap(CurrentTransaction, (transaction) =>
        attempt(name, (signal) => statements(transaction ?? db, signal))
      ).pipe(Effect.withSpan(name, { kind: "client" })),
    inTransaction: (work) =>
      Effect.flatMap(CurrentTransaction, (transaction) =>
        transaction === null ? inNewTransaction(db, work) : work
      ),
    listen: (channel) => listenTo(options, channel)
  })
})
