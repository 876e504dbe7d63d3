import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Option, Result, Schema } from "effect"
import { type Answer, malformed } from "./Client.ts"
import { jsonIn } from "./json.ts"

/** Reads answers of one kind. What does not fit fails as Malformed, naming the field. */
export const decoderOf = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (answer: Answer): Effect.Effect<S["Type"], VendorError> => {
    const json = jsonIn(answer.body)
    if (Option.isNone(json))
      return Effect.fail(
        malformed(
          answer,
          answer.body.length === 0 ? "the answer is empty" : "the answer is no JSON"
        )
      )
    const decoded = decode(json.value)
    return Result.isSuccess(decoded)
      ? Effect.succeed(decoded.success)
      : Effect.fail(malformed(answer, decoded.failure.message))
  }
}
