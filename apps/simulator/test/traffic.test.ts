import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Bench, exchange } from "./harness.ts"

let bench: Bench
let token: string
let customer: string

beforeAll(async () => {
  bench = await Bench.start()
})
beforeEach(async () => {
  await bench.do("POST", "/clock", { setTo: "2026-11-20T12:00:00Z", mode: "stopped" })
  await bench.do("POST", "/reset", {
    seed: 1,
    accounts: [
      { name: "eu", cspStatus: "indirect", customers: 25, limitPerMinute: null },
      { name: "direct", cspStatus: "direct", customers: 3 }
    ]
  })
  token = await bench.userToken()
  customer = (await bench.customers(token))[0]!.id
})
afterAll(() => bench.close())

const statuses = async (path: string, count: number): Promise<Record<number, number>> => {
  const seen: Record<number, number> = {}
  for (let i = 0; i < count; i++) {
    const { status } = await bench.get(path, token)
    seen[status] = (seen[status] ?? 0) + 1
  }
  return seen
}

const countOf = async (operation: string) => {
  const { counts } = await bench.do("GET", "/statistics")
  return counts.find(
    (one: { account: string; operation: string }) =>
      one.account === "eu" && one.operation === operation
  )
}

describe("paging", () => {
  const ids = (json: { items: ReadonlyArray<{ id: string }> }) => json.items.map(({ id }) => id)

  it("goes on with the header that the link names, and ends", async () => {
    const walked: Array<string> = []
    let page = await bench.get("/v1/customers?size=10", token)
    const sizes: Array<number> = []
    for (;;) {
      walked.push(...ids(page.json))
      sizes.push(page.json.totalCount)
      const { next } = page.json.links
      if (next === undefined) break
      expect(next.uri).toContain("seekOperation=Next")
      const [{ key, value }] = next.headers
      expect(key).toBe("MS-ContinuationToken")
      page = await bench.get(`/v1${next.uri}`, token, { [key]: value })
    }
    expect(sizes).toEqual([10, 10, 5])
    expect(new Set(walked).size).toBe(25)
  })

  it("begins anew when the header is dropped", async () => {
    const first = await bench.get("/v1/customers?size=10", token)
    const again = await bench.get(`/v1${first.json.links.next.uri}`, token)
    expect(ids(again.json)).toEqual(ids(first.json))
  })

  it("refuses a continuation token that it did not make", async () => {
    const headers = { "MS-ContinuationToken": "bm90aGluZw==" }
    const reply = await bench.get("/v1/customers?seekOperation=Next", token, headers)
    expect(reply.status).toBe(400)
  })

  it("uses the account's page size when the client names none", async () => {
    await bench.do("PATCH", "/accounts/eu", { pageSize: 7 })
    expect((await bench.get("/v1/customers", token)).json.totalCount).toBe(7)
  })

  it("finds customers by the beginning of name, domain or reseller", async () => {
    const book = await bench.book()
    const { resellers } = await bench.account()
    const find = async (Field: string, Value: string, Operator = "starts_with") => {
      const filter = encodeURIComponent(JSON.stringify({ Field, Value, Operator }))
      return bench.get(`/v1/customers?size=0&filter=${filter}`, token)
    }
    const named = book.filter(({ companyName }) => companyName.startsWith("A"))
    const byName = await find("CompanyName", "a")
    expect(ids(byName.json)).toEqual(named.map(({ tenantId }) => tenantId))
    const byDomain = await find("domain", book[3].domain.slice(0, 8), "StartsWith")
    expect(ids(byDomain.json)).toContain(book[3].tenantId)
    const reseller = resellers[1]!
    const byReseller = await find("IndirectReseller", reseller.tenantId)
    expect(ids(byReseller.json)).toEqual(
      book
        .filter(({ resellerMpnId }) => resellerMpnId === reseller.mpnId)
        .map(({ tenantId }) => tenantId)
    )
    expect((await find("CompanyName", "a", "substring")).status).toBe(400)
    expect((await find("Country", "DE")).status).toBe(400)
    expect((await bench.get("/v1/customers?filter=oops", token)).status).toBe(400)
  })

  it("carries the filter from page to page", async () => {
    const filter = encodeURIComponent('{"Field":"Domain","Value":"","Operator":"starts_with"}')
    const { json } = await bench.get(`/v1/customers?size=10&filter=${filter}`, token)
    expect(json.links.next.uri).toContain(`filter=${filter}`)
  })
})

describe("throttling", () => {
  it("lets the burst pass, then refuses with the gateway's body and the seconds to wait", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 60, burst: 5 })
    const path = `/v1/customers/${customer}/subscriptions`
    expect(await statuses(path, 8)).toEqual({ 200: 5, 429: 3 })
    const refusal = await bench.get(path, token)
    expect(refusal.headers["retry-after"]).toBe("1")
    expect(refusal.json).toEqual({
      statusCode: 429,
      message: "Rate limit is exceeded. Try again in 1 seconds."
    })
    expect(await countOf("listSubscriptions")).toMatchObject({ allowed: 5, throttled: 4 })
  })

  it("refills evenly", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 60, burst: 5 })
    const path = `/v1/customers/${customer}/subscriptions`
    await statuses(path, 6)
    await bench.do("POST", "/clock", { advanceSeconds: 3 })
    expect(await statuses(path, 5)).toEqual({ 200: 3, 429: 2 })
  })

  it("says how long to wait when that is longer than a second", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 2, burst: 1 })
    const path = `/v1/customers/${customer}/subscriptions`
    await statuses(path, 1)
    expect((await bench.get(path, token)).headers["retry-after"]).toBe("30")
  })

  it("counts customers, orders and subscriptions apart, and partners apart", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 60, burst: 2 })
    const own = `/v1/customers/${customer}`
    expect(await statuses(`${own}/subscriptions`, 3)).toEqual({ 200: 2, 429: 1 })
    expect(await statuses(`${own}/orders`, 3)).toEqual({ 200: 2, 429: 1 })
    expect(await statuses(own, 3)).toEqual({ 200: 2, 429: 1 })
    const other = await bench.get("/v1/customers", await bench.userToken("direct"))
    expect(other.status).toBe(200)
  })

  it("allows 500 a minute by default, a tenth of it at once", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 500 })
    expect(await statuses(`/v1/customers/${customer}`, 53)).toEqual({ 200: 50, 429: 3 })
  })

  it("can be switched off", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 0 })
    expect(await statuses(`/v1/customers/${customer}`, 80)).toEqual({ 200: 80 })
  })
})

describe("lag", () => {
  const list = async () =>
    (await bench.get(`/v1/customers/${customer}/subscriptions`, token)).json.items
  const change = (body: object) =>
    bench.do("POST", "/accounts/eu/changes", { as: "partner", customer, ...body })

  it("shows the old state in lists for a while, and the truth by id", async () => {
    await bench.do("PATCH", "/accounts/eu", { lagSeconds: 60 })
    const [before] = await list()
    await change({ kind: "quantity", subscription: before.id, quantity: before.quantity + 5 })
    await change({ kind: "friendlyName", subscription: before.id, friendlyName: "Later" })
    expect((await list())[0]).toMatchObject({ quantity: before.quantity })
    const one = await bench.get(`/v1/customers/${customer}/subscriptions/${before.id}`, token)
    expect(one.json.quantity).toBe(before.quantity + 5)
    await bench.do("POST", "/clock", { advanceSeconds: 59 })
    expect((await list())[0].friendlyName).toBe(before.friendlyName)
    await bench.do("POST", "/clock", { advanceSeconds: 1 })
    expect((await list())[0]).toMatchObject({
      quantity: before.quantity + 5,
      friendlyName: "Later"
    })
  })

  it("hides a new subscription and its order until their time has come", async () => {
    await bench.do("PATCH", "/accounts/eu", { newSubscriptionLagSeconds: 900 })
    const before = await list()
    const { after } = await change({
      kind: "newSubscription",
      offer: "CFQ7TTC0LH0N:0001",
      quantity: 3
    })
    const order = () => bench.get(`/v1/customers/${customer}/orders/${after.orderId}`, token)
    expect(await list()).toHaveLength(before.length)
    expect((await order()).json.code).toBe(20000)
    await bench.do("POST", "/clock", { advanceSeconds: 900 })
    expect((await list()).map(({ id }: { id: string }) => id)).toContain(after.microsoftId)
    expect((await order()).status).toBe(200)
  })

  it("shows changes at once by default", async () => {
    const [before] = await list()
    await change({ kind: "quantity", subscription: before.id, quantity: before.quantity + 1 })
    expect((await list())[0].quantity).toBe(before.quantity + 1)
  })
})

describe("faults", () => {
  const path = () => `/v1/customers/${customer}/subscriptions`
  const arm = (fault: object, more: object = {}) =>
    bench.do("POST", "/faults", { operation: "listSubscriptions", fault, ...more })
  const last = async () => (await bench.do("GET", "/requests?limit=1000")).requests.at(-1)

  it("a status with a code comes as standard error, with a body as given", async () => {
    await arm({ kind: "status", status: 503, code: 800003 }, { count: 1 })
    const coded = await bench.get(path(), token)
    expect([coded.status, coded.json.code]).toEqual([503, 800003])
    await arm({ kind: "status", status: 502, body: "<html>" }, { count: 1 })
    const raw = await bench.get(path(), token)
    expect([raw.status, raw.bytes.toString()]).toEqual([502, "<html>"])
    await arm({ kind: "status", status: 401, body: "" }, { count: 1 })
    expect((await bench.get(path(), token)).bytes).toHaveLength(0)
    expect((await bench.get(path(), token)).status).toBe(200)
  })

  it("strikes the named operation, account and customer only", async () => {
    await arm({ kind: "status", status: 500 }, { account: "eu", customer: customer.toUpperCase() })
    expect((await bench.get(path(), token)).status).toBe(500)
    expect((await bench.get(`/v1/customers/${customer}`, token)).status).toBe(200)
    const other = (await bench.customers(token))[1]!.id
    expect((await bench.get(`/v1/customers/${other}/subscriptions`, token)).status).toBe(200)
  })

  it("an asterisk strikes everything", async () => {
    await bench.do("POST", "/faults", { operation: "*", fault: { kind: "status", status: 500 } })
    expect((await bench.get("/v1/customers", token)).status).toBe(500)
    expect((await bench.signIn(await bench.account(), {})).status).toBe(500)
  })

  it("a probability strikes now and then, the same way after each reset", async () => {
    const run = async () => {
      await bench.do("DELETE", "/faults")
      await arm({ kind: "status", status: 500 }, { probability: 0.5 })
      const seen: Array<number> = []
      for (let i = 0; i < 20; i++) seen.push((await bench.get(path(), token)).status)
      return seen
    }
    const first = await run()
    expect(new Set(first)).toEqual(new Set([200, 500]))
    expect(await run()).toEqual(first)
  })

  it("a reset breaks the connection, before or after the effect", async () => {
    for (const kind of ["reset-before", "reset-after"]) {
      await arm({ kind }, { count: 1 })
      await expect(bench.get(path(), token)).rejects.toMatchObject({ code: "ECONNRESET" })
      expect(await last()).toMatchObject({ status: 0, fault: kind })
    }
    // Only what was processed counts.
    expect(await countOf("listSubscriptions")).toMatchObject({ allowed: 1 })
  })

  it("a lost response is processed and never answered", async () => {
    await arm({ kind: "lost-response" }, { count: 1 })
    const answered = exchange(`${bench.url}${path()}`, {
      headers: { Authorization: `Bearer ${token}` },
      timeoutMs: 50
    })
    await expect(answered).rejects.toThrow("timed out")
    expect(await last()).toMatchObject({ status: 0, fault: "lost-response" })
    expect(await countOf("listSubscriptions")).toMatchObject({ allowed: 1 })
  })

  it("a throttle storm answers 429 with its own seconds", async () => {
    await arm({ kind: "throttle", retryAfterSeconds: 7 }, { count: 2 })
    expect((await bench.get(path(), token)).headers["retry-after"]).toBe("7")
    expect(await statuses(path(), 2)).toEqual({ 200: 1, 429: 1 })
    expect(await countOf("listSubscriptions")).toMatchObject({ throttled: 2 })
    expect((await bench.do("GET", "/faults")).faults[0]).toMatchObject({ struck: 2 })
  })

  it("a malformed body is complete on the wire and no JSON", async () => {
    await arm({ kind: "malformed-body" }, { count: 1 })
    const reply = await bench.get(path(), token)
    expect(reply.status).toBe(200)
    expect(reply.headers["content-length"]).toBe(String(reply.bytes.length))
    expect(reply.json).toBeUndefined()
  })

  it("wrong types are well-formed JSON with ids as numbers and numbers as objects", async () => {
    await arm({ kind: "wrong-types" }, { count: 1 })
    const { json } = await bench.get(path(), token)
    expect(json.items[0].id).toBe(42)
    expect(json.items[0].quantity).toBeTypeOf("object")
  })

  it("a missing second factor can be pretended", async () => {
    await arm({ kind: "mfa", style: "classic" }, { count: 1 })
    expect((await bench.get(path(), token)).reason).toBe("Unauthorized - MFA required")
    await arm({ kind: "mfa", style: "code" }, { count: 1 })
    expect((await bench.get(path(), token)).json.code).toBe(900421)
  })

  it("a truncated answer ends in the middle of its body", async () => {
    await arm({ kind: "truncate" }, { count: 1 })
    await expect(bench.get(path(), token)).rejects.toThrow()
    expect(await last()).toMatchObject({ status: 200, fault: "truncate" })
  })

  it("a delayed answer is right", async () => {
    await arm({ kind: "delay", ms: 30 }, { count: 1 })
    const started = performance.now()
    expect((await bench.get(path(), token)).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(25)
  })
})

describe("what arrived", () => {
  it("is listed with operation, ids and time, by pages", async () => {
    await bench.do("DELETE", "/requests")
    const ids = { "MS-RequestId": "r-1", "MS-CorrelationId": "c-1" }
    await bench.get(`/v1/customers/${customer}/orders?x=1`, token, ids)
    await bench.get("/v1/customers", token)
    await bench.get("/v1/nowhere", token)
    const { requests, nextCursor } = await bench.do("GET", "/requests?limit=2")
    expect(requests[0]).toEqual({
      number: 1,
      operation: "listOrders",
      account: "eu",
      method: "GET",
      path: `/v1/customers/${customer}/orders?x=1`,
      status: 200,
      requestId: "r-1",
      correlationId: "c-1",
      at: "2026-11-20T12:00:00.000Z",
      throttled: false,
      fault: null
    })
    const rest = await bench.do("GET", `/requests?cursor=${nextCursor}`)
    expect(rest.requests.map((one: { operation: string }) => one.operation)).toEqual(["unknown"])
    const orders = await bench.do("GET", "/requests?operation=listOrders&account=eu")
    expect(orders.requests).toHaveLength(1)
  })
})
