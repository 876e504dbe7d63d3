import * as Schema from "effect/Schema"
import { person } from "../companyNames.ts"
import { guidOf } from "../Random.ts"
import type { Customer } from "../world/Account.ts"
import { domainsOf, type TenantProfile } from "../world/Tenant.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { bodyOf } from "./body.ts"
import { type Call, customerOfCall, invalidProperty, sizeOf } from "./Call.ts"
import { filterOf } from "./filter.ts"
import { pageAnswer, positionOf } from "./paging.ts"
import { collection, etagOf, link } from "./resource.ts"

/** Most that a page may hold ("Get a list of customers"). */
const sizeMax = 500

/** GET /v1/customers?size=&filter=&seekOperation= */
export const listCustomers = (call: Call): Answer => {
  const fits = matcherOf(call)
  const matches = (customer: Customer) => call.at >= customer.listedFrom && fits(customer)
  // With a filter, size=0 means no page size at all.
  const unsized = call.query.has("filter") && call.query.get("size") === "0"
  const size = unsized ? sizeMax : sizeOf(call, sizeMax)
  const { customers } = call.account
  const items: Array<unknown> = []
  let position = positionOf(call)
  for (; position < customers.length && items.length < size; position++) {
    const customer = customers[position]
    if (customer?.related === true && matches(customer)) items.push(listed(customer))
  }
  // A page that merely might be followed by another would send clients after an empty one.
  while (position < customers.length) {
    const customer = customers[position]
    if (customer?.related === true && matches(customer)) break
    position++
  }
  const filter = call.query.get("filter")
  return pageAnswer(
    "/customers",
    [
      `size=${call.query.get("size") ?? size}`,
      ...(filter === undefined ? [] : [`filter=${encodeURIComponent(filter)}`])
    ],
    { items, next: position < customers.length ? position : null }
  )
}

/** Customers can be found by the beginning of a few fields, and by nothing else. */
const matcherOf = (call: Call): ((customer: Customer) => boolean) => {
  const filter = filterOf(call)
  if (filter === null) return () => true
  if (filter.operator !== "startswith") throw new Refusal(invalidProperty("operator"))
  switch (filter.field) {
    case "companyname":
      return ({ name }) => name.toLowerCase().startsWith(filter.value)
    case "domain":
      return ({ domain }) => domain.startsWith(filter.value)
    case "indirectreseller":
      return ({ reseller }) => reseller?.tenantId.startsWith(filter.value) === true
    case "indirectcloudsolutionprovider":
      return () => call.account.tenantId.startsWith(filter.value)
    default:
      throw new Refusal(invalidProperty("field"))
  }
}

/** Lists carry less of a customer than the customer itself. */
const listed = (customer: Customer) => ({
  id: customer.id,
  companyProfile: companyProfile(customer),
  relationshipToPartner: "reseller",
  links: { self: link(`/customers/${customer.id}`) },
  attributes: { objectType: "Customer" }
})

/** GET /v1/customers/{id} */
export const getCustomer = (call: Call): Answer => json(customerResource(customerOfCall(call)))

/** Customer ("Customer resources"), with what lists leave out. */
export const customerResource = (customer: Customer) => ({
  id: customer.id,
  commerceId: guidOf(`commerce/${customer.id}`),
  companyProfile: companyProfile(customer),
  billingProfile: billingProfile(customer),
  relationshipToPartner: "reseller",
  allowDelegatedAccess: customer.delegated,
  // As the address, e-mail and domains of the company: only with delegated rights.
  customDomains: customer.delegated ? domainsOf(customer) : undefined,
  associatedPartnerId: customer.reseller?.tenantId,
  links: { self: link(`/customers/${customer.id}`) },
  attributes: { objectType: "Customer" }
})

const updateIn = bodyOf(Schema.Struct({ relationshipToPartner: Schema.Literal("none") }))

/**
 * PATCH /v1/customers/{id} ("Remove a reseller relationship with a customer"): nothing else can be changed. The answer
 * is the one with capitals and nulls.
 */
export const updateCustomer = (call: Call): Answer => {
  const customer = customerOfCall(call)
  updateIn(call)
  if (customer.subscriptions.some(({ status }) => status === "active"))
    throw new Refusal(
      standardError(400, 600006, "Suspend all subscriptions of the customer first.")
    )
  call.simulator.change(call.account.name, {
    as: "partner",
    customer: customer.id,
    kind: "deleteCustomerRelationship"
  })
  return json({
    Id: null,
    CommerceId: null,
    CompanyProfile: null,
    BillingProfile: null,
    RelationshipToPartner: "none",
    AllowDelegatedAccess: null,
    UserCredentials: null,
    CustomDomains: null,
    AssociatedPartnerId: null,
    Attributes: { ObjectType: "Customer" }
  })
}

/** DELETE /v1/customers/{id}: in a sandbox only ("Delete a customer account from the integration sandbox"). */
export const deleteCustomer = (call: Call): Answer => {
  const customer = customerOfCall(call)
  if (!call.account.settings.sandbox)
    throw new Refusal(standardError(403, 600006, "Customers can be deleted in a sandbox only."))
  call.simulator.deleteCustomer(call.account.name, customer)
  return { status: 204, body: null }
}

/** GET /v1/customers/{id}/profiles/company. Address and e-mail need delegated administration, which has gone. */
export const getCompanyProfile = (call: Call): Answer => json(companyProfile(customerOfCall(call)))

/** GET /v1/customers/{id}/profiles/billing */
export const getBillingProfile = (call: Call): Answer => json(billingProfile(customerOfCall(call)))

const companyProfile = ({ id, domain, name, profile }: Customer) => ({
  tenantId: id,
  domain,
  companyName: name,
  organizationRegistrationNumber: profile?.registrationNumber ?? undefined,
  links: { self: link(`/customers/${id}/profiles/company`) },
  attributes: { objectType: "CustomerCompanyProfile" }
})

const billingProfile = (customer: Customer) => ({
  id: guidOf(`billing/${customer.id}`),
  ...(customer.profile === null ? generatedProfile(customer) : writtenProfile(customer.profile)),
  links: { self: link(`/customers/${customer.id}/profiles/billing`) },
  attributes: {
    etag: etagOf(customer.id, customer.revision),
    objectType: "CustomerBillingProfile"
  }
})

const generatedProfile = ({ domain, name, place, index }: Customer) => {
  const { firstName, lastName } = person(index)
  return {
    firstName,
    lastName,
    email: `billing@${domain}`,
    culture: place.culture,
    language: place.language,
    companyName: name,
    defaultAddress: {
      country: place.country,
      city: place.city,
      addressLine1: `${place.street} ${1 + (index % 180)}`,
      postalCode: place.postalCode,
      firstName,
      lastName,
      phoneNumber: `${place.callingCode}555${String(index).padStart(6, "0")}`
    }
  }
}

const writtenProfile = ({ registrationNumber: _, address, ...profile }: TenantProfile) => ({
  ...withoutNulls(profile),
  defaultAddress: withoutNulls(address)
})

const withoutNulls = (record: object) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null))

/** GET /v1/customers/{id}/relationships: the resellers of a customer of an indirect provider. */
export const listCustomerRelationships = (call: Call): Answer => {
  const { reseller } = customerOfCall(call)
  return json(
    collection(
      reseller === null
        ? []
        : [
            {
              id: reseller.tenantId,
              name: reseller.name,
              relationshipType: "is_indirect_cloud_solution_provider_of",
              mpnId: reseller.mpnId,
              attributes: { objectType: "PartnerRelationship" }
            }
          ]
    )
  )
}
