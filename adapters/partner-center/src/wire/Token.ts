import { Schema } from "effect"
import { maybe, WireInt } from "./values.ts"

/** A token ("Partner Center authentication"): the older endpoint writes its numbers as strings. */
export const WireToken = Schema.Struct({
  // What goes into a header must not be able to end it.
  access_token: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/u)),
  expires_in: maybe(WireInt)
})

/** A refusal of Microsoft Entra ("Microsoft identity platform error codes"). */
export const WireSignInError = Schema.Struct({
  error: maybe(Schema.String),
  error_description: maybe(Schema.String),
  error_codes: maybe(Schema.Array(Schema.Int)),
  correlation_id: maybe(Schema.String)
})
