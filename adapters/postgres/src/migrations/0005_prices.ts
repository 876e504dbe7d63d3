import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

const tables = `
create table price_group (
  id uuid primary key,
  instance_id uuid not null references instance,
  name text not null,
  version integer not null,
  unique (id, instance_id)
);
create unique index price_group_name on price_group (instance_id, lower(name));
create index price_group_by_name on price_group (lower(name), id);

-- The key is the product: it is in one group at most, so that no two groups can disagree about it.
create table price_group_product (
  instance_id uuid not null,
  offer text not null,
  price_group_id uuid not null,
  primary key (instance_id, offer),
  foreign key (instance_id, offer) references product,
  foreign key (price_group_id, instance_id) references price_group (id, instance_id) on delete cascade
);
create index price_group_product_by_group on price_group_product (price_group_id, offer);

create table price_list (
  id uuid primary key,
  instance_id uuid not null references instance,
  name text not null,
  description text not null,
  currency text not null,
  market text,
  valid_from timestamptz not null,
  valid_to timestamptz,
  active boolean not null,
  version integer not null,
  unique (id, instance_id),
  check (valid_from < valid_to)
);
create unique index price_list_name on price_list (lower(name));
create index price_list_by_name on price_list (lower(name), id);

-- The subject: a product, a group, or with neither every product of the instance. null: every term, every cycle.
create table price_list_entry (
  price_list_id uuid not null,
  instance_id uuid not null,
  offer text,
  price_group_id uuid,
  term text,
  billing_cycle text,
  kind text not null check (kind in ('fixed', 'margin', 'markup', 'discount')),
  value numeric not null check (value >= 0),
  check (offer is null or price_group_id is null),
  check (kind <> 'margin' or value < 100),
  check (kind <> 'discount' or value <= 100),
  unique nulls not distinct (price_list_id, offer, price_group_id, term, billing_cycle),
  foreign key (price_list_id, instance_id) references price_list (id, instance_id) on delete cascade,
  foreign key (instance_id, offer) references product,
  foreign key (price_group_id, instance_id) references price_group (id, instance_id)
);
create index price_list_entry_by_group on price_list_entry (price_group_id)
  where price_group_id is not null;

create table price_list_account (
  price_list_id uuid not null references price_list,
  account_id uuid not null references account,
  assigned_at timestamptz not null,
  primary key (price_list_id, account_id)
);
create index price_list_account_by_account on price_list_account (account_id);

-- Who changed what about prices.
create table price_event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  correlation_id text not null,
  kind text not null,
  instance_id uuid not null,
  price_list_id uuid,
  price_group_id uuid,
  account_id uuid,
  changes json not null
);
create index price_event_by_list on price_event (price_list_id, id) where price_list_id is not null;
create function price_event_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'events of prices are append-only'; end $$;
create trigger price_event_is_append_only before update or delete on price_event
  for each statement execute function price_event_is_append_only();

-- Counts, for each instance, the changes of anything that prices follow from: who holds prices of an older revision
-- reads them again. Kept by triggers, because a writer that forgot it would sell at yesterday's prices.
create table price_revision (
  instance_id uuid primary key,
  revision bigint not null
);
create function price_revision_follows() returns trigger language plpgsql as $$
begin
  insert into price_revision as held (instance_id, revision)
  select distinct instance_id, 1 from touched order by instance_id
  on conflict (instance_id) do update set revision = held.revision + 1;
  return null;
end $$;
-- For any table with an instance_id that prices follow from.
create procedure follow_prices(followed regclass) language plpgsql as $$
begin
  execute format('create trigger prices_follow_insert after insert on %s referencing new table as touched
    for each statement execute function price_revision_follows()', followed);
  execute format('create trigger prices_follow_update after update on %s referencing new table as touched
    for each statement execute function price_revision_follows()', followed);
  execute format('create trigger prices_follow_delete after delete on %s referencing old table as touched
    for each statement execute function price_revision_follows()', followed);
end $$;
call follow_prices('product');
call follow_prices('price_group_product');
call follow_prices('price_list');
call follow_prices('price_list_entry');
insert into price_revision (instance_id, revision) select id, 1 from instance;

-- The lists of an account and of those above it; a row without a list where there are none, and no row for an account
-- outside the branch. Asked with every look at the products: a function's plan is kept by its connection.
create function price_lists_above(buyer uuid, branch uuid) returns table (path uuid[], account_id uuid, list json,
  instance text, revision bigint) language plpgsql stable as $$
begin
  return query
    select account.ancestors, assigned.account_id, row_to_json(price_list), instance.name, held.revision
    from account
    left join price_list_account assigned on assigned.account_id = any (account.ancestors)
    left join price_list on price_list.id = assigned.price_list_id
    left join instance on instance.id = price_list.instance_id
    left join price_revision held on held.instance_id = price_list.instance_id
    where account.id = buyer and (price_lists_above.branch is null or price_lists_above.branch = any (account.ancestors));
end $$;
`

/** Price lists, price groups, assignments, and the revision of an instance's prices. */
export const prices: MigrationModule = {
  name: "0005_prices",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
