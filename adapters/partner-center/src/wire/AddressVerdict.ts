import { Schema } from "effect"
import { WireAddress } from "./Address.ts"
import { maybe, oneOf } from "./values.ts"

/** AddressValidationResponse ("Validate an address"). */
export const WireAddressVerdict = Schema.Struct({
  status: oneOf(
    "VerifiedShippable",
    "Verified",
    "InteractionRequired",
    "StreetPartial",
    "PremisesPartial",
    "Multiple",
    "None",
    "NotValidated"
  ),
  suggestedAddresses: maybe(Schema.Array(WireAddress)),
  validationMessage: maybe(Schema.String)
})
