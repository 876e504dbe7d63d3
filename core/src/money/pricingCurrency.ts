import { Currency } from "./Money.ts"

/**
 * The currency in which Microsoft prices a country's catalogue ("Microsoft's list of supported currencies" of the
 * partner price lists): its own where there are prices in it, else US dollars.
 */
export const pricingCurrencyOf = (country: string): Currency =>
  Currency.make(byCountry.get(country) ?? "USD")

const byCountry: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EUR: `AD AT AX BE BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM VA
      XK YT`,
    AUD: "AU CC CX HM KI NF NR TV",
    BRL: "BR",
    CAD: "CA",
    CHF: "CH LI",
    CNY: "CN",
    DKK: "DK FO GL",
    GBP: "GB GG IM JE",
    INR: "IN",
    JPY: "JP",
    KRW: "KR",
    NOK: "NO SJ",
    NZD: "CK NU NZ PN TK",
    SEK: "SE",
    TWD: "TW"
  }).flatMap(([currency, countries]) =>
    countries.split(/\s+/u).map((country): readonly [string, string] => [country, currency])
  )
)
