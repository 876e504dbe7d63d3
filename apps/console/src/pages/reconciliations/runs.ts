import type { FindingKind, MovedBy, Severity } from "@concordat/core/reconciliation/Finding"
import type { RowGrouping, RowSort } from "@concordat/core/reconciliation/Reports"
import type { Answer, Item } from "../../api/Operations.ts"
import { flagIn, instantIn, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import { movers } from "../../show/tone.ts"

export type Run = Item<"GET /v1/reconciliations">
export type ReportRow = Item<"GET /v1/reconciliations/:id/rows">
export type RowDetail = Answer<"GET /v1/reconciliations/:id/rows/:row">
export type Finding = ReportRow["findings"][number]

export type Group = Item<"GET /v1/reconciliations/:id/groups">
export type Grouping = RowGrouping

/** How soon a page looks again at a run that is under way, where no event has told. */
const runningEveryMs = 3_000

export const isUnderWay = ({ status }: Pick<Run, "status">): boolean =>
  status === "queued" || status === "listing" || status === "observing" || status === "comparing"

export const everyOf = (runs: ReadonlyArray<Run> | undefined): number | false =>
  runs?.some(isUnderWay) ? runningEveryMs : false

export const hasReport = ({ status }: Pick<Run, "status">): boolean =>
  status === "completed" || status === "incomplete"

/** What the address of a report says: which rows are shown, and how. */
export interface RowsSearch {
  readonly kind?: FindingKind | undefined
  readonly severity?: Severity | undefined
  /** Of the deadline, as ISO 8601: from this instant on, and before that one. */
  readonly deadlineFrom?: string | undefined
  readonly deadlineBefore?: string | undefined
  readonly sort?: RowSort | undefined
  /** Groups instead of rows. */
  readonly by?: RowGrouping | undefined
  /** The ids of the columns, with commas between them; absent: those that are shown at first. */
  readonly columns?: string | undefined
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

export const severities: Record<Severity, string> = {
  critical: "critical",
  warning: "warning",
  info: "info"
}
export const severityOf = (text: string | null): Severity | undefined =>
  nameIn({ text }, "text", severities)

export const sorts: Record<RowSort, string> = {
  customer: "Customer",
  severity: "Severity",
  atRisk: "Money at risk",
  deadline: "Deadline"
}
export const sortOf = (text: string | null): RowSort | undefined => nameIn({ text }, "text", sorts)

export const groupings: Record<RowGrouping, string> = {
  kind: "Kind",
  account: "Account",
  movedBy: "Moved by",
  deadline: "Deadline"
}
export const groupingOf = (text: string | null): RowGrouping | undefined =>
  nameIn({ text }, "text", groupings)

export const rowsSearch = (raw: RawSearch): RowsSearch => ({
  kind: nameIn(raw, "kind", kinds),
  severity: nameIn(raw, "severity", severities),
  deadlineFrom: instantIn(raw, "deadlineFrom"),
  deadlineBefore: instantIn(raw, "deadlineBefore"),
  sort: nameIn(raw, "sort", sorts),
  by: nameIn(raw, "by", groupings),
  columns: textIn(raw, "columns"),
  movedBy: nameIn(raw, "movedBy", movers),
  account: textIn(raw, "account"),
  q: textIn(raw, "q"),
  all: flagIn(raw, "all"),
  cursor: textIn(raw, "cursor")
})

/** What the address of a row says: how far its lists are turned. */
export interface RowSearch {
  readonly history?: string | undefined
  readonly reports?: string | undefined
}
export const rowSearch = (raw: RawSearch): RowSearch => ({
  history: textIn(raw, "history"),
  reports: textIn(raw, "reports")
})

/** What the address of a comparison says: with which report. */
export interface ComparisonSearch {
  readonly with?: string | undefined
  readonly cursor?: string | undefined
}
export const comparisonSearch = (raw: RawSearch): ComparisonSearch => ({
  with: textIn(raw, "with"),
  cursor: textIn(raw, "cursor")
})

/** The filter of the address as the API takes it: the same for the rows that are shown and those that are exported. */
export const filterOf = ({
  account,
  all,
  deadlineBefore,
  deadlineFrom,
  kind,
  movedBy,
  q,
  severity
}: RowsSearch) => ({
  ...(account === undefined ? {} : { account }),
  ...(kind === undefined ? {} : { kind }),
  ...(movedBy === undefined ? {} : { movedBy }),
  ...(severity === undefined ? {} : { severity }),
  ...(deadlineFrom === undefined ? {} : { deadlineFrom }),
  ...(deadlineBefore === undefined ? {} : { deadlineBefore }),
  ...(q === undefined ? {} : { q }),
  onlyFindings: all === "true" ? ("false" as const) : ("true" as const)
})

/** The order of the address as the API takes it. */
export const sortQuery = ({ sort }: RowsSearch) => (sort === undefined ? {} : { sort })

/** The rows of a group, as an address; undefined where no filter says what its rows have in common. */
export const groupSearch = (
  search: RowsSearch,
  by: RowGrouping,
  key: string | null
): RowsSearch | undefined => {
  const rows = { ...search, by: undefined, cursor: undefined }
  if (key === null) return undefined
  switch (by) {
    case "kind":
      return { ...rows, kind: kindOf(key) }
    case "movedBy":
      return { ...rows, movedBy: moverOf(key) }
    case "account":
      return { ...rows, account: key }
    case "deadline":
      return { ...rows, ...dayOf(key, search) }
  }
}

const dayMs = 86_400_000

/** A day in UTC, or as much of it as the address asks for already. */
const dayOf = (
  day: string,
  { deadlineBefore, deadlineFrom }: RowsSearch
): Pick<RowsSearch, "deadlineBefore" | "deadlineFrom"> => {
  const start = new Date(`${day}T00:00:00.000Z`)
  const end = new Date(start.getTime() + dayMs)
  const [from, before] = [start.toISOString(), end.toISOString()]
  return {
    deadlineFrom: deadlineFrom !== undefined && deadlineFrom > from ? deadlineFrom : from,
    deadlineBefore:
      deadlineBefore !== undefined && deadlineBefore < before ? deadlineBefore : before
  }
}
