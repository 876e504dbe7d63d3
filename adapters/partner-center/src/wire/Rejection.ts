import { Schema } from "effect"
import { maybe } from "./values.ts"

const Code = Schema.Union([Schema.String, Schema.Finite])

/**
 * What comes with a refusal, in all of its shapes: `code` and `description` ("Partner API REST error codes"), the newer one
 * with `message` and `isRetryable`, and the gateway's `statusCode` and `message` for 429.
 */
export const WireRejection = Schema.Struct({
  code: maybe(Code),
  description: maybe(Schema.String),
  message: maybe(Schema.String),
  errorName: maybe(Schema.String)
})
