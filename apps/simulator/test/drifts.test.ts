import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { driftKinds } from "../src/world/Drift.ts"
import { Bench, type Seen } from "./harness.ts"

interface Answer {
  readonly kind: string
  readonly customerTenantId: string
  readonly microsoftId: string
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}
interface Difference {
  readonly key: string
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

/** All that differs between two observations, found without looking at any answer key. */
const difference = (
  before: ReadonlyMap<string, Seen>,
  after: ReadonlyMap<string, Seen>
): ReadonlyArray<Difference> => {
  const found: Array<Difference> = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)]
    if (old === undefined || now === undefined) {
      const id = key.split("/")[1]
      const present = (seen: Seen | undefined) => (seen === undefined ? null : id)
      found.push({ key, field: "microsoftId", before: present(old), after: present(now) })
      continue
    }
    for (const field of Object.keys(old))
      if (JSON.stringify(old[field]) !== JSON.stringify(now[field]))
        found.push({ key, field, before: old[field], after: now[field] })
  }
  return found
}

/** What the answer key says must be seen, in the same words. */
const expected = (answers: ReadonlyArray<Answer>): ReadonlyArray<Difference> =>
  answers.flatMap(({ kind, customerTenantId, microsoftId, field, before, after }) => {
    if (kind !== "wrong-tenant")
      return [{ key: `${customerTenantId}/${microsoftId}`, field, before, after }]
    // A move is seen as one gone here and one come there.
    const here = { key: `${before}/${microsoftId}`, before: microsoftId, after: null }
    const there = { key: `${after}/${microsoftId}`, before: null, after: microsoftId }
    return [here, there].map((one) => ({ ...one, field: "microsoftId" }))
  })

/** Fields that follow from the offer by themselves. */
const follows: ReadonlySet<string> = new Set(["name"])
const sorted = (all: ReadonlyArray<Difference>) =>
  all.map(({ key, field, before, after }) => JSON.stringify([key, field, before, after])).toSorted()

describe("drifts", () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await Bench.start()
  })
  afterAll(() => bench.close())

  const reset = (cspStatus: string, customers: number) =>
    bench.do("POST", "/reset", {
      seed: 7,
      accounts: [{ name: "eu", cspStatus, customers, limitPerMinute: null }]
    })
  const inject = (body: object) => bench.control("POST", "/accounts/eu/drifts", body)

  it.each([
    ["indirect", 500, 2000],
    ["direct", 500, 2000],
    ["indirect", 60, 300],
    ["indirect", 300, 250]
  ])(
    "of an %s partner, %i in %i customers: the answer key is exactly what is seen",
    async (cspStatus, count, customers) => {
      await reset(cspStatus, customers)
      const token = await bench.appToken()
      const before = await bench.observe(token)
      const { drifts } = (await inject({ count, seed: 42 })).json as { drifts: Array<Answer> }
      expect(drifts).toHaveLength(count)
      const after = await bench.observe(token)

      const paid = new Set(
        drifts.filter(({ kind }) => kind === "trial-became-paid").map((one) => one.microsoftId)
      )
      const seen = difference(before, after).filter(
        // The trial's offer becomes the paid one: the same fact as isTrial.
        ({ key, field }) =>
          !follows.has(field) && !(field === "offer" && paid.has(key.split("/")[1] ?? ""))
      )
      expect(sorted(seen)).toEqual(sorted(expected(drifts)))
      const touched = drifts.map(({ microsoftId }) => microsoftId)
      expect(new Set(touched).size).toBe(count)
    }
  )

  it("come in equal shares of every kind that the partner can have", async () => {
    await reset("indirect", 2000)
    const { drifts } = (await inject({ count: 500, seed: 1 })).json
    const shares = new Map<string, number>()
    for (const { kind } of drifts) shares.set(kind, (shares.get(kind) ?? 0) + 1)
    const kinds = driftKinds.filter(
      (kind) => kind !== "friendly-name" && kind !== "partner-of-record-not-allowed"
    )
    expect([...shares.keys()].toSorted()).toEqual([...kinds].toSorted())
    expect(Math.max(...shares.values()) - Math.min(...shares.values())).toBeLessThanOrEqual(1)
  })

  it("all kinds fit into the demo's 300 customers", async () => {
    await reset("indirect", 300)
    const { drifts } = (await inject({ count: 60, seed: 1 })).json
    expect(new Set(drifts.map(({ kind }: Answer) => kind)).size).toBe(20)
  })

  it("are the same for the same seed, and others for another", async () => {
    const run = async (seed: number) => {
      await reset("indirect", 100)
      return (await inject({ count: 30, seed })).bytes.toString()
    }
    const first = await run(5)
    expect(await run(5)).toBe(first)
    expect(await run(6)).not.toBe(first)
  })

  it("of later calls stay away from those of earlier ones", async () => {
    // One subscription each, so that the same seed would make the same new ids again.
    const account = { name: "eu", cspStatus: "indirect", customers: 200 }
    await bench.do("POST", "/reset", {
      seed: 7,
      accounts: [{ ...account, subscriptionsPerCustomer: 1 }]
    })
    const kinds = ["only-in-partner-center", "quantity"]
    const first = (await inject({ count: 40, seed: 1, kinds })).json.drifts
    const second = (await inject({ count: 40, seed: 1, kinds })).json.drifts
    const all = [...first, ...second].map(({ microsoftId }: Answer) => microsoftId)
    expect(new Set(all).size).toBe(80)
  })

  it("never stand beside a drift that changed which subscriptions the customer has", async () => {
    await reset("indirect", 60)
    const { drifts } = (await inject({ count: 90, seed: 2 })).json as { drifts: Array<Answer> }
    const reshaping = new Set([
      ...["not-found", "only-in-partner-center", "duplicate-subscription", "wrong-tenant"],
      ...["offer", "parent", "trial-became-paid"]
    ])
    for (const one of drifts.filter(({ kind }) => reshaping.has(kind)))
      expect(
        drifts.filter(({ customerTenantId }) => customerTenantId === one.customerTenantId)
      ).toEqual([one])
  })

  it("a duplicate repeats an offer of which the customer has one, what is only there is new", async () => {
    await reset("indirect", 100)
    const before = await bench.book()
    const kinds = ["duplicate-subscription", "only-in-partner-center"]
    const { drifts } = (await inject({ count: 20, seed: 3, kinds })).json as {
      drifts: Array<Answer>
    }
    const after = await bench.book()
    for (const { kind, customerTenantId, microsoftId } of drifts) {
      const of = (book: Array<{ tenantId: string }>) =>
        // biome-ignore lint/suspicious/noExplicitAny: a page of the control API
        (book.find(({ tenantId }) => tenantId === customerTenantId) as any).subscriptions
      const added = of(after).find(
        (one: { microsoftId: string }) => one.microsoftId === microsoftId
      )
      const same = of(before).filter(
        (one: { offer: string; status: string }) =>
          one.offer === added.offer && one.status === "active"
      )
      expect(same).toHaveLength(kind === "duplicate-subscription" ? 1 : 0)
      if (kind === "duplicate-subscription")
        expect(added).toMatchObject({ term: same[0].term, billingCycle: same[0].billingCycle })
    }
  })

  it("a subscription goes to a tenant of the same reseller that lacks its offer", async () => {
    await reset("indirect", 100)
    const before = await bench.book()
    const { drifts } = (await inject({ count: 20, seed: 3, kinds: ["wrong-tenant"] })).json as {
      drifts: Array<Answer>
    }
    const of = (tenant: unknown) => before.find(({ tenantId }) => tenantId === tenant)
    for (const { before: from, after: to, microsoftId } of drifts) {
      expect(of(to).resellerMpnId).toBe(of(from).resellerMpnId)
      const moved = of(from).subscriptions.find(
        (one: { microsoftId: string }) => one.microsoftId === microsoftId
      )
      const offers = of(to).subscriptions.map((one: { offer: string }) => one.offer)
      expect(offers).not.toContain(moved.offer)
    }
  })

  it("friendly names drift only when asked for", async () => {
    await reset("indirect", 30)
    const { drifts } = (await inject({ count: 10, seed: 1, kinds: ["friendly-name"] })).json
    expect(new Set(drifts.map(({ field }: Answer) => field))).toEqual(new Set(["friendlyName"]))
  })

  it("that do not fit leave the book as it is", async () => {
    await reset("indirect", 5)
    const before = await bench.book()
    const reply = await inject({ count: 500, seed: 1 })
    expect([reply.status, reply.json.errors[0].field]).toEqual([409, "count"])
    expect(await bench.book()).toEqual(before)
    await reset("direct", 20)
    const kinds = ["partner-of-record-empty"]
    expect((await inject({ count: 1, seed: 1, kinds })).status).toBe(409)
  })
})
