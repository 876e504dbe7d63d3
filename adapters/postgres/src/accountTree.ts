import { type Kysely, sql } from "kysely"
import type { Tables } from "./Tables.ts"

/** For whoever moves accounts: until the transaction ends, nobody else moves, adds or places any. */
export const lockTree = (db: Kysely<Tables>) =>
  sql`select pg_advisory_xact_lock(hashtextextended('account tree', 0))`.execute(db)

/** For whoever counts on where an account is: nobody moves any until the transaction ends. */
export const holdTree = (db: Kysely<Tables>) =>
  sql`select pg_advisory_xact_lock_shared(hashtextextended('account tree', 0))`.execute(db)

/** One company's code at a time: two accounts never meet on one. */
export const lockCode = (db: Kysely<Tables>, code: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended('account code ' || ${code}::text, 0))`.execute(
    db
  )
