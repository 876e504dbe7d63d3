import { firstMonth, type Month, monthOf } from "./Month.ts"
import { nextMonth } from "./nextMonth.ts"

/** Months that are kept; older ones are made again when they are asked for. */
const keptMax = 4
/** A world's catalogue goes on changing for so long; then it stays. */
export const monthsMax = 240

/**
 * The catalogues of a world, month by month. Made when they are first asked for, because most users of a world never
 * look, and always the same for the same seed and first month.
 */
export class Catalogues {
  readonly #seed: string
  readonly #first: number
  readonly #kept = new Map<number, Month>()

  /** `epoch` is the instant on which the world is current. */
  constructor(seed: string, epoch: number) {
    this.#seed = seed
    this.#first = monthOf(epoch)
  }

  /** The catalogue of a month, the first one for any month before it. */
  of(month: number): Month {
    const number = Math.min(Math.max(month, this.#first), this.#first + monthsMax)
    const ready = this.#kept.get(number)
    if (ready !== undefined) return ready
    const nearest = Math.max(-1, ...[...this.#kept.keys()].filter((kept) => kept < number))
    let one = this.#kept.get(nearest) ?? firstMonth(this.#seed, this.#first)
    while (one.number < number) one = nextMonth(this.#seed, one)
    this.#kept.set(number, one)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) break
      this.#kept.delete(oldest)
    }
    return one
  }
}
