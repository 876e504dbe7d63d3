import { Outcome } from "@concordat/adapter-postgres/queue/Worker"
import { sendMailAttemptsMax, sendMailQueue } from "@concordat/adapter-postgres/queues"
import { sendMail } from "@concordat/core/mail/sendMail"
import { Cause, Effect, Exit } from "effect"

/** Mails claimed together, and how many of a claim are handed over at the same time. */
const batchMax = 50
const connections = 4

/** Sends the mails of the outbox until the scope closes. */
export const mailLane = sendMailQueue.work({ batchMax, concurrency: 1 }, (jobs) =>
  Effect.map(
    Effect.forEach(
      jobs,
      ({ id, payload, attempt }) =>
        Effect.map(
          Effect.exit(sendMail(payload.mailId, attempt + 1 >= sendMailAttemptsMax)),
          (exit): readonly [string, Outcome] => [
            id,
            Exit.isSuccess(exit)
              ? Outcome.cases.Done.make({})
              : Outcome.cases.Retry.make({ reason: reasonOf(exit.cause) })
          ]
        ),
      { concurrency: connections }
    ),
    (outcomes) => new Map(outcomes)
  )
)

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
