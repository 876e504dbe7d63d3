import { randomUUID } from "node:crypto"
import { bounceBytesMax } from "@concordat/contracts/mail"
import { BounceUnknown, BounceUnreadable } from "@concordat/contracts/Problem"
import { MailId, MailStatus, type OutboxMail } from "@concordat/core/mail/Outbox"
import { MailKind } from "@concordat/core/mail/Template"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { limitFlag } from "../pages.ts"
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
    limit: limitFlag(50)
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
      Flag.withDescription("Print its HTML, and nothing else, on standard output"),
      Flag.withDefault(false)
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
      ["Status", mail.problem === null ? mail.status : `${mail.status}: ${mail.problem}`],
      ...mail.bounces
        .filter(({ action }) => action === "delayed")
        .map(({ recipient, status, reason }) => ["Delayed", `${recipient}: ${status} ${reason}`])
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

/** What a mail system that calls a program understands (sysexits.h). */
const [refused, tryAgain] = [65, 75]

const bounce = Command.make(
  "bounce",
  {},
  Effect.fnUntraced(function* () {
    const payload = yield* readMessage
    const api = yield* connect().pipe(
      Effect.mapError(({ message }) => new CommandFailed({ message, exitCode: tryAgain }))
    )
    const { mailId, recorded, status } = yield* api.client.outbox
      .bounce({ query: {}, headers: { "idempotency-key": randomUUID() }, payload })
      .pipe(
        Effect.mapError((error) => {
          const isRefused = error instanceof BounceUnknown || error instanceof BounceUnreadable
          return new CommandFailed({
            message: api.explained(error).message,
            exitCode: isRefused ? refused : tryAgain
          })
        })
      )
    yield* Console.log(
      recorded === 0
        ? `Nothing new about the mail ${mailId}, which is ${status}.`
        : `The mail ${mailId} did not reach ${recorded} of its recipients; it is ${status}.`
    )
  })
).pipe(
  Command.withDescription(
    "Hand in a mail system's report (RFC 3464) that a mail did not arrive, on standard input, as a mail system calls it. Exit code: 0 = noted, 65 = no such report or not about our mails, 75 = try again later."
  ),
  Command.withShortDescription("Hand in a mail system's report that a mail did not arrive"),
  Command.withExamples([
    { command: "concordat outbox bounce < report.eml", description: "Hand in a report by hand" }
  ])
)

const readMessage = Effect.suspend(() =>
  process.stdin.isTTY === true
    ? Effect.fail(
        new CommandFailed({ message: "Pipe the message in: concordat outbox bounce < report.eml" })
      )
    : Effect.tryPromise({
        try: () => readAll(process.stdin),
        catch: () =>
          new CommandFailed({
            message: "The message cannot be read from standard input.",
            exitCode: tryAgain
          })
      })
).pipe(
  Effect.filterOrFail(
    ({ length }) => length <= bounceBytesMax,
    () =>
      new CommandFailed({
        message: `The message is larger than ${bounceBytesMax / 1024 / 1024} MiB: let the mail system return the headers only.`,
        exitCode: refused
      })
  )
)

/** All of it, but not more than one byte too many. */
const readAll = async (input: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    length += chunk.length
    if (length > bounceBytesMax) break
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** `concordat outbox …` */
export const outbox = Command.make("outbox").pipe(
  Command.withDescription("Mails that were sent, wait, or are kept to be read"),
  Command.withSubcommands([list, show, resend, bounce])
)
