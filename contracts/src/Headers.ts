import { Schema } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import type { Caller } from "./Auth.ts"
import { IdempotencyKeyInUse, IdempotencyKeyReused } from "./Problem.ts"

/** Header of commands that a client may repeat: the repetition gets the first answer again. */
export const idempotencyKey = {
  "idempotency-key": Schema.optionalKey(
    Schema.String.check(
      Schema.isMinLength(1),
      Schema.isMaxLength(255),
      Schema.isPattern(/^[\u0021-\u007e]+$/u, { message: "visible ASCII characters only" })
    ).annotate({
      description:
        "A key of your choice, such as a GUID, that makes the command safe to repeat: the same key with the same request gets the first answer again, with `Idempotency-Replayed: true`. Kept for 30 days per API key.",
      examples: ["9d1c2f7e-55a1-4be0-a5a5-6f1a5a3c9c11"]
    })
  )
}

/** Answers a repeated command from what was answered first. A command that was refused may be sent again. */
export class Idempotent extends HttpApiMiddleware.Service<Idempotent, { requires: Caller }>()(
  "contracts/Idempotent",
  { error: [IdempotencyKeyReused, IdempotencyKeyInUse] }
) {}

/** The version of what was read, to be sent back as If-Match with a change. */
export const etag = {
  etag: Schema.String.annotate({
    description: "The version, to be sent as If-Match with a change.",
    examples: ['"3"']
  })
}

/** Header of changes to what several may edit. Optional here so that its absence is a 428 and not a 400. */
export const ifMatch = {
  "if-match": Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(255)).annotate({
      description:
        "The ETag that was read. A change without it is refused with 428, a stale one with 412.",
      examples: ['"3"']
    })
  )
}
