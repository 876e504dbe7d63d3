import { Schema } from "effect"
import { Country } from "../instance/Country.ts"
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

const userNameMax = 64

/**
 * A sync option of an instance: a field that its accounts have since "Get Services Definitions" made it, visible to
 * everybody (domain.md §5, §7).
 */
export class SyncOptionDefinition extends Schema.Opaque<SyncOptionDefinition>()(
  Schema.Struct({
    name: SyncOptionName,
    lengthMin: Schema.Int,
    lengthMax: Schema.Int,
    /** The instance's countries for which it was made; none: for all. */
    countries: Schema.Array(Country)
  }).annotate({ identifier: "SyncOptionDefinition" })
) {}

/**
 * The sync options that an instance has from now on, by its settings. The MPN id is made for an indirect provider only;
 * the tax id, once a country of the instance asks for one. What was made before stays, with what accounts have said.
 */
export const definedSyncOptions = (
  { cspStatus, countries }: Pick<Instance, "cspStatus" | "countries">,
  before: ReadonlyArray<SyncOptionDefinition>
): ReadonlyArray<SyncOptionDefinition> => {
  const asking = countries.filter((country) => taxIdCountries.has(country))
  const made: ReadonlyArray<SyncOptionDefinition> = [
    { name: "userName", lengthMin: 1, lengthMax: userNameMax, countries: [] },
    { name: "domainPrefix", lengthMin: 1, lengthMax: 253, countries: [] },
    ...(cspStatus === "indirect"
      ? [{ name: "mpnId", lengthMin: 1, lengthMax: 20, countries: [] } as const]
      : []),
    ...(asking.length > 0
      ? [
          {
            name: "taxId",
            lengthMin: taxIdLength.min,
            lengthMax: taxIdLength.max,
            countries: asking
          } as const
        ]
      : [])
  ]
  return SyncOptionName.literals.flatMap((name) => {
    const definition = [...made, ...before].find((one) => one.name === name)
    return definition === undefined ? [] : [definition]
  })
}

/** Whom the options are of, as far as it decides which of them there are. */
export interface SyncOptionFacts {
  readonly cspStatus: CspStatus
  readonly cloud: Instance["cloud"]
  /** Those of the instance; none before its first "Get Services Definitions". */
  readonly defined: ReadonlyArray<SyncOptionDefinition>
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
 * The sync options that an account has: those of its instance, but the MPN id in an indirect provider's own organisation
 * and its country tenants only.
 */
export const syncOptionFields = (facts: SyncOptionFacts): ReadonlyArray<SyncOptionField> =>
  facts.defined
    .filter(({ name }) => name !== "mpnId" || mpnIdIsAllowed(facts))
    .map(({ name, lengthMin, lengthMax, countries }) => ({
      name,
      required: name === "userName" || name === "domainPrefix",
      lengthMin,
      lengthMax,
      ...textsOf(name, facts.cloud, countries)
    }))

const textsOf = (
  name: SyncOptionName,
  cloud: Instance["cloud"],
  countries: ReadonlyArray<Country>
): Pick<SyncOptionField, "label" | "suffix" | "hint"> => {
  switch (name) {
    case "userName":
      return {
        label: "Username",
        suffix: `@…${domainSuffix(cloud)}`,
        hint: "The administrator that is made with the tenant, such as admin. For a tenant that exists nobody is made."
      }
    case "domainPrefix":
      return {
        label: "Domain prefix",
        suffix: domainSuffix(cloud),
        hint: "A new tenant: 3 to 27 letters and digits. A tenant that exists: its prefix, or another of its domains with the suffix, such as fabrikam.com."
      }
    case "mpnId":
      return {
        label: "Reseller (MPN ID)",
        suffix: null,
        hint: "The reseller's Partner ID; that of the reseller's account where it is empty."
      }
    case "taxId":
      return {
        label: "Organization INN",
        suffix: null,
        hint: `The company's registration number, which new customers need in ${countries.join(", ")}.`
      }
  }
}

/** Whether an account may say whose customer it is. */
export const mpnIdIsAllowed = ({
  cspStatus,
  ofTenantReseller
}: Pick<SyncOptionFacts, "cspStatus" | "ofTenantReseller">): boolean =>
  cspStatus === "indirect" && !ofTenantReseller

const isDefined = ({ defined }: SyncOptionFacts, wanted: SyncOptionName): boolean =>
  defined.some(({ name }) => name === wanted)

/** What is wrong with every option of an instance that has none yet; undefined where it has them. */
export const notDefinedProblem = ({
  defined
}: Pick<SyncOptionFacts, "defined">): string | undefined =>
  defined.length === 0
    ? "the instance has no sync options yet: get its services definitions first, with a catalogue run"
    : undefined

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
  const notDefined = notDefinedProblem(facts)
  return problems.flatMap(([field, problem]) => {
    const found = values[field] === null ? undefined : (notDefined ?? problem)
    return found === undefined ? [] : [{ field, problem: found }]
  })
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
  if (mpnIdIsAllowed(facts)) return undefined
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
  isDefined(facts, "taxId")
    ? taxIdLengthProblem(taxId)
    : "no country of the instance asks for a tax id: leave it out, or add the country to the instance's settings"
