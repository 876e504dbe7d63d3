import type { IncomingMessage, ServerResponse } from "node:http"
import { isInvitation, serveInvitation } from "../invitation/serveInvitation.ts"
import type { Simulator } from "../Simulator.ts"
import { authenticate, type Caller, type Rejection } from "../signIn/authenticate.ts"
import { serveSignIn, signInRequestOf } from "../signIn/serveSignIn.ts"
import {
  type Answer,
  mfaMissing,
  newerError,
  notFound,
  Refusal,
  standardError,
  tooManyRequests
} from "./Answer.ts"
import { bodyBytesMax } from "./body.ts"
import type { Call } from "./Call.ts"
import { conclude, type Exchange, faultedAnswer, later } from "./exchange.ts"
import { parametersOf, type Route, routesOf } from "./routes.ts"

/** Answers as Partner Center and the sign-in service would: everything outside the control API. */
export const serve = (
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse
): void => {
  const at = simulator.clock.now()
  const url = request.url ?? "/"
  const mark = url.indexOf("?")
  const path = mark < 0 ? url : url.slice(0, mark)
  const segments = segmentsOf(path)
  const bare = { simulator, request, response, path: url, at, account: null, fault: null }
  if (segments === null) {
    conclude({ ...bare, operation: "unknown" }, standardError(400, 400, "The path is malformed."))
    return
  }
  const query = mark < 0 ? "" : url.slice(mark + 1)
  const signIn = signInRequestOf(segments)
  if (signIn !== null) {
    serveSignIn({ ...bare, operation: "signIn" }, signIn, query)
    return
  }
  if (isInvitation(segments)) {
    serveInvitation({ ...bare, operation: "invitation" }, query)
    return
  }
  const candidates = routesOf(segments)
  const route = candidates.find(({ method }) => method === request.method)
  const service = segments[0] === "v1.0" ? "partner" : "partnerCenter"
  const caller = authenticate(simulator.world, request.headers.authorization, service, at)
  const account = typeof caller === "string" ? null : caller.account.name
  const operation = route?.operation ?? "unknown"
  const parameters = route === undefined ? [] : parametersOf(route, segments)
  const customer = route?.ofCustomer === true ? (parameters[0] ?? null) : null
  const fault = simulator.faults.strike(operation, account, customer)
  const exchange: Exchange = { ...bare, operation, account, fault }
  if (fault?.kind === "reset-before") {
    conclude(exchange, notFound())
    return
  }
  const answer = (body: Buffer | null): void => {
    conclude(
      exchange,
      faultedAnswer(exchange) ??
        (route === undefined
          ? unknownAnswer(candidates)
          : body === null
            ? standardError(413, 413, "The request body is too large.")
            : answerOf(exchange, route, caller, parameters, queryOf(query), body))
    )
  }
  const arrived = (body: Buffer | null): void => {
    if (fault?.kind === "delay") later(exchange, fault.ms, () => answer(body))
    else answer(body)
  }
  if (request.method === "GET" || request.method === "HEAD") arrived(noBody)
  else readBody(request, arrived)
}

const noBody = Buffer.alloc(0)

/** null when it is longer than allowed. A client that goes away in the middle has asked nothing. */
const readBody = (request: IncomingMessage, arrived: (body: Buffer | null) => void): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= bodyBytesMax) chunks.push(chunk)
  })
  request.on("end", () => arrived(bytes > bodyBytesMax ? null : Buffer.concat(chunks)))
  request.on("error", () => {})
}

const segmentsOf = (path: string): ReadonlyArray<string> | null => {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent)
  } catch {
    return null
  }
}

/** By lower-case name; the first of several counts. */
const queryOf = (text: string): ReadonlyMap<string, string> => {
  const query = new Map<string, string>()
  if (text === "") return query
  for (const [name, value] of new URLSearchParams(text)) {
    const key = name.toLowerCase()
    if (!query.has(key)) query.set(key, value)
  }
  return query
}

/** A path that is there for other methods is 405, any other unknown one 404. */
const unknownAnswer = (candidates: ReadonlyArray<Route>): Answer =>
  candidates.length === 0
    ? notFound()
    : { status: 405, body: null, headers: { Allow: candidates.map((c) => c.method).join(", ") } }

const answerOf = (
  { simulator, request, at }: Exchange,
  route: Route,
  caller: Caller | Rejection,
  parameters: ReadonlyArray<string>,
  query: ReadonlyMap<string, string>,
  body: Buffer
): Answer => {
  if (typeof caller === "string") return rejected(caller)
  const { account, user } = caller
  if (user !== null && !user.mfa && account.settings.mfaRequired)
    return mfaMissing(account.settings.mfaStyle)
  if (user?.hasRole === false)
    return newerError(
      403,
      900308,
      "MissingRole",
      `${user.upn} holds no role that may use Partner Center: sign an admin agent in.`
    )
  if (route.needsUser && user === null && account.settings.appOnlyRefused)
    return newerError(
      403,
      900329,
      "AppOnlyNotSupported",
      "App-only authentication is not supported for this operation: sign a user in."
    )
  const wait =
    route.family === null
      ? 0
      : simulator.throttle.take(account.name, route.family, account.settings, at)
  simulator.statistics.count(account.name, route.operation, wait > 0)
  if (wait > 0) return tooManyRequests(wait)
  const call: Call = {
    simulator,
    account,
    caller,
    parameters,
    query,
    headers: request.headers,
    body,
    at
  }
  try {
    return route.handle(call)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    // A bug of the simulator: shown to whoever runs it, and as Microsoft's own internal error to the client.
    console.error(`${route.operation}: `, error)
    return standardError(500, 800003, "Internal error.")
  }
}

/** "Partner Center REST error codes": a missing token, a wrong one, an old one and one for somebody else. */
const rejected = (rejection: Rejection): Answer => {
  switch (rejection) {
    case "missing":
      return standardError(401, 800001, "The partner token is missing.")
    case "invalid":
      return standardError(401, 400, "Access denied.")
    case "expired":
      return {
        status: 401,
        body: null,
        headers: {
          "WWW-Authenticate":
            'Bearer error="invalid_token", error_description="The access token has expired."'
        }
      }
    case "audience":
      return newerError(
        401,
        900420,
        "InvalidAudience",
        "The audience of the access token is not accepted: ask for the Partner Center resource."
      )
  }
}
