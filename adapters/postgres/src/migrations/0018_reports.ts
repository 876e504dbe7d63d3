import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// What reports are sorted by, of each finding and, the worst of them, of its row. severity: 0 critical, 1 warning,
// 2 info; null: a row without findings. Only rows with findings are in the indexes: most have none.
const tables = `
alter table finding add severity smallint, add at_risk numeric, add currency text, add deadline timestamptz;
update finding set
  severity = case document ->> 'severity' when 'critical' then 0 when 'warning' then 1 else 2 end,
  at_risk = (document -> 'atRisk' ->> 'amount')::numeric,
  currency = document -> 'atRisk' ->> 'currency';
alter table finding alter severity set not null;

alter table reconciliation_row
  add severity smallint, add at_risk numeric, add currency text, add deadline timestamptz;
update reconciliation_row report
set severity = worst.severity, at_risk = largest.at_risk, currency = largest.currency
from (
  select run_id, position, min(severity) as severity from finding group by run_id, position
) worst left join (
  select distinct on (run_id, position) run_id, position, at_risk, currency from finding
  where currency is not null order by run_id, position, currency, at_risk desc
) largest using (run_id, position)
where report.run_id = worst.run_id and report.position = worst.position;

create index reconciliation_row_by_severity on reconciliation_row (run_id, severity, position)
  where severity is not null;
create index reconciliation_row_by_risk on reconciliation_row
  (run_id, coalesce(currency, 'zzz'), (- coalesce(at_risk, 0)), position) where severity is not null;
create index reconciliation_row_by_deadline on reconciliation_row
  (run_id, coalesce(deadline, 'infinity'), position) where severity is not null;

-- What happened to one subscription; that something appeared for the first time is most of the history.
create index history_by_subscription on history (subscription_id, id)
  where subscription_id is not null and (field is not null or before is not null);
create index history_by_microsoft_id on history (microsoft_id, id)
  where microsoft_id is not null and (field is not null or before is not null);
create index reconciliation_row_by_subscription on reconciliation_row (subscription_id)
  where subscription_id is not null and severity is not null;
create index reconciliation_row_by_microsoft_id on reconciliation_row (microsoft_id)
  where microsoft_id is not null and severity is not null;

-- An address of the console under a name, of one operator. search: what stands after the question mark.
create table saved_view (
  id uuid primary key,
  operator_id uuid not null references operator on delete cascade,
  page text not null,
  name text not null,
  search text not null,
  created_at timestamptz not null,
  unique (operator_id, page, name)
);
`

/** Reports by urgency, the way back through a subscription's history, and views that operators keep. */
export const reports: MigrationModule = {
  name: "0018_reports",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
