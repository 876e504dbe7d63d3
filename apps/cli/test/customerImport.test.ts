import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { concordat as run } from "./cli.ts"
import { type Answer, type Received, type StandIn, standIn } from "./standIn.ts"

const id = "0a1b2c3d-0000-4000-8000-000000000001"
const [first, second] = [
  "0a1b2c3d-0000-4000-8000-00000000000a",
  "0a1b2c3d-0000-4000-8000-00000000000b"
]
const at = "2026-11-20T12:00:00.000Z"

const view = (given: object = {}, progress: object = {}) => ({
  id,
  instance: "contoso-eu",
  environment: "primary",
  status: "ready",
  requestedBy: "key:test",
  executedBy: null,
  correlationId: "",
  progress: {
    customers: 2,
    read: 2,
    waiting: 0,
    imported: 0,
    incomplete: 0,
    failed: 0,
    ...progress
  },
  resellers: 1,
  subscriptions: 5,
  subscriptionsImported: 0,
  requests: 4,
  problem: null,
  createdAt: at,
  startedAt: at,
  finishedAt: at,
  ...given
})
const customer = (tenantId: string, name: string, given: object = {}) => ({
  tenantId,
  name,
  domain: "x.onmicrosoft.com",
  status: "new",
  resellerMpnId: "4711001",
  assigned: false,
  account: null,
  suggestions: [],
  subscriptions: 3,
  subscriptionsKnown: 0,
  notImported: [],
  problem: null,
  notes: [],
  ...given
})

/** An API with one import, which `after` says what becomes of when it is executed. */
let api: StandIn
let after = view()
beforeAll(async () => {
  const answers = (request: Received): Answer | undefined => {
    const at = request.path.replace(`/v1/imports/${id}`, "")
    switch (`${request.method} ${at}`) {
      case "POST /v1/imports":
        return { status: 202, json: view({ status: "queued" }, { customers: 0, read: 0 }) }
      case "GET ":
        return { json: after }
      case "GET /v1/imports":
        return { json: { items: [after], next: null } }
      case "GET /customers":
        return {
          json: {
            items: [
              customer(first, "Northern\u001b[31m Mill", {
                suggestions: [{ accountId: id, name: "Northern Mill", reason: "name" }]
              }),
              customer(second, "Southern Bakery", {
                status: "failed",
                resellerMpnId: null,
                problem: "Nobody knows the reseller."
              })
            ],
            next: null
          }
        }
      case "GET /resellers":
        return {
          json: {
            items: [
              {
                mpnId: "4711001",
                name: null,
                tenantId: null,
                byHand: false,
                account: null,
                customers: 2
              }
            ],
            next: null
          }
        }
      case "POST /execution":
        return { status: 202, json: view({ status: "importing" }, { waiting: 2 }) }
      case "POST /assignments":
        return { json: { changed: 1 } }
      case "PUT /resellers/4711001":
        return {
          json: {
            mpnId: "4711001",
            name: "Northwind",
            tenantId: null,
            byHand: true,
            account: null,
            customers: 2
          }
        }
      case `PUT /customers/${first}/account`:
        return { json: customer(first, "Northern Mill") }
      case "DELETE ":
        return { json: view({ status: "ready" }) }
      default:
        return undefined
    }
  }
  api = await standIn(answers)
})
afterAll(() => api.stop())

const concordat = (...args: ReadonlyArray<string>) => run(["import", ...args], { url: api.url })
const lastBody = (method: string, path: RegExp): unknown => {
  const found = api.received.findLast((one) => one.method === method && path.test(one.path))
  return JSON.parse(found?.body.toString() ?? "null")
}

describe("concordat import", () => {
  it("start follows the reading and says what the hierarchy has, and what to do next", async () => {
    after = view()
    const { code, stdout } = await concordat("start", "--instance", "contoso-eu")
    expect([code, stdout]).toEqual([
      0,
      [
        "The hierarchy of contoso-eu, with 4 requests:",
        "       2  customers",
        "       1  resellers",
        "       5  subscriptions and add-ons",
        `Look at them with "concordat import customers ${id}", then import them with "concordat import run ${id} --all".`,
        ""
      ].join("\n")
    ])
  })

  it("start that came to nothing ends with 1 and the reason", async () => {
    after = view({ status: "failed", problem: "the secret has expired" })
    const { code, stderr } = await concordat("start", "--instance", "contoso-eu")
    expect([code, stderr]).toEqual([
      1,
      "concordat: The hierarchy of contoso-eu was not read: the secret has expired.\n"
    ])
  })

  it("customers shows what to do about each, and no name moves the terminal", async () => {
    const { stdout } = await concordat("customers", id, "--status", "new", "--reseller", "direct")
    expect(stdout).not.toContain("\u001b[31m")
    expect(stdout).toContain('may be "Northern Mill" (same name)')
    expect(stdout).toContain("Nobody knows the reseller.")
    const asked = api.received.findLast(({ path }) => path.endsWith("/customers"))
    expect([asked?.query.get("status"), asked?.query.get("reseller")]).toEqual(["new", "direct"])
    expect((await concordat("resellers", id)).stdout).toContain("nobody knows")
  })

  it.each([
    [{ imported: 2 }, 0],
    [{ imported: 1 }, 0], // the other one waits for a decision
    [{ imported: 1, incomplete: 1 }, 1],
    [{ imported: 1, failed: 1 }, 1]
  ])("run that came to %j ends with %i", async (progress, expected) => {
    after = view({ subscriptionsImported: 5 }, progress)
    const { code, stdout } = await concordat("run", id, "--all", "--as-new")
    expect(code).toBe(expected)
    expect(stdout).toContain("5 subscriptions and add-ons have come into the book.")
    expect(lastBody("POST", /execution$/u)).toEqual({
      customers: "all",
      asNew: true,
      orderingEnabled: false
    })
  })

  it("run takes customers by name, or all of them, and not both", async () => {
    after = view()
    await concordat("run", id, "--customer", first, "--customer", second, "--ordering")
    expect(lastBody("POST", /execution$/u)).toEqual({
      customers: [first, second],
      asNew: false,
      orderingEnabled: true
    })
    const sent = api.received.length
    for (const wrong of [[], ["--all", "--customer", first]])
      expect((await concordat("run", id, ...wrong)).stderr).toBe(
        "concordat: Name customers with --customer TENANT, or take every one with --all.\n"
      )
    expect(api.received).toHaveLength(sent)
  })

  it("assign, reseller and map decide about the hierarchy", async () => {
    const assigned = await concordat("assign", id, "--customer", first, "--reseller", "4711001")
    expect(assigned.stdout).toBe(
      "1 of 1 customers belong to the reseller 4711001 now; the others did before.\n"
    )
    await concordat("assign", id, "--customer", first, "--reseller", "direct")
    expect(lastBody("POST", /assignments$/u)).toEqual({ customers: [first], mpnId: null })
    const added = await concordat("reseller", id, "--mpn-id", "4711001", "--name", "Northwind")
    expect(added.stdout).toBe(
      "Northwind (4711001) is a reseller of the import, with 2 customers.\n"
    )
    const taken = await concordat("map", id, first, "--none")
    expect(taken.stdout).toBe('"Northern Mill" is mapped to no account.\n')
    expect((await concordat("map", id, first)).code).toBe(1)
    expect((await concordat("stop", id)).stdout).toBe(
      `Import ${id} is ready; what was imported stays.\n`
    )
  })
})

describe("of an import that is not there", () => {
  let real: Served
  beforeAll(async () => {
    real = await serve()
  })
  afterAll(() => real.stop())

  it.each([["customers"], ["resellers"], ["report"], ["stop"]])(
    "%s says where to look",
    async (command) => {
      const { code, stderr } = await run(["import", command, id], {
        url: real.url,
        key: real.admin
      })
      expect([code, stderr]).toEqual([
        1,
        `concordat: There is no import ${id}; "concordat import list" names them.\n`
      ])
    }
  )
})
