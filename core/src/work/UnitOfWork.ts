import { Context, type Effect } from "effect"

/** One transaction around state and jobs: all of `work` is kept, or nothing of it. */
export class UnitOfWork extends Context.Service<
  UnitOfWork,
  {
    readonly within: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /**
     * A part of a unit that can be undone by itself: when `work` fails, or `keeps` says no to its result, everything
     * that it wrote is undone, and the unit around it may still be kept.
     */
    readonly trying: <A, E, R>(
      work: Effect.Effect<A, E, R>,
      keeps: (result: A) => boolean
    ) => Effect.Effect<A, E, R>
  }
>()("core/work/UnitOfWork") {}
