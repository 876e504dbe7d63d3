import { createHash, randomBytes } from "node:crypto"
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

const random = () => randomBytes(32).toString("base64url")

/**
 * The permissions that the application is registered with, for one service, and what makes the consent last: a
 * refresh token, and who signed in ("Permissions and consent in the Microsoft identity platform", the .default scope).
 */
const scopeOf = (resource: string): string => `${resource}/.default openid profile offline_access`

const authority = ({ login, tenantId }: Application): string => `${login}/${tenantId}/oauth2/v2.0`

/**
 * Entra's authorization code flow with PKCE, and its refresh tokens ("Microsoft identity platform and OAuth 2.0
 * authorization code flow"), for confidential clients. It keeps nothing: what must last is the caller's to keep.
 */
export const signInLayer: Layer.Layer<SignIn, never, HttpClient.HttpClient> = Layer.effect(
  SignIn,
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient

    /** The status and text of an answer within limits; Entra's own servers break and come back like any. */
    const answerOf = (
      request: HttpClientRequest.HttpClientRequest,
      correlationId: string
    ): Effect.Effect<{ readonly status: number; readonly text: string }, SignInRefused> =>
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
        )
      )

    const askForTokens = Effect.fnUntraced(function* (
      application: Application,
      form: Readonly<Record<string, string>>,
      secrets: ReadonlyArray<string>
    ) {
      const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
      const secret = Redacted.value(application.secret)
      const { status, text } = yield* answerOf(
        HttpClientRequest.post(`${authority(application)}/token`).pipe(
          HttpClientRequest.setHeaders({
            accept: "application/json",
            "client-request-id": correlationId
          }),
          HttpClientRequest.bodyUrlParams({
            client_id: application.appId,
            client_secret: secret,
            ...form
          })
        ),
        correlationId
      )
      if (status === 200) {
        const grant = Option.getOrUndefined(decodeGrant(text))
        return grant === undefined
          ? yield* passing("Entra answered without the tokens.", status, correlationId)
          : { grant, correlationId }
      }
      const refusal = Option.getOrUndefined(decodeRefusal(text))
      const error = refusal?.error ?? ""
      if (status === 408 || status === 429 || status >= 500 || error === "temporarily_unavailable")
        return yield* passing(`Entra is not available (HTTP ${status}).`, status, correlationId)
      return yield* refusalOf({
        error,
        description: refusal?.error_description ?? "",
        codes: refusal?.error_codes ?? [],
        status,
        correlationId,
        secrets: [secret, ...secrets]
      })
    })

    const granted = Effect.fnUntraced(function* (
      { access_token, expires_in, refresh_token }: typeof WireGrant.Type,
      resource: string
    ) {
      const nowMs = yield* Clock.currentTimeMillis
      const result: Granted = {
        renewal: Redacted.make(refresh_token),
        token: {
          resource,
          value: Redacted.make(access_token),
          expiresAt: Instant.make(Math.round(nowMs + expires_in * secondMs)),
          mfa: mfaIn(access_token)
        }
      }
      return result
    })

    const link = Effect.fn("Entra.link")(function* (
      ...[application, { redirectUri, resource }]: Parameters<SignIn["Service"]["link"]>
    ) {
      const [state, nonce, verifier] = yield* Effect.sync(() => [random(), random(), random()])
      const url = new URL(`${authority(application)}/authorize`)
      url.search = new URLSearchParams({
        client_id: application.appId,
        response_type: "code",
        response_mode: "query",
        redirect_uri: redirectUri,
        scope: scopeOf(resource),
        state: state ?? "",
        nonce: nonce ?? "",
        code_challenge: createHash("sha256")
          .update(verifier ?? "")
          .digest("base64url"),
        code_challenge_method: "S256",
        // Whoever is signed in already need not be the administrator.
        prompt: "select_account"
      }).toString()
      return {
        url: Redacted.make(url.href),
        state: Redacted.make(state ?? ""),
        nonce: Redacted.make(nonce ?? ""),
        verifier: Redacted.make(verifier ?? "")
      }
    })

    const redeem = Effect.fn("Entra.redeem")(function* (
      ...[application, answer]: Parameters<SignIn["Service"]["redeem"]>
    ) {
      const [code, verifier] = [Redacted.value(answer.code), Redacted.value(answer.verifier)]
      const { grant, correlationId } = yield* askForTokens(
        application,
        {
          grant_type: "authorization_code",
          code,
          redirect_uri: answer.redirectUri,
          code_verifier: verifier,
          scope: scopeOf(answer.resource)
        },
        [code, verifier]
      )
      const keys = yield* answerOf(
        HttpClientRequest.get(
          `${application.login}/${application.tenantId}/discovery/v2.0/keys`
        ).pipe(HttpClientRequest.acceptJson),
        correlationId
      )
      const known = Option.getOrUndefined(decodeKeys(keys.text))
      if (known === undefined)
        return yield* passing("Entra's keys cannot be read.", keys.status, correlationId)
      if (grant.id_token == null)
        return yield* untrusted(
          "The answer of the sign-in does not say who signed in.",
          "Check that the instance's sign-in address is that of its cloud.",
          correlationId
        )
      const user = yield* identityIn(
        grant.id_token,
        known,
        application,
        answer.nonce,
        correlationId
      )
      return { ...(yield* granted(grant, answer.resource)), user }
    })

    const renew = Effect.fn("Entra.renew")(function* (
      ...[application, renewal, resource]: Parameters<SignIn["Service"]["renew"]>
    ) {
      const refresh_token = Redacted.value(renewal)
      const { grant } = yield* askForTokens(
        application,
        { grant_type: "refresh_token", refresh_token, scope: scopeOf(resource) },
        [refresh_token]
      )
      return yield* granted(grant, resource)
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
