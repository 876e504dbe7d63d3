import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"

/** What a price list's page shows. */
export const sectionNames = {
  entries: "Rules",
  accounts: "Accounts",
  preview: "Preview as a customer"
} as const

export interface PriceListSearch {
  readonly show?: keyof typeof sectionNames | undefined
  readonly account?: string | undefined
  readonly cursor?: string | undefined
}

export const priceListSearch = (raw: RawSearch): PriceListSearch => ({
  show: nameIn(raw, "show", sectionNames),
  account: textIn(raw, "account"),
  cursor: textIn(raw, "cursor")
})
