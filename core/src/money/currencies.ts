import { BigDecimal } from "effect"
import type { Currency, Money } from "./Money.ts"

/** The digits after the point of a currency's smallest unit, by code (ISO 4217, list one, as of 2026-01-01). */
const minorUnits: ReadonlyMap<string, number> = new Map([
  ...codes(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...codes(
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`
  ),
  ...codes(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...codes(4, "CLF UYW")
])

function codes(digits: number, list: string): ReadonlyArray<readonly [string, number]> {
  return list.split(/\s+/u).map((code) => [code, digits])
}

/** Whether ISO 4217 has the currency: `EUR` is one, `EUX` only looks like one. */
export const isKnownCurrency = (currency: string): boolean => minorUnits.has(currency)

/** Digits after the point of the currency's smallest unit; 2 for one that ISO 4217 does not have. */
export const minorUnitsOf = (currency: Currency): number => minorUnits.get(currency) ?? 2

/** What can be paid: rounded half-even to the currency's smallest unit. */
export const rounded = ({ amount, currency }: Money): Money => ({
  amount: BigDecimal.round(amount, { scale: minorUnitsOf(currency), mode: "half-even" }),
  currency
})
