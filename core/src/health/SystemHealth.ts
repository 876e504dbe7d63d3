import { Context, type Effect } from "effect"
import type { MailStatus } from "../mail/Outbox.ts"
import type { Instant } from "../time/Instant.ts"

/** Whether all parts of the system are there, as the database sees them. */
export interface Health {
  readonly database: {
    /** Such as 18.1. */
    readonly version: string
    readonly bytes: number
  }
  /** Connections that reconcilers hold; without one nobody does the work that waits. */
  readonly reconcilerConnections: number
  readonly mail: {
    /** Refused, or with nobody to go to, within a day. */
    readonly failedToday: number
    /** What became of the newest that is not waiting; null where there is none. `kept`: there is no mail server. */
    readonly newest: { readonly status: MailStatus; readonly at: Instant } | null
  }
}

/** How the parts are that no request tells of. */
export class SystemHealth extends Context.Service<
  SystemHealth,
  { readonly look: Effect.Effect<Health> }
>()("core/health/SystemHealth") {}
