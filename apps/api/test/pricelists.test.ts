import { Currency, money } from "@concordat/core/money/Money"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Answer, problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

const nobody = "99999999-0000-4000-8000-000000000000"
let api: Served
beforeAll(async () => {
  api = await serve()
  for (const instance of ["contoso-eu", "contoso-us"])
    await api.products(instance, [1, 2, 3, 4].map(product))
})
afterAll(() => api.stop())

const offerOf = (n: number) => OfferId.make(`CFQ7TTC0PR0${n}:0001`)
const product = (n: number) => ({
  offer: offerOf(n),
  name: `Product ${n}`,
  isTrial: false,
  isAddon: false,
  singleActive: false,
  prices: (["monthly", "annual"] as const).map((billingCycle) => ({
    term: "P1Y" as const,
    billingCycle,
    price: money("1", Currency.make("EUR"))
  }))
})

const entry = (n: number, value: string, given: object = {}) => ({
  subject: { kind: "product", offer: offerOf(n) },
  term: null,
  billingCycle: null,
  rule: { kind: "fixed", value },
  ...given
})
let count = 0
/** A list with entries, as an operator makes it; unassigned. */
const listed = async (entries: ReadonlyArray<object>, given: object = {}) => {
  const made = await api.call("POST", "/v1/pricelists", {
    body: { name: `List ${count++}`, instance: "contoso-eu", currency: "EUR", ...given }
  })
  expect([made.status, made.text]).toEqual([201, made.text])
  const put = await change("PUT", `/v1/pricelists/${made.body.id}/entries`, { entries })
  expect([put.status, put.text]).toEqual([200, put.text])
  return made.body.id as string
}
const etagOf = async (path: string) =>
  (await api.call("GET", path.replace(/\/(entries|products)$/u, ""))).headers.get("etag") ?? ""
const change = async (method: string, path: string, body?: object): Promise<Answer> =>
  api.call(method, path, {
    ...(body === undefined ? {} : { body }),
    headers: { "if-match": await etagOf(path) }
  })
const assign = (id: string, account: string) =>
  api.call("PUT", `/v1/pricelists/${id}/accounts/${account}`)
const lines = (answer: Answer): ReadonlyArray<string> => {
  expect([answer.status, answer.text]).toEqual([200, answer.text])
  return answer.body.items.map(
    (item: {
      instance: string
      name: string
      prices: ReadonlyArray<{ billingCycle: string; price: { amount: string; currency: string } }>
    }) =>
      `${item.instance} ${item.name}: ${item.prices.map((p) => `${p.billingCycle} ${p.price.amount} ${p.price.currency}`).join(", ")}`
  )
}

// Each test begins with accounts that have no lists.
beforeEach(async () => {
  const { body } = await api.call("GET", "/v1/pricelists?limit=500")
  for (const { id } of body.items) {
    const assigned = await api.call("GET", `/v1/pricelists/${id}/accounts?limit=500`)
    for (const { accountId } of assigned.body.items)
      await api.call("DELETE", `/v1/pricelists/${id}/accounts/${accountId}`)
  }
})

describe("a buyer", () => {
  it("sees exactly its products at its prices: a reseller, its customer, and nobody else", async () => {
    const { north, south, southern, northern } = api.seeded
    const id = await listed([entry(1, "9.99"), entry(2, "20", { billingCycle: "monthly" })])
    expect((await assign(id, south.account)).status).toBe(204)
    const shown = [
      "contoso-eu Product 1: monthly 9.99 EUR, annual 119.88 EUR",
      "contoso-eu Product 2: monthly 20.00 EUR"
    ]
    const of = async (role: "reseller" | "customer", branch: string, query = "") =>
      lines(await api.call("GET", `/v1/products${query}`, { key: await api.key({ role, branch }) }))
    expect(await of("reseller", south.account)).toEqual(shown)
    expect(await of("customer", southern.account)).toEqual(shown)
    expect(await of("reseller", south.account, `?account=${southern.account}`)).toEqual(shown)
    expect(await of("reseller", north.account)).toEqual([])
    expect(await of("customer", northern.account)).toEqual([])
    const neighbour = await api.call("GET", `/v1/products?account=${south.account}`, {
      key: await api.key({ role: "reseller", branch: north.account })
    })
    expect(problemOf(neighbour)).toBe("404 account-not-found")
    const above = await api.call("GET", `/v1/products?account=${south.account}`, {
      key: await api.key({ role: "customer", branch: southern.account })
    })
    expect(problemOf(above)).toBe("404 account-not-found")
  })

  it("learns nothing of costs, rules or margins", async () => {
    const id = await listed([entry(1, "9.99")])
    await assign(id, api.seeded.southern.account)
    const { body } = await api.call("GET", `/v1/products?account=${api.seeded.southern.account}`)
    expect(body.items[0]).toEqual({
      instance: "contoso-eu",
      offer: offerOf(1),
      name: "Product 1",
      description: "",
      family: "nce",
      isTrial: false,
      isAddon: false,
      minimumQuantity: 1,
      maximumQuantity: 10_000_000,
      priceListId: id,
      prices: [
        { term: "P1Y", billingCycle: "monthly", price: { amount: "9.99", currency: "EUR" } },
        { term: "P1Y", billingCycle: "annual", price: { amount: "119.88", currency: "EUR" } }
      ]
    })
  })

  it("pages through its products of all regions, each once", async () => {
    const account = api.seeded.southern.account
    await assign(await listed([1, 2, 3, 4].map((n) => entry(n, "1"))), account)
    await assign(
      await listed(
        [1, 2, 3].map((n) => entry(n, "2")),
        {
          instance: "contoso-us",
          currency: "USD"
        }
      ),
      account
    )
    const whole = lines(await api.call("GET", `/v1/products?account=${account}`))
    expect(whole).toHaveLength(7)
    const pages: Array<string> = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const next: string = cursor === "" ? "" : `&cursor=${cursor}`
      const answer: Answer = await api.call("GET", `/v1/products?account=${account}&limit=2${next}`)
      pages.push(...lines(answer))
      cursor = answer.body.next
    }
    expect(pages).toEqual(whole)
    expect(
      lines(
        await api.call("GET", `/v1/products?account=${account}&instance=contoso-us&q=product%202`)
      )
    ).toEqual(["contoso-us Product 2: monthly 2.00 USD, annual 24.00 USD"])
    expect(
      lines(await api.call("GET", `/v1/products?account=${account}&family=azure&term=P1Y`))
    ).toEqual([])
    const other = await api.call("GET", `/v1/products?account=${api.seeded.south.account}&limit=2`)
    expect(other.body).toEqual({ items: [], next: null })
  })

  it("must be named by an operator, who buys nothing", async () => {
    const answer = await api.call("GET", "/v1/products")
    expect(problemOf(answer)).toBe("400 invalid-request")
    expect(answer.body.errors[0].path).toEqual(["query", "account"])
  })
})

describe("a price list", () => {
  it("is made, read, changed by its ETag, found both ways, and removed when nobody buys by it", async () => {
    const account = api.seeded.south.account
    const id = await listed([entry(1, "1")], { description: "For the south", market: "DE" })
    const path = `/v1/pricelists/${id}`
    const read = await api.call("GET", path)
    expect(read.body).toMatchObject({
      instance: "contoso-eu",
      currency: "EUR",
      market: "DE",
      active: true,
      validTo: null,
      version: 2
    })
    expect(read.headers.get("etag")).toBe('"2"')
    await assign(id, account)
    const found = await api.call("GET", `/v1/pricelists?account=${account}&instance=contoso-eu`)
    expect(found.body.items.map((list: { id: string }) => list.id)).toEqual([id])
    const assigned = await api.call("GET", `${path}/accounts`)
    expect(assigned.body.items).toMatchObject([{ accountId: account, code: "R-SOUTH" }])
    expect(problemOf(await change("DELETE", path))).toBe("409 price-list-in-use")
    const resting = await change("PATCH", path, { active: false, name: "Resting" })
    expect(resting.body).toMatchObject({ active: false, name: "Resting", version: 3 })
    expect(lines(await api.call("GET", `/v1/products?account=${account}`))).toEqual([])
    expect((await api.call("DELETE", `${path}/accounts/${account}`)).status).toBe(204)
    expect((await change("DELETE", path)).status).toBe(204)
    expect(problemOf(await api.call("GET", path))).toBe("404 price-list-not-found")
  })

  it("is changed only by who has read its newest version", async () => {
    const id = await listed([entry(1, "1")])
    const path = `/v1/pricelists/${id}`
    for (const [method, where, body] of [
      ["PATCH", path, { active: false }],
      ["DELETE", path, undefined],
      ["PUT", `${path}/entries`, { entries: [] }],
      ["PATCH", `${path}/entries`, { put: [] }]
    ] as const) {
      const sent = body === undefined ? {} : { body }
      expect(problemOf(await api.call(method, where, sent))).toBe("428 precondition-required")
      for (const stale of ['"1"', 'W/"2"'])
        expect(
          problemOf(await api.call(method, where, { ...sent, headers: { "if-match": stale } }))
        ).toBe("412 version-stale")
    }
    expect((await api.call("GET", `${path}/entries`)).body.items).toHaveLength(1)
  })

  it("is previewed with reasons, as an account too", async () => {
    const id = await listed([
      entry(1, "10", { billingCycle: "monthly" }),
      entry(2, "0", { rule: { kind: "margin", value: "20" } })
    ])
    const preview = async (query: string) => {
      const { body } = await api.call("GET", `/v1/pricelists/${id}/preview${query}`)
      return body.items[0].plans[0]
    }
    expect(await preview("?q=product%201")).toEqual({
      term: "P1Y",
      billingCycle: "monthly",
      price: { amount: "10.00", currency: "EUR" },
      explanation: "Entry of the product, every term, monthly: fixed at 10 = 10.00 EUR.",
      visible: true,
      hiddenBecause: null
    })
    expect(await preview("?q=product%202")).toMatchObject({
      price: null,
      visible: false,
      explanation: expect.stringMatching(/no cost is known/u)
    })
    expect(await preview(`?account=${api.seeded.south.account}`)).toMatchObject({
      visible: false,
      hiddenBecause: "the account buys by no price list of the instance that is in force."
    })
    expect(await preview("?at=2001-01-01T00:00:00Z")).toMatchObject({
      price: null,
      hiddenBecause: "the price list is not active, or not valid at this time."
    })
  })
})

describe("bad input", () => {
  const made = { name: "Bad", instance: "contoso-eu", currency: "EUR" }
  const pathsOf = (answer: Answer) => [
    problemOf(answer),
    ...answer.body.errors.map(({ path }: { path: ReadonlyArray<string> }) => path.join("."))
  ]
  it.each([
    [{ ...made, currency: "EUX" }, "payload.currency"],
    [{ ...made, currency: "eur" }, "payload.currency"],
    [{ ...made, market: "Germany" }, "payload.market"],
    [{ ...made, validFrom: "yesterday" }, "payload.validFrom"],
    [
      { ...made, validFrom: "2027-01-01T00:00:00Z", validTo: "2027-01-01T00:00:00Z" },
      "payload.validTo"
    ],
    [{ ...made, validTo: "2001-01-01T00:00:00Z" }, "payload.validTo"],
    [{ ...made, name: "" }, "payload.name"],
    [{ ...made, colour: "red" }, "payload.colour"]
  ])("a list %j is refused, and the part that is wrong is named", async (body, path) => {
    const [problem, ...paths] = pathsOf(await api.call("POST", "/v1/pricelists", { body }))
    expect([problem, ...new Set(paths)]).toEqual(["400 invalid-request", path])
  })

  it.each([
    ["a price below zero", { kind: "fixed", value: "-1" }],
    ["a price that is no number", { kind: "fixed", value: "1,50" }],
    ["a price with too many digits", { kind: "fixed", value: "1.123456789" }],
    ["a margin of everything", { kind: "margin", value: "100" }],
    ["a margin with too many digits", { kind: "margin", value: "12.12345" }],
    ["a discount of more than everything", { kind: "discount", value: "100.1" }],
    ["a markup beyond any", { kind: "markup", value: "10001" }],
    ["a rule that does not exist", { kind: "guess", value: "1" }]
  ])("an entry with %s is refused, and nothing is written", async (_, rule) => {
    const id = await listed([entry(1, "1")])
    const answer = await change("PUT", `/v1/pricelists/${id}/entries`, {
      entries: [entry(2, "2"), entry(3, "0", { rule })]
    })
    const [problem, path] = pathsOf(answer)
    expect([problem, path]).toEqual([
      "400 invalid-request",
      expect.stringMatching(/^payload\.entries\.1\.rule/u)
    ])
    const { body } = await api.call("GET", `/v1/pricelists/${id}/entries`)
    expect(body.items).toEqual([entry(1, "1")])
  })

  it("entries for unknown products, and two of one kind, are named by their number", async () => {
    const id = await listed([entry(1, "1")])
    const answer = await change("PUT", `/v1/pricelists/${id}/entries`, {
      entries: [entry(2, "2"), entry(9, "9"), entry(2, "3")]
    })
    expect(problemOf(answer)).toBe("422 price-entries-invalid")
    expect(answer.body).toMatchObject({
      total: 2,
      problems: [
        { index: 1, field: "subject.offer" },
        { index: 2, field: "subject" }
      ]
    })
    expect((await api.call("GET", `/v1/pricelists/${id}/entries`)).body.items).toHaveLength(1)
  })

  it("two lists of one instance at one time for one account are refused, and both are named", async () => {
    const account = api.seeded.south.account
    const [one, two] = [await listed([]), await listed([], { name: "Second" })]
    await assign(one, account)
    const answer = await assign(two, account)
    expect(problemOf(answer)).toBe("409 price-lists-overlap")
    expect(answer.body).toMatchObject({ list: "Second", otherId: one, accountId: account })
    expect((await api.call("GET", `/v1/pricelists?account=${account}`)).body.items).toHaveLength(1)
  })

  it("a name that is taken, and what does not exist, are problems of their own", async () => {
    await listed([], { name: "Taken" })
    expect(
      problemOf(await api.call("POST", "/v1/pricelists", { body: { ...made, name: "TAKEN" } }))
    ).toBe("409 price-list-name-taken")
    const id = await listed([])
    for (const [method, path, problem] of [
      ["GET", `/v1/pricelists/${nobody}`, "404 price-list-not-found"],
      ["GET", `/v1/pricelists/${nobody}/entries`, "404 price-list-not-found"],
      ["GET", `/v1/pricelists/${nobody}/accounts`, "404 price-list-not-found"],
      ["GET", `/v1/pricelists/${nobody}/preview`, "404 price-list-not-found"],
      ["GET", `/v1/pricelists/${id}/preview?account=${nobody}`, "404 account-not-found"],
      ["PUT", `/v1/pricelists/${id}/accounts/${nobody}`, "404 account-not-found"],
      ["GET", "/v1/pricelists?instance=nowhere", "404 instance-not-found"],
      ["GET", `/v1/pricegroups/${nobody}`, "404 price-group-not-found"],
      ["GET", `/v1/products?account=${nobody}`, "404 account-not-found"]
    ] as const)
      expect([path, problemOf(await api.call(method, path))]).toEqual([path, problem])
  })
})

describe("a price group", () => {
  it("is made, filled, priced in a list, and kept while a list has an entry for it", async () => {
    const made = await api.call("POST", "/v1/pricegroups", {
      body: { name: "Office", instance: "contoso-eu" }
    })
    const path = `/v1/pricegroups/${made.body.id}`
    expect(made.headers.get("location")).toBe(path)
    const filled = await change("PUT", `${path}/products`, { offers: [offerOf(2), offerOf(1)] })
    expect(filled.body).toMatchObject({ name: "Office", version: 2 })
    expect((await api.call("GET", `${path}/products`)).body.items).toEqual([
      { offer: offerOf(1) },
      { offer: offerOf(2) }
    ])
    const id = await listed([
      entry(0, "5", { subject: { kind: "group", groupId: made.body.id }, billingCycle: "monthly" })
    ])
    await assign(id, api.seeded.south.account)
    expect(
      lines(await api.call("GET", `/v1/products?account=${api.seeded.south.account}`))
    ).toEqual(["contoso-eu Product 1: monthly 5.00 EUR", "contoso-eu Product 2: monthly 5.00 EUR"])
    expect(problemOf(await change("DELETE", path))).toBe("409 price-group-in-use")
    expect((await change("PATCH", path, { name: "Office 365" })).body.name).toBe("Office 365")
    await change("PUT", `/v1/pricelists/${id}/entries`, { entries: [] })
    const other = await change("PUT", `${path}/products`, { offers: [offerOf(9)] })
    expect(problemOf(other)).toBe("422 price-entries-invalid")
    expect((await change("DELETE", path)).status).toBe(204)
  })

  it("takes products in and lets others go, one change at a time, and all of it or nothing", async () => {
    const made = await api.call("POST", "/v1/pricegroups", {
      body: { name: "Server", instance: "contoso-eu" }
    })
    const path = `/v1/pricegroups/${made.body.id}`
    const products = async () =>
      (await api.call("GET", `${path}/products`)).body.items.map(
        ({ offer }: { offer: string }) => offer
      )
    await change("PATCH", `${path}/products`, { put: [offerOf(1), offerOf(2)] })
    const changed = await change("PATCH", `${path}/products`, {
      put: [offerOf(3)],
      remove: [offerOf(1), offerOf(3), offerOf(9)]
    })
    expect([changed.body.version, await products()]).toEqual([3, [offerOf(2), offerOf(3)]])
    const same = await change("PATCH", `${path}/products`, { put: [offerOf(2)], remove: [] })
    expect(same.body.version).toBe(3)
    const refused = await change("PATCH", `${path}/products`, {
      put: [offerOf(9)],
      remove: [offerOf(2)]
    })
    expect(problemOf(refused)).toBe("422 price-entries-invalid")
    expect(await products()).toEqual([offerOf(2), offerOf(3)])
    expect(problemOf(await change("PATCH", `${path}/products`, {}))).toBe("400 invalid-request")
    expect((await change("DELETE", path)).status).toBe(204)
  })
})
