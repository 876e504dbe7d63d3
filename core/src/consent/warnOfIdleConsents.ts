import { Clock, Effect } from "effect"
import { Instances } from "../instance/Instances.ts"
import { Notifications } from "../notification/Notifications.ts"
import { dayMs, Instant } from "../time/Instant.ts"
import { type Consent, idleDaysMax, warningDays, warningDue } from "./Consent.ts"
import { Consents } from "./Consents.ts"
import { expiringNotification } from "./notifications.ts"

/** Consents that one look warns of; more than anybody has. */
const consentsMax = 500

/**
 * Warns of consents whose 90 idle days are running out: 30, 14, 7 and 1 days before, each once. Nothing is sent to
 * Microsoft, so that it also works where the daily use cannot. Returns how many warnings are new.
 */
export const warnOfIdleConsents = Effect.gen(function* () {
  const consents = yield* Consents
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const unused = yield* consents.unusedSince(
    Instant.make(now - (idleDaysMax - warningDays[0]) * dayMs),
    consentsMax
  )
  const raised = yield* Effect.forEach(unused, (consent) => warn(consent, now))
  return raised.filter((isNew) => isNew).length
}).pipe(Effect.withSpan("warnOfIdleConsents"))

const warn = Effect.fnUntraced(function* (consent: Consent, now: Instant) {
  const days = warningDue(consent, now)
  if (days === null) return false
  const instances = yield* Instances
  const notifications = yield* Notifications
  return yield* instances.get(consent.instanceId).pipe(
    Effect.flatMap((instance) =>
      notifications.raise(expiringNotification(instance, consent, days, now))
    ),
    Effect.catchTag("InstanceNotFound", () => Effect.succeed(false))
  )
})
