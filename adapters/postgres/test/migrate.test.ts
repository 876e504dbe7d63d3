import { Effect, Redacted, References } from "effect"
import { sql } from "kysely"
import { describe, expect, it } from "vitest"
import { Database } from "../src/Database.ts"
import { migrate, migrationsHash } from "../src/migrate.ts"
import { type MigrationModule, migrations } from "../src/migrations/index.ts"
import { makeDatabase } from "../src/testing.ts"

const step = (name: string, text: string): MigrationModule => ({
  name,
  up: async (db) => {
    await sql.raw(text).execute(db)
  }
})
const future = step("9998_future", "create table future (id int)")

const onDatabase = <A, E>(use: (url: Redacted.Redacted<string>) => Effect.Effect<A, E>) =>
  makeDatabase.pipe(
    Effect.flatMap(({ url }) => use(url)),
    Effect.scoped,
    Effect.provideService(References.MinimumLogLevel, "Warn"),
    Effect.runPromise
  )

const tableExists = (url: Redacted.Redacted<string>, table: string) =>
  Database.use(({ run }) =>
    run("look", async (db) => {
      const { rows } = await sql<{
        oid: string | null
      }>`select to_regclass(${table}) as oid`.execute(db)
      return rows[0]?.oid === table
    })
  ).pipe(Effect.provide(Database.layer({ url, applicationName: "test" })))

describe("migrating", () => {
  it("takes what is missing, once, however many processes start together", async () => {
    const taken = await onDatabase((url) =>
      Effect.all(
        Array.from({ length: 4 }, () => migrate(url, [...migrations, future])),
        { concurrency: "unbounded" }
      )
    )
    expect(taken.flat()).toEqual([future.name])
  })

  it("has nothing to do on a database of today", async () => {
    expect(await onDatabase((url) => migrate(url))).toEqual([])
  })

  it("refuses a database that a newer release has migrated", async () => {
    const error = await onDatabase((url) =>
      Effect.andThen(migrate(url, [...migrations, future]), Effect.flip(migrate(url)))
    )
    expect(error.message).toBe(
      "The database is newer than this release of Concordat: it has 9998_future. Start the newer release, or restore a backup from before it."
    )
  })

  it("undoes everything when a step fails, and says which", async () => {
    const [message, there] = await onDatabase((url) =>
      Effect.gen(function* () {
        const broken = step("9999_broken", "select nonsense")
        const error = yield* Effect.flip(migrate(url, [...migrations, future, broken]))
        return [error.message, yield* tableExists(url, "future")]
      })
    )
    expect(message).toBe(
      'The database could not be migrated: 9999_broken: column "nonsense" does not exist. Nothing was changed. Correct the cause and start again.'
    )
    expect(there).toBe(false)
  })

  it("says in one line that the database does not answer", async () => {
    const error = await Effect.runPromise(
      Effect.flip(migrate(Redacted.make("postgres://me:secret@127.0.0.1:1/x")))
    )
    expect(error.message).toMatch(/^Postgres at 127\.0\.0\.1:1 does not answer/u)
  })

  it("names its schema by its steps", () => {
    expect(migrationsHash()).toMatch(/^[0-9a-f]{16}$/u)
  })
})
