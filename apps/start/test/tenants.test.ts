import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import { problemOf } from "../../api/test/client.ts"
import { concordat } from "../../cli/test/cli.ts"
import { type OneProcess, openOneProcess } from "./oneProcess.ts"
import { eventually } from "./Program.ts"

/** API, a reconciler and the simulator: how a Storefront and an operator make accounts tenants. */
let running: OneProcess
let call: OneProcess["call"]
let create: OneProcess["createAccount"]
let reseller: string

const address = {
  line1: "Unter den Linden 1",
  line2: null,
  city: "Berlin",
  state: null,
  postalCode: "10117",
  country: "DE"
}

beforeAll(async () => {
  running = await openOneProcess({
    seed: "tenants",
    account: { name: "eu", cspStatus: "indirect", customers: 4 }
  })
  call = running.call
  create = running.createAccount
  const { mpnId, resellers } = running.simulated
  await running.register({ mpnId, countries: ["DE", "HU"] })
  reseller = await create({
    kind: "reseller",
    name: "Northwind Reselling",
    code: "R-1",
    email: "orders@northwind.example",
    mpnId: resellers[0]?.mpnId
  })
  await running.consent()
  await running.startReconciler()
})
afterAll(() => running.close())

const stateOf = async (id: string) => {
  const { body } = await call("GET", `/v1/accounts/${id}/synchronization`)
  return body.items[0]
}
const restOf = (id: string) =>
  eventually(
    () => stateOf(id),
    ({ status, waitsFor }) => status !== "in-progress" || waitsFor !== null
  )
const say = async (id: string, body: object) => {
  const answer = await call("PUT", `/v1/accounts/${id}/syncoptions?instance=eu`, {
    headers: { "if-match": "*" },
    body
  })
  expect([answer.status, answer.text]).toEqual([200, answer.text])
}
const synchronize = (id: string, body: object, key?: string) =>
  call("POST", `/v1/accounts/${id}/synchronization`, {
    key,
    headers: { "idempotency-key": crypto.randomUUID() },
    body: { instance: "eu", ...body }
  })

describe("a Storefront", () => {
  it("is told which fields a customer of a country fills in", async () => {
    const fieldsOf = async (country: string) =>
      (await call("GET", `/v1/customerforms?instance=eu&country=${country}&parent=${reseller}`))
        .body
    const germany = await fieldsOf("DE")
    expect(germany).toMatchObject({ instance: "eu", country: "DE", isServed: true })
    const named = (fields: ReadonlyArray<{ name: string }>) => fields.map(({ name }) => name)
    expect(named(germany.fields)).toEqual([
      "name",
      "email",
      "phone",
      "address.line1",
      "address.line2",
      "address.city",
      "address.state",
      "address.postalCode",
      "address.country",
      "syncOptions.userName",
      "syncOptions.domainPrefix",
      "syncOptions.mpnId"
    ])
    const hungary = await fieldsOf("HU")
    expect(named(hungary.fields)).toContain("syncOptions.taxId")
    const states = (await fieldsOf("US")).fields.find(
      ({ name }: { name: string }) => name === "address.state"
    )
    expect([states.required, states.choices.length > 0]).toEqual([true, true])
  })

  it("has a form checked in one call, everything that is wrong by its field", async () => {
    const wrong = await call("POST", "/v1/customerforms/validation", {
      body: {
        instance: "eu",
        parentId: reseller,
        name: "",
        email: "nobody",
        phone: "x",
        address: { ...address, postalCode: "1" },
        syncOptions: { userName: "a b", domainPrefix: "fabrikam", taxId: "1" }
      }
    })
    expect(wrong.body).toMatchObject({
      valid: false,
      domain: "fabrikam.onmicrosoft.com",
      unchecked: []
    })
    expect(wrong.body.problems.map(({ field }: { field: string }) => field).toSorted()).toEqual([
      "address.postalCode",
      "email",
      "name",
      "phone",
      "syncOptions.domainPrefix",
      "syncOptions.taxId",
      "syncOptions.userName"
    ])
    const right = await call("POST", "/v1/customerforms/validation", {
      body: {
        instance: "eu",
        parentId: reseller,
        name: "Grüne Mühle GmbH",
        email: "office@muehle.example",
        phone: "+49 30 1234567",
        address,
        syncOptions: { userName: "admin" }
      }
    })
    expect(right.body.problems).toEqual([
      { field: "syncOptions.domainPrefix", problem: expect.any(String) }
    ])
    expect(right.body.suggestions[0]).toBe("grunemuhle")
    expect(right.body.address).toMatchObject({ status: expect.any(String) })
  })

  it("asks Microsoft about an address, and whether a prefix is free", async () => {
    const checked = await call("POST", "/v1/customerforms/addresses", {
      body: { instance: "eu", address }
    })
    expect([checked.status, typeof checked.body.status]).toEqual([200, "string"])
    const taken = await call("GET", "/v1/customerforms/domains/fabrikam?instance=eu")
    expect(taken.body).toMatchObject({ domain: "fabrikam.onmicrosoft.com", isFree: false })
    expect(taken.body.suggestions.length).toBeGreaterThan(0)
    const free = await call(
      "GET",
      `/v1/customerforms/domains/${taken.body.suggestions[0]}?instance=eu`
    )
    expect(free.body).toMatchObject({ isFree: true, suggestions: [] })
  })
})

describe("a reseller's new end customer", () => {
  let customer: string

  it("is refused with everything that is missing, and nothing is begun", async () => {
    customer = await create({
      kind: "customer",
      name: "Alpine Ski House",
      code: "C-1",
      parentId: reseller
    })
    const answer = await synchronize(customer, { mode: "create" })
    expect(problemOf(answer)).toBe("409 synchronization-refused")
    expect(answer.body.problems.map(({ field }: { field: string }) => field)).toEqual([
      "email",
      "phone",
      "address",
      "userName",
      "domainPrefix"
    ])
    expect(await stateOf(customer)).toMatchObject({ status: "not-synchronised", mode: null })
  })

  it("stays as it is while its prefix is somebody's, and becomes a tenant with another one", async () => {
    await call("PATCH", `/v1/accounts/${customer}`, {
      headers: { "if-match": "*" },
      body: { email: "office@alpine.example", phone: "+49 30 1234567", address }
    })
    const key = await running.keyOf("reseller", reseller)
    await say(customer, { userName: "admin", domainPrefix: "fabrikam" })
    expect((await synchronize(customer, { mode: "create" }, key)).status).toBe(202)
    const taken = await restOf(customer)
    expect(taken).toMatchObject({
      status: "not-synchronised",
      problems: [{ field: "domainPrefix" }]
    })
    await say(customer, { userName: "admin", domainPrefix: taken.suggestions[0] })
    await synchronize(customer, { mode: "create" }, key)
    const domain = `${taken.suggestions[0]}.onmicrosoft.com`
    expect(await restOf(customer)).toMatchObject({
      status: "synchronised",
      tenants: [{ domain }],
      problem: null
    })
    const { body } = await call("GET", `/v1/outbox?account=${customer}`)
    expect(body.items).toMatchObject([{ kind: "welcome-customer", to: ["office@alpine.example"] }])
    const mail = await call("GET", `/v1/outbox/${body.items[0].id}`)
    expect(mail.body.mail.text).toMatch(
      new RegExp(`as admin@${domain}; the first password is \\S{8}`)
    )
    const steps = await call(
      "GET",
      `/v1/accounts/${customer}/synchronization/steps?instance=eu&limit=2`
    )
    expect(steps.body.items[0].text).toMatch(/was made/u)
    expect(steps.body.next).not.toBeNull()
    expect(problemOf(await synchronize(customer, { mode: "create" }))).toBe(
      "409 already-synchronised"
    )
  })
})

describe("an existing tenant", () => {
  it("is linked from the command line once its administrator has accepted on Microsoft's page", async () => {
    const customer = await create({
      kind: "customer",
      name: "Litware",
      code: "C-2",
      parentId: reseller,
      email: "office@litware.example"
    })
    const options = await concordat(
      [
        "tenant",
        "options",
        "C-2",
        "--instance",
        "eu",
        "--username",
        "admin",
        "--domain-prefix",
        "litware"
      ],
      running
    )
    expect([options.code, options.stderr]).toEqual([0, ""])
    expect(options.stdout).toMatch(/Domain prefix +litware\nReseller \(MPN ID\) +not said/u)
    const asked = await concordat(
      ["tenant", "synchronize", "C-2", "--instance", "eu", "--link"],
      running
    )
    expect([asked.code, asked.stderr]).toEqual([0, ""])
    const link = /To accept +(\S+)/u.exec(asked.stdout)?.[1] ?? ""
    const browser = new Browser()
    const page = await browser.open(link)
    expect(page.html).toContain("Accept partner invitation")
    const accepted = await browser.submit(page, {
      other: "litware.onmicrosoft.com",
      action: "accept"
    })
    expect(accepted.html).toContain("The invitation is accepted")
    // It is looked for by itself a minute later; who cannot wait asks again, and is asked.
    const again = await concordat(
      ["tenant", "synchronize", "C-2", "--instance", "eu", "--link"],
      running
    )
    expect(again.stdout).toMatch(/A Customer with the same Customer Code already exists/u)
    const confirmed = await concordat(
      ["tenant", "synchronize", "C-2", "--instance", "eu", "--link", "--confirm"],
      running
    )
    expect([confirmed.code, confirmed.stderr]).toEqual([0, ""])
    expect(confirmed.stdout).toMatch(/Status +synchronised\nTenant +litware.onmicrosoft.com/u)
    expect(await stateOf(customer)).toMatchObject({ status: "synchronised" })
    const status = await concordat(["tenant", "status", "C-2", "--instance", "eu"], running)
    expect(status.stdout).toMatch(/Linked to the tenant/u)
  })

  it("is not linked by what nobody has", async () => {
    await create({ kind: "customer", name: "Nobody", code: "C-3", parentId: reseller })
    await concordat(
      [
        "tenant",
        "options",
        "C-3",
        "--instance",
        "eu",
        "--username",
        "admin",
        "--domain-prefix",
        "nobody-has-this.example"
      ],
      running
    )
    const asked = await concordat(
      ["tenant", "synchronize", "C-3", "--instance", "eu", "--link"],
      running
    )
    expect(asked.code).toBe(1)
    expect(asked.stdout).toMatch(/No tenant has the domain nobody-has-this.example/u)
    const wrong = await concordat(["tenant", "synchronize", "C-3", "--instance", "eu"], running)
    expect([wrong.code, wrong.stdout]).toEqual([1, ""])
    expect(wrong.stderr).toMatch(/Nothing was begun:\n {2}email: a corporate e-mail address/u)
    const domain = await concordat(["tenant", "domain", "fabrikam", "--instance", "eu"], running)
    expect(domain.stdout).toMatch(/is used already. Free: \S+/u)
  })
})
