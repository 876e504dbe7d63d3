import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type RawSearch, textIn } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type CatalogueRun = Item<"GET /v1/catalogue/runs">

export const catalogueTone: Record<CatalogueRun["status"], Tone> = {
  queued: "busy",
  running: "busy",
  completed: "good",
  incomplete: "warning",
  failed: "bad",
  cancelled: "neutral"
}

export const isReading = ({ status }: Pick<CatalogueRun, "status">): boolean =>
  status === "queued" || status === "running"

const readingEveryMs = 3_000
export const readingEvery = (runs: ReadonlyArray<CatalogueRun> | undefined): number | false =>
  runs?.some(isReading) ? readingEveryMs : false

/** The newest catalogue runs. */
export const useCatalogueRuns = ({
  enabled = true,
  cursor,
  instance
}: {
  readonly enabled?: boolean
  readonly cursor?: string | undefined
  readonly instance?: string | undefined
} = {}) =>
  useRead(
    "GET /v1/catalogue/runs",
    {
      query: {
        ...(cursor === undefined ? {} : { cursor }),
        ...(instance === undefined ? {} : { instance })
      }
    },
    { enabled, everyMs: (page) => readingEvery(page?.items) }
  )

/** What the address of the list says. */
export interface CatalogueSearch {
  readonly instance?: string | undefined
  readonly cursor?: string | undefined
}

export const catalogueSearch = (raw: RawSearch): CatalogueSearch => ({
  instance: textIn(raw, "instance"),
  cursor: textIn(raw, "cursor")
})
