import type { Item } from "../../api/Operations.ts"
import {
  instantIn,
  type ListSearch,
  listSearch,
  nameIn,
  type RawSearch,
  textIn
} from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Subscription = Item<"GET /v1/subscriptions">
export type Status = Subscription["terms"]["status"]
export type Sort = "name" | "end"

export const statusTone: Record<Status, Tone> = {
  pending: "busy",
  active: "good",
  suspended: "warning",
  expired: "neutral",
  disabled: "neutral",
  deleted: "neutral"
}

export const sortNames: Record<Sort, string> = { name: "Name", end: "End of the commitment" }

/** What the address of the list says. */
export interface SubscriptionsSearch extends ListSearch {
  readonly account?: string | undefined
  readonly instance?: string | undefined
  readonly status?: Status | undefined
  /** Of the commitment's end, as ISO 8601: from this instant on, and before that one. */
  readonly endsFrom?: string | undefined
  readonly endsBefore?: string | undefined
  readonly sort?: Sort | undefined
}

export const subscriptionsSearch = (raw: RawSearch): SubscriptionsSearch => ({
  ...listSearch(raw),
  account: textIn(raw, "account"),
  instance: textIn(raw, "instance"),
  status: nameIn(raw, "status", statusTone),
  endsFrom: instantIn(raw, "endsFrom"),
  endsBefore: instantIn(raw, "endsBefore"),
  sort: nameIn(raw, "sort", sortNames)
})
