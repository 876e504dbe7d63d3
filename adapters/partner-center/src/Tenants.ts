import type { Address } from "@concordat/core/account/Account"
import type { Country } from "@concordat/core/instance/Country"
import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import type { CountryRules } from "@concordat/core/tenant/CountryRules"
import {
  type AddressVerdict,
  type BillingProfile,
  type CompanyProfile,
  type CreatedTenant,
  type NewTenant,
  type RelationshipAsk,
  type TenantRefused,
  type VendorTenant,
  VendorTenants
} from "@concordat/core/tenant/VendorTenants"
import type { RequestId } from "@concordat/core/vendor/RequestId"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { suggestedFrom, vendorAddressFrom, wireAddressOf } from "./addresses.ts"
import { Client, malformed } from "./Client.ts"
import { getCountryRules } from "./CountryRules.ts"
import {
  decodeCustomerPage,
  getBillingProfile,
  getCompanyProfile,
  getCustomer
} from "./Customers.ts"
import { tenantOfDomain } from "./Discovery.ts"
import { decoderOf } from "./decode.ts"
import { filtered } from "./filter.ts"
import { allItems } from "./paging.ts"
import { isNotFound } from "./Rejection.ts"
import { CurrentClientSettings } from "./Settings.ts"
import { tenantRefusal } from "./tenantRefusal.ts"
import { WireAddressVerdict } from "./wire/AddressVerdict.ts"
import type { WireBillingProfile } from "./wire/BillingProfile.ts"
import type { WireCompanyProfile } from "./wire/CompanyProfile.ts"
import type { WireCountryRules } from "./wire/CountryRules.ts"
import { WireCreatedCustomer } from "./wire/CreatedCustomer.ts"
import type { WireCustomer } from "./wire/Customer.ts"
import { WireRelationshipRequest } from "./wire/Relationship.ts"

const decodeVerdict = decoderOf(WireAddressVerdict)
const decodeCreated = decoderOf(WireCreatedCustomer)
const decodeRequest = decoderOf(WireRelationshipRequest)
const decodeTenant = Schema.decodeUnknownOption(TenantId)

export const tenantsLayer: Layer.Layer<VendorTenants, never, Client | HttpClient.HttpClient> =
  Layer.effect(
    VendorTenants,
    Effect.gen(function* () {
      const client = yield* Client
      const http = yield* HttpClient.HttpClient
      const settings = yield* CurrentClientSettings

      const tenantOf = (instance: Instance, domain: string) =>
        tenantOfDomain(http, settings, instance, domain)

      const get = (instance: Instance, tenantId: TenantId) =>
        getCustomer(instance, tenantId).pipe(
          Effect.map(tenantFrom),
          Effect.catchIf(isNotOurs, () => Effect.succeed(null)),
          Effect.provideService(Client, client)
        )

      const find = Effect.fnUntraced(function* (
        instance: Instance,
        domain: string
      ): Effect.fn.Return<VendorTenant | null, VendorError> {
        const tenantId =
          (yield* tenantOf(instance, domain)) ?? (yield* listed(client, instance, domain))
        return tenantId === null ? null : yield* get(instance, tenantId)
      })

      return {
        isDomainTaken: (instance, domain) =>
          client
            .send(instance, {
              operation: "checkDomain",
              method: "HEAD",
              uri: `/v1/domains/${encodeURIComponent(domain)}`
            })
            .pipe(
              Effect.as(true),
              Effect.catchIf(isNotFound, () => Effect.succeed(false))
            ),
        countryRules: (instance, country) =>
          getCountryRules(instance, country).pipe(
            Effect.map((wire) => rulesFrom(wire, country)),
            Effect.catchIf(isNotFound, () => Effect.succeed(null)),
            Effect.provideService(Client, client)
          ),
        validateAddress: (instance, address) => validateAddress(client, instance, address),
        create: (instance, tenant, requestId) => create(client, instance, tenant, requestId),
        find,
        get,
        tenantOf,
        billingProfile: (instance, tenantId) =>
          getBillingProfile(instance, tenantId).pipe(
            Effect.map(billingProfileFrom),
            Effect.provideService(Client, client)
          ),
        companyProfile: (instance, tenantId) =>
          getCompanyProfile(instance, tenantId).pipe(
            Effect.map(companyProfileFrom),
            Effect.provideService(Client, client)
          ),
        relationshipRequest: (instance, ask) => relationshipRequest(client, instance, ask)
      }
    })
  )

const isNotOurs = (error: VendorError): boolean =>
  isNotFound(error) || error.reason._tag === "NoRelationship"

/** In the list, by the beginning of the default domain: the only search for one that there is ("Get a customer by name"). */
const listed = (client: Client["Service"], instance: Instance, domain: string) =>
  allItems(
    instance,
    {
      operation: "findCustomer",
      method: "GET",
      uri: `/v1/customers?size=0&${filtered("Domain", domain)}`
    },
    decodeCustomerPage,
    (customer) => customer.id
  ).pipe(
    Stream.filter(
      (customer) => customer.companyProfile?.domain?.toLowerCase() === domain.toLowerCase()
    ),
    Stream.runHead,
    Effect.map((found) => (Option.isSome(found) ? found.value.id : null)),
    Effect.provideService(Client, client)
  )

const tenantFrom = (wire: WireCustomer): VendorTenant => {
  const domain = wire.companyProfile?.domain?.toLowerCase() ?? ""
  const domains = [domain, ...(wire.customDomains ?? []).map((one) => one.toLowerCase())]
  return {
    tenantId: wire.id,
    domain,
    name: wire.companyProfile?.companyName ?? (domain || wire.id),
    relationship: wire.relationshipToPartner ?? null,
    resellerTenantId: Option.getOrNull(decodeTenant(wire.associatedPartnerId)),
    domains: [...new Set(domains)].filter((one) => one !== "")
  }
}

/** Microsoft leaves out what it has no rule for, or writes "". */
const rulesFrom = (wire: typeof WireCountryRules.Type, country: Country): CountryRules => ({
  country,
  cultureDefault: wire.defaultCulture || null,
  cultures: wire.supportedCulturesList ?? [],
  languages: wire.supportedLanguagesList ?? [],
  stateRequired: wire.isStateRequired ?? false,
  states: wire.supportedStatesList ?? [],
  cityRequired: wire.isCityRequired ?? false,
  postalCodeRequired: wire.isPostalCodeRequired ?? false,
  postalCodePattern: wire.postalCodeRegex || null,
  phonePattern: wire.phoneNumberRegex || null,
  callingCodes: wire.countryCallingCodesList ?? [],
  vatIdSupported: wire.isVatIdSupported ?? false,
  vatIdPattern: wire.vatIdRegex || null,
  taxIdSupported: wire.isTaxIdSupported ?? false,
  taxIdOptional: wire.isTaxIdOptional ?? false,
  taxIdFormat: wire.taxIdFormat || null
})

const suggestionsMax = 3

/** "Validate an address". Before there were suggestions a good one was answered with nothing, a bad one with 400. */
const validateAddress = Effect.fn("PartnerCenter.validateAddress")(function* (
  client: Client["Service"],
  instance: Instance,
  address: Address
): Effect.fn.Return<AddressVerdict, VendorError> {
  const answer = yield* client
    .send(instance, {
      operation: "validateAddress",
      method: "POST",
      uri: "/v1/validations/address",
      body: wireAddressOf(address)
    })
    .pipe(
      Effect.catchIf(
        ({ reason, status }) => reason._tag === "Refused" && status === 400,
        ({ text }) => Effect.succeed({ status: "None", suggestions: [], text } as const)
      )
    )
  if ("suggestions" in answer) return answer
  if (answer.body.length === 0) return { status: "Verified", suggestions: [], text: null }
  const wire = yield* decodeVerdict(answer)
  return {
    status: wire.status,
    suggestions: (wire.suggestedAddresses ?? [])
      .slice(0, suggestionsMax)
      .map((one) => suggestedFrom(one, address)),
    text: wire.validationMessage || null
  }
})

/** "Create a customer"; with a reseller, "Create a customer for an indirect reseller". */
const create = Effect.fn("PartnerCenter.createCustomer")(function* (
  client: Client["Service"],
  instance: Instance,
  tenant: NewTenant,
  requestId: RequestId
): Effect.fn.Return<CreatedTenant, TenantRefused | VendorError> {
  const { resellerTenantId, registrationNumber, phone } = tenant
  const answer = yield* client
    .send(instance, {
      operation: "createCustomer",
      method: "POST",
      uri: "/v1/customers",
      access: resellerTenantId === null ? "app" : "app+user",
      requestId,
      body: {
        ...(resellerTenantId === null ? {} : { associatedPartnerId: resellerTenantId }),
        companyProfile: {
          domain: tenant.domain,
          ...(registrationNumber === null
            ? {}
            : { organizationRegistrationNumber: registrationNumber })
        },
        billingProfile: {
          culture: tenant.culture,
          email: tenant.email,
          language: tenant.language,
          companyName: tenant.companyName,
          firstName: tenant.firstName,
          lastName: tenant.lastName,
          defaultAddress: {
            ...wireAddressOf(tenant.address),
            firstName: tenant.firstName,
            lastName: tenant.lastName,
            ...(phone === null ? {} : { phoneNumber: phone })
          }
        }
      }
    })
    .pipe(Effect.mapError((error) => tenantRefusal(error, tenant)))
  const wire = yield* decodeCreated(answer)
  const domain = wire.companyProfile?.domain?.toLowerCase() || tenant.domain
  const { userName, password } = wire.userCredentials ?? {}
  return {
    tenantId: wire.id,
    domain,
    credentials:
      userName === undefined || password === undefined
        ? null
        : {
            userName: userName.includes("@") ? userName : `${userName}@${domain}`,
            password: Redacted.make(password)
          }
  }
})

const billingProfileFrom = (wire: typeof WireBillingProfile.Type): BillingProfile => ({
  companyName: wire.companyName || null,
  firstName: wire.firstName || null,
  lastName: wire.lastName || null,
  email: wire.email || null,
  culture: wire.culture || null,
  language: wire.language || null,
  address:
    wire.defaultAddress === undefined || wire.defaultAddress === null
      ? null
      : vendorAddressFrom(wire.defaultAddress)
})

const companyProfileFrom = (wire: typeof WireCompanyProfile.Type): CompanyProfile => ({
  companyName: wire.companyName || null,
  domain: wire.domain?.toLowerCase() || null,
  email: wire.email || null,
  registrationNumber: wire.organizationRegistrationNumber || null,
  address:
    wire.address === undefined || wire.address === null ? null : vendorAddressFrom(wire.address)
})

/** "Request a reseller relationship with a customer"; the query is that of the service's own description. */
const relationshipRequest = Effect.fn("PartnerCenter.getRelationshipRequest")(function* (
  client: Client["Service"],
  instance: Instance,
  { resellerTenantId }: RelationshipAsk
): Effect.fn.Return<string, VendorError> {
  const query =
    resellerTenantId === null
      ? ""
      : `?indirectCloudSolutionProviderId=${instance.tenantId}&indirectResellerId=${resellerTenantId}`
  const answer = yield* client.send(instance, {
    operation: "getRelationshipRequest",
    method: "GET",
    uri: `/v1/customers/relationshiprequests${query}`,
    access: "app+user"
  })
  const url = (yield* decodeRequest(answer)).url.replaceAll("&amp;", "&")
  // It is mailed to customers: anything but an address of the web would be an attack.
  return /^https?:\/\/[\x21-\x7e]{1,2000}$/u.test(url)
    ? url
    : yield* malformed(answer, 'Expected an address\n  at ["url"]')
})
