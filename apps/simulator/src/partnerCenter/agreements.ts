import { person } from "../companyNames.ts"
import type { Customer } from "../world/Account.ts"
import { type Answer, json, Refusal } from "./Answer.ts"
import { type Call, customerOfCall, invalidProperty } from "./Call.ts"
import { collection, dayOf, link } from "./resource.ts"

/** Agreements that customers sign ("Get agreement metadata"). Template ids are Microsoft's. */
const templates = [
  {
    templateId: "998b88de-aa99-4388-a42c-1b3517d49490",
    agreementType: "MicrosoftCloudAgreement",
    agreementLink: "https://aka.ms/csla",
    versionRank: 0
  },
  {
    templateId: "117a77b0-9360-443b-8795-c6dedc750cf9",
    agreementType: "MicrosoftCustomerAgreement",
    agreementLink: "https://aka.ms/customeragreement",
    versionRank: 0
  }
] as const

/**
 * Without the parameter only the old cloud agreement is meant, which nobody signs any more: clients that leave it
 * out see no agreement at all. `*` means every type.
 */
const wantedTypes = (call: Call): ReadonlyArray<(typeof templates)[number]> => {
  const wanted = (call.query.get("agreementtype") ?? "MicrosoftCloudAgreement").toLowerCase()
  const found = templates.filter(
    ({ agreementType }) => wanted === "*" || agreementType.toLowerCase() === wanted
  )
  if (found.length === 0) throw new Refusal(invalidProperty("agreementType"))
  return found
}

/** This service names no charset in its Content-Type, and the locale twice (recorded traffic of Microsoft's SDK). */
const answer = (body: unknown): Answer => ({
  ...json(body),
  contentType: "application/json",
  headers: { "X-Locale": "en-US,en-US" }
})

/** GET /v1/agreements[?agreementType=] */
export const listAgreementTemplates = (call: Call): Answer =>
  answer(collection(wantedTypes(call), { self: link("/agreements") }))

/** GET /v1/customers/{id}/agreements[?agreementType=]. Every generated customer has signed the customer agreement. */
export const listAgreements = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const signed = wantedTypes(call).filter(
    (one) => one.agreementType === "MicrosoftCustomerAgreement"
  )
  return answer(collection(signed.map((template) => signature(customer, template))))
}

const signature = (customer: Customer, template: (typeof templates)[number]) => ({
  primaryContact: {
    ...person(customer.index),
    email: `admin@${customer.domain}`,
    phoneNumber: `${customer.place.callingCode}555${String(customer.index).padStart(6, "0")}`
  },
  templateId: template.templateId,
  // Without a time zone, as Partner Center sends it.
  dateAgreed: dayOf(customer.createdAt).slice(0, -1),
  type: template.agreementType,
  agreementLink: template.agreementLink
})
