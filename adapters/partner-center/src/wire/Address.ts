import { Schema } from "effect"
import { maybe } from "./values.ts"

/** Address ("Utility resources"). Which fields a country needs is in its validation rules. */
export const WireAddress = Schema.Struct({
  country: maybe(Schema.String),
  region: maybe(Schema.String),
  city: maybe(Schema.String),
  state: maybe(Schema.String),
  addressLine1: maybe(Schema.String),
  addressLine2: maybe(Schema.String),
  postalCode: maybe(Schema.String),
  firstName: maybe(Schema.String),
  lastName: maybe(Schema.String),
  phoneNumber: maybe(Schema.String)
})
export type WireAddress = typeof WireAddress.Type
