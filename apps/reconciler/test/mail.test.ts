import { once } from "node:events"
import { keepingLayer, smtpLayer } from "@concordat/adapter-mail/Smtp"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { exampleValues } from "@concordat/core/mail/mergeFields"
import { MailId, type MailStatus, Outbox } from "@concordat/core/mail/Outbox"
import { languageDefault } from "@concordat/core/mail/Template"
import { writeMail } from "@concordat/core/mail/writeMail"
import { Effect, Layer, Option, Redacted, Schedule } from "effect"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"
import { beforeAll, describe, expect, it } from "vitest"
import { mailLane } from "../src/mailLane.ts"

beforeAll(() => {
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
})

/** A mail server, and who was sent how many mails. */
const mailServer = (options: SMTPServerOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<string> = []
      const smtp = new SMTPServer({
        authOptional: true,
        disabledCommands: ["STARTTLS"],
        onData: (stream, session, done) => {
          stream.resume()
          stream.once("end", () => {
            received.push(...session.envelope.rcptTo.map(({ address }) => address))
            done()
          })
        },
        ...options
      })
      smtp.on("error", () => undefined)
      smtp.listen(0, "127.0.0.1")
      await once(smtp.server, "listening")
      const address = smtp.server.address()
      const port = address !== null && typeof address === "object" ? address.port : 0
      const url = Redacted.make(`smtp://127.0.0.1:${port}`)
      return { smtp, received, mailer: smtpLayer({ url, from: "a@contoso.example" }) }
    }),
    ({ smtp }) => Effect.promise(() => new Promise<void>((resolve) => smtp.close(resolve)))
  )

const write = (n: number) =>
  writeMail({
    kind: "welcome-customer",
    key: `tenant ${n}`,
    accounts: [],
    language: languageDefault,
    values: { ...exampleValues, "Accounts.Email": `customer${n}@fabrikam.example` }
  })

/** The mails of one status, once there are so many. */
const settled = (status: MailStatus, count: number) =>
  Outbox.use((outbox) => outbox.list({ status }, { cursor: undefined, limit: 500 })).pipe(
    Effect.map(({ items }) => items),
    Effect.repeat({
      until: (items) => items.length >= count,
      schedule: Schedule.spaced("20 millis")
    }),
    Effect.timeout("20 seconds")
  )

const onDatabase = <A, E>(
  program: Effect.Effect<A, E, Outbox | Layer.Success<ReturnType<typeof storageLayer>>>
) =>
  Effect.gen(function* () {
    const { url } = yield* makeDatabase
    return yield* Effect.provide(program, storageLayer({ url, folder: Option.none() }, "mail test"))
  }).pipe(Effect.scoped, Effect.runPromise)

describe("the outbox", () => {
  it("is sent, every mail once, by several processes at a time", () =>
    onDatabase(
      Effect.scoped(
        Effect.gen(function* () {
          const { mailer, received } = yield* mailServer()
          yield* Effect.forEach(
            Array.from({ length: 120 }, (_, n) => n),
            write
          )
          yield* Effect.all([mailLane, mailLane]).pipe(Effect.provide(yield* Layer.build(mailer)))
          const sent = yield* settled("sent", 120)
          expect(sent).toHaveLength(120)
          expect(new Set(received).size).toBe(120)
          expect(received).toHaveLength(120)
        })
      )
    ))

  it("is kept where there is no mail server, and a mail of it can be sent once there is one", () =>
    onDatabase(
      Effect.gen(function* () {
        yield* write(1)
        const [kept] = yield* Effect.scoped(
          Effect.andThen(mailLane.pipe(Effect.provide(keepingLayer)), settled("kept", 1))
        )
        expect(kept).toMatchObject({ attempts: 0, problem: null })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { mailer, received } = yield* mailServer()
            yield* Outbox.use((outbox) => outbox.resend(kept?.id ?? MailId.make("")))
            yield* mailLane.pipe(Effect.provide(yield* Layer.build(mailer)))
            yield* settled("sent", 1)
            expect(received).toEqual(["customer1@fabrikam.example"])
          })
        )
      })
    ))

  it("says what the mail server refused, and does not insist", () =>
    onDatabase(
      Effect.scoped(
        Effect.gen(function* () {
          const { mailer } = yield* mailServer({
            onRcptTo: (_, __, done) =>
              done(Object.assign(new Error("no such user"), { responseCode: 550 }))
          })
          yield* write(1)
          yield* mailLane.pipe(Effect.provide(yield* Layer.build(mailer)))
          expect(yield* settled("failed", 1)).toMatchObject([
            { attempts: 1, problem: expect.stringMatching(/no such user/u) }
          ])
        })
      )
    ))

  it("waits for a mail server that cannot take mails yet", () =>
    onDatabase(
      Effect.scoped(
        Effect.gen(function* () {
          let refusals = 1
          const { mailer, received } = yield* mailServer({
            onRcptTo: (_, __, done) =>
              refusals-- > 0
                ? done(Object.assign(new Error("try again later"), { responseCode: 451 }))
                : done()
          })
          yield* write(1)
          yield* mailLane.pipe(Effect.provide(yield* Layer.build(mailer)))
          expect(yield* settled("sent", 1)).toMatchObject([{ attempts: 2, problem: null }])
          expect(received).toHaveLength(1)
        })
      )
    ))
})
