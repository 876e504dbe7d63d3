import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// verdict and checked_at are both there or both missing: a row may hold nothing but a try that failed.
const tables = `
create table mpn_verdict (
  instance_id uuid not null references instance on delete cascade,
  environment text not null,
  mpn_id text not null,
  verdict text check (verdict in ('valid', 'invalid')),
  partner_name text,
  reason text,
  checked_at timestamptz,
  failed_at timestamptz,
  failure text,
  primary key (instance_id, environment, mpn_id),
  check ((verdict is null) = (checked_at is null)),
  check ((failed_at is null) = (failure is null)),
  check (verdict is not null or failed_at is not null)
);
`

/** What Partner Center said of MPN ids, and when. */
export const mpnVerdicts: MigrationModule = {
  name: "0015_mpn_verdicts",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
