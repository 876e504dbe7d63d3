import { Clock, Effect, Option, Random, type Redacted, Schema } from "effect"
import type { Actor } from "../actor/Actor.ts"
import type { Instance } from "../instance/Instance.ts"
import { Instances } from "../instance/Instances.ts"
import { Instant, minuteMs } from "../time/Instant.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { signingOf } from "./application.ts"
import { type Consent, type ConsentProblem, nextUseAt, replaces } from "./Consent.ts"
import { Consents, type PendingSignIn } from "./Consents.ts"
import { type Granted, SignIn, SignInRefused } from "./SignIn.ts"
import { mfaMissingCode, mfaProblem, mfaWayOut } from "./useConsent.ts"

/** A link works for so long, from the request to the answer of Microsoft's page. */
export const attemptMinutes = 15

/** The user signed in without a second factor, and a consent with one is there: it stays. */
export class ConsentKept extends Schema.TaggedError<ConsentKept>()("ConsentKept", {
  upn: Schema.String
}) {
  override get message(): string {
    return `${this.upn} signed in without a second factor; the consent that was there stays. ${mfaWayOut}`
  }
}

/**
 * "Authenticate instance" (domain.md §6): begins a sign-in to the instance's live account. Whoever has the ticket may
 * open it, once or more, in the browser of the administrator who signs in; that need not be the caller.
 */
export const beginAuthentication = Effect.fn("beginAuthentication")(function* (
  actor: Pick<Actor, "name">,
  instanceName: string
) {
  const instances = yield* Instances
  const consents = yield* Consents
  const { id, environment } = yield* instances.byName(instanceName)
  const startedAt = Instant.make(yield* Clock.currentTimeMillis)
  const expiresAt = Instant.make(startedAt + attemptMinutes * minuteMs)
  const { ticket } = yield* consents.begin({
    place: { instanceId: id, environment },
    requestedBy: actor.name,
    startedAt,
    expiresAt
  })
  return { ticket, expiresAt }
})

/**
 * Opens the link: a new state, nonce and verifier, bound to the browser by `session`, and Microsoft's address to go on
 * to. Opening it again makes what was opened before void.
 */
export const openAuthentication = Effect.fn("openAuthentication")(function* (
  ticket: Redacted.Redacted,
  redirectUri: string
) {
  const consents = yield* Consents
  const signIn = yield* SignIn
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const { id, place } = yield* consents.attempt(ticket, now)
  const { application, instance } = yield* signingOf(place)
  const link = yield* signIn.link(application, {
    resource: instance.endpoints.resource,
    redirectUri
  })
  const session = yield* consents.opened(id, link)
  return { url: link.url, state: link.state, session }
})

/** What Microsoft's page sends back through the browser. */
export interface SignInAnswer {
  readonly state: Redacted.Redacted
  /** From the cookie of the browser that opened the link. */
  readonly session: Redacted.Redacted
  readonly redirectUri: string
  readonly said:
    | { readonly _tag: "Code"; readonly code: Redacted.Redacted }
    | { readonly _tag: "Refused"; readonly error: string; readonly description: string }
}

/**
 * Takes the answer of a sign-in, once: redeems the code, believes the user only with Microsoft's signature, and keeps
 * the consent. Work that waited for it goes on.
 */
export const completeAuthentication = Effect.fn("completeAuthentication")(function* (
  answer: SignInAnswer
) {
  const consents = yield* Consents
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const pending = yield* consents.take(answer.state, answer.session, now)
  return yield* redeem(pending, answer).pipe(
    Effect.tap(() => consents.finish(pending.attempt.id, null)),
    Effect.tapError((error) => consents.finish(pending.attempt.id, problemOf(error, now)))
  )
})

const redeem = Effect.fnUntraced(function* (pending: PendingSignIn, answer: SignInAnswer) {
  const signIn = yield* SignIn
  const { said, redirectUri } = answer
  if (said._tag === "Refused") return yield* signIn.refusal(said.error, said.description)
  const { application, instance } = yield* signingOf(pending.attempt.place)
  const granted = yield* signIn.redeem(application, {
    code: said.code,
    verifier: pending.verifier,
    nonce: pending.nonce,
    redirectUri,
    resource: instance.endpoints.resource
  })
  return yield* keep(instance, pending, granted)
})

const keep = Effect.fnUntraced(function* (
  instance: Instance,
  { attempt }: PendingSignIn,
  granted: Granted & { readonly user: Consent["user"] }
) {
  const consents = yield* Consents
  const unitOfWork = yield* UnitOfWork
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const { mfa } = granted.token
  const consent: Consent = {
    ...attempt.place,
    tenantId: instance.tenantId,
    appId: instance.appId,
    user: granted.user,
    consentedAt: now,
    usedAt: now,
    mfa,
    problem: mfa === false ? mfaProblem(now) : null,
    ended: false
  }
  const useAt = nextUseAt(now, yield* Random.next)
  yield* unitOfWork.within(
    Effect.gen(function* () {
      const held = Option.getOrNull(yield* consents.get(attempt.place))
      if (!replaces(consent, held)) return yield* new ConsentKept({ upn: granted.user.upn })
      yield* consents.keep(consent, { renewal: granted.renewal, tokens: [granted.token] }, useAt)
      yield* consents.resume
    })
  )
  yield* Effect.logInfo("an instance was authenticated", {
    instance: instance.name,
    environment: attempt.place.environment,
    user: granted.user.upn,
    requestedBy: attempt.requestedBy
  })
  return { instance, consent }
})

const problemOf = (
  error: { readonly _tag: string; readonly message: string },
  since: Instant
): ConsentProblem => {
  if (error instanceof SignInRefused)
    return { code: error.code, text: error.text, wayOut: error.wayOut, since }
  if (error instanceof ConsentKept)
    return { code: mfaMissingCode, text: error.message, wayOut: mfaWayOut, since }
  return { code: null, text: error.message, wayOut: "Ask for a new link.", since }
}
