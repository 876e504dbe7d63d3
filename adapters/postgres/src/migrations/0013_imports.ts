import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

const tables = `
-- Of one instance, one import at a time is read or executed. Counters are those of its customers, kept with them.
create table customer_import (
  id uuid primary key,
  instance_id uuid not null references instance,
  environment text not null,
  status text not null
    check (status in ('queued', 'reading', 'ready', 'importing', 'failed', 'cancelled')),
  requested_by text not null,
  -- Who wants the customers that are imported at this moment, or were last.
  executed_by text,
  correlation_id text not null,
  -- Whether it is known which customers there are.
  listed boolean not null default false,
  customers integer not null default 0,
  customers_read integer not null default 0,
  customers_failed integer not null default 0,
  customers_waiting integer not null default 0,
  customers_imported integer not null default 0,
  customers_incomplete integer not null default 0,
  resellers integer not null default 0,
  subscriptions integer not null default 0,
  subscriptions_imported integer not null default 0,
  requests integer not null default 0,
  problem text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create unique index customer_import_under_way on customer_import (instance_id)
  where status in ('queued', 'reading', 'importing');
create index customer_import_newest on customer_import (created_at desc, id desc);

-- found_mpn_id is that of the subscriptions; what a person assigned counts more, be it nobody (null).
-- account_id is the account that a person has chosen. subscriptions are those that are not over.
create table customer_import_customer (
  import_id uuid not null references customer_import on delete cascade,
  tenant_id uuid not null,
  name text not null,
  domain text not null,
  state text not null default 'pending' check (state in ('pending', 'read', 'failed')),
  found_mpn_id text,
  assigned boolean not null default false,
  assigned_mpn_id text,
  account_id uuid references account,
  subscriptions integer not null default 0,
  outcome text check (outcome in ('waiting', 'imported', 'incomplete', 'failed')),
  as_new boolean not null default false,
  ordering_enabled boolean not null default false,
  subscriptions_imported integer not null default 0,
  not_imported json not null default '[]',
  notes text[] not null default '{}',
  problem text,
  primary key (import_id, tenant_id),
  check (assigned or assigned_mpn_id is null)
);
create index customer_import_customer_by_name on customer_import_customer
  (import_id, lower(name), tenant_id);
create index customer_import_customer_pending on customer_import_customer (import_id, tenant_id)
  where state = 'pending';
create index customer_import_customer_waiting on customer_import_customer (import_id, tenant_id)
  where outcome = 'waiting';

-- account_id is the reseller's account where a person has chosen it; else it is found by the MPN id.
create table customer_import_reseller (
  import_id uuid not null references customer_import on delete cascade,
  mpn_id text not null,
  name text,
  tenant_id uuid,
  by_hand boolean not null default false,
  account_id uuid references account,
  primary key (import_id, mpn_id)
);

-- By these, accounts are found that may be a customer or a reseller of Partner Center.
create index account_by_mpn_id on account (mpn_id) where mpn_id is not null;
create index account_tenant_by_tenant on account_tenant (tenant_id);
create index account_tenant_by_domain on account_tenant (lower(domain)) where domain is not null;
`

/** Imports of existing customers of Partner Center. */
export const imports: MigrationModule = {
  name: "0013_imports",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
