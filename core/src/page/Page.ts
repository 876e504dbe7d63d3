/** A page of a list in its fixed order. `cursor` is opaque: what the previous page gave. */
export interface PageRequest {
  readonly cursor: string | undefined
  readonly limit: number
}

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Where the next page starts; null on the last one. */
  readonly next: string | null
}

/** Lists are never unbounded. */
export const pageLimitMax = 500
export const pageLimitDefault = 50
