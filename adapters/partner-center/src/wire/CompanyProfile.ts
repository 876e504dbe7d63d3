import { Schema } from "effect"
import { WireAddress } from "./Address.ts"
import { maybe, WireId } from "./values.ts"

/** CustomerCompanyProfile ("Customer resources"); the address comes only with delegated rights. */
export const WireCompanyProfile = Schema.Struct({
  tenantId: maybe(WireId),
  domain: maybe(Schema.String),
  companyName: maybe(Schema.String),
  organizationRegistrationNumber: maybe(Schema.String),
  email: maybe(Schema.String),
  address: maybe(WireAddress)
})
