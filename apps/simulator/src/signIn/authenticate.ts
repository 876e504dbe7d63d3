import { secondMs } from "../Clock.ts"
import type { Account } from "../world/Account.ts"
import type { World } from "../world/World.ts"
import { type Claims, verifyAccessToken } from "./tokens.ts"

/** Whose request it is. */
export interface Caller {
  readonly account: Account
  /** App-only tokens have no user. */
  readonly user: { readonly upn: string; readonly mfa: boolean } | null
}

/** Why a token was not accepted. */
export type Rejection = "missing" | "invalid" | "expired" | "audience"

/** Audiences that Partner Center takes: its API of both clouds, and its application id. */
const audiences: ReadonlySet<string> = new Set([
  "https://api.partnercenter.microsoft.com",
  "https://partner.partnercenterapi.microsoftonline.cn",
  "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
])

// Verified tokens are remembered, since a client sends the same one thousands of times.
const verifiedMax = 500
const verified = new WeakMap<World, Map<string, Claims>>()

/** Signature, age and audience of a bearer token. */
export const authenticate = (
  world: World,
  authorization: string | undefined,
  at: number
): Caller | Rejection => {
  const [scheme, token] = authorization?.split(" ") ?? []
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) return "missing"
  const claims = claimsOf(world, token)
  if (claims === undefined) return "invalid"
  const seconds = at / secondMs
  // Five minutes of clock skew, as Microsoft's libraries allow, but only towards the future.
  if (claims.exp <= seconds || claims.nbf > seconds + 300) return "expired"
  if (!audiences.has(claims.aud)) return "audience"
  const account = world.accountsByTenant.get(claims.tid)
  if (account === undefined || account.appId !== claims.appid) return "invalid"
  const user =
    claims.upn === undefined ? null : { upn: claims.upn, mfa: claims.amr?.includes("mfa") === true }
  return { account, user }
}

const claimsOf = (world: World, token: string): Claims | undefined => {
  let known = verified.get(world)
  if (known === undefined) {
    known = new Map()
    verified.set(world, known)
  }
  const remembered = known.get(token)
  if (remembered !== undefined) return remembered
  const claims = verifyAccessToken(world.tokenKey, token)
  if (claims === undefined) return undefined
  if (known.size >= verifiedMax) known.clear()
  known.set(token, claims)
  return claims
}
