import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// What was confirmed is a fact and stays as it was; what became of telling Microsoft is a state beside it. The state's
// account is the one whose tenant is told, which a merge of accounts may change.
const tables = `
create table agreement_template (
  instance_id uuid not null references instance on delete cascade,
  environment text not null,
  template_id text not null,
  type text not null,
  version_rank integer,
  link text,
  read_at timestamptz not null,
  primary key (instance_id, environment, template_id)
);

create table agreement_acceptance (
  id uuid primary key,
  account_id uuid not null references account,
  account_name text not null,
  instance_id uuid not null references instance,
  environment text not null,
  type text not null,
  template_id text not null,
  version_rank integer,
  link text,
  first_name text not null,
  last_name text not null,
  email text not null,
  phone text,
  agreed_at timestamptz not null,
  confirmed_at timestamptz not null,
  confirmed_by text not null,
  role text not null check (role in ('customer', 'reseller', 'bss-user')),
  user_name text,
  order_code text,
  ip_address text,
  user_agent text,
  correlation_id text not null,
  search text not null generated always as
    (lower(account_name || E'\\n' || first_name || ' ' || last_name || E'\\n' || email || E'\\n' || coalesce(order_code, ''))) stored
);
create index agreement_acceptance_newest on agreement_acceptance (confirmed_at desc, id desc);
create index agreement_acceptance_by_account on agreement_acceptance (account_id, confirmed_at desc);
create index agreement_acceptance_by_search on agreement_acceptance using gin (search gin_trgm_ops);
create function agreement_acceptance_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'acceptances of agreements are append-only'; end $$;
create trigger agreement_acceptance_is_append_only before update or delete on agreement_acceptance
  for each statement execute function agreement_acceptance_is_append_only();

-- waiting: for the account's tenant. The request id stands for one telling, however often it is tried.
create table agreement_sending (
  acceptance_id uuid primary key references agreement_acceptance,
  account_id uuid not null references account,
  instance_id uuid not null references instance,
  environment text not null,
  type text not null,
  status text not null check (status in ('waiting', 'pending', 'sent', 'already', 'failed')),
  tenant_id uuid,
  request_id uuid not null,
  problem text,
  next_at timestamptz not null,
  settled_at timestamptz,
  check ((status in ('sent', 'already', 'failed')) = (settled_at is not null)),
  check (tenant_id is not null or status in ('waiting', 'failed'))
);
-- Of an account one acceptance at most is on its way; one that failed makes room for the next.
create unique index agreement_sending_one on agreement_sending (account_id, instance_id, environment, type)
  where status in ('waiting', 'pending');
create index agreement_sending_by_account on agreement_sending (account_id, instance_id);
create index agreement_sending_due on agreement_sending (next_at) where status in ('waiting', 'pending');
`

/** Acceptances of Microsoft's customer agreements: the log, and what became of telling Microsoft. */
export const agreements: MigrationModule = {
  name: "0014_agreements",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
