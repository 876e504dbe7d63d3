import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { Effect, Exit, Schedule, Schema, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import { concordat } from "../../cli/test/cli.ts"
import { productsOf } from "../src/demo/bookOf.ts"
import type { SimulatedCustomer } from "../src/demo/SimulatorControl.ts"
import { demoWorld, registered, spareAccount } from "../src/demo/seedDemo.ts"
import { ask, type System, system } from "./system.ts"

const Import = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  progress: Schema.Record(Schema.String, Schema.Int),
  resellers: Schema.Int,
  subscriptions: Schema.Int,
  subscriptionsImported: Schema.Int,
  requests: Schema.Int,
  problem: Schema.NullOr(Schema.String)
})
type Import = typeof Import.Type
const decodeImport = Schema.decodeUnknownSync(Import)
const Imports = Schema.decodeUnknownSync(Schema.Struct({ items: Schema.Array(Import) }))
const Customers = Schema.decodeUnknownSync(
  Schema.Struct({
    items: Schema.Array(
      Schema.Struct({
        tenantId: Schema.String,
        name: Schema.String,
        status: Schema.String,
        resellerMpnId: Schema.NullOr(Schema.String),
        notImported: Schema.Array(Schema.Struct({ message: Schema.String }))
      })
    ),
    next: Schema.NullOr(Schema.String)
  })
)

describe("the demo's third partner, with 200 customers under 12 resellers", {
  timeout: 60_000
}, () => {
  const scope = Scope.makeUnsafe()
  let running: System
  let truth: ReadonlyArray<SimulatedCustomer>
  let read: Import

  const cli = (...args: ReadonlyArray<string>) =>
    concordat(args, { url: running.api, key: running.key })
  const control = <A, E>(act: (control: System["control"]) => Effect.Effect<A, E>) =>
    Effect.runPromise(act(running.control))
  const look = async (id: string) =>
    decodeImport((await ask(running, "GET", `/v1/imports/${id}`)).body)
  const ready = (
    id: string,
    until: (seen: Import) => boolean = ({ status }) => status === "ready"
  ) =>
    Effect.runPromise(
      Effect.promise(() => look(id)).pipe(
        Effect.repeat({ schedule: Schedule.spaced("50 millis"), until }),
        Effect.timeout("40 seconds")
      )
    )
  const customers = async (query = "") => {
    const { body } = await ask(running, "GET", `/v1/imports/${read.id}/customers?limit=500${query}`)
    return Customers(body).items
  }

  beforeAll(async () => {
    running = await Effect.runPromise(system.pipe(Scope.provide(scope)))
    const account = await Effect.runPromise(
      Effect.gen(function* () {
        const made = yield* running.control.reset(demoWorld)
        const account = made.find(({ name }) => name === spareAccount)
        if (account === undefined) throw new Error("the simulator made no such account")
        const instance = yield* registered(account, 1_000_000)
        const items = yield* running.control.catalogue
        const products = productsOf(account, items)
        yield* Effect.flatMap(Catalogue, (catalogue) => catalogue.put(instance.id, products))
        truth = yield* running.control.book(spareAccount)
        return account
      }).pipe(Effect.provide([running.ports, FetchHttpClient.layer]))
    )
    const { body } = await ask(running, "POST", `/v1/instances/${spareAccount}/consent`)
    const page = await new Browser().signIn(String(body["url"]), `admin@${account.domain}`)
    expect(page.status).toBe(200)
  }, 60_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), 30_000)

  it("has a hierarchy, for the fewest requests that show it", async () => {
    const { code, stderr, stdout } = await cli("import", "start", "--instance", spareAccount)
    expect([stderr, code]).toEqual(["", 0])
    expect(stdout).toMatch(/200 {2}customers\n {6}12 {2}resellers\n/u)
    const [found] = Imports((await ask(running, "GET", "/v1/imports")).body).items
    if (found === undefined) throw new Error("there is no import")
    read = found
    const subscriptions = truth.flatMap((customer) => customer.subscriptions)
    expect(read).toMatchObject({
      status: "ready",
      problem: null,
      subscriptions: subscriptions.length,
      // A page of customers for each 500, the resellers, and each customer's subscriptions.
      requests: 1 + 1 + 200
    })
    const byTenant = new Map((await customers()).map((one) => [one.tenantId, one]))
    for (const { resellerMpnId, subscriptions, tenantId } of truth)
      expect(byTenant.get(tenantId)?.resellerMpnId).toBe(
        subscriptions.length === 0 ? null : resellerMpnId
      )
    expect(truth.filter(({ subscriptions }) => subscriptions.length === 0)).toHaveLength(10)
    expect(truth.filter(({ resellerMpnId }) => resellerMpnId === null)).toHaveLength(20)
  })

  it("is imported in full, although a reconciler is killed meanwhile, and a reconciliation finds nothing", async () => {
    const { body, status } = await ask(running, "POST", `/v1/imports/${read.id}/execution`, {
      customers: "all",
      orderingEnabled: true
    })
    expect(status).toBe(202)
    await ready(String(body["id"]), ({ progress }) => (progress["imported"] ?? 0) > 0)
    await Effect.runPromise(running.killReconciler)
    await Effect.runPromise(Scope.provide(running.startAnother, scope))
    const after = await ready(read.id)
    expect(after.progress).toMatchObject({ imported: 200, incomplete: 0, failed: 0, waiting: 0 })
    expect(after.subscriptionsImported).toBe(after.subscriptions)

    const reconciled = await cli("reconcile", "--instance", spareAccount, "--scope", "organisation")
    expect(reconciled.code).toBe(0)
    expect(reconciled.stdout).toContain(`${after.subscriptions} `)
  })

  it("is not changed by a second import", async () => {
    const before = await ask(running, "GET", "/v1/accounts?limit=500")
    const { code, stdout } = await cli("import", "run", read.id, "--all")
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n +200 {2}are imported\n/u)
    expect((await look(read.id)).subscriptionsImported).toBe(read.subscriptions)
    expect((await ask(running, "GET", "/v1/accounts?limit=500")).body).toEqual(before.body)
  })

  it("comes as a report", async () => {
    const { code, stdout } = await cli("import", "report", read.id, "--format", "csv")
    expect(code).toBe(0)
    const lines = stdout.trim().split("\r\n")
    expect(lines).toHaveLength(201)
    expect(lines[0]).toContain("Customer,Domain,Tenant ID,Status,Reseller (MPN ID)")
    const xlsx = await cli("import", "report", read.id, "--format", "xlsx")
    expect(xlsx.bytes.subarray(0, 2).toString()).toBe("PK")
  })

  it("shows new subscriptions and new customers of Partner Center, and imports these only", async () => {
    const [customer] = truth.filter(({ subscriptions }) => subscriptions.length === 0)
    if (customer === undefined) throw new Error("there is no such customer")
    await control((simulator) =>
      simulator.change(spareAccount, {
        as: "partner",
        kind: "newSubscription",
        customer: customer.tenantId,
        offer: "CFQ7TTC0LH18:0001",
        quantity: 3,
        billingCycle: "monthly",
        term: "P1Y"
      })
    )
    const { code } = await cli("import", "start", "--instance", spareAccount)
    expect(code).toBe(0)
    const [found] = Imports((await ask(running, "GET", "/v1/imports")).body).items
    if (found === undefined) throw new Error("there is no import")
    read = found
    expect(new Set((await customers()).map(({ status }) => status))).toEqual(new Set(["linked"]))
    const ran = await cli("import", "run", read.id, "--customer", customer.tenantId)
    expect([ran.stderr, ran.code]).toEqual(["", 0])
    expect((await look(read.id)).subscriptionsImported).toBe(1)
    const reconciled = await cli("reconcile", "--instance", spareAccount, "--scope", "organisation")
    expect(reconciled.code).toBe(0)
  })
})
