import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"

/** Whose subscriptions are protected. */
export const scopeNames = {
  account: "An account and all below it",
  product: "A product",
  all: "Every subscription"
} as const

export interface PriceProtectionsSearch {
  readonly instance?: string | undefined
  readonly scope?: keyof typeof scopeNames | undefined
  readonly account?: string | undefined
  readonly offer?: string | undefined
  readonly months?: string | undefined
}
export const priceProtectionsSearch = (raw: RawSearch): PriceProtectionsSearch => ({
  instance: textIn(raw, "instance"),
  scope: nameIn(raw, "scope", scopeNames),
  account: textIn(raw, "account"),
  offer: textIn(raw, "offer"),
  months: textIn(raw, "months")
})
