import { TenantId } from "@concordat/core/instance/Instance"
import { Schema } from "effect"
import { WireBillingProfile } from "./BillingProfile.ts"
import { WireCompanyProfile } from "./CompanyProfile.ts"
import { collectionOf, maybe, numberedOneOf, WireAttributes } from "./values.ts"

/** CustomerRelationshipToPartner ("Customer resources"), in Microsoft's order. */
const WireRelationship = numberedOneOf(
  "unknown",
  "reseller",
  "advisor",
  "syndication",
  "microsoft_support",
  "none"
)

/** Customer ("Customer resources"); lists have the company profile only, and no delegated access. */
export const WireCustomer = Schema.Struct({
  id: TenantId,
  commerceId: maybe(Schema.String),
  companyProfile: maybe(WireCompanyProfile),
  billingProfile: maybe(WireBillingProfile),
  relationshipToPartner: maybe(WireRelationship),
  allowDelegatedAccess: maybe(Schema.Boolean),
  associatedPartnerId: maybe(Schema.String),
  customDomains: maybe(Schema.Array(Schema.String)),
  attributes: maybe(WireAttributes)
})
export type WireCustomer = typeof WireCustomer.Type

export const WireCustomers = collectionOf(WireCustomer)
