import type { Reading } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"

/** What is read again after a price group was changed. */
export const priceGroupReadings: ReadonlyArray<Reading> = [
  "GET /v1/pricegroups",
  "GET /v1/pricegroups/:id",
  "GET /v1/pricegroups/:id/products",
  "GET /v1/pricelists/:id/preview"
]

/** What the address of the groups says. */
export interface PriceGroupsSearch extends ListSearch {
  readonly instance?: string | undefined
  readonly do?: "make" | undefined
}
export const priceGroupsSearch = (raw: RawSearch): PriceGroupsSearch => ({
  ...listSearch(raw),
  instance: textIn(raw, "instance"),
  do: nameIn(raw, "do", { make: 1 })
})
