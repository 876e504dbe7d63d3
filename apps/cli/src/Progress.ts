import type { ReconciliationView } from "@concordat/contracts/reconciliation"
import { Effect } from "effect"
import { canRedraw, mayColour } from "./Screen.ts"

/** Shows how far a run is, on one line of a terminal; in a pipe, nothing. */
export interface Progress {
  readonly show: (run: ReconciliationView) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
}

export const makeProgress = (): Progress => {
  const { clear, show } = makeStatusLine()
  return { show: (run) => show(progressLine(run, mayColour())), clear }
}

/** One line of a terminal that is written again and again; in a pipe, nothing. */
export const makeStatusLine = () =>
  canRedraw()
    ? {
        show: (text: string) => write(`\r${text}\u001b[K`),
        clear: write("\r\u001b[K")
      }
    : { show: (_: string) => Effect.void, clear: Effect.void }

const write = (text: string) =>
  Effect.sync(() => {
    process.stderr.write(text)
  })

const barWidth = 24

export const progressLine = (run: ReconciliationView, colour: boolean): string => {
  const { customers, observed, failed } = run.progress
  const done = observed + failed
  const count = customers === 0 ? "" : ` ${done}/${customers} customers`
  const lost = failed === 0 ? "" : `, ${failed} not fetched`
  return `${run.instance} ${progressBar(done, customers, colour)}${count}${lost}  ${steps[run.status]}`
}

/** `done` of `all`; empty while it is not known how many there are. */
export const progressBar = (done: number, all: number, colour: boolean): string => {
  const share = all === 0 ? 0 : Math.min(1, done / all)
  const filled = Math.floor(share * barWidth)
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled)
  return colour ? `\u001b[36m${bar}\u001b[39m` : bar
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
