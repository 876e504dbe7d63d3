import * as Schema from "effect/Schema"
import { minuteMs } from "../Clock.ts"
import { person } from "../companyNames.ts"
import type { Customer } from "../world/Account.ts"
import { type Acceptance, actingUserId } from "../world/Tenant.ts"
import { type Answer, json, newerError, notFound, Refusal } from "./Answer.ts"
import { bodyOf } from "./body.ts"
import { type Call, customerOfCall, invalidProperty, parameter } from "./Call.ts"
import { countryRuleOf } from "./countryRules.ts"
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

/**
 * GET /v1/customers/{id}/agreements[?agreementType=]. Every generated customer has signed the customer agreement; one
 * that was made or won later has what was confirmed for it.
 */
export const listAgreements = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const wanted = wantedTypes(call)
  const generated = isGenerated(call, customer)
    ? wanted
        .filter((one) => one.agreementType === "MicrosoftCustomerAgreement")
        .map((template) => signature(customer, template))
    : []
  const confirmed = customer.agreements
    .filter((one) => wanted.some(({ agreementType }) => agreementType === one.type))
    .map((one) => ({ ...confirmation(one), agreementLink: linkOf(one.type) }))
  return answer(collection([...generated, ...confirmed]))
}

/** Whether the customer was there from the beginning. */
const isGenerated = ({ simulator }: Call, { id, profile }: Customer): boolean =>
  profile === null && !simulator.world.foreign.has(id)

const linkOf = (type: string) =>
  templates.find(({ agreementType }) => agreementType === type)?.agreementLink

const confirmation = ({ contact, templateId, dateAgreed, type }: Acceptance) => ({
  primaryContact: { ...contact, phoneNumber: contact.phoneNumber ?? undefined },
  templateId,
  // Without a time zone, as Partner Center sends it.
  dateAgreed: new Date(dateAgreed).toISOString().slice(0, -5),
  type
})

const acceptanceIn = bodyOf(
  Schema.Struct({
    primaryContact: Schema.Struct({
      firstName: Schema.NonEmptyString,
      lastName: Schema.NonEmptyString,
      email: Schema.String.check(Schema.isPattern(/^[^\s@]+@[^\s@]+$/u)),
      phoneNumber: Schema.optionalKey(Schema.String)
    }),
    templateId: Schema.String,
    dateAgreed: Schema.String.check(
      Schema.makeFilter((text: string) => !Number.isNaN(Date.parse(text)))
    ),
    type: Schema.String
  })
)

/** POST /v1/customers/{id}/agreements ("Confirm customer acceptance"). The same contact is refused the second time. */
export const acceptAgreement = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const { primaryContact, templateId, dateAgreed, type } = acceptanceIn(call)
  const template = templates.find((one) => one.agreementType === type)
  // Ids of templates are compared letter by letter.
  if (template === undefined || template.templateId !== templateId)
    throw new Refusal(invalidProperty(template === undefined ? "type" : "templateId"))
  const email = primaryContact.email.toLowerCase()
  if (customer.agreements.some((one) => one.type === type && one.contact.email === email))
    throw new Refusal(
      newerError(
        400,
        600061,
        "PartnerConfirmedAgreementExists",
        "A partner-confirmed agreement of this contact exists already."
      )
    )
  const acceptance = {
    templateId,
    type,
    dateAgreed: Date.parse(
      /[zZ]|[+-]\d\d:?\d\d$/u.test(dateAgreed) ? dateAgreed : `${dateAgreed}Z`
    ),
    userId: actingUserId(call.account.tenantId, call.caller.user?.upn ?? null),
    contact: { ...primaryContact, email, phoneNumber: primaryContact.phoneNumber ?? null }
  }
  call.simulator.acceptAgreement(call.account.name, customer, acceptance)
  return {
    ...answer({ userId: acceptance.userId, ...confirmation(acceptance) }),
    status: 201
  }
}

/** GET /v1/customers/{id}/directSignedMicrosoftCustomerAgreementStatus */
export const getDirectSigned = (call: Call): Answer =>
  answer({ isSigned: customerOfCall(call).directSigned })

/**
 * GET /v1/agreementtemplates/{id}/document[?language=&country=]. Id and country are compared letter by letter, and a
 * language that the country does not speak is answered in English.
 */
export const getAgreementDocument = (call: Call): Answer => {
  const templateId = parameter(call, 0)
  const country = call.query.get("country") ?? "US"
  const rule = country === country.toUpperCase() ? countryRuleOf(country) : undefined
  if (rule === undefined || !templates.some((one) => one.templateId === templateId))
    return notFound()
  const wanted = call.query.get("language") ?? "en-US"
  const language = rule.languages.includes(wanted.slice(0, 2).toLowerCase()) ? wanted : "en-US"
  const file = `${templateId}/${country}/${language}?validUntil=${call.at + documentMs}`
  return answer({
    displayUri: `https://wopihost.simulator.example/v1/officehost/agreement/files/${file}`,
    downloadUri: `https://agreements.simulator.example/${file}`,
    language,
    country
  })
}

/** Links to documents live for five minutes. */
const documentMs = 5 * minuteMs

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
