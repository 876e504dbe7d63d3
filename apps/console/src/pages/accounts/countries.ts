import { countryCodes } from "@concordat/core/instance/countries"
import { matcherOf } from "@concordat/core/tenant/pattern"
import type { Answer } from "../../api/Operations.ts"

/** A field of the form of a new customer, as a country asks for it. */
export type FieldRule = Answer<"GET /v1/customerforms">["fields"][number]

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
