import { Clock, Effect, Random } from "effect"
import { notifyOperators } from "../notification/notifyOperators.ts"
import { Instant, secondMs } from "../time/Instant.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import type { Signing } from "./application.ts"
import { type Consent, type ConsentProblem, nextTryAt, nextUseAt } from "./Consent.ts"
import { Consents, type Grant, type HeldConsent } from "./Consents.ts"
import { endedNotification, failingNotification } from "./notifications.ts"
import { SignIn, type SignInRefused, type UserToken } from "./SignIn.ts"

/** What a consent's status says when Partner Center misses the second factor ("Partner API REST error codes"). */
export const mfaMissingCode = "900421"

export const mfaWayOut =
  "MFA is missing: Partner Center takes no token of a user without a second factor. Set up multi-factor authentication for the user, then sign in again with MFA."

export const mfaProblem = (since: Instant): ConsentProblem => ({
  code: mfaMissingCode,
  text: "The user signed in without a second factor.",
  wayOut: mfaWayOut,
  since
})

/** Tokens are not handed out in their last minute: the request may be on its way for that long. */
const renewBeforeMs = 60 * secondMs

/** Whether a token can still be sent. */
export const isFresh = (token: UserToken, now: Instant): boolean =>
  now < token.expiresAt - renewBeforeMs

/**
 * Renews a consent: a new token for a service, and 90 more days. What comes of it is written either way; a consent
 * that has ended pauses the instance's work, and operators are told. Its holder must have the lease.
 */
export const useConsent = Effect.fn("useConsent")(function* (
  { instance, application }: Signing,
  held: HeldConsent,
  resource: string
) {
  const signIn = yield* SignIn
  const consents = yield* Consents
  const granted = yield* signIn
    .renew(application, held.grant.renewal, resource)
    .pipe(Effect.tapError((refused) => keepRefusal(instance, held, refused)))
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const consent = renewed(held.consent, granted.token, now)
  const grant: Grant = {
    renewal: granted.renewal,
    tokens: [
      ...held.grant.tokens.filter((token) => token.resource !== resource && isFresh(token, now)),
      granted.token
    ]
  }
  // Somebody else's write is as new as this one: both renewed it.
  yield* consents.used(consent, held.version, grant, nextUseAt(now, yield* Random.next))
  return granted.token
})

/** A second factor that Partner Center missed does not come back by itself: the claim is that of the sign-in. */
const renewed = (consent: Consent, token: UserToken, usedAt: Instant): Consent => {
  const mfa = consent.mfa === false ? false : token.mfa
  return {
    ...consent,
    usedAt,
    mfa,
    ended: false,
    problem:
      mfa !== false
        ? null
        : consent.problem?.code === mfaMissingCode
          ? consent.problem
          : mfaProblem(usedAt)
  }
}

const keepRefusal = Effect.fnUntraced(function* (
  instance: Signing["instance"],
  held: HeldConsent,
  refused: SignInRefused
) {
  const consents = yield* Consents
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const before = held.consent.problem
  const { code, text, wayOut } = refused
  const since = before !== null && before.code === code ? before.since : now
  const ended = refused.kind === "ended"
  const consent: Consent = { ...held.consent, ended, problem: { code, text, wayOut, since } }
  const nextAt = nextTryAt(now, held.failures + 1, yield* Random.next)
  const told = ended
    ? endedNotification(instance, consent, now)
    : refused.kind === "refused"
      ? failingNotification(instance, consent, now)
      : undefined
  const { within } = yield* UnitOfWork
  // An instance is never paused without anybody having been told.
  const written = yield* within(
    consents
      .failed(consent, held.version, nextAt)
      .pipe(
        Effect.tap((isWritten) =>
          isWritten && told !== undefined ? notifyOperators(instance, told) : Effect.void
        )
      )
  )
  if (!written) return
  yield* Effect.logWarning("a consent was not renewed", {
    instance: instance.name,
    environment: consent.environment,
    code,
    problem: text
  })
})
