import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Half-even to four digits, exactly: the core's `dividedBy`.
const perPeriod = (amount: string) => `
  case when periods = 1 then ${amount} else (div(${amount} * 10000, periods)
    + case sign(2 * mod(${amount} * 10000, periods) - periods)
      when 1 then 1 when 0 then mod(div(${amount} * 10000, periods), 2) else 0 end) * 0.0001 end`

const tables = `
create table price_sheet (
  id uuid primary key,
  instance_id uuid not null references instance,
  market text not null,
  month text not null,
  timeline text not null check (timeline in ('current', 'history', 'future')),
  source text not null check (source in ('upload', 'download')),
  dry_run boolean not null,
  status text not null check (status in ('queued', 'reading', 'staged', 'completed', 'refused', 'failed')),
  requested_by text not null,
  correlation_id text not null,
  bytes bigint not null,
  lines integer not null,
  duplicates integer not null,
  added integer not null,
  changed integer not null,
  redated integer not null,
  ended integer not null,
  unchanged integer not null,
  problems json not null,
  problem_count integer not null,
  problem text,
  created_at timestamptz not null,
  -- Moves while somebody reads the sheet.
  touched_at timestamptz not null,
  finished_at timestamptz
);
create index price_sheet_newest on price_sheet (created_at desc, id desc);
create index price_sheet_of_instance on price_sheet (instance_id, created_at desc, id desc);
create index price_sheet_unfinished on price_sheet (id) where status in ('queued', 'reading', 'staged');

-- The lines of sheets as they come in, a table for each sheet, gone with its end.
create schema price_sheet_stage;

-- Prices of whole terms as the sheets said them. '' is no term; a price that is not tiered is for 0 to 2147483647 seats.
-- Sheets are written whole and by one statement, whose references are right by construction: half a million checks of
-- foreign keys would take longer than all the rest.
create table price_sheet_row (
  id bigint generated always as identity primary key,
  instance_id uuid not null,
  market text collate "C" not null,
  offer text collate "C" not null,
  title text not null,
  term text collate "C" not null,
  billing_cycle text collate "C" not null,
  segment text collate "C" not null,
  currency text collate "C" not null,
  tier_min integer not null,
  tier_max integer not null,
  unit_price numeric not null check (unit_price >= 0),
  erp_price numeric check (erp_price >= 0),
  periods smallint not null check (periods > 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  -- valid_from, or when an overlapping price ends that counts before this one.
  holds_from timestamptz not null,
  added_by uuid not null,
  superseded_by uuid,
  cost numeric not null generated always as (${perPeriod("unit_price")}) stored,
  recommended numeric generated always as (${perPeriod("erp_price")}) stored
);
create unique index price_sheet_row_counts on price_sheet_row (instance_id, offer, market, segment, currency, term,
  billing_cycle, tier_min, tier_max, valid_from) where superseded_by is null;
create index price_sheet_row_superseded on price_sheet_row (instance_id, offer) where superseded_by is not null;

create table price_sheet_change (
  price_sheet_id uuid not null references price_sheet,
  position integer not null,
  kind text not null check (kind in ('added', 'changed', 'redated', 'ended')),
  market text not null,
  offer text not null,
  title text not null,
  term text not null,
  billing_cycle text not null,
  segment text not null,
  currency text not null,
  tier_min integer not null,
  tier_max integer not null,
  before_unit_price numeric,
  before_erp_price numeric,
  before_from timestamptz,
  before_to timestamptz,
  after_unit_price numeric,
  after_erp_price numeric,
  after_from timestamptz,
  after_to timestamptz,
  primary key (price_sheet_id, position)
);

-- What one seat costs, and is recommended at, for one billing period; of tiers, the one of the first seat. Of prices that
-- are valid together the one that began last counts.
create view price_sheet_price as
  select instance_id, offer, nullif(term, '') as term, billing_cycle, segment, market, currency, cost, recommended,
    unit_price as term_cost, erp_price as term_recommended, holds_from as valid_from, valid_to
  from price_sheet_row
  where superseded_by is null and tier_min <= 1 and tier_max >= 1
    and (valid_to is null or holds_from < valid_to);
`

/** Microsoft's price sheets: imports, the prices they said, and what each of them changed. */
export const priceSheets: MigrationModule = {
  name: "0006_price_sheets",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
