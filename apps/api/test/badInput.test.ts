import { request } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

const nobody = "99999999-0000-4000-8000-000000000000"
let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const pathsOf = (body: { errors: ReadonlyArray<{ path: ReadonlyArray<string> }> }) =>
  body.errors.map(({ path }) => path.join("."))

describe("what does not exist", () => {
  it.each([
    ["GET", `/v1/accounts/${nobody}`, undefined, "404 account-not-found"],
    ["GET", `/v1/accounts/${nobody}/contacts`, undefined, "404 account-not-found"],
    ["PATCH", `/v1/accounts/${nobody}`, { name: "x" }, "404 account-not-found"],
    [
      "POST",
      "/v1/accounts",
      { parentId: nobody, kind: "customer", name: "x" },
      "404 account-not-found"
    ],
    ["POST", `/v1/accounts/${nobody}/merge`, { into: nobody }, "404 account-not-found"],
    [
      "GET",
      `/v1/accounts/${nobody}/agreement?instance=contoso-eu`,
      undefined,
      "404 account-not-found"
    ],
    ["GET", `/v1/agreements/${nobody}`, undefined, "404 acceptance-not-found"],
    ["POST", `/v1/agreements/${nobody}/retry`, undefined, "404 acceptance-not-found"],
    ["GET", "/v1/agreements?instance=nowhere", undefined, "404 instance-not-found"],
    [
      "GET",
      "/v1/agreements/export?format=csv&instance=nowhere",
      undefined,
      "404 instance-not-found"
    ],
    ["GET", `/v1/accounts/${nobody}/synchronization`, undefined, "404 account-not-found"],
    [
      "POST",
      `/v1/accounts/${nobody}/synchronization`,
      { instance: "contoso-eu", mode: "create" },
      "404 account-not-found"
    ],
    ["PUT", `/v1/accounts/${nobody}/syncoptions?instance=contoso-eu`, {}, "404 account-not-found"],
    [
      "POST",
      "/v1/customerforms/validation",
      { instance: "nowhere", name: "x" },
      "404 instance-not-found"
    ],
    [
      "POST",
      "/v1/customerforms/validation",
      { instance: "contoso-eu", parentId: nobody, name: "x" },
      "404 account-not-found"
    ],
    ["GET", "/v1/customerforms?instance=nowhere&country=DE", undefined, "404 instance-not-found"],
    ["GET", "/v1/instances/nowhere", undefined, "404 instance-not-found"],
    ["GET", "/v1/instances/nowhere/mpnids/4711001", undefined, "404 instance-not-found"],
    ["POST", "/v1/instances/nowhere/mpnids/4711001/check", undefined, "404 instance-not-found"],
    ["POST", "/v1/instances/nowhere/test", undefined, "404 instance-not-found"],
    ["GET", "/v1/instances/nowhere/budget", undefined, "404 instance-not-found"],
    ["GET", `/v1/reconciliations/${nobody}`, undefined, "404 reconciliation-not-found"],
    ["DELETE", `/v1/reconciliations/${nobody}`, undefined, "404 reconciliation-not-found"],
    ["GET", `/v1/reconciliations/${nobody}/rows`, undefined, "404 reconciliation-not-found"],
    ["GET", `/v1/reconciliations/${nobody}/rows/0`, undefined, "404 reconciliation-not-found"],
    [
      "GET",
      `/v1/reconciliations/${nobody}/rows/0/history`,
      undefined,
      "404 reconciliation-not-found"
    ],
    [
      "GET",
      `/v1/reconciliations/${nobody}/rows/0/sightings`,
      undefined,
      "404 reconciliation-not-found"
    ],
    [
      "GET",
      `/v1/reconciliations/${nobody}/comparison?with=${nobody}`,
      undefined,
      "404 reconciliation-not-found"
    ],
    [
      "GET",
      `/v1/reconciliations/${nobody}/groups?by=kind`,
      undefined,
      "404 reconciliation-not-found"
    ],
    [
      "GET",
      `/v1/reconciliations/${nobody}/export?format=csv`,
      undefined,
      "404 reconciliation-not-found"
    ],
    ["DELETE", `/v1/keys/${nobody}`, undefined, "404 key-not-found"],
    ["GET", `/v1/operators/${nobody}`, undefined, "404 operator-not-found"],
    [
      "POST",
      "/v1/operators",
      { name: "x", role: "reseller", branch: nobody, password: "long enough for one" },
      "404 account-not-found"
    ],
    ["POST", "/v1/imports", { instance: "nowhere" }, "404 instance-not-found"],
    ["GET", "/v1/imports?instance=nowhere", undefined, "404 instance-not-found"],
    ["GET", `/v1/imports/${nobody}`, undefined, "404 import-not-found"],
    ["DELETE", `/v1/imports/${nobody}`, undefined, "404 import-not-found"],
    ["GET", `/v1/imports/${nobody}/customers`, undefined, "404 import-not-found"],
    ["GET", `/v1/imports/${nobody}/resellers`, undefined, "404 import-not-found"],
    ["GET", `/v1/imports/${nobody}/export?format=csv`, undefined, "404 import-not-found"],
    ["POST", `/v1/imports/${nobody}/execution`, { customers: "all" }, "404 import-not-found"],
    [
      "POST",
      `/v1/imports/${nobody}/assignments`,
      { customers: [nobody], mpnId: null },
      "404 import-not-found"
    ],
    ["PUT", `/v1/imports/${nobody}/resellers/4711`, { name: "x" }, "404 import-not-found"],
    [
      "PUT",
      `/v1/imports/${nobody}/customers/${nobody}/account`,
      { accountId: null },
      "404 import-not-found"
    ],
    ["GET", `/v1/catalogue/pricesheets/${nobody}`, undefined, "404 price-sheet-not-found"],
    ["GET", `/v1/catalogue/pricesheets/${nobody}/changes`, undefined, "404 price-sheet-not-found"],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "nowhere", scope: { kind: "organisation" } },
      "404 instance-not-found"
    ],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "contoso-eu", scope: { kind: "account", id: nobody } },
      "404 account-not-found"
    ],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "contoso-eu", scope: { kind: "subscription", id: nobody } },
      "404 subscription-not-found"
    ],
    [
      "POST",
      "/v1/keys",
      { name: "x", role: "customer", scopes: ["accounts:read"], branch: nobody },
      "404 account-not-found"
    ],
    ["GET", `/v1/subscriptions/${nobody}`, undefined, "404 subscription-not-found"],
    ["GET", "/v1/subscriptions?instance=nowhere", undefined, "404 instance-not-found"],
    [
      "GET",
      `/v1/subscriptions/${nobody}/price-protection`,
      undefined,
      "404 subscription-not-found"
    ],
    [
      "GET",
      `/v1/subscriptions/${nobody}/billing-cycle-changes`,
      undefined,
      "404 subscription-not-found"
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "nowhere", scope: { kind: "all" }, dryRun: true },
      "404 instance-not-found"
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "account", id: nobody }, dryRun: true },
      "404 account-not-found"
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      {
        instance: "contoso-eu",
        scope: { kind: "product", offer: "CFQ7TTC0NONE:0001" },
        dryRun: true
      },
      "404 product-not-found"
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "subscriptions", ids: [nobody] }, dryRun: true },
      "404 subscription-not-found"
    ],
    ["GET", "/v2/accounts", undefined, "404 route-not-found"],
    ["GET", "/v1/accounts/a/b/c", undefined, "404 route-not-found"],
    ["PUT", "/v1/accounts", {}, "405 method-not-allowed"]
  ])("%s %s %j is a problem of its own", async (method, path, body, problem) => {
    const answer = await api.call(method, path, { body })
    expect(problemOf(answer)).toBe(problem)
    expect(answer.body.detail).toMatch(/\.$/)
  })

  it("a wrong method is answered with those that the address takes", async () => {
    const answer = await api.call("PATCH", `/v1/reconciliations/${nobody}`)
    expect(answer.headers.get("allow")).toBe("GET, HEAD, DELETE")
  })
})

describe("what does not fit", () => {
  const instance = {
    name: "fabrikam",
    cloud: "global",
    tenantId: nobody,
    appId: nobody,
    secret: "hush",
    cspStatus: "direct"
  }
  it.each([
    ["GET", "/v1/accounts/not-a-guid", undefined, ["params.id"]],
    ["GET", "/v1/instances/NOT%20A%20NAME", undefined, ["params.name"]],
    ["GET", "/v1/accounts?limit=0", undefined, ["query.limit"]],
    ["GET", "/v1/accounts?limit=501", undefined, ["query.limit"]],
    ["GET", "/v1/accounts?limit=ten", undefined, ["query.limit"]],
    ["GET", "/v1/accounts?cursor=abc", undefined, ["query.cursor"]],
    ["GET", "/v1/accounts?colour=red", undefined, ["query.colour"]],
    ["GET", `/v1/accounts/${nobody}?colour=red`, undefined, ["query.colour"]],
    ["GET", "/v1/accounts?q=%00", undefined, ["query.q"]],
    [
      "GET",
      `/v1/reconciliations/${nobody}/rows?kind=nothing&movedBy=me&account=x&onlyFindings=maybe`,
      undefined,
      ["query.kind", "query.account", "query.movedBy", "query.onlyFindings"]
    ],
    [
      "GET",
      `/v1/reconciliations/${nobody}/rows?sort=name&severity=bad&deadlineFrom=soon&deadlineBefore=never`,
      undefined,
      ["query.severity", "query.deadlineFrom", "query.deadlineBefore", "query.sort"]
    ],
    ["GET", `/v1/reconciliations/${nobody}/rows/first`, undefined, ["params.row"]],
    ["GET", `/v1/reconciliations/${nobody}/groups`, undefined, ["query.by"]],
    ["GET", `/v1/reconciliations/${nobody}/comparison`, undefined, ["query.with"]],
    ["GET", `/v1/reconciliations/${nobody}/comparison?with=x`, undefined, ["query.with"]],
    [
      "POST",
      `/v1/accounts/${nobody}/merge`,
      { into: "x", quick: true },
      ["payload.quick", "payload.into"]
    ],
    ["GET", `/v1/accounts/${nobody}/agreement`, undefined, ["query.instance"]],
    ["GET", "/v1/agreements/x", undefined, ["params.id"]],
    [
      "GET",
      "/v1/agreements?status=done&from=yesterday&account=x&limit=0",
      undefined,
      ["query.account", "query.status", "query.from", "query.limit"]
    ],
    ["GET", "/v1/agreements/export?format=pdf", undefined, ["query.format"]],
    [
      "POST",
      `/v1/accounts/${nobody}/agreement`,
      { instance: "contoso-eu", templateId: "x", confirmed: "yes" },
      ["payload.confirmed", "payload.firstName", "payload.lastName", "payload.email"]
    ],
    ["GET", `/v1/reconciliations/${nobody}/export`, undefined, ["query.format"]],
    ["GET", `/v1/reconciliations/${nobody}/export?format=pdf`, undefined, ["query.format"]],
    ["POST", "/v1/reconciliations", {}, ["payload.instance", "payload.scope"]],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "contoso-eu", scope: { kind: "account" } },
      ["payload.scope.id"]
    ],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "contoso-eu", scope: { kind: "organisation" }, hurry: true },
      ["payload.hurry"]
    ],
    [
      "POST",
      "/v1/reconciliations",
      { instance: "contoso-eu", scope: { kind: "organisation", id: nobody } },
      ["payload.scope.id"]
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "all" } },
      ["payload.dryRun"]
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "all" }, dryRun: true, months: 121, limit: 1_001 },
      ["payload.months", "payload.limit"]
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "subscriptions", ids: [] }, dryRun: true },
      ["payload.scope.ids"]
    ],
    [
      "POST",
      "/v1/subscriptions/price-protections",
      { instance: "contoso-eu", scope: { kind: "all" }, dryRun: true, cursor: "abc" },
      ["payload.cursor"]
    ],
    ["GET", "/v1/subscriptions/x/price-protection", undefined, ["params.id"]],
    [
      "GET",
      "/v1/subscriptions?account=x&parent=x&status=gone&endsFrom=soon&endsBefore=never&sort=price&limit=0",
      undefined,
      [
        "query.account",
        "query.status",
        "query.parent",
        "query.endsFrom",
        "query.endsBefore",
        "query.sort",
        "query.limit"
      ]
    ],
    ["GET", "/v1/subscriptions/x", undefined, ["params.id"]],
    ["POST", "/v1/imports", { name: "contoso-eu" }, ["payload.name", "payload.instance"]],
    ["GET", "/v1/imports/not-a-guid", undefined, ["params.id"]],
    [
      "GET",
      `/v1/imports/${nobody}/customers?status=done&reseller=north&limit=0`,
      undefined,
      ["query.status", "query.reseller", "query.limit"]
    ],
    ["GET", `/v1/imports/${nobody}/export?format=pdf`, undefined, ["query.format"]],
    ["POST", `/v1/imports/${nobody}/execution`, {}, ["payload.customers"]],
    ["POST", `/v1/imports/${nobody}/execution`, { customers: [] }, ["payload.customers"]],
    [
      "POST",
      `/v1/imports/${nobody}/execution`,
      { customers: "all", asNew: "yes", hurry: true },
      ["payload.hurry", "payload.asNew"]
    ],
    [
      "POST",
      `/v1/imports/${nobody}/assignments`,
      { customers: ["x"], mpnId: "north" },
      ["payload.customers.0", "payload.mpnId"]
    ],
    [
      "PUT",
      `/v1/imports/${nobody}/resellers/north`,
      { name: " \n", accountId: "x" },
      ["params.mpnId"]
    ],
    [
      "PUT",
      `/v1/imports/${nobody}/resellers/4711`,
      { name: "a\nb", accountId: "x" },
      ["payload.name", "payload.accountId"]
    ],
    [
      "PUT",
      `/v1/imports/${nobody}/customers/x/account`,
      { accountId: nobody },
      ["params.tenantId"]
    ],
    ["POST", "/v1/reconciliations", [], ["payload"]],
    ["POST", "/v1/reconciliations", "null", ["payload"]],
    ["POST", "/v1/reconciliations", "{", ["payload"]],
    ["POST", "/v1/instances", { ...instance, cloud: "custom" }, ["payload.endpoints"]],
    [
      "POST",
      "/v1/instances",
      {
        ...instance,
        endpoints: {
          api: "https://a.example",
          login: "https://b.example",
          resource: "https://c.example"
        }
      },
      ["payload.endpoints"]
    ],
    [
      "POST",
      "/v1/instances",
      {
        ...instance,
        cloud: "custom",
        endpoints: { api: "ftp://a", login: "https://b/", resource: "" }
      },
      ["payload.endpoints.api", "payload.endpoints.login", "payload.endpoints.resource"]
    ],
    [
      "POST",
      "/v1/instances",
      { ...instance, secret: "", requestsPerMinute: 0 },
      ["payload.secret", "payload.requestsPerMinute"]
    ],
    [
      "POST",
      "/v1/keys",
      { name: "x", role: "reseller", scopes: ["keys:write"] },
      ["payload.scopes"]
    ],
    [
      "POST",
      "/v1/keys",
      { name: "x", role: "reseller", scopes: ["accounts:read"] },
      ["payload.branch"]
    ],
    [
      "POST",
      "/v1/keys",
      { name: "x", role: "operator", scopes: ["accounts:read"], branch: nobody },
      ["payload.branch"]
    ],
    [
      "POST",
      "/v1/keys",
      { name: "a\u0000b", role: "operator", scopes: [] },
      ["payload.name", "payload.scopes"]
    ],
    ["POST", "/v1/session", {}, ["payload.name", "payload.password"]],
    [
      "POST",
      "/v1/session",
      { name: "a\nb", password: 1, remember: true },
      ["payload.remember", "payload.name", "payload.password"]
    ],
    ["GET", "/v1/session?who=me", undefined, ["query.who"]],
    ["GET", "/v1/operators?limit=0", undefined, ["query.limit"]],
    [
      "POST",
      "/v1/operators",
      { name: "Ada", role: "king", password: "short" },
      ["payload.name", "payload.role", "payload.password"]
    ],
    [
      "POST",
      "/v1/operators",
      { name: "ada", role: "operator", branch: nobody, password: "long enough for one" },
      ["payload.branch"]
    ],
    [
      "PATCH",
      `/v1/operators/${nobody}`,
      { active: "no", password: "short" },
      ["payload.active", "payload.password"]
    ],
    ["POST", "/v1/book/imports", "x", ["query.instance"]]
  ])(
    "%s %s %j is refused, and every part that is wrong is named",
    async (method, path, body, paths) => {
      const headers = path.includes("/book/") ? { "content-type": "text/csv" } : {}
      const answer = await api.call(method, path, { body, headers })
      expect(problemOf(answer)).toBe("400 invalid-request")
      expect(pathsOf(answer.body)).toEqual(paths)
    }
  )

  it("an Idempotency-Key of 256 characters is refused", async () => {
    const answer = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "organisation" } },
      headers: { "idempotency-key": "k".repeat(256) }
    })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(pathsOf(answer.body)).toEqual(["headers.idempotency-key"])
  })

  it("nothing of a refused instance is kept", async () => {
    await api.call("POST", "/v1/instances", {
      body: { ...instance, name: "kept-not", colour: "red" }
    })
    expect(problemOf(await api.call("GET", "/v1/instances/kept-not"))).toBe(
      "404 instance-not-found"
    )
  })
})

describe("bodies", () => {
  it("a body that is not JSON is refused by its content type", async () => {
    const answer = await api.call("POST", "/v1/reconciliations", {
      body: "instance=contoso-eu",
      headers: { "content-type": "application/x-www-form-urlencoded" }
    })
    expect(problemOf(answer)).toBe("415 media-type-unsupported")
  })

  it("a book in a format that is not taken is refused", async () => {
    const answer = await api.call("POST", "/v1/book/imports?instance=contoso-eu", { body: {} })
    expect(problemOf(answer)).toBe("415 media-type-unsupported")
  })

  it("a body over the limit is refused before it is read", async () => {
    const answer = await api.call("POST", "/v1/reconciliations", { body: "x".repeat(70_000) })
    expect(problemOf(answer)).toBe("413 body-too-large")
    expect(answer.body.limit).toBe(65_536)
  })

  it("a body that does not tell its length is refused once it passes the limit", async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(
        `${api.url}/v1/reconciliations`,
        {
          method: "POST",
          headers: { authorization: `Bearer ${api.admin}`, "content-type": "application/json" }
        },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        }
      )
      sending.on("error", reject)
      for (let i = 0; i < 70; i++) sending.write("x".repeat(1_024))
      sending.end()
    })
    expect(status).toBe(413)
  })

  it("a book over 32 MiB is refused", async () => {
    const answer = await api.call("POST", "/v1/book/imports?instance=contoso-eu", {
      body: new Uint8Array(32 * 1024 * 1024 + 1),
      headers: { "content-type": "text/csv" }
    })
    expect(problemOf(answer)).toBe("413 body-too-large")
  })
})

describe("books", () => {
  const send = (body: string | Uint8Array, type = "text/csv", query = "") =>
    api.call("POST", `/v1/book/imports?instance=contoso-eu${query}`, {
      body,
      headers: { "content-type": type }
    })

  it("a list that is no table is refused", async () => {
    expect(problemOf(await send(""))).toBe("422 book-invalid")
    expect(problemOf(await send('account_code\n"never closed'))).toBe("422 book-invalid")
    const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    expect(problemOf(await send("PK but no workbook", xlsx))).toBe("422 book-invalid")
  })

  it("every bad line is named with its column, and none of the good ones is imported", async () => {
    const list = [
      "account_code,account_name,tenant_id,reference,name,offer,quantity,status",
      "Z-1,Zed,77777777-0000-4000-8000-000000000001,SUB-Z1,Business Basic,CFQ7TTC0LH18:0001,5,active",
      "Z-2,Zoe,not-a-tenant,SUB-Z2,Business Basic,CFQ7TTC0LH18:0001,many,active"
    ].join("\n")
    const answer = await send(list)
    expect(problemOf(answer)).toBe("422 book-invalid")
    expect(
      answer.body.problems
        .map((p: { line: number; column: string }) => `${p.line} ${p.column}`)
        .sort()
    ).toEqual(["3 quantity", "3 tenant_id"])
    expect(answer.body.total).toBe(2)
    const found = await api.call("GET", "/v1/accounts?q=Zed")
    expect(found.body.items).toEqual([])
  })

  it("of more than a thousand problems the first thousand are named and all are counted", async () => {
    const lines = Array.from(
      { length: 1_200 },
      (_, i) => `Z-${i},Z,not-a-tenant,S-${i},N,CFQ7TTC0LH18:0001,1,active`
    )
    const answer = await send(
      ["account_code,account_name,tenant_id,reference,name,offer,quantity,status", ...lines].join(
        "\n"
      )
    )
    expect(answer.body.problems).toHaveLength(1_000)
    expect(answer.body.total).toBeGreaterThanOrEqual(1_200)
  })
})

describe("keys", () => {
  it.each([
    ["no key", "", "Bearer"],
    ["a key that was never made", "ck_nobody", 'Bearer error="invalid_token"']
  ])("with %s the answer is 401 and says how to authenticate", async (_, key, challenge) => {
    const answer = await api.call("GET", "/v1/accounts", { key })
    expect(problemOf(answer)).toBe("401 unauthorized")
    expect(answer.headers.get("www-authenticate")).toBe(challenge)
  })

  it("a revoked key is refused at once", async () => {
    const made = await api.call("POST", "/v1/keys", {
      body: { name: "short-lived", role: "read-only", scopes: ["accounts:read"] }
    })
    const { id, key } = made.body
    expect((await api.call("GET", "/v1/accounts", { key })).status).toBe(200)
    expect((await api.call("DELETE", `/v1/keys/${id}`)).status).toBe(204)
    expect(problemOf(await api.call("GET", "/v1/accounts", { key }))).toBe("401 unauthorized")
  })

  it("another scheme than Bearer is no key", async () => {
    const headers = { authorization: `Basic ${btoa(`admin:${api.admin}`)}` }
    expect(problemOf(await api.call("GET", "/v1/accounts", { key: "", headers }))).toBe(
      "401 unauthorized"
    )
  })

  it("who is not known is told so before anything about the request is", async () => {
    const answer = await api.call("POST", "/v1/reconciliations", {
      key: "",
      body: { nonsense: true }
    })
    expect(problemOf(answer)).toBe("401 unauthorized")
  })
})
