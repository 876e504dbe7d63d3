import type { Item } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Job = Item<"GET /v1/jobs">
export type Discarded = Item<"GET /v1/jobs/discarded">

export const jobTone: Record<Job["state"], Tone> = {
  due: "busy",
  delayed: "warning",
  parked: "warning",
  running: "busy",
  failed: "bad"
}

/** What each kind does, in the words of the pages that ask for it. */
export const kindNames: Record<Job["kind"], string> = {
  "list-customers": "List customers",
  "observe-customer": "Look at a customer",
  "compare-run": "Compare",
  "send-mail": "Send a mail",
  "catalogue-run": "Read a catalogue",
  "synchronize-tenant": "Make a tenant",
  "price-sheet": "Price sheet",
  "customer-import": "Import customers",
  "send-acceptance": "Tell of an agreement"
}

const lists = { waiting: 1, discarded: 1 }

export interface JobsSearch extends ListSearch {
  readonly state?: Job["state"] | undefined
  readonly kind?: Job["kind"] | undefined
  /** Which of the lists; the jobs themselves when absent. */
  readonly show?: "waiting" | "discarded" | undefined
}

export const jobsSearch = (raw: RawSearch): JobsSearch => ({
  ...listSearch(raw),
  state: nameIn(raw, "state", jobTone),
  kind: nameIn(raw, "kind", kindNames),
  show: nameIn(raw, "show", lists)
})

/** The page of what a job is a step of. */
export const placeOf = ({ accountId, kind, subjectId }: Job): string | null => {
  switch (kind) {
    case "list-customers":
    case "compare-run":
      return subjectId === null ? null : `/reconciliations/${subjectId}`
    case "send-mail":
      return subjectId === null ? null : `/outbox/${subjectId}`
    case "catalogue-run":
      return subjectId === null ? null : `/catalogue-runs/${subjectId}`
    case "customer-import":
      return subjectId === null ? null : `/imports/${subjectId}`
    case "observe-customer":
    case "synchronize-tenant":
    case "send-acceptance":
      return accountId === null ? null : `/accounts/${accountId}`
    case "price-sheet":
      return null
  }
}
