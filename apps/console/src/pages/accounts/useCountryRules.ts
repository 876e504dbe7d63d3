import { countryCodes } from "@concordat/core/instance/countries"
import { useRead } from "../../api/hooks.ts"
import type { FieldRule } from "./countries.ts"

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
