import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// synchronization: the newest try of an account in an instance's environment; an account that became a tenant in another
// way has none. draft: what Microsoft is asked to make, kept before it is asked, so that a repetition asks for the same.
// sent_at: asked, and no answer is known yet. sealed: the first password, until it is in the Welcome mail.
// touched_at is the database's own time: the clock that everything else goes by may be moved.
const tables = `
create table sync_option (
  account_id uuid not null references account on delete cascade,
  instance_id uuid not null references instance on delete cascade,
  user_name text,
  domain_prefix text,
  mpn_id text,
  tax_id text,
  version integer not null,
  primary key (account_id, instance_id)
);

-- rules is null where Partner Center has no customers in the country.
create table country_rules (
  instance_id uuid not null references instance on delete cascade,
  country text not null,
  rules json,
  read_at timestamptz not null,
  primary key (instance_id, country)
);

create table synchronization (
  id uuid primary key,
  account_id uuid not null references account,
  instance_id uuid not null references instance,
  environment text not null,
  mode text not null check (mode in ('create', 'link')),
  status text not null check (status in ('not-synchronised', 'in-progress', 'synchronised', 'failed')),
  stage text not null,
  waits_for text check (waits_for in ('confirmation', 'authorization')),
  asker text not null,
  user_name text not null,
  domain text not null,
  draft json,
  request_id uuid not null,
  sent_at timestamptz,
  tenant_id uuid,
  question json,
  confirmed boolean not null,
  authorization_link text,
  expires_at timestamptz,
  next_look_at timestamptz,
  looks integer not null,
  problem text,
  problems json not null,
  suggestions text[] not null,
  sealed text,
  requested_by text not null,
  correlation_id text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  touched_at timestamptz not null default clock_timestamp(),
  version integer not null,
  unique (account_id, instance_id, environment),
  check (waits_for is null or status = 'in-progress')
);
-- Of two accounts that ask for one domain, nobody could tell whose tenant it became.
create unique index synchronization_by_domain on synchronization (instance_id, environment, domain)
  where mode = 'create' and (status = 'in-progress' or sent_at is not null);
create index synchronization_open on synchronization (touched_at) where status = 'in-progress';

create table synchronization_step (
  id bigint generated always as identity primary key,
  account_id uuid not null references account,
  instance_id uuid not null references instance,
  environment text not null,
  at timestamptz not null,
  actor text not null,
  text text not null
);
create index synchronization_step_by_account on synchronization_step (account_id, instance_id, environment, id);
`

/** What accounts say before they become tenants, and how far they are. */
export const tenants: MigrationModule = {
  name: "0012_tenants",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
