import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// The list is walked by name (0021), by name among those of a status, or by the end of the commitment: in the terms, a
// number of milliseconds.
const indexes = `
create index subscription_by_end on subscription (((terms ->> 'commitmentEnd')::bigint), id)
  where terms ->> 'commitmentEnd' is not null;
create index subscription_by_status on subscription ((terms ->> 'status'), lower(name) text_pattern_ops, id);
`

/** Subscriptions are listed in an order, without reading all of them. */
export const subscriptionList: MigrationModule = {
  name: "0019_subscription_list",
  up: async (db) => {
    await sql.raw(indexes).execute(db)
  }
}
