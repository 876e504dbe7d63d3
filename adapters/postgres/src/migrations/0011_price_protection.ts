import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Each row is what an activation gave, and the history of a subscription's protections as well: none is ever changed
// or taken away, and no two of a subscription meet. The list is named, not referred to: it may be removed some day.
const tables = `
create table price_protection (
  subscription_id uuid not null references subscription,
  amount numeric not null check (amount >= 0),
  currency text not null,
  term text,
  billing_cycle text not null,
  months integer not null check (months between 1 and 120),
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  price_list_id uuid not null,
  activated_by text not null,
  at timestamptz not null,
  primary key (subscription_id, valid_from),
  check (valid_from < valid_to)
);
create function price_protection_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'price protections are append-only'; end $$;
create trigger price_protection_is_append_only before update or delete on price_protection
  for each statement execute function price_protection_is_append_only();
`

/** Which subscriptions keep their price, and until when. */
export const priceProtection: MigrationModule = {
  name: "0011_price_protection",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
