import type { Item, Reading } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"

export type PriceList = Item<"GET /v1/pricelists">
export type Entry = Item<"GET /v1/pricelists/:id/entries">
export type PriceGroup = Item<"GET /v1/pricegroups">

export const ruleNames: Record<Entry["rule"]["kind"], string> = {
  fixed: "Fixed price",
  margin: "Margin %",
  markup: "Markup %",
  discount: "Discount %"
}

/** What is read again after a price list or its rules were changed. */
export const priceListReadings: ReadonlyArray<Reading> = [
  "GET /v1/pricelists",
  "GET /v1/pricelists/:id",
  "GET /v1/pricelists/:id/entries",
  "GET /v1/pricelists/:id/preview"
]

/** What the address of the lists says. */
export interface PriceListsSearch extends ListSearch {
  readonly instance?: string | undefined
  readonly do?: "make" | undefined
}
export const priceListsSearch = (raw: RawSearch): PriceListsSearch => ({
  ...listSearch(raw),
  instance: textIn(raw, "instance"),
  do: nameIn(raw, "do", { make: 1 })
})

/** What a price list's page shows. */
export const sectionNames = {
  entries: "Rules",
  accounts: "Accounts",
  preview: "Preview as a customer",
  settings: "Settings"
} as const

export interface PriceListSearch {
  readonly show?: keyof typeof sectionNames | undefined
  readonly account?: string | undefined
  readonly q?: string | undefined
  /** A day, for the preview. */
  readonly at?: string | undefined
  readonly cursor?: string | undefined
}

export const priceListSearch = (raw: RawSearch): PriceListSearch => ({
  show: nameIn(raw, "show", sectionNames),
  account: textIn(raw, "account"),
  q: textIn(raw, "q"),
  at: dayIn(raw, "at"),
  cursor: textIn(raw, "cursor")
})

const dayIn = (raw: RawSearch, key: string): string | undefined => {
  const day = textIn(raw, key)
  return day !== undefined && /^\d{4}-\d\d-\d\d$/u.test(day) ? day : undefined
}
