import { createHash } from "node:crypto"
import { minuteMs, secondMs } from "../Clock.ts"
import type { Simulator } from "../Simulator.ts"
import { type Account, userNamed } from "../world/Account.ts"
import { accountOfTenant } from "../world/World.ts"
import {
  missing,
  refusal,
  type SignInRefusal,
  told,
  unknownApplication,
  unknownTenant
} from "./SignInRefusal.ts"
import { codeMs, type Grant } from "./SignIns.ts"
import { signingKeyOf } from "./SigningKey.ts"
import { grantedScope, type Wanted, wantedResource, wantedScope } from "./scopes.ts"
import {
  accessToken,
  accessTokenSeconds,
  clientInfo,
  type Identity,
  identityOf,
  idToken,
  type RefreshClaims,
  refreshToken,
  refreshTokenIdleMs,
  verifyRefreshToken
} from "./tokens.ts"

/** An answer of the sign-in service. Unlike Partner Center's, its JSON has no byte order mark. */
export interface TokenAnswer {
  readonly status: number
  readonly body: object
}

/** A request for tokens, as far as it does not say what it wants. */
export interface TokenRequest {
  readonly simulator: Simulator
  /** Id or domain, as the path has it. */
  readonly tenant: string
  readonly version: 1 | 2
  readonly form: URLSearchParams
  /** Scheme, host and port of the sign-in service, as the client reached it. */
  readonly origin: string
  readonly at: number
}

/** A request whose client has proved who it is. */
interface Authenticated extends TokenRequest {
  readonly account: Account
}

/** Grants whose name appears in the operation, so that faults and counts can tell them apart. */
const grantTypes = ["client_credentials", "refresh_token", "authorization_code", "password"]

/** Name of a token request in faults, statistics and the list of requests. */
export const tokenOperation = (form: URLSearchParams): string => {
  const grant = form.get("grant_type") ?? ""
  return `signIn.token.${grantTypes.includes(grant) ? grant : "other"}`
}

/**
 * `POST /{tenant}/oauth2/token` (version 1) and `POST /{tenant}/oauth2/v2.0/token` (version 2): client credentials,
 * refresh tokens and authorization codes ("Partner Center authentication", "Enable the Secure Application Model
 * framework", "Microsoft identity platform and OAuth 2.0 authorization code flow").
 */
export const answerTokenRequest = (request: TokenRequest): TokenAnswer => {
  const { simulator, at } = request
  const granted = grantedTokens(request)
  return "error" in granted
    ? { status: granted.status, body: told(granted, simulator.ids, at) }
    : { status: 200, body: granted }
}

/** A successful answer. Version 1 writes its numbers as strings. */
interface Tokens {
  readonly token_type: "Bearer"
  readonly access_token: string
  readonly expires_in: number | string
  readonly ext_expires_in: number | string
  /** Version 1 only, like `not_before` and `resource`. */
  readonly expires_on?: string
  readonly not_before?: string
  readonly resource?: string
  /** Where a user signed in, like the rest. */
  readonly scope?: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly client_info?: string
}

const grantedTokens = (request: TokenRequest): Tokens | SignInRefusal => {
  const { simulator, tenant, form } = request
  const account = accountOfTenant(simulator.world, tenant)
  if (account === undefined) return unknownTenant(tenant)
  const client = clientProblem(account, form)
  if (client !== null) return client
  switch (form.get("grant_type")) {
    case null:
      return missing("grant_type")
    case "client_credentials":
      return forApplication({ ...request, account })
    case "refresh_token":
      return forRefreshToken({ ...request, account })
    case "authorization_code":
      return forCode({ ...request, account })
    case "password":
      // A password alone cannot carry a second factor, so Partner Center's tenants refuse it.
      return mfaNeeded
    default:
      return refusal(
        400,
        "unsupported_grant_type",
        70003,
        "The app requested an unsupported grant type."
      )
  }
}

const clientProblem = (account: Account, form: URLSearchParams): SignInRefusal | null => {
  const id = form.get("client_id")
  if (id === null) return missing("client_id")
  if (id.toLowerCase() !== account.appId) return unknownApplication(id, account.companyName)
  const secret = form.get("client_secret")
  if (secret === null)
    return refusal(
      401,
      "invalid_client",
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    )
  if (secret !== account.clientSecret)
    return refusal(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${id}'.`
    )
  if (account.clientSecretExpired)
    return refusal(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${id}' are expired.`
    )
  return null
}

/** What is asked for; `otherwise` is the scope of an earlier step, which a later one need not repeat. */
const wantedOf = ({ version, form }: TokenRequest, otherwise?: string): Wanted | SignInRefusal => {
  const name = version === 1 ? "resource" : "scope"
  const wanted = form.get(name) ?? ""
  if (wanted === "") return otherwise === undefined ? missing(name) : wantedScope(otherwise)
  return version === 1 ? wantedResource(wanted) : wantedScope(wanted)
}

const forApplication = (request: Authenticated): Tokens | SignInRefusal => {
  const wanted = wantedOf(request)
  if ("error" in wanted) return wanted
  if (!wanted.byDefault)
    return refusal(
      400,
      "invalid_scope",
      1002012,
      `The provided value for scope ${request.form.get("scope")} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`
    )
  return tokensFor(request, wanted, null)
}

const forRefreshToken = (request: Authenticated): Tokens | SignInRefusal => {
  const { simulator, account, form, at } = request
  const token = form.get("refresh_token")
  if (token === null) return missing("refresh_token")
  const wanted = wantedOf(request)
  if ("error" in wanted) return wanted
  const claims = verifyRefreshToken(simulator.world.tokenKey, token)
  if (claims === undefined || claims.tid !== account.tenantId) return malformedGrant
  const dead = deadProblem(account, claims, at)
  if (dead !== null) return dead
  const identity = identityOf(account, claims.upn, claims.mfa)
  return {
    ...tokensFor(request, wanted, identity),
    ...userTokens(request, wanted, identity, null),
    // Also where offline_access was not asked for again: whoever redeems one gets the next.
    refresh_token: issueRefreshToken(simulator, account, identity, at)
  }
}

const forCode = (request: Authenticated): Tokens | SignInRefusal => {
  const { simulator, account, form, at } = request
  for (const name of ["code", "redirect_uri"]) if (form.get(name) === null) return missing(name)
  const grant = simulator.signIns.grantOf(form.get("code") ?? "")
  if (grant === undefined) return malformedGrant
  const problem = codeProblem(grant, request)
  if (problem !== null) return problem
  const wanted = wantedOf(request, grant.request.scope)
  if ("error" in wanted) return wanted
  const { identity } = grant
  const dead = deadProblem(
    account,
    { upn: identity.upn, mfa: identity.mfa, issuedAt: grant.issuedAt },
    at
  )
  if (dead !== null) return dead
  grant.redeemed = true
  return {
    ...tokensFor(request, wanted, identity),
    ...userTokens(request, wanted, identity, grant.request.nonce),
    ...(wanted.openId.has("offline_access")
      ? { refresh_token: issueRefreshToken(simulator, account, identity, at) }
      : {})
  }
}

/** In the order in which Entra would find out. */
const codeProblem = (grant: Grant, { account, form, at }: Authenticated): SignInRefusal | null => {
  if (grant.request.account !== account.name)
    return refusal(
      400,
      "invalid_grant",
      700005,
      "Provided Authorization Code is intended to use against other tenant, thus rejected."
    )
  if (grant.redeemed)
    return refusal(
      400,
      "invalid_grant",
      54005,
      "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."
    )
  if (at - grant.issuedAt > codeMs)
    return refusal(
      400,
      "invalid_grant",
      70008,
      "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
      "bad_token"
    )
  const redirectUri = form.get("redirect_uri")
  if (redirectUri !== grant.request.redirectUri)
    return refusal(
      400,
      "invalid_grant",
      500112,
      `The reply address '${redirectUri}' does not match the reply address '${grant.request.redirectUri}' provided when requesting Authorization code.`
    )
  return verifierProblem(grant.request.challenge, form.get("code_verifier"))
}

/** A verifier without a challenge is refused as well: somebody took the challenge out of the request (RFC 9700 §4.8). */
const verifierProblem = (
  challenge: string | null,
  verifier: string | null
): SignInRefusal | null => {
  if (challenge === null && verifier === null) return null
  if (verifier === null)
    return refusal(
      400,
      "invalid_grant",
      50148,
      "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE."
    )
  return createHash("sha256").update(verifier).digest("base64url") === challenge
    ? null
    : refusal(
        400,
        "invalid_grant",
        501481,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."
      )
}

const malformedGrant = refusal(
  400,
  "invalid_grant",
  9002313,
  "Invalid request. Request is malformed or invalid."
)

const mfaNeeded = refusal(
  400,
  "invalid_grant",
  50076,
  "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication.",
  "basic_action"
)

/** Of a user who has no second factor to use. */
export const mfaNotSetUp = refusal(
  400,
  "invalid_grant",
  50079,
  "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication.",
  "basic_action"
)

/** Why what a user granted is worth nothing any more: revoked, idle, consent gone, second factor missing. */
const deadProblem = (
  account: Account,
  { upn, mfa, issuedAt }: Pick<RefreshClaims, "upn" | "mfa" | "issuedAt">,
  at: number
): SignInRefusal | null => {
  const user = userNamed(account, upn)
  if (issuedAt <= Math.max(account.refreshTokensValidFrom, user?.sessionsValidFrom ?? 0))
    return refusal(
      400,
      "invalid_grant",
      50173,
      "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
      "bad_token"
    )
  if (at - issuedAt > refreshTokenIdleMs)
    return refusal(
      400,
      "invalid_grant",
      700082,
      "The refresh token has expired due to inactivity.",
      "bad_token"
    )
  if (account.consent === "removed")
    return refusal(
      400,
      "invalid_grant",
      65001,
      `The user or administrator has not consented to use the application with ID '${account.appId}'. Send an interactive authorization request for this user and resource.`,
      "consent_required"
    )
  if (account.settings.signInMfa === "required" && !mfa)
    return user?.mfa === false ? mfaNotSetUp : mfaNeeded
  return null
}

/** The instant to write on what a user is given now: never as old as the last revocation, in the same millisecond too. */
export const issuedAt = (account: Account, upn: string, at: number): number => {
  const user = userNamed(account, upn)
  return Math.max(
    Math.round(at),
    account.refreshTokensValidFrom + 1,
    (user?.sessionsValidFrom ?? 0) + 1
  )
}

export const issueRefreshToken = (
  { world }: Simulator,
  account: Account,
  { upn, mfa }: Identity,
  at: number
): string =>
  refreshToken(world.tokenKey, {
    tid: account.tenantId,
    appid: account.appId,
    upn,
    mfa,
    issuedAt: issuedAt(account, upn, at)
  })

/** The access token and what is said about it. */
const tokensFor = (
  { simulator, account, version, at }: Authenticated,
  { resource }: Wanted,
  identity: Identity | null
): Tokens => {
  const token = accessToken(
    signingKeyOf(simulator.world),
    { aud: resource, tid: account.tenantId, appid: account.appId },
    identity,
    at
  )
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

/** What an answer says besides when a user signed in: the scope, and in version 2 who it was, where that was asked. */
const userTokens = (
  { simulator, account, version, form, origin, at }: Authenticated,
  wanted: Wanted,
  identity: Identity,
  nonce: string | null
): Pick<Tokens, "scope" | "id_token" | "client_info"> => {
  if (version === 1) return { scope: "user_impersonation" }
  const issuer = `${origin}/${account.tenantId}/v2.0`
  return {
    scope: grantedScope(wanted),
    ...(wanted.openId.has("openid")
      ? { id_token: idToken(signingKeyOf(simulator.world), account, identity, nonce, issuer, at) }
      : {}),
    ...(form.get("client_info") === "1" ? { client_info: clientInfo(account, identity) } : {})
  }
}
