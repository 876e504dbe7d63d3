import { DatabaseError } from "@concordat/adapter-postgres/Database"
import {
  BodyTooLarge,
  InternalError,
  MediaTypeUnsupported,
  MethodNotAllowed,
  RouteNotFound,
  Unavailable
} from "@concordat/contracts/Problem"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Cause, Effect } from "effect"
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "effect/http"
import { routeOf } from "./routes.ts"

/**
 * What no operation foresees leaves as a problem too: a bare 500 whose cause is only in our log, or a 503 when
 * the database is away, which is worth another try.
 */
export const defectsLayer = HttpRouter.middleware(
  (answer) =>
    answer.pipe(
      Effect.flatMap((response) =>
        // The contract's own answer to a content type it does not know is plain text.
        response.status === 415 ? mediaTypeUnsupported : Effect.succeed(response)
      ),
      // An interrupted request has nobody left to answer.
      Effect.catchCauseIf((cause) => !Cause.hasInterruptsOnly(cause), problemOf)
    ),
  { global: true }
)

const problemOf = (cause: Cause.Cause<unknown>) => {
  const squashed = Cause.squash(cause)
  if (isBodyTooLarge(squashed)) return bodyTooLarge
  if (HttpServerError.isHttpServerError(squashed) && squashed.reason._tag === "RouteNotFound")
    return noRoute
  if (squashed instanceof DatabaseError && squashed.retryable)
    return Effect.logWarning("the database is away", cause).pipe(Effect.andThen(unavailable))
  return Effect.logError("unhandled defect", cause).pipe(Effect.andThen(internalError))
}

const isBodyTooLarge = (defect: unknown): boolean =>
  HttpServerError.isHttpServerError(defect) &&
  defect.reason._tag === "RequestParseError" &&
  defect.reason.reason === "BodyTooLarge"

const bodyTooLarge = Effect.gen(function* () {
  const limit = Number((yield* HttpIncomingMessage.MaxBodySize) ?? 0)
  return yield* HttpServerRespondable.toResponse(tooLarge(limit))
})

/** The problem of a body over the limit. */
export const tooLarge = (limit: number) =>
  new BodyTooLarge({
    limit,
    detail: `Send at most ${limit} bytes here, in several parts if need be.`
  })

const mediaTypeUnsupported = HttpServerRespondable.toResponse(
  new MediaTypeUnsupported({
    detail: "Send the body with a Content-Type that /openapi.json names for this operation."
  })
)

const internalError = Effect.gen(function* () {
  const correlationId = yield* CurrentCorrelation
  return yield* HttpServerRespondable.toResponse(
    new InternalError({
      detail: `It was logged under the correlation id ${correlationId}; name it to whoever operates this server.`
    })
  )
})

const unavailable = Effect.map(
  HttpServerRespondable.toResponse(
    new Unavailable({ detail: "The database does not answer at this moment; try again shortly." })
  ),
  HttpServerResponse.setHeader("retry-after", "5")
)

const noRoute = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const route = routeOf(request.url)
  // The router itself refuses an id that is too long to be one.
  if (route === undefined || route.methods.includes(request.method))
    return yield* HttpServerRespondable.toResponse(
      new RouteNotFound({
        detail: "The addresses that exist are listed at /docs and /openapi.json."
      })
    )
  const allow = route.methods.join(", ")
  const response = yield* HttpServerRespondable.toResponse(
    new MethodNotAllowed({ detail: `This address takes ${allow}.` })
  )
  return HttpServerResponse.setHeader(response, "allow", allow)
})
