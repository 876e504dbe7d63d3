import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// A bounce counts while it is of the mail's last sending; came_back says that one for good is. report: what tells a report from all others, so that one
// that is handed in twice is noted once.
const tables = `
alter table mail
  add column sending integer not null default 1,
  add column came_back boolean not null default false;

create table mail_bounce (
  mail_id uuid not null references mail,
  report text not null,
  recipient text not null,
  action text not null check (action in ('failed', 'delayed')),
  status text not null,
  reason text not null,
  sending integer not null,
  at timestamptz not null,
  primary key (mail_id, report, recipient)
);
`

/** What mail systems report of mails that did not arrive. */
export const bounces: MigrationModule = {
  name: "0022_bounces",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
