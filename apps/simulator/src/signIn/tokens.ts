import { createHmac, sign, timingSafeEqual, verify } from "node:crypto"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { dayMs, secondMs } from "../Clock.ts"
import { type Account, userNamed } from "../world/Account.ts"
import { objectIdOf } from "../world/User.ts"
import type { SigningKey } from "./SigningKey.ts"

/** Claims of an access token, as far as Partner Center looks at them. Times are seconds since 1970. */
export const Claims = Schema.Struct({
  aud: Schema.String,
  tid: Schema.String,
  appid: Schema.String,
  iat: Schema.Int,
  nbf: Schema.Int,
  exp: Schema.Int,
  /** Of a signed-in user; absent from app-only tokens. */
  upn: Schema.optionalKey(Schema.String),
  amr: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Claims = typeof Claims.Type

/** What a refresh token stands for: a user's consent to an application. */
export const RefreshClaims = Schema.Struct({
  tid: Schema.String,
  appid: Schema.String,
  upn: Schema.String,
  mfa: Schema.Boolean,
  issuedAt: Schema.Int
})
export type RefreshClaims = typeof RefreshClaims.Type

/** Somebody who has signed in, as tokens describe them. */
export interface Identity {
  readonly upn: string
  readonly name: string
  /** Whether a second factor was given. */
  readonly mfa: boolean
}

/** An access token lives an hour, less the second that Entra takes off. */
export const accessTokenSeconds = 3599
/** A refresh token that nobody redeems dies; each redemption gives a new one. */
export const refreshTokenIdleMs = 90 * dayMs

/** The name by which the tokens of this account describe a user; one whom nobody added is called as they sign in. */
export const identityOf = (account: Account, upn: string, mfa: boolean): Identity => ({
  upn,
  name: userNamed(account, upn)?.name ?? upn,
  mfa
})

/**
 * A JWT (RS256) as Entra's version 1 endpoint issues it, which is what Partner Center takes from either version.
 * Clients must not look into it, as with Microsoft's.
 */
export const accessToken = (
  key: SigningKey,
  who: Pick<Claims, "aud" | "tid" | "appid">,
  identity: Identity | null,
  at: number
): string => {
  const iat = Math.floor(at / secondMs)
  return signed(key, {
    ...who,
    iss: `https://sts.windows.net/${who.tid}/`,
    iat,
    nbf: iat,
    exp: iat + accessTokenSeconds,
    ...(identity === null
      ? { idtyp: "app" }
      : {
          upn: identity.upn,
          name: identity.name,
          oid: objectIdOf(who.tid, identity.upn),
          scp: "user_impersonation",
          amr: identity.mfa ? ["pwd", "mfa"] : ["pwd"]
        }),
    ver: "1.0"
  })
}

/** An OpenID Connect token about the user, for the application itself ("ID token claims reference"). */
export const idToken = (
  key: SigningKey,
  { tenantId, appId }: Account,
  identity: Identity,
  nonce: string | null,
  issuer: string,
  at: number
): string => {
  const iat = Math.floor(at / secondMs)
  const oid = objectIdOf(tenantId, identity.upn)
  return signed(key, {
    ver: "2.0",
    iss: issuer,
    sub: objectIdOf(appId, identity.upn),
    aud: appId,
    iat,
    nbf: iat,
    exp: iat + accessTokenSeconds,
    name: identity.name,
    preferred_username: identity.upn,
    oid,
    tid: tenantId,
    ...(nonce === null ? {} : { nonce })
  })
}

/** Who signed in, in the form in which Microsoft's libraries name their cached accounts. */
export const clientInfo = ({ tenantId }: Account, { upn }: Identity): string =>
  base64url({ uid: objectIdOf(tenantId, upn), utid: tenantId })

/** Opaque to clients. Signed with a key that nobody can look up, unlike the one of access tokens. */
export const refreshToken = (secret: string, claims: RefreshClaims): string => {
  const text = base64url(claims)
  return `1.${text}.${seal(secret, text)}`
}

/** The claims of a refresh token that this service issued, or undefined. Says nothing about its age. */
export const verifyRefreshToken = (secret: string, token: string): RefreshClaims | undefined => {
  const [version, text, given = "", ...rest] = token.split(".")
  if (version !== "1" || text === undefined || rest.length > 0) return undefined
  const expected = Buffer.from(seal(secret, text))
  const sealed = Buffer.from(given)
  if (expected.length !== sealed.length || !timingSafeEqual(expected, sealed)) return undefined
  return Option.getOrUndefined(Schema.decodeUnknownOption(RefreshClaims)(parsed(text)))
}

/** The claims of an access token that this key signed, or undefined. Says nothing about its age. */
export const verifyAccessToken = (key: SigningKey, token: string): Claims | undefined => {
  const [header, payload, signature, ...rest] = token.split(".")
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  if (rest.length > 0) return undefined
  const text = Buffer.from(`${header}.${payload}`)
  // Always RS256: what the header says of the algorithm is the sender's claim.
  if (!verify("RSA-SHA256", text, key.publicKey, Buffer.from(signature, "base64url")))
    return undefined
  return Option.getOrUndefined(Schema.decodeUnknownOption(Claims)(parsed(payload)))
}

const signed = (key: SigningKey, claims: unknown): string => {
  const text = `${base64url({ typ: "JWT", alg: "RS256", kid: key.kid })}.${base64url(claims)}`
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key.privateKey).toString("base64url")}`
}

const seal = (secret: string, text: string): string =>
  createHmac("sha256", `${secret}/refresh`).update(text).digest("base64url")

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url")

/** Of a text whose signature is right, hence one that was written here. */
const parsed = (text: string): unknown => JSON.parse(Buffer.from(text, "base64url").toString())
