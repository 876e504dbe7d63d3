import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import {
  compareRunQueue,
  listCustomersQueue,
  type OfCustomer,
  observeCustomerQueue
} from "@concordat/adapter-postgres/queues"
import type { TenantId } from "@concordat/core/instance/Instance"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { listCustomers } from "@concordat/core/reconciliation/listCustomers"
import { observeCustomers } from "@concordat/core/reconciliation/observeCustomers"
import type { RunId } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { CurrentPriority, type Priority } from "@concordat/core/vendor/RateBudget"
import { VendorError } from "@concordat/core/vendor/VendorError"
import { Cause, Effect, Exit, Option, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/** How much of each kind of work one process does at a time. */
export interface LaneSettings {
  /** Customers that are claimed and written together. */
  readonly batchMax: number
  /** Batches under way; three, so that some are fetched while another is written. */
  readonly batches: number
  /** Requests under way for one batch. */
  readonly requestsMax: number
}

export const laneSettingsDefault: LaneSettings = { batchMax: 100, batches: 3, requestsMax: 48 }

/**
 * After so many tries, each twice as long after the last, a customer or step is given up for the run, with the
 * reason: outages pass within a minute or so; what does not have the documented shape mostly stays that way.
 */
const attemptsMax = 6
const attemptsMaxOf = (reason: VendorError["reason"] | undefined): number =>
  reason?._tag === "Malformed" ? 3 : attemptsMax

/** Causes whose customers are looked at together: many small runs must not wait for each other. */
const groupsMax = 8

/** How often lost jobs are looked for. */
const recoverEvery = "5 seconds"

const done = Outcome.cases.Done.make({})

/** Takes the work of reconciliation from the queues until the scope closes. */
export const lanes = Effect.fn("lanes")(function* (settings: LaneSettings = laneSettingsDefault) {
  yield* listCustomersQueue.work(
    { concurrency: 2 },
    unlessPaused(instanceOfRun, ofRun("list-customers", listCustomers))
  )
  yield* compareRunQueue.work({ concurrency: 1 }, ofRun("compare-run", compareRun))
  yield* observeCustomerQueue.work(
    { batchMax: settings.batchMax, concurrency: settings.batches },
    unlessPaused(
      ({ instanceId }) => Effect.succeed(instanceId),
      (jobs) =>
        Effect.map(
          Effect.forEach(
            Map.groupBy(
              jobs,
              ({ payload, priority }) =>
                `${payload.instanceId} ${payload.correlationId} ${urgencyOf(priority)}`
            ).values(),
            (those) => observe(those, settings.requestsMax),
            { concurrency: groupsMax }
          ),
          (outcomes) => new Map(outcomes.flat())
        )
    )
  )
  yield* recovering
})

/** Looks for runs whose jobs are lost until the scope closes; whichever reconciler comes first does it for all. */
const recovering = Effect.flatMap(Runs, ({ recover }) =>
  recover.pipe(
    Effect.tap((helped) =>
      helped > 0 ? Effect.logWarning("lost jobs were sent again", { jobs: helped }) : Effect.void
    ),
    // The database may be away; the queues report that.
    Effect.catchDefect((defect) => Effect.logDebug("lost jobs were not looked for", defect)),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(recoverEvery)),
    Effect.forkScoped
  )
)

type OfRun = { readonly runId: RunId }

/** A run that is gone or finished is of no instance: its job does nothing. */
const instanceOfRun = ({ runId }: OfRun) =>
  Effect.flatMap(Runs, ({ active }) => active(runId)).pipe(
    Effect.map(Option.map(({ instanceId }) => instanceId)),
    Effect.map(Option.getOrUndefined)
  )

/** A step of a run: tried again while that can help, and then the run fails with the reason. */
const ofRun =
  <E, R>(name: string, step: (id: RunId) => Effect.Effect<void, E, R>) =>
  (jobs: ReadonlyArray<Job<OfRun>>) =>
    Effect.map(
      Effect.forEach(
        jobs,
        Effect.fnUntraced(function* ({ id, payload, attempt }) {
          const exit = yield* Effect.exit(step(payload.runId))
          if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause))
            return [id, Exit.isSuccess(exit) ? done : retry("interrupted")] as const
          const error = Option.getOrElse(Cause.findErrorOption(exit.cause), () =>
            Cause.squash(exit.cause)
          )
          const problem = error instanceof Error ? error.message : String(error)
          yield* Effect.logWarning(`${name} failed`, {
            runId: payload.runId,
            attempt,
            problem,
            ...(Cause.hasDies(exit.cause) ? { cause: Cause.pretty(exit.cause) } : {})
          })
          // Waiting for a person is no failed try.
          if (error instanceof VendorError && error.reason._tag === "Paused")
            return [id, retry(problem)] as const
          const tries = attemptsMaxOf(error instanceof VendorError ? error.reason : undefined)
          if (mayPass(error) && attempt + 1 < tries) return [id, retry(problem)] as const
          yield* Effect.flatMap(Runs, (runs) => runs.fail(payload.runId, problem))
          return [id, done] as const
        })
      ),
      (outcomes) => new Map(outcomes)
    )

const retry = (reason: string) => Outcome.cases.Retry.make({ reason })

/** A rejected sign-in waits for a person; everything else may be an outage. */
const mayPass = (error: unknown): boolean =>
  !(
    error instanceof VendorError &&
    (error.reason._tag === "SignInRejected" || error.reason._tag === "Refused")
  )

/** Runs of one account or subscription are urgent: somebody waits for them. */
const urgencyOf = (priority: number): Priority => (priority > 0 ? "interactive" : "sweep")

/** Looks at customers of one instance, for the same cause and equally urgent. */
const observe = Effect.fnUntraced(function* (
  jobs: ReadonlyArray<Job<OfCustomer>>,
  concurrency: number
) {
  const [first] = jobs
  if (first === undefined) return []
  const { instanceId, correlationId } = first.payload
  const attempts = new Map(jobs.map(({ payload, attempt }) => [payload.tenantId, attempt]))
  const isLast = (tenantId: TenantId, reason?: VendorError["reason"]): boolean =>
    (attempts.get(tenantId) ?? 0) + 1 >= attemptsMaxOf(reason)
  const exit = yield* observeCustomers(
    instanceId,
    jobs.map(({ payload }) => payload.tenantId),
    { concurrency, correlationId, giveUp: isLast, whileAwaited: true }
  ).pipe(Effect.provideService(CurrentPriority, urgencyOf(first.priority)), Effect.exit)
  if (Exit.isFailure(exit)) {
    if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.failCause(exit.cause)
    // Nothing was kept. Who is out of tries is given up with the reason, so that no run waits for ever.
    const problem = String(Cause.squash(exit.cause))
    yield* Effect.logError("customers could not be observed", exit.cause)
    yield* Effect.flatMap(Runs, (runs) =>
      runs.observed(
        instanceId,
        [...attempts.keys()]
          .filter((tenantId) => isLast(tenantId))
          .map((tenantId) => ({ tenantId, problem, requests: 0 }))
      )
    )
    return jobs.map(({ id, payload }): readonly [string, Outcome] => [
      id,
      isLast(payload.tenantId) ? done : retry(problem)
    ])
  }
  const { again } = exit.value
  const problems = new Map(again.map(({ tenantId, problem }) => [tenantId, problem]))
  return jobs.map(({ id, payload }): readonly [string, Outcome] => {
    const problem = problems.get(payload.tenantId)
    return [id, problem === undefined ? done : retry(problem ?? "")]
  })
})
