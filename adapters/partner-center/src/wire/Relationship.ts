import { Schema } from "effect"
import { collectionOf, maybe, oneOf, WireId, WirePartnerNumber } from "./values.ts"

/** PartnerRelationship ("Relationship resources"): the table says partnerId, the samples mpnId. */
export const WireRelationships = collectionOf(
  Schema.Struct({
    id: WireId,
    name: maybe(Schema.String),
    relationshipType: maybe(
      oneOf("unknown", "is_indirect_reseller_of", "is_indirect_cloud_solution_provider_of")
    ),
    state: maybe(Schema.String),
    mpnId: maybe(WirePartnerNumber),
    partnerId: maybe(WirePartnerNumber),
    location: maybe(Schema.String)
  })
)
