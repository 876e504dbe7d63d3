import { Context, Effect } from "effect"

/** Counts what is sent to Partner Center, retries included. */
export interface RequestCounter {
  readonly add: (requests: number) => void
}

/** The counter of the current fiber; null = nobody counts. The adapter adds one per attempt. */
export const CurrentRequestCounter = Context.Reference<RequestCounter | null>(
  "core/vendor/CurrentRequestCounter",
  { defaultValue: () => null }
)

/** The result with the number of requests that it took. */
export const countingRequests = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<readonly [A, number], E, R> =>
  Effect.suspend(() => {
    let count = 0
    const counter: RequestCounter = {
      add: (requests) => {
        count += requests
      }
    }
    return self.pipe(
      Effect.provideService(CurrentRequestCounter, counter),
      Effect.map((result): readonly [A, number] => [result, count])
    )
  })
