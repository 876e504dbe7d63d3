import { countryCodes } from "@concordat/core/instance/countries"
import { matcherOf } from "@concordat/core/tenant/pattern"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"

type Rules = Answer<"GET /v1/customerforms">
export type FieldRule = Rules["fields"][number]

/** What a country asks of the customers there, by the names of the fields; undefined while that is not known. */
export interface CountryRules {
  readonly isServed: boolean
  readonly of: (name: string) => FieldRule | undefined
}

/** Microsoft's rules for customers of a country, as soon as both are chosen; `parent` is the account above. */
export const useCountryRules = (
  instance: string | null,
  country: string,
  parent: string | null
): CountryRules | undefined => {
  const isChosen = instance !== null && countryCodes.includes(country)
  const { data } = useRead(
    "GET /v1/customerforms",
    {
      query: { instance: instance ?? "", country, ...(parent === null ? {} : { parent }) }
    },
    { enabled: isChosen }
  )
  // While the next country's rules are on their way, those of the last one are not its own.
  if (!isChosen || data?.country !== country || data.instance !== instance) return undefined
  const byName = new Map(data.fields.map((field) => [field.name, field]))
  return { isServed: data.isServed, of: (name) => byName.get(name) }
}

/**
 * Whether a text fits Microsoft's pattern, as it is or in digits only, with or without what stands before the number.
 * A pattern that cannot be tried is no rule. The API decides when the tenant is made; this says it while it is typed.
 */
export const fitsRule = (rule: FieldRule | undefined, text: string): boolean => {
  const given = text.trim()
  if (rule === undefined || given === "") return true
  if (rule.choices.length > 0)
    return rule.choices.some((choice) => choice.toLowerCase() === given.toLowerCase())
  const fits = rule.pattern === null ? undefined : matcherOf(rule.pattern)
  return fits === undefined || formsOf(rule.name, given).some(fits)
}

const formsOf = (name: string, given: string): ReadonlyArray<string> => {
  if (name !== "phone") return [given]
  const digits = given.replaceAll(/[^0-9]/gu, "")
  // A calling code has one to three digits.
  const national = given.startsWith("+") ? [1, 2, 3].map((length) => digits.slice(length)) : []
  return [given, digits, `+${digits}`, ...national].filter((form) => form !== "")
}

const names = new Intl.DisplayNames(undefined, { type: "region" })

/** A country's name in the reader's language; its letters where it has none. */
export const countryName = (code: string): string =>
  countryCodes.includes(code) ? (names.of(code) ?? code) : code

/** All countries by their names, for a choice. */
export const countryChoices: ReadonlyArray<{ readonly value: string; readonly label: string }> =
  countryCodes
    .map((value) => ({ value, label: `${countryName(value)} (${value})` }))
    .sort((one, other) => one.label.localeCompare(other.label))
