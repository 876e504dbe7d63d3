import {
  Bearer,
  Caller,
  CurrentSession,
  csrfHeader,
  RequiredScope,
  SignedIn,
  sessionCookie
} from "@concordat/contracts/Auth"
import { CrossSiteRefused, Forbidden, Unauthorized } from "@concordat/contracts/Problem"
import { type Actor, may } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { actorOf } from "@concordat/core/operator/Operator"
import type { SessionId } from "@concordat/core/operator/Session"
import { Sessions } from "@concordat/core/operator/Sessions"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Csrf } from "./Csrf.ts"
import { giveCookie } from "./cookie.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { cameFrom } from "./sameOrigin.ts"

/**
 * Who calls, from the key or the session; then whether it may do what the operation needs. An operation that names
 * no scope is refused for everybody, so that a forgotten annotation opens nothing.
 */
export const bearerLayer = Layer.effect(
  Bearer,
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    const sessions = yield* Sessions
    const csrf = yield* Csrf
    const place = yield* PublicUrl

    const byKey = Effect.fnUntraced(function* (key: string) {
      const actor = key === "" ? Option.none() : yield* keys.authenticate(Redacted.make(key))
      if (Option.isSome(actor)) return actor.value
      yield* challenge(key === "" ? "Bearer" : 'Bearer error="invalid_token"')
      return yield* new Unauthorized({
        detail:
          key === ""
            ? 'Send an API key as "Authorization: Bearer KEY", or sign in.'
            : "The API key is not known here, or it was revoked; ask an operator for another one."
      })
    })

    const bySession = Effect.fnUntraced(function* (
      request: HttpServerRequest.HttpServerRequest,
      token: string
    ) {
      const found = yield* sessions.use(Redacted.make(token))
      if (Option.isNone(found)) return yield* sessionOver
      const { operator, renewed, session } = found.value
      yield* ownPage(csrf, request, session.id)
      if (Option.isSome(renewed)) yield* giveCookie(renewed.value)
      return actorOf(operator)
    })

    // Either scheme is asked first by whoever reads the contract: what was sent decides, not the order.
    const either = Effect.fnUntraced(function* <A, E, R>(
      answer: Effect.Effect<A, E, R>,
      endpoint: { readonly annotations: Context.Context<never> }
    ) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const token = tokenOf(request)
      const actor: Actor =
        token === undefined
          ? yield* byKey(keyOf(request.headers["authorization"]))
          : yield* bySession(request, token)
      const scope = Option.getOrUndefined(Context.getOption(endpoint.annotations, RequiredScope))
      if (scope === undefined || !may(actor, scope))
        return yield* new Forbidden({
          scope: scope ?? "",
          detail: `This needs the scope ${scope ?? "of nobody"}; ask an operator for a key, or an operator-admin for a role, whose scopes allow it.`
        })
      return yield* Effect.provideService(answer, Caller, actor)
    })
    return Bearer.of({
      bearer: (answer, { endpoint }) =>
        Effect.provideService(either(answer, endpoint), PublicUrl, place),
      session: (answer, { endpoint }) =>
        Effect.provideService(either(answer, endpoint), PublicUrl, place)
    })
  })
)

/** Who is signed in, for their own session. */
export const signedInLayer = Layer.effect(
  SignedIn,
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const csrf = yield* Csrf
    const place = yield* PublicUrl
    return SignedIn.of({
      session: Effect.fnUntraced(function* (answer, { credential }) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const found = yield* sessions.find(credential)
        if (Option.isNone(found)) return yield* sessionOver
        yield* ownPage(csrf, request, found.value.session.id).pipe(
          Effect.provideService(PublicUrl, place)
        )
        return yield* Effect.provideService(answer, CurrentSession, found.value)
      })
    })
  })
)

/** The session's token, where it counts: a key that is sent with it was sent on purpose. */
const tokenOf = (request: HttpServerRequest.HttpServerRequest): string | undefined => {
  if (request.headers["authorization"] !== undefined) return undefined
  const token = request.cookies[sessionCookie]
  return token === undefined || token === "" ? undefined : token
}

const keyOf = (authorization: string | undefined): string =>
  /^bearer +(?<key>.*)$/iu.exec(authorization ?? "")?.groups?.["key"] ?? ""

const safeMethods = new Set(["GET", "HEAD"])

/** A browser sends the cookie with whatever any page asks for; only a page of ours knows the token. */
const ownPage = Effect.fnUntraced(function* (
  csrf: Csrf["Service"],
  request: HttpServerRequest.HttpServerRequest,
  session: SessionId
) {
  if (safeMethods.has(request.method)) return
  const origin = yield* PublicUrl.use((place) => place.origin)
  if (
    cameFrom(request.headers, origin) !== "here" ||
    !csrf.fits(session, request.headers[csrfHeader] ?? "")
  )
    return yield* new CrossSiteRefused({
      detail: `Nothing was done. With a session, send its csrfToken (GET /v1/session) as ${csrfHeader}, from a page of this server; programs use an API key.`
    })
})

const sessionOver = Effect.gen(function* () {
  yield* challenge("Bearer")
  return yield* new Unauthorized({ detail: "The session is over, or was ended; sign in again." })
})

const challenge = (value: string) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "www-authenticate", value))
  )
