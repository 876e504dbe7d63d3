import { type Synchronization, SynchronizationId } from "@concordat/core/tenant/Synchronization"
import { Synchronizations, statusOf } from "@concordat/core/tenant/Synchronizations"
import { Instant, minuteMs } from "@concordat/core/time/Instant"
import { RequestId } from "@concordat/core/vendor/RequestId"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { synchronizeQueue } from "../src/queues.ts"
import { synchronizationsLayer } from "../src/Synchronizations.ts"
import {
  accountId,
  addInstance,
  clear,
  instance,
  instanceId,
  now,
  repositories,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(synchronizationsLayer, repositories))
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

const id = (n: number) =>
  SynchronizationId.make(`0000000a-0000-4000-8000-${String(n).padStart(12, "0")}`)
const sync = (n: number, given: Partial<Synchronization> = {}): Synchronization => ({
  id: id(n),
  accountId: accountId(1),
  instanceId: instanceId(1),
  instance: instance(1).name,
  environment: "primary",
  mode: "create",
  status: "in-progress",
  stage: "checking",
  waitsFor: null,
  asker: "operator",
  userName: "admin",
  domain: `fabrikam${n}.onmicrosoft.com`,
  requestId: RequestId.make(id(n)),
  sentAt: null,
  tenantId: null,
  question: null,
  confirmed: false,
  authorizationLink: null,
  expiresAt: null,
  nextLookAt: null,
  looks: 0,
  problem: null,
  problems: [],
  suggestions: [],
  requestedBy: "key:test",
  correlationId: "",
  createdAt: now,
  finishedAt: null,
  version: 1,
  ...given
})
type Port = Synchronizations["Service"]
const use = <A, E>(act: (port: Port) => Effect.Effect<A, E>) =>
  runtime.runPromise(Synchronizations.use(act))
const change = (given: Synchronization, goesOn = true) => ({
  sync: given,
  step: { actor: "key:test", text: `version ${given.version}` },
  goesOn
})
const begin = (given: Synchronization, replaces: Synchronization | null = null) =>
  use((port) => port.begin(change(given), replaces))
const jobs = () =>
  runtime.runPromise(Effect.map(synchronizeQueue.counts(), ({ waiting }) => waiting))
const newest = () => use((port) => port.newest(accountId(1), instance(1)))

describe("a synchronisation", () => {
  it("begins together with its job, and is read as it was written", async () => {
    const whole = sync(1, {
      waitsFor: "confirmation",
      question: {
        kind: "linked",
        text: "?",
        tenantId: tenantId(1),
        suggestions: []
      },
      problems: [{ field: "phone", problem: "x" }],
      suggestions: ["a", "b"],
      expiresAt: Instant.make(now + 1),
      sentAt: Instant.make(now + 2)
    })
    await begin(whole)
    expect(await newest()).toEqual(whole)
    expect(await use((port) => port.get(id(1)))).toEqual(whole)
    expect(await jobs()).toBe(1)
  })

  it("is begun by one of two who saw nothing, and anew only by who saw the newest", async () => {
    const results = await runtime.runPromise(
      Effect.forEach(
        [1, 2],
        (n) => Effect.result(Synchronizations.use((port) => port.begin(change(sync(n)), null))),
        { concurrency: 2 }
      )
    )
    expect(results.map(({ _tag }) => _tag).toSorted()).toEqual(["Failure", "Success"])
    const first = await newest()
    if (first === null) throw new Error("nobody won")
    await use((port) => port.save(change({ ...first, status: "failed" }, false)))
    await expect(begin(sync(3), first)).rejects.toThrow("being synchronised")
    const second = await newest()
    await begin(sync(3), second)
    expect(await newest()).toMatchObject({ id: id(3), status: "in-progress" })
    expect(await use((port) => port.get(first.id))).toBeNull()
  })

  it("is not overwritten by who has not seen its newest version", async () => {
    await begin(sync(1))
    await use((port) => port.save(change({ ...sync(1), stage: "creating" }, false)))
    await expect(
      use((port) => port.save(change({ ...sync(1), stage: "done" }, false)))
    ).rejects.toThrow("being synchronised")
    expect(await newest()).toMatchObject({ stage: "creating", version: 2 })
  })

  it("keeps a domain for itself until it is known what became of it", async () => {
    const other = sync(2, { accountId: accountId(2), domain: sync(1).domain })
    await begin(sync(1))
    await expect(begin(other)).rejects.toThrow("another account is just becoming")
    // Microsoft was asked, and has not answered: it may have made it.
    await use((port) => port.save(change({ ...sync(1), status: "failed", sentAt: now }, false)))
    await expect(begin(other)).rejects.toThrow("another account is just becoming")
    await use((port) => port.save(change({ ...sync(1), status: "failed", version: 2 }, false)))
    await begin(other)
  })

  it("has its steps, newest first, page by page", async () => {
    await begin(sync(1))
    for (const version of [1, 2])
      await use((port) => port.save(change({ ...sync(1), version }, false)))
    const page = (cursor: string | undefined) =>
      use((port) => port.steps(accountId(1), instanceId(1), { cursor, limit: 2 }))
    const first = await page(undefined)
    expect(first.items.map(({ text }) => text)).toEqual(["version 2", "version 1"])
    const second = await page(first.next ?? undefined)
    expect([second.items.map(({ text }) => text), second.next]).toEqual([["version 1"], null])
  })

  it("keeps passwords sealed, and forgets them", async () => {
    await begin(sync(1))
    const credentials = [{ userName: "admin@x", password: Redacted.make("Sesame 1!") }]
    await use((port) => port.keepCredentials(id(1), credentials))
    const kept = await use((port) => port.credentials(id(1)))
    expect(kept.map(({ userName, password }) => [userName, Redacted.value(password)])).toEqual([
      ["admin@x", "Sesame 1!"]
    ])
    const rows = await runtime.runPromise(
      rowsOf("select to_jsonb(s) as row from synchronization s")
    )
    expect(JSON.stringify(rows)).not.toContain("Sesame")
    await use((port) => port.keepCredentials(id(1), []))
    expect(await use((port) => port.credentials(id(1)))).toEqual([])
    const sealed = await runtime.runPromise(rowsOf("select sealed from synchronization"))
    expect(sealed).toEqual([{ sealed: null }])
  })

  it("is woken when it is due, or its job was lost, and never twice", async () => {
    await begin(sync(1))
    const wake = (minutes: number) =>
      use((port) => port.wake(Instant.make(now + minutes * minuteMs)))
    const lose = runtime.runPromise.bind(runtime)
    // It has a job.
    await lose(rowsOf("update synchronization set touched_at = touched_at - interval '1 hour'"))
    expect(await wake(0)).toBe(0)
    await lose(rowsOf("delete from pgboss.job"))
    expect([await wake(0), await wake(0)]).toEqual([1, 0])
    // Also one that failed once, or is parked, is a job.
    await lose(rowsOf("update pgboss.job set state = 'retry', retry_count = 1"))
    expect(await wake(0)).toBe(0)
    await lose(rowsOf("delete from pgboss.job"))
    await use((port) =>
      port.save(
        change(
          {
            ...sync(1),
            waitsFor: "authorization",
            nextLookAt: Instant.make(now + 5 * minuteMs),
            expiresAt: Instant.make(now + 60 * minuteMs)
          },
          false
        )
      )
    )
    expect([await wake(4), await wake(6), await wake(6)]).toEqual([0, 1, 0])
    await lose(rowsOf("delete from pgboss.job"))
    await use((port) =>
      port.save(change({ ...sync(1), status: "synchronised", version: 2 }, false))
    )
    expect(await wake(600)).toBe(0)
  })
})

describe("an account", () => {
  const link = (of: Synchronization, tenant = 1) =>
    use((port) => port.link(of, { tenantId: tenantId(tenant), domain: "x.example" }, "daemon"))
  const stateOf = async (n: number) => {
    const [state] = await use((port) => port.of(accountId(n)))
    if (state === undefined) throw new Error("there is no instance")
    return state
  }
  const logged = () =>
    runtime.runPromise(
      rowsOf(
        "select account_id, cause, before, after from history where field = 'tenant' order by id"
      )
    )

  it("that has a tenant is synchronised, whatever its newest try says", async () => {
    expect(statusOf(await stateOf(1))).toBe("not-synchronised")
    await begin(sync(1, { status: "failed" }))
    expect(statusOf(await stateOf(1))).toBe("failed")
    await link(sync(1))
    expect(statusOf(await stateOf(1))).toBe("synchronised")
    expect((await stateOf(1)).tenants).toEqual([{ tenantId: tenantId(1), domain: "x.example" }])
    expect(await logged()).toEqual([
      { account_id: accountId(1), cause: "tenant creation", before: null, after: tenantId(1) }
    ])
    await link(sync(1))
    expect(await logged()).toHaveLength(1)
  })

  it("gets another's tenant by linking only, and the history of both says so", async () => {
    await link(sync(1))
    const making = sync(2, { accountId: accountId(2) })
    await expect(link(making)).rejects.toThrow("merge the two instead")
    await link({ ...making, mode: "link" })
    expect((await stateOf(1)).tenants).toEqual([])
    expect(statusOf(await stateOf(2))).toBe("synchronised")
    expect((await logged()).slice(1)).toEqual([
      { account_id: accountId(1), cause: "tenant linking", before: tenantId(1), after: null },
      { account_id: accountId(2), cause: "tenant linking", before: null, after: tenantId(1) }
    ])
    expect(await use((port) => port.holderOf(instanceId(1), tenantId(1)))).toEqual({
      accountId: accountId(2),
      ancestors: [accountId(0), accountId(2)]
    })
  })
})
