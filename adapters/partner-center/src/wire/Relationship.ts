import { Schema } from "effect"
import { collectionOf, maybe, oneOf, WireId, WirePartnerNumber } from "./values.ts"

/** PartnerRelationship ("Relationship resources"): the table says partnerId, the samples mpnId. */
export const WireRelationship = Schema.Struct({
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
export type WireRelationship = typeof WireRelationship.Type

export const WireRelationships = collectionOf(WireRelationship)

/** RelationshipRequest; a recorded address has its ampersands written for HTML. */
export const WireRelationshipRequest = Schema.Struct({ url: Schema.String })

/** What POST /v1/partners/validateresellers says of each id; the code is a number or a string. */
export const WireResellerVerdicts = Schema.Struct({
  validationResults: Schema.Array(
    Schema.Struct({
      partnerId: WirePartnerNumber,
      isValidPartnerIdOnRecord: Schema.Boolean,
      errorCode: maybe(Schema.Union([Schema.String, Schema.Finite])),
      errorDescription: maybe(Schema.String)
    })
  )
})
