import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, parameter } from "./Call.ts"

export interface CountryRule {
  readonly culture: string
  readonly languages: ReadonlyArray<string>
  /** null where there are no postal codes. */
  readonly postalCode: string | null
  readonly callingCode: string
  /** How a VAT id looks; undefined where Microsoft takes none. */
  readonly vat?: readonly [format: string, regex: string]
  readonly states?: ReadonlyArray<string>
}

const rule = (
  culture: string,
  postalCode: string | null,
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

const digits = (count: number): string => `^[0-9]{${count}}$`

/** Countries that the simulator knows. The expressions are simpler than Microsoft's. */
const rules: Readonly<Record<string, CountryRule>> = {
  AE: rule("ar-AE", null, "971"),
  AM: rule("hy-AM", digits(4), "374"),
  AT: rule("de-AT", digits(4), "43", ["ATU########", "^ATU[0-9]{8}$"]),
  AU: rule("en-AU", digits(4), "61"),
  AZ: rule("az-AZ", "^(AZ ?)?[0-9]{4}$", "994"),
  BE: rule("nl-BE", digits(4), "32", ["BE##########", "^BE[0-9]{10}$"]),
  BG: rule("bg-BG", digits(4), "359", ["BG#########", "^BG[0-9]{9,10}$"]),
  BR: rule("pt-BR", "^[0-9]{5}-?[0-9]{3}$", "55"),
  BY: rule("be-BY", digits(6), "375"),
  CA: rule(
    "en-CA",
    "^[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]$",
    "1",
    undefined,
    "AB BC MB NB NL NS NT NU ON PE QC SK YT".split(" ")
  ),
  CH: rule("de-CH", digits(4), "41"),
  CN: rule(
    "zh-CN",
    digits(6),
    "86",
    undefined,
    "AH BJ CQ FJ GD GS GX GZ HA HB HE HI HL HN JL JS JX LN NM NX QH SC SD SH SN SX TJ XJ XZ YN ZJ".split(
      " "
    )
  ),
  CY: rule("el-CY", digits(4), "357", ["CY########X", "^CY[0-9]{8}[A-Z]$"]),
  CZ: rule("cs-CZ", "^[0-9]{3} ?[0-9]{2}$", "420", ["CZ########", "^CZ[0-9]{8,10}$"]),
  DE: rule("de-DE", digits(5), "49", ["DE#########", "^DE[0-9]{9}$"]),
  DK: rule("da-DK", digits(4), "45", ["DK########", "^DK[0-9]{8}$"]),
  EE: rule("et-EE", digits(5), "372", ["EE#########", "^EE[0-9]{9}$"]),
  ES: rule("es-ES", digits(5), "34", ["ESX########", "^ES[A-Z0-9][0-9]{7}[A-Z0-9]$"]),
  FI: rule("fi-FI", digits(5), "358", ["FI########", "^FI[0-9]{8}$"]),
  FR: rule("fr-FR", digits(5), "33", ["FRXX#########", "^FR[A-Z0-9]{2}[0-9]{9}$"]),
  GB: rule("en-GB", "^[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?[0-9][A-Za-z]{2}$", "44", [
    "GB#########",
    "^GB[0-9]{9}([0-9]{3})?$"
  ]),
  GR: rule("el-GR", "^[0-9]{3} ?[0-9]{2}$", "30", ["EL#########", "^EL[0-9]{9}$"]),
  HR: rule("hr-HR", digits(5), "385", ["HR###########", "^HR[0-9]{11}$"]),
  HU: rule("hu-HU", digits(4), "36", ["HU########", "^HU[0-9]{8}$"]),
  IE: rule("en-IE", null, "353", ["IE#######XX", "^IE[0-9]{7}[A-Z]{1,2}$"]),
  IN: rule("en-IN", digits(6), "91"),
  IQ: rule("ar-IQ", digits(5), "964"),
  IT: rule("it-IT", digits(5), "39", ["IT###########", "^IT[0-9]{11}$"]),
  JP: rule("ja-JP", "^[0-9]{3}-?[0-9]{4}$", "81"),
  KG: rule("ky-KG", digits(6), "996"),
  KZ: rule("kk-KZ", digits(6), "7"),
  LT: rule("lt-LT", "^(LT-)?[0-9]{5}$", "370", ["LT#########", "^LT[0-9]{9,12}$"]),
  LU: rule("fr-LU", digits(4), "352", ["LU########", "^LU[0-9]{8}$"]),
  LV: rule("lv-LV", "^(LV-)?[0-9]{4}$", "371", ["LV###########", "^LV[0-9]{11}$"]),
  MD: rule("ro-MD", "^(MD-?)?[0-9]{4}$", "373"),
  MM: rule("my-MM", digits(5), "95"),
  MX: rule("es-MX", digits(5), "52", undefined, "AGU BCN CMX JAL MEX NLE PUE QUE YUC".split(" ")),
  NL: rule("nl-NL", "^[0-9]{4} ?[A-Za-z]{2}$", "31", ["NL#########B##", "^NL[0-9]{9}B[0-9]{2}$"]),
  NO: rule("nb-NO", digits(4), "47"),
  PL: rule("pl-PL", "^[0-9]{2}-?[0-9]{3}$", "48", ["PL##########", "^PL[0-9]{10}$"]),
  PT: rule("pt-PT", "^[0-9]{4}-[0-9]{3}$", "351", ["PT#########", "^PT[0-9]{9}$"]),
  RO: rule("ro-RO", digits(6), "40", ["RO##########", "^RO[0-9]{2,10}$"]),
  RU: rule("ru-RU", digits(6), "7"),
  SA: rule("ar-SA", digits(5), "966"),
  SE: rule("sv-SE", "^[0-9]{3} ?[0-9]{2}$", "46", ["SE############", "^SE[0-9]{12}$"]),
  SI: rule("sl-SI", digits(4), "386", ["SI########", "^SI[0-9]{8}$"]),
  SK: rule("sk-SK", "^[0-9]{3} ?[0-9]{2}$", "421", ["SK##########", "^SK[0-9]{10}$"]),
  SS: rule("en-SS", null, "211"),
  TH: rule("th-TH", digits(5), "66"),
  TJ: rule("tg-TJ", digits(6), "992"),
  TR: rule("tr-TR", digits(5), "90"),
  UA: rule("uk-UA", digits(5), "380"),
  US: rule(
    "en-US",
    "^[0-9]{5}(-[0-9]{4})?$",
    "1",
    undefined,
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY".split(
      " "
    )
  ),
  UZ: rule("uz-UZ", digits(6), "998"),
  VE: rule("es-VE", digits(4), "58"),
  VN: rule("vi-VN", digits(6), "84"),
  ZA: rule("en-ZA", digits(4), "27")
}

/** Where a customer needs a registration number and a phone number ("Create a customer"). */
const registered = new Set(
  "AE AM AZ BR BY HU IN IQ KG KZ MD MM PL RU SA SS TH TJ TR UA UZ VE VN ZA".split(" ")
)

export const needsRegistrationNumber = (country: string): boolean => registered.has(country)

/** By two letters in any case; undefined for a country without rules, in which there are no customers. */
export const countryRuleOf = (country: string): CountryRule | undefined => {
  const code = country.toUpperCase()
  return Object.hasOwn(rules, code) ? rules[code] : undefined
}

/** Digits, with what people put between them. */
export const phonePattern = "^[0-9]{1,15}$"

/** GET /v1/countryvalidationrules/{ISO2} */
export const getCountryRules = (call: Call): Answer => {
  const iso2Code = parameter(call, 0).toUpperCase()
  const known = countryRuleOf(iso2Code)
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
    isPostalCodeRequired: postalCode !== null,
    postalCodeRegex: postalCode ?? undefined,
    isCityRequired: true,
    isVatIdSupported: vat !== undefined,
    taxIdFormat: vat?.[0],
    vatIdRegex: vat?.[1],
    phoneNumberRegex: phonePattern,
    isTaxIdSupported: needsRegistrationNumber(iso2Code),
    isTaxIdOptional: vat !== undefined,
    countryCallingCodesList: [callingCode]
  })
}
