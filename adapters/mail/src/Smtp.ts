import { Mailer, MailNotTaken } from "@concordat/core/mail/Mailer"
import type { MailId } from "@concordat/core/mail/Outbox"
import type { RenderedMail } from "@concordat/core/mail/render"
import { Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import { createTransport } from "nodemailer"

/** The mail server's address cannot be used. One line: the problem, then the way out. */
export class MailSettingsInvalid extends Schema.TaggedError<MailSettingsInvalid>()(
  "MailSettingsInvalid",
  { problem: Schema.String }
) {
  override get message(): string {
    return `${this.problem} Set CONCORDAT_SMTP_URL to smtp://user:password@host:587 (or smtps://…:465) and CONCORDAT_MAIL_FROM to the sender's address, or leave CONCORDAT_SMTP_URL away to keep mails in the outbox.`
  }
}

/** A mail server, and in whose name it sends. */
export interface SmtpSettings {
  /** `smtp://user:password@host:587`; with `smtps://` the connection is encrypted from its start. */
  readonly url: Redacted.Redacted
  readonly from: string
  /** Who is told that a mail did not arrive: the envelope's sender. The sender when undefined. */
  readonly bouncesTo?: string | undefined
}

/** No wait is longer; a job that was interrupted comes again. */
const timeoutMs = 30_000
const connections = 4

/**
 * Sends over SMTP (RFC 5321), with TLS where the server offers it. Mails name no files or addresses to load: what a
 * template says is text.
 */
export const smtpLayer = (settings: SmtpSettings): Layer.Layer<Mailer, MailSettingsInvalid> =>
  Layer.effect(
    Mailer,
    Effect.gen(function* () {
      const url = yield* urlOf(settings)
      const host = settings.from.split("@").at(-1)?.replace(/>$/u, "") ?? url.hostname
      const transport = yield* Effect.acquireRelease(
        Effect.sync(() =>
          createTransport(
            {
              host: url.hostname.replace(/^\[|\]$/gu, ""),
              port: Number(url.port || (url.protocol === "smtps:" ? 465 : 587)),
              secure: url.protocol === "smtps:",
              ...(url.username === ""
                ? {}
                : {
                    auth: {
                      user: decodeURIComponent(url.username),
                      pass: decodeURIComponent(url.password)
                    }
                  }),
              pool: true,
              maxConnections: connections,
              connectionTimeout: timeoutMs,
              greetingTimeout: timeoutMs,
              socketTimeout: timeoutMs,
              disableFileAccess: true,
              disableUrlAccess: true
            },
            { from: settings.from }
          )
        ),
        (open) => Effect.sync(() => open.close())
      )

      const send = (id: MailId, mail: RenderedMail) =>
        Effect.tryPromise({
          try: () =>
            transport.sendMail({
              messageId: `<${id}@${host}>`,
              to: [...mail.to],
              cc: [...mail.cc],
              bcc: [...mail.bcc],
              subject: mail.subject,
              text: mail.text,
              html: mail.html,
              headers: { "Auto-Submitted": "auto-generated" },
              // Where the server knows RFC 3461: reports then name the mail, and do not hold its content, in which a
              // password may be.
              dsn: { envid: id, ret: "HDRS", notify: ["FAILURE", "DELAY"] },
              ...(settings.bouncesTo === undefined
                ? {}
                : {
                    envelope: {
                      from: settings.bouncesTo,
                      to: [...mail.to, ...mail.cc, ...mail.bcc]
                    }
                  })
            }),
          catch: (cause) => notTaken(cause, Redacted.value(settings.url))
        }).pipe(
          Effect.map(({ rejected }) => ({
            refused: rejected
          })),
          Effect.withSpan("mail.send")
        )

      return Mailer.of({ sends: true, send })
    })
  )

/** No mail server: mails stay in the outbox, to be read there. */
export const keepingLayer: Layer.Layer<Mailer> = Layer.succeed(
  Mailer,
  Mailer.of({
    sends: false,
    send: () =>
      Effect.fail(new MailNotTaken({ passing: true, reason: "no mail server is configured" }))
  })
)

/**
 * The mail server from `CONCORDAT_SMTP_URL`, `CONCORDAT_MAIL_FROM` and `CONCORDAT_MAIL_BOUNCES_TO`; without the first,
 * mails are kept.
 */
export const mailerLayer = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* Config.option(Config.Redacted("CONCORDAT_SMTP_URL"))
    if (Option.isNone(url) || Redacted.value(url.value) === "") return keepingLayer
    const from = yield* Config.option(Config.String("CONCORDAT_MAIL_FROM"))
    if (Option.isNone(from))
      return yield* new MailSettingsInvalid({ problem: "CONCORDAT_MAIL_FROM is not set." })
    const bouncesTo = yield* Config.option(Config.String("CONCORDAT_MAIL_BOUNCES_TO"))
    return smtpLayer({
      url: url.value,
      from: from.value,
      bouncesTo: Option.getOrUndefined(Option.filter(bouncesTo, (address) => address !== ""))
    })
  })
)

const urlOf = ({ url, from, bouncesTo }: SmtpSettings): Effect.Effect<URL, MailSettingsInvalid> => {
  const text = Redacted.value(url)
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !/^smtps?:$/u.test(parsed.protocol) || parsed.hostname === "")
    return Effect.fail(
      new MailSettingsInvalid({ problem: "CONCORDAT_SMTP_URL is no such address." })
    )
  if (!/^([^<>@\r\n]*<)?[^\s<>@,]+@[^\s<>@,]+>?$/u.test(from))
    return Effect.fail(new MailSettingsInvalid({ problem: "CONCORDAT_MAIL_FROM is no address." }))
  if (bouncesTo !== undefined && !/^[^\s<>@,]+@[^\s<>@,]+$/u.test(bouncesTo))
    return Effect.fail(
      new MailSettingsInvalid({ problem: "CONCORDAT_MAIL_BOUNCES_TO is no plain address." })
    )
  return Effect.succeed(parsed)
}

const ServerRefusal = Schema.Struct({
  responseCode: Schema.optionalKey(Schema.Number),
  message: Schema.String
})
const decodeRefusal = Schema.decodeUnknownOption(ServerRefusal)

/** 5xx to a mail is final (RFC 5321 §4.2.1); but not to the sign-in (530–539), which an operator can set right. */
const notTaken = (cause: unknown, url: string): MailNotTaken => {
  const refusal = Option.getOrUndefined(decodeRefusal(cause))
  const code = refusal?.responseCode ?? 0
  const { username, password } = new URL(url)
  const hidden = [password, decodeURIComponent(password), username].filter((part) => part !== "")
  const reason = hidden.reduce(
    (text, part) => text.replaceAll(part, "…"),
    refusal?.message ?? String(cause)
  )
  return new MailNotTaken({
    passing: !(code >= 500 && !(code >= 530 && code < 540)),
    reason: reason.slice(0, 500)
  })
}
