import { Clock, Effect, Option } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { notifyOperators } from "../notification/notifyOperators.ts"
import { Instant } from "../time/Instant.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { nextUseAt } from "./Consent.ts"
import { Consents } from "./Consents.ts"
import { failingNotification } from "./notifications.ts"
import { mfaMissingCode, mfaWayOut } from "./useConsent.ts"

/**
 * Partner Center misses the second factor of the user who consented (401 with 900421, or the older reason phrase). No
 * other token will have it, so the consent's status says so until somebody signs in again.
 */
export const mfaMissing = Effect.fn("mfaMissing")(function* (
  instance: Instance,
  refusal: VendorError
) {
  const consents = yield* Consents
  const held = yield* consents.held({ instanceId: instance.id, environment: instance.environment })
  if (Option.isNone(held) || held.value.consent.mfa === false) return
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const consent = {
    ...held.value.consent,
    mfa: false,
    problem: {
      code: refusal.code ?? mfaMissingCode,
      text: refusal.text,
      wayOut: mfaWayOut,
      since: now
    }
  }
  // The daily use goes on: what is missing is missing to Partner Center, and the consent must not run out meanwhile.
  const { within } = yield* UnitOfWork
  yield* within(
    consents
      .failed(consent, held.value.version, nextUseAt(held.value.consent.usedAt, 0))
      .pipe(
        Effect.tap((isWritten) =>
          isWritten
            ? notifyOperators(instance, failingNotification(instance, consent, now))
            : Effect.void
        )
      )
  )
})
