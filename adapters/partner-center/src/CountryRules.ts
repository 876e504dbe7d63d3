import { reading } from "./read.ts"
import { WireCountryRules } from "./wire/CountryRules.ts"

/** "Get address formatting rules by market"; the country by its two letters. */
export const getCountryRules = reading(
  "getCountryRules",
  WireCountryRules,
  (country: string) => `/v1/countryvalidationrules/${encodeURIComponent(country.toUpperCase())}`
)
