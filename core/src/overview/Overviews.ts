import { Context, type Effect } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { InstanceName } from "../instance/Instance.ts"
import type { Run } from "../reconciliation/Run.ts"
import type { Instant } from "../time/Instant.ts"

/** So far ahead the overview looks, in days. */
export const overviewDays = [7, 30] as const
/** So far back, in days. */
export const overviewPastDays = 90
/** Nothing is counted further: what is more than this is "very many", and counting it takes its time. */
export const overviewCountMax = 10_000

/** How much falls due within so many days from now; `overviewCountMax` stands for that many or more. */
export interface Due {
  readonly days: number
  /** The instant at which these days are over. */
  readonly before: Instant
  readonly count: number
}

/** An instance's book as it was found last. */
export interface BookState {
  /** The newest report of everything that the caller's branch has. */
  readonly run: Run
  /** Rows of it with a finding that can be settled until then only. */
  readonly deadlines: ReadonlyArray<Due>
}

/** The last report of everything of one day (UTC). */
export interface BookPoint {
  readonly instance: InstanceName
  readonly at: Instant
  readonly rows: number
  readonly findings: number
}

export interface Overview {
  /** When this was so; the days are counted from here. */
  readonly at: Instant
  /** By the instance's name; only of environments that are live. */
  readonly books: ReadonlyArray<BookState>
  /** By instance and time. */
  readonly past: ReadonlyArray<BookPoint>
  /** Subscriptions in use of the BSS whose commitment ends, and renews. */
  readonly renewals: ReadonlyArray<Due>
  /** How long the oldest job that could have begun has waited; null for a branch, 0 when none waits. */
  readonly queueLagSeconds: number | null
}

/** What an operator should know first. It is read often, by every open page: never by reading whole tables. */
export class Overviews extends Context.Service<
  Overviews,
  {
    /** As a branch may see it. */
    readonly read: (branch: AccountId | null, at: Instant) => Effect.Effect<Overview>
  }
>()("core/overview/Overviews") {}
