import type { Actor } from "@concordat/core/actor/Actor"
import { isFinished, type Run } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { requestReconciliation } from "@concordat/core/reconciliation/requestReconciliation"
import { Effect, Schedule } from "effect"
import { StartError } from "../StartError.ts"

const secondsMax = 120

/** Reconciles a whole instance and waits for the report; the work is the reconciler's. */
export const reconcile = Effect.fn("reconcile")(function* (
  actor: Actor,
  instance: string,
  report: (progress: string) => void
) {
  const runs = yield* Runs
  const { id } = yield* requestReconciliation(actor, instance, { kind: "organisation" })
  const run: Run = yield* runs.get(id, null).pipe(
    Effect.tap(({ customers, customersObserved }) =>
      Effect.sync(() => report(`${customersObserved} of ${customers} customers`))
    ),
    Effect.repeat({
      schedule: Schedule.spaced("100 millis"),
      until: ({ status }) => isFinished(status)
    }),
    Effect.timeoutOrElse({
      duration: `${secondsMax} seconds`,
      orElse: () =>
        Effect.fail(
          new StartError({
            problem: `The reconciliation of ${instance} did not end within ${secondsMax} s.`,
            wayOut: "See reconciler.log in the data folder."
          })
        )
    })
  )
  if (run.status !== "completed")
    return yield* new StartError({
      problem: `The reconciliation of ${instance} is ${run.status}: ${run.problem ?? "no reason given"}.`,
      wayOut: "See reconciler.log in the data folder."
    })
  return run
})
