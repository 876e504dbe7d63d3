import type { Item } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
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
  readonly status?: Acceptance["status"] | undefined
}

export const agreementsSearch = (raw: RawSearch): AgreementsSearch => ({
  ...listSearch(raw),
  account: textIn(raw, "account"),
  status: nameIn(raw, "status", acceptanceTone)
})
