import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { priceSheetQueue } from "@concordat/adapter-postgres/queues"
import { runPriceSheet } from "@concordat/core/pricesheet/importPriceSheet"
import type { PriceSheetId } from "@concordat/core/pricesheet/PriceSheet"
import { PriceSheets } from "@concordat/core/pricesheet/PriceSheets"
import { VendorError } from "@concordat/core/vendor/VendorError"
import { Cause, Effect, Exit, Option, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/** Each twice as long after the last; outages pass within a minute or so. */
const attemptsMax = 6

/** Sheets of one process at the same time; those of one market wait for each other anyway. */
const sheetsAtOnce = 2

/** How often sheets are looked for that nobody works on. */
const recoverEvery = "30 seconds"

const done = Outcome.cases.Done.make({})
const retry = (reason: string) => Outcome.cases.Retry.make({ reason })

/** Downloads and applies price sheets until the scope closes. */
export const priceSheetLane = Effect.gen(function* () {
  yield* priceSheetQueue.work(
    { concurrency: sheetsAtOnce },
    unlessPaused(instanceOf, (jobs) =>
      Effect.map(Effect.forEach(jobs, handle), (outcomes) => new Map(outcomes))
    )
  )
  const { recover } = yield* PriceSheets
  yield* recover.pipe(
    // The database may be away; the queues report that.
    Effect.catchDefect((defect) => Effect.logDebug("price sheets were not looked after", defect)),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(recoverEvery)),
    Effect.forkScoped
  )
})

type OfSheet = { readonly priceSheetId: PriceSheetId }

/** Only what has yet to be downloaded needs the instance's consent. */
const instanceOf = ({ priceSheetId }: OfSheet) =>
  Effect.flatMap(PriceSheets, ({ get }) => get(priceSheetId)).pipe(
    Effect.map(({ instanceId, source, status }) =>
      source === "download" && status !== "staged" ? instanceId : undefined
    ),
    Effect.orElseSucceed(() => undefined)
  )

const handle = ({ attempt, id, payload }: Job<OfSheet>) =>
  Effect.map(outcomeOf(payload, attempt), (outcome): readonly [string, Outcome] => [id, outcome])

const outcomeOf = Effect.fnUntraced(function* ({ priceSheetId }: OfSheet, attempt: number) {
  const exit = yield* Effect.exit(runPriceSheet(priceSheetId))
  if (Exit.isSuccess(exit)) return done
  if (Cause.hasInterruptsOnly(exit.cause)) return retry("interrupted")
  const error = Option.getOrElse(Cause.findErrorOption(exit.cause), () => Cause.squash(exit.cause))
  const problem = error instanceof Error ? error.message : String(error)
  yield* Effect.logWarning("price-sheet failed", {
    priceSheetId,
    attempt,
    problem,
    ...(Cause.hasDies(exit.cause) ? { cause: Cause.pretty(exit.cause) } : {})
  })
  // Waiting for a person is no failed try.
  if (error instanceof VendorError && error.reason._tag === "Paused") return retry(problem)
  const mayPass =
    Cause.hasDies(exit.cause) || (error instanceof VendorError && error.reason._tag === "Busy")
  if (mayPass && attempt + 1 < attemptsMax) return retry(problem)
  yield* Effect.flatMap(PriceSheets, ({ fail }) =>
    fail(
      priceSheetId,
      Cause.hasDies(exit.cause)
        ? "Something went wrong here; the reconciler's log says what."
        : problem
    )
  )
  return done
})
