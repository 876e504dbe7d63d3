/** What prices and texts of a country are in. */
export interface Market {
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly currency: string
  readonly symbol: string
  /** One euro in it, in per cent. Invented and fixed: the simulator has no exchange rates. */
  readonly rate: number
}

const market = (country: string, currency: string, symbol: string, rate: number): Market => ({
  country,
  currency,
  symbol,
  rate
})

const all: ReadonlyArray<Market> = [
  market("AT", "EUR", "€", 100),
  market("BE", "EUR", "€", 100),
  market("CH", "CHF", "CHF", 94),
  market("DE", "EUR", "€", 100),
  market("DK", "DKK", "kr.", 746),
  market("ES", "EUR", "€", 100),
  market("FR", "EUR", "€", 100),
  market("GB", "GBP", "£", 86),
  market("GR", "EUR", "€", 100),
  market("IT", "EUR", "€", 100),
  market("NL", "EUR", "€", 100),
  market("PL", "EUR", "€", 100),
  market("SE", "SEK", "kr", 1130),
  market("US", "USD", "$", 108)
]

/** Countries in which the simulated Partner Center sells. */
export const countries: ReadonlyArray<string> = all.map(({ country }) => country)

const byCountry: ReadonlyMap<string, Market> = new Map(all.map((one) => [one.country, one]))

/** The market of a country, in any case. */
export const marketOf = (country: string): Market | undefined =>
  byCountry.get(country.toUpperCase())
