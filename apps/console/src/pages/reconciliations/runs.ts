import type { FindingKind, MovedBy } from "@concordat/core/reconciliation/Finding"
import type { Item } from "../../api/Operations.ts"
import { flagIn, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import { movers } from "../../show/tone.ts"

export type Run = Item<"GET /v1/reconciliations">
export type ReportRow = Item<"GET /v1/reconciliations/:id/rows">
export type Finding = ReportRow["findings"][number]

/** How soon a page looks again at a run that is under way, where no event has told. */
const runningEveryMs = 3_000

export const isUnderWay = ({ status }: Pick<Run, "status">): boolean =>
  status === "queued" || status === "listing" || status === "observing" || status === "comparing"

export const everyOf = (runs: ReadonlyArray<Run> | undefined): number | false =>
  runs?.some(isUnderWay) ? runningEveryMs : false

export const hasReport = ({ status }: Pick<Run, "status">): boolean =>
  status === "completed" || status === "incomplete"

/** What the address of a report says: which rows are shown. */
export interface RowsSearch {
  readonly kind?: FindingKind | undefined
  readonly movedBy?: MovedBy | undefined
  readonly account?: string | undefined
  readonly q?: string | undefined
  /** All rows too, not only those with findings. */
  readonly all?: "true" | "false" | undefined
  readonly cursor?: string | undefined
}

// Each kind once, so that an address with another is not asked of the API.
const kinds: Record<FindingKind, true> = {
  "not-found": true,
  "only-in-partner-center": true,
  quantity: true,
  status: true,
  "suspended-still-billed": true,
  expired: true,
  offer: true,
  "billing-cycle": true,
  term: true,
  "auto-renew": true,
  "paid-extension": true,
  "commitment-end": true,
  "scheduled-change-missing": true,
  "scheduled-change-different": true,
  "scheduled-change-wiped": true,
  "scheduled-change-unexpected": true,
  "partner-of-record-empty": true,
  "partner-of-record-different": true,
  "partner-of-record-not-allowed": true,
  "duplicate-mapping": true,
  "duplicate-subscription": true,
  "wrong-tenant": true,
  "wrong-instance": true,
  parent: true,
  "trial-became-paid": true,
  "order-not-arrived": true,
  "friendly-name": true,
  price: true
}

export const kindOf = (text: string | null): FindingKind | undefined =>
  nameIn({ text }, "text", kinds)
export const moverOf = (text: string | null): MovedBy | undefined =>
  nameIn({ text }, "text", movers)

export const rowsSearch = (raw: RawSearch): RowsSearch => ({
  kind: nameIn(raw, "kind", kinds),
  movedBy: nameIn(raw, "movedBy", movers),
  account: textIn(raw, "account"),
  q: textIn(raw, "q"),
  all: flagIn(raw, "all"),
  cursor: textIn(raw, "cursor")
})

/** The filter of the address as the API takes it: the same for the rows that are shown and those that are exported. */
export const filterOf = ({ account, all, kind, movedBy, q }: RowsSearch) => ({
  ...(account === undefined ? {} : { account }),
  ...(kind === undefined ? {} : { kind }),
  ...(movedBy === undefined ? {} : { movedBy }),
  ...(q === undefined ? {} : { q }),
  onlyFindings: all === "true" ? ("false" as const) : ("true" as const)
})

/** By which a row is found again in its report. */
export const rowIdOf = ({ subscriptionId, microsoftId, tenantId }: ReportRow): string =>
  subscriptionId ?? microsoftId ?? tenantId
