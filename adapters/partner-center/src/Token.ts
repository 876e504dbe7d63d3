import { wayOutOfSignIn } from "@concordat/core/consent/signInCodes"
import { UserTokens } from "@concordat/core/consent/UserTokens"
import type { Instance } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Busy, Malformed, SignInRejected, VendorError } from "@concordat/core/vendor/VendorError"
import { Clock, Context, Effect, Layer, Option, Random, Redacted, Schema, Semaphore } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { backoffMs, type Exchanged, exchange } from "./exchange.ts"
import { hide } from "./hide.ts"
import { jsonIn } from "./json.ts"
import { isPassing, rejectionFrom } from "./Rejection.ts"
import { CurrentClientSettings } from "./Settings.ts"
import { WireSignInError, WireToken } from "./wire/Token.ts"

/** A token, and whether it was there before it was asked for: only then can it have expired unseen. */
export interface Token {
  readonly value: Redacted.Redacted
  readonly kept: boolean
}

/**
 * In whose name: the application's own, or that of the user who consented. Partner Center refuses some operations to
 * an application alone ("Partner Center authentication": app + user), and none to a user because of an application.
 */
export type Access = "app" | "app+user"

/** Tokens of instances, renewed before they expire ("Partner Center authentication"). */
export class Tokens extends Context.Service<
  Tokens,
  {
    /**
     * A token for a service (`resource`); Partner Center's, of the instance's cloud, when it is undefined. One that
     * was refused (`refused`) is not given again.
     */
    readonly get: (
      instance: Instance,
      access: Access,
      resource?: string,
      refused?: Token
    ) => Effect.Effect<Token, VendorError>
  }
>()("adapter-partner-center/Tokens") {}

/** A token is not used in its last minute: the request may be on its way for that long. */
const renewBeforeMs = 60_000
/** Microsoft's usual lifetime, for an answer that names none. */
const lifetimeDefaultS = 3_600
const operation = "signIn"

/** What is known of an application's sign-in to one service, and the lock that lets one request go at a time. */
interface State {
  readonly lock: Semaphore.Semaphore
  identity: string
  token: Redacted.Redacted | null
  renewAtMs: number
  /** How often it was tried; those who waited for a failed try share its failure. */
  tries: number
  failure: VendorError | null
  failedVersion: number
  failedUntilMs: number
}

/**
 * Asks the instance's own sign-in authority. The application's tokens are kept in memory; those of users are shared by
 * all processes (`UserTokens`).
 */
export const tokensLayer: Layer.Layer<
  Tokens,
  never,
  Instances | UserTokens | HttpClient.HttpClient
> = Layer.effect(
  Tokens,
  Effect.gen(function* () {
    const instances = yield* Instances
    const users = yield* UserTokens
    const client = yield* HttpClient.HttpClient
    const settings = yield* CurrentClientSettings
    const states = new Map<string, State>()

    const stateOf = (instance: Instance, resource: string): State => {
      const key =
        resource === instance.endpoints.resource ? instance.id : `${instance.id} ${resource}`
      const known = states.get(key)
      if (known !== undefined) return known
      const state: State = {
        lock: Semaphore.makeUnsafe(1),
        identity: "",
        token: null,
        renewAtMs: 0,
        tries: 0,
        failure: null,
        failedVersion: 0,
        failedUntilMs: 0
      }
      states.set(key, state)
      return state
    }

    const usable = (state: State, identity: string, nowMs: number) =>
      state.token !== null && nowMs < state.renewAtMs && state.identity === identity
        ? state.token
        : undefined

    const ofApplication = Effect.fnUntraced(function* (
      instance: Instance,
      resource: string,
      refused: Token | undefined
    ) {
      const state = stateOf(instance, resource)
      // Another request may have renewed it meanwhile.
      if (refused !== undefined && state.token === refused.value) state.token = null
      const identity = identityOf(instance, resource)
      const token = usable(state, identity, yield* Clock.currentTimeMillis)
      if (token !== undefined) return { value: token, kept: true }
      return yield* renewed(state, instance, resource, state.tries)
    })

    const renewed = Effect.fnUntraced(function* (
      state: State,
      instance: Instance,
      resource: string,
      triesSeen: number
    ) {
      return yield* state.lock.withPermits(1)(
        Effect.gen(function* () {
          const nowMs = yield* Clock.currentTimeMillis
          const token = usable(state, identityOf(instance, resource), nowMs)
          if (token !== undefined) return { value: token, kept: true }
          if (state.failure !== null && state.failedVersion === instance.version)
            if (state.tries > triesSeen || nowMs < state.failedUntilMs) return yield* state.failure
          return yield* asked(state, instance, resource)
        })
      )
    })

    const asked = Effect.fnUntraced(function* (state: State, instance: Instance, resource: string) {
      const fresh = yield* ask(instance, resource).pipe(
        Effect.tapError((failure) =>
          Effect.map(Clock.currentTimeMillis, (nowMs) => {
            state.tries += 1
            state.failure = failure
            state.failedVersion = instance.version
            // A rejection will not go away by itself, and Microsoft locks out those who insist.
            state.failedUntilMs =
              failure.reason._tag === "SignInRejected" ? nowMs + settings.signInRejectedForMs : 0
          })
        )
      )
      state.tries += 1
      state.failure = null
      state.identity = identityOf(instance, resource)
      state.token = fresh.value
      state.renewAtMs = fresh.renewAtMs
      return { value: fresh.value, kept: false }
    })

    const ask = Effect.fn("PartnerCenter.signIn")(function* (instance: Instance, resource: string) {
      const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
      const secret = yield* instances.secret(instance.id).pipe(
        Effect.catchTag("InstanceNotFound", (missing) =>
          rejected(correlationId, {
            status: null,
            code: null,
            text: missing.message,
            wayOut: "Add the instance again."
          })
        )
      )
      const request = HttpClientRequest.post(
        `${instance.endpoints.login}/${instance.tenantId}/oauth2/v2.0/token`
      ).pipe(
        HttpClientRequest.setHeaders({
          accept: "application/json",
          "client-request-id": correlationId
        }),
        HttpClientRequest.bodyUrlParams({
          grant_type: "client_credentials",
          client_id: instance.appId,
          client_secret: Redacted.value(secret),
          scope: `${resource}/.default`
        })
      )
      for (let attempts = 1; ; attempts++) {
        const exchanged = yield* exchange(client, settings, request)
        const nowMs = yield* Clock.currentTimeMillis
        if (exchanged._tag === "Answered" && exchanged.status === 200)
          return yield* tokenIn(exchanged.body, correlationId, nowMs)
        const failure = failureFrom(exchanged, Redacted.value(secret), correlationId, nowMs)
        if (failure.reason._tag !== "Busy" || attempts >= settings.attemptsMax)
          return yield* failure
        const asWished = Math.min(failure.reason.retryAfterMs ?? 0, settings.retryAfterMaxMs)
        const pause = Math.max(asWished, backoffMs(settings, attempts, yield* Random.next))
        yield* Effect.logDebug(`${failure.message} Next attempt in ${Math.round(pause)} ms.`)
        yield* Effect.sleep(pause)
      }
    })

    return {
      get: (instance, access, resource = instance.endpoints.resource, refused) =>
        access === "app"
          ? ofApplication(instance, resource, refused)
          : Effect.map(users.get(instance, resource, refused?.value), ({ value }) => ({
              value,
              kept: true
            }))
    }
  })
)

/** Whose token it is; an instance that was pointed elsewhere must not use the one it had. */
const identityOf = ({ endpoints, tenantId, appId }: Instance, resource: string): string =>
  `${endpoints.login} ${tenantId} ${appId} ${resource}`

const decodeToken = Schema.decodeUnknownOption(WireToken)
const decodeError = Schema.decodeUnknownOption(WireSignInError)

const tokenIn = (body: Uint8Array, correlationId: string, nowMs: number) => {
  const token = Option.flatMap(jsonIn(body), decodeToken)
  if (Option.isNone(token))
    return Effect.fail(
      new VendorError({
        operation,
        reason: new Malformed({}),
        status: 200,
        code: null,
        text: "the sign-in authority answered without a token",
        correlationId
      })
    )
  const lifetimeMs = (token.value.expires_in ?? lifetimeDefaultS) * 1_000
  return Effect.succeed({
    value: Redacted.make(token.value.access_token),
    renewAtMs: nowMs + Math.max(0, lifetimeMs - renewBeforeMs)
  })
}

const rejected = (
  correlationId: string,
  said: {
    readonly status: number | null
    readonly code: string | null
    readonly text: string
    readonly wayOut: string
  }
) =>
  new VendorError({
    operation,
    reason: new SignInRejected({ wayOut: said.wayOut }),
    status: said.status,
    code: said.code,
    text: said.text,
    correlationId
  })

/** A refused sign-in says why in `error_description`, as `AADSTS<code>: <text>` and lines for the support. */
const failureFrom = (
  exchanged: Exchanged,
  secret: string,
  correlationId: string,
  nowMs: number
): VendorError => {
  if (exchanged._tag !== "Answered")
    return new VendorError({
      operation,
      reason: exchanged._tag === "TooLarge" ? new Malformed({}) : new Busy({ retryAfterMs: null }),
      status: null,
      code: null,
      text: exchanged._tag === "TooLarge" ? "the answer is too large" : exchanged.text,
      correlationId
    })
  const { status, body } = exchanged
  const rejection = rejectionFrom(exchanged, secret, nowMs)
  const error = Option.getOrUndefined(Option.flatMap(jsonIn(body), decodeError))
  if (isPassing(status) || error?.error === "temporarily_unavailable")
    return new VendorError({
      operation,
      reason: new Busy({ retryAfterMs: rejection.retryAfterMs }),
      status,
      code: null,
      text: rejection.text,
      correlationId
    })
  const description = hide(error?.error_description ?? "", secret)
  const code =
    /AADSTS\d+/u.exec(description)?.[0] ??
    (error?.error_codes?.[0] === undefined
      ? (error?.error ?? null)
      : `AADSTS${error.error_codes[0]}`)
  const text = description.split(/\r?\n/u, 1)[0] || rejection.text
  return rejected(correlationId, {
    status,
    code: code === null ? null : hide(code, secret).slice(0, 100),
    text: text.slice(0, 500),
    wayOut: wayOutOfSignIn(code)
  })
}
