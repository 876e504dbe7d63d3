import { AccountId } from "@concordat/core/account/Account"
import type { NewBounce } from "@concordat/core/mail/Bounce"
import { builtInTemplate } from "@concordat/core/mail/builtIn"
import { exampleValues } from "@concordat/core/mail/mergeFields"
import { MailId, Outbox } from "@concordat/core/mail/Outbox"
import { Language, languageDefault, type Template } from "@concordat/core/mail/Template"
import { type TemplateKey, Templates } from "@concordat/core/mail/Templates"
import { type Notice, writeMail } from "@concordat/core/mail/writeMail"
import { Instant } from "@concordat/core/time/Instant"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Exit, Layer, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { identifiersLayer } from "../src/Identifiers.ts"
import { mailTemplatesLayer } from "../src/MailTemplates.ts"
import { outboxLayer } from "../src/Outbox.ts"
import { sendMailQueue } from "../src/queues.ts"
import { makeKeyring, Secrets } from "../src/Secrets.ts"
import { testDatabaseAndQueues } from "../src/testing.ts"
import { unitOfWorkLayer } from "../src/UnitOfWork.ts"
import { accountId, clear, emptied, rowsOf } from "./World.ts"

const secretsLayer = Layer.unwrap(
  Effect.map(makeKeyring(Redacted.make("a passphrase for tests only")), Secrets.layer)
)
const runtime = ManagedRuntime.make(
  Layer.mergeAll(outboxLayer, mailTemplatesLayer, identifiersLayer, unitOfWorkLayer).pipe(
    Layer.provideMerge(Layer.mergeAll(testDatabaseAndQueues, secretsLayer))
  )
)
afterAll(() => runtime.dispose())
const run = runtime.runPromise
beforeEach(() =>
  run(
    clear.pipe(
      Effect.andThen(emptied("mail_bounce", "mail", "mail_template")),
      Effect.andThen(
        rowsOf(`insert into account (id, parent_id, ancestors, kind, name, code) values
          ('${accountId(1)}', null, '{${accountId(1)}}', 'organisation', 'Contoso', 'O'),
          ('${accountId(2)}', '${accountId(1)}', '{${accountId(1)},${accountId(2)}}', 'customer', 'Fabrikam', 'C')`)
      )
    )
  )
)

const notice = (n: number, change: Partial<Notice> = {}): Notice => ({
  kind: "welcome-customer",
  key: `tenant ${n}`,
  accounts: [accountId(2), accountId(1)],
  language: languageDefault,
  values: { ...exampleValues, "Accounts.Name": `Fabrikam ${n}`, "Tenants.Password": `pass-${n}!` },
  ...change
})
const outbox = () => Outbox.use((port) => Effect.succeed(port))
const list = (filter = {}, limit = 50, cursor?: string) =>
  run(Outbox.use((port) => port.list(filter, { cursor, limit })))
const jobs = () => run(sendMailQueue.counts())
const onlyId = async () => {
  const [mail] = (await list()).items
  return mail?.id ?? MailId.make("")
}

describe("a mail", () => {
  it("is written once for its cause, with the job that sends it", async () => {
    expect(await run(writeMail(notice(1)))).toBe(true)
    expect(await run(writeMail(notice(1)))).toBe(false)
    expect(await list()).toMatchObject({
      items: [{ status: "queued", accountId: accountId(2), to: ["office@fabrikam.example"] }],
      next: null
    })
    expect((await jobs()).waiting).toBe(1)
  })

  it("and its job are gone when the transaction of its cause is", async () => {
    const exit = await runtime.runPromiseExit(
      UnitOfWork.use(({ within }) =>
        within(Effect.andThen(writeMail(notice(1)), Effect.fail("no")))
      )
    )
    expect(Exit.isFailure(exit)).toBe(true)
    expect((await list()).items).toEqual([])
    expect((await jobs()).waiting).toBe(0)
  })

  it("keeps its content from whoever reads the database", async () => {
    await run(writeMail(notice(1)))
    const stored = JSON.stringify(await run(rowsOf("select * from mail")))
    expect(stored).not.toContain("pass-1!")
    const id = await onlyId()
    const whole = await run(Outbox.use((port) => port.get(id)))
    expect(whole.mail.text).toContain("pass-1!")
  })

  it("does not open when its content is put into another row", async () => {
    await run(writeMail(notice(1)))
    await run(writeMail(notice(2)))
    const [a, b] = (await list()).items
    await run(
      rowsOf(`update mail set content = (select content from mail where id = '${a?.id}')
        where id = '${b?.id}'`)
    )
    const exit = await runtime.runPromiseExit(
      Outbox.use((port) => port.get(b?.id ?? MailId.make("")))
    )
    expect(Exit.hasDies(exit)).toBe(true)
  })

  it("that nobody can receive is there with the reason, and nothing sends it", async () => {
    await run(writeMail(notice(1, { values: { "Accounts.Email": "nobody" } })))
    expect((await list()).items).toMatchObject([
      { status: "failed", to: [], problem: expect.stringMatching(/“nobody” is no e-mail address/u) }
    ])
    expect((await jobs()).waiting).toBe(0)
    const id = await onlyId()
    expect(await run(Outbox.use((port) => port.resend(id)))).toMatchObject({ status: "failed" })
    expect((await jobs()).waiting).toBe(0)
  })

  it("is settled while it is queued, and not again", async () => {
    await run(writeMail(notice(1)))
    const id = await onlyId()
    const settle = (outcome: Parameters<Outbox["Service"]["settle"]>[1]) =>
      run(Outbox.use((port) => port.settle(id, outcome)))
    await settle({ status: "queued", problem: "The mail server is away." })
    expect((await list()).items).toMatchObject([
      { status: "queued", attempts: 1, problem: "The mail server is away." }
    ])
    await settle({ status: "sent", problem: null })
    await settle({ status: "failed", problem: "late" })
    expect((await list()).items).toMatchObject([{ status: "sent", attempts: 2, problem: null }])
    expect(await run(Outbox.use((port) => port.queued(id)))).toBeNull()
  })

  it("is sent again when it is asked for, but not while it waits", async () => {
    await run(writeMail(notice(1)))
    const id = await onlyId()
    const resend = Effect.flatMap(outbox(), (port) => port.resend(id))
    expect(await run(Effect.flip(resend))).toMatchObject({ _tag: "MailWaits" })
    await run(Outbox.use((port) => port.settle(id, { status: "kept" })))
    expect(await run(resend)).toMatchObject({ status: "queued", problem: null })
    expect(await run(Outbox.use((port) => port.queued(id)))).toMatchObject({ id })
    const stranger = MailId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
    expect(await run(Effect.flip(Outbox.use((port) => port.resend(stranger))))).toMatchObject({
      _tag: "MailNotFound"
    })
  })

  it("is found by status, kind, account, recipient and subject, page by page, newest first", async () => {
    for (let n = 1; n <= 5; n++)
      await run(writeMail(notice(n, { accounts: [accountId(n % 2 ? 1 : 2)] })))
    const first = await list({}, 2)
    const second = await list({}, 2, first.next ?? "")
    const third = await list({}, 2, second.next ?? "")
    const ids = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id))
    expect(new Set(ids).size).toBe(5)
    expect(third.next).toBeNull()
    const counts = async (filter: object) => (await list(filter)).items.length
    expect(await counts({ status: "queued" })).toBe(5)
    expect(await counts({ status: "sent" })).toBe(0)
    expect(await counts({ kind: "provisioning-failed" })).toBe(0)
    expect(await counts({ account: accountId(2) })).toBe(2)
    expect(await counts({ q: "FABRIKAM.example" })).toBe(5)
    expect(await counts({ q: "welcome to" })).toBe(5)
    expect(await counts({ q: "%" })).toBe(0)
  })
})

describe("a mail that comes back", () => {
  const failed = {
    recipient: "office@fabrikam.example",
    action: "failed",
    status: "5.1.1",
    reason: "user unknown"
  } as const
  const delayed = { ...failed, action: "delayed", status: "4.2.2", reason: "" } as const
  const bounced = (id: MailId, report: string, ...bounces: ReadonlyArray<NewBounce>) =>
    run(Outbox.use((port) => port.bounced(id, report, bounces)))
  const sent = async (id: MailId, problem: string | null = null) =>
    run(Outbox.use((port) => port.settle(id, { status: "sent", problem })))
  const written = async () => {
    await run(writeMail(notice(1)))
    return onlyId()
  }
  const whole = (id: MailId) => run(Outbox.use((port) => port.get(id)))
  const cameBack = "It came back from office@fabrikam.example: 5.1.1 user unknown."

  it("is failed, says from whom and why, and is found by that", async () => {
    const id = await written()
    await sent(id, "The mail server refused b@x.example.")
    expect(await bounced(id, "r1", failed)).toMatchObject({
      recorded: 1,
      mail: { id, status: "failed", problem: `The mail server refused b@x.example. ${cameBack}` }
    })
    expect((await list({ status: "failed" })).items).toMatchObject([
      { id, sentAt: expect.any(Number) }
    ])
    expect((await whole(id)).bounces).toEqual([{ ...failed, at: expect.any(Number) }])
  })

  it("by a report that is handed in twice changes nothing the second time", async () => {
    const id = await written()
    await sent(id)
    await bounced(id, "r1", failed)
    const before = await run(rowsOf("select * from mail, mail_bounce"))
    expect(await bounced(id, "r1", failed)).toMatchObject({
      recorded: 0,
      mail: { status: "failed" }
    })
    expect(await run(rowsOf("select * from mail, mail_bounce"))).toEqual(before)
  })

  it("before its sending is noted is failed with that note", async () => {
    const id = await written()
    expect(await bounced(id, "r1", failed)).toMatchObject({ mail: { status: "queued" } })
    expect(await run(Outbox.use((port) => port.queued(id)))).not.toBeNull()
    await sent(id)
    expect(await whole(id)).toMatchObject({ status: "failed", problem: cameBack })
  })

  it("while its sending is being noted is failed, whoever comes first", async () => {
    for (let n = 1; n <= 4; n++) {
      await run(emptied("mail_bounce", "mail"))
      const id = await written()
      await Promise.all([sent(id), bounced(id, "r1", failed)])
      expect(await whole(id)).toMatchObject({ status: "failed", problem: cameBack })
    }
  })

  it("is sent again without what was said of it before, which stays to be read", async () => {
    const id = await written()
    await sent(id)
    await bounced(id, "r1", failed)
    expect(await run(Outbox.use((port) => port.resend(id)))).toMatchObject({
      status: "queued",
      problem: null
    })
    // The same report once more is still the one of the first sending.
    await bounced(id, "r1", failed)
    await sent(id)
    expect(await whole(id)).toMatchObject({
      status: "sent",
      problem: null,
      bounces: [{ status: "5.1.1" }]
    })
    expect(await bounced(id, "r2", failed)).toMatchObject({
      mail: { status: "failed", problem: cameBack }
    })
    expect((await whole(id)).bounces).toHaveLength(2)
  })

  it("only later than usual stays sent, with a note of it", async () => {
    const id = await written()
    await sent(id)
    expect(await bounced(id, "r1", delayed)).toMatchObject({
      recorded: 1,
      mail: { status: "sent", problem: null }
    })
    expect((await whole(id)).bounces).toMatchObject([{ action: "delayed", status: "4.2.2" }])
    await bounced(id, "r2", failed)
    await bounced(id, "r3", { ...delayed, recipient: "b@x.example" })
    expect(await whole(id)).toMatchObject({ status: "failed", problem: cameBack })
  })

  it("must be one that was written, and of others nothing is kept", async () => {
    const stranger = MailId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
    expect(
      await run(Effect.flip(Outbox.use((port) => port.bounced(stranger, "r1", [failed]))))
    ).toMatchObject({ _tag: "MailNotFound" })
    expect(await run(rowsOf("select * from mail_bounce"))).toEqual([])
  })
})

describe("templates", () => {
  const de = Language.make("de")
  const changed = (change: Partial<Template> = {}) => ({
    ...builtInTemplate("welcome-customer"),
    ...change
  })
  const at = Instant.make(Date.UTC(2026, 10, 20))
  const put = (template: Template, expected: number) =>
    Templates.use((port) => port.put(template, expected, "key:test", at))
  const subjectOf = async (change: Partial<Notice> = {}) => {
    await run(emptied("mail_bounce", "mail"))
    await run(writeMail(notice(1, change)))
    return (await list()).items[0]?.subject
  }

  it("keep every version; one that was changed meanwhile is not written over", async () => {
    expect(await run(put(changed({ subject: "One" }), 0))).toMatchObject({ version: 1 })
    expect(await run(put(changed({ subject: "Two" }), 1))).toMatchObject({ version: 2 })
    expect(await run(Effect.flip(put(changed({ subject: "Late" }), 1)))).toMatchObject({
      _tag: "StaleVersion",
      actual: 2
    })
    const key: TemplateKey = {
      kind: "welcome-customer",
      organisationId: null,
      language: languageDefault
    }
    const page = (cursor?: string) =>
      run(Templates.use((port) => port.versions(key, { cursor, limit: 1 })))
    const first = await page()
    expect(first.items).toMatchObject([{ template: { subject: "Two" }, actor: "key:test", at }])
    expect((await page(first.next ?? "")).items).toMatchObject([{ template: { subject: "One" } }])
    expect(await subjectOf()).toBe("Two")
  })

  it("of many editors at once, one wins", async () => {
    const exits = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        runtime.runPromiseExit(put(changed({ subject: `${n}` }), 0))
      )
    )
    expect(exits.filter(Exit.isSuccess)).toHaveLength(1)
  })

  it("are chosen by organisation, nearest first, then by language", async () => {
    expect(await subjectOf({ language: de })).toBe("Welcome to Microsoft 365")
    await run(put(changed({ subject: "all en" }), 0))
    await run(put(changed({ subject: "all de", language: de }), 0))
    expect(await subjectOf({ language: Language.make("de-CH") })).toBe("all de")
    expect(await subjectOf({ language: Language.make("fr") })).toBe("all en")
    await run(put(changed({ subject: "root en", organisationId: accountId(1) }), 0))
    expect(await subjectOf({ language: de })).toBe("root en")
    await run(put(changed({ subject: "own de", organisationId: accountId(2), language: de }), 0))
    expect(await subjectOf({ language: de })).toBe("own de")
    expect(await subjectOf({ language: de, accounts: [AccountId.make(accountId(1))] })).toBe(
      "root en"
    )
  })

  it("that are not active write nothing", async () => {
    await run(put(changed({ active: false }), 0))
    expect(await run(writeMail(notice(1)))).toBe(false)
    expect((await list()).items).toEqual([])
  })
})
