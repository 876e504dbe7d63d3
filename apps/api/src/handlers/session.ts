import { Api } from "@concordat/contracts/Api"
import { CurrentSession, sessionCookie } from "@concordat/contracts/Auth"
import {
  CrossSiteRefused,
  SessionNotFound,
  SignInRefused,
  TooManyAttempts
} from "@concordat/contracts/Problem"
import type { SessionView } from "@concordat/contracts/session"
import { scopesOf } from "@concordat/core/actor/Actor"
import type { Operator } from "@concordat/core/operator/Operator"
import { endsOf, type Session } from "@concordat/core/operator/Session"
import { Sessions } from "@concordat/core/operator/Sessions"
import type { TooManyAttempts as CoreTooManyAttempts } from "@concordat/core/operator/SignInAttempts"
import {
  type SignInRefused as CoreSignInRefused,
  changePassword,
  signIn
} from "@concordat/core/operator/signIn"
import { secondMs } from "@concordat/core/time/Instant"
import { Effect, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Csrf } from "../Csrf.ts"
import { giveCookie, takeCookie } from "../cookie.ts"
import { CurrentOrigin } from "../Origin.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { cameFrom } from "../sameOrigin.ts"

/** Signing in and out, and one's own sessions. */
export const sessionLayer = HttpApiBuilder.group(
  Api,
  "session",
  Effect.fnUntraced(function* (handlers) {
    const sessions = yield* Sessions
    const csrf = yield* Csrf
    const viewOf = (session: Session, operator: Operator): SessionView => ({
      id: session.id,
      operator: {
        id: operator.id,
        name: operator.name,
        role: operator.role,
        branch: operator.branch
      },
      scopes: scopesOf(operator.role),
      csrfToken: csrf.tokenOf(session.id),
      ...endsOf(session)
    })
    return handlers.handleAll({
      signIn: Effect.fnUntraced(
        function* ({ payload }) {
          const request = yield* HttpServerRequest.HttpServerRequest
          const origin = yield* PublicUrl.use((place) => place.origin)
          // Else another site could sign its visitor in as somebody else.
          if (cameFrom(request.headers, origin) === "elsewhere")
            return yield* new CrossSiteRefused({
              detail: "Nobody was signed in. Sign in on a page of this server."
            })
          const from = yield* placeOf(request)
          const { operator, session, token } = yield* signIn(payload, from)
          // Whoever signs in over a session has left it.
          const former = yield* sessions.find(Redacted.make(request.cookies[sessionCookie] ?? ""))
          if (Option.isSome(former))
            yield* Effect.ignore(sessions.end(former.value.operator.id, former.value.session.id))
          yield* giveCookie(token)
          yield* Effect.logInfo("signed in", { operator: operator.name, address: from.address })
          return viewOf(session, operator)
        },
        Effect.tapErrorTag("SignInRefused", () =>
          Effect.flatMap(CurrentOrigin, (address) =>
            Effect.logWarning("sign-in refused", { address })
          )
        ),
        Effect.catchTags({ SignInRefused: refused, TooManyAttempts: tooMany })
      ),
      current: Effect.fnUntraced(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const found = yield* sessions.find(Redacted.make(request.cookies[sessionCookie] ?? ""))
        return Option.match(found, {
          onNone: () => undefined,
          onSome: ({ operator, session }) => viewOf(session, operator)
        })
      }),
      signOut: Effect.fnUntraced(function* () {
        const { operator, session } = yield* CurrentSession
        yield* Effect.ignore(sessions.end(operator.id, session.id))
        yield* takeCookie
      }),
      changePassword: Effect.fnUntraced(
        function* ({ payload }) {
          const request = yield* HttpServerRequest.HttpServerRequest
          const signedIn = yield* CurrentSession
          const { operator, session, token } = yield* changePassword(
            signedIn,
            payload,
            yield* placeOf(request)
          )
          yield* giveCookie(token)
          yield* Effect.logInfo("password changed", { operator: operator.name })
          return viewOf(session, operator)
        },
        Effect.catchTags({ SignInRefused: refused, TooManyAttempts: tooMany })
      ),
      list: Effect.fnUntraced(function* () {
        const { operator, session } = yield* CurrentSession
        const all = yield* sessions.list(operator.id)
        return {
          items: all.map(({ id, startedAt, seenAt, address, userAgent }) => ({
            id,
            startedAt,
            seenAt,
            address,
            userAgent,
            current: id === session.id
          }))
        }
      }),
      end: Effect.fnUntraced(
        function* ({ params }) {
          const { operator } = yield* CurrentSession
          yield* sessions.end(operator.id, params.id)
        },
        Effect.catchTag("SessionNotFound", ({ id, message }) =>
          Effect.fail(
            new SessionNotFound({ id, detail: `${message} GET /v1/sessions lists them.` })
          )
        )
      )
    })
  })
)

const placeOf = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.map(CurrentOrigin, (address) => ({
    address,
    userAgent: request.headers["user-agent"] ?? null
  }))

function refused({ message }: CoreSignInRefused) {
  return Effect.fail(new SignInRefused({ detail: message }))
}

function tooMany({ message, retryAfterMs }: CoreTooManyAttempts) {
  const retryAfterSeconds = Math.ceil(retryAfterMs / secondMs)
  return HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(retryAfterSeconds)))
  ).pipe(Effect.andThen(new TooManyAttempts({ detail: message, retryAfterSeconds })))
}
