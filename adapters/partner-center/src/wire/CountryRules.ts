import { Schema } from "effect"
import { maybe } from "./values.ts"

/** CountryValidationRules, as the service sends them; the page's own sample is older. */
export const WireCountryRules = Schema.Struct({
  iso2Code: Schema.String,
  defaultCulture: maybe(Schema.String),
  isStateRequired: maybe(Schema.Boolean),
  supportedStatesList: maybe(Schema.Array(Schema.String)),
  supportedLanguagesList: maybe(Schema.Array(Schema.String)),
  supportedCulturesList: maybe(Schema.Array(Schema.String)),
  isPostalCodeRequired: maybe(Schema.Boolean),
  postalCodeRegex: maybe(Schema.String),
  isCityRequired: maybe(Schema.Boolean),
  isVatIdSupported: maybe(Schema.Boolean),
  vatIdRegex: maybe(Schema.String),
  taxIdFormat: maybe(Schema.String),
  isTaxIdSupported: maybe(Schema.Boolean),
  isTaxIdOptional: maybe(Schema.Boolean),
  phoneNumberRegex: maybe(Schema.String),
  countryCallingCodesList: maybe(Schema.Array(Schema.String))
})
