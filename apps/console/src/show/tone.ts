import type { MovedBy, Severity } from "@concordat/core/reconciliation/Finding"
import type { RunStatus } from "@concordat/core/reconciliation/Run"

/** How a state looks; colours say nothing that a word beside them does not. */
export type Tone = "good" | "busy" | "warning" | "bad" | "neutral"

export const colorOf: Record<Tone, string> = {
  good: "teal",
  busy: "blue",
  warning: "yellow",
  bad: "red",
  neutral: "gray"
}

export const runTone: Record<RunStatus, Tone> = {
  queued: "busy",
  listing: "busy",
  observing: "busy",
  comparing: "busy",
  completed: "good",
  incomplete: "warning",
  failed: "bad",
  cancelled: "neutral"
}

export const severityTone: Record<Severity, Tone> = {
  critical: "bad",
  warning: "warning",
  info: "neutral"
}

export const movers: Record<MovedBy, string> = {
  bss: "BSS",
  "partner-center": "Partner Center",
  both: "Both",
  unknown: "Not known"
}
