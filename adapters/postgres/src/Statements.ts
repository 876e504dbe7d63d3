import { Data, Effect } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { Database, DatabaseError } from "./Database.ts"
import type { Tables } from "./Tables.ts"

class OfWork<E> extends Data.TaggedError("OfWork")<{ readonly error: E }> {}

/** `database.inTransaction` for ports, which do not name errors of the database: those are defects. */
const atomically =
  (database: Database["Service"]) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    database
      .inTransaction(Effect.mapError(work, (error) => new OfWork({ error })))
      .pipe(
        Effect.catch((error) =>
          error instanceof DatabaseError ? Effect.die(error) : Effect.fail(error.error)
        )
      )

/**
 * The database as the repositories use it. The ports promise results and name the refusals of the domain; that
 * the database is away is neither, so a `DatabaseError` leaves a repository as a defect that keeps its reason.
 */
export const statements = Effect.map(Database, (database) => ({
  run: <A>(name: string, work: (db: Kysely<Tables>) => Promise<A>): Effect.Effect<A> =>
    Effect.orDie(database.run(name, work)),
  /** One transaction around `work`, which joins the current one. */
  atomically: atomically(database)
}))

/** A text as a part of a LIKE pattern. */
export const likePart = (text: string): string => `%${text.replaceAll(/[\\%_]/gu, "\\$&")}%`

/** A text as the beginning of a LIKE pattern's text. */
export const likeStart = (text: string): string => likePart(text).slice(1)

/** Whether a text is a whole GUID, which Postgres can take for a uuid. */
export const isGuid = (text: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(text)

/** All of the conditions; true where there are none. */
export const all = (conditions: ReadonlyArray<RawBuilder<unknown>>): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)

/** Texts without line feeds, such as those of `JSON.stringify`, as an array of Postgres; empty ones are null. */
export const lines = (texts: ReadonlyArray<string>) =>
  sql<ReadonlyArray<string | null>>`string_to_array(${texts.join("\n")}, ${"\n"}, '')`
