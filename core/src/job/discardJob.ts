import { Clock, Effect } from "effect"
import { CatalogueRuns } from "../catalogue/CatalogueRuns.ts"
import { Imports } from "../import/Imports.ts"
import { Outbox } from "../mail/Outbox.ts"
import { PriceSheets } from "../pricesheet/PriceSheets.ts"
import { Runs } from "../reconciliation/Runs.ts"
import { failSynchronization } from "../tenant/advanceSynchronization.ts"
import { Instant } from "../time/Instant.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { type Discard, type Job, type JobId, JobSubject } from "./Job.ts"
import { JobRefused, Jobs } from "./Jobs.ts"
import { discardRefusal } from "./refusals.ts"

/**
 * Takes a job away for good, and ends what waits for it, with the note as the reason: a run fails, a customer's look
 * counts as failed, a mail is not sent. Both in one transaction; who did it and why is kept.
 */
export const discardJob = Effect.fn("discardJob")(function* (
  id: JobId,
  note: string,
  actor: string
) {
  const jobs = yield* Jobs
  const { within } = yield* UnitOfWork
  const at = Instant.make(yield* Clock.currentTimeMillis)
  return yield* within(
    Effect.gen(function* () {
      const job = yield* jobs.get(id)
      const refusal = discardRefusal(job)
      if (refusal !== null) return yield* new JobRefused({ id, reason: refusal })
      const { about, instance, kind, reason } = job
      const discard: Discard = { id, kind, about, instance, reason, note, actor, at }
      yield* jobs.withdraw(job)
      yield* jobs.noteDiscard(discard)
      if (job.needed) yield* endCause(job, `Discarded by ${actor}: ${note}`)
      return discard
    })
  )
})

/** Where nobody does the work any more, nothing may go on waiting for it. */
const endCause = ({ id, subject }: Job, problem: string) =>
  JobSubject.match(subject, {
    Run: ({ runId }) => Runs.use(({ fail }) => fail(runId, problem)),
    // The runs go on without the customer, and say nothing about it.
    Customer: ({ instanceId, tenantId }) =>
      Runs.use(({ observed }) => observed(instanceId, [{ tenantId, problem, requests: 0 }])),
    Mail: ({ mailId }) => Outbox.use(({ giveUp }) => giveUp(mailId, problem)),
    CatalogueRun: ({ catalogueRunId }) =>
      CatalogueRuns.use(({ fail }) => fail(catalogueRunId, problem)),
    // What Microsoft was asked for stays asked for, and is looked for by the next try.
    Synchronization: ({ synchronizationId }) =>
      failSynchronization(synchronizationId, problem).pipe(
        Effect.catchTag("SynchronizationUnderWay", ({ message }) =>
          Effect.fail(new JobRefused({ id, reason: message }))
        ),
        // The account and the instance of a synchronisation are there.
        Effect.catchTag(["AccountNotFound", "InstanceNotFound"], Effect.die)
      ),
    PriceSheet: ({ priceSheetId }) => PriceSheets.use(({ fail }) => fail(priceSheetId, problem)),
    Import: ({ importId }) => Imports.use(({ fail }) => fail(importId, problem)),
    // Refused before, while it is needed.
    Acceptance: () => Effect.void,
    Unknown: () => Effect.void
  })
