import { createHash, randomBytes } from "node:crypto"
import {
  type AuthenticationResult,
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkRequestOptions
} from "@azure/msal-node"
import {
  type Application,
  type Granted,
  SignIn,
  type SignInRefused
} from "@concordat/core/consent/SignIn"
import { Instant, secondMs } from "@concordat/core/time/Instant"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Clock, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { identityIn, mfaIn } from "./identity.ts"
import { passing, refusalOf, untrusted } from "./refusal.ts"
import { WireGrant, WireKeys, WireRefusal } from "./wire.ts"

/** For one request, until the last byte: a person waits for some, and the daily use comes back for others. */
const timeoutMs = 15_000
/** Tokens and keys are some kilobytes. */
const answerLengthMax = 256 * 1024

const decodeGrant = Schema.decodeUnknownOption(Schema.fromJsonString(WireGrant))
const decodeRefusal = Schema.decodeUnknownOption(Schema.fromJsonString(WireRefusal))
const decodeKeys = Schema.decodeUnknownOption(Schema.fromJsonString(WireKeys))

const isGrant = ({ status, text }: { readonly status: number; readonly text: string }): boolean =>
  status === 200 && Option.isSome(decodeGrant(text))

const random = () => randomBytes(32).toString("base64url")

/**
 * The permissions that the application is registered with, for one service ("Permissions and consent in the Microsoft
 * identity platform", the .default scope). MSAL adds what makes the consent last, and who signed in.
 */
const scopesOf = (resource: string) => [`${resource}/.default`]

/** What MSAL brought, and how long the token lives. */
interface Asked<A> {
  readonly result: A
  readonly msal: ConfidentialClientApplication
  readonly livesMs: number
  readonly correlationId: string
}

/** What an exchange with Entra came to. */
type Exchanged =
  | { readonly status: number; readonly text: string }
  | { readonly failure: SignInRefused }

/**
 * Entra's authorization code flow with PKCE, and its refresh tokens ("Microsoft identity platform and OAuth 2.0
 * authorization code flow"), by Microsoft's own library (@azure/msal-node) as a confidential client. What lasts is
 * MSAL's token cache: it goes out as the `renewal` of a grant, for the caller to keep encrypted, and comes back with
 * the next use. So no process has tokens of its own that another could make stale.
 */
export const signInLayer: Layer.Layer<SignIn, never, HttpClient.HttpClient> = Layer.effect(
  SignIn,
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const context = yield* Effect.context()

    /** An answer within limits; Entra's own servers break and come back like any. */
    const exchange = (
      request: HttpClientRequest.HttpClientRequest,
      correlationId: string
    ): Effect.Effect<Exchanged> =>
      client.execute(request).pipe(
        Effect.flatMap((response: HttpClientResponse.HttpClientResponse) =>
          Effect.map(response.text, (text) => ({ status: response.status, text }))
        ),
        // The cause may hold the request, and with it the secret.
        Effect.mapError(() => passing("Entra cannot be reached.", null, correlationId)),
        Effect.timeoutOrElse({
          duration: timeoutMs,
          orElse: () =>
            Effect.fail(
              passing(`Entra did not answer within ${timeoutMs / 1_000} s.`, null, correlationId)
            )
        }),
        Effect.filterOrFail(
          ({ text }) => text.length <= answerLengthMax,
          () => passing("Entra's answer is too large.", null, correlationId)
        ),
        Effect.catch((failure) => Effect.succeed({ failure }))
      )

    /** MSAL on our own transport, and what Entra said last: MSAL's errors do not repeat all of it. */
    const application = (registered: Application, correlationId: string) => {
      const last: { exchanged: Exchanged | null } = { exchanged: null }
      const send = async (request: HttpClientRequest.HttpClientRequest) => {
        const exchanged = await Effect.runPromiseWith(context)(exchange(request, correlationId))
        last.exchanged = exchanged
        // MSAL takes any answer that has no `error` for tokens; it is shown nothing but tokens.
        if ("failure" in exchanged || !isGrant(exchanged)) throw new Error("not granted")
        return { status: exchanged.status, headers: {}, body: JSON.parse(exchanged.text) }
      }
      const prepared = (
        request: HttpClientRequest.HttpClientRequest,
        options: NetworkRequestOptions | undefined
      ) => HttpClientRequest.setHeaders(request, options?.headers ?? {})
      const networkClient: INetworkModule = {
        sendGetRequestAsync: (url, options) => send(prepared(HttpClientRequest.get(url), options)),
        sendPostRequestAsync: (url, options) =>
          send(
            prepared(HttpClientRequest.post(url), options).pipe(
              HttpClientRequest.bodyText(
                options?.body ?? "",
                "application/x-www-form-urlencoded;charset=utf-8"
              )
            )
          )
      }
      const msal = new ConfidentialClientApplication({
        auth: {
          clientId: registered.appId,
          clientSecret: Redacted.value(registered.secret),
          ...authorityOf(registered)
        },
        system: { networkClient, disableInternalRetries: true }
      })
      return { msal, last }
    }

    /** What MSAL was asked for, or why not: as Entra said it where Entra said something. */
    const asked = Effect.fnUntraced(function* <A>(
      registered: Application,
      secrets: ReadonlyArray<string>,
      ask: (msal: ConfidentialClientApplication) => Promise<A>
    ) {
      const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
      const { msal, last } = application(registered, correlationId)
      const result = yield* Effect.tryPromise({
        try: () => ask(msal),
        catch: () =>
          failureOf(last.exchanged, correlationId, [Redacted.value(registered.secret), ...secrets])
      })
      const said = last.exchanged
      const grant = said === null || "failure" in said ? Option.none() : decodeGrant(said.text)
      // Without it MSAL would have answered from its cache, which it is told not to.
      const livesMs = Option.match(grant, {
        onNone: () => 0,
        onSome: ({ expires_in }) => expires_in * secondMs
      })
      return { result, msal, livesMs, correlationId }
    })

    const granted = Effect.fnUntraced(function* (
      { result, msal, livesMs }: Asked<AuthenticationResult>,
      resource: string
    ) {
      // MSAL counts by the machine's clock, and we by ours.
      const nowMs = yield* Clock.currentTimeMillis
      const grant: Granted = {
        renewal: Redacted.make(msal.getTokenCache().serialize()),
        token: {
          resource,
          value: Redacted.make(result.accessToken),
          expiresAt: Instant.make(Math.round(nowMs + livesMs)),
          mfa: mfaIn(result.accessToken)
        }
      }
      return grant
    })

    const link = Effect.fn("Entra.link")(function* (
      ...[registered, { redirectUri, resource }]: Parameters<SignIn["Service"]["link"]>
    ) {
      const [state, nonce, verifier] = yield* Effect.sync(
        () => [random(), random(), random()] as const
      )
      const { msal } = application(registered, "")
      const url = yield* Effect.promise(() =>
        msal.getAuthCodeUrl({
          scopes: scopesOf(resource),
          redirectUri,
          responseMode: "query",
          state,
          nonce,
          codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
          codeChallengeMethod: "S256",
          // Whoever is signed in already need not be the administrator.
          prompt: "select_account"
        })
      )
      return {
        url: Redacted.make(url),
        state: Redacted.make(state),
        nonce: Redacted.make(nonce),
        verifier: Redacted.make(verifier)
      }
    })

    const redeem = Effect.fn("Entra.redeem")(function* (
      ...[registered, answer]: Parameters<SignIn["Service"]["redeem"]>
    ) {
      const [code, verifier] = [Redacted.value(answer.code), Redacted.value(answer.verifier)]
      const told = yield* asked(registered, [code, verifier], (msal) =>
        msal.acquireTokenByCode({
          scopes: scopesOf(answer.resource),
          redirectUri: answer.redirectUri,
          code,
          codeVerifier: verifier,
          nonce: Redacted.value(answer.nonce)
        })
      )
      // MSAL believes an ID token because of where it came from; its signature is ours to verify.
      const keys = yield* exchange(
        HttpClientRequest.get(endpointsOf(registered).jwks_uri).pipe(HttpClientRequest.acceptJson),
        told.correlationId
      )
      if ("failure" in keys) return yield* keys.failure
      const known = Option.getOrUndefined(decodeKeys(keys.text))
      if (known === undefined)
        return yield* passing("Entra's keys cannot be read.", keys.status, told.correlationId)
      const user = yield* identityIn(
        told.result.idToken,
        known,
        registered,
        answer.nonce,
        told.correlationId
      )
      return { ...(yield* granted(told, answer.resource)), user }
    })

    const renew = Effect.fn("Entra.renew")(function* (
      ...[registered, renewal, resource]: Parameters<SignIn["Service"]["renew"]>
    ) {
      const cache = Redacted.value(renewal)
      const told = yield* asked(registered, tokensIn(cache), async (msal) => {
        const kept = msal.getTokenCache()
        kept.deserialize(cache)
        const [account] = await kept.getAllAccounts()
        if (account === undefined) throw new Error("the token cache holds no account")
        return msal.acquireTokenSilent({
          account,
          scopes: scopesOf(resource),
          forceRefresh: true
        })
      })
      return yield* granted(told, resource)
    })

    return SignIn.of({
      link,
      redeem,
      renew,
      refusal: (error, description) =>
        refusalOf({
          error,
          description,
          codes: [],
          status: null,
          correlationId: "",
          secrets: []
        })
    })
  })
)

/** Where a tenant's authority answers ("OpenID Connect on the Microsoft identity platform", the discovery document). */
const endpointsOf = ({ login, tenantId }: Application) => ({
  authorization_endpoint: `${login}/${tenantId}/oauth2/v2.0/authorize`,
  token_endpoint: `${login}/${tenantId}/oauth2/v2.0/token`,
  issuer: `${login}/${tenantId}/v2.0`,
  jwks_uri: `${login}/${tenantId}/discovery/v2.0/keys`
})

/**
 * The authority as MSAL takes it: known, with its endpoints, so that no discovery goes to another host, in any cloud.
 * MSAL refuses an authority that is not https; a sign-in on this very machine may be, and has a name that is not used.
 */
const authorityOf = (registered: Application) => {
  const { protocol, host } = new URL(registered.login)
  const name = protocol === "https:" ? host : "sign-in.localhost"
  return {
    authority: `https://${name}/${registered.tenantId}`,
    knownAuthorities: [name],
    authorityMetadata: JSON.stringify(endpointsOf(registered))
  }
}

const failureOf = (
  exchanged: Exchanged | null,
  correlationId: string,
  secrets: ReadonlyArray<string>
): SignInRefused => {
  if (exchanged === null)
    return refusalOf({
      error: "invalid_grant",
      description: "What was kept of the sign-in cannot be used any more.",
      codes: [],
      status: null,
      correlationId,
      secrets
    })
  if ("failure" in exchanged) return exchanged.failure
  const { status, text } = exchanged
  const refusal = Option.getOrUndefined(decodeRefusal(text))
  const error = refusal?.error ?? ""
  if (status === 408 || status === 429 || status >= 500 || error === "temporarily_unavailable")
    return passing(`Entra is not available (HTTP ${status}).`, status, correlationId)
  if (status === 200 && !isGrant(exchanged))
    return passing("Entra answered without the tokens.", status, correlationId)
  if (status === 200)
    return untrusted(
      "The answer of the sign-in belongs to another request.",
      "Check that the instance's sign-in address is that of its cloud, then ask for a new link and sign in again.",
      correlationId
    )
  return refusalOf({
    error,
    description: refusal?.error_description ?? "",
    codes: refusal?.error_codes ?? [],
    status,
    correlationId,
    secrets
  })
}

/** The tokens of a serialised cache, so that they can be kept out of what Entra is quoted with. */
const tokensIn = (cache: string): ReadonlyArray<string> =>
  [...cache.matchAll(/"secret":"([^"]+)"/gu)].map(([, secret]) => secret ?? "")
