import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// text_pattern_ops: so that the beginning of a text is looked up in the index whatever the database's collation.
const indexes = `
create index subscription_by_name on subscription (lower(name) text_pattern_ops, id);
create index subscription_by_reference on subscription (lower(reference) text_pattern_ops, id);
create index account_tenant_by_domain_start on account_tenant (lower(domain) text_pattern_ops)
  where domain is not null;
`

/** Subscriptions and tenants are found by the beginning of what they are called. */
export const search: MigrationModule = {
  name: "0021_search",
  up: async (db) => {
    await sql.raw(indexes).execute(db)
  }
}
