import { AccountId } from "@concordat/core/account/Account"
import { Bounce } from "@concordat/core/mail/Bounce"
import type { MergeField } from "@concordat/core/mail/mergeFields"
import { MailId, MailStatus } from "@concordat/core/mail/Outbox"
import { Language, MailKind, partLengthMax } from "@concordat/core/mail/Template"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, guid, line, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountNotFound,
  BodyTooLarge,
  BounceUnknown,
  BounceUnreadable,
  MailNotFound,
  MailWaits,
  MediaTypeUnsupported,
  NoRecipient,
  PreconditionRequired,
  VersionStale
} from "./Problem.ts"

/** The largest body with a template: its parts at their longest, in any script. */
export const templateBytesMax = 1024 * 1024

/** The largest report of a mail system: what came back may be in it whole. */
export const bounceBytesMax = 4 * 1024 * 1024

const kindText = "The occasion on which the mail is sent."
const addresses = (description: string) => Schema.Array(Schema.String).annotate({ description })

/** A mail of the outbox, as it is listed. */
export const MailView = Schema.Struct({
  id: guid(MailId, "The mail."),
  kind: described(MailKind, kindText),
  accountId: described(
    Schema.NullOr(guid(AccountId, "The account.")),
    "Whom it is about; null where it is about the whole."
  ),
  status: described(
    MailStatus,
    "`queued` waits to be sent, `kept` stays in the outbox because no mail server is configured, `sent` was taken by the mail server, `failed` was refused by it, came back from somebody, or had nobody to go to."
  ),
  to: addresses("The recipients of its To."),
  subject: Schema.String.annotate({ description: "Its subject." }),
  templateVersion: count("The version of the template; 0 for a built-in one."),
  attempts: count("How often it was handed to the mail server."),
  problem: described(
    Schema.NullOr(Schema.String),
    "Why it was not sent, or whom it did not reach; null when nothing is wrong."
  ),
  createdAt: timestamp("When its cause happened."),
  sentAt: described(
    Schema.NullOr(timestamp("When the mail server took it.")),
    "When the mail server took it; null until then."
  )
}).annotate({ identifier: "Mail", description: "A mail, without its content." })

const contentFields = {
  to: addresses("The recipients of its To."),
  cc: addresses("Who gets a copy."),
  bcc: addresses("Who gets a blind copy."),
  subject: Schema.String.annotate({ description: "Its subject." }),
  html: Schema.String.annotate({
    description:
      "Its HTML. Values in it are escaped; show it in a sandboxed frame without scripts all the same."
  }),
  text: Schema.String.annotate({ description: "Its plain text." })
}

/** A mail as it went out, or would. */
export const MailContent = Schema.Struct(contentFields).annotate({
  identifier: "MailContent",
  description: "A mail as it goes out."
})

/** A recipient whom a mail did not reach. */
export const BounceView = Schema.Struct({
  recipient: Schema.String.annotate({ description: "The address, as the report has it." }),
  action: described(
    Bounce.fields.action,
    "`failed`: for good; `delayed`: not yet, and it is still being tried."
  ),
  status: Schema.String.annotate({
    description: "The enhanced status code (RFC 3463).",
    examples: ["5.1.1"]
  }),
  reason: Schema.String.annotate({
    description: "What the recipient's mail system said; empty when it said nothing."
  }),
  at: timestamp("When the report was handed in.")
}).annotate({ identifier: "Bounce", description: "A recipient whom a mail did not reach." })

/** A mail with its content. */
export const WholeMailView = Schema.Struct({
  ...MailView.fields,
  bounces: Schema.Array(BounceView).annotate({
    description:
      "What mail systems have reported, newest first, at most 200; those of earlier sendings too."
  }),
  mail: MailContent
}).annotate({
  identifier: "WholeMail",
  description: "A mail with its content. A Welcome mail holds a first password: read it with care."
})

/** What a report has changed. */
const BounceRecorded = Schema.Struct({
  mailId: guid(MailId, "The mail that the report is about."),
  status: described(MailStatus, "What the mail is now."),
  recorded: count(
    "Bounces that were not known yet; 0 for a report that was handed in before, or that tells of no bounce."
  )
}).annotate({ identifier: "BounceRecorded", description: "What a report has changed." })

const mailId = { id: guid(MailId, "The mail's id.") }

/** Every mail that was ever written. */
export class OutboxGroup extends HttpApiGroup.make("outbox")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        ...pageQuery,
        status: described(Schema.optionalKey(MailStatus), "Only mails of which this became."),
        kind: described(Schema.optionalKey(MailKind), "Only mails of this occasion."),
        account: Schema.optionalKey(guid(AccountId, "Only mails about this account.")),
        q: Schema.optionalKey(
          line("A part of a recipient's address or of the subject.", { min: 0, max: 200 })
        )
      },
      success: pageOf(MailView, "MailPage")
    })
      .annotate(OpenApi.Summary, "List mails, newest first")
      .annotateMerge(requires("outbox:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: mailId,
      query: noQuery,
      success: WholeMailView,
      error: MailNotFound
    })
      .annotate(OpenApi.Summary, "Read one mail, with its content")
      .annotateMerge(requires("outbox:read")),
    HttpApiEndpoint.get("raw", "/:id/raw", {
      params: mailId,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(
        HttpApiSchema.StreamUint8Array({ contentType: ["message/rfc822"] }),
        { "content-disposition": described(Schema.String, "The file's name.") }
      ),
      error: MailNotFound
    })
      .annotate(OpenApi.Summary, "Download one mail as a file that mail programs open")
      .annotate(
        OpenApi.Description,
        "A message by RFC 5322, with both its parts and all recipients. It has no From: the sender's address belongs to whoever sends it (CONCORDAT_MAIL_FROM)."
      )
      .annotateMerge(requires("outbox:read")),
    HttpApiEndpoint.post("resend", "/:id/resend", {
      params: mailId,
      headers: idempotencyKey,
      query: noQuery,
      success: MailView.pipe(HttpApiSchema.status(202)),
      error: [MailNotFound, MailWaits]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Send a mail once more")
      .annotate(
        OpenApi.Description,
        "Queues the mail again, as it was rendered. A mail without recipients stays failed: complete the address, and cause it anew."
      )
      .annotateMerge(requires("outbox:write")),
    HttpApiEndpoint.post("bounce", "/bounces", {
      headers: idempotencyKey,
      query: noQuery,
      payload: Schema.Uint8Array.pipe(
        HttpApiSchema.asUint8Array({ contentType: "message/rfc822" })
      ),
      success: BounceRecorded,
      error: [BounceUnreadable, BounceUnknown, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Hand in a mail system's report that a mail did not arrive")
      .annotate(
        OpenApi.Description,
        `Takes a delivery status notification (RFC 3464), the whole message as it came, at most ${bounceBytesMax / 1024 / 1024} MiB. The mail is found by the envelope's id or the Message-ID that it was sent with. A failure makes the mail \`failed\`; a delay is only noted. The same report changes nothing a second time.`
      )
      .annotateMerge(requires("outbox:bounce"))
  )
  .middleware(Bearer)
  .prefix("/v1/outbox")
  .annotateMerge(
    OpenApi.annotations({
      title: "Outbox",
      description:
        "Every mail, written together with what caused it. Without a mail server (CONCORDAT_SMTP_URL) mails are kept here to be read."
    })
  ) {}

const part = (name: keyof typeof partLengthMax, description: string) =>
  Schema.String.check(Schema.isMaxLength(partLengthMax[name])).annotate({ description })

const templateFields = {
  active: described(Schema.Boolean, "False: the occasion sends no mail."),
  to: part("to", "Recipients: addresses and merge fields, separated by commas."),
  cc: part("cc", "Who gets a copy; may be empty."),
  bcc: part("bcc", "Who gets a blind copy; may be empty."),
  subject: part("subject", "The subject, with merge fields."),
  html: part("html", "The HTML, with merge fields between its tags."),
  text: part("text", "The plain text, with merge fields.")
}

/** What a template says. */
export const TemplateTexts = Schema.Struct(templateFields).annotate({
  identifier: "TemplateTexts",
  description: "How the mails of an occasion look. Merge fields stand as `{#Accounts.Email#}`."
})

/** A template, and which it is. */
export const TemplateView = Schema.Struct({
  kind: described(MailKind, kindText),
  organisationId: described(
    Schema.NullOr(guid(AccountId, "The organisation.")),
    "Whose template it is; null for all that have none of their own."
  ),
  language: described(Language, "The language, as de or de-CH."),
  ...templateFields,
  version: count("Counts the changes; 0 is built in. It is also the ETag.")
}).annotate({ identifier: "Template", description: "A template of an occasion's mails." })

const MergeFieldView = Schema.Struct({
  name: Schema.String.annotate({
    description: "How it is written between `{#` and `#}`.",
    examples: ["Accounts.Email" satisfies MergeField]
  }),
  description: Schema.String.annotate({ description: "What stands in its place." }),
  example: Schema.String.annotate({ description: "Such a value." })
}).annotate({ identifier: "MergeField", description: "A value that a template can show." })

/** An occasion with the fields that its templates may use. */
export const OccasionView = Schema.Struct({
  kind: described(MailKind, kindText),
  name: Schema.String.annotate({ description: "What it is called." }),
  fields: Schema.Array(MergeFieldView).annotate({
    description: "The merge fields that its templates may use."
  }),
  templates: Schema.Array(TemplateView).annotate({
    description: "Its templates; those that nobody changed are built in."
  })
}).annotate({ identifier: "Occasion", description: "An occasion on which mails are sent." })

const VersionView = Schema.Struct({
  template: TemplateView,
  at: timestamp("When it was made."),
  actor: Schema.String.annotate({ description: "Who made it." })
}).annotate({ identifier: "TemplateVersion", description: "A version of a template." })

const kindParam = { kind: described(MailKind, kindText) }
const which = {
  organisation: Schema.optionalKey(
    guid(AccountId, "The organisation whose template it is; for all when absent.")
  ),
  language: described(Schema.optionalKey(Language), "The language; English (en) when absent.")
}

/** Templates of the mails that notifications become. */
export class TemplatesGroup extends HttpApiGroup.make("templates")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: pageQuery,
      success: pageOf(OccasionView, "OccasionPage")
    })
      .annotate(OpenApi.Summary, "List the occasions, with their merge fields and templates")
      .annotateMerge(requires("templates:read")),
    HttpApiEndpoint.get("get", "/:kind", {
      params: kindParam,
      query: which,
      success: HttpApiSchema.WithHeaders(TemplateView, etag)
    })
      .annotate(OpenApi.Summary, "Read one template, with its ETag")
      .annotate(
        OpenApi.Description,
        'Exactly this organisation\'s, in exactly this language. Where there is none yet, the one that is used instead is shown, under version 0: change it with If-Match: "0".'
      )
      .annotateMerge(requires("templates:read")),
    HttpApiEndpoint.put("put", "/:kind", {
      params: kindParam,
      query: which,
      headers: ifMatch,
      payload: TemplateTexts,
      success: HttpApiSchema.WithHeaders(TemplateView, etag),
      error: [
        AccountNotFound,
        VersionStale,
        PreconditionRequired,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Change a template; its older versions are kept")
      .annotate(
        OpenApi.Description,
        "Refused with everything that is wrong with it: an unknown merge field is answered with those that exist, and a merge field may stand only where its value cannot break out (between tags in HTML)."
      )
      .annotateMerge(requires("templates:write")),
    HttpApiEndpoint.get("versions", "/:kind/versions", {
      params: kindParam,
      query: { ...which, ...pageQuery },
      success: pageOf(VersionView, "TemplateVersionPage")
    })
      .annotate(OpenApi.Summary, "List the versions of a template, newest first")
      .annotateMerge(requires("templates:read")),
    HttpApiEndpoint.post("preview", "/:kind/preview", {
      params: kindParam,
      query: {
        account: Schema.optionalKey(
          guid(AccountId, "The account whose real data is shown; examples when absent.")
        )
      },
      headers: idempotencyKey,
      payload: TemplateTexts,
      success: MailContent,
      error: [AccountNotFound, NoRecipient, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(
        OpenApi.Summary,
        "Show the mail that a template would make; nothing is sent or kept"
      )
      .annotateMerge(requires("templates:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/notifications/templates")
  .annotateMerge(
    OpenApi.annotations({
      title: "Notification templates",
      description: "How the mails look that notifications become, by organisation and language."
    })
  ) {}
