import { secondMs } from "../Clock.ts"
import { type Account, userNamed } from "../world/Account.ts"
import type { World } from "../world/World.ts"
import { signingKeyOf } from "./SigningKey.ts"
import { type Claims, verifyAccessToken } from "./tokens.ts"

/** Whose request it is. */
export interface Caller {
  readonly account: Account
  /** App-only tokens have no user. */
  readonly user: {
    readonly upn: string
    readonly mfa: boolean
    /** Whether the user holds any role in Partner Center. */
    readonly hasRole: boolean
  } | null
}

/** Why a token was not accepted. */
export type Rejection = "missing" | "invalid" | "expired" | "audience"

/** A service that the simulator stands for: Partner Center's API, or the newer one that has the price sheets. */
export type Service = "partnerCenter" | "partner"

/** Audiences that each takes: Partner Center its API of both clouds, and its application id. */
const audiences: Readonly<Record<Service, ReadonlySet<string>>> = {
  partnerCenter: new Set([
    "https://api.partnercenter.microsoft.com",
    "https://partner.partnercenterapi.microsoftonline.cn",
    "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
  ]),
  partner: new Set(["https://api.partner.microsoft.com"])
}

// Verified tokens are remembered, since a client sends the same one thousands of times.
const verifiedMax = 500
const verified = new WeakMap<World, Map<string, Claims>>()

/** Signature, age and audience of a bearer token. */
export const authenticate = (
  world: World,
  authorization: string | undefined,
  service: Service,
  at: number
): Caller | Rejection => {
  const [scheme, token] = authorization?.split(" ") ?? []
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) return "missing"
  const claims = claimsOf(world, token)
  if (claims === undefined) return "invalid"
  const seconds = at / secondMs
  // Five minutes of clock skew, as Microsoft's libraries allow, but only towards the future.
  if (claims.exp <= seconds || claims.nbf > seconds + 300) return "expired"
  if (!audiences[service].has(claims.aud)) return "audience"
  const account = world.accountsByTenant.get(claims.tid)
  if (account === undefined || account.appId !== claims.appid) return "invalid"
  return { account, user: userOf(account, claims) }
}

/** Somebody whom nobody added to the tenant counts as an administrator: only the control API signs such people in. */
const userOf = (account: Account, { upn, amr }: Claims): Caller["user"] => {
  if (upn === undefined) return null
  const known = userNamed(account, upn)
  return {
    upn,
    mfa: amr?.includes("mfa") === true,
    hasRole: known === undefined || known.roles.length > 0
  }
}

const claimsOf = (world: World, token: string): Claims | undefined => {
  let known = verified.get(world)
  if (known === undefined) {
    known = new Map()
    verified.set(world, known)
  }
  const remembered = known.get(token)
  if (remembered !== undefined) return remembered
  const claims = verifyAccessToken(signingKeyOf(world), token)
  if (claims === undefined) return undefined
  if (known.size >= verifiedMax) known.clear()
  known.set(token, claims)
  return claims
}
