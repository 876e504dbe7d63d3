import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, parameter } from "./Call.ts"

interface CountryRule {
  readonly culture: string
  readonly languages: ReadonlyArray<string>
  readonly postalCode: string
  readonly callingCode: string
  /** How a VAT id looks; undefined where Microsoft takes none. */
  readonly vat?: readonly [format: string, regex: string]
  readonly states?: ReadonlyArray<string>
}

const rule = (
  culture: string,
  postalCode: string,
  callingCode: string,
  vat?: CountryRule["vat"],
  states?: ReadonlyArray<string>
): CountryRule => ({
  culture,
  languages: [...new Set(["en", culture.slice(0, 2)])],
  postalCode,
  callingCode,
  ...(vat === undefined ? {} : { vat }),
  ...(states === undefined ? {} : { states })
})

/** Countries that the simulator knows. The expressions are simpler than Microsoft's. */
const rules: Readonly<Record<string, CountryRule>> = {
  AT: rule("de-AT", "^[0-9]{4}$", "43", ["ATU########", "^ATU[0-9]{8}$"]),
  BE: rule("nl-BE", "^[0-9]{4}$", "32", ["BE##########", "^BE[0-9]{10}$"]),
  CH: rule("de-CH", "^[0-9]{4}$", "41"),
  DE: rule("de-DE", "^[0-9]{5}$", "49", ["DE#########", "^DE[0-9]{9}$"]),
  DK: rule("da-DK", "^[0-9]{4}$", "45", ["DK########", "^DK[0-9]{8}$"]),
  ES: rule("es-ES", "^[0-9]{5}$", "34", ["ESX########", "^ES[A-Z0-9][0-9]{7}[A-Z0-9]$"]),
  FR: rule("fr-FR", "^[0-9]{5}$", "33", ["FRXX#########", "^FR[A-Z0-9]{2}[0-9]{9}$"]),
  GB: rule("en-GB", "^[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?[0-9][A-Za-z]{2}$", "44", [
    "GB#########",
    "^GB[0-9]{9}([0-9]{3})?$"
  ]),
  GR: rule("el-GR", "^[0-9]{3} ?[0-9]{2}$", "30", ["EL#########", "^EL[0-9]{9}$"]),
  IT: rule("it-IT", "^[0-9]{5}$", "39", ["IT###########", "^IT[0-9]{11}$"]),
  NL: rule("nl-NL", "^[0-9]{4} ?[A-Za-z]{2}$", "31", ["NL#########B##", "^NL[0-9]{9}B[0-9]{2}$"]),
  PL: rule("pl-PL", "^[0-9]{2}-?[0-9]{3}$", "48", ["PL##########", "^PL[0-9]{10}$"]),
  SE: rule("sv-SE", "^[0-9]{3} ?[0-9]{2}$", "46", ["SE############", "^SE[0-9]{12}$"]),
  CN: rule("zh-CN", "^[0-9]{6}$", "86", undefined, ["BJ", "GD", "JS", "SC", "SH", "SN", "ZJ"]),
  US: rule("en-US", "^[0-9]{5}(-[0-9]{4})?$", "1", undefined, ["CA", "FL", "NY", "TX", "WA"])
}

/** GET /v1/countryvalidationrules/{ISO2} */
export const getCountryRules = (call: Call): Answer => {
  const iso2Code = parameter(call, 0).toUpperCase()
  const known = rules[iso2Code]
  if (known === undefined)
    throw new Refusal(standardError(404, 404, `No rules for country ${iso2Code.slice(0, 8)}.`))
  const { culture, languages, postalCode, callingCode, vat, states } = known
  return json({
    iso2Code,
    defaultCulture: culture,
    isStateRequired: states !== undefined,
    supportedStatesList: states ?? [],
    supportedLanguagesList: languages,
    supportedCulturesList: [...new Set([culture, "en-US"])],
    isPostalCodeRequired: true,
    postalCodeRegex: postalCode,
    isCityRequired: true,
    isVatIdSupported: vat !== undefined,
    taxIdFormat: vat?.[0],
    vatIdRegex: vat?.[1],
    phoneNumberRegex: "^[0-9]{1,15}$",
    isTaxIdSupported: false,
    isTaxIdOptional: vat !== undefined,
    countryCallingCodesList: [callingCode]
  })
}
