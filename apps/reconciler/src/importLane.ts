import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { customerImportQueue, type OfImport } from "@concordat/adapter-postgres/queues"
import { continueImport } from "@concordat/core/import/continueImport"
import { Imports } from "@concordat/core/import/Imports"
import { VendorError } from "@concordat/core/vendor/VendorError"
import { Cause, Effect, Exit, Option, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/**
 * After so many tries, each twice as long after the last, a customer is given up, with the reason: outages pass within
 * a minute or so; what does not have the documented shape mostly stays that way.
 */
const attemptsMaxOf = (reason: VendorError["reason"] | undefined): number =>
  reason?._tag === "Malformed" ? 3 : 6

/** Imports of one process, and what each of them asks at the same time. */
const importsAtOnce = 2
const requestsMax = 48

/** How often lost jobs are looked for. */
const recoverEvery = "5 seconds"

const done = Outcome.cases.Done.make({})
const retry = (reason: string) => Outcome.cases.Retry.make({ reason })

/** Reads hierarchies and imports customers until the scope closes, at the pace of a sweep: nobody's order waits for it. */
export const importLane = Effect.gen(function* () {
  yield* customerImportQueue.work(
    { concurrency: importsAtOnce },
    unlessPaused(
      ({ instanceId }) => Effect.succeed(instanceId),
      (jobs) => Effect.map(Effect.forEach(jobs, handle), (outcomes) => new Map(outcomes))
    )
  )
  const { recover } = yield* Imports
  yield* recover.pipe(
    // The database may be away; the queues report that.
    Effect.catchDefect((defect) => Effect.logDebug("imports were not looked after", defect)),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(recoverEvery)),
    Effect.forkScoped
  )
})

const handle = ({ attempt, id, payload }: Job<OfImport>) =>
  Effect.map(outcomeOf(payload, attempt), (outcome): readonly [string, Outcome] => [id, outcome])

const outcomeOf = Effect.fnUntraced(function* (payload: OfImport, attempt: number) {
  const { importId, instanceId } = payload
  const isLast = (reason?: VendorError["reason"]): boolean => attempt + 1 >= attemptsMaxOf(reason)
  const exit = yield* Effect.exit(
    continueImport(importId, { concurrency: requestsMax, giveUp: isLast })
  )
  if (Exit.isSuccess(exit)) return exit.value === null ? done : retry(exit.value)
  if (Cause.hasInterruptsOnly(exit.cause)) return retry("interrupted")
  const error = Option.getOrElse(Cause.findErrorOption(exit.cause), () => Cause.squash(exit.cause))
  const problem = error instanceof Error ? error.message : String(error)
  yield* Effect.logWarning("customer-import failed", {
    importId,
    attempt,
    problem,
    ...(Cause.hasDies(exit.cause) ? { cause: Cause.pretty(exit.cause) } : {})
  })
  const reason = error instanceof VendorError ? error.reason : undefined
  if (reason?._tag === "Paused") return Outcome.cases.Park.make({ gate: instanceId })
  // What a person has to see to is not asked again; a defect may be the database that was away.
  const mayPass =
    Cause.hasDies(exit.cause) || reason?._tag === "Busy" || reason?._tag === "Malformed"
  if (mayPass && !isLast(reason)) return retry(problem)
  yield* Effect.flatMap(Imports, ({ fail }) =>
    fail(
      importId,
      Cause.hasDies(exit.cause)
        ? "Something went wrong here; the reconciler's log says what."
        : problem
    )
  )
  return done
})
