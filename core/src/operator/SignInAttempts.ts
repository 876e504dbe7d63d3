import { Context, type Effect, Schema } from "effect"
import { hourMs, minuteMs, secondMs } from "../time/Instant.ts"

/** Too many failures: nothing is even tried until `retryAfterMs` have passed. */
export class TooManyAttempts extends Schema.TaggedError<TooManyAttempts>()("TooManyAttempts", {
  retryAfterMs: Schema.Int
}) {
  override get message(): string {
    return `Too many failed attempts to sign in; try again in ${Math.ceil(this.retryAfterMs / secondMs)} seconds.`
  }
}

/** How many failures cost nothing: a name is mistyped a few times; behind one address sit many people. */
export const freeFailures = { name: 5, address: 20 } as const
export type ThrottledBy = keyof typeof freeFailures

/** Never for good: the longest wait between two attempts. */
export const delayMsMax = 5 * minuteMs
/** After so long without a failure everything is forgiven. */
export const failuresKeptMs = hourMs

/** How long to wait after this many failures in a row: nothing at first, then a second, twice as long each time. */
export const delayMsAfter = (failures: number, by: ThrottledBy): number => {
  const beyond = failures - freeFailures[by]
  return beyond < 0 ? 0 : Math.min(secondMs * 2 ** Math.min(beyond, 30), delayMsMax)
}

/**
 * Failed attempts to sign in, by name and by address, on every process that serves the same database. An attempt
 * counts as failed from its beginning, so that many at the same time get no further than one after the other.
 */
export class SignInAttempts extends Context.Service<
  SignInAttempts,
  {
    /**
     * An address from which this operator signed in during the last 30 days does not wait for the name: strangers
     * who guess keep nobody out of a place that is known.
     */
    readonly begin: (name: string, address: string | null) => Effect.Effect<void, TooManyAttempts>
    /** The attempt was none to worry about: the name's failures are forgotten, and this one of the address. */
    readonly succeeded: (name: string, address: string | null) => Effect.Effect<void>
  }
>()("core/operator/SignInAttempts") {}

/** How long an address is known after a sign-in there. */
export const knownAddressDays = 30
