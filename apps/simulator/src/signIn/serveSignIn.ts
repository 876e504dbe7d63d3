import type { Answer } from "../partnerCenter/Answer.ts"
import { notFound } from "../partnerCenter/Answer.ts"
import { conclude, type Exchange, faultedAnswer, later } from "../partnerCenter/exchange.ts"
import { accountOfTenant, tenantIdOf } from "../world/World.ts"
import { authorize, consent, login } from "./authorize.ts"
import { keySet, openIdConfiguration } from "./discovery.ts"
import { told, unknownTenant } from "./SignInRefusal.ts"
import { signingKeyOf } from "./SigningKey.ts"
import { answerTokenRequest, tokenOperation } from "./tokenEndpoint.ts"

/** Bytes of a sign-in form. */
const formMax = 32 * 1024

/** What somebody wants of the sign-in service, read from the path. */
export interface SignInRequest {
  readonly tenant: string
  readonly endpoint: Endpoint
}

type Endpoint = "token1" | "token2" | "authorize" | "login" | "consent" | "keys" | "configuration"

const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ["oauth2/token", "token1"],
  ["oauth2/v2.0/token", "token2"],
  ["oauth2/v2.0/authorize", "authorize"],
  ["login", "login"],
  ["consent/set", "consent"],
  ["discovery/v2.0/keys", "keys"],
  ["v2.0/.well-known/openid-configuration", "configuration"]
])

/** null when the path is not one of the sign-in service. */
export const signInRequestOf = (segments: ReadonlyArray<string>): SignInRequest | null => {
  const [tenant = "", ...rest] = segments
  const endpoint = endpoints.get(rest.join("/").toLowerCase())
  return endpoint === undefined ? null : { tenant, endpoint }
}

/** Answers as Entra would: pages for browsers, JSON for clients. */
export const serveSignIn = (
  bare: Exchange,
  { tenant, endpoint }: SignInRequest,
  query: string
): void => {
  const { simulator, request } = bare
  const method = methodOf(endpoint)
  const account = accountOfTenant(simulator.world, tenant)?.name ?? null
  if (request.method !== method) {
    const operation = operationOf(endpoint, new URLSearchParams())
    const refusal = { status: 405, body: null, headers: { Allow: method } }
    conclude({ ...bare, account, operation }, refusal, false)
    return
  }
  const arrived = (parameters: URLSearchParams): void => {
    const operation = operationOf(endpoint, parameters)
    const fault = simulator.faults.strike(operation, account, null)
    const exchange: Exchange = { ...bare, account, operation, fault }
    if (fault?.kind === "reset-before") {
      conclude(exchange, notFound(), false)
      return
    }
    const answer = (): void => {
      const instead = faultedAnswer(exchange)
      if (instead === null) simulator.statistics.count(account, operation, false)
      conclude(exchange, instead ?? answerOf(exchange, tenant, endpoint, parameters), false)
    }
    if (fault?.kind === "delay") later(exchange, fault.ms, answer)
    else answer()
  }
  if (method === "GET") arrived(new URLSearchParams(query))
  else readForm(bare, arrived)
}

const methodOf = (endpoint: Endpoint): "GET" | "POST" =>
  endpoint === "authorize" || endpoint === "keys" || endpoint === "configuration" ? "GET" : "POST"

const operationOf = (endpoint: Endpoint, parameters: URLSearchParams): string =>
  endpoint === "token1" || endpoint === "token2" ? tokenOperation(parameters) : `signIn.${endpoint}`

const readForm = ({ request }: Exchange, arrived: (form: URLSearchParams) => void): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= formMax) chunks.push(chunk)
  })
  request.on("end", () =>
    arrived(new URLSearchParams(bytes > formMax ? "" : Buffer.concat(chunks).toString()))
  )
  request.on("error", () => {})
}

const answerOf = (
  { simulator, request, at }: Exchange,
  tenant: string,
  endpoint: Endpoint,
  parameters: URLSearchParams
): Answer => {
  const origin = `http://${hostOf(request.headers.host)}`
  const visit = { simulator, tenant, parameters, at }
  switch (endpoint) {
    case "authorize":
      return authorize(visit)
    case "login":
      return login(visit)
    case "consent":
      return consent(visit)
    case "token1":
    case "token2": {
      const version = endpoint === "token1" ? 1 : 2
      const asked = { simulator, tenant, version, form: parameters, origin, at } as const
      const { status, body } = answerTokenRequest(asked)
      return { ...json(body, status), headers: { "Cache-Control": "no-store", Pragma: "no-cache" } }
    }
    case "keys":
    case "configuration": {
      // Also of a customer's tenant: everybody may ask which tenant a domain is.
      const tenantId = tenantIdOf(simulator.world, tenant)
      if (tenantId === undefined) return json(told(unknownTenant(tenant), simulator.ids, at), 400)
      return json(
        endpoint === "keys"
          ? keySet(signingKeyOf(simulator.world))
          : openIdConfiguration(tenantId, origin)
      )
    }
  }
}

/** As the client named it, unless that is no name at all. */
const hostOf = (host: string | undefined): string =>
  host !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/iu.test(host) ? host : "localhost"

const json = (body: object, status = 200): Answer => ({
  status,
  body: Buffer.from(JSON.stringify(body))
})
