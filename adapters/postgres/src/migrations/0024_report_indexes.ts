import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// A page of a report is found in an index alone, and only its documents are read from the table: among 1,000,000 rows
// that is the difference between a gigabyte and a tenth of it. The keys of rows hold what rows are searched for; rows
// with findings, of which there are few, also what they are sorted by. An index takes 2,704 bytes of a row at most, which
// is why search is cut.
const indexes = `
update reconciliation_row set search = left(search, 600) where octet_length(search) > 2400;

alter table finding drop constraint finding_run_id_position_fkey;
alter table reconciliation_row
  drop constraint reconciliation_row_pkey,
  add primary key (run_id, position) include (severity, account_id, search);
create index reconciliation_row_with_findings on reconciliation_row (run_id, position)
  include (severity, currency, at_risk, deadline, account_id, tenant_id, subscription_id, microsoft_id, search)
  where severity is not null;
alter table finding
  drop constraint finding_pkey,
  add primary key (run_id, position, ordinal) include (kind, moved_by, severity, deadline, currency, at_risk),
  add constraint finding_run_id_position_fkey
    foreign key (run_id, position) references reconciliation_row on delete cascade;
`

/** Filters and sorts of reports by indexes alone. */
export const reportIndexes: MigrationModule = {
  name: "0024_report_indexes",
  up: async (db) => {
    await sql.raw(indexes).execute(db)
  }
}
