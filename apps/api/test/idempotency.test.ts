import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const run = { instance: "contoso-eu", scope: { kind: "organisation" } }
const post = (path: string, key: string, body: unknown, caller?: string) =>
  api.call("POST", path, { key: caller, body, headers: { "idempotency-key": key } })

describe("Idempotency-Key", () => {
  it("gives a repetition the first answer again, with its headers, and does nothing twice", async () => {
    const first = await post("/v1/reconciliations", "run-1", run)
    const count = (await api.call("GET", "/v1/reconciliations?limit=500")).body.items.length
    const again = await post("/v1/reconciliations", "run-1", run)
    expect([again.status, again.text]).toEqual([202, first.text])
    expect(again.headers.get("location")).toBe(first.headers.get("location"))
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"))
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([
      null,
      "true"
    ])
    expect((await api.call("GET", "/v1/reconciliations?limit=500")).body.items).toHaveLength(count)
  })

  it("is refused for another body, another address and another content type", async () => {
    await post("/v1/reconciliations", "run-2", run)
    const other = await post("/v1/reconciliations", "run-2", { ...run, instance: "nowhere" })
    expect(problemOf(other)).toBe("422 idempotency-key-reused")
    const elsewhere = await post("/v1/keys", "run-2", run)
    expect(problemOf(elsewhere)).toBe("422 idempotency-key-reused")
  })

  it("belongs to the caller: the same key of somebody else is another one", async () => {
    const mine = await post("/v1/reconciliations", "shared", run)
    const other = await api.key({ role: "operator" })
    const theirs = await post("/v1/reconciliations", "shared", run, other)
    expect(theirs.status).toBe(202)
    expect(theirs.headers.get("idempotency-replayed")).toBeNull()
    expect(theirs.body.id).not.toBe(mine.body.id)
  })

  it("of a command that was refused may be used again, because nothing was done", async () => {
    const refused = await post("/v1/reconciliations", "second-try", { ...run, instance: "nowhere" })
    expect(problemOf(refused)).toBe("404 instance-not-found")
    const malformed = await post("/v1/reconciliations", "second-try", { instance: 1 })
    expect(problemOf(malformed)).toBe("400 invalid-request")
    expect((await post("/v1/reconciliations", "second-try", run)).status).toBe(202)
  })

  it("of two requests at once lets one through; the other is told to wait or gets the same answer", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post("/v1/reconciliations", "at-once", run))
    )
    const done = answers.filter(({ status }) => status === 202)
    expect(new Set(done.map(({ body }) => body.id)).size).toBe(1)
    for (const answer of answers.filter(({ status }) => status !== 202))
      expect(problemOf(answer)).toBe("409 idempotency-key-in-use")
  })

  it("shows a new API key again to whoever made it, and keeps it from everybody else", async () => {
    const body = { name: "storefront", role: "operator", scopes: ["accounts:read"] }
    const first = await post("/v1/keys", "key-1", body)
    const again = await post("/v1/keys", "key-1", body)
    expect(again.body).toEqual(first.body)
    expect(await api.stored()).not.toContain(first.body.key)
  })

  it("works for imports, and a dry run keeps nothing under a key either", async () => {
    const list =
      "account_code,account_name,tenant_id,reference,name,offer,quantity,status\nD-1,Dry,78787878-0000-4000-8000-000000000001,SUB-D1,Business Basic,CFQ7TTC0LH18:0001,5,active"
    const send = () =>
      api.call("POST", "/v1/book/imports?instance=contoso-eu&dryRun=true", {
        body: list,
        headers: { "content-type": "text/csv", "idempotency-key": "dry" }
      })
    const [first, again] = [await send(), await send()]
    expect(first.body).toMatchObject({ dryRun: true, subscriptionsAdded: 1, accountsAdded: 1 })
    expect(again.body).toEqual(first.body)
    expect((await api.call("GET", "/v1/accounts?q=Dry")).body.items).toEqual([])
  })
})
