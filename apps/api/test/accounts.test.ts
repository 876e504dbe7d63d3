import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
/** The southern reseller, and its customer. */
let reseller: string
let customer: string
beforeAll(async () => {
  api = await serve()
  reseller = await api.key({ role: "reseller", branch: api.seeded.south.account })
  customer = await api.key({ role: "customer", branch: api.seeded.southern.account })
})
afterAll(() => api.stop())

const create = (body: unknown, key?: string) => api.call("POST", "/v1/accounts", { body, key })
const patch = (id: string, body: unknown, key?: string) =>
  api.call("PATCH", `/v1/accounts/${id}`, { body, key, headers: { "if-match": "*" } })

const whole = {
  kind: "customer",
  name: "Bäckerei Süd GmbH",
  code: "C-WHOLE",
  email: "office@bakery.example",
  phone: "+49 (30) 1234-567",
  address: {
    line1: "Hauptstraße 1",
    line2: null,
    city: "Berlin",
    state: null,
    postalCode: "10115",
    country: "de"
  },
  language: "de-de",
  currency: "EUR",
  managerEmail: "anna@contoso.example",
  orderingEnabled: true,
  creditLimit: { kind: "limited", amount: "1000.50" },
  taxId: "DE123456789",
  customFields: { "erp.number": "4711" }
}

describe("an account", () => {
  it("is made with everything that was given, has an ETag, and is found below its parent", async () => {
    const made = await create({ ...whole, parentId: api.seeded.north.account })
    expect([made.status, made.headers.get("etag")]).toEqual([201, '"1"'])
    expect(made.headers.get("location")).toBe(`/v1/accounts/${made.body.id}`)
    expect(made.body).toMatchObject({
      ...whole,
      parentId: api.seeded.north.account,
      address: { ...whole.address, country: "DE" },
      language: "de-DE",
      creditLimit: { kind: "limited", amount: "1000.5" },
      resellingEnabled: false,
      edition: null,
      active: true,
      version: 1
    })
    expect((await api.call("GET", `/v1/accounts/${made.body.id}`)).body).toEqual(made.body)
    const below = await api.call(
      "GET",
      `/v1/accounts?parent=${api.seeded.north.account}&kind=customer&active=true&q=BAKERY.example`
    )
    expect(below.body.items.map(({ id }: { id: string }) => id)).toEqual([made.body.id])
  })

  it("takes old names of editions and shows the new ones", async () => {
    const lite = await create({ kind: "reseller", name: "Old", edition: "lite" })
    expect(lite.body.edition).toBe("basic")
    const stepped = await api.call("POST", `/v1/accounts/${lite.body.id}/edition`, {
      body: { edition: "tenant", dryRun: true }
    })
    expect(stepped.body).toMatchObject({
      dryRun: true,
      before: "basic",
      edition: "professional",
      account: { edition: "basic" },
      lost: []
    })
    expect(stepped.body.gained).toContain("own-bss")
    const done = await api.call("POST", `/v1/accounts/${lite.body.id}/edition`, {
      body: { edition: "tenant" }
    })
    expect(done.body.account).toMatchObject({ edition: "professional", version: 2 })
  })

  it.each([
    [{ name: "a\nb" }, ["name"]],
    [{ name: "x".repeat(10_000) }, ["name"]],
    [{ name: "   " }, ["name"]],
    [{ name: "x", code: " C-1" }, ["code"]],
    [{ name: "x", email: "nobody" }, ["email"]],
    [{ name: "x", email: "a@b.example\r\nBcc: c@d.example" }, ["email"]],
    [{ name: "x", phone: "=1+1" }, ["phone"]],
    [{ name: "x", address: { ...whole.address, country: "XX" } }, ["address", "country"]],
    [{ name: "x", address: { ...whole.address, city: "" } }, ["address", "city"]],
    [{ name: "x", language: "xx" }, ["language"]],
    [{ name: "x", currency: "ZZZ" }, ["currency"]],
    [{ name: "x", creditLimit: { kind: "limited", amount: "-1" } }, ["creditLimit", "amount"]],
    [{ name: "x", creditLimit: { kind: "limited" } }, ["creditLimit", "amount"]],
    [{ name: "x", taxId: "\u0000" }, ["taxId"]],
    [{ name: "x", mpnId: "abc" }, ["mpnId"]],
    [{ name: "x", edition: "basic" }, ["edition"]],
    [{ name: "x", kind: "shop" }, ["kind"]],
    [{ name: "x", version: 3 }, ["version"]],
    [{ name: "x", customFields: { a: "\u0007" } }, ["customFields", "a"]]
  ])("%j is refused by the name of the field", async (given, path) => {
    const answer = await create({ kind: "customer", ...given })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path).toEqual(["payload", ...path])
  })

  it.each([
    "=HYPERLINK('http://evil.example')",
    "\u202Egnp.exe",
    "Robert'); drop table account;--",
    "<script>alert(1)</script>",
    "{#Accounts.Email#}"
  ])("may be called %j: it is text", async (name) => {
    const made = await create({ kind: "customer", name })
    expect([made.status, made.body.name]).toEqual([201, name])
  })

  it.each([
    [{ kind: "customer", name: "x", mpnId: "47" }, "mpnId"],
    [{ kind: "customer", name: "x", resellingEnabled: true }, "resellingEnabled"],
    [{ kind: "customer", name: "x", creditLimit: whole.creditLimit }, "currency"],
    [{ kind: "affiliate", name: "x" }, "parentId"]
  ])("%j is refused for its %s", async (body, field) => {
    const answer = await create(body)
    expect([problemOf(answer), answer.body.field]).toEqual(["409 account-change-refused", field])
  })

  it("has a code that no other has", async () => {
    const answer = await create({ kind: "customer", name: "x", code: "C-SOUTH" })
    expect([problemOf(answer), answer.body.code]).toEqual(["409 account-code-taken", "C-SOUTH"])
  })

  it("is changed with the ETag that was read, and by nobody who read an older one", async () => {
    const { body } = await create({ kind: "customer", name: "Changing" })
    const at = `/v1/accounts/${body.id}`
    const send = (tag: string | undefined) =>
      api.call("PATCH", at, {
        body: { taxId: "1" },
        ...(tag === undefined ? {} : { headers: { "if-match": tag } })
      })
    expect(problemOf(await send(undefined))).toBe("428 precondition-required")
    expect(problemOf(await send('"9"'))).toBe("412 version-stale")
    const changed = await send('"1"')
    expect([changed.headers.get("etag"), changed.body.taxId]).toEqual(['"2"', "1"])
    expect(problemOf(await send('"1"'))).toBe("412 version-stale")
    const nothing = await api.call("PATCH", at, { body: {}, headers: { "if-match": '"2"' } })
    expect(problemOf(nothing)).toBe("400 invalid-request")
  })

  it("says what a move changes, and moves", async () => {
    const { body } = await create({
      parentId: api.seeded.north.account,
      kind: "customer",
      name: "Moving"
    })
    const move = (given: object) =>
      api.call("POST", `/v1/accounts/${body.id}/move`, {
        body: { parentId: api.seeded.south.account, ...given }
      })
    const dry = await move({ dryRun: true })
    expect(dry.body).toMatchObject({
      dryRun: true,
      account: { parentId: api.seeded.north.account },
      accounts: 1,
      resellerBefore: { name: "North Resellers" },
      resellerAfter: { name: "South Resellers" }
    })
    expect((await move({})).body.account).toMatchObject({ parentId: api.seeded.south.account })
    const circle = await api.call("POST", `/v1/accounts/${api.seeded.south.account}/move`, {
      body: { parentId: body.id }
    })
    expect(problemOf(circle)).toBe("409 account-change-refused")
  })

  it("is deactivated when nothing runs on it, and activated again", async () => {
    const used = await api.call("POST", `/v1/accounts/${api.seeded.south.account}/deactivate`)
    expect([problemOf(used), used.body.subscriptions > 0]).toEqual(["409 account-in-use", true])
    const { body } = await create({ kind: "customer", name: "Idle" })
    const off = await api.call("POST", `/v1/accounts/${body.id}/deactivate`)
    expect([off.status, off.body.active]).toEqual([200, false])
    const on = await api.call("POST", `/v1/accounts/${body.id}/activate`)
    expect([on.body.active, on.headers.get("etag")]).toEqual([true, '"3"'])
  })

  it("has contacts, of whom one is primary", async () => {
    const { body } = await create({ kind: "customer", name: "Peopled" })
    const at = `/v1/accounts/${body.id}/contacts`
    const contact = { name: "Ann", email: "ann@b.example", phone: null, roles: ["primary"] }
    const twice = await api.call("PUT", at, {
      body: { contacts: [contact, { ...contact, name: "Ben" }] },
      headers: { "if-match": '"1"' }
    })
    expect(twice.body.errors[0].path).toEqual(["payload", "contacts"])
    const put = await api.call("PUT", at, {
      body: { contacts: [contact] },
      headers: { "if-match": '"1"' }
    })
    expect([put.status, put.headers.get("etag")]).toEqual([200, '"2"'])
    expect((await api.call("GET", at)).body).toEqual({ contacts: [contact] })
  })
})

describe("a reseller", () => {
  it("makes and changes its end customers, without naming where they lie", async () => {
    const made = await create({ kind: "customer", name: "End customer" }, reseller)
    expect(made.body).toMatchObject({ parentId: api.seeded.south.account, kind: "customer" })
    expect((await patch(made.body.id, { name: "Renamed" }, reseller)).body.name).toBe("Renamed")
    expect((await patch(made.body.id, { name: "x" }, customer)).status).toBe(404)
  })

  it.each([
    ["POST", "", { kind: "reseller", name: "x" }, "kind"],
    ["PATCH", "/{south}", { creditLimit: { kind: "unlimited" } }, "creditLimit"],
    ["PATCH", "/{south}", { mpnId: "47" }, "mpnId"],
    ["PATCH", "/{southern}", { managerEmail: "a@b.example" }, "managerEmail"],
    ["POST", "/{south}/edition", { edition: "professional" }, "edition"],
    ["POST", "/{southern}/edition", { edition: "professional" }, "edition"],
    ["POST", "/{south}/deactivate", undefined, "activity"],
    ["POST", "/{south}/move", { parentId: "{southern}" }, "move"]
  ])("may not %s %s %j", async (method, path, body, field) => {
    const named = (text: string) =>
      text
        .replace("{south}", api.seeded.south.account)
        .replace("{southern}", api.seeded.southern.account)
    const answer = await api.call(method, `/v1/accounts${named(path)}`, {
      key: reseller,
      ...(body === undefined ? {} : { body: JSON.parse(named(JSON.stringify(body))) }),
      headers: { "if-match": "*" }
    })
    expect([problemOf(answer), answer.body.field]).toEqual([
      "403 account-change-not-allowed",
      field
    ])
  })
})

describe("a customer", () => {
  it("keeps its own contact data, and nothing else", async () => {
    const id = api.seeded.southern.account
    expect((await patch(id, { phone: "030 1234" }, customer)).body.phone).toBe("030 1234")
    const refused = await patch(id, { phone: "030 99", orderingEnabled: true }, customer)
    expect([problemOf(refused), refused.body.field]).toEqual([
      "403 account-change-not-allowed",
      "orderingEnabled"
    ])
    expect((await api.call("GET", `/v1/accounts/${id}`)).body.phone).toBe("030 1234")
    expect(problemOf(await create({ kind: "affiliate", name: "x" }, customer))).toBe(
      "403 account-change-not-allowed"
    )
  })
})
