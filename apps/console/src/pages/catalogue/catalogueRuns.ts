import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"
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
  readonly do?: "read" | undefined
  readonly instance?: string | undefined
  readonly cursor?: string | undefined
}

export const catalogueSearch = (raw: RawSearch): CatalogueSearch => ({
  do: nameIn(raw, "do", { read: 1 }),
  instance: textIn(raw, "instance"),
  cursor: textIn(raw, "cursor")
})

export type CatalogueChange = Item<"GET /v1/catalogue/runs/:id/changes">

export const changeNames: Record<CatalogueChange["status"], string> = {
  new: "New",
  changed: "Changed",
  discontinued: "Discontinued"
}
export const changeTone: Record<CatalogueChange["status"], Tone> = {
  new: "good",
  changed: "busy",
  discontinued: "warning"
}

/** What a run's page shows: what it changed, or its log. */
export const runSections = { changes: "What changed", log: "Log" } as const

export interface CatalogueRunSearch {
  readonly show?: keyof typeof runSections | undefined
  readonly status?: CatalogueChange["status"] | undefined
  readonly cursor?: string | undefined
}
export const catalogueRunSearch = (raw: RawSearch): CatalogueRunSearch => ({
  show: nameIn(raw, "show", runSections),
  status: nameIn(raw, "status", changeNames),
  cursor: textIn(raw, "cursor")
})
