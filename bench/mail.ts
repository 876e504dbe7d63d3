import { once } from "node:events"
import { smtpLayer } from "@concordat/adapter-mail/Smtp"
import { exampleValues } from "@concordat/core/mail/mergeFields"
import { Outbox } from "@concordat/core/mail/Outbox"
import { languageDefault } from "@concordat/core/mail/Template"
import { writeMail } from "@concordat/core/mail/writeMail"
import { Clock, Effect, Layer, Redacted, Schedule } from "effect"
import { SMTPServer } from "smtp-server"
import { mailLane } from "../apps/reconciler/src/mailLane.ts"
import { print } from "./measure.ts"
import { benchDatabase, storage } from "./system.ts"

/** The outbox, written and sent to a mail server in this very process, one mail for each cause. */
const total = Number(process.env["BENCH_MAILS"] ?? 2_000)
const goalPerSecond = 200

const received = { mails: 0 }
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  onData: (stream, _, done) => {
    stream.resume()
    stream.once("end", () => {
      received.mails += 1
      done()
    })
  }
})
server.listen(0, "127.0.0.1")
await once(server.server, "listening")
const address = server.server.address()
const port = address !== null && typeof address === "object" ? address.port : 0

const seconds = Effect.map(Clock.currentTimeMillis, (ms) => ms / 1_000)

const program = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  return yield* Effect.gen(function* () {
    const began = yield* seconds
    yield* Effect.forEach(
      Array.from({ length: total }, (_, n) => n),
      (n) =>
        writeMail({
          kind: "welcome-customer",
          key: `tenant ${n}`,
          accounts: [],
          language: languageDefault,
          values: exampleValues
        }),
      { concurrency: 8 }
    )
    const written = yield* seconds
    const mailer = yield* Layer.build(
      smtpLayer({ url: Redacted.make(`smtp://127.0.0.1:${port}`), from: "a@contoso.example" })
    )
    yield* mailLane.pipe(Effect.provide(mailer))
    yield* Outbox.use((outbox) =>
      outbox.list({ status: "queued" }, { cursor: undefined, limit: 1 })
    ).pipe(
      Effect.repeat({
        until: ({ items }) => items.length === 0,
        schedule: Schedule.spaced("50 millis")
      }),
      Effect.timeout("120 seconds")
    )
    const sent = yield* seconds
    return { writing: written - began, sending: sent - written }
  }).pipe(Effect.provide(storage(url, folder)))
}).pipe(Effect.scoped)

const { writing, sending } = await Effect.runPromise(program)
server.close()
if (received.mails !== total) throw new Error(`${received.mails} of ${total} mails arrived`)
const rate = total / sending
print(`Outbox: ${total.toLocaleString("en")} mails`, [
  {
    what: "written",
    figure: `${Math.round(total / writing)}/s`,
    note: "rendered, sealed, with the job, one transaction each"
  },
  {
    what: "sent",
    figure: `${Math.round(rate)}/s`,
    note: `to a local mail server; goal ${goalPerSecond}/s${rate < goalPerSecond ? " NOT MET" : ""}`
  }
])
process.exit(rate < goalPerSecond ? 1 : 0)
