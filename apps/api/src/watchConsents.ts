import { warnOfIdleConsents } from "@concordat/core/consent/warnOfIdleConsents"
import { Effect, Schedule } from "effect"

const lookEvery = "10 seconds"
/** So long a reconciler may take to use a consent whose day has come, before this process says that none does. */
const graceMs = 30_000

/** Warns of consents that run out, also when no reconciler runs that would use them. */
export const watchConsents = warnOfIdleConsents(graceMs).pipe(
  // The database may be away; the next look makes up for this one.
  Effect.catchDefect((defect) => Effect.logDebug("consents were not looked at", defect)),
  Effect.withTracerEnabled(false),
  Effect.repeat(Schedule.spaced(lookEvery))
)
