import { bounceBytesMax } from "@concordat/contracts/mail"
import { builtInTemplate } from "@concordat/core/mail/builtIn"
import { exampleValues } from "@concordat/core/mail/mergeFields"
import { MailKind, TemplatePart } from "@concordat/core/mail/Template"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postfixReport } from "../../../adapters/mail/test/reports.ts"
import { type Ask, problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const nobody = "0a1b2c3d-0000-4000-8000-00000000abcd"
const {
  version: _,
  kind: __,
  organisationId: ___,
  language: ____,
  ...texts
} = builtInTemplate("welcome-customer")
const at = "/v1/notifications/templates/welcome-customer"

describe("the outbox", () => {
  it("lists a mail without its content, and shows it whole by its id", async () => {
    const id = await api.mail(api.seeded.southern.account)
    const { body: page, text } = await api.call("GET", "/v1/outbox?q=fabrikam.example")
    expect(page.items).toContainEqual(
      expect.objectContaining({
        id,
        kind: "welcome-customer",
        status: "queued",
        accountId: api.seeded.southern.account,
        problem: null
      })
    )
    expect(text).not.toContain(exampleValues["Tenants.Password"])
    const { body } = await api.call("GET", `/v1/outbox/${id}`)
    expect(body.mail.text).toContain(exampleValues["Tenants.Password"])
    expect(body.mail.to).toEqual(["office@fabrikam.example"])
  })

  it("names why a mail went to nobody, and that it cannot be sent again like this", async () => {
    const id = await api.mail(api.seeded.northern.account, {})
    const { body } = await api.call("GET", `/v1/outbox?account=${api.seeded.northern.account}`)
    expect(body.items).toMatchObject([
      {
        status: "failed",
        problem: /no recipient/u.exec(body.items[0].problem) && expect.any(String)
      }
    ])
    expect((await api.call("POST", `/v1/outbox/${id}/resend`)).body).toMatchObject({
      status: "failed"
    })
  })

  it("sends a mail once more, but not one that waits", async () => {
    const id = await api.mail(api.seeded.southern.account)
    expect(problemOf(await api.call("POST", `/v1/outbox/${id}/resend`))).toBe("409 mail-waits")
  })

  it("gives a mail as a file whose headers and parts nobody's text can become", async () => {
    const name = `Fabrikam\r\nBcc: eve@evil.example\r\n\r\n--=_ ${"ü".repeat(60)}`
    const id = await api.mail(api.seeded.southern.account, {
      ...exampleValues,
      "Accounts.Name": name
    })
    const { headers, text } = await api.call("GET", `/v1/outbox/${id}/raw`)
    expect(headers.get("content-type")).toBe("message/rfc822")
    expect(headers.get("content-disposition")).toBe(`attachment; filename="${id}.eml"`)
    const { body } = await api.call("GET", `/v1/outbox/${id}`)
    const [head = "", ...parts] = text.split("\r\n\r\n")
    expect(head.split(/\r\n(?! )/u).map((line) => line.split(":", 1)[0])).toEqual(
      "Date,Message-ID,To,Subject,Auto-Submitted,MIME-Version,Content-Type".split(",")
    )
    const subject = /^Subject: (?<words>.*(?:\r\n .*)*)/mu.exec(head)?.groups?.["words"] ?? ""
    const words = subject.split("\r\n ")
    for (const word of words) expect(word.length).toBeLessThanOrEqual(75)
    const decoded = words.map((word) => Buffer.from(word.slice(10, -2), "base64").toString())
    expect(decoded.join("")).toBe(body.mail.subject)
    // Each part's headers, then its content.
    const [, plain = "", , html = ""] = parts
    const contentOf = (part: string) => Buffer.from(part, "base64").toString()
    expect([contentOf(plain), contentOf(html)]).toEqual([body.mail.text, body.mail.html])
  })

  it.each([
    ["GET", `/v1/outbox/${nobody}/raw`, "404 mail-not-found"],
    ["GET", `/v1/outbox/${nobody}`, "404 mail-not-found"],
    ["POST", `/v1/outbox/${nobody}/resend`, "404 mail-not-found"],
    ["GET", "/v1/outbox/1", "400 invalid-request"],
    ["GET", "/v1/outbox?status=lost", "400 invalid-request"],
    ["GET", "/v1/outbox?kind=birthday", "400 invalid-request"],
    ["GET", "/v1/outbox?limit=0", "400 invalid-request"]
  ])("answers %s %s with %s", async (method, path, problem) => {
    expect(problemOf(await api.call(method, path))).toBe(problem)
  })
})

describe("a report that a mail did not arrive", () => {
  const handIn = (body: string | Uint8Array, ask: Ask = {}) =>
    api.call("POST", "/v1/outbox/bounces", {
      ...ask,
      body,
      headers: { "content-type": "message/rfc822", ...ask.headers }
    })

  it("makes it failed, once, and a key that can do nothing else may hand it in", async () => {
    const id = await api.mail(api.seeded.southern.account)
    await api.rows(`update mail set status = 'sent', sent_at = now() where id = '${id}'`)
    const key = await api.key({ role: "operator", scopes: ["outbox:bounce"] })
    const first = await handIn(postfixReport(id), { key })
    expect([first.status, first.body]).toEqual([200, { mailId: id, status: "failed", recorded: 1 }])
    expect((await handIn(postfixReport(id), { key })).body).toMatchObject({ recorded: 0 })
    expect(problemOf(await api.call("GET", `/v1/outbox/${id}`, { key }))).toBe("403 forbidden")
    const { body } = await api.call("GET", `/v1/outbox/${id}`)
    expect(body).toMatchObject({
      status: "failed",
      problem: expect.stringContaining("office@fabrikam.example: 5.1.1 550 5.1.1"),
      bounces: [{ recipient: "office@fabrikam.example", action: "failed", status: "5.1.1" }]
    })
    const failed = (await api.call("GET", "/v1/outbox?status=failed")).body.items
    expect(failed.map((mail: { id: string }) => mail.id)).toContain(id)
    expect((await api.call("POST", `/v1/outbox/${id}/resend`)).body).toMatchObject({
      status: "queued",
      problem: null
    })
  })

  it("is refused when it is about no mail of ours, or no report at all", async () => {
    const unknown = await handIn(postfixReport(nobody))
    expect(problemOf(unknown)).toBe("404 bounce-unknown")
    expect(unknown.body.detail).toContain(nobody)
    expect(problemOf(await handIn("Subject: Out of office\r\n\r\nAway."))).toBe(
      "422 bounce-unreadable"
    )
    expect(problemOf(await handIn(""))).toBe("422 bounce-unreadable")
  })

  it("is refused as anything but a message, and when it is too large", async () => {
    const json = await handIn("{}", { headers: { "content-type": "application/json" } })
    expect(problemOf(json)).toBe("415 media-type-unsupported")
    expect(problemOf(await handIn(new Uint8Array(bounceBytesMax + 1)))).toBe("413 body-too-large")
  })
})

describe("templates", () => {
  it("are listed by occasion, page by page, with the fields that each may use", async () => {
    const first = (await api.call("GET", "/v1/notifications/templates?limit=10")).body
    const second = (
      await api.call("GET", `/v1/notifications/templates?limit=10&cursor=${first.next}`)
    ).body
    expect(second.next).toBeNull()
    const all = [...first.items, ...second.items]
    expect(all.map(({ kind }) => kind)).toEqual(MailKind.literals)
    expect(all[0]).toMatchObject({
      name: "Welcome Office 365 customer",
      templates: [{ version: 0, language: "en", organisationId: null }]
    })
    expect(all[0].fields.map(({ name }: { name: string }) => name)).toContain("Accounts.Email")
  })

  it("are changed under their ETag, and every version is kept", async () => {
    const before = await api.call("GET", at)
    expect(before.headers.get("etag")).toBe('"0"')
    const change = (etag: string | undefined, subject: string) =>
      api.call("PUT", at, {
        body: { ...texts, subject },
        headers: etag === undefined ? {} : { "if-match": etag }
      })
    expect(problemOf(await change(undefined, "One"))).toBe("428 precondition-required")
    const one = await change('"0"', "One {#Accounts.Name#}")
    expect(one.body).toMatchObject({ version: 1, subject: "One {#Accounts.Name#}" })
    expect(problemOf(await change('"0"', "Late"))).toBe("412 version-stale")
    const two = await change(one.headers.get("etag") ?? "", "Two")
    expect(two.body.version).toBe(2)
    const versions = (await api.call("GET", `${at}/versions`)).body
    expect(versions.items).toMatchObject([
      { template: { version: 2, subject: "Two" }, actor: "key:admin" },
      { template: { version: 1 } }
    ])
    const id = await api.mail(api.seeded.southern.account)
    expect((await api.call("GET", `/v1/outbox/${id}`)).body).toMatchObject({
      subject: "Two",
      templateVersion: 2
    })
  })

  it("of an organisation begin as what is used instead of them", async () => {
    const own = `${at}?organisation=${api.seeded.south.account}&language=de`
    const before = await api.call("GET", own)
    expect(before.body).toMatchObject({
      version: 0,
      language: "de",
      organisationId: api.seeded.south.account
    })
    const put = await api.call("PUT", own, {
      body: { ...texts, subject: "Willkommen" },
      headers: { "if-match": '"0"' }
    })
    expect(put.body).toMatchObject({ version: 1, subject: "Willkommen" })
    const stranger = `${at}?organisation=${nobody}`
    expect(
      problemOf(await api.call("PUT", stranger, { body: texts, headers: { "if-match": '"0"' } }))
    ).toBe("404 account-not-found")
  })

  it("with problems are refused, each named with its part, and nothing is kept", async () => {
    const before = (await api.call("GET", at)).body.version
    const answer = await api.call("PUT", at, {
      body: {
        ...texts,
        subject: "{#Accounts.Nmae#}",
        html: '<a href="{#Accounts.Name#}">x</a>',
        to: ""
      },
      headers: { "if-match": `"${before}"` }
    })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors.map(({ path }: { path: unknown }) => path)).toEqual([
      ["payload", "to"],
      ["payload", "subject"],
      ["payload", "html"]
    ])
    expect(answer.text).toContain("{#Accounts.Name#}")
    expect((await api.call("GET", at)).body.version).toBe(before)
  })

  it.each(TemplatePart.literals)("whose %s is far too long are refused", async (part) => {
    const answer = await api.call("PUT", at, {
      body: { ...texts, [part]: "x".repeat(250_000) },
      headers: { "if-match": '"0"' }
    })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path).toEqual(["payload", part])
  })

  it("are previewed with examples, or with an account's real data, and nothing is kept", async () => {
    const body = {
      ...texts,
      to: "me@contoso.example",
      subject: "{#Accounts.Name#} of {#Accounts.ParentAccountName#}"
    }
    expect((await api.call("POST", `${at}/preview`, { body })).body.subject).toBe(
      "Fabrikam GmbH of Northwind Reselling"
    )
    const real = await api.call("POST", `${at}/preview?account=${api.seeded.southern.account}`, {
      body
    })
    expect(real.body.subject).toBe("Southern Bakery of South Resellers")
    for (const [id, email] of [
      [api.seeded.southern.account, "office@bakery.example"],
      [api.seeded.south.account, "orders@south.example"]
    ])
      await api.call("PATCH", `/v1/accounts/${id}`, {
        body: { email, phone: "+49 30 1234567", managerEmail: "anna@contoso.example" },
        headers: { "if-match": "*" }
      })
    const written = await api.call("POST", `${at}/preview?account=${api.seeded.southern.account}`, {
      body: {
        ...body,
        to: "{#Accounts.Email#}, {#Accounts.ParentAccountEmail#}, {#Accounts.ManagerEmail#}",
        subject: "{#Accounts.Phone#}"
      }
    })
    expect([written.body.to, written.body.subject]).toEqual([
      ["office@bakery.example", "orders@south.example", "anna@contoso.example"],
      "+49 30 1234567"
    ])
    expect(
      problemOf(await api.call("POST", `${at}/preview`, { body: { ...body, to: "nobody" } }))
    ).toBe("409 no-recipient")
    expect(problemOf(await api.call("POST", `${at}/preview?account=${nobody}`, { body }))).toBe(
      "404 account-not-found"
    )
    expect((await api.call("GET", "/v1/outbox?q=me@contoso")).body.items).toEqual([])
  })
})
