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

export type Acceptance = Item<"GET /v1/agreements">

export const acceptanceTone: Record<Acceptance["status"], Tone> = {
  waiting: "busy",
  pending: "busy",
  sent: "good",
  already: "good",
  failed: "bad"
}

export interface AgreementsSearch extends ListSearch {
  readonly account?: string | undefined
  readonly instance?: string | undefined
  /** When it was confirmed, as ISO 8601: from this instant on, and before that one. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The ids of the columns, with commas between them; absent: those that are shown at first. */
  readonly columns?: string | undefined
  readonly status?: Acceptance["status"] | undefined
}

export const agreementsSearch = (raw: RawSearch): AgreementsSearch => ({
  ...listSearch(raw),
  account: textIn(raw, "account"),
  instance: textIn(raw, "instance"),
  from: instantIn(raw, "from"),
  to: instantIn(raw, "to"),
  columns: textIn(raw, "columns"),
  status: nameIn(raw, "status", acceptanceTone)
})

export const statusNames: Record<Acceptance["status"], string> = {
  waiting: "Waiting for the tenant",
  pending: "Pending",
  sent: "Sent",
  already: "Microsoft had one",
  failed: "Failed"
}

/** How often an acceptance that is on its way is looked at. */
const pendingEveryMs = 5_000

export const everyOf = (items: ReadonlyArray<Acceptance> | undefined): number | false =>
  items?.some(({ status }) => status === "pending") ? pendingEveryMs : false
