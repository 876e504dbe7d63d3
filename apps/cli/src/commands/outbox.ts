import { randomUUID } from "node:crypto"
import { MailId, MailStatus, type OutboxMail } from "@concordat/core/mail/Outbox"
import { MailKind } from "@concordat/core/mail/Template"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connect } from "../Api.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"

const columns: ReadonlyArray<Column> = [
  { heading: "Written", least: 16, most: 16 },
  { heading: "Status", least: 6, most: 6 },
  { heading: "To", least: 12, most: 40 },
  { heading: "Subject", least: 12, most: 60 },
  { heading: "ID", least: 36, most: 36 },
  { heading: "Problem", least: 8, most: 200 }
]

const cellsOf = (mail: OutboxMail): ReadonlyArray<string> => [
  toIso(mail.createdAt).slice(0, 16).replace("T", " "),
  mail.status,
  mail.to.join(", "),
  mail.subject,
  mail.id,
  mail.problem ?? ""
]

const list = Command.make(
  "list",
  {
    status: Flag.Literals("status", MailStatus.literals).pipe(
      Flag.withDescription("Only mails of which this became"),
      Flag.optional
    ),
    kind: Flag.Literals("kind", MailKind.literals).pipe(
      Flag.withDescription("Only mails of this occasion"),
      Flag.optional
    ),
    q: Flag.String("search").pipe(
      Flag.withDescription("A part of a recipient's address or of the subject"),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("How many at most, 1 to 500"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 500 }))),
      Flag.withDefault(50)
    )
  },
  Effect.fnUntraced(function* ({ status, kind, q, limit }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.outbox
      .list({
        query: {
          limit,
          ...Option.match(status, { onNone: () => ({}), onSome: (value) => ({ status: value }) }),
          ...Option.match(kind, { onNone: () => ({}), onSome: (value) => ({ kind: value }) }),
          ...Option.match(q, { onNone: () => ({}), onSome: (value) => ({ q: value }) })
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* items.length === 0
      ? Console.error("There are no such mails.")
      : Console.log(table(columns, items.map(cellsOf), screenWidth()))
    if (next !== null) yield* Console.error(`There are more; the newest ${items.length} are shown.`)
  })
).pipe(Command.withDescription("List mails, newest first, with what became of them"))

const mailId = Argument.String("id").pipe(
  Argument.withDescription('The mail\'s id, from "outbox list"'),
  Argument.withSchema(MailId)
)

const show = Command.make(
  "show",
  {
    id: mailId,
    html: Flag.Boolean("html").pipe(
      Flag.withDescription("Print its HTML, and nothing else, on standard output")
    )
  },
  Effect.fnUntraced(function* ({ id, html }) {
    const api = yield* connect()
    const mail = yield* api.client.outbox
      .get({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    if (html) return yield* Console.log(mail.mail.html)
    const header = [
      ["To", mail.mail.to.join(", ")],
      ["Cc", mail.mail.cc.join(", ")],
      ["Bcc", mail.mail.bcc.join(", ")],
      ["Subject", mail.mail.subject],
      ["Status", mail.problem === null ? mail.status : `${mail.status}: ${mail.problem}`]
    ]
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${printable(value ?? "")}`)
    const text = mail.mail.text.split("\n").map(printable)
    yield* Console.log([...header, "", ...text].join("\n"))
  })
).pipe(Command.withDescription("Read a mail, as text or as HTML"))

const resend = Command.make(
  "resend",
  { id: mailId },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    const mail = yield* api.client.outbox
      .resend({ params: { id }, query: {}, headers: { "idempotency-key": randomUUID() } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      mail.status === "queued"
        ? `The mail to ${mail.to.map(printable).join(", ")} is queued again.`
        : `The mail stays ${mail.status}: ${printable(mail.problem ?? "")}`
    )
  })
).pipe(Command.withDescription("Send a mail once more"))

/** `concordat outbox …` */
export const outbox = Command.make("outbox").pipe(
  Command.withDescription("Mails that were sent, wait, or are kept to be read"),
  Command.withSubcommands([list, show, resend])
)
