import { Context, type Effect, Schema } from "effect"
import type { MailId } from "./Outbox.ts"
import type { RenderedMail } from "./render.ts"

/** The mail server did not take a mail. `passing`: it may, later. */
export class MailNotTaken extends Schema.TaggedError<MailNotTaken>()("MailNotTaken", {
  passing: Schema.Boolean,
  reason: Schema.String
}) {
  override get message(): string {
    return this.passing
      ? `The mail server did not take the mail yet: ${this.reason}`
      : `The mail server refused the mail: ${this.reason}`
  }
}

/** Hands mails to a mail server. */
export class Mailer extends Context.Service<
  Mailer,
  {
    /** False where no mail server is configured: mails stay in the outbox. */
    readonly sends: boolean
    /**
     * The message id is made from the mail's id, so that a mail sent twice can be told to be one. Succeeds when the
     * server took it for at least one recipient, with those that it refused.
     */
    readonly send: (
      id: MailId,
      mail: RenderedMail
    ) => Effect.Effect<{ readonly refused: ReadonlyArray<string> }, MailNotTaken>
  }
>()("core/mail/Mailer") {}
