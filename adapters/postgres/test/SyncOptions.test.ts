import { MpnId } from "@concordat/core/instance/Instance"
import { StaleVersion } from "@concordat/core/instance/Instances"
import { noSyncOptions, type SyncOptionValues } from "@concordat/core/tenant/SyncOption"
import { SyncOptions } from "@concordat/core/tenant/SyncOptions"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { syncOptionsLayer } from "../src/SyncOptions.ts"
import { accountId, act, addInstance, clear, instanceId, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(syncOptionsLayer, repositories))
afterAll(() => runtime.dispose())

const makeAccounts = rowsOf(
  [0, 1, 2]
    .map(
      (n) =>
        `insert into account (id, parent_id, ancestors, kind, name, code) values ('${accountId(n)}',
          ${n === 0 ? "null" : `'${accountId(0)}'`}, array[${n === 0 ? "" : `'${accountId(0)}',`}'${accountId(n)}']::uuid[],
          '${n === 0 ? "organisation" : "customer"}', 'Account ${n}', 'A-${n}')`
    )
    .join(";")
)
beforeEach(() =>
  runtime.runPromise(clear.pipe(Effect.andThen(addInstance(1)), Effect.andThen(makeAccounts)))
)

const get = (n: number) =>
  runtime.runPromise(SyncOptions.use((port) => port.get(accountId(n), instanceId(1))))
const put = (n: number, version: number, values: Partial<SyncOptionValues>) =>
  SyncOptions.use((port) =>
    port.put(accountId(n), instanceId(1), version, { ...noSyncOptions, ...values }, act)
  )
const logged = () =>
  runtime.runPromise(
    rowsOf<{ field: string; before: unknown; after: unknown }>(
      "select field, before, after from history order by id"
    )
  )

describe("sync options", () => {
  it("are empty, of version 0, until somebody says them", async () => {
    expect(await get(1)).toEqual({ values: noSyncOptions, version: 0 })
  })

  it("are kept with what changed, by whoever read the newest version", async () => {
    await runtime.runPromise(put(1, 0, { userName: "admin", domainPrefix: "fabrikam" }))
    await runtime.runPromise(put(1, 1, { userName: "admin", mpnId: MpnId.make("4711") }))
    expect(await get(1)).toEqual({
      values: { userName: "admin", domainPrefix: null, mpnId: "4711", taxId: null },
      version: 2
    })
    expect(await logged()).toEqual([
      { field: "syncOptions.userName", before: null, after: "admin" },
      { field: "syncOptions.domainPrefix", before: null, after: "fabrikam" },
      { field: "syncOptions.domainPrefix", before: "fabrikam", after: null },
      { field: "syncOptions.mpnId", before: null, after: "4711" }
    ])
    const stale = await runtime.runPromise(Effect.flip(put(1, 1, {})))
    expect(stale).toEqual(new StaleVersion({ expected: 1, actual: 2 }))
  })

  it("of which one of two who saw nothing says the first", async () => {
    const results = await runtime.runPromise(
      Effect.forEach(["one", "two"], (userName) => Effect.result(put(1, 0, { userName })), {
        concurrency: 2
      })
    )
    expect(results.map(({ _tag }) => _tag).toSorted()).toEqual(["Failure", "Success"])
  })

  it("said again change nothing", async () => {
    await runtime.runPromise(put(1, 0, { userName: "admin" }))
    await runtime.runPromise(put(1, 1, { userName: "admin" }))
    expect((await get(1)).version).toBe(1)
    expect(await logged()).toHaveLength(1)
  })

  it("are imported where there are none yet", async () => {
    await runtime.runPromise(put(1, 0, { userName: "mine" }))
    await runtime.runPromise(
      SyncOptions.use((port) =>
        port.addMissing(
          instanceId(1),
          [1, 2].map((n) => ({
            accountId: accountId(n),
            values: { ...noSyncOptions, domainPrefix: `imported${n}` }
          })),
          act
        )
      )
    )
    expect((await get(1)).values).toEqual({ ...noSyncOptions, userName: "mine" })
    expect(await get(2)).toEqual({
      values: { ...noSyncOptions, domainPrefix: "imported2" },
      version: 1
    })
    expect(await logged()).toHaveLength(2)
  })
})
