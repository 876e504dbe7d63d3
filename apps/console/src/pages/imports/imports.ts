import type { Item } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Import = Item<"GET /v1/imports">
export type ImportCustomer = Item<"GET /v1/imports/:id/customers">

export const importTone: Record<Import["status"], Tone> = {
  queued: "busy",
  reading: "busy",
  ready: "good",
  importing: "busy",
  failed: "bad",
  cancelled: "neutral"
}

export const customerTone: Record<ImportCustomer["status"], Tone> = {
  pending: "neutral",
  new: "neutral",
  linked: "good",
  mapped: "good",
  waiting: "busy",
  imported: "good",
  incomplete: "warning",
  failed: "bad"
}

export const isImporting = ({ status }: Pick<Import, "status">): boolean =>
  status === "queued" || status === "reading" || status === "importing"

const importEveryMs = 3_000
export const importEvery = (imports: ReadonlyArray<Import> | undefined): number | false =>
  imports?.some(isImporting) ? importEveryMs : false

/** What the address of an import says: which customers are shown. */
export interface CustomersSearch extends ListSearch {
  readonly status?: ImportCustomer["status"] | undefined
  readonly reseller?: string | undefined
}

export const customersSearch = (raw: RawSearch): CustomersSearch => ({
  ...listSearch(raw),
  status: nameIn(raw, "status", customerTone),
  reseller: textIn(raw, "reseller")
})
