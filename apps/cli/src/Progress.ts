import type { ReconciliationView } from "@concordat/contracts/reconciliation"
import { Effect } from "effect"
import { canRedraw, mayColour } from "./Screen.ts"

/** Shows how far a run is, on one line of a terminal; in a pipe, nothing. */
export interface Progress {
  readonly show: (run: ReconciliationView) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
}

export const makeProgress = (): Progress =>
  canRedraw()
    ? {
        show: (run) => write(`\r${progressLine(run, mayColour())}\u001b[K`),
        clear: write("\r\u001b[K")
      }
    : { show: () => Effect.void, clear: Effect.void }

const write = (text: string) =>
  Effect.sync(() => {
    process.stderr.write(text)
  })

const barWidth = 24

export const progressLine = (run: ReconciliationView, colour: boolean): string => {
  const { customers, observed, failed } = run.progress
  const done = observed + failed
  const share = customers === 0 ? 0 : Math.min(1, done / customers)
  const filled = Math.floor(share * barWidth)
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled)
  const count = customers === 0 ? "" : ` ${done}/${customers} customers`
  const lost = failed === 0 ? "" : `, ${failed} not fetched`
  return `${run.instance} ${colour ? `\u001b[36m${bar}\u001b[39m` : bar}${count}${lost}  ${steps[run.status]}`
}

const steps: Record<ReconciliationView["status"], string> = {
  queued: "waiting",
  listing: "listing customers",
  observing: "asking Partner Center",
  comparing: "comparing",
  completed: "done",
  incomplete: "done",
  failed: "failed",
  cancelled: "cancelled"
}
