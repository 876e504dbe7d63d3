import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// A country tenant is an organisation below the root, of which there is one.
// search: all that a search looks at, in lower case, a line each after a space; kept by triggers, since tenants have a table of
// their own and one index must answer for both.
const tables = `
alter table account
  drop constraint account_check,
  add constraint account_root check (parent_id is not null or kind = 'organisation'),
  add column edition text check (edition in ('basic', 'standard', 'professional')),
  add column email text,
  add column phone text,
  add column address json,
  add column language text,
  add column currency text,
  add column bill_to_id uuid references account,
  add column manager_email text,
  add column ordering_enabled boolean not null default false,
  add column reselling_enabled boolean not null default false,
  add column credit_unlimited boolean not null default false,
  add column credit_amount numeric not null default 0 check (credit_amount >= 0),
  add column tax_id text,
  add column custom_fields json not null default '{}',
  add column active boolean not null default true,
  add column search text not null default '';
update account set edition = 'basic' where kind = 'reseller';
alter table account add constraint account_edition check ((kind = 'reseller') = (edition is not null));
drop index account_one_organisation;
create unique index account_one_root on account ((true)) where parent_id is null;
create index account_by_bill_to on account (bill_to_id) where bill_to_id is not null;
create index account_by_search on account using gin (search gin_trgm_ops);

create function account_search(account) returns text language sql stable as $$
  select lower(' ' || concat_ws(E'\\n ', $1.name, $1.code, $1.email,
    (select string_agg(concat_ws(E'\\n ', tenant.domain, tenant.tenant_id), E'\\n '
      order by tenant.instance_id, tenant.tenant_id)
      from account_tenant tenant where tenant.account_id = $1.id)))
$$;
create function account_is_found() returns trigger language plpgsql as $$
begin
  new.search := account_search(new);
  return new;
end $$;
create trigger account_is_found before insert or update of name, code, email on account
  for each row execute function account_is_found();
create function account_is_found_by_tenant() returns trigger language plpgsql as $$
begin
  update account set search = found.search
  from (select account.id, account_search(account.*) as search from account
    where account.id in (select account_id from touched)) found
  where account.id = found.id and account.search <> found.search;
  return null;
end $$;
create trigger account_is_found_by_new_tenant after insert on account_tenant
  referencing new table as touched for each statement execute function account_is_found_by_tenant();
create trigger account_is_found_by_tenant after update on account_tenant
  referencing new table as touched for each statement execute function account_is_found_by_tenant();
create trigger account_was_found_by_tenant after update on account_tenant
  referencing old table as touched for each statement execute function account_is_found_by_tenant();
create trigger account_is_not_found_by_tenant after delete on account_tenant
  referencing old table as touched for each statement execute function account_is_found_by_tenant();
update account set search = account_search(account.*);

create table account_contact (
  account_id uuid not null references account on delete cascade,
  position integer not null,
  name text not null,
  email text not null,
  phone text,
  roles text[] not null,
  primary key (account_id, position)
);
`

/** What accounts are beyond their place in the tree, their contacts, and a search that is fast over many. */
export const accounts: MigrationModule = {
  name: "0010_accounts",
  up: async (db) => {
    await sql`create extension if not exists pg_trgm`.execute(db).catch((cause: unknown) => {
      throw new Error(
        "The search for accounts needs Postgres' extension pg_trgm. Install the package with Postgres' additional modules (postgresql-contrib), or let a superuser run: create extension pg_trgm",
        { cause }
      )
    })
    await sql.raw(tables).execute(db)
  }
}
