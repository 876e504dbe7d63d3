import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { catalogue } from "../src/Catalogue.ts"
import { Bench, epoch } from "./harness.ts"

// biome-ignore lint/suspicious/noExplicitAny: a page of the control API, looked into by the tests
type Any = any
const folder = mkdtempSync(join(tmpdir(), "simulator-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const using = async <A>(bench: Bench, use: (bench: Bench) => Promise<A>): Promise<A> => {
  try {
    return await use(bench)
  } finally {
    await bench.close()
  }
}
const large = (seed: number) => ({
  seed,
  accounts: [
    { name: "eu", cspStatus: "indirect" as const, customers: 2000, limitPerMinute: null },
    { name: "direct", cspStatus: "direct" as const, customers: 500, limitPerMinute: null }
  ]
})

describe("a generated world", () => {
  it("is the same for the same seed and another for another", async () => {
    const world = async (seed: number) =>
      using(await Bench.start({ initial: large(seed) }), async (bench) =>
        JSON.stringify([await bench.book(), (await bench.account()).clientSecret])
      )
    const first = await world(1)
    expect(await world(1)).toBe(first)
    expect(await world(2)).not.toBe(first)
  })

  it("agrees with what the API shows", async () => {
    await using(await Bench.start(), async (bench) => {
      const seen = await bench.observe(await bench.appToken())
      const book = (await bench.book()).flatMap((customer: Any) =>
        customer.subscriptions.map((one: Any) => [`${customer.tenantId}/${one.microsoftId}`, one])
      )
      expect(seen.size).toBe(book.length)
      for (const [key, truth] of book) expect(truth).toMatchObject(seen.get(key) ?? { key })
    })
  })

  it("holds nothing odd, and enough of everything", async () => {
    await using(await Bench.start({ initial: large(1) }), async (bench) => {
      const counts = { addons: 0, trials: 0, legacy: 0, azure: 0, scheduled: 0, monthly: 0, all: 0 }
      for (const name of ["eu", "direct"])
        for (const { resellerMpnId, subscriptions } of await bench.book(name)) {
          const single = subscriptions
            .filter((one: Any) => catalogue.find(({ offer }) => offer === one.offer)?.singleActive)
            .map((one: Any) => one.offer)
          expect(new Set(single).size).toBe(single.length)
          for (const one of subscriptions) {
            expect(one.status).toBe("active")
            expect(one.partnerOfRecord).toBe(resellerMpnId)
            if (one.term !== "P1M") expect(one.autoRenew).toBe(true)
            if (one.commitmentEnd !== null) expect(one.commitmentEnd > epoch).toBe(true)
            expect(one.orderedAt < epoch).toBe(true)
            if (one.scheduledChange !== null) expect(one.autoRenew).toBe(true)
            if (one.isTrial) expect(one.scheduledChange).not.toBeNull()
            counts.all++
            if (one.parentMicrosoftId !== null) counts.addons++
            if (one.isTrial) counts.trials++
            if (!one.offer.includes(":")) counts.legacy++
            if (one.billingCycle === "one_time") counts.azure++
            if (one.scheduledChange !== null && !one.isTrial) counts.scheduled++
            if (one.term === "P1M") counts.monthly++
          }
        }
      expect(counts.all).toBeGreaterThan(11_000)
      expect(counts.all).toBeLessThan(14_000)
      for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(200)
    })
  })

  it("gives direct partners no resellers and no partner of record", async () => {
    await using(await Bench.start(), async (bench) => {
      expect((await bench.account("direct")).resellers).toEqual([])
      for (const { subscriptions } of await bench.book("direct"))
        for (const { partnerOfRecord } of subscriptions) expect(partnerOfRecord).toBeNull()
    })
  })

  it("with 20,000 customers and 100,000 subscriptions is made in seconds and stays far below 1 GB", async () => {
    await using(await Bench.start(), async (bench) => {
      const collect = globalThis.gc
      collect?.()
      const before = process.memoryUsage.rss()
      const started = performance.now()
      await bench.do("POST", "/reset", {
        seed: 1,
        accounts: [{ name: "eu", cspStatus: "indirect", customers: 20_000 }]
      })
      const seconds = (performance.now() - started) / 1000
      const megabytes = (process.memoryUsage.rss() - before) / 1024 / 1024
      console.log(
        `20,000 customers: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB more, ${(process.memoryUsage.rss() / 1024 / 1024).toFixed(0)} MB in all`
      )
      expect(megabytes).toBeLessThan(500)
    })
  })
})

describe("a world with a state file", () => {
  const fresh = (name: string) => join(folder, name)
  const restart = (stateFile: string) => Bench.start({ stateFile })

  it("is found again after a restart, with everything that was done to it", async () => {
    const stateFile = fresh("world.jsonl")
    const before = await using(await restart(stateFile), async (bench) => {
      const [customer] = await bench.book()
      await bench.do("POST", "/accounts/eu/drifts", { count: 10, seed: 1 })
      expect(
        (await bench.control("POST", "/accounts/eu/drifts", { count: 9000, seed: 1 })).status
      ).toBe(409)
      await bench.do("POST", "/accounts/eu/changes", {
        as: "partner",
        customer: customer.tenantId,
        kind: "newSubscription",
        offer: "CFQ7TTC0LH0N:0001",
        quantity: 2
      })
      await bench.do("PATCH", "/accounts/eu", { pageSize: 9 })
      await bench.do("POST", "/accounts/eu/credentials", { action: "rotate-secret" })
      await bench.do("POST", "/clock", { advanceSeconds: 86_400 })
      await bench.do("POST", "/accounts/eu/drifts", { count: 5, seed: 2 })
      return snapshot(bench)
    })
    const after = await using(await restart(stateFile), snapshot)
    expect(after).toEqual(before)
  })

  it("forgets the old world at a reset", async () => {
    const stateFile = fresh("reset.jsonl")
    const before = await using(await restart(stateFile), async (bench) => {
      await bench.do("POST", "/accounts/eu/drifts", { count: 10, seed: 1 })
      await bench.do("POST", "/reset", {
        seed: 9,
        accounts: [{ name: "eu", cspStatus: "direct", customers: 4 }]
      })
      return snapshot(bench)
    })
    expect(readFileSync(stateFile, "utf8")).not.toContain("drifts")
    expect(await using(await restart(stateFile), snapshot)).toEqual(before)
  })

  it("survives a half-written last line, as if it had not happened", async () => {
    const stateFile = fresh("torn.jsonl")
    const before = await using(await restart(stateFile), snapshot)
    appendFileSync(stateFile, '{"at":1,"operation":{"op":"dri')
    expect(await using(await restart(stateFile), snapshot)).toEqual(before)
    expect(readFileSync(stateFile, "utf8").endsWith("\n")).toBe(true)
  })

  it("refuses a file that is something else, and says what to do", async () => {
    const stateFile = fresh("alien.jsonl")
    appendFileSync(stateFile, '{"hello":1}\n')
    await expect(restart(stateFile)).rejects.toThrow(/line 1: not an operation.*Remove the file/)
  })

  it("keeps tokens valid over a restart", async () => {
    const stateFile = fresh("token.jsonl")
    const token = await using(await restart(stateFile), (bench) => bench.appToken())
    const { status } = await using(await restart(stateFile), (bench) =>
      bench.get("/v1/customers", token)
    )
    expect(status).toBe(200)
  })
})

const snapshot = async (bench: Bench) => {
  const { refreshToken: _, ...account } = await bench.account()
  const { now } = await bench.do("GET", "/clock")
  const { apiUrl: _api, loginUrl: _login, ...rest } = account as Any
  const audit = await bench.get("/v1/auditrecords", await bench.appToken())
  return { account: rest, book: await bench.book(), now, audit: audit.json.items }
}
