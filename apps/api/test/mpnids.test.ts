import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type RunningSimulator, startSimulator } from "../../simulator/src/server.ts"
import { Browser } from "./Browser.ts"
import { type Served, serve } from "./serve.ts"

interface Account {
  readonly tenantId: string
  readonly appId: string
  readonly clientSecret: string
  readonly domain: string
  readonly resellers: ReadonlyArray<{ mpnId: string; name: string; eligible: boolean }>
}

let api: Served
let simulator: RunningSimulator
let account: Account

const control = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${simulator.url}/_simulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}
const asked = async (operation: string): Promise<number> =>
  (await control("GET", `/requests?operation=${operation}`)).requests.length

beforeAll(async () => {
  api = await serve()
  simulator = await startSimulator({
    initial: {
      seed: "mpn ids",
      accounts: [{ name: "mpn", cspStatus: "indirect", customers: 1, resellers: 7 }]
    }
  })
  account = (await control("GET", "/accounts")).accounts[0]
  const made = await api.call("POST", "/v1/instances", {
    body: {
      name: "mpn",
      cloud: "custom",
      endpoints: {
        api: simulator.url,
        login: simulator.url,
        resource: "https://api.partnercenter.microsoft.com"
      },
      tenantId: account.tenantId,
      appId: account.appId,
      secret: account.clientSecret,
      cspStatus: "indirect",
      countries: ["DE"]
    }
  })
  expect(made.status).toBe(201)
})
afterAll(async () => {
  await simulator.close()
  await api.stop()
})
beforeEach(async () => {
  await control("DELETE", "/faults")
  await control("DELETE", "/requests")
})

const get = async (mpnId: string) =>
  (await api.call("GET", `/v1/instances/mpn/mpnids/${mpnId}`)).body
const check = async (mpnId: string) =>
  (await api.call("POST", `/v1/instances/mpn/mpnids/${mpnId}/check`)).body
const reseller = (eligible: boolean) => {
  const found = account.resellers.find((one) => one.eligible === eligible)
  if (found === undefined) throw new Error("there are both kinds")
  return found
}

describe("an MPN id", () => {
  it("is unknown, and says what to do, until somebody has consented", async () => {
    const { mpnId } = reseller(true)
    expect(await get(mpnId)).toMatchObject({
      instance: "mpn",
      mpnId,
      verdict: "unknown",
      checkedAt: null,
      ageSeconds: null,
      failure: { text: expect.stringMatching(/authenticate/iu) }
    })
    const { body } = await api.call("POST", "/v1/instances/mpn/consent")
    await new Browser().signIn(body.url, `admin@${account.domain}`)
    expect(await check(mpnId)).toMatchObject({ verdict: "valid", failure: null })
  })

  it("is valid or not, with the partner's name, the reason and its age", async () => {
    const [good, bad] = [reseller(true), reseller(false)]
    expect(await get(good.mpnId)).toMatchObject({
      verdict: "valid",
      partnerName: good.name,
      reason: null
    })
    const invalid = await get(bad.mpnId)
    expect(invalid).toMatchObject({
      verdict: "invalid",
      partnerName: bad.name,
      reason: expect.stringContaining("not linked")
    })
    expect(invalid.ageSeconds).toBeLessThan(60)
    expect(await get("9999999")).toMatchObject({ verdict: "invalid", partnerName: null })
  })

  it("is asked about once a day, and whenever somebody wants it checked", async () => {
    const { mpnId } = reseller(true)
    await check(mpnId)
    expect(await asked("getMpnProfile")).toBe(1)
    await get(mpnId)
    await get(mpnId)
    expect(await asked("getMpnProfile")).toBe(1)
    await check(mpnId)
    expect([await asked("getMpnProfile"), await asked("validateResellers")]).toEqual([2, 2])
  })

  it("keeps its verdict when Partner Center refuses to say", async () => {
    const { mpnId } = reseller(true)
    const before = await check(mpnId)
    const fault = { kind: "status", status: 403, code: 900150 }
    await control("POST", "/faults", { operation: "getMpnProfile", fault, count: 1 })
    const after = await check(mpnId)
    expect(after).toMatchObject({ verdict: "valid", checkedAt: before.checkedAt })
    expect(after.failure.text).toContain("900150")
  })

  it("is a number, of an instance that is there", async () => {
    const wrong = await api.call("GET", "/v1/instances/mpn/mpnids/4711-x")
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, ["params", "mpnId"]])
    const nowhere = await api.call("POST", "/v1/instances/nowhere/mpnids/4711/check")
    expect([nowhere.status, nowhere.body.name]).toEqual([404, "nowhere"])
  })
})
