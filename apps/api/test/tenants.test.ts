import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
let path: string
beforeAll(async () => {
  api = await serve()
  const { body } = await api.call("POST", "/v1/accounts", {
    body: { kind: "customer", name: "Alpine", parentId: api.seeded.south.account }
  })
  path = `/v1/accounts/${body.id}`
})
afterAll(() => api.stop())

const options = () => api.call("GET", `${path}/syncoptions?instance=contoso-eu`)
const put = (body: object, condition: string | undefined = "*", key?: string) =>
  api.call("PUT", `${path}/syncoptions?instance=contoso-eu`, {
    body,
    key,
    headers: condition === undefined ? {} : { "if-match": condition }
  })

describe("the sync options of an account", () => {
  it("are read with the fields that an account like this has, and changed by whoever read them", async () => {
    const first = await options()
    expect([first.status, first.headers.get("etag")]).toEqual([200, '"0"'])
    expect(first.body).toMatchObject({ userName: null, domainPrefix: null, version: 0 })
    expect(first.body.fields.map(({ name }: { name: string }) => name)).toEqual([
      "userName",
      "domainPrefix",
      "mpnId"
    ])
    const changed = await put({ userName: "admin", domainPrefix: "alpine" }, '"0"')
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"1"'])
    expect(problemOf(await put({ userName: "other" }, '"0"'))).toBe("412 version-stale")
    expect((await options()).body).toMatchObject({ userName: "admin", domainPrefix: "alpine" })
  })

  it("are none before the instance's first catalogue run, which is said to whoever gives some", async () => {
    const at = `${path}/syncoptions?instance=contoso-us`
    expect((await api.call("GET", at)).body.fields).toEqual([])
    const refused = await api.call("PUT", at, {
      body: { userName: "admin" },
      headers: { "if-match": "*" }
    })
    expect(problemOf(refused)).toBe("400 invalid-request")
    expect(refused.body.errors).toMatchObject([
      { path: ["payload", "userName"], message: expect.stringContaining("catalogue run") }
    ])
  })

  it("get the tax id when the settings are saved with a country that asks for one, and keep it", async () => {
    const countries = async (codes: ReadonlyArray<string>) => {
      const { headers } = await api.call("GET", "/v1/instances/contoso-eu")
      const saved = await api.call("PATCH", "/v1/instances/contoso-eu", {
        body: { countries: codes },
        headers: { "if-match": headers.get("etag") ?? "" }
      })
      expect(saved.status, saved.text).toBe(200)
      return (await options()).body.fields.find(({ name }: { name: string }) => name === "taxId")
    }
    expect(await countries(["HU"])).toMatchObject({ lengthMin: 5, lengthMax: 22 })
    const kept = (await put({ taxId: "12345" })).body
    expect(kept.taxId).toBe("12345")
    expect(await countries(["US"])).toMatchObject({ hint: expect.stringContaining("HU") })
    expect((await put({ taxId: "12345" })).body).toMatchObject({ version: kept.version })
    await put({ userName: "admin", domainPrefix: "alpine" })
    await api.rows("delete from sync_option_definition where name = 'taxId'")
  })

  it("are not changed by who has not read them", async () => {
    const answer = await api.call("PUT", `${path}/syncoptions?instance=contoso-eu`, { body: {} })
    expect(problemOf(answer)).toBe("428 precondition-required")
  })

  it.each([
    [{ userName: "a b" }, ["payload.userName"]],
    [{ userName: "admin@x" }, ["payload.userName"]],
    [{ userName: "x".repeat(10_000) }, ["payload.userName"]],
    [{ domainPrefix: "a\nb" }, ["payload.domainPrefix"]],
    [{ domainPrefix: '=cmd|"/c"' }, ["payload.domainPrefix"]],
    [{ domainPrefix: "\u202efabrikam" }, ["payload.domainPrefix"]],
    [{ mpnId: "x" }, ["payload.mpnId"]],
    [{ taxId: "12345" }, ["payload.taxId"]],
    [
      { userName: "?", domainPrefix: "-", taxId: "1" },
      ["payload.userName", "payload.domainPrefix", "payload.taxId"]
    ],
    [{ colour: "red" }, ["payload.colour"]]
  ])("%j is refused by the names of the fields, and nothing is kept", async (body, paths) => {
    const before = (await options()).body
    const answer = await put(body)
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(
      answer.body.errors.map(({ path: at }: { path: ReadonlyArray<string> }) => at.join("."))
    ).toEqual(paths)
    expect((await options()).body).toEqual(before)
  })

  it("do not let a customer say who its reseller is", async () => {
    const { id } = (await api.call("GET", path)).body
    const key = await api.key({ role: "customer", branch: id })
    const { userName, domainPrefix } = (await options()).body
    expect((await put({ userName, domainPrefix }, "*", key)).status).toBe(200)
    const answer = await put({ userName, domainPrefix, mpnId: "4711" }, "*", key)
    expect([problemOf(answer), answer.body.field]).toEqual([
      "403 account-change-not-allowed",
      "mpnId"
    ])
  })
})

describe("a synchronisation", () => {
  const synchronize = (body: object, key?: string) =>
    api.call("POST", `${path}/synchronization`, { body: { instance: "contoso-eu", ...body }, key })

  it("names everything that is missing, and begins nothing", async () => {
    const answer = await synchronize({ mode: "create" })
    expect(problemOf(answer)).toBe("409 synchronization-refused")
    expect(answer.body.problems.map(({ field }: { field: string }) => field)).toEqual([
      "email",
      "phone",
      "address"
    ])
    const { body } = await api.call("GET", `${path}/synchronization`)
    expect(body.items).toMatchObject([
      { instance: "contoso-eu", status: "not-synchronised", mode: null },
      { instance: "contoso-us", status: "not-synchronised" }
    ])
  })

  it("that was asked for is seen with its steps, and is not begun twice", async () => {
    const begun = await synchronize({ mode: "link" })
    expect([begun.status, begun.body]).toMatchObject([
      202,
      {
        status: "in-progress",
        stage: "finding",
        mode: "link",
        domain: "alpine.onmicrosoft.com",
        tenants: []
      }
    ])
    expect(problemOf(await synchronize({ mode: "link" }))).toBe("409 synchronization-under-way")
    const steps = await api.call("GET", `${path}/synchronization/steps?instance=contoso-eu`)
    expect(steps.body.items).toMatchObject([
      { actor: "key:admin", text: "Asked to link the tenant of alpine.onmicrosoft.com" }
    ])
  })

  it("is not asked for of who is a tenant already", async () => {
    const answer = await api.call(
      "POST",
      `/v1/accounts/${api.seeded.southern.account}/synchronization`,
      { body: { instance: "contoso-eu", mode: "create" } }
    )
    expect(problemOf(answer)).toBe("409 already-synchronised")
  })

  it.each([
    [{ mode: "steal" }, "payload.mode"],
    [{ mode: "link", instance: "Contoso EU" }, "payload.instance"],
    [{ mode: "link", confirm: "yes" }, "payload.confirm"],
    [{ mode: "link", tenantId: "x" }, "payload.tenantId"]
  ])("%j is refused by the name of the field", async (body, at) => {
    const answer = await synchronize(body)
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path.join(".")).toBe(at)
  })
})
