import type { Actor, Scope } from "@concordat/core/actor/Actor"
import type { SignedIn as CoreSignedIn } from "@concordat/core/operator/Sessions"
import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import {
  CrossSiteRefused,
  Forbidden,
  InternalError,
  InvalidRequest,
  Unauthorized,
  Unavailable
} from "./Problem.ts"

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

/**
 * Annotates an operation that needs no scope: `anybody` may call it, or whoever is signed in, about their own
 * `session`. In the document as `x-open-to`.
 */
export const openTo = (who: "anybody" | "session") =>
  OpenApi.annotations({
    transform: (operation) => ({
      ...operation,
      "x-open-to": who,
      description: `${String(operation["description"] ?? operation["summary"])}\n\n${
        who === "anybody" ? "Needs no key." : "Needs a session, and no scope: a key does not do."
      }`
    })
  })

/** The cookie that a browser keeps for whoever is signed in. No script can read it. */
export const sessionCookie = "concordat_session"
/** The header by which a page shows that it is ours: the session's `csrfToken`, with every method but GET and HEAD. */
export const csrfHeader = "x-csrf-token"

const session = HttpApiSecurity.apiKey({ key: sessionCookie, in: "cookie" })

/**
 * An API key as a bearer token, or the cookie of a session, which counts where no key is sent. 401 without a valid
 * one; 403 when it lacks the operation's scope, or when a request with the cookie does not come from our own pages.
 */
// @effect-diagnostics-next-line leakingRequirements:off: what both schemes need is what every request of a router has
export class Bearer extends HttpApiMiddleware.Service<Bearer, { provides: Caller }>()(
  "contracts/Bearer",
  {
    requiredForClient: true,
    security: { bearer: HttpApiSecurity.bearer, session },
    error: [Unauthorized, Forbidden, CrossSiteRefused]
  }
) {}

/** Who is signed in, for what an operator does to their own session. */
export class CurrentSession extends Context.Service<CurrentSession, CoreSignedIn>()(
  "contracts/CurrentSession"
) {}

/** The cookie of a session, and nothing else. */
export class SignedIn extends HttpApiMiddleware.Service<SignedIn, { provides: CurrentSession }>()(
  "contracts/SignedIn",
  { security: { session }, error: [Unauthorized, CrossSiteRefused] }
) {}

/** What any operation may answer besides its own: a request that does not fit, and our own trouble. */
export class Checked extends HttpApiMiddleware.Service<Checked>()("contracts/Checked", {
  error: [InvalidRequest, InternalError, Unavailable]
}) {}
