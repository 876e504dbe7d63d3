import type { Item } from "../../api/Operations.ts"
import {
  flagIn,
  type ListSearch,
  listSearch,
  nameIn,
  type RawSearch,
  textIn
} from "../../frame/search.ts"

export type Account = Item<"GET /v1/accounts">

export const kindNames: Record<Account["kind"], string> = {
  organisation: "Organisation",
  reseller: "Reseller",
  customer: "Customer",
  affiliate: "Affiliate"
}

export const kindOf = (text: string | null): Account["kind"] | undefined =>
  nameIn({ text }, "text", kindNames)
export const activeOf = (text: string | null) => flagIn({ text }, "text")

/** What the address of the list says. */
export interface AccountsSearch extends ListSearch {
  readonly kind?: Account["kind"] | undefined
  readonly parent?: string | undefined
  readonly active?: "true" | "false" | undefined
}

export const accountsSearch = (raw: RawSearch): AccountsSearch => ({
  ...listSearch(raw),
  kind: nameIn(raw, "kind", kindNames),
  parent: textIn(raw, "parent"),
  active: flagIn(raw, "active")
})
