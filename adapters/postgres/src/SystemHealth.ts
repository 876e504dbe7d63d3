import { type Health, SystemHealth } from "@concordat/core/health/SystemHealth"
import { Effect, Layer } from "effect"
import { sql } from "kysely"
import { statements } from "./Statements.ts"

/** What the reconcilers' connections are called. */
export const reconcilerName = "concordat-reconciler"

interface HealthRow {
  readonly version: string
  readonly bytes: number
  readonly connections: number
  readonly failed: number
  readonly newest: Health["mail"]["newest"]
}

/** How the system is, as Postgres sees it: who is connected, and what became of the mails. */
export const systemHealthLayer = Layer.effect(
  SystemHealth,
  Effect.gen(function* () {
    const { run } = yield* statements
    const look = run("SystemHealth.look", async (db) => {
      const { rows } = await sql<HealthRow>`
        select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
          (select count(*) from pg_stat_activity
            where datname = current_database() and application_name = ${reconcilerName}) as connections,
          (select count(*) from mail
            where status = 'failed' and created_at > now() - interval '1 day') as failed,
          (select json_build_object('status', status, 'at', floor(extract(epoch from coalesce(sent_at, created_at)) * 1000))
            from mail where status <> 'queued' order by created_at desc limit 1) as newest`.execute(
        db
      )
      return rows
    }).pipe(
      Effect.map(
        ([row]): Health => ({
          database: { version: row?.version ?? "", bytes: row?.bytes ?? 0 },
          reconcilerConnections: row?.connections ?? 0,
          mail: { failedToday: row?.failed ?? 0, newest: row?.newest ?? null }
        })
      ),
      Effect.withSpan("SystemHealth.look")
    )
    return SystemHealth.of({ look })
  })
)
