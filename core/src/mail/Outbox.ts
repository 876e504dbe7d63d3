import { Context, type Effect, Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import { Instant } from "../time/Instant.ts"
import type { Bounce, NewBounce } from "./Bounce.ts"
import type { RenderedMail } from "./render.ts"
import { MailKind } from "./Template.ts"

export const MailId = Guid.pipe(Schema.brand("MailId"))
export type MailId = typeof MailId.Type

/**
 * `queued` waits to be sent; `kept` stays here, because no mail server is configured; `sent` was taken by the mail
 * server, which says nothing about its arrival; `failed` was refused, came back from somebody, or had nobody to go to.
 */
export const MailStatus = Schema.Literals(["queued", "kept", "sent", "failed"])
export type MailStatus = typeof MailStatus.Type

/** A mail of the outbox, without its content. */
export class OutboxMail extends Schema.Opaque<OutboxMail>()(
  Schema.Struct({
    id: MailId,
    kind: MailKind,
    /** Whom it is about; null for mails to the CSP's own people about the whole. */
    accountId: Schema.NullOr(AccountId),
    status: MailStatus,
    to: Schema.Array(Schema.String),
    subject: Schema.String,
    /** The template's version that it was made with; 0 for a built-in one. */
    templateVersion: Schema.Int,
    attempts: Schema.Int,
    /** Why it was not sent, or did not arrive, and what can be done. */
    problem: Schema.NullOr(Schema.String),
    createdAt: Instant,
    sentAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "OutboxMail" })
) {}

/** A mail with its content, as it goes out. */
export interface QueuedMail extends OutboxMail {
  readonly mail: RenderedMail
}

/** A mail with its content, and with what was reported of its delivery, newest first. */
export interface WholeMail extends QueuedMail {
  readonly bounces: ReadonlyArray<Bounce>
}

/** A mail as it is written: rendered, or with the reason why nobody can receive it. */
export interface NewMail {
  readonly id: MailId
  /** What caused it. A cause has one mail: the second with the same key is not written. */
  readonly key: string
  readonly kind: MailKind
  readonly accountId: AccountId | null
  readonly templateVersion: number
  readonly mail: RenderedMail
  readonly problem: string | null
}

export class MailNotFound extends Schema.TaggedError<MailNotFound>()("MailNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no mail "${this.id}".`
  }
}

/** A mail that waits already is not sent twice. */
export class MailWaits extends Schema.TaggedError<MailWaits>()("MailWaits", { id: MailId }) {
  override get message(): string {
    return "The mail is queued already; it is sent as soon as the mail server takes it."
  }
}

/** What to list of the outbox; what is absent does not limit. */
export interface MailFilter {
  readonly status?: MailStatus | undefined
  readonly kind?: MailKind | undefined
  readonly account?: AccountId | undefined
  /** A part of a recipient's address or of the subject. */
  readonly q?: string | undefined
}

/**
 * Every mail that was ever written, newest first, with what became of it. It is written in the transaction of its
 * cause, together with the job that sends it; its content is encrypted at rest, since a Welcome mail holds a password.
 */
export class Outbox extends Context.Service<
  Outbox,
  {
    /** Writes the mail and its job in the current transaction; false when its key has a mail already. */
    readonly write: (mail: NewMail) => Effect.Effect<boolean>
    readonly list: (filter: MailFilter, page: PageRequest) => Effect.Effect<Page<OutboxMail>>
    readonly get: (id: MailId) => Effect.Effect<WholeMail, MailNotFound>
    /** Queues it once more, whatever became of it. */
    readonly resend: (id: MailId) => Effect.Effect<OutboxMail, MailNotFound | MailWaits>
    /** The mail, while it is queued: a job that runs a second time finds nothing to do. */
    readonly queued: (id: MailId) => Effect.Effect<QueuedMail | null>
    /** A mail that waits is not sent, for this reason; nothing when it is not queued any more. */
    readonly giveUp: (id: MailId, problem: string) => Effect.Effect<void>
    /** Notes what became of an attempt; nothing when the mail is not queued any more. */
    readonly settle: (
      id: MailId,
      outcome:
        | { readonly status: "kept" }
        /** `problem`: recipients that the server refused while it took the others. */
        | { readonly status: "sent"; readonly problem: string | null }
        | { readonly status: "failed" | "queued"; readonly problem: string }
    ) => Effect.Effect<void>
    /**
     * Notes what a report says, and counts what was not known yet. Whoever does not get the mail makes it `failed`: at
     * once, or with the note of its sending where that is still to come. Bounces are kept when it is sent again, and do
     * not count any more.
     */
    readonly bounced: (
      id: MailId,
      report: string,
      bounces: ReadonlyArray<NewBounce>
    ) => Effect.Effect<{ readonly mail: OutboxMail; readonly recorded: number }, MailNotFound>
  }
>()("core/mail/Outbox") {}
