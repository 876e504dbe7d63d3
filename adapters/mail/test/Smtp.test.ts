import { once } from "node:events"
import { Mailer } from "@concordat/core/mail/Mailer"
import { MailId } from "@concordat/core/mail/Outbox"
import type { RenderedMail } from "@concordat/core/mail/render"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { type ParsedMail, simpleParser } from "mailparser"
import { SMTPServer, type SMTPServerEnvelope, type SMTPServerOptions } from "smtp-server"
import { afterEach, describe, expect, it } from "vitest"
import { mailerLayer, smtpLayer } from "../src/Smtp.ts"

const id = MailId.make("0a1b2c3d-0000-4000-8000-000000000001")
const mail: RenderedMail = {
  to: ["office@fabrikam.example"],
  cc: ["orders@northwind.example"],
  bcc: ["archive@contoso.example"],
  subject: "Willkommen bei Microsoft 365 – 東京",
  html: "<p>Grüße &amp; &lt;b&gt;</p>",
  text: "Grüße"
}

interface Received {
  readonly to: ReadonlyArray<string>
  readonly parsed: ParsedMail
}

const open = new Set<SMTPServer>()
afterEach(async () => {
  for (const server of open) await new Promise<void>((resolve) => server.close(resolve))
  open.clear()
})

/** A mail server on a free port, and what it has received. */
const server = async (options: SMTPServerOptions = {}) => {
  const received: Array<Received> = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, session, done) => {
      simpleParser(stream).then((parsed) => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), parsed })
        done()
      }, done)
    },
    ...options
  })
  // A client that leaves early is none of the test's business.
  smtp.on("error", () => undefined)
  open.add(smtp)
  smtp.listen(0, "127.0.0.1")
  await once(smtp.server, "listening")
  const address = smtp.server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return { port: address.port, received, smtp }
}

const send = (url: string, given: RenderedMail = mail) =>
  Effect.flatMap(Mailer, (mailer) => mailer.send(id, given)).pipe(
    Effect.provide(
      smtpLayer({ url: Redacted.make(url), from: "Contoso <no-reply@contoso.example>" })
    )
  )
const refusal = (url: string, given?: RenderedMail) =>
  Effect.runPromise(Effect.flip(send(url, given)))

const refusing = (code: number, text: string): SMTPServerOptions => ({
  onRcptTo: (_, __, done) => done(Object.assign(new Error(text), { responseCode: code }))
})

describe("a mail server", () => {
  it("gets the mail whole: recipients, both texts, and an id made from the mail's", async () => {
    const { port, received } = await server()
    expect(await Effect.runPromise(send(`smtp://127.0.0.1:${port}`))).toEqual({ refused: [] })
    expect(received).toHaveLength(1)
    const [one] = received
    expect(one?.to).toEqual([...mail.to, ...mail.cc, ...mail.bcc])
    expect(one?.parsed.subject).toBe(mail.subject)
    expect(one?.parsed.text?.trim()).toBe(mail.text)
    expect(one?.parsed.html).toContain(mail.html)
    expect(one?.parsed.messageId).toBe(`<${id}@contoso.example>`)
    expect(one?.parsed.from?.text).toContain("no-reply@contoso.example")
    // Who gets a blind copy is nobody's business.
    expect(JSON.stringify([...(one?.parsed.headers ?? [])])).not.toContain("archive@")
    expect(one?.parsed.headers.get("auto-submitted")).toBe("auto-generated")
  })

  it("is told the mail's id, and to return no content; reports go to whom they should", async () => {
    const envelopes: Array<SMTPServerEnvelope> = []
    const { port } = await server({
      hideDSN: false,
      onRcptTo: (_, { envelope }, done) => {
        envelopes.push(envelope)
        done()
      }
    })
    await Effect.runPromise(
      Effect.flatMap(Mailer, (mailer) => mailer.send(id, mail)).pipe(
        Effect.provide(
          smtpLayer({
            url: Redacted.make(`smtp://127.0.0.1:${port}`),
            from: "Contoso <no-reply@contoso.example>",
            bouncesTo: "bounces@contoso.example"
          })
        )
      )
    )
    const [one] = envelopes
    expect(one?.dsn).toMatchObject({ envid: id, ret: "HDRS" })
    expect(one?.mailFrom).toMatchObject({ address: "bounces@contoso.example" })
    expect(one?.rcptTo.map(({ address }) => address)).toEqual([...mail.to, ...mail.cc, ...mail.bcc])
    expect(one?.rcptTo[0]?.dsn?.notify).toEqual(["FAILURE", "DELAY"])
  })

  it("signs in with what the address holds", async () => {
    const seen: Array<string> = []
    const { port } = await server({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) => {
        seen.push(`${username} ${password}`)
        done(null, { user: username })
      }
    })
    await Effect.runPromise(send(`smtp://mail%40contoso.example:p%3Aw@127.0.0.1:${port}`))
    expect(seen).toEqual(["mail@contoso.example p:w"])
  })

  it("that refuses one recipient sends to the others, and says whom it refused", async () => {
    const { port, received } = await server({
      onRcptTo: ({ address }, _, done) =>
        address.startsWith("orders")
          ? done(Object.assign(new Error("no such user"), { responseCode: 550 }))
          : done()
    })
    expect(await Effect.runPromise(send(`smtp://127.0.0.1:${port}`))).toEqual({
      refused: ["orders@northwind.example"]
    })
    expect(received).toHaveLength(1)
  })

  it.each([
    [550, "no such user", false],
    [451, "try again later", true],
    [552, "mailbox full", false]
  ])("that answers %i is believed: final or not", async (code, text, passing) => {
    const { port } = await server(refusing(code, text))
    const error = await refusal(`smtp://127.0.0.1:${port}`)
    expect(error).toMatchObject({ _tag: "MailNotTaken", passing })
    expect(error.message).toContain(text)
  })

  it("that refuses the sign-in may take the mail once that is set right, and the password is not told", async () => {
    const { port } = await server({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ password }, _, done) => done(new Error(`535 not with ${password}`))
    })
    const error = await refusal(`smtp://me:very%20secret@127.0.0.1:${port}`)
    expect(error).toMatchObject({ passing: true })
    expect(error.message).not.toMatch(/very(%20| )secret/u)
  })

  it("that is not there may be there later", async () => {
    const { port, smtp } = await server()
    await new Promise<void>((resolve) => smtp.close(resolve))
    open.delete(smtp)
    expect(await refusal(`smtp://127.0.0.1:${port}`)).toMatchObject({ passing: true })
  })
})

describe("the settings", () => {
  const built = (settings: Readonly<Record<string, string>>) =>
    Effect.map(Mailer, ({ sends }) => sends).pipe(
      Effect.provide(
        mailerLayer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))))
      )
    )

  it("without a server keep mails in the outbox", async () => {
    expect(await Effect.runPromise(built({}))).toBe(false)
    expect(await Effect.runPromise(built({ CONCORDAT_SMTP_URL: "" }))).toBe(false)
  })

  it.each([
    [{ CONCORDAT_SMTP_URL: "smtp://mail.example" }, /CONCORDAT_MAIL_FROM is not set/u],
    [
      { CONCORDAT_SMTP_URL: "http://mail.example", CONCORDAT_MAIL_FROM: "a@b.example" },
      /CONCORDAT_SMTP_URL is no such address/u
    ],
    [
      { CONCORDAT_SMTP_URL: "smtp://mail.example", CONCORDAT_MAIL_FROM: "a@b\r\nBcc: c@d" },
      /CONCORDAT_MAIL_FROM is no address/u
    ],
    [
      {
        CONCORDAT_SMTP_URL: "smtp://mail.example",
        CONCORDAT_MAIL_FROM: "a@b.example",
        CONCORDAT_MAIL_BOUNCES_TO: "Bounces <a@b.example>"
      },
      /CONCORDAT_MAIL_BOUNCES_TO is no plain address/u
    ]
  ])("%o are refused with the way out", async (settings, message) => {
    const error = await Effect.runPromise(Effect.flip(built(settings)))
    expect(String(error.message)).toMatch(message)
  })
})
