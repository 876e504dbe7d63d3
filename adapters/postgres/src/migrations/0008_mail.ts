import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// content: sealed, since a Welcome mail holds a password. Recipients and subject are searched, so they are not.
const tables = `
create table mail (
  id uuid primary key,
  key text not null unique,
  kind text not null,
  account_id uuid references account,
  status text not null check (status in ('queued', 'kept', 'sent', 'failed')),
  recipients text[] not null,
  subject text not null,
  content text not null,
  template_version integer not null,
  attempts integer not null default 0,
  problem text,
  created_at timestamptz not null,
  sent_at timestamptz
);
create index mail_newest on mail (created_at desc, id desc);
create index mail_by_account on mail (account_id, created_at desc) where account_id is not null;
create index mail_failed on mail (created_at desc) where status = 'failed';

-- One row for each version; the newest is in use. organisation_id is null where it is for all.
create table mail_template (
  kind text not null,
  organisation_id uuid references account,
  language text not null,
  version integer not null check (version > 0),
  active boolean not null,
  recipients_to text not null,
  recipients_cc text not null,
  recipients_bcc text not null,
  subject text not null,
  html text not null,
  text text not null,
  at timestamptz not null,
  actor text not null
);
create unique index mail_template_version on mail_template
  (kind, coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'), language, version);
`

/** The outbox, and the templates of its mails. */
export const mail: MigrationModule = {
  name: "0008_mail",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
