import * as Schema from "effect/Schema"
import { sandboxCustomersMax } from "../world/Account.ts"
import type { NewCustomer } from "../world/Tenant.ts"
import { type Answer, json, newerError, Refusal, standardError } from "./Answer.ts"
import { WireAddress, wrongField } from "./addresses.ts"
import { bodyOf } from "./body.ts"
import { type Call, invalidProperty } from "./Call.ts"
import { countryRuleOf, needsRegistrationNumber, phonePattern } from "./countryRules.ts"
import { customerResource } from "./customers.ts"

const Text = Schema.optionalKey(Schema.String)

const customerIn = bodyOf(
  Schema.Struct({
    enableGDAPByDefault: Schema.optionalKey(Schema.Boolean),
    associatedPartnerId: Text,
    companyProfile: Schema.Struct({
      domain: Schema.String,
      organizationRegistrationNumber: Text
    }),
    billingProfile: Schema.Struct({
      culture: Schema.String,
      email: Schema.String,
      language: Schema.String,
      companyName: Schema.String,
      firstName: Text,
      lastName: Text,
      defaultAddress: WireAddress
    })
  })
)

/** Microsoft does not document how long names may be; these are what its portal takes. */
const companyNameMax = 100
const personNameMax = 50

/** The first label has at most 27 characters, the rest is the cloud's. */
const tenantDomain = /^[a-z0-9]{1,27}\.(onmicrosoft\.(com|us)|partner\.onmschina\.cn)$/u

/**
 * POST /v1/customers ("Create a customer", "Create a customer for an indirect reseller"). The password is in this
 * answer and in no other; a repetition with the same MS-RequestId gets the same answer, where the account remembers.
 */
export const createCustomer = (call: Call): Answer => {
  const { account, simulator } = call
  const wanted = customerIn(call)
  if (
    wanted.associatedPartnerId !== undefined &&
    call.caller.user === null &&
    account.settings.appOnlyRefused
  )
    throw new Refusal(
      newerError(
        403,
        900329,
        "AppOnlyNotSupported",
        "App-only authentication is not supported for customers of a reseller: sign a user in."
      )
    )
  const requestId = String(call.headers["ms-requestid"] ?? simulator.ids.guid()).toLowerCase()
  const before =
    account.settings.repeatedRequests === "replay" ? account.answered.get(requestId) : undefined
  const { customerId, password } =
    before ?? simulator.addCustomer(account.name, requestId, checked(call, wanted))
  const customer = account.customersById.get(customerId)
  if (customer === undefined)
    throw new Refusal(standardError(404, 60003, `Tenant ${customerId} was not found.`))
  const { links: _, ...resource } = customerResource(customer)
  return json(
    {
      ...resource,
      enableGDAPByDefault: customer.delegated,
      relationshipToPartner: wanted.associatedPartnerId === undefined ? "none" : "reseller",
      // Only the name before the @, as documented.
      userCredentials: { userName: "admin", password }
    },
    201
  )
}

type Wanted = ReturnType<typeof customerIn>

/** Everything that Microsoft refuses, in the order in which it is found. */
const checked = (call: Call, wanted: Wanted): NewCustomer => {
  const { account, simulator } = call
  const { companyProfile, billingProfile, associatedPartnerId } = wanted
  const { defaultAddress: address, email, culture, language, companyName } = billingProfile
  const related = account.customers.filter((customer) => customer.related)
  if (account.settings.sandbox && related.length >= sandboxCustomersMax)
    throw refused(800018, `A sandbox has at most ${sandboxCustomersMax} customers.`)
  const domain = companyProfile.domain.toLowerCase()
  if (!tenantDomain.test(domain)) throw wrong("companyProfile.domain")
  if (companyName.trim() === "" || companyName.length > companyNameMax)
    throw wrong("billingProfile.companyName")
  if (!/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/u.test(email)) throw wrong("billingProfile.email")
  if (!/^[a-z]{2,3}(-[A-Za-z]{4})?-[A-Z]{2}$/u.test(culture)) throw wrong("billingProfile.culture")
  if (!/^[A-Za-z]{2}(-[A-Za-z]{2,4})?$/u.test(language)) throw wrong("billingProfile.language")
  const country = address.country.toUpperCase()
  const rule = countryRuleOf(country)
  if (rule === undefined) throw wrong("billingProfile.defaultAddress.country")
  for (const name of ["firstName", "lastName"] as const) {
    const text = address[name] ?? ""
    if (text.trim() === "" || text.length > personNameMax)
      throw wrong(`billingProfile.defaultAddress.${name}`)
  }
  const bad = wrongField(address, rule)
  if (bad !== null)
    throw refused(2000, `The address is not valid. ${bad.text}`, [
      `billingProfile.defaultAddress.${bad.field}`
    ])
  const phone = address.phoneNumber ?? ""
  if (phone !== "" && !new RegExp(phonePattern, "u").test(phone.replaceAll(/[ +()./-]/gu, "")))
    throw wrong("billingProfile.defaultAddress.phoneNumber")
  const registrationNumber = companyProfile.organizationRegistrationNumber ?? null
  checkRegistration(country, registrationNumber, phone)
  if (simulator.world.domains.has(domain)) {
    const status = account.settings.domainTakenStatus
    throw new Refusal(
      standardError(status, status, `The domain ${domain} is not available.`, [domain])
    )
  }
  const reseller = associatedPartnerId?.toLowerCase() ?? null
  if (reseller !== null && !account.resellers.some(({ tenantId }) => tenantId === reseller))
    throw refused(800016, `${reseller.slice(0, 64)} is not a valid indirect reseller.`, [
      "associatedPartnerId"
    ])
  return {
    domain,
    resellerTenantId: reseller,
    delegated: wanted.enableGDAPByDefault ?? false,
    profile: {
      companyName,
      email,
      culture,
      language,
      firstName: billingProfile.firstName ?? null,
      lastName: billingProfile.lastName ?? null,
      registrationNumber,
      address: {
        country,
        region: address.region ?? null,
        city: address.city ?? null,
        state: address.state ?? null,
        addressLine1: address.addressLine1,
        addressLine2: address.addressLine2 ?? null,
        postalCode: address.postalCode ?? null,
        firstName: address.firstName ?? null,
        lastName: address.lastName ?? null,
        phoneNumber: address.phoneNumber ?? null
      }
    }
  }
}

/** A number where the country asks for it, and nowhere else; with it the phone number is mandatory too. */
const checkRegistration = (country: string, number: string | null, phone: string): void => {
  const field = "companyProfile.organizationRegistrationNumber"
  if (!needsRegistrationNumber(country)) {
    if (number !== null)
      throw refused(600002, `organizationRegistrationNumber is not supported for ${country}.`, [
        field
      ])
    return
  }
  if (number === null || number === "")
    throw refused(600049, `organizationRegistrationNumber is required for ${country}.`, [field])
  if (!/^[\p{L}\p{N} ./-]{5,22}$/u.test(number))
    throw refused(
      600050,
      "organizationRegistrationNumber does not match ^[\\p{L}\\p{N} ./-]{5,22}$.",
      [field]
    )
  if (phone === "")
    throw refused(600051, `phoneNumber is required for ${country}.`, [
      "billingProfile.defaultAddress.phoneNumber"
    ])
}

const refused = (code: number, text: string, data: ReadonlyArray<string> = []) =>
  new Refusal(standardError(400, code, text, data))

const wrong = (property: string) => new Refusal(invalidProperty(property))
