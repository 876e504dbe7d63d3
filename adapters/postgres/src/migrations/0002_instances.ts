import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Everything that is there came from the primary account: instances had no other.
const tables = `
alter table instance
  add column endpoint_prices text,
  add column environment text not null default 'primary' check (environment in ('primary', 'sandbox')),
  add column sandbox_tenant_id uuid,
  add column sandbox_tenant_domain text,
  add column sandbox_app_id uuid,
  add column catalogue_language text not null default 'en-US',
  add column countries text[],
  add column product_names text not null default 'keep' check (product_names in ('keep', 'update')),
  add column annual_provisioning boolean not null default false,
  add column catalogue_schedule text default '0 3 1 * *',
  add check ((sandbox_tenant_id is null) = (sandbox_app_id is null)),
  add check (environment = 'primary' or sandbox_tenant_id is not null);
update instance set
  endpoint_prices = case when cloud in ('global', 'us-government')
    then 'https://api.partner.microsoft.com' else endpoint_api end,
  countries = array[case cloud when 'china' then 'CN' when 'germany' then 'DE' else 'US' end];
alter table instance
  alter column endpoint_prices set not null,
  alter column countries set not null,
  add check (cardinality(countries) > 0);

-- One secret for each set of credentials.
alter table secret
  add column environment text not null default 'primary' check (environment in ('primary', 'sandbox')),
  drop constraint secret_pkey,
  add primary key (instance_id, environment);

create table instance_event (
  id bigint generated always as identity primary key,
  instance_id uuid not null references instance,
  at timestamptz not null,
  actor text not null,
  correlation_id text not null,
  kind text not null check (kind in ('registered', 'changed', 'switched')),
  reason text,
  changes json not null
);
create index instance_event_newest on instance_event (instance_id, id desc);
create function instance_event_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'events of instances are append-only'; end $$;
create trigger instance_event_is_append_only before update or delete on instance_event
  for each statement execute function instance_event_is_append_only();

-- What was provisioned in the sandbox is marked and stays apart from what is billed for. A tenant belongs to one of
-- the two; a reference may be in the book of each.
alter table account_tenant add column environment text not null default 'primary';
alter table subscription add column environment text not null default 'primary',
  drop constraint subscription_instance_id_reference_key,
  add constraint subscription_reference unique (instance_id, environment, reference);
alter table observed_customer add column environment text not null default 'primary';
alter table observed_subscription add column environment text not null default 'primary';
alter table reconciliation_run add column environment text not null default 'primary';
`

/** Settings, sandbox credentials and events of instances, and what belongs to which environment. */
export const instances: MigrationModule = {
  name: "0002_instances",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
