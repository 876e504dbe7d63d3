import { Effect, Option, Schema } from "effect"
import { bouncesOf } from "./Bounce.ts"
import type { DeliveryReport } from "./DeliveryReport.ts"
import { MailId, Outbox } from "./Outbox.ts"

/** A report that is about none of our mails, or does not say about which. */
export class BounceUnknown extends Schema.TaggedError<BounceUnknown>()("BounceUnknown", {
  about: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.about.length === 0
      ? "The report does not say which mail it is about: it has neither an Original-Envelope-Id nor the Message-ID of what came back. Let the mail system return the headers."
      : `The report is about ${this.about.map((name) => `“${name}”`).join(", ")}, which is no mail of this outbox.`
  }
}

/**
 * Notes on a mail whom it did not reach, from the report of the mail system that gave up or still tries. The mail is
 * found by what we called it when it was sent. The same report changes nothing a second time.
 */
export const recordBounce = Effect.fn("recordBounce")(function* (report: DeliveryReport) {
  const outbox = yield* Outbox
  for (const id of report.about.flatMap(mailIdOf)) {
    const noted = yield* outbox
      .bounced(id, report.key, bouncesOf(report))
      .pipe(Effect.catchTag("MailNotFound", () => Effect.undefined))
    if (noted !== undefined) return noted
  }
  return yield* new BounceUnknown({ about: report.about })
})

const asMailId = Schema.decodeUnknownOption(MailId)

/** The mail's id alone, or as `<id@host>`. */
const mailIdOf = (name: string): ReadonlyArray<MailId> =>
  Option.toArray(asMailId(/^\s*<?([0-9a-f-]{36})(@[^\s>]*)?>?\s*$/iu.exec(name)?.[1]))
