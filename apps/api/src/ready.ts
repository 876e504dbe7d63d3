import { Unavailable } from "@concordat/contracts/Problem"
import { Instances } from "@concordat/core/instance/Instances"
import { Cause, Effect } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"

/** A load balancer asks again soon; it must not wait as long as a client would. */
const patience = "3 seconds"

/**
 * For load balancers: 200 when requests can be served, otherwise 503. It reads a list, which takes a database
 * that answers and has this release's tables.
 */
export const readyLayer = HttpRouter.add(
  "GET",
  "/readyz",
  Effect.gen(function* () {
    const instances = yield* Instances
    return yield* instances.list({ cursor: undefined, limit: 1 }).pipe(
      Effect.timeout(patience),
      Effect.as(HttpServerResponse.jsonUnsafe({ status: "ready" })),
      Effect.catchCauseIf(
        (cause) => !Cause.hasInterruptsOnly(cause),
        (cause) => Effect.logWarning("not ready", cause).pipe(Effect.andThen(notReady))
      )
    )
  })
)

const notReady = HttpServerRespondable.toResponse(
  new Unavailable({
    detail: "The database does not answer, or lacks this release's tables; the log says which."
  })
)
