import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// A sheet's prices count from the moment in which it is completed, in the same transaction as they were written.
const tables = `
create function price_revision_follows_sheet() returns trigger language plpgsql as $$
begin
  insert into price_revision as held (instance_id, revision) values (new.instance_id, 1)
  on conflict (instance_id) do update set revision = held.revision + 1;
  return null;
end $$;
create trigger prices_follow_sheets after update of status on price_sheet for each row
  when (new.status = 'completed' and not new.dry_run) execute function price_revision_follows_sheet();
`

/** Prices that follow from price sheets change with them. */
export const pricesOfSheets: MigrationModule = {
  name: "0009_prices_of_sheets",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
