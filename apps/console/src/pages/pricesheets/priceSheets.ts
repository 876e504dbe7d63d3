import type { Item } from "../../api/Operations.ts"
import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type PriceSheet = Item<"GET /v1/catalogue/pricesheets">

export const sheetTone: Record<PriceSheet["status"], Tone> = {
  queued: "busy",
  reading: "busy",
  staged: "busy",
  completed: "good",
  refused: "bad",
  failed: "bad"
}

export const timelineNames: Record<PriceSheet["timeline"], string> = {
  current: "Current",
  history: "History",
  future: "Future"
}

export const isComing = ({ status }: Pick<PriceSheet, "status">): boolean =>
  status === "queued" || status === "reading" || status === "staged"

const comingEveryMs = 2_000
export const comingEvery = (sheets: ReadonlyArray<PriceSheet> | undefined): number | false =>
  sheets?.some(isComing) ? comingEveryMs : false

/** What the address of the list says. */
export interface PriceSheetsSearch {
  readonly instance?: string | undefined
  readonly do?: "upload" | "download" | undefined
  readonly cursor?: string | undefined
}
export const priceSheetsSearch = (raw: RawSearch): PriceSheetsSearch => ({
  instance: textIn(raw, "instance"),
  do: nameIn(raw, "do", { upload: 1, download: 1 }),
  cursor: textIn(raw, "cursor")
})
