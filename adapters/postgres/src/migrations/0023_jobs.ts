import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// The job itself is gone with its queue's retention; this stays.
const tables = `
create table job_discard (
  id uuid primary key,
  kind text not null,
  about text,
  instance text,
  reason text,
  note text not null,
  actor text not null,
  at timestamptz not null
);
create index job_discard_newest on job_discard (at desc, id desc);
`

/** Jobs that somebody took away, and what they said. */
export const jobs: MigrationModule = {
  name: "0023_jobs",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
