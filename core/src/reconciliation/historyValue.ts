import { Instant, toIso } from "../time/Instant.ts"
import type { HistoryValue } from "./Reports.ts"

/** Fields of the three sides that hold an instant, which documents keep in milliseconds. */
const instants: ReadonlySet<string> = new Set([
  "acceptedAt",
  "cancellableUntil",
  "commitmentEnd",
  "createdAt",
  "effectiveStart"
])

/** What the history keeps of a field, as people read it. */
export const historyValue = (field: string | null, kept: unknown): HistoryValue => {
  if (kept === null || kept === undefined) return null
  if (typeof kept === "number" && Number.isInteger(kept) && field !== null && instants.has(field))
    return toIso(Instant.make(kept))
  if (typeof kept === "string" || typeof kept === "boolean") return kept
  return typeof kept === "number" ? kept : JSON.stringify(kept)
}
