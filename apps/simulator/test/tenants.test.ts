import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Bench, exchange, newCustomer, type Reply } from "./harness.ts"

const seed = {
  seed: 1,
  accounts: [
    { name: "eu", cspStatus: "indirect", customers: 70, resellers: 8, limitPerMinute: null },
    { name: "direct", cspStatus: "direct", customers: 5, limitPerMinute: null }
  ]
}

let bench: Bench
let app: string
let user: string

beforeAll(async () => {
  bench = await Bench.start()
})
afterAll(() => bench.close())
/** A world of its own costs a signing key, so tests that change nothing share one. */
const freshWorld = async () => {
  await bench.do("POST", "/reset", seed)
  app = await bench.appToken()
  user = await bench.userToken()
}

const create = (body: unknown, headers: Record<string, string> = {}, token = app) =>
  bench.send("POST", "/v1/customers", token, body, headers)

const domainStatus = async (domain: string): Promise<number> => {
  const url = `${bench.url}/v1/domains/${domain}`
  return (await exchange(url, { method: "HEAD", headers: { Authorization: `Bearer ${app}` } }))
    .status
}

const refusalOf = ({ status, json }: Reply) => [status, json.code, json.data]

describe("a customer is created", () => {
  beforeEach(freshWorld)

  it("with credentials in that answer alone, and is there in all that can be read", async () => {
    const made = await create(newCustomer("alpine.onmicrosoft.com"))
    expect(made.status).toBe(201)
    const { id, userCredentials } = made.json
    expect(userCredentials).toEqual({
      userName: "admin",
      password: expect.stringMatching(/^\S{8}$/u)
    })
    const read = await bench.get(`/v1/customers/${id}`, app)
    expect(read.json.userCredentials).toBeUndefined()
    expect(read.json.billingProfile.defaultAddress).toEqual(
      newCustomer("").billingProfile.defaultAddress
    )
    const filter = JSON.stringify({
      Field: "Domain",
      Value: "alpine.onmicrosoft.com",
      Operator: "starts_with"
    })
    const list = await bench.get(`/v1/customers?size=0&filter=${encodeURIComponent(filter)}`, app)
    expect(list.json.items.map((one: { id: string }) => one.id)).toEqual([id])
    expect(await domainStatus("alpine.onmicrosoft.com")).toBe(200)
    const subscriptions = await bench.get(`/v1/customers/${id}/subscriptions`, app)
    expect(subscriptions.json.items).toEqual([])
    const agreements = await bench.get(`/v1/customers/${id}/agreements?agreementType=*`, user)
    expect(agreements.json.items).toEqual([])
    const users = await bench.get(`/v1/customers/${id}/users`, user)
    expect(users.json.items.map((one: { userPrincipalName: string }) => one.userPrincipalName)) //
      .toEqual(["admin@alpine.onmicrosoft.com"])
    const log = await bench.get("/v1/auditrecords?startDate=2026-11-20", app)
    expect(log.json.items.at(-1)).toMatchObject({ operationType: "add_customer", customerId: id })
  })

  it("whatever the case of the names in the body, and whatever comes besides", async () => {
    const body = JSON.stringify({ ...newCustomer("pascal.onmicrosoft.com"), Id: null })
    const pascal = body.replaceAll(/"([a-z])(\w*)":/gu, (_, first: string, rest: string) => {
      return `"${first.toUpperCase()}${rest}":`
    })
    expect((await create(JSON.parse(pascal))).status).toBe(201)
  })

  it("for a reseller by a signed-in user only", async () => {
    const { resellers } = await bench.account()
    const { tenantId } = resellers[0]!
    const body = newCustomer("ofreseller.onmicrosoft.com", {
      more: { associatedPartnerId: tenantId }
    })
    expect((await create(body)).json.code).toBe(900329)
    const made = await create(body, {}, user)
    expect([made.status, made.json.associatedPartnerId]).toEqual([201, tenantId])
    const related = await bench.get(`/v1/customers/${made.json.id}/relationships`, user)
    expect(related.json.items).toMatchObject([{ id: tenantId }])
  })

  it("once: the same MS-RequestId gets the same answer, another one finds the domain taken", async () => {
    const headers = { "MS-RequestId": "0d1f8a6e-2b7c-4f43-9a57-9d9be2c7a001" }
    const [first, second] = [
      await create(newCustomer("once.onmicrosoft.com"), headers),
      await create(newCustomer("once.onmicrosoft.com"), headers)
    ]
    expect(second.json).toEqual(first.json)
    const other = await create(newCustomer("once.onmicrosoft.com"))
    expect(refusalOf(other)).toEqual([409, 409, ["once.onmicrosoft.com"]])
    await bench.do("PATCH", "/accounts/eu", { repeatedRequests: "forget", domainTakenStatus: 400 })
    const forgotten = await create(newCustomer("once.onmicrosoft.com"), headers)
    expect(refusalOf(forgotten)).toEqual([400, 400, ["once.onmicrosoft.com"]])
    expect((await bench.do("GET", "/accounts")).accounts[0].customers).toBe(71)
  })

  it("although its answer is lost, when that is the fault", async () => {
    for (const [number, kind] of ["reset-after", "reset-before"].entries()) {
      const fault = { operation: "createCustomer", fault: { kind }, count: 1 }
      await bench.do("POST", "/faults", fault)
      const domain = `lost${number}.onmicrosoft.com`
      await expect(create(newCustomer(domain))).rejects.toThrow()
      expect(await domainStatus(domain)).toBe(kind === "reset-after" ? 200 : 404)
    }
  })

  it("and lists show it after the lag that was set", async () => {
    await bench.do("PATCH", "/accounts/eu", { newCustomerLagSeconds: 900 })
    const { id } = (await create(newCustomer("late.onmicrosoft.com"))).json
    const listed = async () => (await bench.customers(app)).some((one) => one.id === id)
    expect([await listed(), (await bench.get(`/v1/customers/${id}`, app)).status]).toEqual([
      false,
      200
    ])
    await bench.do("POST", "/clock", { advanceSeconds: 900 })
    app = await bench.appToken()
    expect(await listed()).toBe(true)
    await bench.do("POST", "/clock", { setTo: "2026-11-20T12:00:00Z" })
  })

  it("75 times in a sandbox, where they can be deleted again, and nowhere else", async () => {
    const remove = (id: string) => bench.send("DELETE", `/v1/customers/${id}`, app)
    const [first] = await bench.customers(app)
    expect((await remove(first!.id)).status).toBe(403)
    await bench.do("PATCH", "/accounts/eu", { sandbox: true })
    const made = []
    for (let n = 0; n < 5; n++) made.push(await create(newCustomer(`box${n}.onmicrosoft.com`)))
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect((await create(newCustomer("box5.onmicrosoft.com"))).json.code).toBe(800018)
    expect((await remove(made[0]!.json.id)).status).toBe(204)
    expect(await domainStatus("box0.onmicrosoft.com")).toBe(404)
    expect((await create(newCustomer("box5.onmicrosoft.com"))).status).toBe(201)
  })

  it("and is let go, once nothing of it is active", async () => {
    const none = { relationshipToPartner: "none" }
    const patch = (id: string) => bench.send("PATCH", `/v1/customers/${id}`, app, none)
    const [busy] = await bench.customers(app)
    expect((await patch(busy!.id)).json.code).toBe(600006)
    const { id } = (await create(newCustomer("gone.onmicrosoft.com"))).json
    expect((await patch(id)).status).toBe(200)
    expect((await bench.get(`/v1/customers/${id}`, app)).json.code).toBe(20002)
    expect(await domainStatus("gone.onmicrosoft.com")).toBe(200)
  })
})

describe("a customer is refused", () => {
  beforeAll(freshWorld)

  const address = (given: object) => newCustomer("bad.onmicrosoft.com", { address: given })
  const billing = (given: object) => newCustomer("bad.onmicrosoft.com", { billing: given })
  const inn = (country: string, number?: string, more: object = {}) =>
    newCustomer("bad.onmicrosoft.com", {
      company: number === undefined ? {} : { organizationRegistrationNumber: number },
      address: { country, postalCode: country === "PL" ? "80-001" : "20095", ...more }
    })
  const property = (name: string) => [400, 3000, [name]]
  const field = (name: string, code = 2000) => [
    400,
    code,
    [`billingProfile.defaultAddress.${name}`]
  ]
  const registration = "companyProfile.organizationRegistrationNumber"

  it.each([
    ["no body", undefined, [400, 800002, []]],
    ["an empty one", {}, property("companyProfile")],
    ["no domain", { ...newCustomer(""), companyProfile: {} }, property("companyProfile.domain")],
    ["a foreign suffix", newCustomer("alpine.example"), property("companyProfile.domain")],
    [
      "28 characters",
      newCustomer(`${"a".repeat(28)}.onmicrosoft.com`),
      property("companyProfile.domain")
    ],
    [
      "another CSP's domain",
      newCustomer("fabrikam.onmicrosoft.com"),
      [409, 409, ["fabrikam.onmicrosoft.com"]]
    ],
    ["no name", billing({ companyName: " " }), property("billingProfile.companyName")],
    [
      "a long name",
      billing({ companyName: "A".repeat(101) }),
      property("billingProfile.companyName")
    ],
    ["no e-mail", billing({ email: "office" }), property("billingProfile.email")],
    ["no culture", billing({ culture: "German" }), property("billingProfile.culture")],
    ["no language", billing({ language: "" }), property("billingProfile.language")],
    ["a wrong type", billing({ email: 7 }), property("billingProfile.email")],
    [
      "an unknown country",
      address({ country: "XX" }),
      property("billingProfile.defaultAddress.country")
    ],
    ["nobody", address({ firstName: "" }), property("billingProfile.defaultAddress.firstName")],
    [
      "51 characters",
      address({ lastName: "K".repeat(51) }),
      property("billingProfile.defaultAddress.lastName")
    ],
    ["no street", address({ addressLine1: "" }), field("addressLine1")],
    ["no city", address({ city: "" }), field("city")],
    ["a bad postal code", address({ postalCode: "2009" }), field("postalCode")],
    ["no state", address({ country: "US", postalCode: "98052" }), field("state")],
    [
      "a bad phone",
      address({ phoneNumber: "by post" }),
      property("billingProfile.defaultAddress.phoneNumber")
    ],
    ["no number in Poland", inn("PL"), [400, 600049, [registration]]],
    ["a short one", inn("PL", "1234"), [400, 600050, [registration]]],
    ["one in Germany", inn("DE", "12345"), [400, 600002, [registration]]],
    ["no phone in Poland", inn("PL", "12345", { phoneNumber: "" }), field("phoneNumber", 600051)],
    [
      "a strange reseller",
      newCustomer("bad.onmicrosoft.com", { more: { associatedPartnerId: "0a1b" } }),
      [400, 800016, ["associatedPartnerId"]]
    ]
  ])("with %s", async (_, body, refusal) => {
    const reply = await create(body, {}, user)
    expect(refusalOf(reply)).toEqual(refusal)
    expect((await bench.do("GET", "/accounts")).accounts[0].customers).toBe(70)
  })
})

describe("a tenant that exists already", () => {
  beforeAll(freshWorld)

  const linkFor = async (query = "") =>
    (await bench.get(`/v1/customers/relationshiprequests${query}`, user)).json.url as string

  const foreign = async () =>
    (await bench.do("GET", "/accounts/eu/foreign-tenants?limit=1000")).tenants

  it("has its domains taken, is found by them at the sign-in service, and is no customer", async () => {
    const [fabrikam] = await foreign()
    expect(fabrikam.domains).toEqual(["fabrikam.onmicrosoft.com", "fabrikam.example"])
    for (const domain of fabrikam.domains) {
      expect(await domainStatus(domain)).toBe(200)
      const { json } = await bench.get(`/${domain}/v2.0/.well-known/openid-configuration`)
      expect(json.issuer).toContain(fabrikam.tenantId)
    }
    expect((await bench.get("/free.example/v2.0/.well-known/openid-configuration")).status).toBe(
      400
    )
    expect((await bench.get(`/v1/customers/${fabrikam.tenantId}`, app)).json.code).toBe(20002)
  })

  it("becomes a customer when its administrator accepts on the page, of the reseller as well", async () => {
    const { resellers } = await bench.account()
    const { tenantId: resellerTenantId, name } = resellers[1]!
    const url = await linkFor(`?indirectResellerId=${resellerTenantId}`)
    const page = await exchange(url)
    expect(page.bytes.toString()).toContain(name)
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'")
    const send = (form: Record<string, string>) =>
      exchange(url, { method: "POST", body: new URLSearchParams(form).toString() })
    expect((await send({ action: "accept" })).status).toBe(400)
    expect((await send({ action: "accept", other: "free.example" })).status).toBe(400)
    const fabrikam = (await foreign()).find(({ domains }: { domains: ReadonlyArray<string> }) =>
      domains.includes("fabrikam.example")
    )
    await send({ action: "decline", tenant: fabrikam.tenantId })
    expect((await bench.get(`/v1/customers/${fabrikam.tenantId}`, app)).status).toBe(403)
    const done = await send({ action: "accept", tenant: "", other: "fabrikam.example" })
    expect(done.bytes.toString()).toContain("accepted")
    const customer = await bench.get(`/v1/customers/${fabrikam.tenantId}`, app)
    expect(customer.json.associatedPartnerId).toBe(resellerTenantId)
    expect(customer.json.companyProfile.domain).toBe("fabrikam.onmicrosoft.com")
    expect((await foreign()).map((one: { tenantId: string }) => one.tenantId)).not.toContain(
      fabrikam.tenantId
    )
    const { decisions } = await bench.do("GET", "/accounts/eu/invitations")
    expect(decisions.map((one: { decision: string }) => one.decision)).toEqual([
      "decline",
      "accept"
    ])
  })

  it("may be another partner's customer, and comes back after it was let go", async () => {
    const theirs = (await foreign()).find((one: { customerOf: ReadonlyArray<string> }) =>
      one.customerOf.includes("direct")
    )
    const accept = { tenant: theirs.domains[0], decision: "accept" }
    await bench.do("POST", "/accounts/eu/invitations", accept)
    const path = `/v1/customers/${theirs.tenantId}`
    expect((await bench.get(path, app)).status).toBe(200)
    expect((await bench.get(path, await bench.appToken("direct"))).status).toBe(200)
    await bench.send("PATCH", path, app, { relationshipToPartner: "none" })
    expect((await bench.get(path, app)).status).toBe(403)
    await bench.do("POST", "/accounts/eu/invitations", accept)
    expect((await bench.get(path, app)).status).toBe(200)
  })

  it("shows nothing that a name could have smuggled into the page", async () => {
    const url = await linkFor()
    const form = new URLSearchParams({ action: "accept", other: '"><script>alert(1)</script>' })
    const page = await exchange(url, { method: "POST", body: form.toString() })
    expect(page.bytes.toString()).not.toContain("<script>")
    const strange = await exchange(`${url.split("#")[0]}&x=%22%3E%3Cscript%3E`)
    expect(strange.bytes.toString()).not.toContain("<script>")
    expect((await exchange(url.replace(/partnerId=[^&]*/u, "partnerId=x"))).status).toBe(404)
  })
})

describe("agreements", () => {
  beforeAll(freshWorld)

  const customerAgreement = "117a77b0-9360-443b-8795-c6dedc750cf9"
  const acceptance = (given: object = {}) => ({
    primaryContact: { firstName: "Ada", lastName: "Kovac", email: "Ada@alpine.example" },
    templateId: customerAgreement,
    dateAgreed: "2026-11-20T10:00:00Z",
    type: "MicrosoftCustomerAgreement",
    ...given
  })

  it("are confirmed once for each contact, and hidden from those who do not name their type", async () => {
    const { id } = (await create(newCustomer("signs.onmicrosoft.com"))).json
    const path = `/v1/customers/${id}/agreements`
    const post = (body: unknown) => bench.send("POST", path, user, body)
    expect((await post(acceptance())).status).toBe(201)
    expect((await post(acceptance())).json.code).toBe(600061)
    const listed = await bench.get(`${path}?agreementType=MicrosoftCustomerAgreement`, user)
    expect(listed.json.items).toMatchObject([
      { dateAgreed: "2026-11-20T10:00:00", primaryContact: { email: "ada@alpine.example" } }
    ])
    expect((await bench.get(path, user)).json.items).toEqual([])
    for (const [given, name] of [
      [{ templateId: customerAgreement.toUpperCase() }, "templateId"],
      [{ type: "Handshake" }, "type"],
      [{ dateAgreed: "yesterday" }, "dateAgreed"],
      [{ primaryContact: { firstName: "A", lastName: "K", email: "x" } }, "primaryContact.email"]
    ] as const)
      expect(refusalOf(await post(acceptance(given)))).toEqual([400, 3000, [name]])
  })

  it("have a text by country and template, letter by letter", async () => {
    const document = (id: string, query: string) =>
      bench.get(`/v1/agreementtemplates/${id}/document?${query}`, user)
    const german = await document(customerAgreement, "country=DE&language=de-DE")
    expect(german.json).toMatchObject({ country: "DE", language: "de-DE" })
    expect((await document(customerAgreement, "country=DE&language=fr-FR")).json.language).toBe(
      "en-US"
    )
    expect((await document(customerAgreement, "country=de&language=de-DE")).status).toBe(404)
    expect((await document(customerAgreement.toUpperCase(), "country=DE")).status).toBe(404)
  })
})

describe("resellers and addresses", () => {
  beforeAll(freshWorld)

  it("tells which MPN ids can be partner of record, where the check is there", async () => {
    const { resellers } = await bench.account()
    const check = (partnerIds: unknown) =>
      bench.send("POST", "/v1/partners/validateresellers", user, { partnerIds })
    const ids = [...resellers.map(({ mpnId }) => mpnId), "9999999"]
    const { json } = await check(ids)
    expect(
      json.validationResults.map(
        (one: { isValidPartnerIdOnRecord: boolean }) => one.isValidPartnerIdOnRecord
      )
    ).toEqual([...resellers.map(({ eligible }) => eligible), false])
    expect(resellers.filter(({ eligible }) => !eligible)).toHaveLength(1)
    expect(refusalOf(await check([]))).toEqual([400, 3000, ["partnerIds"]])
    await bench.do("PATCH", "/accounts/eu", { resellerValidation: false })
    expect((await check(ids)).status).toBe(404)
  })

  it.each([
    [{}, "VerifiedShippable", 1],
    [{ city: "hamburg" }, "InteractionRequired", 1],
    [{ addressLine1: "Speicherstrasse" }, "StreetPartial", 3],
    [{ postalCode: "1" }, "None", 0],
    [{ country: "CA", postalCode: "K1A 0B1", state: "XX" }, "None", 0]
  ])("an address with %j is %s, with %i suggestions", async (given, status, suggestions) => {
    const address = {
      ...{ country: "DE", city: "Hamburg", addressLine1: "Speicherstrasse 1" },
      ...{ postalCode: "20095", ...given }
    }
    const { json } = await bench.send("POST", "/v1/validations/address", app, address)
    expect([json.status, json.suggestedAddresses.length]).toEqual([status, suggestions])
    expect(json.originalAddress).toEqual(address)
  })

  it("has rules for all countries in which a customer can be made", async () => {
    const known =
      "AE AM AT AU AZ BE BG BR BY CA CH CN CY CZ DE DK EE ES FI FR GB GR HR HU IE IN IQ IT"
    for (const code of known.split(" "))
      expect((await bench.get(`/v1/countryvalidationrules/${code}`, app)).json.iso2Code).toBe(code)
    expect((await bench.get("/v1/countryvalidationrules/XX", app)).status).toBe(404)
    expect((await bench.get("/v1/countryvalidationrules/toString", app)).status).toBe(404)
  })
})

describe("a customer's directory", () => {
  beforeAll(freshWorld)

  it("takes users in, makes them administrators, and sets passwords", async () => {
    const { id } = (await create(newCustomer("people.onmicrosoft.com"))).json
    const base = `/v1/customers/${id}`
    const add = (given: object = {}) =>
      bench.send("POST", `${base}/users`, user, {
        usageLocation: "DE",
        userPrincipalName: "boss@people.onmicrosoft.com",
        displayName: "Boss",
        passwordProfile: { password: "Str0ng*word", forceChangePassword: true },
        ...given
      })
    const { json: boss } = await add()
    expect(boss.passwordProfile.password).toBe("Str0ng*word")
    expect((await add()).status).toBe(409)
    expect((await add({ userPrincipalName: "x@elsewhere.example" })).status).toBe(400)
    expect(
      (
        await add({
          userPrincipalName: "w@people.onmicrosoft.com",
          passwordProfile: { password: "weak" }
        })
      ).json.data
    ).toEqual(["passwordProfile.password"])
    const roles = (await bench.get(`${base}/directoryroles`, user)).json.items
    const admins = `${base}/directoryroles/${roles[0].id}/usermembers`
    const makeAdmin = () => bench.send("POST", admins, user, { id: boss.id })
    expect([(await makeAdmin()).status, (await makeAdmin()).status]).toEqual([201, 409])
    const members = (await bench.get(admins, user)).json.items
    expect(members.map((one: { userPrincipalName: string }) => one.userPrincipalName)).toEqual([
      "admin@people.onmicrosoft.com",
      "boss@people.onmicrosoft.com"
    ])
    const reset = await bench.send("PATCH", `${base}/users/${boss.id}`, user, {
      passwordProfile: { password: "An0ther*word" }
    })
    expect(reset.json.passwordProfile.password).toBe("An0ther*word")
    expect((await bench.get(`${base}/users/${boss.id}`, user)).json.passwordProfile).toBeUndefined()
    expect((await bench.get(`${base}/users`, app)).json.code).toBe(900329)
  })
})

it("a restart finds the same tenants, decisions, agreements and users", async () => {
  const folder = await mkdtemp(join(tmpdir(), "simulator-tenants-"))
  const stateFile = join(folder, "state.jsonl")
  const read = async (one: Bench, id: string, fabrikam: string) => {
    const token = await one.userToken()
    const paths = ["", "/users", "/agreements?agreementType=*"].map(
      (tail) => `/v1/customers/${id}${tail}`
    )
    const replies = []
    for (const path of [...paths, `/v1/customers/${fabrikam}`])
      replies.push((await one.get(path, token)).json)
    return [...replies, await one.do("GET", "/accounts/eu/invitations")]
  }
  const first = await Bench.start({ stateFile })
  const token = await first.userToken()
  const domain = "kept.onmicrosoft.com"
  const { id } = (await first.send("POST", "/v1/customers", token, newCustomer(domain))).json
  const [fabrikam] = (await first.do("GET", "/accounts/eu/foreign-tenants")).tenants
  await first.do("POST", "/accounts/eu/invitations", { tenant: domain, decision: "decline" })
  const accepting = { tenant: fabrikam.tenantId, decision: "accept" }
  await first.do("POST", "/accounts/eu/invitations", accepting)
  await first.send("POST", `/v1/customers/${id}/agreements`, token, {
    primaryContact: { firstName: "Ada", lastName: "Kovac", email: "ada@alpine.example" },
    templateId: "117a77b0-9360-443b-8795-c6dedc750cf9",
    dateAgreed: "2026-11-20T10:00:00Z",
    type: "MicrosoftCustomerAgreement"
  })
  await first.send("POST", `/v1/customers/${id}/users`, token, {
    usageLocation: "DE",
    userPrincipalName: `boss@${domain}`,
    displayName: "Boss",
    passwordProfile: { password: "Str0ng*word" }
  })
  const before = await read(first, id, fabrikam.tenantId)
  expect(before[1].items).toHaveLength(2)
  await first.close()
  const second = await Bench.start({ stateFile })
  expect(await read(second, id, fabrikam.tenantId)).toEqual(before)
  await second.close()
  await rm(folder, { recursive: true })
})
