import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Database } from "@concordat/adapter-postgres/Database"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { Effect, Exit, ManagedRuntime, Redacted, Schedule, Schema, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bookOf, productsOf } from "../src/demo/bookOf.ts"
import type { SimulatedAccount } from "../src/demo/SimulatorControl.ts"
import { registered } from "../src/demo/seedDemo.ts"
import { type Cable, openCable } from "./Cable.ts"
import { ask, type System, system } from "./system.ts"

const customers = 150
const driftCount = 40

const Run = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  correlationId: Schema.String,
  progress: Schema.Struct({ customers: Schema.Int, observed: Schema.Int, failed: Schema.Int }),
  requests: Schema.Int,
  rows: Schema.Int,
  findings: Schema.Int,
  problem: Schema.NullOr(Schema.String)
})
type Run = typeof Run.Type
const decodeRun = Schema.decodeUnknownSync(Run)
const Row = Schema.StructWithRest(
  Schema.Struct({
    tenantId: Schema.String,
    microsoftId: Schema.NullOr(Schema.String),
    findings: Schema.Array(
      Schema.StructWithRest(Schema.Struct({ kind: Schema.String }), [
        Schema.Record(Schema.String, Schema.Unknown)
      ])
    )
  }),
  [Schema.Record(Schema.String, Schema.Unknown)]
)
const decodeReport = Schema.decodeUnknownSync(Schema.Struct({ rows: Schema.Array(Row) }))
type Report = ReadonlyArray<typeof Row.Type>

const finished = ({ status }: Run): boolean =>
  ["completed", "incomplete", "failed", "cancelled"].includes(status)

describe("A reconciliation of 150 customers", () => {
  const scope = Scope.makeUnsafe()
  let running: System
  /** The way to Partner Center of the instance that will find it down. */
  let cableOfDown: Cable
  let here: ManagedRuntime.ManagedRuntime<Database, unknown>
  let undisturbed: Report
  let tenants: ReadonlyArray<string>

  /** What the control API of the simulator does. */
  const control = <A, E>(
    act: (control: System["control"]) => Effect.Effect<A, E, never>
  ): Promise<A> => Effect.runPromise(act(running.control))
  const fault = (rule: object) => control(({ fault }) => fault(rule))
  const query = <R>(text: string): Promise<ReadonlyArray<R>> =>
    here.runPromise(
      Database.use(({ run }) =>
        run("test", async (db) => (await sql.raw<R>(text).execute(db)).rows)
      )
    )
  /** Asks again until the answer is right; the time limit is the test's. */
  const eventually = <A>(look: () => Promise<A>, right: (answer: A) => boolean): Promise<A> =>
    Effect.runPromise(
      Effect.promise(look).pipe(
        Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: right })
      )
    )

  const request = async (instance = "contoso-eu", wanted: object = { kind: "organisation" }) => {
    const { status, body } = await ask(running, "POST", "/v1/reconciliations", {
      instance,
      scope: wanted
    })
    expect(status).toBe(202)
    return decodeRun(body).id
  }
  const look = async (id: string): Promise<Run> =>
    decodeRun((await ask(running, "GET", `/v1/reconciliations/${id}`)).body)
  const end = (id: string) => eventually(() => look(id), finished)
  const report = async (id: string): Promise<Report> =>
    decodeReport((await ask(running, "GET", `/v1/reconciliations/${id}/export?format=json`)).body)
      .rows
  const received = (operation: string, account = "contoso-eu") =>
    control(({ requests }) => requests(account, operation))
  /** Everything that was known of Partner Center, so that the run has to write it all again. */
  const forget = () =>
    query(
      "with gone as (delete from observed_subscription) update observed_customer set digest = null, state = 'seen'"
    )
  const expectUndisturbed = async (run: Run) => {
    expect(run).toMatchObject({ status: "completed", problem: null, findings: driftCount })
    expect(run.progress).toEqual({ customers, observed: customers, failed: 0 })
    expect(await report(run.id)).toEqual(undisturbed)
  }

  /** The instance of a simulated partner, with a book that agrees. */
  const keep = Effect.fnUntraced(function* (account: SimulatedAccount) {
    const instance = yield* registered(account, 1_000_000)
    const items = yield* running.control.catalogue
    yield* Effect.flatMap(Catalogue, (port) => port.put(instance.id, productsOf(account, items)))
    const lines = bookOf(account, yield* running.control.book(account.name))
    yield* Effect.flatMap(Book, (port) =>
      port.apply(instance.id, lines, { dryRun: false, actor: "test", correlationId: "" })
    )
  })

  beforeAll(async () => {
    running = await Effect.runPromise(system.pipe(Scope.provide(scope)))
    const cable = await Effect.runPromise(openCable(running.simulator).pipe(Scope.provide(scope)))
    cableOfDown = cable
    const runtime = ManagedRuntime.make(running.ports)
    here = runtime
    await runtime.runPromise(
      Effect.gen(function* () {
        const accounts = yield* running.control.reset({
          seed: "faults",
          accounts: [
            { name: "contoso-eu", cspStatus: "indirect", customers, limitPerMinute: 0 },
            { name: "wrong-secret", cspStatus: "direct", customers: 3 },
            { name: "expired-secret", cspStatus: "direct", customers: 3 },
            { name: "second-factor", cspStatus: "direct", customers: 3 },
            { name: "leaving", cspStatus: "direct", customers: 5 },
            { name: "lying", cspStatus: "direct", customers: 30 },
            { name: "flaky", cspStatus: "direct", customers: 30 },
            { name: "down", cspStatus: "direct", customers: 5 }
          ]
        })
        const known: Readonly<Record<string, Partial<SimulatedAccount>>> = {
          "wrong-secret": { clientSecret: Redacted.make("not the secret") },
          down: { apiUrl: cable.url, loginUrl: cable.url }
        }
        for (const account of accounts) yield* keep({ ...account, ...known[account.name] })
        yield* running.control.credentials("expired-secret", "expire-secret")
      }).pipe(Effect.provide(FetchHttpClient.layer))
    )
    expect(await end(await request())).toMatchObject({ status: "completed", findings: 0 })
    await control(({ drifts }) => drifts("contoso-eu", { count: driftCount, seed: 7 }))
    const run = await end(await request())
    undisturbed = await report(run.id)
    tenants = [...new Set(undisturbed.map(({ tenantId }) => tenantId))]
    await expectUndisturbed(run)
  }, 120_000)
  /** For tests that run alone. */
  const clear = () =>
    control(({ clearFaults, clearRequests }) => Effect.andThen(clearFaults, clearRequests))
  afterAll(async () => {
    await here.dispose()
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }, 30_000)

  it("tells Partner Center its correlation id with every request", async () => {
    await clear()
    const { correlationId, requests } = await end(await request())
    const seen = [...(await received("listCustomers")), ...(await received("listSubscriptions"))]
    expect(seen.length).toBe(requests)
    expect(new Set(seen.map((one) => one.correlationId))).toEqual(new Set([correlationId]))
  })

  const strikes = (
    count: number,
    ...faults: ReadonlyArray<{ readonly kind: string; readonly [more: string]: unknown }>
  ) => faults.map((fault) => ({ fault, count }))
  it.each([
    [
      "connections that break and answers that come late",
      [
        ...strikes(15, { kind: "reset-before" }, { kind: "reset-after" }, { kind: "truncate" }),
        ...strikes(40, { kind: "delay", ms: 300 })
      ]
    ],
    [
      "a server that fails, with and without a word",
      strikes(20, { kind: "status", status: 500 }, { kind: "status", status: 503, body: "" })
    ],
    ["a storm of 429", strikes(30, { kind: "throttle", retryAfterSeconds: 1 })]
  ])("survives %s, and finds nothing that is not there", async (_, faults) => {
    await clear()
    await forget()
    await fault({ ...faults[0], operation: "listCustomers", count: 1 })
    for (const one of faults) await fault({ ...one, operation: "listSubscriptions" })
    await expectUndisturbed(await end(await request()))
    const struck = (await received("listSubscriptions")).filter((one) => one.fault !== null)
    expect(new Set(struck.map((one) => one.fault))).toEqual(
      new Set(faults.map((one) => one.fault.kind))
    )
  })

  // Each waits most of its time: on an instance of its own, and only for its own faults, they wait together.
  describe.concurrent("and at the same time", () => {
    let killed: () => void
    const afterKill = new Promise<void>((resolve) => {
      killed = resolve
    })

    it("is done once although its reconciler is killed in the middle", async () => {
      await forget()
      const slow = { kind: "delay", ms: 400 }
      await fault({
        operation: "listSubscriptions",
        account: "contoso-eu",
        fault: slow,
        count: customers
      })
      const id = await request()
      await eventually(
        () => look(id),
        ({ progress }) => progress.observed > 0
      )
      await Effect.runPromise(running.killReconciler)
      expect(await look(id)).toMatchObject({ status: "observing" })
      await Effect.runPromise(running.startAnother.pipe(Scope.provide(scope)))
      killed()
      const run = await end(id)
      await expectUndisturbed(run)
      expect(
        await query(
          `select microsoft_id, field from history where correlation_id = '${run.correlationId}'
           group by microsoft_id, field, side having count(*) > 1`
        )
      ).toEqual([])
    })

    it("says nothing about customers whose answers stay broken, names the field, and compares all others", async () => {
      const all = await control(({ book }) => book("lying"))
      const [cut = "", lying = "", ...others] = all.map(({ tenantId }) => tenantId.toLowerCase())
      const broken = { operation: "listSubscriptions", account: "lying" }
      await fault({ ...broken, customer: cut, fault: { kind: "malformed-body" } })
      await fault({ ...broken, customer: lying, fault: { kind: "wrong-types" } })
      await afterKill
      const began = performance.now()
      const run = await end(await request("lying"))
      expect(performance.now() - began).toBeLessThan(20_000)
      expect(run).toMatchObject({
        status: "incomplete",
        findings: 0,
        progress: { customers: all.length, observed: others.length, failed: 2 }
      })
      expect(run.problem).toContain(
        "listSubscriptions: Malformed (HTTP 200): the answer is no JSON"
      )
      expect(run.problem).toMatch(/listSubscriptions: Malformed .* at \["items"\]\[0\]\["\w+"\]/su)
      const compared = (await report(run.id)).map(({ tenantId }) => tenantId)
      expect(new Set(compared)).toEqual(new Set(others))
    })

    it("survives answers that never come or are broken now and then, and finds nothing that is not there", async () => {
      for (const operation of ["listCustomers", "listSubscriptions"]) {
        const rule = { operation, account: "flaky", count: operation === "listCustomers" ? 1 : 5 }
        await fault({ ...rule, fault: { kind: "lost-response" } })
        await fault({ ...rule, fault: { kind: "malformed-body" } })
      }
      await afterKill
      expect(await end(await request("flaky"))).toMatchObject({
        status: "completed",
        problem: null,
        findings: 0,
        progress: { customers: 30, observed: 30, failed: 0 }
      })
      const struck = (await received("listSubscriptions", "flaky")).map((one) => one.fault)
      expect(struck.filter((one) => one !== null)).toHaveLength(10)
    })

    it("waits for a Partner Center that is down when it starts", async () => {
      await afterKill
      await Effect.runPromise(cableOfDown.cut)
      const id = await request("down")
      await eventually(
        () =>
          query(
            `select from pgboss.job where name = 'list-customers' and state = 'retry' and singleton_key = '${id}'`
          ),
        (waiting) => waiting.length > 0
      )
      expect(await look(id)).toMatchObject({ status: "listing", problem: null })
      await Effect.runPromise(cableOfDown.mend)
      expect(await end(id)).toMatchObject({ status: "completed", problem: null, findings: 0 })
    })
  })

  it.each([
    ["wrong-secret", "AADSTS7000215", "give the key's value, not its id"],
    ["expired-secret", "AADSTS7000222", "create another one for the application in Microsoft Entra"]
  ])("fails at once with the way out for a %s, after one try", async (instance, code, wayOut) => {
    await clear()
    const began = performance.now()
    const run = await end(await request(instance))
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(run).toMatchObject({ status: "failed", rows: 0 })
    expect(run.problem).toContain(code)
    expect(run.problem).toContain(wayOut)
    expect(run.problem).not.toContain("not the secret")
    expect(await received("signIn.token", instance)).toHaveLength(1)
    expect((await ask(running, "GET", `/v1/reconciliations/${run.id}/rows`)).status).toBe(409)
  })

  it.each(["classic", "code"])(
    "fails at once with the way out when a second factor is missing (%s), after one try",
    async (style) => {
      await clear()
      await fault({
        operation: "listCustomers",
        account: "second-factor",
        fault: { kind: "mfa", style }
      })
      const run = await end(await request("second-factor"))
      expect(run).toMatchObject({ status: "failed", rows: 0 })
      expect(run.problem).toContain("sign in again with a second factor")
      expect(await received("listCustomers", "second-factor")).toHaveLength(1)
    }
  )

  it("finds that nothing is left of a customer who has removed the partner", async () => {
    await clear()
    expect(await end(await request("leaving"))).toMatchObject({ status: "completed", findings: 0 })
    const [customer] = await control(({ book }) => book("leaving"))
    const tenant = customer?.tenantId.toLowerCase() ?? ""
    await control(({ change }) =>
      change("leaving", { as: "customer", kind: "deleteCustomerRelationship", customer: tenant })
    )
    const run = await end(await request("leaving"))
    const kinds = (await report(run.id)).flatMap(({ tenantId, findings }) =>
      findings.map(({ kind }) => `${tenantId} ${kind}`)
    )
    expect(new Set(kinds)).toEqual(new Set([`${tenant} not-found`]))
    expect(kinds).toHaveLength(customer?.subscriptions.length ?? 0)
  })

  it("survives that the database goes away in the middle and comes back", async () => {
    await clear()
    await forget()
    await fault({ operation: "listSubscriptions", fault: { kind: "delay", ms: 300 } })
    const id = await request()
    await eventually(
      () => received("listSubscriptions"),
      ({ length }) => length > 0
    )
    const log = () => readFileSync(join(running.folder, "logs", "reconciler.log"), "utf8")
    const said = log().length
    await Effect.runPromise(running.database.cut)
    await eventually(
      async () => log().slice(said),
      (text) => text.includes("queue waits for the database")
    )
    expect((await ask(running, "GET", `/v1/reconciliations/${id}`)).status).toBe(503)
    await Effect.runPromise(running.database.mend)
    await control(({ clearFaults }) => clearFaults)
    await eventually(
      async () => (await fetch(`${running.api}/readyz`)).status,
      (status) => status === 200
    )
    await expectUndisturbed(await end(id))
  })

  it("stops its requests when it is cancelled", async () => {
    await clear()
    await fault({ operation: "listSubscriptions", fault: { kind: "delay", ms: 1_000 } })
    // So few a second that however slow the machine is, most have not been sent when it is cancelled.
    const [given] = await query<{ rate: number }>(
      "select requests_per_minute as rate from instance where name = 'contoso-eu'"
    )
    const sendAtMost = (rate: number | undefined) =>
      query(`update instance set requests_per_minute = ${rate} where name = 'contoso-eu'`)
    await sendAtMost(300)
    const id = await request()
    await eventually(
      () => received("listSubscriptions"),
      ({ length }) => length > 0
    )
    expect((await ask(running, "DELETE", `/v1/reconciliations/${id}`)).status).toBe(200)
    await eventually(
      () =>
        query(
          "select from pgboss.job where name = 'observe-customer' and state in ('created', 'retry', 'active')"
        ),
      (left) => left.length === 0
    )
    expect((await received("listSubscriptions")).length).toBeLessThan(customers - 40)
    expect(await look(id)).toMatchObject({ status: "cancelled" })
    await sendAtMost(given?.rate)
  })

  it("shares its requests with others of the same instance that wait meanwhile", async () => {
    await clear()
    await fault({ operation: "listSubscriptions", fault: { kind: "delay", ms: 1_000 } })
    const first = await request()
    await eventually(
      () => received("listSubscriptions"),
      ({ length }) => length > 0
    )
    const others = [await request(), await request()]
    for (const id of [first, ...others]) await expectUndisturbed(await end(id))
    // The others share one look at each customer, as long as it waits for its turn.
    const { length } = await received("listSubscriptions")
    expect(length).toBeGreaterThanOrEqual(2 * customers)
    expect(length).toBeLessThan(3 * customers)
  })

  it("ends although its jobs are lost, and names who was given up with a dead letter", async () => {
    await clear()
    await fault({ operation: "listSubscriptions", fault: { kind: "delay", ms: 300 } })
    const first = await request()
    await eventually(
      () => received("listSubscriptions"),
      ({ length }) => length > 0
    )
    const id = await request()
    await eventually(
      () => look(id),
      ({ status }) => status === "observing"
    )
    const [dead = ""] = tenants
    const waiting = "name = 'observe-customer' and state = 'created'"
    await query(
      `update pgboss.job set state = 'failed', completed_on = clock_timestamp(), output = '{"message": "out of memory"}'
       where ${waiting} and singleton_key like '%${dead}'`
    )
    await query(`delete from pgboss.job where ${waiting}`)
    await control(({ clearFaults }) => clearFaults)
    expect(await end(first)).toMatchObject({ status: "completed" })
    const run = await end(id)
    expect(run).toMatchObject({
      status: "incomplete",
      problem: "the look at it was given up: out of memory",
      progress: { customers, observed: customers - 1, failed: 1 }
    })
    expect(await report(id)).toEqual(undisturbed.filter(({ tenantId }) => tenantId !== dead))
  })
})
