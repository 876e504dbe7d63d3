import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Of 200,000 accounts few are resellers, and fewer are not active: a walk through all names would look for them long.
const indexes = `
create index account_by_kind on account (kind, lower(name), id);
create index account_not_active on account (lower(name), id) where not active;
`

/** Accounts of one kind, and those that are not active, are listed by name without a look at all others. */
export const accountLists: MigrationModule = {
  name: "0025_account_lists",
  up: async (db) => {
    await sql.raw(indexes).execute(db)
  }
}
