import { Schema } from "effect"
import type { Country } from "../instance/Country.ts"
import { type CspStatus, type Instance, MpnId } from "../instance/Instance.ts"
import { domainSuffix, isDomainOption } from "./Domain.ts"

/**
 * What an account has to say before it becomes a tenant of one instance (domain.md §7, §8c): the "Sync Options" of the
 * folder "Microsoft Cloud Services". null: not said yet.
 */
export class SyncOptionValues extends Schema.Opaque<SyncOptionValues>()(
  Schema.Struct({
    /** The administrator of the new tenant, without its domain. Asked for an existing tenant too, and not used there. */
    userName: Schema.NullOr(Schema.String),
    /** A prefix of Microsoft's own domain; or, with its suffix, an alias domain of a tenant that exists. */
    domainPrefix: Schema.NullOr(Schema.String),
    /** The reseller's, where it differs from that of the reseller's account. */
    mpnId: Schema.NullOr(MpnId),
    /** "Organization INN": of a new tenant only, it is never pushed to one that exists. */
    taxId: Schema.NullOr(Schema.String)
  }).annotate({ identifier: "SyncOptionValues" })
) {}

export const SyncOptionName = Schema.Literals(["userName", "domainPrefix", "mpnId", "taxId"])
export type SyncOptionName = typeof SyncOptionName.Type

/** Of an account that has said nothing. */
export const noSyncOptions: SyncOptionValues = {
  userName: null,
  domainPrefix: null,
  mpnId: null,
  taxId: null
}

/** One thing that is wrong, by the field in which it is put right. */
export class FieldProblem extends Schema.Opaque<FieldProblem>()(
  Schema.Struct({ field: Schema.String, problem: Schema.String }).annotate({
    identifier: "FieldProblem"
  })
) {}

/**
 * Where a new customer needs a registration number, from the two waves of domain.md §8c. It has 5 to 22 characters.
 */
export const taxIdCountries: ReadonlySet<string> = new Set([
  ...["RU", "HU", "AM", "AZ", "BY", "KZ", "KG", "MD", "TJ", "UZ", "UA"],
  ...["TH", "VN", "TR", "PL", "ZA", "IN", "BR", "IQ", "MM", "SS", "SA", "AE", "VE"]
])
export const taxIdLength = { min: 5, max: 22 } as const

/** Whom the options are of, as far as it decides which of them there are. */
export interface SyncOptionFacts {
  readonly cspStatus: CspStatus
  readonly cloud: Instance["cloud"]
  /** The instance's countries. */
  readonly countries: ReadonlyArray<Country>
  /** Whether the account lies below a tenant reseller (a reseller of edition professional), whose BSS is its own. */
  readonly ofTenantReseller: boolean
}

/** A sync option as a form shows it. */
export interface SyncOptionField {
  readonly name: SyncOptionName
  readonly label: string
  /** Whether nobody is synchronised without it. The tax id is also needed, in the countries that ask for it. */
  readonly required: boolean
  readonly lengthMin: number
  readonly lengthMax: number
  /** What is shown behind the field: what completes it. */
  readonly suffix: string | null
  readonly hint: string
}

/**
 * The sync options that accounts of an instance have. The MPN id is one for an indirect provider's own organisation and
 * its country tenants only; the tax id, once a country of the instance asks for one.
 */
export const syncOptionFields = (facts: SyncOptionFacts): ReadonlyArray<SyncOptionField> => [
  {
    name: "userName",
    label: "Username",
    required: true,
    lengthMin: 1,
    lengthMax: userNameMax,
    suffix: `@…${domainSuffix(facts.cloud)}`,
    hint: "The administrator that is made with the tenant, such as admin. For a tenant that exists nobody is made."
  },
  {
    name: "domainPrefix",
    label: "Domain prefix",
    required: true,
    lengthMin: 1,
    lengthMax: 253,
    suffix: domainSuffix(facts.cloud),
    hint: "A new tenant: 3 to 27 letters and digits. A tenant that exists: its prefix, or another of its domains with the suffix, such as fabrikam.com."
  },
  ...(mpnIdIsOption(facts)
    ? [
        {
          name: "mpnId",
          label: "Reseller (MPN ID)",
          required: false,
          lengthMin: 1,
          lengthMax: 20,
          suffix: null,
          hint: "The reseller's Partner ID; that of the reseller's account where it is empty."
        } as const
      ]
    : []),
  ...(taxIdIsOption(facts)
    ? [
        {
          name: "taxId",
          label: "Organization INN",
          required: false,
          lengthMin: taxIdLength.min,
          lengthMax: taxIdLength.max,
          suffix: null,
          hint: `The company's registration number, where its country asks for it: ${[...taxIdCountries].join(", ")}.`
        } as const
      ]
    : [])
]

const userNameMax = 64

export const mpnIdIsOption = ({ cspStatus, ofTenantReseller }: SyncOptionFacts): boolean =>
  cspStatus === "indirect" && !ofTenantReseller
export const taxIdIsOption = ({ countries }: Pick<SyncOptionFacts, "countries">): boolean =>
  countries.some((country) => taxIdCountries.has(country))

/** Everything that is wrong with the options, each by its name; an option that was not said yet is no problem here. */
export const syncOptionProblems = (
  values: SyncOptionValues,
  facts: SyncOptionFacts
): ReadonlyArray<FieldProblem> => {
  const problems: ReadonlyArray<readonly [SyncOptionName, string | undefined]> = [
    ["userName", values.userName === null ? undefined : userNameProblem(values.userName)],
    ["domainPrefix", values.domainPrefix === null ? undefined : optionProblem(values.domainPrefix)],
    ["mpnId", values.mpnId === null ? undefined : mpnIdProblem(facts)],
    ["taxId", values.taxId === null ? undefined : taxIdProblem(values.taxId, facts)]
  ]
  return problems.flatMap(([field, problem]) => (problem === undefined ? [] : [{ field, problem }]))
}

const userNameProblem = (userName: string): string | undefined =>
  userName.length <= userNameMax && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/u.test(userName)
    ? undefined
    : `a user name has 1 to ${userNameMax} letters, digits and ._- between them, without @ and domain, such as admin`

const optionProblem = (text: string): string | undefined =>
  isDomainOption(text)
    ? undefined
    : "a domain prefix has letters, digits and dashes, such as fabrikam; a domain with its suffix looks like fabrikam.com"

const mpnIdProblem = (facts: SyncOptionFacts): string | undefined => {
  if (mpnIdIsOption(facts)) return undefined
  return facts.cspStatus === "direct"
    ? "accounts of a direct partner's instance have no reseller's MPN id: leave it out"
    : "the account belongs to a tenant reseller, who has a BSS of its own: leave the MPN id out"
}

/** Also what a creation asks again, since the account's own tax id counts where the option says nothing. */
export const taxIdLengthProblem = (taxId: string): string | undefined =>
  taxId.length >= taxIdLength.min && taxId.length <= taxIdLength.max
    ? undefined
    : `a tax id has ${taxIdLength.min} to ${taxIdLength.max} characters; this one has ${taxId.length}`

const taxIdProblem = (taxId: string, facts: SyncOptionFacts): string | undefined =>
  taxIdIsOption(facts)
    ? taxIdLengthProblem(taxId)
    : "no country of the instance asks for a tax id: leave it out, or add the country to the instance's settings"
