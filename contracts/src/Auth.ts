import type { Actor, Scope } from "@concordat/core/actor/Actor"
import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import { Forbidden, InternalError, InvalidRequest, Unauthorized, Unavailable } from "./Problem.ts"

/** Who is calling, known once the key was accepted. */
export class Caller extends Context.Service<Caller, Actor>()("contracts/Caller") {}

/** What a key must be allowed to call an operation. An operation without it is open to nobody. */
export class RequiredScope extends Context.Service<RequiredScope, Scope>()(
  "contracts/RequiredScope"
) {}

/** Annotates an operation with the scope it needs, in the document as `x-required-scope`. */
export const requires = (scope: Scope) =>
  Context.merge(
    OpenApi.annotations({
      transform: (operation) => ({
        ...operation,
        "x-required-scope": scope,
        description: `${String(operation["description"] ?? operation["summary"])}\n\nNeeds the scope \`${scope}\`.`
      })
    }),
    Context.make(RequiredScope, scope)
  )

/** An API key as a bearer token. 401 without a valid one; 403 when it lacks the operation's scope. */
export class Bearer extends HttpApiMiddleware.Service<Bearer, { provides: Caller }>()(
  "contracts/Bearer",
  {
    requiredForClient: true,
    security: { bearer: HttpApiSecurity.bearer },
    error: [Unauthorized, Forbidden]
  }
) {}

/** What any operation may answer besides its own: a request that does not fit, and our own trouble. */
export class Checked extends HttpApiMiddleware.Service<Checked>()("contracts/Checked", {
  error: [InvalidRequest, InternalError, Unavailable]
}) {}
