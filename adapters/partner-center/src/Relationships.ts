import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import { decoderOf } from "./decode.ts"
import { allItems } from "./paging.ts"
import { WireRelationships } from "./wire/Relationship.ts"

const decodePage = decoderOf(WireRelationships)

/** A provider asks for its resellers, a reseller for its providers. */
export type PartnerRelationship = "IsIndirectCloudSolutionProviderOf" | "IsIndirectResellerOf"

/** "Retrieve a list of indirect resellers". */
export const listPartners = (instance: Instance, type: PartnerRelationship) =>
  allItems(
    instance,
    {
      operation: "listPartners",
      method: "GET",
      uri: `/v1/relationships?relationship_type=${type}`,
      access: "app+user"
    },
    decodePage,
    (partner) => partner.id
  )

/** "Get a list of indirect resellers of a customer". */
export const listResellersOf = (instance: Instance, tenantId: TenantId) =>
  allItems(
    instance,
    {
      operation: "listResellersOf",
      method: "GET",
      uri: `/v1/customers/${tenantId}/relationships`,
      access: "app+user"
    },
    decodePage,
    (partner) => partner.id
  )
