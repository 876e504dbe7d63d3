import { VendorConnection } from "@concordat/core/instance/VendorConnection"
import { Effect, Layer } from "effect"
import { Client } from "./Client.ts"
import { decodeCustomerPage } from "./Customers.ts"
import { Tokens } from "./Token.ts"

/** Whether an account can be signed in to and read. */
export const connectionLayer: Layer.Layer<VendorConnection, never, Client | Tokens> = Layer.effect(
  VendorConnection,
  Effect.gen(function* () {
    const client = yield* Client
    const tokens = yield* Tokens
    return {
      signIn: Effect.fn("PartnerCenter.testSignIn")(function* (instance) {
        const token = yield* tokens.get(instance, "app")
        // One that was at hand says nothing of the key as it is now.
        if (token.kept) yield* tokens.get(instance, "app", undefined, token)
      }),
      read: Effect.fn("PartnerCenter.testRead")(function* (instance) {
        const answer = yield* client.send(instance, {
          operation: "listCustomers",
          method: "GET",
          uri: "/v1/customers?size=1"
        })
        yield* decodeCustomerPage(answer)
      })
    }
  })
)
