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

/**
 * A mail as a page of its own: nothing of it runs, and nothing is fetched for it. The frame that it is put in has no
 * rights either; each of the two would do.
 */
export const framed = (html: string): string =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"><meta name="color-scheme" content="light">${html}`
