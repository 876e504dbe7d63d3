import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import type { Tone } from "../../show/tone.ts"

export type SyncState = Answer<"GET /v1/accounts/:id/synchronization">["items"][number]

export const syncTone: Record<SyncState["status"], Tone> = {
  "not-synchronised": "neutral",
  "in-progress": "busy",
  synchronised: "good",
  failed: "bad"
}

export const syncStatusNames: Record<SyncState["status"], string> = {
  "not-synchronised": "not synchronised",
  "in-progress": "in progress",
  synchronised: "synchronised",
  failed: "failed"
}

export const stageText: Record<NonNullable<SyncState["stage"]>, string> = {
  checking: "Checking what Microsoft will ask",
  creating: "Making the tenant",
  administrator: "Seeing to its administrator",
  finding: "Looking for the tenant",
  authorizing: "Waiting for its administrator to accept",
  done: "Done"
}

/** What is read again after something was done about a tenant. */
export const syncReadings = [
  "GET /v1/accounts/:id/synchronization",
  "GET /v1/accounts/:id/synchronization/steps",
  "GET /v1/accounts/:id",
  "GET /v1/accounts"
] as const

/** How often a process that is under way is looked at, where no event has told. */
const waitingEveryMs = 5_000

/** How far an account is in each instance, kept up to date while something is under way. */
export const useSyncStates = (id: string) =>
  useRead(
    "GET /v1/accounts/:id/synchronization",
    { params: { id } },
    {
      everyMs: (answer) =>
        answer?.items.some(({ status }) => status === "in-progress") ? waitingEveryMs : false
    }
  )
