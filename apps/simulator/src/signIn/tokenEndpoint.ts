import { minuteMs, secondMs } from "../Clock.ts"
import type { Random } from "../Random.ts"
import type { Account } from "../world/Account.ts"
import { accountOfTenant, type World } from "../world/World.ts"
import {
  accessToken,
  accessTokenSeconds,
  refreshToken,
  refreshTokenIdleMs,
  verifyRefreshToken
} from "./tokens.ts"

/** An answer of the sign-in service. Unlike Partner Center's, its JSON has no byte order mark. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly account: Account | null
}

/** Resources that tokens may be asked for; what Partner Center accepts is a smaller set. */
const resources: ReadonlySet<string> = new Set([
  "https://api.partnercenter.microsoft.com",
  "https://partner.partnercenterapi.microsoftonline.cn",
  "https://graph.windows.net",
  "https://graph.microsoft.com",
  "https://management.azure.com"
])

interface Problem {
  readonly status: 400 | 401
  readonly error: string
  readonly code: number
  readonly text: string
}

const problem = (status: 400 | 401, error: string, code: number, text: string): Problem => ({
  status,
  error,
  code,
  text
})

/**
 * `POST /{tenant}/oauth2/token` (version 1) and `POST /{tenant}/oauth2/v2.0/token` (version 2), for
 * client_credentials and refresh_token ("Partner Center authentication", "Enable the Secure Application Model
 * framework", Microsoft identity platform error codes).
 */
export const answerTokenRequest = (
  world: World,
  ids: Random,
  tenant: string,
  version: 1 | 2,
  form: URLSearchParams,
  at: number
): TokenAnswer => {
  const account = accountOfTenant(world, tenant)
  if (account === undefined)
    return refused(
      problem(
        400,
        "invalid_request",
        90002,
        `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`
      ),
      ids,
      at,
      null
    )
  const client = clientProblem(account, form)
  if (client !== null) return refused(client, ids, at, account)
  const resource = resourceOf(version, form)
  if (typeof resource !== "string") return refused(resource, ids, at, account)

  const who = { aud: resource, tid: account.tenantId, appid: account.appId }
  switch (form.get("grant_type")) {
    case "client_credentials": {
      const token = accessToken(world.tokenKey, who, null, at)
      return { status: 200, account, body: tokenBody(version, resource, token, at) }
    }
    case "refresh_token": {
      const claims = verifyRefreshToken(world.tokenKey, form.get("refresh_token") ?? "")
      if (claims === undefined || claims.tid !== account.tenantId)
        return refused(
          problem(
            400,
            "invalid_grant",
            9002313,
            "Invalid request. Request is malformed or invalid."
          ),
          ids,
          at,
          account
        )
      const dead = deadProblem(account, claims.issuedAt, at)
      if (dead !== null) return refused(dead, ids, at, account)
      const token = accessToken(world.tokenKey, who, claims, at)
      const body = {
        ...tokenBody(version, resource, token, at),
        scope: version === 1 ? "user_impersonation" : `${resource}/user_impersonation`,
        refresh_token: refreshToken(world.tokenKey, { ...claims, issuedAt: Math.round(at) })
      }
      return { status: 200, account, body }
    }
    case "password":
      // A password alone cannot carry a second factor, so Partner Center's tenants refuse it.
      return refused(
        problem(
          400,
          "invalid_grant",
          50076,
          "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication."
        ),
        ids,
        at,
        account
      )
    default:
      return refused(
        problem(
          400,
          "unsupported_grant_type",
          70003,
          "The app requested an unsupported grant type."
        ),
        ids,
        at,
        account
      )
  }
}

const clientProblem = (account: Account, form: URLSearchParams): Problem | null => {
  const id = form.get("client_id")
  if (id === null)
    return problem(
      400,
      "invalid_request",
      900144,
      "The request body must contain the following parameter: 'client_id'."
    )
  if (id.toLowerCase() !== account.appId)
    return problem(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${id}' was not found in the directory '${account.companyName}'.`
    )
  if (form.get("client_secret") !== account.clientSecret)
    return problem(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${id}'.`
    )
  if (account.clientSecretExpired)
    return problem(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${id}' are expired.`
    )
  return null
}

const resourceOf = (version: 1 | 2, form: URLSearchParams): string | Problem => {
  const name = version === 1 ? "resource" : "scope"
  const wanted = form.get(name)
  if (wanted === null || wanted === "")
    return problem(
      400,
      "invalid_request",
      900144,
      `The request body must contain the following parameter: '${name}'.`
    )
  const scopes = wanted.split(" ").filter((scope) => scope.includes("://"))
  const resource =
    version === 1
      ? wanted.replace(/\/$/u, "")
      : (scopes[0] ?? wanted).replace(/\/{1,2}(\.default|user_impersonation)$/u, "")
  return resources.has(resource.toLowerCase())
    ? resource.toLowerCase()
    : problem(
        400,
        "invalid_resource",
        500011,
        `The resource principal named ${resource} was not found in the tenant.`
      )
}

const deadProblem = (account: Account, issuedAt: number, at: number): Problem | null => {
  if (issuedAt <= account.refreshTokensValidFrom)
    return problem(
      400,
      "invalid_grant",
      50173,
      "The provided grant has expired due to it being revoked, a fresh auth token is needed."
    )
  if (at - issuedAt > refreshTokenIdleMs)
    return problem(400, "invalid_grant", 700082, "The refresh token has expired due to inactivity.")
  return null
}

/** Version 1 writes its numbers as strings. */
const tokenBody = (version: 1 | 2, resource: string, token: string, at: number) => {
  if (version === 2)
    return {
      token_type: "Bearer",
      expires_in: accessTokenSeconds,
      ext_expires_in: accessTokenSeconds,
      access_token: token
    }
  const from = Math.floor(at / secondMs)
  return {
    token_type: "Bearer",
    expires_in: String(accessTokenSeconds),
    ext_expires_in: String(accessTokenSeconds),
    expires_on: String(from + accessTokenSeconds),
    not_before: String(from - (5 * minuteMs) / secondMs),
    resource,
    access_token: token
  }
}

const refused = (
  { status, error, code, text }: Problem,
  ids: Random,
  at: number,
  account: Account | null
): TokenAnswer => {
  const [trace_id, correlation_id] = [ids.guid(), ids.guid()]
  const timestamp = `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`
  return {
    status,
    account,
    body: {
      error,
      error_description: `AADSTS${code}: ${text} Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id,
      correlation_id,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`
    }
  }
}
