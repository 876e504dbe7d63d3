import type { Item, Reading } from "../../api/Operations.ts"
import {
  flagIn,
  type ListSearch,
  listSearch,
  nameIn,
  type RawSearch,
  textIn
} from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"
import { termText } from "../reconciliations/values.ts"

export type Product = Item<"GET /v1/catalogue/products">
export type Plan = Product["plans"][number]

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

export const familyNames: Record<Product["family"], string> = {
  license: "Legacy",
  dynamics: "Dynamics",
  azure: "Azure",
  "azure-plan": "Azure plan",
  "azure-reserved-instance": "Azure reserved instances",
  "software-subscription": "Software subscriptions",
  perpetual: "Perpetual software",
  nce: "New commerce"
}

export const segmentNames: Record<Product["segment"], string> = {
  commercial: "Commercial",
  education: "Education",
  nonprofit: "Nonprofit",
  government: "Government"
}

export const chargeTypeNames: Record<Product["chargeType"], string> = {
  "recurring-prepaid": "Recurring, prepaid",
  "pay-per-use": "Pay per use",
  "one-time": "Once"
}

export const cycleNames: Record<Plan["billingCycle"], string> = {
  none: "not billed",
  one_time: "once",
  monthly: "monthly",
  annual: "annual",
  triennial: "every three years"
}

export const planText = ({
  billingCycle,
  term
}: {
  readonly billingCycle: Plan["billingCycle"]
  readonly term: string | null
}): string => `${termText(term)}, ${cycleNames[billingCycle]}`

type FieldChange = Product["changes"][number]

const shownValue = (value: FieldChange["before"]): string => {
  const text = typeof value === "object" ? (value?.join(", ") ?? "") : String(value)
  return text === "" ? "–" : text
}

/** A change as people read it: the field, before and after. */
export const changeText = ({ after, before, field }: FieldChange): string =>
  `${field}: ${shownValue(before)} → ${shownValue(after)}`

/** What is read again after a product was changed. */
export const productReadings: ReadonlyArray<Reading> = [
  "GET /v1/catalogue/products",
  "GET /v1/catalogue/products/:id",
  "GET /v1/pricelists/:id/preview"
]

/** What the address of the list says. */
export interface ProductsSearch extends ListSearch {
  readonly instance?: string | undefined
  readonly family?: Product["family"] | undefined
  readonly status?: Product["status"] | undefined
  readonly published?: "true" | "false" | undefined
}

export const productsSearch = (raw: RawSearch): ProductsSearch => ({
  ...listSearch(raw),
  instance: textIn(raw, "instance"),
  family: nameIn(raw, "family", familyNames),
  status: nameIn(raw, "status", statusNames),
  published: flagIn(raw, "published")
})

/** What a product's page shows besides. */
export const productSections = {
  product: "Product",
  sold: "Where it is sold",
  prices: "Microsoft's prices"
} as const

export interface ProductSearch {
  readonly show?: keyof typeof productSections | undefined
  readonly market?: string | undefined
  readonly history?: "true" | "false" | undefined
  readonly cursor?: string | undefined
}
export const productSearch = (raw: RawSearch): ProductSearch => ({
  show: nameIn(raw, "show", productSections),
  market: textIn(raw, "market"),
  history: flagIn(raw, "history"),
  cursor: textIn(raw, "cursor")
})

/** What the address of the product types says. */
export interface ProductTypesSearch {
  readonly instance?: string | undefined
  readonly edit?: string | undefined
  readonly cursor?: string | undefined
}
export const productTypesSearch = (raw: RawSearch): ProductTypesSearch => ({
  instance: textIn(raw, "instance"),
  edit: textIn(raw, "edit"),
  cursor: textIn(raw, "cursor")
})
