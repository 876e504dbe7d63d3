import type { Instance } from "@concordat/core/instance/Instance"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, type Schema } from "effect"
import { Client } from "./Client.ts"
import { decoderOf } from "./decode.ts"
import type { Access } from "./Token.ts"

/** An operation that is one GET and one decoding; the arguments make the address. */
export const reading = <Arguments extends ReadonlyArray<unknown>, A>(
  operation: string,
  schema: Schema.Decoder<A>,
  uriOf: (...args: Arguments) => string,
  access: Access = "app"
) => {
  const decode = decoderOf(schema)
  return Effect.fn(`PartnerCenter.${operation}`)(function* (
    instance: Instance,
    ...args: Arguments
  ): Effect.fn.Return<A, VendorError, Client> {
    const client = yield* Client
    return yield* decode(
      yield* client.send(instance, { operation, method: "GET", uri: uriOf(...args), access })
    )
  })
}
