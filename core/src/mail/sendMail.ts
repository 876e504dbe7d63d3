import { Effect } from "effect"
import { Mailer, type MailNotTaken } from "./Mailer.ts"
import { type MailId, Outbox } from "./Outbox.ts"

/**
 * Sends a queued mail, or keeps it where there is no mail server. A mail that the server refuses is failed with its
 * words; one that it does not take yet stays queued and fails the job, which comes again. `isLast` says that it will
 * not. Between the server's yes and our note of it the process may die: then it is sent again, with the same id.
 */
export const sendMail = Effect.fn("sendMail")(function* (
  id: MailId,
  isLast: boolean
): Effect.fn.Return<void, MailNotTaken, Outbox | Mailer> {
  const outbox = yield* Outbox
  const mailer = yield* Mailer
  const queued = yield* outbox.queued(id)
  if (queued === null) return
  if (!mailer.sends) return yield* outbox.settle(id, { status: "kept" })
  yield* mailer.send(id, queued.mail).pipe(
    Effect.flatMap(({ refused }) =>
      outbox.settle(id, {
        status: "sent",
        problem: refused.length === 0 ? null : `The mail server refused ${refused.join(", ")}.`
      })
    ),
    Effect.catch((error) => {
      const final = !error.passing || isLast
      const noted = outbox.settle(id, {
        status: final ? "failed" : "queued",
        problem: error.message
      })
      return final ? noted : Effect.andThen(noted, Effect.fail(error))
    })
  )
})
