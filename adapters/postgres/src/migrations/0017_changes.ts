import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Told when the transaction commits, to whoever listens at that moment; nothing is kept. The payload is
// "<kind> <id> <account or ->": never what has changed, which every listener reads with its own rights. A field is
// looked up only for the table that has it.
const triggers = `
create function tell_of_change() returns trigger language plpgsql as $$
declare
  account uuid;
begin
  if tg_argv[0] = 'reconciliation' then account := new.branch;
  elsif tg_argv[0] = 'synchronization' then account := new.account_id;
  end if;
  perform pg_notify('concordat_change', tg_argv[0] || ' ' || new.id || ' ' || coalesce(account::text, '-'));
  return null;
end $$;

create trigger tell_of_change after insert or update on reconciliation_run
  for each row execute function tell_of_change('reconciliation');
create trigger tell_of_change after insert or update on catalogue_run
  for each row execute function tell_of_change('catalogue-run');
create trigger tell_of_change after insert on notification
  for each row execute function tell_of_change('notification');
create trigger tell_of_change after insert or update on mail
  for each row execute function tell_of_change('mail');
create trigger tell_of_change after insert or update on synchronization
  for each row execute function tell_of_change('synchronization');
`

/** Changes are told to pages that are open. */
export const changes: MigrationModule = {
  name: "0017_changes",
  up: async (db) => {
    await sql.raw(triggers).execute(db)
  }
}
