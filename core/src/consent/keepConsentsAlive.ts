import { Clock, Effect, Option } from "effect"
import { Instant } from "../time/Instant.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { signingOf } from "./application.ts"
import type { ConsentPlace } from "./Consent.ts"
import { Consents } from "./Consents.ts"
import { useConsent } from "./useConsent.ts"

/** Consents that one look renews; with more the next look goes on. */
const atOnceMax = 50
const concurrency = 4

/**
 * Uses every consent whose daily use is due, so that the 90 idle days never run out (domain.md §6). Any number of
 * processes may look as often as they like: each consent is used by one of them. Returns how many were due.
 */
export const keepConsentsAlive = Effect.gen(function* () {
  const consents = yield* Consents
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const due = yield* consents.due(now, atOnceMax)
  yield* Effect.forEach(due, keepAlive, { concurrency, discard: true })
  return due.length
}).pipe(Effect.withSpan("keepConsentsAlive"))

const keepAlive = Effect.fn("keepConsentAlive")(function* (place: ConsentPlace) {
  const consents = yield* Consents
  const identifiers = yield* Identifiers
  const holder = yield* identifiers.next
  if (!(yield* consents.lease(place, holder))) return
  yield* Effect.gen(function* () {
    const held = yield* consents.held(place)
    if (Option.isNone(held) || held.value.consent.ended) return
    const signing = yield* signingOf(place)
    yield* useConsent(signing, held.value, signing.instance.endpoints.resource)
  }).pipe(
    // What was refused is written, with when to try again; an instance that is gone takes its consent along.
    Effect.catchTags({
      SignInRefused: () => Effect.void,
      InstanceNotFound: ({ message }) => Effect.logDebug(message)
    }),
    Effect.ensuring(consents.release(place, holder))
  )
})
