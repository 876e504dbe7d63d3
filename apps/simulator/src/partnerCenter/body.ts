import * as Schema from "effect/Schema"
import { Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty } from "./Call.ts"

/** Bytes of a body; a longer one is not read to its end. */
export const bodyBytesMax = 1024 * 1024

/** The names that bodies have, as the documentation writes them. */
const names = `
  additionalPartnerIds addressLine1 addressLine2 addressLine3 agreementType allowDelegatedAccess associatedPartnerId
  attributes billingProfile city companyName companyProfile country culture dateAgreed defaultAddress displayName domain
  email enableGDAPByDefault firstName forceChangePassword id immutableId language lastName middleName
  organizationRegistrationNumber partnerIds password passwordProfile phoneNumber postalCode primaryContact region
  relationshipToPartner state templateId type usageLocation userPrincipalName`
  .trim()
  .split(/\s+/u)
const canonical = new Map(names.map((name) => [name.toLowerCase(), name]))

/** Microsoft's own SDK writes names in PascalCase: they are read in any case. Nulls are as if they were not there. */
const folded = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(folded)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([name, one]) => [canonical.get(name.toLowerCase()) ?? name, folded(one)])
  )
}

const parsed = (body: Buffer): unknown => {
  try {
    const value: unknown = JSON.parse(body.toString().replace(/^\uFEFF/u, ""))
    return folded(value)
  } catch {
    throw new Refusal(standardError(400, 800002, "The request body is missing or no JSON."))
  }
}

/** Reads bodies of one kind. What does not fit is refused with the name of the first property that is wrong. */
export const bodyOf = <A>(schema: Schema.Codec<A, unknown>): ((call: Call) => A) => {
  const standard = Schema.toStandardSchemaV1(schema)
  return (call) => {
    const result = standard["~standard"].validate(parsed(call.body))
    if (result instanceof Promise) throw new Error("schemas of bodies are synchronous")
    if (result.issues === undefined) return result.value
    const path = result.issues[0]?.path ?? []
    throw new Refusal(
      path.length === 0
        ? standardError(400, 800002, "The request body is not valid.")
        : invalidProperty(
            path.map((key) => String(typeof key === "object" ? key.key : key)).join(".")
          )
    )
  }
}
