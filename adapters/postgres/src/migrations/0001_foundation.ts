import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Documents are `json`, not `jsonb`: they are read whole, and as they were written.
const tables = `
create table instance (
  id uuid primary key,
  name text not null unique,
  cloud text not null,
  endpoint_api text not null,
  endpoint_login text not null,
  endpoint_resource text not null,
  tenant_id uuid not null,
  tenant_domain text,
  app_id uuid not null,
  csp_status text not null,
  mpn_id text,
  requests_per_minute integer not null check (requests_per_minute > 0),
  disabled boolean not null,
  version integer not null
);

create table secret (
  instance_id uuid primary key references instance on delete cascade,
  sealed text not null
);

-- ancestors: the account itself and everything above it, so that "in the branch of" is one indexed predicate.
create table account (
  id uuid primary key,
  parent_id uuid references account,
  ancestors uuid[] not null,
  kind text not null,
  name text not null,
  code text not null unique,
  mpn_id text,
  version integer not null default 1,
  check ((kind = 'organisation') = (parent_id is null)),
  check (id = any (ancestors))
);
create unique index account_one_organisation on account (kind) where kind = 'organisation';
create index account_by_branch on account using gin (ancestors);
create index account_by_name on account (lower(name), id);
create index account_by_parent on account (parent_id);

create table account_tenant (
  instance_id uuid not null references instance,
  tenant_id uuid not null,
  account_id uuid not null references account,
  domain text,
  primary key (instance_id, tenant_id)
);
create index account_tenant_by_account on account_tenant (account_id);

create table product (
  instance_id uuid not null references instance,
  offer text not null,
  name text not null,
  is_trial boolean not null,
  is_addon boolean not null,
  single_active boolean not null,
  primary key (instance_id, offer)
);

create table product_price (
  instance_id uuid not null,
  offer text not null,
  ordinal integer not null,
  term text,
  billing_cycle text not null,
  amount numeric not null,
  currency text not null,
  primary key (instance_id, offer, ordinal),
  foreign key (instance_id, offer) references product on delete cascade
);

-- terms: only the fields that the book keeps; one that is absent is not kept, one that is null is none.
-- microsoft_id is not unique: two subscriptions mapped to one id are a finding, not an error.
create table subscription (
  id uuid primary key,
  instance_id uuid not null references instance,
  account_id uuid not null references account,
  tenant_id uuid not null,
  reference text not null,
  parent_id uuid references subscription,
  microsoft_id uuid,
  name text not null,
  is_addon boolean not null,
  keeps_parent boolean not null,
  terms json not null,
  unit_price numeric,
  currency text,
  accepted_at timestamptz,
  version integer not null default 1,
  unique (instance_id, reference),
  check ((unit_price is null) = (currency is null))
);
create index subscription_by_tenant on subscription (instance_id, tenant_id);
create index subscription_by_account on subscription (account_id);
create index subscription_by_parent on subscription (parent_id) where parent_id is not null;
create index subscription_by_microsoft_id on subscription (microsoft_id) where microsoft_id is not null;

-- seen: in the list of customers only, not fetched yet.
create table observed_customer (
  instance_id uuid not null references instance,
  tenant_id uuid not null,
  state text not null check (state in ('seen', 'listed', 'gone')),
  digest text,
  name text,
  domain text,
  fetched_at timestamptz,
  primary key (instance_id, tenant_id)
);

create table observed_subscription (
  instance_id uuid not null,
  tenant_id uuid not null,
  microsoft_id uuid not null,
  hash text not null,
  document json not null,
  primary key (instance_id, tenant_id, microsoft_id),
  foreign key (instance_id, tenant_id) references observed_customer
);
create index observed_subscription_by_microsoft_id on observed_subscription (microsoft_id);

-- No foreign key: only a comparison writes here, about subscriptions that it has just read, 100,000 at a time.
create table baseline (
  subscription_id uuid primary key,
  microsoft_id uuid not null,
  terms json not null,
  agreed_at timestamptz not null
);

-- The scope: an account, a subscription, or with neither the whole organisation.
create table reconciliation_run (
  id uuid primary key,
  instance_id uuid not null references instance,
  scope_account_id uuid references account,
  scope_subscription_id uuid references subscription,
  branch uuid references account,
  status text not null,
  requested_by text not null,
  correlation_id text not null,
  customers integer not null,
  customers_observed integer not null,
  customers_failed integer not null,
  requests integer not null,
  rows integer not null,
  findings integer not null,
  counts json not null,
  at_risk json not null,
  problem text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index reconciliation_run_newest on reconciliation_run (created_at desc, id desc);

create table reconciliation_customer (
  run_id uuid not null references reconciliation_run on delete cascade,
  instance_id uuid not null,
  tenant_id uuid not null,
  state text not null check (state in ('pending', 'observed', 'failed')),
  problem text,
  waiting_since timestamptz not null,
  primary key (run_id, tenant_id)
);
create index reconciliation_customer_pending on reconciliation_customer (instance_id, tenant_id)
  where state = 'pending';

-- The documents are JSON, kept as text: to check them again would take as long as to write them.
-- No foreign key to the run: it would be checked for each of 100,000 rows that one statement of one run writes.
create table reconciliation_row (
  run_id uuid not null,
  position integer not null,
  tenant_id uuid not null,
  account_id uuid,
  subscription_id uuid,
  microsoft_id uuid,
  customer text not null,
  search text not null,
  subscription text,
  observed text,
  primary key (run_id, position)
);

create table finding (
  run_id uuid not null,
  position integer not null,
  ordinal integer not null,
  kind text not null,
  moved_by text not null,
  document json not null,
  primary key (run_id, position, ordinal),
  foreign key (run_id, position) references reconciliation_row on delete cascade
);
create index finding_by_kind on finding (run_id, kind, position);

-- No index but the key: nothing reads it yet, and random keys would be most of what writing it costs.
-- field is null where the subject as a whole appeared (before is null) or disappeared (after is null).
create table history (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  cause text not null,
  correlation_id text not null,
  side text not null check (side in ('desired', 'observed', 'baseline')),
  instance_id uuid,
  account_id uuid,
  tenant_id uuid,
  subscription_id uuid,
  microsoft_id uuid,
  field text,
  before json,
  after json
);
create function history_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'history is append-only'; end $$;
create trigger history_is_append_only before update or delete on history
  for each statement execute function history_is_append_only();

create table idempotency_key (
  caller text not null,
  key text not null,
  request_hash text not null,
  claimed_at timestamptz not null,
  status integer,
  headers json,
  body text,
  primary key (caller, key)
);
create index idempotency_key_by_age on idempotency_key (claimed_at);

create table api_key (
  id uuid primary key,
  name text not null,
  hash bytea not null unique,
  role text not null,
  scopes text[] not null,
  branch uuid references account,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_by_age on api_key (created_at, id);

-- next_at: the first slot that no request has; factor: the share of the instance's limit that is used.
create table rate_budget (
  instance_id uuid not null references instance on delete cascade,
  family text not null,
  next_at timestamptz not null,
  interactive_at timestamptz not null,
  blocked_until timestamptz not null,
  factor double precision not null,
  factor_at timestamptz not null,
  primary key (instance_id, family)
);
`

/** The tables of instances, accounts, subscriptions and reconciliations. */
export const foundation: MigrationModule = {
  name: "0001_foundation",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
