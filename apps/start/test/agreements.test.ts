import { parse } from "csv-parse/sync"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "../../api/test/client.ts"
import { concordat } from "../../cli/test/cli.ts"
import { type OneProcess, openOneProcess } from "./oneProcess.ts"
import { eventually } from "./Program.ts"

/** API, a reconciler and the simulator: an agreement from the form to Microsoft and the log. */
let running: OneProcess
let call: OneProcess["call"]
/** The reseller, and its end customer, which is no tenant yet. */
let reseller: string
let customer: string

beforeAll(async () => {
  running = await openOneProcess({
    seed: "agreed",
    account: { name: "eu", cspStatus: "indirect", customers: 2 }
  })
  call = running.call
  await running.register({ countries: ["DE"] })
  reseller = await running.createAccount({
    kind: "reseller",
    name: "Northwind Reselling",
    code: "R-1",
    phone: "+49 30 1"
  })
  customer = await running.createAccount({
    kind: "customer",
    name: '=HYPERLINK("evil")',
    code: "C-1",
    parentId: reseller
  })
  await call("PUT", `/v1/accounts/${reseller}/contacts`, {
    headers: { "if-match": "*" },
    body: {
      contacts: [
        { name: "Rita Seller", email: "rita@northwind.example", phone: null, roles: ["primary"] }
      ]
    }
  })
  await running.startReconciler()
})
afterAll(() => running.close())

const standing = (key?: string) =>
  call("GET", `/v1/accounts/${customer}/agreement?instance=eu`, { key })
const ada = { firstName: "Ada", lastName: "Kovac", email: "ada@alpine.example" }
const confirmation = {
  instance: "eu",
  templateId: "117a77b0-9360-443b-8795-c6dedc750cf9",
  confirmed: true,
  ...ada
}
const confirm = (body: object, key?: string) =>
  call("POST", `/v1/accounts/${customer}/agreement`, {
    key,
    body,
    headers: { "idempotency-key": crypto.randomUUID(), "user-agent": "Test Browser" }
  })

describe("an agreement", () => {
  it("cannot be asked for before somebody has consented, and says how", async () => {
    const answer = await standing()
    expect([problemOf(answer), answer.body.reason]).toEqual([
      "502 partner-center-failed",
      "SignInRejected"
    ])
    expect(answer.body.detail).toContain("concordat instance authenticate eu")
  })

  it("cannot be confirmed before its form was shown", async () => {
    const answer = await confirm(confirmation)
    expect([problemOf(answer), answer.body.field]).toEqual(["409 agreement-refused", "templateId"])
    expect((await call("GET", "/v1/agreements")).body.items).toEqual([])
  })

  it("is shown with the contact of whoever signs, and a link to its text that is not kept", async () => {
    await running.consent()
    const answer = await standing()
    expect([answer.status, answer.body]).toMatchObject([
      200,
      {
        state: "needed",
        acceptance: null,
        form: {
          templateId: confirmation.templateId,
          signer: { id: reseller, name: "Northwind Reselling" },
          mode: "EndCustomer",
          contact: {
            firstName: "Rita",
            lastName: "Seller",
            email: "rita@northwind.example",
            phone: "+49 30 1"
          },
          document: { country: "DE" }
        }
      }
    ])
    const shown = await concordat(["agreement", "show", "C-1", "--instance", "eu"], {
      url: running.url,
      key: running.key
    })
    expect([shown.code, shown.stderr]).toEqual([0, ""])
    expect(shown.stdout).toMatch(/State +not accepted\nSigns +Northwind Reselling \(EndCustomer\)/u)
    expect(shown.stdout).toMatch(/Text +https:/u)
  })

  it.each([
    [{ confirmed: false }, ["confirmed"]],
    [{ firstName: "" }, ["firstName"]],
    [{ firstName: "  " }, ["firstName"]],
    [{ lastName: "a\nb" }, ["lastName"]],
    [{ lastName: "x".repeat(10_000) }, ["lastName"]],
    [{ email: "nobody" }, ["email"]],
    [{ phone: "=1+1" }, ["phone"]],
    [{ agreedAt: "yesterday" }, ["agreedAt"]],
    [{ role: "owner" }, ["role"]],
    [{ ipAddress: "<script>" }, ["ipAddress"]],
    [{ orderCode: "\u0000" }, ["orderCode"]],
    [{ colour: "red" }, ["colour"]]
  ])("with %j is refused by the name of the field", async (given, path) => {
    const answer = await confirm({ ...confirmation, ...given })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path).toEqual(["payload", ...path])
  })

  it("is not accepted in the future, nor in the name of others by a reseller's key", async () => {
    const future = await confirm({ ...confirmation, agreedAt: "2099-01-01T00:00:00Z" })
    expect([problemOf(future), future.body.field]).toEqual(["409 agreement-refused", "agreedAt"])
    const key = await running.keyOf("reseller", reseller)
    const other = await confirm({ ...confirmation, role: "bss-user" }, key)
    expect([problemOf(other), other.body.field]).toEqual(["409 agreement-refused", "role"])
    const own = await running.keyOf("customer", customer)
    expect((await standing(own)).body).toMatchObject({ state: "needed", form: null })
    expect(problemOf(await confirm(confirmation, own))).toBe("403 account-change-not-allowed")
  })

  it("is logged with who, for whom, in what role, when and whence, and waits for the tenant", async () => {
    const key = await running.keyOf("reseller", reseller)
    const answer = await confirm(
      {
        ...confirmation,
        agreedAt: "2026-11-20T09:00:00Z",
        userName: "rita",
        orderCode: "=1+1",
        ipAddress: "192.0.2.7"
      },
      key
    )
    expect([answer.status, answer.body]).toMatchObject([
      202,
      {
        accountId: customer,
        instance: "eu",
        contact: { ...ada, phone: null },
        role: "reseller",
        status: "waiting",
        tenantId: null,
        agreedAt: "2026-11-20T09:00:00.000Z",
        ipAddress: "192.0.2.7",
        userAgent: "Test Browser",
        userName: "rita",
        confirmedBy: "key:reseller"
      }
    ])
    expect((await standing()).body).toMatchObject({ state: "on-its-way", form: null })
    const again = await confirm(confirmation)
    expect([problemOf(again), again.body.id]).toEqual(["409 agreement-confirmed", answer.body.id])
  })

  it("reaches Microsoft once the account is a tenant, and then nobody is asked any more", async () => {
    const options = await call("PUT", `/v1/accounts/${customer}/syncoptions?instance=eu`, {
      headers: { "if-match": "*" },
      body: { userName: "admin", domainPrefix: "agreedalpine" }
    })
    expect([options.status, options.text]).toEqual([200, options.text])
    const sync = async () => {
      const patched = await call("PATCH", `/v1/accounts/${customer}`, {
        headers: { "if-match": "*" },
        body: {
          name: "Alpine Ski House",
          email: "office@alpine.example",
          phone: "+49 30 1234567",
          address: {
            line1: "Unter den Linden 1",
            line2: null,
            city: "Berlin",
            state: null,
            postalCode: "10117",
            country: "DE"
          }
        }
      })
      expect(patched.status).toBe(200)
      return call("POST", `/v1/accounts/${customer}/synchronization`, {
        body: { instance: "eu", mode: "create" }
      })
    }
    const begun = await sync()
    expect([begun.status, begun.text]).toEqual([202, begun.text])
    const [acceptance] = await eventually(
      async () => (await call("GET", "/v1/agreements")).body.items,
      ([one]) => one.status === "sent"
    )
    expect(acceptance).toMatchObject({
      accountName: '=HYPERLINK("evil")',
      problem: null,
      tenantId: expect.any(String)
    })
    expect((await standing()).body).toMatchObject({
      state: "accepted",
      acceptedBy: "partner",
      accepted: { contact: { email: ada.email } },
      form: null
    })
  }, 20_000)
})

describe("the log", () => {
  it("is seen by the branch it is about, and by nobody beside it", async () => {
    const [one] = (await call("GET", "/v1/agreements?instance=eu&status=sent&q=kovac")).body.items
    const key = await running.keyOf("customer", customer)
    expect((await call("GET", "/v1/agreements", { key })).body.items).toHaveLength(1)
    const other = await call("POST", "/v1/accounts", {
      body: { kind: "customer", name: "Neighbour", code: "C-2" }
    })
    const neighbour = await running.keyOf("customer", other.body.id)
    expect((await call("GET", "/v1/agreements", { key: neighbour })).body.items).toEqual([])
    for (const [method, path] of [
      ["GET", `/v1/agreements/${one.id}`],
      ["POST", `/v1/agreements/${one.id}/retry`]
    ] as const)
      expect(problemOf(await call(method, path, { key: neighbour }))).toBe(
        "404 acceptance-not-found"
      )
    expect(problemOf(await call("POST", `/v1/agreements/${one.id}/retry`))).toBe(
      "409 acceptance-not-failed"
    )
    const file = await call("GET", "/v1/agreements/export?format=csv", { key: neighbour })
    expect(file.text.trim().split("\r\n")).toHaveLength(1)
    expect(problemOf(await call("GET", "/v1/agreements?instance=nowhere"))).toBe(
      "404 instance-not-found"
    )
  })

  it("is a file in which no text is a formula", async () => {
    const file = await concordat(["agreement", "export", "--format", "csv"], running)
    expect(file.code).toBe(0)
    const [row]: ReadonlyArray<Record<string, string>> = parse(file.bytes, {
      bom: true,
      columns: true
    })
    expect(row).toMatchObject({
      Agreement: "MicrosoftCustomerAgreement",
      "Order Code": "'=1+1",
      "Account Name": `'=HYPERLINK("evil")`,
      "User First Name": "Ada",
      Email: ada.email,
      Username: "rita",
      "IP Address": "192.0.2.7",
      Browser: "Test Browser",
      "Term Accepted (UTC)": "2026-11-20T09:00:00.000Z",
      Role: "reseller",
      Status: "sent"
    })
    const json = await call("GET", "/v1/agreements/export?format=json")
    expect(json.body).toHaveLength(1)
    const sheet = await call("GET", "/v1/agreements/export?format=xlsx")
    expect([sheet.status, sheet.text.slice(0, 2)]).toEqual([200, "PK"])
    const list = await concordat(["agreement", "list", "--account", "C-1"], running)
    expect(list.stdout).toMatch(/Ada Kovac .* eu +reseller +sent/u)
  })

  it("is added to from the command line too", async () => {
    const ask = (...args: ReadonlyArray<string>) => concordat(["agreement", ...args], running)
    const missing = await ask("confirm", "C-2", "--instance", "eu")
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("firstName")])
    const person = ["--first-name", "Nina", "--last-name", "Next", "--email", "n@x.example"]
    const dry = await ask("confirm", "C-2", "--instance", "eu", ...person)
    expect([dry.code, dry.stderr]).toEqual([1, expect.stringContaining("Add --yes to confirm")])
    const done = await ask("confirm", "C-2", "--instance", "eu", ...person, "--yes")
    expect([done.stderr, done.stdout]).toEqual(["", expect.stringContaining("It is waiting")])
    const again = await ask("confirm", "C-2", "--instance", "eu", ...person, "--yes")
    expect(again.stdout).toContain("confirmed; Microsoft is told as soon as possible")
    const [id = ""] = done.stdout.match(/[0-9a-f-]{36}/u) ?? []
    expect((await ask("retry", id)).stderr).toContain("only one that has failed")
  })
})
