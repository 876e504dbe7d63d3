import { type Market, marketOf } from "../catalogue/markets.ts"
import { type Locale, localeOf } from "../catalogue/translate.ts"
import { Refusal, standardError } from "./Answer.ts"
import { type Call, customerOfCall, invalidProperty } from "./Call.ts"

/** Where and for whom a catalogue is read. */
export interface Audience {
  readonly market: Market
  readonly locale: Locale
  /** Path before the collection; empty when the catalogue is read by country. */
  readonly owner: string
  /** What the address of a collection adds; empty by customer, whose country is known. */
  readonly ownQuery: string
  /** What links to single resources add: they are by country in either case. */
  readonly countryQuery: string
  /** Placeholders after the customer's. */
  readonly parameters: ReadonlyArray<string>
}

/** By country: the query has to name one. */
export const byCountry = (call: Call): Audience => {
  const country = call.query.get("country")
  if (country === undefined || country === "") throw new Refusal(invalidProperty("country"))
  return audience(call, country, "", call.parameters)
}

/** By customer: the country is that of the customer. */
export const byCustomer = (call: Call): Audience => {
  const { id, place } = customerOfCall(call)
  return audience(call, place.country, `/customers/${id}`, call.parameters.slice(1))
}

const audience = (
  call: Call,
  country: string,
  owner: string,
  parameters: ReadonlyArray<string>
): Audience => {
  const market = marketOf(country)
  if (market === undefined)
    throw new Refusal(
      standardError(400, 800070, `Country ${country.slice(0, 8)} is not valid.`, ["country"])
    )
  const locale = localeOf(call.headers["x-locale"])
  const countryQuery = `country=${market.country}`
  return {
    market,
    locale,
    owner,
    ownQuery: owner === "" ? countryQuery : "",
    countryQuery,
    parameters
  }
}

/** An address with those parts of a query that are not empty. */
export const address = (path: string, ...query: ReadonlyArray<string>): string => {
  const given = query.filter((part) => part !== "")
  return given.length === 0 ? path : `${path}?${given.join("&")}`
}
