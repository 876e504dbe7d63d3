import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { endpoints } from "../src/control/app.ts"
import { Bench, exchange } from "./harness.ts"

describe("the control API", () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await Bench.start()
  })
  afterAll(() => bench.close())

  it.each([
    [
      "POST",
      "/reset",
      { seed: 1, accounts: [{ name: "x", cspStatus: "direct", customers: 1, colour: 1 }] },
      "accounts.0.colour"
    ],
    ["POST", "/reset", { accounts: [] }, "seed"],
    [
      "POST",
      "/reset",
      { seed: 1, accounts: [{ name: "X y", cspStatus: "direct", customers: 1 }] },
      "accounts.0.name"
    ],
    [
      "POST",
      "/reset",
      { seed: 1, accounts: [{ name: "x", cspStatus: "direct", customers: 50_001 }] },
      "accounts.0.customers"
    ],
    ["POST", "/reset", { seed: 1, epoch: "someday" }, "epoch"],
    ["PATCH", "/accounts/eu", { limit: 3 }, "limit"],
    ["PATCH", "/accounts/eu", { pageSize: 0 }, "pageSize"],
    [
      "POST",
      "/accounts/eu/changes",
      { as: "partner", customer: "x", kind: "quantity", subscription: "y", quantity: 0 },
      "quantity"
    ],
    [
      "POST",
      "/accounts/eu/changes",
      { as: "me", customer: "x", kind: "cancel", subscription: "y" },
      "as"
    ],
    ["POST", "/accounts/eu/changes", { as: "partner", customer: "x", kind: "explode" }, ""],
    ["POST", "/accounts/eu/drifts", { count: 1 }, "seed"],
    ["POST", "/accounts/eu/drifts", { count: 1, seed: 1, kinds: ["odd"] }, "kinds.0"],
    ["POST", "/faults", { operation: "*", fault: { kind: "delay", ms: -1 } }, "fault.ms"],
    ["POST", "/faults", { operation: "*", fault: { kind: "delay", ms: 1 }, often: true }, "often"],
    ["POST", "/clock", { setTo: "noon" }, "setTo"],
    ["GET", "/requests?limit=1001", undefined, "limit"],
    ["GET", "/accounts/eu/book?page=2", undefined, "page"]
  ])(
    "%s %s refuses what it does not know and names the field (%#)",
    async (method, path, body, field) => {
      const reply = await bench.control(method, path, body)
      expect(reply.status).toBe(400)
      expect(reply.headers["content-type"]).toBe("application/problem+json")
      expect(reply.json.errors.map((one: { field: string }) => one.field)).toContain(field)
      expect(reply.json.detail).toBeTypeOf("string")
    }
  )

  it("says which kinds of change there are when it knows none such", async () => {
    const body = { as: "partner", customer: "x", kind: "explode" }
    const { json } = await bench.control("POST", "/accounts/eu/changes", body)
    expect(json.errors[0].message).toContain("explode")
  })

  it("refuses what is no JSON, and what is too large", async () => {
    const send = (body: string) =>
      exchange(`${bench.url}/_simulator/reset`, { method: "POST", body })
    expect((await send("{")).json.type).toBe("urn:concordat:simulator:problem:not-json")
    expect((await send(`"${"x".repeat(1024 * 1024)}"`)).status).toBe(413)
  })

  it("names the accounts there are when asked for another", async () => {
    const { status, json } = await bench.control("GET", "/accounts/nobody/book")
    expect([status, json.detail]).toEqual([404, "No account nobody; there are: eu, direct."])
    expect((await bench.control("GET", "/nothing")).status).toBe(404)
  })

  it("refuses two accounts of one name", async () => {
    const account = { name: "x", cspStatus: "direct", customers: 1 }
    const { json } = await bench.control("POST", "/reset", {
      seed: 1,
      accounts: [account, account]
    })
    expect(json.errors[0].field).toBe("accounts")
  })

  it("hands out addresses where the client reached it, and credentials that work", async () => {
    const { accounts } = await bench.do("POST", "/reset", {
      seed: 4,
      accounts: [{ name: "eu", cspStatus: "indirect", customers: 4 }]
    })
    expect(accounts[0]).toMatchObject({ apiUrl: bench.url, loginUrl: bench.url, customers: 4 })
    const token = await bench.signIn(accounts[0], { grant_type: "client_credentials" })
    expect((await bench.get("/v1/customers", token.json.access_token)).json.totalCount).toBe(4)
  })

  it("makes the demo's two partners when no accounts are named", async () => {
    const { accounts } = await bench.do("POST", "/reset", { seed: 1 })
    expect(
      accounts.map((one: { name: string; cspStatus: string }) => [one.name, one.cspStatus])
    ).toEqual([
      ["contoso-eu", "indirect"],
      ["contoso-direct", "direct"]
    ])
  })

  it("prices every plan of the catalogue in every currency", async () => {
    const { items } = await bench.do("GET", "/catalogue")
    for (const item of items) {
      expect(item.prices).toHaveLength(item.prices.length - (item.prices.length % 3))
      for (const { unitPrice } of item.prices) expect(unitPrice.amount).toMatch(/^\d+\.\d{2}$/)
    }
    const premium = items.find((one: { offer: string }) => one.offer === "CFQ7TTC0LCHC:0002")
    expect(premium.listPricePerMonth).toEqual({ amount: "20.60", currency: "EUR" })
    expect(premium.prices).toContainEqual({
      term: "P1Y",
      billingCycle: "annual",
      unitPrice: { amount: "247.20", currency: "EUR" }
    })
  })

  it("stops, sets and starts the clock", async () => {
    const stopped = await bench.do("POST", "/clock", {
      setTo: "2027-01-01T00:00:00Z",
      mode: "stopped"
    })
    expect(stopped).toEqual({ now: "2027-01-01T00:00:00.000Z", mode: "stopped" })
    const later = await bench.do("POST", "/clock", { advanceSeconds: 90 })
    expect(later.now).toBe("2027-01-01T00:01:30.000Z")
    const running = await bench.do("POST", "/clock", { mode: "running" })
    expect(Date.parse(running.now)).toBeGreaterThanOrEqual(Date.parse(later.now))
    expect((await bench.do("GET", "/clock")).mode).toBe("running")
  })

  it("describes itself in a valid OpenAPI document that names every operation", async () => {
    const document = await bench.do("GET", "/openapi.json")
    const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    )
    expect(described.toSorted()).toEqual(
      endpoints.map(({ method, path }) => `${method} /_simulator${path}`).toSorted()
    )
    const folder = mkdtempSync(join(tmpdir(), "simulator-openapi-"))
    const file = join(folder, "openapi.json")
    writeFileSync(file, JSON.stringify(document))
    const redocly = join(import.meta.dirname, "../../../node_modules/@redocly/cli/bin/cli.js")
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [redocly, "lint", file],
      {
        cwd: folder,
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" }
      }
    )
    rmSync(folder, { recursive: true })
    expect(stdout + stderr).toContain("Your API description is valid")
    expect(stdout + stderr).not.toContain("warning")
  })

  it("with a key, is closed to everyone who does not send it", async () => {
    const locked = await Bench.start({ controlKey: "open sesame" })
    const ask = (headers: Record<string, string>) =>
      exchange(`${locked.url}/_simulator/accounts`, { headers })
    const statuses = [
      await ask({}),
      await ask({ Authorization: "Bearer wrong" }),
      await ask({ Authorization: "Bearer open sesame" }),
      await exchange(`${locked.url}/_simulator/openapi.json`)
    ].map(({ status }) => status)
    await locked.close()
    expect(statuses).toEqual([401, 401, 200, 200])
  })
})
