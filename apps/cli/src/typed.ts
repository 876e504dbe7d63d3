import { Effect, Schema } from "effect"
import { CommandFailed } from "./failures.ts"

/** What was typed, as the API takes it; every part that is wrong is named, and so is one that it does not know. */
export const typed = <S extends Schema.Decoder<unknown>>(schema: S, payload: unknown) =>
  Schema.decodeUnknownEffect(schema, { errors: "all", onExcessProperty: "error" })(payload).pipe(
    Effect.mapError(({ message }) => new CommandFailed({ message }))
  )
