import { Clock, Effect } from "effect"
import { Instances } from "../instance/Instances.ts"
import { notifyOperators } from "../notification/notifyOperators.ts"
import { dayMs, Instant } from "../time/Instant.ts"
import { type Consent, idleDaysMax, warningDays, warningDue } from "./Consent.ts"
import { Consents } from "./Consents.ts"
import { expiringNotification } from "./notifications.ts"

/** Consents that one look warns of; more than anybody has. */
const consentsMax = 500

/**
 * Warns of consents whose 90 idle days are running out: 30, 14, 7 and 1 days before, each once. Nothing is sent to
 * Microsoft, so that it also works where the daily use cannot: a process that does not use them itself leaves
 * `graceMs` to one that has just started and does. Returns how many warnings are new.
 */
export const warnOfIdleConsents = Effect.fn("warnOfIdleConsents")(function* (graceMs = 0) {
  if (graceMs > 0) {
    if ((yield* idle).length === 0) return 0
    yield* Effect.sleep(graceMs)
  }
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const raised = yield* Effect.forEach(yield* idle, (consent) => warn(consent, now))
  return raised.filter((isNew) => isNew).length
})

/** Consents of which somebody must be warned, or was. */
const idle = Effect.gen(function* () {
  const consents = yield* Consents
  const now = yield* Clock.currentTimeMillis
  const from = Instant.make(now - (idleDaysMax - warningDays[0]) * dayMs)
  return yield* consents.unusedSince(from, consentsMax)
})

const warn = Effect.fnUntraced(function* (consent: Consent, now: Instant) {
  const days = warningDue(consent, now)
  if (days === null) return false
  const instances = yield* Instances
  return yield* instances.get(consent.instanceId).pipe(
    Effect.flatMap((instance) =>
      notifyOperators(instance, expiringNotification(instance, consent, days, now))
    ),
    Effect.catchTag("InstanceNotFound", () => Effect.succeed(false))
  )
})
