import { type Job, Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { sendAcceptanceAttemptsMax, sendAcceptanceQueue } from "@concordat/adapter-postgres/queues"
import type { AcceptanceId } from "@concordat/core/agreement/Acceptance"
import { Agreements } from "@concordat/core/agreement/Agreements"
import { sendAcceptance } from "@concordat/core/agreement/sendAcceptance"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { Cause, Effect, Exit, Schedule } from "effect"
import { unlessPaused } from "./unlessPaused.ts"

/** Acceptances that one process tells at the same time. */
const tellingsAtOnce = 4

/** How often acceptances are looked for whose tenant has come, or whose job is lost. */
const recoverEvery = "5 seconds"

/** Tells Microsoft of the agreements that were confirmed, until the scope closes. */
export const agreementLane = Effect.gen(function* () {
  yield* sendAcceptanceQueue.work(
    { concurrency: tellingsAtOnce },
    unlessPaused(
      ({ instanceId }) => Effect.succeed(instanceId),
      (jobs) => Effect.map(Effect.forEach(jobs, handle), (outcomes) => new Map(outcomes))
    )
  )
  const { recover } = yield* Agreements
  yield* recover.pipe(
    // The database may be away; the queues report that.
    Effect.catchDefect((defect) => Effect.logDebug("agreements were not looked after", defect)),
    Effect.withTracerEnabled(false),
    Effect.repeat(Schedule.spaced(recoverEvery)),
    Effect.forkScoped
  )
})

type OfAcceptance = { readonly instanceId: InstanceId; readonly acceptanceId: AcceptanceId }

const handle = ({ attempt, id, payload }: Job<OfAcceptance>) =>
  sendAcceptance(payload.acceptanceId, attempt + 1 >= sendAcceptanceAttemptsMax).pipe(
    Effect.exit,
    Effect.map((exit): readonly [string, Outcome] => [
      id,
      Exit.isSuccess(exit)
        ? Outcome.cases.Done.make({})
        : Outcome.cases.Retry.make({ reason: reasonOf(exit.cause) })
    ])
  )

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
