import type { AccountId } from "@concordat/core/account/Account"
import { Book } from "@concordat/core/book/Book"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { Search } from "@concordat/core/search/Search"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { searchLayer } from "../src/Search.ts"
import {
  act,
  addInstance,
  clear,
  instanceId,
  line,
  microsoftId,
  repositories,
  reseller,
  rowsOf,
  run,
  runId,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(searchLayer, repositories))
afterAll(() => runtime.dispose())

let north: AccountId
let south: AccountId

beforeAll(() =>
  runtime.runPromise(
    Effect.gen(function* () {
      yield* clear
      yield* addInstance(1)
      yield* addInstance(2)
      yield* Book.use((book) =>
        book.apply(
          instanceId(1),
          [
            line(1, 10, { reseller: reseller(1), name: "Business Basic" }),
            line(1, 11, { reseller: reseller(1), name: "Business Premium" }),
            line(2, 20, { reseller: reseller(2), name: "Business Basic", reference: "100%_sure" })
          ],
          { ...act, dryRun: false }
        )
      )
      const accounts = yield* rowsOf<{ id: AccountId; code: string }>(
        "select id, code from account where kind = 'reseller' order by code"
      )
      const [first, second] = accounts
      if (first === undefined || second === undefined) throw new Error("two resellers are needed")
      north = first.id
      south = second.id
      yield* Runs.use((runs) =>
        Effect.andThen(runs.request(run(1)), runs.request(run(2, { kind: "organisation" }, south)))
      )
    })
  )
)

const find = <A>(work: (search: Search["Service"]) => Effect.Effect<A>) =>
  runtime.runPromise(Search.use(work))
const references = async (q: string, branch: AccountId | null = null, limit = 10) =>
  (await find((search) => search.subscriptions(q, branch, limit))).map(({ reference }) => reference)
const domains = async (q: string, branch: AccountId | null = null) =>
  (await find((search) => search.tenants(q, branch, 10))).map(({ domain }) => domain)

describe("subscriptions", () => {
  it.each([
    ["s-1", ["S-10", "S-11"]], // the beginning of a reference, in any case
    ["BUSINESS b", ["100%_sure", "S-10"]],
    ["basic", []], // not its beginning
    [microsoftId(11).slice(0, 36), ["S-11"]],
    [microsoftId(11).toUpperCase().replaceAll("-", ""), ["S-11"]],
    ["100%", ["100%_sure"]], // what would be a pattern is text
    ["S_1", []],
    ["%", []]
  ])("%s finds %o", async (q, expected) => {
    expect((await references(q)).toSorted()).toEqual(expected)
  })

  it("say whose they are and where", async () => {
    const [found] = await find((search) => search.subscriptions("S-10", null, 5))
    expect(found).toMatchObject({
      name: "Business Basic",
      microsoftId: microsoftId(10),
      instance: "instance-1",
      account: { name: "Customer 1" }
    })
  })

  it("are found within a branch only, and each once", async () => {
    expect(await references("business", north)).toEqual(["S-10", "S-11"])
    expect(await references("business", south)).toEqual(["100%_sure"])
    expect(await references("S-10", south)).toEqual([])
    expect(await references(microsoftId(10), south)).toEqual([])
  })

  it("are as many as were asked for, those by reference first", async () => {
    expect(await references("s", null, 1)).toEqual(["S-10"])
    expect(await references("business", null, 2)).toHaveLength(2)
  })

  it("of a branch are also found among very many", async () => {
    await runtime.runPromise(
      rowsOf(`insert into subscription (id, instance_id, account_id, tenant_id, reference, name, is_addon, keeps_parent, terms)
        select gen_random_uuid(), instance_id, account_id, tenant_id, 'many ' || n, 'Crowd ' || n, false, false, terms
        from subscription, generate_series(1, 2100) n where reference = 'S-10'`)
    )
    await runtime.runPromise(
      rowsOf("update subscription set name = 'Crowd' where reference = '100%_sure'")
    )
    expect(await references("crowd", south)).toEqual(["100%_sure"])
    expect(await references("crowd", north, 3)).toHaveLength(3)
  })
})

describe("tenants", () => {
  it.each([
    ["customer", ["customer1.example", "customer2.example"]],
    ["CUSTOMER2", ["customer2.example"]],
    ["example", []],
    [tenantId(2), ["customer2.example"]]
  ])("%s finds %o", async (q, expected) => {
    expect(await domains(q)).toEqual(expected)
  })

  it("are found within a branch only", async () => {
    expect(await domains("customer", south)).toEqual(["customer2.example"])
    expect(await domains(tenantId(1), south)).toEqual([])
  })
})

describe("instances and reconciliations", () => {
  it("are found by a part of an instance's name, the newest reconciliation first", async () => {
    const names = await find((search) => search.instances("STANCE-", 5))
    expect(names.map(({ name }) => name)).toEqual(["instance-1", "instance-2"])
    expect(await find((search) => search.instances("nowhere", 5))).toEqual([])
    const runs = await find((search) => search.reconciliations("instance-1", null, 5))
    expect(runs.map(({ id }) => id)).toEqual([runId(2), runId(1)])
  })

  it("are found by the beginning of an id; of a branch only its own", async () => {
    expect(await find((search) => search.reconciliations(runId(1), null, 5))).toMatchObject([
      { id: runId(1), instance: "instance-1", status: "queued" }
    ])
    expect(await find((search) => search.reconciliations(runId(1), south, 5))).toEqual([])
    expect(await find((search) => search.reconciliations("instance", south, 5))).toMatchObject([
      { id: runId(2) }
    ])
  })
})
