import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

const tables = `
-- sealed: what renews it, and the tokens that are still good. leased_until is the database's own time: the clock that
-- everything else goes by may be moved.
create table consent (
  instance_id uuid not null references instance on delete cascade,
  environment text not null check (environment in ('primary', 'sandbox')),
  tenant_id uuid not null,
  app_id uuid not null,
  user_upn text not null,
  user_name text,
  user_object_id uuid not null,
  consented_at timestamptz not null,
  used_at timestamptz not null,
  mfa boolean,
  problem json,
  ended boolean not null,
  next_use_at timestamptz not null,
  failures integer not null,
  version integer not null,
  sealed text not null,
  lease_holder text,
  leased_until timestamptz,
  primary key (instance_id, environment)
);
create index consent_due on consent (next_use_at) where not ended;

-- ticket, state and session are what a stranger would have to guess; only their hashes are kept. sealed: the nonce
-- and verifier of the last opening.
create table consent_attempt (
  id uuid primary key,
  instance_id uuid not null references instance on delete cascade,
  environment text not null,
  requested_by text not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  ticket_hash bytea not null unique,
  state_hash bytea unique,
  session_hash bytea,
  sealed text,
  answered boolean not null default false,
  done boolean not null default false,
  problem json,
  check ((state_hash is null) = (session_hash is null) and (state_hash is null) = (sealed is null))
);
create index consent_attempt_newest on consent_attempt (instance_id, environment, started_at desc);

create table notification (
  id uuid primary key,
  key text not null unique,
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  instance_id uuid references instance on delete cascade,
  subject text not null,
  text text not null,
  raised_at timestamptz not null
);
create index notification_newest on notification (raised_at desc, id desc);

-- Jobs that wait at a gate, such as a paused instance, rather than for their turn. The queue's index of what is due does
-- not hold them.
create table parked_job (
  queue text not null,
  job_id uuid not null,
  gate text not null,
  lane text not null,
  primary key (queue, job_id)
);
create index parked_job_by_gate on parked_job (gate);
create index parked_job_by_lane on parked_job (queue, lane);
`

/** Consents of users, the tries to get one, what operators are told, and jobs that wait for a consent. */
export const consent: MigrationModule = {
  name: "0003_consent",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
