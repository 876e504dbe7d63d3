import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Bench, type Credentials, exchange } from "./harness.ts"

describe("Partner Center's wire conventions", () => {
  let bench: Bench
  let token: string
  let account: Credentials
  let customer: string
  beforeAll(async () => {
    bench = await Bench.start()
    token = await bench.userToken()
    account = await bench.account()
    customer = (await bench.customers(token))[0]!.id
  })
  afterAll(() => bench.close())

  it("every JSON body begins with a byte order mark, and Content-Length counts it", async () => {
    for (const path of [
      "/v1/customers",
      `/v1/customers/${customer}`,
      `/v1/customers/${customer}/subscriptions`,
      `/v1/customers/${customer}/orders`,
      "/v1/customers/11111111-1111-4111-8111-111111111111"
    ]) {
      const reply = await bench.get(path, token)
      expect([...reply.bytes.subarray(0, 3)], path).toEqual([0xef, 0xbb, 0xbf])
      expect(reply.headers["content-length"], path).toBe(String(reply.bytes.length))
      expect(reply.headers["content-type"], path).toBe("application/json; charset=utf-8")
      expect(reply.headers["transfer-encoding"], path).toBeUndefined()
    }
  })

  it("the client's request and correlation ids come back", async () => {
    const ids = { "MS-RequestId": "AbC-1", "MS-CorrelationId": "def-2" }
    const reply = await bench.get("/v1/customers", token, ids)
    expect(reply.headers["ms-requestid"]).toBe("AbC-1")
    expect(reply.headers["ms-correlationid"]).toBe("def-2")
    expect(reply.headers["ms-cv"]).toMatch(/^[A-Za-z0-9+/]{16}\.0$/)
    expect(reply.headers["ms-serverid"]).toBeDefined()
    expect(reply.headers["request-context"]).toMatch(/^appId=cid-v1:/)
  })

  it("ids that the client left out are made by the server", async () => {
    const reply = await bench.get("/v1/customers", token)
    expect(reply.headers["ms-requestid"]).toMatch(/^[0-9a-f-]{36}$/)
    expect(reply.headers["ms-correlationid"]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it("ids and query names are read without regard to case", async () => {
    const upper = await bench.get(`/V1/Customers/${customer.toUpperCase()}/Subscriptions`, token)
    expect(upper.status).toBe(200)
    const { id, orderId } = upper.json.items[0]
    const one = await bench.get(
      `/v1/customers/${customer}/subscriptions/${id.toUpperCase()}`,
      token
    )
    expect(one.json.id).toBe(id)
    const byOrder = await bench.get(
      `/v1/customers/${customer}/subscriptions?ORDER_ID=${orderId.toUpperCase()}`,
      token
    )
    expect(byOrder.json.items.map((item: { id: string }) => item.id)).toEqual([id])
  })

  it("nothing is sent as null", async () => {
    for (const path of ["", "/subscriptions", "/orders", "/relationships"]) {
      const { json } = await bench.get(`/v1/customers/${customer}${path}`, token)
      expect(JSON.stringify(json)).not.toContain("null")
    }
  })

  it("links are relative and without /v1", async () => {
    const { json } = await bench.get(`/v1/customers/${customer}/subscriptions`, token)
    expect(json.items[0].links.self.uri).toBe(
      `/customers/${customer}/subscriptions/${json.items[0].id}`
    )
  })

  it("a customer that does not exist is 404 / 60003", async () => {
    const path = "/v1/customers/11111111-1111-4111-8111-111111111111/subscriptions"
    const reply = await bench.get(path, token)
    expect([reply.status, reply.json.code, reply.json.source]).toEqual([404, 60003, "PartnerFD"])
  })

  it("another partner's customer is 403 / 20002", async () => {
    const [other] = await bench.customers(await bench.userToken("direct"))
    const reply = await bench.get(`/v1/customers/${other!.id}/subscriptions`, token)
    expect([reply.status, reply.json.code]).toEqual([403, 20002])
  })

  it("a customer id that is no GUID is 400 / 900118", async () => {
    const reply = await bench.get("/v1/customers/acme/subscriptions", token)
    expect([reply.status, reply.json.code]).toEqual([400, 900118])
  })

  it("an unknown subscription is 404 / 20003 and an unknown order 404 / 20000", async () => {
    const nowhere = "11111111-1111-4111-8111-111111111111"
    const subscription = await bench.get(
      `/v1/customers/${customer}/subscriptions/${nowhere}`,
      token
    )
    expect([subscription.status, subscription.json.code]).toEqual([404, 20003])
    const order = await bench.get(`/v1/customers/${customer}/orders/abcdefabcdef`, token)
    expect([order.status, order.json.code]).toEqual([404, 20000])
  })

  it("an unknown path is 404, another method 405", async () => {
    const foreign = [
      "/v1/customers/usagerecords",
      `/v1/customers/${customer}/subscriptions/overage`
    ]
    for (const path of ["/v1/nothing", ...foreign])
      expect([(await bench.get(path, token)).status, path]).toEqual([404, path])
    const reply = await exchange(`${bench.url}/v1/customers`, { method: "PUT" })
    expect([reply.status, reply.headers["allow"]]).toEqual([405, "GET, POST"])
  })

  it("add-ons are listed under their base, and only there", async () => {
    const book = await bench.book()
    const owner = book.find(({ subscriptions }) =>
      subscriptions.some((one: { parentMicrosoftId: string | null }) => one.parentMicrosoftId)
    )
    const addons = owner.subscriptions.filter((one: { parentMicrosoftId: string | null }) =>
      Boolean(one.parentMicrosoftId)
    )
    const base = addons[0].parentMicrosoftId
    const path = `/v1/customers/${owner.tenantId}/subscriptions/${base}/addons`
    const { json } = await bench.get(path, token)
    expect(json.items.map((item: { id: string }) => item.id)).toEqual(
      addons
        .filter((one: { parentMicrosoftId: string }) => one.parentMicrosoftId === base)
        .map((one: { microsoftId: string }) => one.microsoftId)
    )
  })

  it("orders say what was bought, with prices when asked", async () => {
    const { json } = await bench.get(`/v1/customers/${customer}/orders?include_price=true`, token)
    const [order] = json.items
    expect(order.lineItems[0].pricing.listPrice).toBeTypeOf("number")
    const one = await bench.get(`/v1/customers/${customer}/orders/${order.id}`, token)
    expect(one.json.lineItems[0].pricing).toBeUndefined()
    expect(one.json.lineItems[0].subscriptionId).toBe(order.lineItems[0].subscriptionId)
  })

  it("orders can be chosen by billing type", async () => {
    const all = await bench.get(`/v1/customers/${customer}/orders`, token)
    const monthly = await bench.get(`/v1/customers/${customer}/orders?billingType=Monthly`, token)
    expect(monthly.json.items).toEqual(
      all.json.items.filter((order: { billingCycle: string }) => order.billingCycle === "monthly")
    )
    const wrong = await bench.get(`/v1/customers/${customer}/orders?billingType=weekly`, token)
    expect(wrong.status).toBe(400)
  })

  it("subscriptions can be chosen by partner of record", async () => {
    const all = await bench.get(`/v1/customers/${customer}/subscriptions`, token)
    const mpn = all.json.items[0].partnerId
    const own = await bench.get(`/v1/customers/${customer}/subscriptions?mpn_id=${mpn}`, token)
    expect(own.json.totalCount).toBe(all.json.totalCount)
    const none = await bench.get(`/v1/customers/${customer}/subscriptions?mpn_id=1`, token)
    expect(none.json.items).toEqual([])
  })

  it("agreements show nothing unless the new type is asked for, and name no charset", async () => {
    const path = `/v1/customers/${customer}/agreements`
    const trap = await bench.get(path, token)
    expect(trap.json.items).toEqual([])
    expect(trap.headers["content-type"]).toBe("application/json")
    for (const type of ["MicrosoftCustomerAgreement", "*"]) {
      const { json } = await bench.get(`${path}?agreementType=${encodeURIComponent(type)}`, token)
      expect(json.items.map((item: { type: string }) => item.type)).toEqual([
        "MicrosoftCustomerAgreement"
      ])
    }
    expect((await bench.get(`${path}?agreementType=Lease`, token)).status).toBe(400)
  })

  it("an MPN id is known or 404 / 3000", async () => {
    const reseller = account.resellers[0]!
    const known = await bench.get(`/v1/profiles/mpn?mpnid=${reseller.mpnId}`, token)
    expect([known.json.mpnId, known.json.partnerName]).toEqual([reseller.mpnId, reseller.name])
    const own = await bench.get("/v1/profiles/mpn", token)
    expect(own.json.mpnId).toBe(account.mpnId)
    const unknown = await bench.get("/v1/profiles/mpn?mpnId=9999999", token)
    expect([unknown.status, unknown.json.code]).toEqual([404, 3000])
  })

  it("relationships list an indirect provider's resellers, of a customer only its own", async () => {
    const type = "relationship_type=IsIndirectCloudSolutionProviderOf"
    const { json } = await bench.get(`/v1/relationships?${type}`, token)
    expect(json.items.map((item: { mpnId: string }) => item.mpnId)).toEqual(
      account.resellers.map(({ mpnId }) => mpnId)
    )
    const own = await bench.get(`/v1/customers/${customer}/relationships`, token)
    expect(own.json.totalCount).toBe(1)
    expect((await bench.get("/v1/relationships", token)).status).toBe(400)
    const direct = await bench.get(`/v1/relationships?${type}`, await bench.userToken("direct"))
    expect(direct.json.items).toEqual([])
  })

  it("country rules are there for known countries", async () => {
    const rules = await bench.get("/v1/countryvalidationrules/de", token)
    expect(rules.json).toMatchObject({ iso2Code: "DE", countryCallingCodesList: ["49"] })
    expect((await bench.get("/v1/countryvalidationrules/ZZ", token)).status).toBe(404)
  })

  it("a domain is taken or free, without a body", async () => {
    const { json } = await bench.get(`/v1/customers/${customer}`, token)
    const ask = (domain: string) =>
      exchange(`${bench.url}/v1/domains/${domain}`, {
        method: "HEAD",
        headers: { Authorization: `Bearer ${token}` }
      })
    const taken = await ask(json.companyProfile.domain.toUpperCase())
    expect([taken.status, taken.bytes.length, taken.headers["content-length"]]).toEqual([
      200,
      0,
      "0"
    ])
    expect((await ask("free.onmicrosoft.com")).status).toBe(404)
  })
})
