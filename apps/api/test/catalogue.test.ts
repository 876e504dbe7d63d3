import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const nobody = "99999999-0000-4000-8000-000000000000"
const pathsOf = (body: { errors: ReadonlyArray<{ path: ReadonlyArray<string> }> }) =>
  body.errors.map(({ path }) => path.join(".")).sort()
const addressOf = (path: string) =>
  path.replace("{product}", api.seeded.product).replace("{type}", api.seeded.productType)

describe("what does not exist", () => {
  it.each([
    ["GET", `/v1/catalogue/runs/${nobody}`, undefined, "404 catalogue-run-not-found"],
    ["DELETE", `/v1/catalogue/runs/${nobody}`, undefined, "404 catalogue-run-not-found"],
    ["GET", `/v1/catalogue/runs/${nobody}/log`, undefined, "404 catalogue-run-not-found"],
    ["GET", `/v1/catalogue/runs/${nobody}/changes`, undefined, "404 catalogue-run-not-found"],
    ["GET", "/v1/catalogue/runs?instance=nowhere", undefined, "404 instance-not-found"],
    ["POST", "/v1/catalogue/runs", { instance: "nowhere" }, "404 instance-not-found"],
    ["GET", "/v1/catalogue/products?instance=nowhere", undefined, "404 instance-not-found"],
    ["GET", `/v1/catalogue/products/${nobody}`, undefined, "404 product-not-found"],
    ["GET", `/v1/catalogue/product-types/${nobody}`, undefined, "404 product-type-not-found"],
    [
      "POST",
      "/v1/catalogue/products/bulk",
      { instance: "nowhere", action: "publish" },
      "404 instance-not-found"
    ]
  ])("%s %s %j is a problem of its own", async (method, path, body, problem) => {
    const answer = await api.call(method, path, { body })
    expect(problemOf(answer)).toBe(problem)
    expect(answer.body.detail).toMatch(/\.$/)
  })
})

describe("what does not fit", () => {
  const euros = (amount: string) => ({ amount, currency: "EUR" })
  it.each([
    ["GET", "/v1/catalogue/products", undefined, ["query.instance"]],
    [
      "GET",
      "/v1/catalogue/products?instance=contoso-eu&family=cheese&status=old&published=maybe",
      undefined,
      ["query.family", "query.published", "query.status"]
    ],
    ["GET", `/v1/catalogue/runs/${nobody}/changes?status=none`, undefined, ["query.status"]],
    ["POST", "/v1/catalogue/runs", {}, ["payload.instance"]],
    ["PATCH", "/v1/catalogue/products/{product}", {}, ["payload"]],
    [
      "PATCH",
      "/v1/catalogue/products/{product}",
      { sellPrice: euros("-0.01"), purchasePrice: { amount: "1.00", currency: "EUX" } },
      ["payload.purchasePrice.currency", "payload.sellPrice.amount"]
    ],
    [
      "PATCH",
      "/v1/catalogue/products/{product}",
      { sellPrice: 12.5, name: "", code: "\u0000", protectionMonths: 121, acknowledged: false },
      [
        "payload.acknowledged",
        "payload.code",
        "payload.name",
        "payload.protectionMonths",
        "payload.sellPrice"
      ]
    ],
    [
      "PATCH",
      "/v1/catalogue/products/{product}",
      { offer: "CFQ7TTC0LH18:0003" },
      ["payload.offer"]
    ],
    [
      "PATCH",
      "/v1/catalogue/product-types/{type}",
      { quantityLimit: 0, billingDay: 32, refund: "weeks", cancelLimit: euros("-1.00") },
      [
        "payload.billingDay",
        "payload.cancelLimit.amount",
        "payload.quantityLimit",
        "payload.refund"
      ]
    ],
    [
      "POST",
      "/v1/catalogue/products/bulk",
      { instance: "contoso-eu", action: "delete" },
      ["payload.action"]
    ]
  ])("%s %s %j names every field that is wrong", async (method, path, body, paths) => {
    const answer = await api.call(method, addressOf(path), {
      body,
      headers: method === "PATCH" ? { "if-match": "*" } : {}
    })
    expect(problemOf(answer)).toBe("400 invalid-request")
    const named = pathsOf(answer.body)
    expect(paths.filter((path) => !named.includes(path))).toEqual([])
  })
})

describe("a catalogue run", () => {
  it("is answered at once with where to follow it, and one under way is that one", async () => {
    const asked = await api.call("POST", "/v1/catalogue/runs", { body: { instance: "contoso-us" } })
    expect([asked.status, asked.headers.get("location")]).toEqual([
      202,
      `/v1/catalogue/runs/${asked.body.id}`
    ])
    const again = await api.call("POST", "/v1/catalogue/runs", { body: { instance: "contoso-us" } })
    expect([again.status, again.body.id]).toEqual([202, asked.body.id])
    const { body } = await api.call("GET", "/v1/catalogue/runs?instance=contoso-us")
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([asked.body.id])
    const log = await api.call("GET", `/v1/catalogue/runs/${asked.body.id}/log`)
    expect(log.body.items[0].text).toMatch(/^Asked for by \S+: the catalogue of /u)
    const cancelled = await api.call("DELETE", `/v1/catalogue/runs/${asked.body.id}`)
    expect([cancelled.status, cancelled.body.status]).toEqual([200, "cancelled"])
  })

  it("is not asked of a disabled instance", async () => {
    await api.call("PATCH", "/v1/instances/contoso-us", {
      body: { disabled: true },
      headers: { "if-match": "*" }
    })
    const refused = await api.call("POST", "/v1/catalogue/runs", {
      body: { instance: "contoso-us" }
    })
    expect(problemOf(refused)).toBe("409 instance-disabled")
  })
})

describe("a product", () => {
  const path = "/v1/catalogue/products/{product}"
  const patch = (body: object, condition?: string) =>
    api.call("PATCH", addressOf(path), {
      body,
      headers: condition === undefined ? {} : { "if-match": condition }
    })

  it("is changed with the ETag that was read, and with no other", async () => {
    const read = await api.call("GET", addressOf(path))
    const etag = read.headers.get("etag") ?? ""
    expect(etag).toBe(`"${read.body.version}"`)
    expect(problemOf(await patch({ published: false }))).toBe("428 precondition-required")
    expect(problemOf(await patch({ published: false }, `W/${etag}`))).toBe("412 version-stale")
    const changed = await patch(
      { published: false, sellPrice: { amount: "12.345", currency: "EUR" }, protectionMonths: 12 },
      etag
    )
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({
      published: false,
      sellPrice: { amount: "12.345", currency: "EUR" },
      protectionMonths: 12,
      version: read.body.version + 1
    })
    expect(problemOf(await patch({ published: true }, etag))).toBe("412 version-stale")
    expect((await api.call("GET", addressOf(path))).body).toEqual(changed.body)
  })

  it("does not take another's code, nor a year that Microsoft does not bill", async () => {
    expect(problemOf(await patch({ code: "cfq7ttc0lh18:0002" }, "*"))).toBe(
      "409 product-code-taken"
    )
    expect(problemOf(await patch({ annualEnabled: true }, "*"))).toBe("409 annual-not-supported")
  })

  it("is dealt with together with others, after a dry run that keeps nothing", async () => {
    const body = { instance: "contoso-eu", action: "unpublish", q: "Standard" }
    const dry = await api.call("POST", "/v1/catalogue/products/bulk?dryRun=true", { body })
    expect(dry.body).toEqual({ matched: 1, changed: 1, dryRun: true })
    const done = await api.call("POST", "/v1/catalogue/products/bulk", { body })
    expect(done.body).toEqual({ matched: 1, changed: 1, dryRun: false })
    const after = await api.call("GET", "/v1/catalogue/products?instance=contoso-eu&published=true")
    expect(after.body.items.map(({ name }: { name: string }) => name)).not.toContain(
      "Business Standard"
    )
  })
})

describe("a product type", () => {
  it("is changed with the ETag that was read, and null takes a limit away", async () => {
    const path = addressOf("/v1/catalogue/product-types/{type}")
    const read = await api.call("GET", path)
    const limited = await api.call("PATCH", path, {
      body: { quantityLimit: 25, cancelLimit: { amount: "50.00", currency: "EUR" } },
      headers: { "if-match": read.headers.get("etag") ?? "" }
    })
    expect(limited.body).toMatchObject({
      quantityLimit: 25,
      cancelLimit: { amount: "50.00", currency: "EUR" }
    })
    const freed = await api.call("PATCH", path, {
      body: { cancelLimit: null },
      headers: { "if-match": limited.headers.get("etag") ?? "" }
    })
    expect(freed.body).toMatchObject({ quantityLimit: 25, cancelLimit: null })
    const listed = await api.call("GET", "/v1/catalogue/product-types?instance=contoso-eu")
    expect(listed.body.items).toEqual([freed.body])
  })
})
