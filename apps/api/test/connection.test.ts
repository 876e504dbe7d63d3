import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type RunningSimulator, startSimulator } from "../../simulator/src/server.ts"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

interface Account {
  readonly tenantId: string
  readonly appId: string
  readonly clientSecret: string
}

const resource = "https://api.partnercenter.microsoft.com"

let api: Served
let simulator: RunningSimulator
let account: Account

const control = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${simulator.url}/_simulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}
const register = async (name: string, change: object = {}) => {
  const made = await api.call("POST", "/v1/instances", {
    body: {
      name,
      cloud: "custom",
      endpoints: { api: simulator.url, login: simulator.url, resource },
      tenantId: account.tenantId,
      appId: account.appId,
      secret: account.clientSecret,
      cspStatus: "indirect",
      ...change
    }
  })
  expect(made.status).toBe(201)
}
const test = (name: string) => api.call("POST", `/v1/instances/${name}/test`)

beforeAll(async () => {
  api = await serve()
  simulator = await startSimulator({
    initial: { seed: 1, accounts: [{ name: "eu", cspStatus: "indirect", customers: 3 }] }
  })
  account = (await control("GET", "/accounts")).accounts[0]
  await register("tested")
})
afterAll(async () => {
  await simulator.close()
  await api.stop()
})
beforeEach(async () => {
  await control("DELETE", "/faults")
  await control("DELETE", "/requests")
})

describe("the test of a connection", () => {
  it("signs in and reads one customer, and says that both worked", async () => {
    const { body, status } = await test("tested")
    expect(status).toBe(200)
    expect(body).toMatchObject({
      instance: "tested",
      works: true,
      checks: [
        { step: "sign-in", outcome: "worked", problem: null },
        { step: "read", outcome: "worked", problem: null }
      ]
    })
    const { requests } = await control("GET", "/requests?operation=listCustomers")
    expect(requests).toHaveLength(1)
  })

  it("tells what Partner Center refused, and what to do, when only the read fails", async () => {
    await control("POST", "/faults", {
      operation: "listCustomers",
      fault: { kind: "status", status: 403 },
      count: 5
    })
    const { body } = await test("tested")
    expect(body.works).toBe(false)
    expect(body.checks).toMatchObject([
      { outcome: "worked" },
      { outcome: "failed", problem: { wayOut: expect.stringContaining("registered there") } }
    ])
  })

  it("signs in anew though a token is at hand, and shows Microsoft's code and its remedy", async () => {
    await control("POST", "/accounts/eu/credentials", { action: "expire-secret" })
    const { body, text } = await test("tested")
    expect(body.checks).toMatchObject([
      {
        step: "sign-in",
        outcome: "failed",
        problem: {
          code: "AADSTS7000222",
          wayOut: expect.stringContaining("create another one"),
          correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/u)
        }
      },
      { step: "read", outcome: "not-tried", problem: null }
    ])
    expect(text).not.toContain(account.clientSecret)
  })

  it("says which address to check when nobody answers there", async () => {
    await register("nowhere-near", {
      endpoints: {
        api: "http://127.0.0.1:9",
        login: "http://127.0.0.1:9",
        resource
      }
    })
    const { body } = await test("nowhere-near")
    expect(body.checks[0]).toMatchObject({
      outcome: "failed",
      problem: { code: null, wayOut: expect.stringContaining("sign-in address") }
    })
  })

  it("sends nothing for a disabled instance", async () => {
    await register("resting", { disabled: true })
    expect(problemOf(await test("resting"))).toBe("409 instance-disabled")
    const { requests } = await control("GET", "/requests")
    expect(requests).toEqual([])
  })
})

describe("the budget of requests", () => {
  it("tells for each family what may be sent now, and until when it is held back", async () => {
    await register("budgeted", { requestsPerMinute: 1_000 })
    const budget = async () => (await api.call("GET", "/v1/instances/budgeted/budget")).body
    const unused = { perMinute: 980, reservedUntil: null, heldBackUntil: null }
    expect(await budget()).toEqual({
      instance: "budgeted",
      requestsPerMinute: 1_000,
      families: ["customers", "orders", "subscriptions", "other"].map((family) => ({
        family,
        ...unused
      }))
    })
    await api.rows(`
      insert into rate_budget
        (instance_id, family, next_at, interactive_at, blocked_until, factor, factor_at)
      select id, 'orders', now() - interval '1 hour', now() - interval '2 hours',
        now() + interval '1 minute', 0.5, now() + interval '1 minute'
      from instance where name = 'budgeted'`)
    const [customers, orders] = (await budget()).families
    expect(customers).toMatchObject(unused)
    expect(orders.perMinute).toBe(490)
    expect(Date.parse(orders.reservedUntil)).toBeLessThan(Date.now() - 3_500_000)
    expect(Date.parse(orders.heldBackUntil)).toBeGreaterThan(Date.now())
    await api.rows(
      "update rate_budget set blocked_until = now(), factor_at = now() - interval '1 hour'"
    )
    expect((await budget()).families[1]).toMatchObject({ perMinute: 980, heldBackUntil: null })
  })
})
