import { azurePlans, reservations } from "./azure.ts"
import type { Item, LegacyOffer, Product, Segment, Sku } from "./Item.ts"
import { legacyOffers } from "./legacyOffers.ts"
import { legacyProducts, onlineServices, type Stock } from "./onlineServices.ts"
import { software } from "./software.ts"

/** Everything that is sold in one month. Never changed in place. */
export interface Month {
  /** Months since the year 0. */
  readonly number: number
  readonly offers: ReadonlyArray<LegacyOffer>
  readonly stocks: ReadonlyArray<Stock>
}

/** The month of an instant. */
export const monthOf = (at: number): number => {
  const date = new Date(at)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** As `2026-11`. */
export const textOf = (month: number): string =>
  `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`

/** Its first instant. */
export const startOf = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12, 1)

/** The catalogue with which a world begins. */
export const firstMonth = (seed: string, number: number): Month => {
  const offers = legacyOffers(seed)
  return {
    number,
    offers,
    stocks: [
      ...onlineServices(seed),
      ...legacyProducts(offers),
      ...azurePlans,
      ...reservations(seed),
      ...software(seed)
    ]
  }
}

export const skusIn = ({ stocks }: Month): ReadonlyArray<Sku> => stocks.flatMap(({ skus }) => skus)

/** Products of which legacy commerce sells the same under ids of its own. */
export const isLegacyProduct = ({ id }: Pick<Product, "id">): boolean => id.includes("-")

export const isSoldIn = (item: Item, country: string, segment?: Segment): boolean =>
  item.countries.includes(country) && (segment === undefined || item.segments.includes(segment))
