import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Redacted, Schema } from "effect"
import { Kysely, PostgresDialect, sql } from "kysely"
import { type MigrationResultSet, Migrator } from "kysely/migration"
import pg from "pg"
import { describeStartFailure, parseAddress } from "./DatabaseAddress.ts"
import { type MigrationModule, migrations as released } from "./migrations/index.ts"

/** The schema cannot be brought up to date; what had succeeded before the failing step is undone with it. */
export class MigrationError extends Schema.TaggedError<MigrationError>()("MigrationError", {
  problem: Schema.String,
  wayOut: Schema.String
}) {
  override get message(): string {
    return `${this.problem} ${this.wayOut}`
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

const failed = (cause: unknown) =>
  new MigrationError({
    problem: `The database could not be migrated: ${messageOf(cause)}.`,
    wayOut: "Nothing was changed. Correct the cause and start again."
  })

const connect = (url: Redacted.Redacted<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const pool = new pg.Pool({
        connectionString: Redacted.value(url),
        max: 2,
        connectionTimeoutMillis: 5_000,
        application_name: "concordat-migrate"
      })
      pool.on("error", () => {})
      pool.on("connect", (client) => client.on("error", () => {}))
      return new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) })
    }),
    (db) => Effect.promise(() => db.destroy())
  )

/** The steps that the database has seen, in their order. */
const applied = Effect.fnUntraced(function* (
  db: Kysely<Record<string, never>>,
  url: Redacted.Redacted<string>
) {
  const address = yield* parseAddress(url)
  const { rows } = yield* Effect.tryPromise(() =>
    sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(db)
  ).pipe(Effect.mapError(({ cause }) => describeStartFailure(address, cause)))
  if (rows[0]?.there !== true) return []
  const names = yield* Effect.tryPromise(() =>
    sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  ).pipe(Effect.mapError(({ cause }) => failed(cause)))
  return names.rows.map(({ name }) => name)
})

const run = (
  db: Kysely<Record<string, never>>,
  modules: ReadonlyArray<MigrationModule>
): Promise<MigrationResultSet> =>
  new Migrator({
    db,
    provider: {
      getMigrations: async () => Object.fromEntries(modules.map((module) => [module.name, module]))
    }
  }).migrateToLatest()

/**
 * Brings the database up to date, all or nothing, and returns the names of the steps that it took.
 * An advisory lock makes processes that start together take turns. Refuses a database that a newer
 * release has migrated.
 */
export const migrate = Effect.fn("migrate")(function* (
  url: Redacted.Redacted<string>,
  modules: ReadonlyArray<MigrationModule> = released
) {
  const db = yield* connect(url)
  const known = new Set(modules.map(({ name }) => name))
  const unknown = (yield* applied(db, url)).filter((name) => !known.has(name))
  if (unknown.length > 0) {
    return yield* new MigrationError({
      problem: `The database is newer than this release of Concordat: it has ${unknown.join(", ")}.`,
      wayOut: "Start the newer release, or restore a backup from before it."
    })
  }
  const { error, results } = yield* Effect.tryPromise(() => run(db, modules)).pipe(
    Effect.mapError(({ cause }) => failed(cause))
  )
  const failing = results?.find(({ status }) => status === "Error")
  if (error !== undefined) {
    return yield* failed(
      failing === undefined ? error : `${failing.migrationName}: ${messageOf(error)}`
    )
  }
  const taken = (results ?? []).map(({ migrationName }) => migrationName)
  if (taken.length > 0) yield* Effect.logInfo("database migrated", { steps: taken })
  return taken
}, Effect.scoped)

/** Names the schema that the steps of this release make. Databases made by the same steps are alike. */
export const migrationsHash = (): string => {
  const folder = join(import.meta.dirname, "migrations")
  const hash = createHash("sha256")
  for (const file of readdirSync(folder).sort()) {
    hash.update(file).update(readFileSync(join(folder, file)))
  }
  return hash.digest("hex").slice(0, 16)
}
