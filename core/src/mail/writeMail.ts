import { Effect, Result } from "effect"
import type { AccountId } from "../account/Account.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { chooseTemplate } from "./chooseTemplate.ts"
import type { MergeValues } from "./mergeFields.ts"
import { MailId, Outbox } from "./Outbox.ts"
import { render } from "./render.ts"
import type { Language, MailKind } from "./Template.ts"
import { Templates } from "./Templates.ts"

/** An occasion that came, with what is known of it. */
export interface Notice {
  readonly kind: MailKind
  /** What caused it; a cause has one mail. */
  readonly key: string
  /** Whom it is about, then the organisations above, nearest first; empty for the CSP's own affairs. */
  readonly accounts: ReadonlyArray<AccountId>
  readonly language: Language
  readonly values: MergeValues
}

/**
 * Writes the mail of an occasion into the outbox, in the transaction of its cause. An inactive template writes
 * nothing. A mail that nobody can receive is written as failed, with the reason, so that somebody sees it.
 */
export const writeMail = Effect.fn("writeMail")(function* (notice: Notice) {
  const { kind, key, accounts, language, values } = notice
  const templates = yield* Effect.flatMap(Templates, ({ ofKind }) => ofKind(kind))
  const template = chooseTemplate(kind, templates, accounts, language)
  if (!template.active) return false
  const rendered = render(template, values)
  const outbox = yield* Outbox
  const id = MailId.make(yield* Effect.flatMap(Identifiers, ({ next }) => next))
  return yield* outbox.write({
    id,
    key,
    kind,
    accountId: accounts[0] ?? null,
    templateVersion: template.version,
    mail: Result.isSuccess(rendered)
      ? rendered.success
      : { to: [], cc: [], bcc: [], subject: template.subject, html: "", text: "" },
    problem: Result.isSuccess(rendered) ? null : rendered.failure.message
  })
})
