import * as Schema from "effect/Schema"

/** A request that the simulated Microsoft received. */
export const ReceivedRequest = Schema.Struct({
  number: Schema.Int.annotate({ description: "running number, from 1" }),
  operation: Schema.String,
  account: Schema.NullOr(Schema.String).annotate({ description: "null when not signed in" }),
  method: Schema.String,
  path: Schema.String,
  status: Schema.Int.annotate({ description: "0 when the connection was cut instead" }),
  requestId: Schema.String.annotate({ description: "MS-RequestId" }),
  correlationId: Schema.String.annotate({ description: "MS-CorrelationId" }),
  at: Schema.String.annotate({ format: "date-time", description: "on the simulator's clock" }),
  throttled: Schema.Boolean,
  fault: Schema.NullOr(Schema.String).annotate({ description: "kind of the fault that struck" })
}).annotate({ identifier: "ReceivedRequest" })
export type ReceivedRequest = typeof ReceivedRequest.Type

type Stored = Omit<ReceivedRequest, "at" | "number"> & { readonly at: number }

/** How many requests are remembered; older ones are forgotten. */
export const requestsMax = 20_000

/** The last requests, in a ring. */
export class Requests {
  #ring: Array<Stored> = []
  #count = 0

  add(request: Stored): void {
    this.#ring[this.#count % requestsMax] = request
    this.#count++
  }

  clear(): void {
    this.#ring = []
    this.#count = 0
  }

  /** Oldest first, from a running number on. */
  list(
    from: number,
    limit: number,
    matches: (request: Stored) => boolean
  ): { readonly items: ReadonlyArray<ReceivedRequest>; readonly next: number | null } {
    const items: Array<ReceivedRequest> = []
    const first = Math.max(1, from, this.#count - requestsMax + 1)
    for (let number = first; number <= this.#count; number++) {
      const request = this.#ring[(number - 1) % requestsMax]
      if (request === undefined || !matches(request)) continue
      if (items.length === limit) return { items, next: number }
      items.push({ ...request, number, at: new Date(request.at).toISOString() })
    }
    return { items, next: null }
  }
}

/** Counts since the last reset, per account and operation. */
export const OperationCount = Schema.Struct({
  account: Schema.NullOr(Schema.String),
  operation: Schema.String,
  allowed: Schema.Int.annotate({ description: "passed the throttle" }),
  throttled: Schema.Int.annotate({ description: "refused with 429" })
}).annotate({ identifier: "OperationCount" })
export type OperationCount = typeof OperationCount.Type

export class Statistics {
  readonly #counts = new Map<
    string,
    { account: string | null; operation: string; allowed: number; throttled: number }
  >()

  count(account: string | null, operation: string, throttled: boolean): void {
    const key = `${account} ${operation}`
    let one = this.#counts.get(key)
    if (one === undefined) {
      one = { account, operation, allowed: 0, throttled: 0 }
      this.#counts.set(key, one)
    }
    if (throttled) one.throttled++
    else one.allowed++
  }

  clear(): void {
    this.#counts.clear()
  }

  list(): ReadonlyArray<OperationCount> {
    return [...this.#counts.values()].map((one) => ({ ...one }))
  }
}
