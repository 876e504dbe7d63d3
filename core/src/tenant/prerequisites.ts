import type { Account, Address, Contact } from "../account/Account.ts"
import { type PurchaseMode, partyOf, purchaseTerms } from "../account/PurchaseMode.ts"
import type { TenantId } from "../instance/Instance.ts"
import type { CountryRules } from "./CountryRules.ts"
import { domainOf, prefixOf, prefixProblem } from "./Domain.ts"
import { matcherOf } from "./pattern.ts"
import {
  type FieldProblem,
  notDefinedProblem,
  type SyncOptionFacts,
  type SyncOptionValues,
  syncOptionProblems,
  taxIdCountries,
  taxIdLengthProblem
} from "./SyncOption.ts"
import type { NewTenant } from "./VendorTenants.ts"

/** What Microsoft takes at most ("Create a customer", "Customer resources"). */
export const tenantLengths = {
  companyName: 100,
  line: 200,
  city: 100,
  state: 100,
  personName: 50
} as const

/** Everything that decides whether an account can become a new tenant, and what it would be. */
export interface TenantFacts {
  readonly account: Pick<Account, "name" | "email" | "phone" | "address" | "taxId" | "language">
  /** Who stands in the address; null: nobody is known. */
  readonly contact: Pick<Contact, "name"> | null
  readonly mode: PurchaseMode
  /** Of the account that orders for it: its reseller, or the customer that an affiliate belongs to. */
  readonly buyerAddress: Address | null
  readonly options: SyncOptionValues
  readonly of: SyncOptionFacts
  /** The rules of the country where `addressOf` is; null: no customers there; undefined: they are not known. */
  readonly rules: CountryRules | null | undefined
}

/** Whose address counts: the account's own or, where its purchase mode says so, that of who buys for it (domain.md §7). */
export const addressOf = (
  facts: Pick<TenantFacts, "account" | "mode" | "buyerAddress">
): Address | null => {
  const { first, otherwise } = purchaseTerms[facts.mode].address
  const addresses = { user: facts.account.address, buyer: facts.buyerAddress }
  return partyOf(first, addresses) ?? partyOf(otherwise, addresses)
}

/**
 * Everything that keeps an account from becoming a new tenant, all at once, each by the field in which it is put right
 * (domain.md §7, §8c). Whether the domain is free is not asked here.
 */
export const prerequisiteProblems = (facts: TenantFacts): ReadonlyArray<FieldProblem> => {
  const { account, options, of, rules } = facts
  const address = addressOf(facts)
  const notDefined = notDefinedProblem(of)
  const problems: ReadonlyArray<readonly [string, string | undefined]> = [
    ["name", companyNameProblem(account.name)],
    ["email", account.email === null ? "a corporate e-mail address is needed" : undefined],
    ["phone", phoneProblem(account.phone, rules)],
    ...addressProblems(address, account.address === null, rules),
    [
      "userName",
      options.userName === null ? (notDefined ?? "a user name is needed, such as admin") : undefined
    ],
    [
      "domainPrefix",
      options.domainPrefix === null
        ? (notDefined ?? "a domain prefix is needed, such as fabrikam")
        : prefixProblem(prefixOf(of.cloud, options.domainPrefix))
    ],
    ["taxId", neededTaxIdProblem(facts, address)]
  ]
  const own = problems.flatMap(([field, problem]) =>
    problem === undefined ? [] : [{ field, problem }]
  )
  const named = new Set(own.map(({ field }) => field))
  return [...own, ...syncOptionProblems(options, of).filter(({ field }) => !named.has(field))]
}

const companyNameProblem = (name: string): string | undefined => {
  if (name.trim() === "") return "a company name is needed"
  return name.length <= tenantLengths.companyName
    ? undefined
    : `Microsoft takes at most ${tenantLengths.companyName} characters as a company's name; this one has ${name.length}`
}

type Rules = CountryRules | null | undefined

const phoneProblem = (phone: string | null, rules: Rules): string | undefined => {
  if (phone === null) return "a phone number is needed"
  if (rules === null || rules === undefined || phoneFor(phone, rules) !== undefined)
    return undefined
  const codes = rules.callingCodes.map((code) => `+${code}`).join(" or ")
  return `"${phone}" is no phone number in ${rules.country} by Microsoft's rule; digits only${codes === "" ? "" : `, with or without ${codes} in front`}`
}

/** The number in the first of the forms that the country's rule takes: as it is, its digits, without calling code. */
const phoneFor = (phone: string, rules: Rules): string | undefined => {
  const fits = fitting(rules?.phonePattern)
  if (fits === undefined) return phone
  const digits = phone.replaceAll(/[^0-9]/gu, "")
  const national = (rules?.callingCodes ?? [])
    .filter((code) => phone.startsWith("+") && code !== "" && digits.startsWith(code))
    .map((code) => digits.slice(code.length))
  return [phone, digits, `+${digits}`, ...national].find((form) => form !== "" && fits(form))
}

/** A pattern that is wrong, or that nobody can try, is no rule. */
const fitting = (pattern: string | null | undefined) =>
  pattern === null || pattern === undefined ? undefined : matcherOf(pattern)

const addressProblems = (
  address: Address | null,
  isBuyers: boolean,
  rules: Rules
): ReadonlyArray<readonly [string, string | undefined]> => {
  if (address === null) return [["address", "an address is needed"]]
  const whose = isBuyers ? " (the address is that of the account above)" : ""
  const parts: ReadonlyArray<readonly [keyof Address, string | undefined]> = [
    ["line1", lengthProblem(address.line1, tenantLengths.line, "street and number are needed")],
    ["line2", lengthProblem(address.line2, tenantLengths.line)],
    [
      "city",
      lengthProblem(
        address.city,
        tenantLengths.city,
        rules?.cityRequired === false ? undefined : "a city is needed"
      )
    ],
    ["state", stateProblem(address.state, rules)],
    ["postalCode", postalCodeProblem(address.postalCode, rules)],
    [
      "country",
      rules === null ? `Partner Center has no customers in ${address.country}` : undefined
    ]
  ]
  return parts.map(([part, problem]) => [
    `address.${part}`,
    problem === undefined ? undefined : problem + whose
  ])
}

const lengthProblem = (
  text: string | null,
  max: number,
  missing?: string | undefined
): string | undefined => {
  if (text === null || text.trim() === "") return missing
  return text.length <= max
    ? undefined
    : `Microsoft takes at most ${max} characters; these are ${text.length}`
}

const stateProblem = (state: string | null, rules: Rules): string | undefined => {
  const isGiven = state !== null && state.trim() !== ""
  if (rules === null || rules === undefined) return lengthProblem(state, tenantLengths.state)
  const { states, stateRequired, country } = rules
  if (!isGiven)
    return stateRequired
      ? `${country} needs a state${states.length === 0 ? "" : `: ${shown(states)}`}`
      : undefined
  const known = states.some((one) => one.toLowerCase() === state.trim().toLowerCase())
  return states.length === 0 || known
    ? lengthProblem(state, tenantLengths.state)
    : `"${state}" is no state of ${country} that Microsoft knows: ${shown(states)}`
}

const shownMax = 60
const shown = (states: ReadonlyArray<string>): string =>
  states.length > shownMax ? `${states.slice(0, shownMax).join(", ")}, …` : states.join(", ")

const postalCodeProblem = (postalCode: string | null, rules: Rules): string | undefined => {
  if (postalCode === null || postalCode.trim() === "")
    return rules?.postalCodeRequired === true ? `${rules.country} needs a post code` : undefined
  const fits = fitting(rules?.postalCodePattern)
  return fits === undefined || fits(postalCode.trim())
    ? undefined
    : `"${postalCode}" is no post code of ${rules?.country} by Microsoft's rule`
}

const taxIdOf = ({ options, account }: TenantFacts): string | null => options.taxId ?? account.taxId

const neededTaxIdProblem = (facts: TenantFacts, address: Address | null): string | undefined => {
  if (address === null || !taxIdCountries.has(address.country)) return undefined
  const taxId = taxIdOf(facts)
  return taxId === null
    ? `companies in ${address.country} need their registration number (Organization INN)`
    : taxIdLengthProblem(taxId)
}

/** The tenant that Microsoft is asked for; undefined while `prerequisiteProblems` names any. */
export const newTenantOf = (
  facts: TenantFacts,
  resellerTenantId: TenantId | null
): NewTenant | undefined => {
  const { account, options, of, rules } = facts
  const address = addressOf(facts)
  const { email, phone } = account
  if (prerequisiteProblems(facts).length > 0) return undefined
  if (address === null || email === null || phone === null || options.domainPrefix === null)
    return undefined
  const culture = rules?.cultureDefault ?? `en-${address.country}`
  const spoken = (account.language ?? culture).slice(0, 2).toLowerCase()
  const languages = rules?.languages ?? []
  const ofCulture = culture.slice(0, 2).toLowerCase()
  return {
    domain: domainOf(of.cloud, options.domainPrefix),
    companyName: account.name.trim(),
    email,
    culture,
    language:
      [spoken, ofCulture].find((language) => languages.includes(language)) ??
      languages[0] ??
      ofCulture,
    ...personOf(facts),
    phone: phoneFor(phone, rules) ?? phone,
    address,
    registrationNumber: taxIdCountries.has(address.country) ? taxIdOf(facts) : null,
    resellerTenantId
  }
}

/** Microsoft wants a person; where nobody is known, the company stands for one. */
const personOf = ({
  contact,
  account
}: TenantFacts): { readonly firstName: string; readonly lastName: string } => {
  const words = (contact?.name ?? "").trim().split(/\s+/u)
  const last = words.pop() ?? ""
  // Half of a surrogate pair is no character.
  const cut = (text: string) =>
    text
      .slice(0, tenantLengths.personName)
      .replace(/\p{Cs}$/u, "")
      .trim()
  if (last === "") return { firstName: "Office", lastName: cut(account.name.trim()) }
  return { firstName: cut(words.join(" ")) || cut(last), lastName: cut(last) }
}
