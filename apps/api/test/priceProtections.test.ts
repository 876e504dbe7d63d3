import { Currency, money } from "@concordat/core/money/Money"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

const offer = OfferId.make("CFQ7TTC0PR01:0001")
const tenant = (n: number) => `77777777-0000-4000-8000-00000000000${n}`
let api: Served
/** By their references. */
let ids: Record<string, string>
beforeAll(async () => {
  api = await serve()
  await api.products("contoso-eu", [
    {
      offer,
      name: "Product 1",
      isTrial: false,
      isAddon: false,
      singleActive: false,
      prices: (["monthly", "annual"] as const).map((billingCycle) => ({
        term: "P1Y" as const,
        billingCycle,
        price: money("1", Currency.make("EUR"))
      }))
    }
  ])
  const book = [
    "account_code,account_name,reseller_code,reseller_name,tenant_id,reference,name,offer,quantity,status,billing_cycle,term",
    `C-WEST,Western Bank,R-WEST,West Resellers,${tenant(1)},W-1,One,${offer},5,active,monthly,P1Y`,
    `C-WEST,Western Bank,R-WEST,West Resellers,${tenant(1)},W-2,Two,${offer},5,active,annual,P1Y`,
    `C-EAST,Eastern Bank,R-EAST,East Resellers,${tenant(2)},E-1,Three,${offer},5,active,monthly,P1Y`
  ].join("\n")
  const imported = await api.call("POST", "/v1/book/imports?instance=contoso-eu", {
    body: book,
    headers: { "content-type": "text/csv" }
  })
  expect([imported.status, imported.text]).toEqual([200, imported.text])
  await priced("9.99", await accountOf("R-WEST"))
  const all = await activate({ scope: { kind: "all" }, dryRun: true })
  ids = Object.fromEntries(
    all.body.items.map((item: { reference: string; subscriptionId: string }) => [
      item.reference,
      item.subscriptionId
    ])
  )
})
afterAll(() => api.stop())

const accountOf = async (code: string): Promise<string> =>
  (await api.call("GET", `/v1/accounts?q=${code}`)).body.items.find(
    (account: { code: string }) => account.code === code
  ).id
let list = ""
/** Sets what the list fixes; makes and assigns the list first. */
const priced = async (value: string, account?: string) => {
  if (account !== undefined) {
    const made = await api.call("POST", "/v1/pricelists", {
      body: { name: "West", instance: "contoso-eu", currency: "EUR" }
    })
    list = `/v1/pricelists/${made.body.id}`
    expect((await api.call("PUT", `${list}/accounts/${account}`)).status).toBe(204)
  }
  const etag = (await api.call("GET", list)).headers.get("etag") ?? ""
  const entry = { subject: { kind: "all" }, term: null, billingCycle: null }
  const put = await api.call("PUT", `${list}/entries`, {
    body: { entries: [{ ...entry, rule: { kind: "fixed", value } }] },
    headers: { "if-match": etag }
  })
  expect([put.status, put.text]).toEqual([200, put.text])
}
const activate = (given: object): Promise<Answer> =>
  api.call("POST", "/v1/subscriptions/price-protections", {
    body: { instance: "contoso-eu", dryRun: false, ...given }
  })
const west = { kind: "subscriptions", ids: [] as Array<string> }
const outcomes = ({ body, status, text }: Answer) => {
  expect([status, text]).toEqual([200, text])
  return Object.fromEntries(
    body.items.map(
      (item: {
        reference: string
        outcome: string
        protection: { price: { amount: string } } | null
      }) => [item.reference, `${item.outcome} ${item.protection?.price.amount ?? ""}`.trimEnd()]
    )
  )
}
const protectionOf = (reference: string, key?: string) =>
  api.call("GET", `/v1/subscriptions/${ids[reference]}/price-protection`, {
    ...(key === undefined ? {} : { key })
  })
const changesOf = async (reference: string) => {
  const { body } = await api.call(
    "GET",
    `/v1/subscriptions/${ids[reference]}/billing-cycle-changes`
  )
  return body.choices.map(
    (choice: {
      which: string
      to: string
      allowed: boolean
      refusals: ReadonlyArray<{ code: string; text: string }>
      price: { amount: string } | null
      priceSource: string | null
    }) => {
      for (const { text } of choice.refusals) expect(text).toMatch(/\.$/)
      return `${choice.which} ${choice.to} ${choice.allowed ? "allowed" : choice.refusals.map(({ code }) => code).join()} ${choice.priceSource} ${choice.price?.amount}`
    }
  )
}

describe("price protection", () => {
  it("is told first, activated then, and survives what the list does next", async () => {
    const scope = { ...west, ids: [ids["W-1"], ids["W-2"], ids["E-1"]] }
    const expected = { "W-1": "protected 9.99", "W-2": "protected 119.88", "E-1": "no-price" }
    const told = await activate({ scope, months: 6, dryRun: true })
    expect(outcomes(told)).toEqual(expected)
    expect(told.body).toMatchObject({
      dryRun: true,
      summary: { protected: 2, protectedAlready: 0, refused: 1 },
      next: null
    })
    const refused = told.body.items.find((item: { reference: string }) => item.reference === "E-1")
    expect(refused.reason).toMatch(/buys by no price list .*\.$/)
    expect((await protectionOf("W-1")).body).toMatchObject({ state: "none", protection: null })

    expect(outcomes(await activate({ scope, months: 6 }))).toEqual(expected)
    await priced("20")
    expect(outcomes(await activate({ scope, months: 6 }))).toEqual({
      "W-1": "protected-already 9.99",
      "W-2": "protected-already 119.88",
      "E-1": "no-price"
    })
    const { body } = await protectionOf("W-1")
    expect(body).toMatchObject({
      state: "protected",
      protection: {
        price: { amount: "9.99", currency: "EUR" },
        term: "P1Y",
        billingCycle: "monthly",
        months: 6
      },
      activatedBy: expect.stringMatching(/^key:/u)
    })
    expect(await changesOf("W-1")).toEqual([
      "current monthly same-cycle protected 9.99",
      "next monthly same-cycle protected 9.99",
      "current annual allowed protected 119.88",
      "next annual allowed protected 119.88"
    ])
    expect(await changesOf("W-2")).toEqual([
      "current monthly not-longer current 20.00",
      "next monthly allowed current 20.00",
      "current annual same-cycle protected 119.88",
      "next annual same-cycle protected 119.88"
    ])
    expect(await changesOf("E-1")).toEqual([
      "current monthly same-cycle null undefined",
      "next monthly same-cycle null undefined",
      "current annual allowed null undefined",
      "next annual allowed null undefined"
    ])
  })

  it("goes on where the previous page ended, and only within its own scope", async () => {
    const scope = { kind: "all" }
    const found: Array<string> = []
    let cursor: string | null = null
    do {
      const page: Answer = await activate({
        scope,
        dryRun: true,
        limit: 4,
        ...(cursor === null ? {} : { cursor })
      })
      expect(page.body.items.length).toBeLessThanOrEqual(4)
      found.push(...page.body.items.map((item: { reference: string }) => item.reference))
      expect(found.length).toBeLessThan(1_000)
      cursor = page.body.next
    } while (cursor !== null)
    expect(found.toSorted()).toEqual(Object.keys(ids).toSorted())
    const { body } = await activate({ scope, dryRun: true, limit: 1 })
    const elsewhere = { scope: { kind: "product", offer }, dryRun: true, cursor: body.next }
    expect(problemOf(await activate(elsewhere))).toBe("400 invalid-request")
  })

  it("is seen by whom the subscription belongs to, without where it came from, and by nobody else", async () => {
    await activate({ scope: { ...west, ids: [ids["W-1"]] }, months: 1 })
    const reseller = async (code: string) =>
      api.key({ role: "reseller", branch: await accountOf(code) })
    const own = await protectionOf("W-1", await reseller("R-WEST"))
    expect(own.body).toMatchObject({ state: "protected", priceListId: null, activatedBy: null })
    for (const path of ["price-protection", "billing-cycle-changes"]) {
      const other = await api.call("GET", `/v1/subscriptions/${ids["W-1"]}/${path}`, {
        key: await reseller("R-EAST")
      })
      expect(problemOf(other)).toBe("404 subscription-not-found")
      expect(other.text).not.toContain("9.99")
    }
  })
})
