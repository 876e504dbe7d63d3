import { Clock, Effect, Option, Redacted } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { Busy, Paused, SignInRejected, VendorError } from "../vendor/VendorError.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { signingOf } from "./application.ts"
import { type Consent, isFor } from "./Consent.ts"
import { Consents, type HeldConsent } from "./Consents.ts"
import type { SignInRefused, UserToken } from "./SignIn.ts"
import { isFresh, mfaMissingCode, mfaWayOut, useConsent } from "./useConsent.ts"

/** How long one waits for another process that is renewing the same consent. */
const waitMs = 250
const waitsMax = 120

const operation = "signIn"

/**
 * A token that acts for the user who consented to an instance's live account. Processes share what they get: a token
 * that is good is taken from the database, and only one renews at a time.
 */
export const userToken = Effect.fn("userToken")(function* (
  instance: Instance,
  resource: string,
  unlike?: UserToken["value"]
) {
  const consents = yield* Consents
  const identifiers = yield* Identifiers
  const holder = yield* identifiers.next
  const place = { instanceId: instance.id, environment: instance.environment }
  for (let waits = 0; waits < waitsMax; waits++) {
    const held = yield* usable(instance)
    const now = Instant.make(yield* Clock.currentTimeMillis)
    const token = goodIn(held, resource, unlike, now)
    if (token !== undefined) return token
    if (yield* consents.lease(place, holder))
      return yield* Effect.gen(function* () {
        // It may have been renewed between the look and the lease.
        const again = yield* usable(instance)
        const meanwhile = goodIn(again, resource, unlike, now)
        if (meanwhile !== undefined) return meanwhile
        return yield* useConsent(yield* signingOf(place), again, resource)
      }).pipe(
        Effect.catchTags({
          SignInRefused: (refused) => Effect.fail(vendorErrorOf(refused, instance)),
          InstanceNotFound: (missing) =>
            Effect.flatMap(CurrentCorrelation, (correlationId) =>
              rejected(correlationId, null, missing.message, "Add the instance again.")
            )
        }),
        Effect.ensuring(consents.release(place, holder))
      )
    yield* Effect.sleep(waitMs)
  }
  return yield* new VendorError({
    operation,
    reason: new Busy({ retryAfterMs: null }),
    status: null,
    code: null,
    text: "another process has been renewing the consent for too long",
    correlationId: yield* CurrentCorrelation
  })
})

const goodIn = (
  { grant }: HeldConsent,
  resource: string,
  unlike: UserToken["value"] | undefined,
  now: Instant
): UserToken | undefined =>
  grant.tokens.find(
    (token) =>
      token.resource === resource &&
      isFresh(token, now) &&
      (unlike === undefined || Redacted.value(unlike) !== Redacted.value(token.value))
  )

/** The consent of the live account, or why there is none that can be used. */
const usable = Effect.fnUntraced(function* (instance: Instance) {
  const consents = yield* Consents
  const correlationId = yield* CurrentCorrelation
  const held = yield* consents.held({ instanceId: instance.id, environment: instance.environment })
  if (Option.isNone(held) || !isFor(held.value.consent, instance))
    return yield* rejected(
      correlationId,
      null,
      `Instance "${instance.name}" is not authenticated, and this is only possible for a user who has consented.`,
      signInAgain(instance)
    )
  const { consent } = held.value
  if (consent.ended) return yield* pausedError(instance, consent, correlationId)
  if (consent.mfa === false)
    return yield* rejected(
      correlationId,
      mfaMissingCode,
      consent.problem?.text ?? "The user signed in without a second factor.",
      mfaWayOut
    )
  return held.value
})

const signInAgain = ({ name }: Instance): string =>
  `Authenticate it: concordat instance authenticate ${name}.`

const pausedError = ({ name }: Instance, { problem }: Consent, correlationId: string) =>
  new VendorError({
    operation,
    reason: new Paused({ wayOut: problem?.wayOut ?? "Authenticate it again." }),
    status: null,
    code: problem?.code ?? null,
    text: `instance "${name}" is paused: authenticate it again.`,
    correlationId
  })

const rejected = (correlationId: string, code: string | null, text: string, wayOut: string) =>
  new VendorError({
    operation,
    reason: new SignInRejected({ wayOut }),
    status: null,
    code,
    text,
    correlationId
  })

const vendorErrorOf = (refused: SignInRefused, instance: Instance): VendorError => {
  const { code, correlationId, kind, status, text, wayOut } = refused
  const reason =
    kind === "passing"
      ? new Busy({ retryAfterMs: null })
      : kind === "ended"
        ? new Paused({ wayOut: `${wayOut} ${signInAgain(instance)}` })
        : new SignInRejected({ wayOut })
  return new VendorError({ operation, reason, status, code, text, correlationId })
}
