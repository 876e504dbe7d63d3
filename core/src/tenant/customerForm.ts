import { Effect, Result, Schema } from "effect"
import { type Account, Email, Phone } from "../account/Account.ts"
import { purchaseModeOf } from "../account/PurchaseMode.ts"
import type { Country } from "../instance/Country.ts"
import type { Instance } from "../instance/Instance.ts"
import { freePrefixes } from "./advanceSynchronization.ts"
import type { CountryRules } from "./CountryRules.ts"
import { domainOf, isDomainOption, prefixOf, prefixProblem } from "./Domain.ts"
import { countryRulesOf } from "./KeptCountryRules.ts"
import {
  addressOf,
  prerequisiteProblems,
  type TenantFacts,
  tenantLengths
} from "./prerequisites.ts"
import type { SyncMode } from "./Synchronization.ts"
import {
  type FieldProblem,
  type SyncOptionFacts,
  type SyncOptionValues,
  syncOptionFields,
  syncOptionProblems,
  taxIdCountries
} from "./SyncOption.ts"
import { syncOptionFactsOf } from "./tenantFacts.ts"
import { type AddressVerdict, VendorTenants } from "./VendorTenants.ts"

/** A field of the form of a new customer, as a Storefront shows it. */
export interface FormField {
  /** As the account and its sync options name it: `address.postalCode`, `syncOptions.domainPrefix`. */
  readonly name: string
  readonly label: string
  readonly required: boolean
  readonly lengthMin: number
  readonly lengthMax: number
  /** Microsoft's regular expression, as it came; to be tried with care. */
  readonly pattern: string | null
  /** What can be chosen; none: anything. */
  readonly choices: ReadonlyArray<string>
  readonly suffix: string | null
  readonly hint: string | null
}

/**
 * The fields that a new customer of the country has to fill in, in their order. `rules` null: Partner Center has no
 * customers there; the fields are those of any country then.
 */
export const customerFields = (
  facts: SyncOptionFacts,
  country: Country,
  rules: CountryRules | null
): ReadonlyArray<FormField> => {
  const field = (
    name: string,
    label: string,
    required: boolean,
    lengthMax: number,
    more: Partial<FormField> = {}
  ): FormField => ({
    name,
    label,
    required,
    lengthMin: required ? 1 : 0,
    lengthMax,
    pattern: null,
    choices: [],
    suffix: null,
    hint: null,
    ...more
  })
  const callingCodes = rules?.callingCodes ?? []
  return [
    field("name", "Company name", true, tenantLengths.companyName),
    field("email", "Corporate e-mail", true, 254),
    field("phone", "Phone", true, 31, {
      pattern: rules?.phonePattern ?? null,
      hint:
        callingCodes.length === 0
          ? null
          : `With or without ${callingCodes.map((code) => `+${code}`).join(" or ")} in front.`
    }),
    field("address.line1", "Street and number", true, tenantLengths.line),
    field("address.line2", "More of the address", false, tenantLengths.line),
    field("address.city", "City", rules?.cityRequired !== false, tenantLengths.city),
    field("address.state", "State", rules?.stateRequired === true, tenantLengths.state, {
      choices: rules?.states ?? []
    }),
    field("address.postalCode", "Post code", rules?.postalCodeRequired === true, 20, {
      pattern: rules?.postalCodePattern ?? null
    }),
    field("address.country", "Country", true, 2, { choices: [country] }),
    ...syncOptionFields(facts)
      .filter(({ name }) => name !== "taxId" || taxIdCountries.has(country))
      .map(({ name, label, required, lengthMin, lengthMax, suffix, hint }) =>
        field(`syncOptions.${name}`, label, required || name === "taxId", lengthMax, {
          lengthMin,
          suffix,
          hint
        })
      )
  ]
}

/** A form as somebody filled it in; null: left empty. */
export interface CustomerForm extends Pick<Account, "name" | "address" | "taxId" | "language"> {
  readonly email: string | null
  readonly phone: string | null
  readonly contact: string | null
  readonly options: SyncOptionValues
  readonly mode: SyncMode
}

/** What could not be asked of Partner Center just now. */
export type Unchecked = "countryRules" | "domain" | "address"

export interface FormVerdict {
  /** Each by the field that is to be changed; none: the customer can be made. */
  readonly problems: ReadonlyArray<FieldProblem>
  /** The whole domain; null while there is no usable prefix. */
  readonly domain: string | null
  /** Prefixes that are free, where the one that was given is not, or none was given. */
  readonly suggestions: ReadonlyArray<string>
  /** What Microsoft says of the address; null where it was not asked. */
  readonly address: AddressVerdict | null
  readonly unchecked: ReadonlyArray<Unchecked>
}

const isEmail = Schema.is(Email)
const isPhone = Schema.is(Phone)

/**
 * Whether a customer can be made like this, below `above`, the nearest first: every field, Microsoft's rules of the
 * country, whether the domain is free, and what Microsoft makes of the address, in one call. Nothing is kept.
 */
export const validateCustomerForm = Effect.fn("validateCustomerForm")(function* (
  instance: Instance,
  above: ReadonlyArray<Account>,
  form: CustomerForm
) {
  const vendor = yield* VendorTenants
  const of = yield* syncOptionFactsOf(instance, above)
  const mode = purchaseModeOf("customer", above[0]?.kind ?? null)
  const known: Omit<TenantFacts, "rules"> = {
    account: form,
    contact: form.contact === null ? null : { name: form.contact },
    mode,
    buyerAddress: above[0]?.address ?? null,
    options: form.options,
    of
  }
  const address = addressOf(known)
  const unchecked: Array<Unchecked> = []
  /** Partner Center's answer; what it does not say now is named, and keeps nobody from going on. */
  const asked = <A, E, R>(what: Unchecked, question: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.result(question), (answer) => {
      if (Result.isSuccess(answer)) return answer.success
      unchecked.push(what)
      return undefined
    })
  const rules =
    address === null
      ? undefined
      : yield* asked("countryRules", countryRulesOf(instance, address.country))
  const problems: Array<FieldProblem> = []
  const add = (field: string, problem: string) => {
    if (!problems.some((one) => one.field === field)) problems.push({ field, problem })
  }
  if (form.email !== null && !isEmail(form.email))
    add("email", "an e-mail address is needed, such as office@contoso.example")
  if (form.phone !== null && !isPhone(form.phone))
    add("phone", "a phone number is needed: digits, spaces and ()./- with an optional + in front")
  const found =
    form.mode === "create"
      ? prerequisiteProblems({ ...known, rules })
      : [
          ...(form.name.trim() === ""
            ? [{ field: "name", problem: "a company name is needed" }]
            : []),
          ...syncOptionProblems(form.options, of)
        ]
  for (const { field, problem } of found)
    add(optionNames.has(field) ? `syncOptions.${field}` : field, problem)

  const wished = form.options.domainPrefix
  const prefix = wished === null ? undefined : prefixOf(instance.cloud, wished)
  const isUsable =
    form.mode === "create"
      ? prefixProblem(prefix) === undefined
      : wished !== null && isDomainOption(wished)
  const domain = wished !== null && isUsable ? domainOf(instance.cloud, wished) : null
  let suggestions: ReadonlyArray<string> = []
  if (form.mode === "create") {
    const isTaken =
      domain !== null && (yield* asked("domain", vendor.isDomainTaken(instance, domain)))
    if (isTaken === true)
      add("syncOptions.domainPrefix", `${domain} is used already, here or under another partner`)
    if (isTaken === true || domain === null)
      suggestions =
        (yield* asked(
          "domain",
          freePrefixes(instance, prefix ?? null, form.name, address?.country ?? null)
        )) ?? []
  } else if (domain !== null) {
    const owner = yield* asked("domain", vendor.tenantOf(instance, domain))
    if (owner === null) add("syncOptions.domainPrefix", `no tenant has the domain ${domain}`)
  }
  const verdict =
    form.mode === "create" &&
    address !== null &&
    !problems.some(({ field }) => field.startsWith("address"))
      ? yield* asked("address", vendor.validateAddress(instance, address))
      : undefined
  const answer: FormVerdict = {
    problems,
    domain,
    suggestions,
    address: verdict ?? null,
    unchecked: [...new Set(unchecked)]
  }
  return answer
})

const optionNames: ReadonlySet<string> = new Set(["userName", "domainPrefix", "mpnId", "taxId"])
