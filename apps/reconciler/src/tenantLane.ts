import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { synchronizeQueue } from "@concordat/adapter-postgres/queues"
import {
  advanceSynchronization,
  failSynchronization
} from "@concordat/core/tenant/advanceSynchronization"
import type { SynchronizationId } from "@concordat/core/tenant/Synchronization"
import { Synchronizations } from "@concordat/core/tenant/Synchronizations"
import { Instant } from "@concordat/core/time/Instant"
import { VendorError } from "@concordat/core/vendor/VendorError"
import { Cause, Clock, Effect, Exit, Option, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/**
 * After so many tries, each twice as long after the last, a synchronisation is failed, with the reason: outages pass
 * within a minute or so; what does not have the documented shape mostly stays that way.
 */
const attemptsMaxOf = (reason: VendorError["reason"] | undefined): number =>
  reason?._tag === "Malformed" ? 3 : 8

/** Accounts of one process at the same time. */
const atOnce = 4

/** How often it is looked for those that are due. */
const wakeEvery = "2 seconds"

const done = Outcome.cases.Done.make({})
const retry = (reason: string) => Outcome.cases.Retry.make({ reason })

/** Makes accounts tenants, and watches for customers' acceptance, until the scope closes. */
export const tenantLane = Effect.gen(function* () {
  yield* synchronizeQueue.work(
    { concurrency: atOnce },
    unlessPaused(
      ({ instanceId }) => Effect.succeed(instanceId),
      (jobs) => Effect.map(Effect.forEach(jobs, handle), (outcomes) => new Map(outcomes))
    )
  )
  const { wake } = yield* Synchronizations
  yield* Effect.flatMap(Clock.currentTimeMillis, (now) => wake(Instant.make(now))).pipe(
    // The database may be away; the queues report that.
    Effect.catchDefect((defect) => Effect.logDebug("tenants were not looked after", defect)),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(wakeEvery)),
    Effect.forkScoped
  )
})

type OfTry = { readonly synchronizationId: SynchronizationId }

const handle = ({ attempt, id, payload }: Job<OfTry>) =>
  Effect.map(outcomeOf(payload, attempt), (outcome): readonly [string, Outcome] => [id, outcome])

const outcomeOf = Effect.fnUntraced(function* ({ synchronizationId }: OfTry, attempt: number) {
  const isLast = (reason?: VendorError["reason"]): boolean => attempt + 1 >= attemptsMaxOf(reason)
  const exit = yield* Effect.exit(advanceSynchronization(synchronizationId, { isLast }))
  if (Exit.isSuccess(exit)) return done
  if (Cause.hasInterruptsOnly(exit.cause)) return retry("interrupted")
  const error = Option.getOrElse(Cause.findErrorOption(exit.cause), () => Cause.squash(exit.cause))
  const problem = error instanceof Error ? error.message : String(error)
  yield* Effect.logWarning("synchronize-tenant failed", {
    synchronizationId,
    attempt,
    problem,
    ...(Cause.hasDies(exit.cause) ? { cause: Cause.pretty(exit.cause) } : {})
  })
  const reason = error instanceof VendorError ? error.reason : undefined
  // Waiting for a person is no failed try.
  if (reason?._tag === "Paused") return retry(problem)
  // Two met; the other goes on.
  if (reason === undefined && !Cause.hasDies(exit.cause)) return done
  const mayPass = reason === undefined || reason._tag === "Busy" || reason._tag === "Malformed"
  if (mayPass && !isLast(reason)) return retry(problem)
  yield* failSynchronization(
    synchronizationId,
    Cause.hasDies(exit.cause)
      ? "Something went wrong here; the reconciler's log says what. Synchronise again."
      : problem
  ).pipe(
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) => Effect.logError("the failure was not written", { synchronizationId }, cause)
    )
  )
  return done
})
