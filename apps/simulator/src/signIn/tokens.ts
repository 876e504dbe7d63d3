import { createHmac, timingSafeEqual } from "node:crypto"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { dayMs, secondMs } from "../Clock.ts"

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

/** An access token lives an hour, less the second that Entra takes off. */
export const accessTokenSeconds = 3599
/** A refresh token that nobody redeems dies; each redemption gives a new one. */
export const refreshTokenIdleMs = 90 * dayMs

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url")

const sign = (key: string, text: string): string =>
  createHmac("sha256", key).update(text).digest("base64url")

/** A JWT (HS256). Clients must not look into it, as with Microsoft's; the simulator verifies its own. */
export const accessToken = (
  key: string,
  who: Pick<Claims, "aud" | "tid" | "appid">,
  user: { readonly upn: string; readonly mfa: boolean } | null,
  at: number
): string => {
  const iat = Math.floor(at / secondMs)
  const identity = user === null ? { idtyp: "app" } : { upn: user.upn, amr: amrOf(user.mfa) }
  return signed(key, {
    ...who,
    iss: `https://sts.windows.net/${who.tid}/`,
    iat,
    nbf: iat,
    exp: iat + accessTokenSeconds,
    ...identity,
    ver: "1.0"
  })
}

const amrOf = (mfa: boolean): ReadonlyArray<string> => (mfa ? ["pwd", "mfa"] : ["pwd"])

export const refreshToken = (key: string, claims: RefreshClaims): string =>
  `0.${signed(`${key}/refresh`, claims)}`

const signed = (key: string, claims: unknown): string => {
  const text = `${base64url({ typ: "JWT", alg: "HS256" })}.${base64url(claims)}`
  return `${text}.${sign(key, text)}`
}

/** The claims of a token that this key signed, or undefined. Says nothing about its age. */
export const verifyAccessToken = (key: string, token: string): Claims | undefined =>
  verify(key, token, Schema.decodeUnknownOption(Claims))

export const verifyRefreshToken = (key: string, token: string): RefreshClaims | undefined =>
  token.startsWith("0.")
    ? verify(`${key}/refresh`, token.slice(2), Schema.decodeUnknownOption(RefreshClaims))
    : undefined

const verify = <A>(
  key: string,
  token: string,
  decode: (claims: unknown) => Option.Option<A>
): A | undefined => {
  const [header, payload, signature, ...rest] = token.split(".")
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  if (rest.length > 0) return undefined
  const expected = Buffer.from(sign(key, `${header}.${payload}`))
  const given = Buffer.from(signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined
  return Option.getOrUndefined(decode(JSON.parse(Buffer.from(payload, "base64url").toString())))
}
