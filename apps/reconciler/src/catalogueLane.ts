import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { catalogueRunQueue } from "@concordat/adapter-postgres/queues"
import type { CatalogueRunId } from "@concordat/core/catalogue/CatalogueRun"
import { CatalogueRuns } from "@concordat/core/catalogue/CatalogueRuns"
import { readCatalogue } from "@concordat/core/catalogue/readCatalogue"
import { startDueCatalogueRuns } from "@concordat/core/catalogue/requestCatalogueRun"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { VendorError } from "@concordat/core/vendor/VendorError"
import { Cause, Effect, Exit, Option, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/**
 * After so many tries, each twice as long after the last, what cannot be read is given up, with the reason: outages
 * pass within a minute or so; what does not have the documented shape mostly stays that way.
 */
const attemptsMaxOf = (reason: VendorError["reason"] | undefined): number =>
  reason?._tag === "Malformed" ? 3 : 6

/** Catalogue runs of one process, and what each of them reads at the same time. */
const runsAtOnce = 2
const partsAtOnce = 16

/** How often lost jobs are looked for, and the instances' schedules. */
const recoverEvery = "5 seconds"
const schedulesEvery = "30 seconds"

const done = Outcome.cases.Done.make({})
const retry = (reason: string) => Outcome.cases.Retry.make({ reason })

/** Reads the catalogues that were asked for, and asks for those that are due, until the scope closes. */
export const catalogueLane = Effect.gen(function* () {
  yield* catalogueRunQueue.work(
    { concurrency: runsAtOnce },
    unlessPaused(
      ({ instanceId }) => Effect.succeed(instanceId),
      (jobs) => Effect.map(Effect.forEach(jobs, handle), (outcomes) => new Map(outcomes))
    )
  )
  const { recover } = yield* CatalogueRuns
  yield* repeatedly(recoverEvery, recover)
  yield* repeatedly(schedulesEvery, startDueCatalogueRuns())
})

/** The database may be away; the queues report that. */
const repeatedly = <A, E, R>(every: "5 seconds" | "30 seconds", work: Effect.Effect<A, E, R>) =>
  work.pipe(
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) => Effect.logDebug("catalogue runs were not looked after", cause)
    ),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped
  )

type OfRun = { readonly instanceId: InstanceId; readonly catalogueRunId: CatalogueRunId }

const handle = ({ attempt, id, payload }: Job<OfRun>) =>
  Effect.map(outcomeOf(payload, attempt), (outcome): readonly [string, Outcome] => [id, outcome])

const outcomeOf = Effect.fnUntraced(function* (payload: OfRun, attempt: number) {
  const { catalogueRunId, instanceId } = payload
  const isLast = (reason?: VendorError["reason"]): boolean => attempt + 1 >= attemptsMaxOf(reason)
  const exit = yield* Effect.exit(
    readCatalogue(catalogueRunId, { concurrency: partsAtOnce, giveUp: isLast })
  )
  if (Exit.isSuccess(exit)) return exit.value === null ? done : retry(exit.value)
  if (Cause.hasInterruptsOnly(exit.cause)) return retry("interrupted")
  const error = Option.getOrElse(Cause.findErrorOption(exit.cause), () => Cause.squash(exit.cause))
  const problem = error instanceof Error ? error.message : String(error)
  yield* Effect.logWarning("catalogue-run failed", {
    catalogueRunId,
    attempt,
    problem,
    ...(Cause.hasDies(exit.cause) ? { cause: Cause.pretty(exit.cause) } : {})
  })
  if (error instanceof VendorError && error.reason._tag === "Paused")
    return Outcome.cases.Park.make({ gate: instanceId })
  // What a person has to see to is not asked again; a defect may be the database that was away.
  if (Cause.hasDies(exit.cause) && !isLast()) return retry(problem)
  yield* Effect.flatMap(CatalogueRuns, ({ fail }) => fail(catalogueRunId, problem))
  return done
})
