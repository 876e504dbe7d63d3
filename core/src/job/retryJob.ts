import { Effect } from "effect"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import type { JobId } from "./Job.ts"
import { JobRefused, Jobs } from "./Jobs.ts"
import { retryRefusal } from "./refusals.ts"

/** Tries a job now that waits for its next attempt, or one that was given up. One that is due already stays as it is. */
export const retryJob = Effect.fn("retryJob")(function* (id: JobId) {
  const jobs = yield* Jobs
  const { within } = yield* UnitOfWork
  return yield* within(
    Effect.gen(function* () {
      const job = yield* jobs.get(id)
      const refusal = retryRefusal(job)
      if (refusal !== null) return yield* new JobRefused({ id, reason: refusal })
      return yield* jobs.retry(job)
    })
  )
})
