import type { Item } from "../../api/Operations.ts"
import {
  flagIn,
  type ListSearch,
  listSearch,
  nameIn,
  type RawSearch,
  textIn
} from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Product = Item<"GET /v1/catalogue/products">

export const statusNames: Record<Product["status"], string> = {
  new: "New",
  changed: "Changed",
  discontinued: "Discontinued",
  none: "Known"
}

export const statusTone: Record<Product["status"], Tone> = {
  new: "good",
  changed: "busy",
  discontinued: "warning",
  none: "neutral"
}

/** What the address of the list says. */
export interface ProductsSearch extends ListSearch {
  readonly instance?: string | undefined
  readonly status?: Product["status"] | undefined
  readonly published?: "true" | "false" | undefined
}

export const productsSearch = (raw: RawSearch): ProductsSearch => ({
  ...listSearch(raw),
  instance: textIn(raw, "instance"),
  status: nameIn(raw, "status", statusNames),
  published: flagIn(raw, "published")
})
