import type { Item } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Mail = Item<"GET /v1/outbox">

export const mailTone: Record<Mail["status"], Tone> = {
  queued: "busy",
  kept: "neutral",
  sent: "good",
  failed: "bad"
}

export interface OutboxSearch extends ListSearch {
  readonly status?: Mail["status"] | undefined
  readonly account?: string | undefined
}

export const outboxSearch = (raw: RawSearch): OutboxSearch => ({
  ...listSearch(raw),
  status: nameIn(raw, "status", mailTone),
  account: textIn(raw, "account")
})
