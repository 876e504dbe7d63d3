import * as Schema from "effect/Schema"
import { company, type Place, person } from "../companyNames.ts"
import { guidOf, Random } from "../Random.ts"
import type { Customer } from "./Account.ts"
import { objectIdOf } from "./User.ts"

const Text = Schema.NullOr(Schema.String)

/** Where a customer sits, and who is in charge there, as whoever made it wrote it down. */
export const TenantProfile = Schema.Struct({
  companyName: Schema.String,
  email: Schema.String,
  culture: Schema.String,
  language: Schema.String,
  firstName: Text,
  lastName: Text,
  registrationNumber: Text,
  address: Schema.Struct({
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
})
export type TenantProfile = typeof TenantProfile.Type

/** A customer to be made, checked. */
export const NewCustomer = Schema.Struct({
  /** In lower case. */
  domain: Schema.String,
  profile: TenantProfile,
  resellerTenantId: Text,
  /** enableGDAPByDefault */
  delegated: Schema.Boolean
})
export type NewCustomer = typeof NewCustomer.Type

/** An acceptance of an agreement, as a partner confirmed it. */
export const Acceptance = Schema.Struct({
  templateId: Schema.String,
  type: Schema.String,
  dateAgreed: Schema.Int,
  userId: Schema.String,
  contact: Schema.Struct({
    firstName: Schema.String,
    lastName: Schema.String,
    email: Schema.String,
    phoneNumber: Text
  })
})
export type Acceptance = typeof Acceptance.Type

/** Somebody in a customer's own directory. */
export const DirectoryUser = Schema.Struct({
  id: Schema.String,
  /** In lower case. */
  upn: Schema.String,
  firstName: Text,
  lastName: Text,
  displayName: Schema.String,
  usageLocation: Text,
  password: Text,
  forceChangePassword: Schema.Boolean,
  active: Schema.Boolean,
  /** Ids of directory roles. */
  roles: Schema.Array(Schema.String)
})
export type DirectoryUser = typeof DirectoryUser.Type

export const directoryUsersMax = 1_000

/** Directory roles that matter here; the ids are Microsoft Entra's role templates. */
export const directoryRoles = [
  { id: "62e90394-69f5-4237-9190-012177145e10", name: "Company Administrator" },
  { id: "fe930be7-5e62-47db-91af-98c3a49a38b1", name: "User Account Administrator" },
  { id: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", name: "Directory Readers" }
] as const
export const companyAdministrator = directoryRoles[0].id

/** A tenant that exists at Microsoft and is the customer of another CSP, or of nobody. */
export interface ForeignTenant {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly aliases: ReadonlyArray<string>
  readonly place: Place
  readonly index: number
  /** Whether it signed the customer agreement with Microsoft itself. */
  readonly directSigned: boolean
}

export const foreignTenantsCount = 24

/** Of every world alike, but for their ids and places. The first three have domains that are easy to remember. */
export const foreignTenants = (seed: string): ReadonlyArray<ForeignTenant> => {
  const random = new Random(`${seed}/foreign tenants`)
  return Array.from({ length: foreignTenantsCount }, (_, index) => {
    const made = company(random, 900_000 + index)
    const prefix = wellKnown[index] ?? made.domain.replace(".onmicrosoft.com", "")
    return {
      id: random.guid(),
      name: made.name,
      domain: `${prefix}.onmicrosoft.com`,
      aliases: aliasesOf(prefix, index),
      place: made.place,
      index: 900_000 + index,
      directSigned: index % 4 === 3
    }
  })
}

const wellKnown = ["fabrikam", "adventureworks", "litware"]

/** Every third tenant has verified a domain of its own. */
export const aliasesOf = (prefix: string, index: number): ReadonlyArray<string> =>
  index % 3 === 0 ? [`${prefix}.example`] : []

/** All domains of a tenant, the default one first. */
export const domainsOf = ({
  domain,
  aliases
}: Pick<Customer, "domain" | "aliases">): ReadonlyArray<string> => [domain, ...aliases]

/** The directory of a customer that nobody has changed: its administrator and two others. */
export const directoryOf = (customer: Customer): ReadonlyArray<DirectoryUser> =>
  customer.directory ?? [
    generatedUser(customer, "admin", 0, [companyAdministrator]),
    generatedUser(customer, "office", 1, []),
    generatedUser(customer, "accounts", 2, [])
  ]

const generatedUser = (
  { id, domain, index, place }: Customer,
  name: string,
  number: number,
  roles: ReadonlyArray<string>
): DirectoryUser => {
  const who = person(index + number)
  return {
    id: objectIdOf(id, `${name}@${domain}`),
    upn: `${name}@${domain}`,
    ...who,
    displayName: `${who.firstName} ${who.lastName}`,
    usageLocation: place.country,
    password: null,
    forceChangePassword: false,
    active: true,
    roles
  }
}

/** The object id of whoever acts for the partner. */
export const actingUserId = (tenantId: string, upn: string | null): string =>
  upn === null ? guidOf(`${tenantId}/application`) : objectIdOf(tenantId, upn)
