import { Context, type Effect, type Redacted, Schema } from "effect"
import type { Address } from "../account/Account.ts"
import type { Country } from "../instance/Country.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import type { RequestId } from "../vendor/RequestId.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { CountryRules } from "./CountryRules.ts"
import type { VendorCustomer } from "./VendorCustomers.ts"

/** A customer with what only its own resource shows ("Get a customer by ID"). */
export interface VendorTenant extends VendorCustomer {
  /** What the partner is to the customer: `reseller`; `none` in the answer to a creation. */
  readonly relationship: string | null
  /** Its indirect reseller's tenant; null for a direct customer, or where Partner Center does not tell. */
  readonly resellerTenantId: TenantId | null
  /** All of its domains that Partner Center tells, in lower case, the default one first. */
  readonly domains: ReadonlyArray<string>
}

/** Where a customer is, as far as Partner Center tells: without delegated rights it tells less. */
export interface VendorAddress {
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postalCode: string | null
  /** ISO 3166, two capital letters. */
  readonly country: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly phone: string | null
}

/** "Get a customer's billing profile". */
export interface BillingProfile {
  readonly companyName: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly email: string | null
  readonly culture: string | null
  readonly language: string | null
  readonly address: VendorAddress | null
}

/** "Get a customer's company profile". */
export interface CompanyProfile {
  readonly companyName: string | null
  readonly domain: string | null
  readonly email: string | null
  readonly registrationNumber: string | null
  readonly address: VendorAddress | null
}

/** A tenant to be made ("Create a customer"). */
export interface NewTenant {
  /** Whole and in lower case: contoso.onmicrosoft.com. */
  readonly domain: string
  readonly companyName: string
  readonly email: string
  /** One of the country's (CountryRules), such as de-DE. */
  readonly culture: string
  /** One of the country's, such as de. */
  readonly language: string
  /** Who stands in the address. Both names: at most 50 characters. */
  readonly firstName: string
  readonly lastName: string
  readonly phone: string | null
  readonly address: Address
  /** "Organization INN": where the country asks for it (domain.md §8c). */
  readonly registrationNumber: string | null
  /** The indirect reseller that the customer belongs to; null: a direct customer of the instance's own account. */
  readonly resellerTenantId: TenantId | null
}

/** A tenant that was made. */
export interface CreatedTenant {
  readonly tenantId: TenantId
  readonly domain: string
  /**
   * The first administrator. Microsoft tells the password once, in this answer; null where the answer, as that to a
   * repetition may, has none.
   */
  readonly credentials: {
    /** Whole: admin@contoso.onmicrosoft.com. */
    readonly userName: string
    readonly password: Redacted.Redacted
  } | null
}

/** The parts of NewTenant that Partner Center can refuse by name. */
export const TenantField = Schema.Literals([
  "domain",
  "companyName",
  "email",
  "culture",
  "language",
  "firstName",
  "lastName",
  "phone",
  "address",
  "address.line1",
  "address.line2",
  "address.city",
  "address.state",
  "address.postalCode",
  "address.country",
  "registrationNumber",
  "resellerTenantId"
])
export type TenantField = typeof TenantField.Type

/**
 * Partner Center does not make the tenant as it was asked for, and will not until something is changed; nothing was
 * made by this request.
 *
 * - `domain taken`: by somebody else, or by ourselves before, when the answer was lost: who repeats a creation asks
 *   `find` before he believes it.
 * - `field`: `field` says which one is missing or wrong; null where Microsoft's text alone says it.
 * - `reseller`: the reseller is none of ours, or not (any more) able to sell.
 * - `limit`: the account may have no more customers (a sandbox has 75).
 */
export class TenantRefused extends Schema.TaggedError<TenantRefused>()("TenantRefused", {
  kind: Schema.Literals(["domain taken", "field", "reseller", "limit"]),
  field: Schema.NullOr(TenantField),
  code: Schema.NullOr(Schema.String),
  /** Microsoft's words. */
  text: Schema.String,
  correlationId: Schema.String
}) {
  override get message(): string {
    const code = this.code === null ? "" : ` ${this.code}`
    return `Microsoft does not make the tenant (${this.field ?? this.kind}${code}): ${this.text}`
  }
}

/** How sure Microsoft is of an address ("Validate an address"). */
export const AddressStatus = Schema.Literals([
  "VerifiedShippable",
  "Verified",
  "InteractionRequired",
  "StreetPartial",
  "PremisesPartial",
  "Multiple",
  "None",
  "NotValidated"
])
export type AddressStatus = typeof AddressStatus.Type

export interface AddressVerdict {
  readonly status: AddressStatus
  /** What Microsoft would write instead; at most three. */
  readonly suggestions: ReadonlyArray<Address>
  readonly text: string | null
}

/** For whom a relationship is asked. */
export interface RelationshipAsk {
  /** The indirect reseller that the customer shall belong to; null: the instance's own account alone. */
  readonly resellerTenantId: TenantId | null
}

/**
 * Customers' tenants in Partner Center: looking them up, checking what a new one would be made of, and making it. The
 * application's own access is enough, but for `relationshipRequest` and for a creation with a reseller: these two act
 * for the user who consented (api.md §2).
 */
export class VendorTenants extends Context.Service<
  VendorTenants,
  {
    /** Whether anybody, under whichever partner, has the whole domain ("Verify domain availability"). */
    readonly isDomainTaken: (
      instance: Instance,
      domain: string
    ) => Effect.Effect<boolean, VendorError>
    /** null: Partner Center has no rules for the country, and no customers there. */
    readonly countryRules: (
      instance: Instance,
      country: Country
    ) => Effect.Effect<CountryRules | null, VendorError>
    /** What is wrong with it is in the answer, not an error. */
    readonly validateAddress: (
      instance: Instance,
      address: Address
    ) => Effect.Effect<AddressVerdict, VendorError>
    /**
     * Makes a tenant, once: repeated with the same request id after silence. Only the first answer is sure to bring
     * the credentials. When an earlier answer was lost for good, `find` finds what was made.
     */
    readonly create: (
      instance: Instance,
      tenant: NewTenant,
      requestId: RequestId
    ) => Effect.Effect<CreatedTenant, TenantRefused | VendorError>
    /**
     * The customer of ours that has the whole domain, be it its default one or an alias; null: none that Partner Center
     * shows. What was made or accepted within the last 15 minutes can be missing.
     */
    readonly find: (
      instance: Instance,
      domain: string
    ) => Effect.Effect<VendorTenant | null, VendorError>
    /** null: no such tenant, or no customer of ours. */
    readonly get: (
      instance: Instance,
      tenantId: TenantId
    ) => Effect.Effect<VendorTenant | null, VendorError>
    /** Whose tenant the domain is, ours or anybody's, as Microsoft's sign-in tells everybody; null: nobody's. */
    readonly tenantOf: (
      instance: Instance,
      domain: string
    ) => Effect.Effect<TenantId | null, VendorError>
    readonly billingProfile: (
      instance: Instance,
      tenantId: TenantId
    ) => Effect.Effect<BillingProfile, VendorError>
    readonly companyProfile: (
      instance: Instance,
      tenantId: TenantId
    ) => Effect.Effect<CompanyProfile, VendorError>
    /**
     * The address at which an administrator of any tenant accepts the partner, and the reseller where one is named
     * ("Retrieve a reseller relationship request"). It names no customer and can be used again. Whether somebody
     * accepted shows in `get` and `find`.
     */
    readonly relationshipRequest: (
      instance: Instance,
      ask: RelationshipAsk
    ) => Effect.Effect<string, VendorError>
  }
>()("core/tenant/VendorTenants") {}
