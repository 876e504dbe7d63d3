import { Guid } from "@concordat/core/instance/Guid"
import { Schema } from "effect"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** What goes into a header must not be able to end it. */
const HeaderText = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/u))

/** "Request an access token with a client_secret", successful response. */
export const WireGrant = Schema.Struct({
  access_token: HeaderText,
  expires_in: Schema.Union([Schema.Int, Schema.FiniteFromString]),
  refresh_token: Schema.NonEmptyString,
  id_token: maybe(Schema.String)
})

/** A refusal ("Microsoft identity platform error codes"). */
export const WireRefusal = Schema.Struct({
  error: maybe(Schema.String),
  error_description: maybe(Schema.String),
  error_codes: maybe(Schema.Array(Schema.Int))
})

/** "ID token claims reference": who signed in. */
export const WireIdentity = Schema.Struct({
  tid: Guid,
  oid: Guid,
  nonce: Schema.String,
  preferred_username: maybe(Schema.String),
  upn: maybe(Schema.String),
  name: maybe(Schema.String)
})

/** How somebody signed in, where an access token tells ("Access token claims reference": amr). */
export const WireMethods = Schema.Struct({ amr: Schema.Array(Schema.String) })

/** The public keys of a tenant's authority (RFC 7517). */
export const WireKeys = Schema.Struct({
  keys: Schema.Array(
    Schema.Struct({
      kty: Schema.Literal("RSA"),
      kid: Schema.String,
      n: Schema.String,
      e: Schema.String
    })
  )
})
