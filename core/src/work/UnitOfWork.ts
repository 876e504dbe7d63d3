import { Context, type Effect } from "effect"

/** One transaction around state and jobs: all of `work` is kept, or nothing of it. */
export class UnitOfWork extends Context.Service<
  UnitOfWork,
  {
    readonly within: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("core/work/UnitOfWork") {}
