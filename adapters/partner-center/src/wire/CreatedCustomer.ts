import { Schema } from "effect"
import { WireCustomer } from "./Customer.ts"
import { maybe } from "./values.ts"

/** The answer to "Create a customer": a Customer, and what is told this once. */
export const WireCreatedCustomer = Schema.Struct({
  ...WireCustomer.fields,
  userCredentials: maybe(
    Schema.Struct({
      /** Without the domain in the documented answers. */
      userName: Schema.String,
      password: Schema.String
    })
  )
})
