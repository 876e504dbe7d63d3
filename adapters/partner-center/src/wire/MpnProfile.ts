import { Schema } from "effect"
import { maybe, WirePartnerNumber } from "./values.ts"

/** MpnProfile ("Profile resources"): the table of the page says partnerId, its samples mpnId. */
export const WireMpnProfile = Schema.Struct({
  mpnId: maybe(WirePartnerNumber),
  partnerId: maybe(WirePartnerNumber),
  partnerName: maybe(Schema.String)
})
