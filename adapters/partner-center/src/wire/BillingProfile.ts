import { Schema } from "effect"
import { WireAddress } from "./Address.ts"
import { maybe, WireAttributes } from "./values.ts"

/** CustomerBillingProfile ("Customer resources"); whoever changes it has to send its etag. */
export const WireBillingProfile = Schema.Struct({
  id: maybe(Schema.String),
  firstName: maybe(Schema.String),
  lastName: maybe(Schema.String),
  email: maybe(Schema.String),
  culture: maybe(Schema.String),
  language: maybe(Schema.String),
  companyName: maybe(Schema.String),
  defaultAddress: maybe(WireAddress),
  attributes: maybe(WireAttributes)
})
