import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

const tables = `
-- What was known of products so far was put in by hand, so that it is for sale. Defaults are what a product
-- has that no catalogue run has seen; 10,000,000 is the largest maximum that Microsoft gives.
alter table product
  add column id uuid not null default gen_random_uuid(),
  add column version integer not null default 1,
  add column microsoft_name text,
  add column code text,
  add column family text,
  add column segment text not null default 'commercial',
  add column description text not null default '',
  add column charge_type text not null default 'recurring-prepaid',
  add column minimum_quantity integer not null default 1,
  add column maximum_quantity integer not null default 10000000,
  add column plans json not null default '[]',
  add column prerequisites text[] not null default '{}',
  add column trial_offer text,
  add column trial_enabled boolean not null default false,
  add column annual_enabled boolean not null default false,
  add column published boolean not null default false,
  add column sell_amount numeric not null default 0 check (sell_amount >= 0),
  add column sell_currency text not null default 'USD',
  add column purchase_amount numeric not null default 0 check (purchase_amount >= 0),
  add column purchase_currency text not null default 'USD',
  add column protection_months integer not null default 0 check (protection_months >= 0),
  add column status text not null default 'none' check (status in ('new', 'changed', 'discontinued', 'none')),
  add column changes json not null default '[]',
  add column discontinued_at timestamptz;
update product set code = offer, published = true,
  family = case when offer like 'DZH318Z0BPS6:%' then 'azure-plan' when offer like '%:%' then 'nce'
    when offer like 'MS-AZR%' then 'azure' else 'license' end,
  plans = coalesce((
    select json_agg(json_build_object('term', term, 'billingCycle', billing_cycle) order by term nulls first, billing_cycle)
    from (select distinct term, billing_cycle from product_price price
      where price.instance_id = product.instance_id and price.offer = product.offer) plan), '[]'),
  annual_enabled = exists (select from product_price price where price.instance_id = product.instance_id
    and price.offer = product.offer and billing_cycle = 'annual');
alter table product alter column code set not null, alter column family set not null;
create unique index product_by_id on product (id);
create index product_by_name on product (instance_id, lower(name), id);

-- What Microsoft said of a product in one country to one segment.
create table product_availability (
  instance_id uuid not null,
  offer text not null,
  country text not null,
  segment text not null,
  is_purchasable boolean not null,
  minimum_quantity integer not null,
  maximum_quantity integer not null,
  plans json not null,
  catalog_item_id text,
  read_at timestamptz not null,
  primary key (instance_id, offer, country, segment),
  foreign key (instance_id, offer) references product on delete cascade
);

create table product_type (
  id uuid primary key,
  instance_id uuid not null references instance on delete cascade,
  family text not null,
  name text not null,
  code text not null,
  quantity_limit integer check (quantity_limit > 0),
  single_active boolean not null,
  cancel_subscriptions boolean not null,
  cancel_addons boolean not null,
  cancel_limit numeric check (cancel_limit >= 0),
  cancel_limit_currency text,
  refund text not null check (refund in ('hours', 'days', 'none')),
  billing_day integer check (billing_day between 1 and 31),
  version integer not null default 1,
  unique (instance_id, family),
  check ((cancel_limit is null) = (cancel_limit_currency is null))
);

create table catalogue_run (
  id uuid primary key,
  instance_id uuid not null references instance,
  status text not null,
  trigger text not null check (trigger in ('manual', 'schedule')),
  requested_by text not null,
  correlation_id text not null,
  countries text[] not null,
  language text not null,
  parts integer not null,
  parts_read integer not null,
  parts_failed integer not null,
  requests integer not null,
  added integer not null,
  changed integer not null,
  discontinued integer not null,
  unchanged integer not null,
  problem text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index catalogue_run_newest on catalogue_run (created_at desc, id desc);
-- Two runs at once of one instance are one.
create unique index catalogue_run_under_way on catalogue_run (instance_id) where status in ('queued', 'running');

create table catalogue_run_country (
  run_id uuid not null references catalogue_run on delete cascade,
  country text not null,
  state text not null check (state in ('pending', 'listed', 'failed')),
  problem text,
  primary key (run_id, country)
);

-- What a run has read so far, until it ends.
create table catalogue_part (
  run_id uuid not null references catalogue_run on delete cascade,
  position integer not null,
  country text not null,
  part json not null,
  state text not null check (state in ('pending', 'read', 'failed')),
  items json,
  problem text,
  primary key (run_id, position)
);

create table catalogue_log (
  id bigint generated always as identity primary key,
  run_id uuid not null references catalogue_run on delete cascade,
  at timestamptz not null,
  level text not null check (level in ('info', 'warning', 'error')),
  text text not null
);
create index catalogue_log_by_run on catalogue_log (run_id, id);

create table catalogue_change (
  run_id uuid not null references catalogue_run on delete cascade,
  offer text not null,
  name text not null,
  kind text not null check (kind in ('new', 'changed', 'discontinued')),
  fields json not null,
  primary key (run_id, offer)
);

-- since: when the schedule was looked at first, or has struck last.
create table catalogue_schedule (
  instance_id uuid primary key references instance on delete cascade,
  schedule text not null,
  since timestamptz not null
);
`

/** Catalogue runs, what they keep of products, and product types. */
export const catalogue: MigrationModule = {
  name: "0004_catalogue",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
