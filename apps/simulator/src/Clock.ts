/**
 * The simulator's own time. The only module that reads the machine's clock, so that everything else is a
 * function of the seed and of the instants it is given. Running, it follows the machine with an offset;
 * stopped, it moves only when told to.
 */
export type ClockState =
  | { readonly mode: "running"; readonly offsetMs: number }
  | { readonly mode: "stopped"; readonly atMs: number }

export class Clock {
  #state: ClockState

  constructor(state: ClockState = { mode: "running", offsetMs: 0 }) {
    this.#state = state
  }

  /** Milliseconds since 1970, UTC. */
  now(): number {
    return this.#state.mode === "running" ? Date.now() + this.#state.offsetMs : this.#state.atMs
  }

  get state(): ClockState {
    return this.#state
  }

  set state(state: ClockState) {
    this.#state = state
  }

  /** The state this clock would have after being set to an instant, without changing it. */
  movedTo(atMs: number, mode: ClockState["mode"] = this.#state.mode): ClockState {
    return mode === "running"
      ? { mode, offsetMs: Math.round(atMs - Date.now()) }
      : { mode, atMs: Math.round(atMs) }
  }
}

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** Midnight UTC of the day that holds this instant. */
export const startOfDay = (atMs: number): number => Math.floor(atMs / dayMs) * dayMs

/** The same day of the month, `months` later; the last day where that month is shorter. */
export const addMonths = (atMs: number, months: number): number => {
  const from = new Date(atMs)
  const target = new Date(atMs)
  target.setUTCDate(1)
  target.setUTCMonth(from.getUTCMonth() + months)
  const lastDay = new Date(
    Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)
  ).getUTCDate()
  target.setUTCDate(Math.min(from.getUTCDate(), lastDay))
  return target.getTime()
}
