import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Bench } from "./harness.ts"

let bench: Bench
let token: string
// biome-ignore lint/suspicious/noExplicitAny: a page of the control API, looked into by the tests
type Any = any
let book: ReadonlyArray<Any>

beforeAll(async () => {
  bench = await Bench.start()
})
beforeEach(async () => {
  await bench.do("POST", "/clock", { setTo: "2026-11-20T12:00:00Z", mode: "stopped" })
  await bench.do("POST", "/reset", {
    seed: 3,
    accounts: [{ name: "eu", cspStatus: "indirect", customers: 60, limitPerMinute: null }]
  })
  token = await bench.userToken()
  book = await bench.book()
})
afterAll(() => bench.close())

/** The first subscription of the book that fits, with its customer. */
const find = (fits: (subscription: Any, customer: Any) => boolean) => {
  for (const customer of book)
    for (const subscription of customer.subscriptions)
      if (fits(subscription, customer)) return { customer: customer.tenantId, subscription }
  throw new Error("the book has none")
}
const yearly = (one: Any) =>
  one.term === "P1Y" && !one.isTrial && one.parentMicrosoftId === null && one.offer.includes(":")

const change = (body: object) =>
  bench.do("POST", "/accounts/eu/changes", { as: "partner", ...body })
const read = async (customer: string, id: string) =>
  (await bench.get(`/v1/customers/${customer}/subscriptions/${id}`, token)).json

describe("changes", () => {
  it.each([
    ["quantity", { quantity: 77 }, { quantity: 77 }],
    ["status", { status: "suspended" }, { status: "suspended", autoRenewEnabled: true }],
    ["autoRenew", { autoRenew: false }, { autoRenewEnabled: false }],
    ["cancel", {}, { status: "deleted" }],
    ["friendlyName", { friendlyName: "Front desk" }, { friendlyName: "Front desk" }],
    ["billingCycle", { billingCycle: "triennial" }, { billingCycle: "triennial" }],
    ["term", { term: "P3Y" }, { termDuration: "P3Y" }],
    ["offer", { offer: "cfq7ttc0lfk5:0001" }, { offerName: "Microsoft Entra ID P2" }],
    [
      "commitmentEnd",
      { commitmentEnd: "2027-03-05T23:59:59Z" },
      {
        commitmentEndDate: "2027-03-05T00:00:00Z",
        commitmentEndDateTime: "2027-03-05T23:59:59Z"
      }
    ]
  ])("%s changes what it names, and nothing else", async (kind, wanted, seen) => {
    const { customer, subscription } = find((one) => yearly(one) && one.scheduledChange !== null)
    const id = subscription.microsoftId
    const before = await read(customer, id)
    await change({ kind, customer, subscription: id, ...wanted })
    const after = await read(customer, id)
    expect(after).toMatchObject(seen)
    expect(after.attributes.etag).not.toBe(before.attributes.etag)
    const named = new Set([
      ...Object.keys(seen),
      ...["attributes", "renewalTermDuration", "refundableQuantity", "suspensionReasons"],
      ...["billingCycleEndDate", "billingCycleEndDateTime"],
      ...(kind === "offer" ? ["offerId", "links"] : [])
    ])
    const rest = (one: object) =>
      Object.fromEntries(Object.entries(one).filter(([key]) => !named.has(key)))
    expect(rest(after)).toEqual(rest(before))
  })

  it("a scheduled change is set and cleared", async () => {
    const { customer, subscription } = find((one) => yearly(one) && one.scheduledChange === null)
    const target = { customer, subscription: subscription.microsoftId, kind: "scheduledChange" }
    const scheduledChange = { quantity: 9, billingCycle: "annual", term: "P1Y" }
    await change({ ...target, scheduledChange })
    const set = await read(customer, subscription.microsoftId)
    expect(set.scheduledNextTermInstructions).toMatchObject({
      product: { billingCycle: "Annual", termDuration: "P1Y" },
      quantity: 9
    })
    await change({ ...target, scheduledChange: null })
    const cleared = await read(customer, subscription.microsoftId)
    expect(cleared.scheduledNextTermInstructions).toBeUndefined()
  })

  it("with side effects, a suspension drops auto-renew and the scheduled change", async () => {
    const { customer, subscription } = find((one) => yearly(one) && one.scheduledChange !== null)
    const id = subscription.microsoftId
    const status = { kind: "status", status: "suspended", sideEffects: true }
    await change({ customer, subscription: id, ...status })
    const after = await read(customer, id)
    expect(after).toMatchObject({ status: "suspended", autoRenewEnabled: false })
    expect(after.scheduledNextTermInstructions).toBeUndefined()
  })

  it("with side effects, more seats drop the scheduled change and keep auto-renew", async () => {
    const { customer, subscription } = find((one) => yearly(one) && one.scheduledChange !== null)
    const id = subscription.microsoftId
    await change({ customer, subscription: id, kind: "quantity", quantity: 500, sideEffects: true })
    const after = await read(customer, id)
    expect(after.autoRenewEnabled).toBe(true)
    expect(after.scheduledNextTermInstructions).toBeUndefined()
  })

  it("added seats have their own seven days", async () => {
    const { customer, subscription } = find(
      (one) => yearly(one) && one.effectiveStart < "2026-11-01"
    )
    const id = subscription.microsoftId
    const quantity = subscription.quantity + 4
    await change({ customer, subscription: id, kind: "quantity", quantity })
    expect((await read(customer, id)).refundableQuantity).toEqual({
      totalQuantity: 4,
      details: [{ quantity: 4, allowedUntilDateTime: "2026-11-27T12:00:00.0000000Z" }]
    })
    await change({ customer, subscription: id, kind: "quantity", quantity: quantity - 1 })
    expect((await read(customer, id)).refundableQuantity.totalQuantity).toBe(3)
    await bench.do("POST", "/clock", { advanceSeconds: 7 * 86_400 })
    token = await bench.userToken()
    expect((await read(customer, id)).refundableQuantity).toEqual({ totalQuantity: 0, details: [] })
  })

  it("a cached list does not outlive the window of its seats", async () => {
    const { customer, subscription } = find((one) => yearly(one))
    const id = subscription.microsoftId
    const quantity = subscription.quantity + 4
    await change({ customer, subscription: id, kind: "quantity", quantity })
    const total = async () => {
      const { json } = await bench.get(`/v1/customers/${customer}/subscriptions`, token)
      return json.items.find((one: Any) => one.id === id).refundableQuantity.details.length
    }
    const before = await total()
    await bench.do("POST", "/clock", { advanceSeconds: 7 * 86_400 })
    token = await bench.userToken()
    expect(await total()).toBeLessThan(before)
  })

  it("a renewal begins the next term as scheduled", async () => {
    const { customer, subscription } = find((one) => yearly(one) && one.scheduledChange !== null)
    const { after } = await change({
      as: "microsoft",
      customer,
      subscription: subscription.microsoftId,
      kind: "renewal"
    })
    const next = Date.parse(subscription.commitmentEnd) + 1000
    expect(Date.parse(after.effectiveStart)).toBe(next)
    expect(after).toMatchObject({
      quantity: subscription.scheduledChange.quantity,
      scheduledChange: null
    })
    expect(after.commitmentEnd > subscription.commitmentEnd).toBe(true)
  })

  it("something new is bought with the customer's reseller on record, and an order", async () => {
    const { customer } = find(() => true)
    const { after } = await change({
      customer,
      kind: "newSubscription",
      offer: "CFQ7TTC0LFDZ:0001",
      quantity: 2,
      term: "P3Y",
      billingCycle: "annual"
    })
    const { resellerMpnId } = book.find(({ tenantId }) => tenantId === customer)
    expect(after).toMatchObject({ partnerOfRecord: resellerMpnId, term: "P3Y", status: "active" })
    const order = await bench.get(`/v1/customers/${customer}/orders/${after.orderId}`, token)
    expect(order.json.lineItems[0].subscriptionId).toBe(after.microsoftId)
  })

  it("a migration ends the legacy subscription and says where the new one came from", async () => {
    const { customer, subscription } = find((one) => !one.offer.includes(":"))
    const { after } = await change({
      customer,
      subscription: subscription.microsoftId,
      kind: "migration",
      offer: "CFQ7TTC0LF8Q:0001",
      term: "P1Y",
      billingCycle: "monthly"
    })
    const old = await read(customer, subscription.microsoftId)
    expect(old.status).toBe("deleted")
    const fresh = await read(customer, after.microsoftId)
    expect(fresh.migratedFromSubscriptionId.toLowerCase()).toBe(subscription.microsoftId)
  })

  it("a trial becomes its paid offer and keeps its id", async () => {
    const { customer, subscription } = find((one) => one.isTrial)
    const { after } = await change({
      as: "customer",
      customer,
      subscription: subscription.microsoftId,
      kind: "trialConversion"
    })
    expect(after).toMatchObject({ microsoftId: subscription.microsoftId, isTrial: false })
    expect(after.offer).not.toBe(subscription.offer)
  })

  it("the partner of record changes to another reseller or to none", async () => {
    const { customer, subscription } = find(yearly)
    const target = { customer, subscription: subscription.microsoftId, kind: "partnerOfRecord" }
    const { resellers } = await bench.account()
    const other = resellers.find(({ mpnId }) => mpnId !== subscription.partnerOfRecord)!.mpnId
    await change({ ...target, partnerOfRecord: other })
    expect((await read(customer, subscription.microsoftId)).partnerId).toBe(other)
    await change({ ...target, partnerOfRecord: null })
    expect((await read(customer, subscription.microsoftId)).partnerId).toBeUndefined()
    const stranger = { as: "partner", ...target, partnerOfRecord: "1" }
    expect((await bench.control("POST", "/accounts/eu/changes", stranger)).status).toBe(400)
  })

  it("an add-on moves to another base", async () => {
    const { customer, subscription } = find(
      (one, { subscriptions }) =>
        one.parentMicrosoftId !== null && subscriptions.filter(yearly).length > 1
    )
    const owner = book.find(({ tenantId }) => tenantId === customer)
    const base = owner.subscriptions.find(
      (one: Any) => yearly(one) && one.microsoftId !== subscription.parentMicrosoftId
    ).microsoftId
    await change({
      customer,
      subscription: subscription.microsoftId,
      kind: "parent",
      parent: base
    })
    const after = await read(customer, subscription.microsoftId)
    expect(after.parentSubscriptionId).toBe(base)
    expect(after.links.parentSubscription.uri).toContain(base)
  })

  it("a subscription moves to another tenant", async () => {
    const { customer, subscription } = find(yearly)
    const toCustomer = book.at(-1).tenantId
    const id = subscription.microsoftId
    await change({ customer, subscription: id, kind: "moveSubscription", toCustomer })
    expect((await read(customer, id)).code).toBe(20003)
    expect((await read(toCustomer, id)).id).toBe(id)
  })

  it("a customer whose relationship ended is gone from the list and refused with 20002", async () => {
    const customer = book[0].tenantId
    await change({ as: "customer", customer, kind: "deleteCustomerRelationship" })
    const listed = await bench.customers(token)
    expect(listed.map(({ id }) => id)).not.toContain(customer)
    expect((await bench.get(`/v1/customers/${customer}`, token)).json.code).toBe(20002)
  })

  it("what cannot be done is refused and leaves no record", async () => {
    const { customer, subscription } = find(yearly)
    const id = subscription.microsoftId
    const refused = async (body: object) => {
      const target = { as: "partner", customer, subscription: id, ...body }
      const { status, json } = await bench.control("POST", "/accounts/eu/changes", target)
      return [status, json.type.split(":").at(-1)]
    }
    expect(await refused({ kind: "cancel", subscription: "none" })).toEqual([
      404,
      "subscription-not-found"
    ])
    expect(await refused({ kind: "cancel", customer: "none" })).toEqual([404, "customer-not-found"])
    expect(await refused({ kind: "trialConversion" })).toEqual([409, "not-a-trial"])
    expect(await refused({ kind: "offer", offer: "X:Y" })).toEqual([400, "unknown-offer"])
    const migration = { offer: "CFQ7TTC0LF8Q:0001", term: "P1Y", billingCycle: "monthly" }
    expect(await refused({ kind: "migration", ...migration })).toEqual([409, "not-legacy"])
    expect((await bench.get("/v1/auditrecords", token)).json.items).toEqual([])
  })
})

describe("the audit log", () => {
  const quantity = async (as: string) => {
    const { customer, subscription } = find(yearly)
    const target = { as, customer, subscription: subscription.microsoftId }
    const { auditRecordId } = await change({ ...target, kind: "quantity", quantity: 300 })
    const { json } = await bench.get(`/auditactivity/v1/auditrecords/${auditRecordId}`, token)
    return { record: json, customer }
  }

  it("names the actor", async () => {
    const { domain } = await bench.account()
    const partner = await quantity("partner")
    expect(partner.record.userPrincipalName).toBe(`admin@${domain}`)
    const customer = await quantity("customer")
    const owner = book.find(({ tenantId }) => tenantId === customer.customer)
    expect(customer.record.userPrincipalName).toBe(`admin@${owner.domain}`)
    const microsoft = await quantity("microsoft")
    expect(microsoft.record.userPrincipalName).toBeUndefined()
    expect(microsoft.record.applicationId).toBe("FulfillmentService")
  })

  it("carries the new value as a JSON text in PascalCase", async () => {
    const { record } = await quantity("partner")
    expect(record).toMatchObject({
      resourceType: "subscription",
      operationType: "update_subscription",
      operationStatus: "succeeded"
    })
    expect(JSON.parse(record.resourceNewValue)).toMatchObject({ Quantity: 300 })
  })

  it("is read by period, by customer and by pages", async () => {
    for (const as of ["partner", "customer", "microsoft"]) await quantity(as)
    const first = await bench.get("/v1/auditrecords?startDate=2026-11-20&size=2", token)
    expect(first.json.totalCount).toBe(2)
    const { next } = first.json.links
    const [{ key, value }] = next.headers
    const rest = await bench.get(`/v1${next.uri}`, token, { [key]: value })
    expect(rest.json.totalCount).toBe(1)
    const past = await bench.get("/v1/auditrecords?startDate=2026-11-01&endDate=2026-11-19", token)
    expect(past.json.items).toEqual([])
    const filter = (field: string, text: string, operator: string) =>
      encodeURIComponent(JSON.stringify({ Field: field, Value: text, Operator: operator }))
    const by = async (...parameters: [string, string, string]) =>
      (await bench.get(`/v1/auditrecords?filter=${filter(...parameters)}`, token)).json.totalCount
    expect(await by("CustomerId", first.json.items[0].customerId, "equals")).toBe(3)
    expect(await by("CustomerId", book.at(-1).tenantId, "equals")).toBe(0)
    expect(await by("ResourceType", "order", "equals")).toBe(0)
  })

  it("goes back ninety days at most", async () => {
    expect((await bench.get("/v1/auditrecords?startDate=2026-08-22", token)).status).toBe(200)
    expect((await bench.get("/v1/auditrecords?startDate=2026-08-19", token)).status).toBe(400)
    expect((await bench.get("/v1/auditrecords?startDate=soon", token)).status).toBe(400)
  })
})
