import { Countries } from "@concordat/core/instance/Country"
import { Instances } from "@concordat/core/instance/Instances"
import { Effect, Exit, Schedule, Schema, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { concordat } from "../../cli/test/cli.ts"
import { registered } from "../src/demo/seedDemo.ts"
import { ask, type System, system } from "./system.ts"

const countries = ["DE"]

const Run = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  progress: Schema.Struct({ parts: Schema.Int, read: Schema.Int, failed: Schema.Int }),
  requests: Schema.Int,
  counts: Schema.Struct({
    new: Schema.Int,
    changed: Schema.Int,
    discontinued: Schema.Int,
    unchanged: Schema.Int
  }),
  problem: Schema.NullOr(Schema.String)
})
type Run = typeof Run.Type
const decodeRun = Schema.decodeUnknownSync(Run)

const Value = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.String)
])
const Field = Schema.Struct({ field: Schema.String, before: Value, after: Value })
const Change = Schema.Struct({
  offer: Schema.String,
  name: Schema.String,
  status: Schema.String,
  fields: Schema.Array(Field)
})
const item = {
  offer: Schema.String,
  isTrial: Schema.Boolean,
  countries: Schema.Array(Schema.String)
}
const AnswerKey = Schema.Struct({
  added: Schema.Array(Schema.Struct(item)),
  changed: Schema.Array(Schema.Struct({ ...item, fields: Schema.Array(Field) })),
  discontinued: Schema.Array(Schema.Struct(item))
})
const Product = Schema.StructWithRest(
  Schema.Struct({ id: Schema.String, instance: Schema.String, offer: Schema.String }),
  [Schema.Record(Schema.String, Schema.Unknown)]
)
type Product = typeof Product.Type
const pageOf = <A, I>(one: Schema.Codec<A, I>) =>
  Schema.decodeUnknownSync(
    Schema.Struct({ items: Schema.Array(one), next: Schema.NullOr(Schema.String) })
  )

/** Of a change, what is told apart in Partner Center's own answers; lists in any order. */
const told = new Set([
  "name",
  "minimumQuantity",
  "maximumQuantity",
  "plans",
  "prerequisites",
  "trialOffer",
  "trialEnabled"
])
const comparable = (fields: ReadonlyArray<typeof Field.Type>) =>
  fields
    .filter(({ field }) => told.has(field))
    .map(({ after, before, field }) => ({ field, before: sorted(before), after: sorted(after) }))
    .sort((a, b) => a.field.localeCompare(b.field))
const sorted = (value: typeof Value.Type) =>
  typeof value === "object" && value !== null ? value.toSorted() : value

describe("the catalogue of a country", { timeout: 120_000 }, () => {
  const scope = Scope.makeUnsafe()
  let running: System
  let undisturbed: ReadonlyArray<object>

  const control = <A, E>(act: (control: System["control"]) => Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(act(running.control))
  const eventually = <A>(look: () => Promise<A>, right: (answer: A) => boolean): Promise<A> =>
    Effect.runPromise(
      Effect.promise(look).pipe(
        Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: right })
      )
    )
  const request = async (instance: string): Promise<Run> => {
    const { body, status } = await ask(running, "POST", "/v1/catalogue/runs", { instance })
    expect(status).toBe(202)
    return decodeRun(body)
  }
  const look = async (id: string): Promise<Run> =>
    decodeRun((await ask(running, "GET", `/v1/catalogue/runs/${id}`)).body)
  const end = (id: string) =>
    eventually(
      () => look(id),
      ({ status }) => status !== "queued" && status !== "running"
    )
  const every = async <A, I>(path: string, one: Schema.Codec<A, I>): Promise<ReadonlyArray<A>> => {
    const all: Array<A> = []
    let cursor = ""
    do {
      const { body } = await ask(running, "GET", `${path}limit=500${cursor}`)
      const page = pageOf(one)(body)
      all.push(...page.items)
      cursor = page.next === null ? "" : `&cursor=${encodeURIComponent(page.next)}`
    } while (cursor !== "")
    return all
  }
  const products = (instance: string): Promise<ReadonlyArray<Product>> =>
    every(`/v1/catalogue/products?instance=${instance}&`, Product)
  /** What instances with the same settings must agree on. */
  const catalogueOf = async (instance: string) =>
    (await products(instance))
      .map((product) => {
        const { id: _, instance: __, ...rest } = product
        return JSON.parse(
          JSON.stringify(rest, (key, value) => (key === "readAt" ? undefined : value))
        )
      })
      .sort((a, b) => a.offer.localeCompare(b.offer))
  const changes = (id: string) => every(`/v1/catalogue/runs/${id}/changes?`, Change)
  const received = async (account: string, operation: string) =>
    (await control(({ requests }) => requests(account, operation))).map(({ fault }) => fault)

  beforeAll(async () => {
    running = await Effect.runPromise(system.pipe(Scope.provide(scope)))
    const names = ["plain", "faulty", "killed"]
    const accounts = await control(({ reset }) =>
      reset({
        seed: "catalogue",
        accounts: names.map((name) => ({
          name,
          cspStatus: "direct",
          customers: 1,
          limitPerMinute: 0
        }))
      })
    )
    await Effect.runPromise(
      Effect.forEach(accounts, (account) =>
        Effect.gen(function* () {
          const instance = yield* registered(account, 1_000_000)
          const { update } = yield* Instances
          yield* update(
            instance.id,
            instance.version,
            { countries: yield* Schema.decodeEffect(Countries)(countries) },
            { actor: "test", correlationId: "" }
          )
        })
      ).pipe(Effect.provide([running.ports, FetchHttpClient.layer]))
    )
    const run = await end((await request("plain")).id)
    expect(run).toMatchObject({ status: "completed", problem: null, counts: { changed: 0 } })
    undisturbed = await catalogueOf("plain")
    expect(undisturbed).toHaveLength(run.counts.new)
    expect(run.counts.new).toBeGreaterThan(600)
  }, 120_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), 30_000)

  it("asked for twice at once are read once, change nothing the second time, and say so", async () => {
    const [first, second] = await Promise.all([request("plain"), request("plain")])
    expect(second.id).toBe(first.id)
    const run = await end(first.id)
    expect(run.counts).toEqual({
      new: 0,
      changed: 0,
      discontinued: 0,
      unchanged: undisturbed.length
    })
    expect(await catalogueOf("plain")).toEqual(undisturbed)
    const log = await every(
      `/v1/catalogue/runs/${run.id}/log?`,
      Schema.StructWithRest(Schema.Struct({ text: Schema.String }), [
        Schema.Record(Schema.String, Schema.Unknown)
      ])
    )
    expect(log.at(-1)?.text).toBe(`Nothing new; ${undisturbed.length} products as before.`)
  })

  it("are the same after 429s, resets and pages that break now and then", async () => {
    const kinds = [
      { kind: "throttle", retryAfterSeconds: 1 },
      { kind: "reset-before" },
      { kind: "reset-after" },
      { kind: "truncate" },
      { kind: "status", status: 503 }
    ]
    for (const operation of ["listOffers", "listProducts", "listSkus", "listAvailabilities"])
      for (const fault of kinds)
        await control((simulator) =>
          simulator.fault({
            operation,
            account: "faulty",
            fault,
            count: operation === "listOffers" ? 1 : 3
          })
        )
    // One part is not understood at first, and is when it is asked again.
    await control(({ fault }) =>
      fault({
        operation: "listSkus",
        account: "faulty",
        fault: { kind: "malformed-body" },
        count: 1
      })
    )
    const run = await end((await request("faulty")).id)
    expect(run).toMatchObject({ status: "completed", problem: null, progress: { failed: 0 } })
    expect(await catalogueOf("faulty")).toEqual(undisturbed)
    const struck = new Set(await received("faulty", "listSkus"))
    expect([...struck].filter((kind) => kind !== null).sort()).toEqual(
      ["malformed-body", "reset-after", "reset-before", "status", "throttle", "truncate"].sort()
    )
  })

  it("of which a part stays broken are incomplete, and nothing is taken for discontinued", async () => {
    await control(({ fault }) =>
      fault({ operation: "listOffers", account: "plain", fault: { kind: "wrong-types" } })
    )
    const run = await end((await request("plain")).id)
    await control(({ clearFaults }) => clearFaults)
    expect(run).toMatchObject({
      status: "incomplete",
      counts: { new: 0, changed: 0, discontinued: 0 },
      progress: { failed: countries.length }
    })
    expect(run.problem).toMatch(/^DE: list\w*Offers: Malformed/u)
    expect(await catalogueOf("plain")).toEqual(undisturbed)
  })

  it("are read on by another reconciler when the first is killed in the middle", async () => {
    await control(({ fault }) =>
      fault({
        operation: "listAvailabilities",
        account: "killed",
        fault: { kind: "delay", ms: 100 },
        count: 100_000
      })
    )
    const { id } = await request("killed")
    const before = await eventually(
      () => look(id),
      ({ progress }) => progress.read > 20
    )
    await Effect.runPromise(running.killReconciler)
    expect(await look(id)).toMatchObject({ status: "running" })
    expect(await products("killed")).toEqual([])
    await control(({ clearFaults }) => clearFaults)
    await Effect.runPromise(running.startAnother.pipe(Scope.provide(scope)))
    const run = await end(id)
    expect(run).toMatchObject({ status: "completed", problem: null })
    expect(run.progress.parts).toBe(before.progress.parts)
    expect(await catalogueOf("killed")).toEqual(undisturbed)
  })

  it("a month later are what the simulator's answer key says", async () => {
    const response = await fetch(`${running.simulator}/_simulator/catalogue/advance`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}"
    })
    const key = Schema.decodeUnknownSync(AnswerKey)(await response.json())
    const ours = (one: { readonly countries: ReadonlyArray<string>; readonly isTrial: boolean }) =>
      !one.isTrial && one.countries.some((country) => countries.includes(country))
    const command = ["catalogue", "update", "--instance", "plain"]
    const printed = await concordat(command, { url: running.api, key: running.key })
    const [run] = await every("/v1/catalogue/runs?instance=plain&", Run)
    if (run === undefined) throw new Error("there is no run")
    expect(printed.code).toBe(0)
    expect(printed.stderr).toMatch(/^DE: \d+ parts to read$/mu)
    expect(printed.stdout).toMatch(
      new RegExp(`${run.requests} requests:\n +${run.counts.new} {2}new`, "u")
    )
    const found = await changes(run.id)
    const offers = (status: string) =>
      found
        .filter((change) => change.status === status)
        .map(({ offer }) => offer)
        .sort()
    const expected = (items: ReadonlyArray<(typeof AnswerKey.Type)["added"][number]>) =>
      items
        .filter(ours)
        .map(({ offer }) => offer)
        .sort()
    expect(offers("new")).toEqual(expected(key.added))
    expect(offers("discontinued")).toEqual(expected(key.discontinued))
    expect(offers("changed")).toEqual(expected(key.changed))
    const fields = new Map(found.map((change) => [change.offer, comparable(change.fields)]))
    for (const change of key.changed.filter(ours))
      expect([change.offer, fields.get(change.offer)]).toEqual([
        change.offer,
        comparable(change.fields)
      ])
    expect(expected(key.changed).length).toBeGreaterThan(5)
    expect(run.counts).toMatchObject({
      new: expected(key.added).length,
      discontinued: expected(key.discontinued).length
    })
  })
})
