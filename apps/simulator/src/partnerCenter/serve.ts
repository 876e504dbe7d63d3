import type { IncomingMessage, ServerResponse } from "node:http"
import type { Simulator } from "../Simulator.ts"
import { authenticate, type Caller, type Rejection } from "../signIn/authenticate.ts"
import { answerTokenRequest } from "../signIn/tokenEndpoint.ts"
import { accountOfTenant } from "../world/World.ts"
import {
  type Answer,
  mfaMissing,
  newerError,
  notFound,
  Refusal,
  standardError,
  tooManyRequests
} from "./Answer.ts"
import type { Call } from "./Call.ts"
import { conclude, type Exchange, faultAnswer, later } from "./exchange.ts"
import { parametersOf, type Route, routesOf } from "./routes.ts"

/** Bytes of a sign-in form. */
const formMax = 32 * 1024

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
  const login = loginOf(segments)
  if (login !== null) {
    signIn({ ...bare, operation: "token" }, login)
    return
  }
  const candidates = routesOf(segments)
  const route = candidates.find(({ method }) => method === request.method)
  const caller = authenticate(simulator.world, request.headers.authorization, at)
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
  const answer = (): void => {
    const query = queryOf(mark < 0 ? "" : url.slice(mark + 1))
    conclude(
      exchange,
      faultedAnswer(exchange) ??
        (route === undefined
          ? unknownAnswer(candidates)
          : answerOf(exchange, route, caller, parameters, query))
    )
  }
  if (fault?.kind === "delay") later(exchange, fault.ms, answer)
  else answer()
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

/** What a fault answers instead of the operation, if it does. */
const faultedAnswer = ({ fault, simulator, account, operation }: Exchange): Answer | null => {
  switch (fault?.kind) {
    case "status":
      return faultAnswer(fault)
    case "throttle":
      simulator.statistics.count(account, operation, true)
      return tooManyRequests(fault.retryAfterSeconds)
    case "mfa":
      return mfaMissing(fault.style)
    default:
      return null
  }
}

const answerOf = (
  { simulator, request, at }: Exchange,
  route: Route,
  caller: Caller | Rejection,
  parameters: ReadonlyArray<string>,
  query: ReadonlyMap<string, string>
): Answer => {
  if (typeof caller === "string") return rejected(caller)
  const { account, user } = caller
  if (user !== null && !user.mfa && account.settings.mfaRequired)
    return mfaMissing(account.settings.mfaStyle)
  if (route.needsUser && user === null)
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

interface Login {
  readonly tenant: string
  readonly version: 1 | 2
}

/** `/{tenant}/oauth2/token` and `/{tenant}/oauth2/v2.0/token`. */
const loginOf = (segments: ReadonlyArray<string>): Login | null => {
  const [tenant = "", ...rest] = segments
  const path = rest.join("/").toLowerCase()
  if (path === "oauth2/token") return { tenant, version: 1 }
  if (path === "oauth2/v2.0/token") return { tenant, version: 2 }
  return null
}

const signIn = (bare: Exchange, { tenant, version }: Login): void => {
  const { simulator, request, at } = bare
  if (request.method !== "POST") {
    conclude(bare, { status: 405, body: null, headers: { Allow: "POST" } }, false)
    return
  }
  const account = accountOfTenant(simulator.world, tenant)?.name ?? null
  const fault = simulator.faults.strike("token", account, null)
  const exchange: Exchange = { ...bare, account, fault }
  if (fault?.kind === "reset-before") {
    conclude(exchange, notFound(), false)
    return
  }
  const answer = (form: URLSearchParams): void => {
    const instead = faultedAnswer(exchange)
    if (instead === null) simulator.statistics.count(account, "token", false)
    const { status, body } = answerTokenRequest(
      simulator.world,
      simulator.ids,
      tenant,
      version,
      form,
      at
    )
    const right: Answer = {
      status,
      body: Buffer.from(JSON.stringify(body)),
      headers: { "Cache-Control": "no-store", Pragma: "no-cache" }
    }
    conclude(exchange, instead ?? right, false)
  }
  const chunks: Array<Buffer> = []
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= formMax) chunks.push(chunk)
  })
  request.on("end", () => {
    const form = new URLSearchParams(bytes > formMax ? "" : Buffer.concat(chunks).toString())
    if (fault?.kind === "delay") later(exchange, fault.ms, () => answer(form))
    else answer(form)
  })
  request.on("error", () => {})
}
