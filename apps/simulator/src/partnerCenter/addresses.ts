import * as Schema from "effect/Schema"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { bodyOf } from "./body.ts"
import type { Call } from "./Call.ts"
import { type CountryRule, countryRuleOf } from "./countryRules.ts"

const Text = Schema.optionalKey(Schema.String)

/** Address ("Utility resources"), as it arrives. */
export const WireAddress = Schema.Struct({
  country: Schema.String,
  region: Text,
  city: Text,
  state: Text,
  addressLine1: Schema.String,
  addressLine2: Text,
  postalCode: Text,
  firstName: Text,
  lastName: Text,
  phoneNumber: Text
})
export type WireAddress = typeof WireAddress.Type

const addressOf = bodyOf(WireAddress)

/** Only these are looked at for their state ("Validate an address"). */
const statesChecked = new Set(["US", "CA", "CN", "MX"])

/**
 * POST /v1/validations/address. Nobody's addresses are known here, so the number of the house decides: without one the
 * street alone is known. What does not fit the country's rules is told with what would.
 */
export const validateAddress = (call: Call): Answer => {
  const address = addressOf(call)
  const rule = countryRuleOf(address.country)
  if (rule === undefined)
    throw new Refusal(
      standardError(400, 2000, `Country ${address.country.slice(0, 8)} is not valid.`, ["country"])
    )
  const { firstName: _, lastName: __, phoneNumber: ___, ...original } = address
  const wrong = wrongField(address, rule)
  const verdict =
    wrong !== null
      ? { status: "None", suggestedAddresses: [], validationMessage: wrong.text }
      : /\d/u.test(address.addressLine1)
        ? tidied(original)
        : {
            status: "StreetPartial",
            suggestedAddresses: [1, 2, 3].map((number) => ({
              ...original,
              addressLine1: `${original.addressLine1} ${number}`
            })),
            validationMessage: "The house number is missing."
          }
  return json({ originalAddress: original, ...verdict })
}

/** Written as the post writes it; a city in small letters is a question. */
const tidied = (original: Omit<WireAddress, "firstName" | "lastName" | "phoneNumber">) => {
  const { city = "" } = original
  const written = city.slice(0, 1).toUpperCase() + city.slice(1)
  return {
    status: written === city ? "VerifiedShippable" : "InteractionRequired",
    suggestedAddresses: [{ ...original, city: written }]
  }
}

/** What of an address the rules of its country do not allow. */
export const wrongField = (
  address: WireAddress,
  rule: CountryRule
): { readonly field: keyof WireAddress; readonly text: string } | null => {
  const { postalCode = "", city = "", state = "", addressLine1, addressLine2 = "" } = address
  if (addressLine1.trim() === "" || addressLine1.length > 200)
    return { field: "addressLine1", text: "AddressLine1 needs 1 to 200 characters." }
  if (addressLine2.length > 200)
    return { field: "addressLine2", text: "AddressLine2 has at most 200 characters." }
  if (city.trim() === "" || city.length > 100) return { field: "city", text: "City is required." }
  if (rule.postalCode !== null && !new RegExp(rule.postalCode, "u").test(postalCode))
    return { field: "postalCode", text: `PostalCode does not match ${rule.postalCode}.` }
  const states = rule.states ?? []
  if (statesChecked.has(address.country.toUpperCase()) && !states.includes(state))
    return { field: "state", text: `State is not one of ${states.join(", ")}.` }
  return null
}
