import * as Schema from "effect/Schema"
import { invitationUrl, originOf } from "../invitation/serveInvitation.ts"
import { type Answer, json, notFound, Refusal, standardError } from "./Answer.ts"
import { bodyOf } from "./body.ts"
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

const partnerIdsIn = bodyOf(
  Schema.Struct({
    partnerIds: Schema.Array(Schema.Union([Schema.String, Schema.Finite])).check(
      Schema.isBetweenLength(1, 100)
    )
  })
)

/** POST /v1/partners/validateresellers: which ids can be partner of record of new purchases. */
export const validateResellers = (call: Call): Answer => {
  if (!call.account.settings.resellerValidation) return notFound()
  const { partnerIds } = partnerIdsIn(call)
  return json({
    validationResults: partnerIds.map((given) => {
      const partnerId = String(given)
      const reseller = call.account.resellers.find(({ mpnId }) => mpnId === partnerId)
      return reseller?.eligible === true
        ? { partnerId, isValidPartnerIdOnRecord: true }
        : {
            partnerId,
            isValidPartnerIdOnRecord: false,
            errorCode: "900400",
            errorDescription:
              reseller === undefined
                ? `${partnerId.slice(0, 64)} is not the id of one of your indirect resellers.`
                : `${partnerId} is not linked to an active CSP indirect reseller tenant.`
          }
    })
  })
}

/**
 * GET /v1/customers/relationshiprequests[?indirectResellerId=]: where a customer's administrator accepts. Microsoft's
 * address leads to its own admin center; this one to a page of the simulator.
 */
export const getRelationshipRequest = (call: Call): Answer => {
  const { account, query, headers } = call
  const wanted = query.get("indirectresellerid")?.toLowerCase()
  const reseller = account.resellers.find(({ tenantId }) => tenantId === wanted)
  if (wanted !== undefined && reseller === undefined)
    throw new Refusal(
      standardError(400, 800016, `${wanted.slice(0, 64)} is not a valid indirect reseller.`, [
        "indirectResellerId"
      ])
    )
  return json({
    url: invitationUrl(originOf(headers.host), account, reseller ?? null),
    attributes: { objectType: "RelationshipRequest" }
  })
}

/** HEAD /v1/domains/{domain}: 200 = taken, 404 = free. Never a body. */
export const checkDomain = (call: Call): Answer =>
  call.simulator.world.domains.has(parameter(call, 0).toLowerCase())
    ? { status: 200, body: null }
    : notFound()
