import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const find = async (q: string, key = api.admin) =>
  api.call("GET", `/v1/search?q=${encodeURIComponent(q)}`, { key })

describe("one question to everything", () => {
  it("finds an account, its tenant and its subscriptions by what is known of each", async () => {
    const { body: account } = await api.call("GET", `/v1/accounts/${api.seeded.southern.account}`)
    const byName = await find(account.name)
    expect(byName.body.accounts).toContainEqual({
      id: account.id,
      name: account.name,
      code: account.code,
      kind: "customer"
    })
    const [tenant] = account.tenants
    const byTenant = await find(tenant.tenantId)
    expect(byTenant.body.tenants).toMatchObject([
      { tenantId: tenant.tenantId, account: { id: account.id, name: account.name } }
    ])
    expect(byTenant.body.accounts).toMatchObject([{ id: account.id }])
  })

  it("finds instances and reconciliations, for those who may read them", async () => {
    const { body } = await find("contoso")
    expect(body.instances.map(({ name }: { name: string }) => name)).toContain("contoso-eu")
    expect(body.reconciliations.length).toBeGreaterThan(0)
    expect(body.reconciliations.length).toBeLessThanOrEqual(6)
    const narrow = await api.key({ role: "read-only", scopes: ["accounts:read"] })
    const less = await find("contoso", narrow)
    expect([less.body.instances, less.body.reconciliations]).toEqual([[], []])
    expect(less.body.accounts).toEqual(body.accounts)
  })

  it("shows a reseller nothing of a neighbour, whatever is asked", async () => {
    const key = await api.key({ role: "reseller", branch: api.seeded.south.account })
    const { body: north } = await api.call("GET", `/v1/accounts/${api.seeded.northern.account}`)
    for (const q of [north.name, north.code, north.tenants[0].tenantId, api.seeded.north.run]) {
      const { body } = await find(q, key)
      expect(Object.values(body).flat()).toEqual([])
    }
  })

  it.each([
    ["", "query.q"],
    ["x".repeat(201), "query.q"],
    ["a\u0000b", "query.q"]
  ])("refuses %o by its name", async (q, path) => {
    const answer = await find(q)
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path.join(".")).toBe(path)
  })
})
