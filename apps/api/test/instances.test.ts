import { Logger } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const guid = (n: number) => `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, "0")}`
const settings = {
  cloud: "custom",
  endpoints: {
    api: "http://127.0.0.1:4000",
    login: "http://127.0.0.1:4000/login",
    resource: "https://api.partnercenter.microsoft.com"
  },
  tenantId: guid(1),
  appId: guid(2),
  secret: "very secret indeed",
  cspStatus: "indirect"
}
const sandbox = { tenantId: guid(3), appId: guid(4), secret: "sandbox secret indeed" }

const register = async (name: string, more: object = {}) => {
  const made = await api.call("POST", "/v1/instances", { body: { ...settings, name, ...more } })
  expect(made.status, made.text).toBe(201)
  return made.body
}
const change = async (name: string, body: unknown) => {
  const { headers } = await api.call("GET", `/v1/instances/${name}`)
  return api.call("PATCH", `/v1/instances/${name}`, {
    body,
    headers: { "if-match": headers.get("etag") ?? "" }
  })
}
const imported = (instances: ReadonlyArray<unknown>, dryRun = false) =>
  api.call("POST", `/v1/instances/import${dryRun ? "?dryRun=true" : ""}`, { body: { instances } })
const pathsOf = ({ body }: { body: { errors: ReadonlyArray<{ path: ReadonlyArray<string> }> } }) =>
  body.errors.map(({ path }) => path.join("."))

describe("a new instance", () => {
  it("has what was left out as documented, and what was given as it is written properly", async () => {
    expect(await register("defaults")).toMatchObject({
      environment: "primary",
      credentials: { primary: { tenantId: guid(1), appId: guid(2) }, sandbox: null },
      endpoints: { prices: "http://127.0.0.1:4000" },
      catalogueLanguage: "en-US",
      countries: ["US"],
      productNames: "keep",
      annualProvisioning: false,
      catalogueSchedule: "0 3 1 * *",
      requestsPerMinute: 500
    })
    expect(
      await register("given", {
        catalogueLanguage: "de-de",
        countries: ["de", "AT"],
        catalogueSchedule: "",
        productNames: "update",
        annualProvisioning: true
      })
    ).toMatchObject({
      catalogueLanguage: "de-DE",
      countries: ["DE", "AT"],
      catalogueSchedule: null,
      productNames: "update",
      annualProvisioning: true
    })
    expect(
      await register("published", { cloud: "us-government", endpoints: undefined })
    ).toMatchObject({
      endpoints: {
        login: "https://login.microsoftonline.us",
        prices: "https://api.partner.microsoft.com"
      }
    })
  })

  it.each([
    [{ tenantId: "1234" }, ["payload.tenantId"]],
    [{ tenantId: `{${guid(1)}}`, appId: "" }, ["payload.tenantId", "payload.appId"]],
    [{ tenantDomain: "not a domain" }, ["payload.tenantDomain"]],
    [
      { endpoints: { ...settings.endpoints, api: "http://api.example" } },
      ["payload.endpoints.api"]
    ],
    [
      { endpoints: { ...settings.endpoints, login: "http://127.0.0.1.example" } },
      ["payload.endpoints.login"]
    ],
    [{ countries: [] }, ["payload.countries"]],
    [{ countries: ["DE", "UK"] }, ["payload.countries.1"]],
    [{ catalogueLanguage: "klingon" }, ["payload.catalogueLanguage"]],
    [{ catalogueSchedule: "monthly" }, ["payload.catalogueSchedule"]],
    [{ productNames: "sometimes" }, ["payload.productNames"]],
    [{ mpnId: "MPN-1" }, ["payload.mpnId"]],
    [{ sandbox: { tenantId: guid(3), appId: guid(4) } }, ["payload.sandbox.secret"]],
    [{ sandbox: { ...sandbox, tenantId: guid(1) } }, ["payload.sandbox.tenantId"]],
    [{ sandbox: { ...sandbox, colour: "red" } }, ["payload.sandbox.colour"]]
  ])("is refused with %j, and what is wrong is named", async (more, paths) => {
    const answer = await api.call("POST", "/v1/instances", {
      body: { ...settings, name: "refused", ...more }
    })
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(pathsOf(answer)).toEqual(paths)
    expect((await api.call("GET", "/v1/instances/refused")).status).toBe(404)
  })

  it.each(["nativeAppId", "Native App ID", "username", "PASSWORD", "authorization_link"])(
    "is refused with the retired field %s, and told why",
    async (field) => {
      const answer = await api.call("POST", "/v1/instances", {
        body: { ...settings, name: "refused", [field]: "x" }
      })
      expect(problemOf(answer)).toBe("400 invalid-request")
      expect(answer.body.errors).toEqual([
        { path: ["payload", field], message: expect.stringContaining("is no setting any more") }
      ])
    }
  )

  it("knows a retired field from one that never was", async () => {
    const answer = await api.call("POST", "/v1/instances", {
      body: { ...settings, name: "refused", colour: "red" }
    })
    expect(answer.body.errors[0].message).toContain("not known here")
  })
})

describe("a change", () => {
  it("reaches every setting, and is in the log", async () => {
    await register("editable")
    const wanted = {
      name: "edited-all",
      tenantId: guid(5),
      tenantDomain: "contoso.example",
      appId: guid(6),
      cspStatus: "direct",
      mpnId: "4711",
      catalogueLanguage: "fr-FR",
      countries: ["FR"],
      productNames: "update",
      annualProvisioning: true,
      catalogueSchedule: null,
      requestsPerMinute: 100,
      disabled: true
    }
    const answer = await change("editable", wanted)
    expect(answer.body).toMatchObject(wanted)
    const { body } = await api.call("GET", "/v1/instances/edited-all/events")
    expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual(["changed", "registered"])
    expect(body.items[0].changes.map(({ field }: { field: string }) => field).toSorted()).toEqual(
      Object.keys(wanted).toSorted()
    )
    expect(body.items[0].actor).toBe("key:admin")
    const cleared = await change("edited-all", { mpnId: null, tenantDomain: null })
    expect(cleared.body).toMatchObject({ mpnId: null, tenantDomain: null })
  })

  it("of the addresses needs the secret again, which would be sent there", async () => {
    await register("moved")
    const endpoints = { ...settings.endpoints, login: "https://login.example" }
    const refused = await change("moved", { endpoints })
    expect(problemOf(refused)).toBe("409 instance-change-refused")
    expect(refused.body.field).toBe("secret")
    expect((await change("moved", { endpoints, secret: "given again" })).status).toBe(200)
    expect((await change("moved", { cloud: "global", secret: "again" })).body.endpoints.api).toBe(
      "https://api.partnercenter.microsoft.com"
    )
    expect((await change("moved", { endpoints, secret: "again" })).body.field).toBe("endpoints")
  })

  it("of the tenant is refused once there is data of it, with the way out", async () => {
    const refused = await change("contoso-eu", { tenantId: guid(7) })
    expect(problemOf(refused)).toBe("409 instance-change-refused")
    expect(refused.body).toMatchObject({
      field: "tenantId",
      detail: expect.stringContaining("Register another instance")
    })
  })
})

describe("the sandbox", () => {
  it("is set, switched to with a reason, reconciled apart, and switched from again", async () => {
    await register("tried")
    const path = "/v1/instances/tried"
    const put = (body: unknown, ifMatch?: string) =>
      api.call("PUT", `${path}/sandbox`, {
        body,
        headers: ifMatch === undefined ? {} : { "if-match": ifMatch }
      })
    const switchTo = (environment: string, reason = "first steps") =>
      api.call("POST", `${path}/environment`, { body: { environment, reason } })

    expect((await switchTo("sandbox")).body).toMatchObject({ field: "environment" })
    expect(problemOf(await put(sandbox))).toBe("428 precondition-required")
    expect(problemOf(await put(sandbox, '"9"'))).toBe("412 version-stale")
    const { secret: _, ...withoutSecret } = sandbox
    expect((await put(withoutSecret, '"1"')).body).toMatchObject({ field: "sandbox.secret" })
    expect((await put(sandbox, '"1"')).body).toMatchObject({
      environment: "primary",
      tenantId: guid(1)
    })
    expect(pathsOf(await switchTo("sandbox", ""))).toEqual(["payload.reason"])
    expect((await switchTo("sandbox")).body).toMatchObject({
      environment: "sandbox",
      tenantId: guid(3),
      appId: guid(4)
    })
    const list =
      "account_code,account_name,tenant_id,reference,name,offer,quantity,status\nT-9,Tried,99999999-0000-4000-8000-000000000001,SUB-T9,Basic,CFQ7TTC0LH18:0001,26,active"
    const book = await api.call("POST", "/v1/book/imports?instance=tried", {
      body: list,
      headers: { "content-type": "text/csv" }
    })
    expect(book.body).toMatchObject({
      environment: "sandbox",
      subscriptionsAdded: 1,
      warnings: ["Tried: 26 licences of one subscription; a sandbox has at most 25."]
    })
    const run = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "tried", scope: { kind: "organisation" } }
    })
    expect(run.body.environment).toBe("sandbox")
    expect((await switchTo("primary")).body).toMatchObject({
      field: "environment",
      detail: expect.stringContaining("under way")
    })
    await api.call("DELETE", `/v1/reconciliations/${run.body.id}`)
    expect((await switchTo("primary", "done")).body).toMatchObject({ environment: "primary" })
    const { body } = await api.call("GET", `${path}/events?limit=1`)
    expect(body.items[0]).toMatchObject({
      kind: "switched",
      reason: "done",
      changes: [{ field: "environment", before: "sandbox", after: "primary" }]
    })
    expect(
      (await api.call("GET", `${path}/events?limit=1&cursor=${body.next}`)).body.items[0]
    ).toMatchObject({ kind: "switched", reason: "first steps" })
  })
})

describe("a settings file", () => {
  const one = { ...settings, name: "imported-one", countries: ["DE"], sandbox }
  const other = { ...settings, name: "imported-two", tenantId: guid(11) }

  it("adds and changes, and imported twice changes nothing", async () => {
    expect((await imported([one, other], true)).body).toMatchObject({
      dryRun: true,
      instances: [{ outcome: "added" }, { outcome: "added" }]
    })
    expect((await api.call("GET", "/v1/instances/imported-one")).status).toBe(404)
    expect((await imported([one, other])).body).toMatchObject({
      dryRun: false,
      instances: [
        { name: "imported-one", outcome: "added" },
        { name: "imported-two", outcome: "added" }
      ]
    })
    expect((await imported([one, other])).body.instances).toEqual([
      { name: "imported-one", outcome: "unchanged", fields: [], purged: [] },
      { name: "imported-two", outcome: "unchanged", fields: [], purged: [] }
    ])
    const changes = [{ name: "imported-one", countries: ["DE", "AT"], secret: "another one" }]
    expect((await imported(changes, true)).body.instances).toEqual([
      { name: "imported-one", outcome: "changed", fields: ["countries", "secret"], purged: [] }
    ])
    expect((await api.call("GET", "/v1/instances/imported-one")).body.countries).toEqual(["DE"])
    await imported(changes)
    expect((await api.call("GET", "/v1/instances/imported-one")).body).toMatchObject({
      countries: ["DE", "AT"],
      credentials: { sandbox: { tenantId: sandbox.tenantId } }
    })
  })

  it("loses its retired fields with a note", async () => {
    const answer = await imported([
      { name: "imported-two", Username: "admin@contoso.example", password: "hunter2" }
    ])
    expect(answer.body.instances[0]).toMatchObject({
      outcome: "unchanged",
      purged: ["Username", "password"]
    })
    expect(answer.text).not.toContain("hunter2")
  })

  it.each([
    [[{ name: "new-one" }], ["payload.instances.0.cloud"]],
    [[{ ...other, name: "new-one", secret: undefined }], ["payload.instances.0.secret"]],
    [
      [
        { ...other, name: "new-one" },
        { ...other, name: "new-one" }
      ],
      ["payload.instances.1.name"]
    ],
    [
      [
        { ...other, name: "new-one" },
        { name: "contoso-eu", tenantId: guid(12) }
      ],
      ["payload.instances.1.tenantId"]
    ]
  ])("is imported whole or not at all: %j", async (instances, paths) => {
    const answer = await imported(instances)
    expect(problemOf(answer)).toBe("422 instances-not-imported")
    expect(pathsOf(answer)).toEqual(paths)
    expect((await api.call("GET", "/v1/instances/new-one")).status).toBe(404)
  })

  it("undoes what it did, even when the command may be repeated under its key", async () => {
    const answer = await api.call("POST", "/v1/instances/import", {
      body: { instances: [{ ...other, name: "new-one" }, { name: "nothing-known" }] },
      headers: { "idempotency-key": "import-1" }
    })
    expect(problemOf(answer)).toBe("422 instances-not-imported")
    expect((await api.call("GET", "/v1/instances/new-one")).status).toBe(404)
  })

  it.each([
    [[], ["payload.instances"]],
    [[{ name: "new-one", colour: "red" }], ["payload.instances.0.colour"]],
    [[{ name: "new-one", countries: ["XX"] }], ["payload.instances.0.countries.0"]],
    [[{ cloud: "global" }], ["payload.instances.0.name"]]
  ])("that does not fit is refused, and what is wrong is named: %j", async (instances, paths) => {
    const answer = await imported(instances)
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(pathsOf(answer)).toEqual(paths)
  })
})

it("the key that seals secrets is changed step by step", async () => {
  const { body, status } = await api.call("POST", "/v1/secrets/rotation")
  expect(status).toBe(200)
  expect(body).toEqual({ resealed: 0, remaining: 0, unreadable: [], unreadableTotal: 0 })
})

it("no secret leaves, in whatever answer, error, log line, export or row of the database", async () => {
  const words = ["tell-nobody-1", "tell-nobody-2", "tell-nobody-3", "tell-nobody-4"]
  const [first, second, third, retired] = words
  const lines: Array<string> = []
  const own = await serve({
    loggers: [
      Logger.make((entry) => {
        lines.push(Logger.formatJson.log(entry))
      })
    ]
  })
  const texts: Array<string> = []
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {}
  ) => {
    const answer = await own.call(method, path, {
      ...(body === undefined ? {} : { body }),
      headers: { "idempotency-key": `${method} ${texts.length}`.replace(" ", "-"), ...more }
    })
    texts.push(answer.text, JSON.stringify([...answer.headers]))
    return answer
  }
  const kept = { ...settings, name: "kept", secret: first, sandbox: { ...sandbox, secret: second } }
  await send("POST", "/v1/instances", kept)
  await send("POST", "/v1/instances", kept)
  await send("POST", "/v1/instances", { ...kept, appId: "wrong", secret: [first] })
  await send("POST", "/v1/instances", { ...kept, password: retired })
  await send("POST", "/v1/instances", `{"secret":"${first}"`)
  await send("PATCH", "/v1/instances/kept", { secret: third }, { "if-match": "*" })
  await send("PATCH", "/v1/instances/kept", { secret: third }, { "if-match": '"77"' })
  await send("PUT", "/v1/instances/kept/sandbox", { secret: second }, { "if-match": "*" })
  await send("POST", "/v1/instances/kept/environment", {
    environment: "sandbox",
    reason: "to see what is told"
  })
  await send("POST", "/v1/instances/import", { instances: [{ ...kept, password: retired }] })
  await send("POST", "/v1/instances/import?dryRun=true", {
    instances: [{ name: "x", secret: first }]
  })
  await send("POST", "/v1/secrets/rotation")
  for (const path of ["", "/kept", "/kept/events"]) await send("GET", `/v1/instances${path}`)
  await send("GET", `/v1/reconciliations/${own.seeded.finished}/export?format=json`)
  await send("GET", `/v1/reconciliations/${own.seeded.finished}/export?format=csv`)
  await own.away(true)
  await send("PATCH", "/v1/instances/kept", { secret: first }, { "if-match": "*" })
  await own.away(false)
  const database = await own.dump()
  await own.stop()
  expect(lines.length).toBeGreaterThan(0)
  expect(database).toContain("kept")
  for (const word of words)
    for (const [where, found] of [
      ["answers", texts.join("\n")],
      ["log", lines.join("\n")],
      ["database", database]
    ] as const)
      expect(found.includes(word), `${word} in the ${where}`).toBe(false)
})
