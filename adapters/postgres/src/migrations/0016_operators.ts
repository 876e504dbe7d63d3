import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// previous_hash: the token before this one; it is taken until the new one was used (confirmed_at), and shortly after.
// subject: "name <name>" or "address <address>", also of names that do not exist.
const tables = `
create table operator (
  id uuid primary key,
  name text not null unique,
  role text not null check (role in ('operator-admin', 'operator', 'read-only', 'reseller', 'customer')),
  branch uuid references account,
  password_hash text not null,
  active boolean not null,
  created_at timestamptz not null,
  last_sign_in_at timestamptz,
  version integer not null,
  check ((role in ('reseller', 'customer')) = (branch is not null))
);

create table operator_session (
  id uuid primary key,
  operator_id uuid not null references operator on delete cascade,
  hash bytea not null unique,
  previous_hash bytea,
  rotated_at timestamptz not null,
  confirmed_at timestamptz,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz,
  address text,
  user_agent text
);
create index operator_session_by_previous on operator_session (previous_hash) where previous_hash is not null;
create index operator_session_by_operator on operator_session (operator_id, started_at desc);
create index operator_session_by_age on operator_session (started_at);

create table sign_in_attempt (
  subject text primary key,
  failures integer not null,
  failed_at timestamptz not null,
  blocked_until timestamptz not null
);
create index sign_in_attempt_by_age on sign_in_attempt (failed_at);
`

/** Operators who sign in by name and password, their sessions, and failed attempts. */
export const operators: MigrationModule = {
  name: "0016_operators",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
