import { accountOfTenant } from "../world/World.ts"
import { type Answer, json, notFound, Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty, parameter } from "./Call.ts"
import { collection, link } from "./resource.ts"

/** GET /v1/relationships?relationship_type=[&filter=]: an indirect provider's resellers. */
export const listRelationships = (call: Call): Answer => {
  const type = call.query.get("relationship_type")?.toLowerCase().replaceAll("_", "")
  switch (type) {
    case "isindirectcloudsolutionproviderof":
      return json(
        collection(
          call.account.resellers.map((reseller) => ({
            id: reseller.tenantId,
            name: reseller.name,
            relationshipType: "is_indirect_cloud_solution_provider_of",
            state: "Active",
            mpnId: reseller.mpnId,
            location: reseller.country,
            attributes: { objectType: "PartnerRelationship" }
          }))
        )
      )
    case "isindirectresellerof":
      // Nobody here is a reseller: resellers get no access to the API.
      return json(collection([]))
    default:
      throw new Refusal(invalidProperty("relationship_type"))
  }
}

/** GET /v1/profiles/mpn[?mpnId=]: the partner's own profile, or the check whether an id exists. */
export const getMpnProfile = (call: Call): Answer => {
  const { account } = call
  const wanted = call.query.get("mpnid") ?? account.mpnId
  const partnerName =
    wanted === account.mpnId
      ? account.companyName
      : account.resellers.find(({ mpnId }) => mpnId === wanted)?.name
  if (partnerName === undefined)
    throw new Refusal(
      standardError(
        404,
        3000,
        `Partner Organization with partner_id ${wanted.slice(0, 64)} could not be found`
      )
    )
  return json({
    mpnId: wanted,
    partnerName,
    profileType: "MpnProfile",
    links: { self: link("/profiles/mpn") },
    attributes: { objectType: "MpnProfile" }
  })
}

/** HEAD /v1/domains/{domain}: 200 = taken, 404 = free. Never a body. */
export const checkDomain = (call: Call): Answer => {
  const domain = parameter(call, 0).toLowerCase()
  const { world } = call.simulator
  const taken = world.domains.has(domain) || accountOfTenant(world, domain) !== undefined
  return taken ? { status: 200, body: null } : notFound()
}
