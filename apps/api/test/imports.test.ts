import { importCustomersMax } from "@concordat/contracts/imports"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

/** What the API does of an import that no reconciler works on; with one, see apps/start/test/import.test.ts. */
let api: Served
let id: string
const tenant = "99999999-0000-4000-8000-000000000001"

beforeAll(async () => {
  api = await serve()
  const asked = await api.call("POST", "/v1/imports", { body: { instance: "contoso-eu" } })
  expect([asked.status, asked.headers.get("location")]).toEqual([
    202,
    `/v1/imports/${asked.body.id}`
  ])
  id = asked.body.id
})
afterAll(() => api.stop())

describe("an import that was asked for", () => {
  it("is the one that is under way when it is asked for again, and of another instance another", async () => {
    const again = await api.call("POST", "/v1/imports", { body: { instance: "contoso-eu" } })
    expect(again.body.id).toBe(id)
    const other = await api.call("POST", "/v1/imports", { body: { instance: "contoso-us" } })
    expect(other.body.id).not.toBe(id)
    const { body } = await api.call("GET", "/v1/imports?instance=contoso-us")
    expect(body.items.map((one: { id: string }) => one.id)).toEqual([other.body.id])
    expect((await api.call("GET", `/v1/imports/${id}`)).body).toMatchObject({
      instance: "contoso-eu",
      status: "queued",
      progress: { customers: 0, read: 0, waiting: 0, imported: 0, incomplete: 0, failed: 0 },
      requests: 0,
      problem: null,
      finishedAt: null
    })
  })

  it.each([
    ["POST", "execution", { customers: "all" }],
    ["POST", "assignments", { customers: [tenant], mpnId: "4000001" }],
    ["PUT", "resellers/4000001", { name: "Northwind" }],
    ["PUT", `customers/${tenant}/account`, { accountId: null }]
  ])("takes no %s %s before its hierarchy is there", async (method, path, body) => {
    const answer = await api.call(method, `/v1/imports/${id}/${path}`, { body })
    expect(problemOf(answer)).toBe("409 import-not-ready")
    expect(answer.body).toMatchObject({ id, state: "queued" })
    expect(answer.body.detail).toMatch(/wait until it is ready\.$/u)
  })

  it("has empty lists, and an empty report in every format", async () => {
    for (const list of ["customers", "resellers"])
      expect((await api.call("GET", `/v1/imports/${id}/${list}`)).body).toEqual({
        items: [],
        next: null
      })
    const csv = await api.call("GET", `/v1/imports/${id}/export?format=csv`)
    expect(csv.text.trim().split("\r\n")).toHaveLength(1)
    expect(csv.headers.get("content-disposition")).toBe(
      `attachment; filename="import-contoso-eu-${id}.csv"`
    )
    expect((await api.call("GET", `/v1/imports/${id}/export?format=json`)).body).toEqual([])
    const xlsx = await api.call("GET", `/v1/imports/${id}/export?format=xlsx`)
    expect(xlsx.text.slice(0, 2)).toBe("PK")
  })

  it("is ended by whoever may, and stays so", async () => {
    const reader = await api.key({ role: "read-only" })
    expect((await api.call("GET", `/v1/imports/${id}`, { key: reader })).status).toBe(200)
    expect(problemOf(await api.call("DELETE", `/v1/imports/${id}`, { key: reader }))).toBe(
      "403 forbidden"
    )
    for (const _ of ["first", "second"])
      expect((await api.call("DELETE", `/v1/imports/${id}`)).body.status).toBe("cancelled")
    const answer = await api.call("POST", `/v1/imports/${id}/execution`, {
      body: { customers: "all" }
    })
    expect(answer.body.detail).toBe(
      `Import ${id} is cancelled and has no hierarchy; ask for another one.`
    )
  })
})

describe("a request that names customers", () => {
  it("takes as many as the document says, and names the field when there are more", async () => {
    const tenants = Array.from(
      { length: importCustomersMax + 1 },
      (_, n) => `99999999-0000-4000-8000-${String(n).padStart(12, "0")}`
    )
    const ask = (customers: ReadonlyArray<string>) =>
      api.call("POST", `/v1/imports/${id}/execution`, { body: { customers } })
    expect(problemOf(await ask(tenants.slice(1)))).toBe("409 import-not-ready")
    const refused = await ask(tenants)
    expect(problemOf(refused)).toBe("400 invalid-request")
    expect(refused.body.errors[0].path).toEqual(["payload", "customers"])
  })
})
