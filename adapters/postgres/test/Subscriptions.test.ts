import type { AccountId } from "@concordat/core/account/Account"
import { Book } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { SubscriptionId } from "@concordat/core/subscription/Subscription"
import {
  type ListedSubscription,
  type SubscriptionFilter,
  SubscriptionNotFound,
  type SubscriptionOrder,
  Subscriptions
} from "@concordat/core/subscription/Subscriptions"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer, ManagedRuntime } from "effect"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { subscriptionsLayer, subscriptionsLayerWith } from "../src/Subscriptions.ts"
import {
  addInstance,
  clear,
  instanceId,
  line,
  microsoftId,
  now,
  observed,
  repositories,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(subscriptionsLayer, repositories))
afterAll(() => runtime.dispose())

const dayMs = 86_400_000
const statuses = ["active", "suspended", "deleted"] as const
// Twice the same name, in another case, with what means something in a pattern, and beyond ASCII.
const names = ["Business Basic", "business basic", "100% Éclair_Suite", "Zeta", "éclair"]

/** Twelve customers of two resellers and of nobody, in two instances; every third commitment has no end. */
const lines = (instance: number): ReadonlyArray<BookLine> =>
  Array.from({ length: 30 }, (_, at) => {
    const n = instance * 100 + at
    const customer = instance * 20 + (at % 6)
    const usual = line(customer, n)
    return {
      ...usual,
      reference: `S-${instance}-${at}`,
      name: names[at % names.length] ?? "",
      reseller:
        at % 6 < 4 ? { code: `R-${at % 2}`, name: `Reseller ${at % 2}`, mpnId: null } : null,
      parentReference: at === 7 ? `S-${instance}-1` : null,
      // The add-on lies with its base subscription's customer.
      ...(at === 7
        ? {
            tenantId: tenantId(instance * 20 + 1),
            account: { code: `C-${instance * 20 + 1}`, name: `Customer ${instance * 20 + 1}` },
            tenantDomain: `customer${instance * 20 + 1}.example`
          }
        : {}),
      terms: {
        ...usual.terms,
        status: statuses[at % statuses.length] ?? "active",
        commitmentEnd: at % 3 === 0 ? null : Instant.make(now + (at % 9) * dayMs)
      }
    }
  })

let all: ReadonlyArray<ListedSubscription>
let above: ReadonlyMap<AccountId, ReadonlyArray<AccountId>>
const accountOf = new Map<string, AccountId>()

beforeAll(() =>
  runtime.runPromise(
    Effect.gen(function* () {
      yield* clear
      for (const instance of [1, 2]) {
        yield* addInstance(instance)
        yield* Book.use((book) =>
          book.apply(instanceId(instance), lines(instance), {
            dryRun: false,
            actor: "test",
            correlationId: ""
          })
        )
      }
      yield* rowsOf(`insert into observed_customer (instance_id, tenant_id, state, fetched_at)
        values ('${instanceId(1)}', '${tenantId(20)}', 'listed', '2026-11-20T10:00:00Z')`)
      const seen = { ...observed(20, 100), terms: { ...observed(20, 100).terms, quantity: 11 } }
      yield* rowsOf(`insert into observed_subscription (instance_id, tenant_id, microsoft_id, hash, document)
        values ('${instanceId(1)}', '${tenantId(20)}', '${microsoftId(100)}', '', '${JSON.stringify(seen)}')`)
      const accounts = yield* rowsOf<{
        id: AccountId
        code: string
        ancestors: ReadonlyArray<AccountId>
      }>("select id, code, ancestors::text[] from account")
      above = new Map(accounts.map(({ id, ancestors }) => [id, ancestors]))
      for (const { code, id } of accounts) accountOf.set(code, id)
      all = yield* everything(null, {}, "name", 500)
    })
  )
)

const codeOf = (code: string): AccountId => {
  const id = accountOf.get(code)
  if (id === undefined) throw new Error(`no account has the code ${code}`)
  return id
}

/** The whole list, page by page. */
const everything = (
  branch: AccountId | null,
  filter: SubscriptionFilter,
  order: SubscriptionOrder,
  limit: number
) =>
  Effect.gen(function* () {
    const { list } = yield* Subscriptions
    const items: Array<ListedSubscription> = []
    let cursor: string | undefined
    for (let pages = 0; pages < 100; pages++) {
      const page = yield* list(branch, filter, order, { cursor, limit })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      items.push(...page.items)
      if (page.next === null) return items
      cursor = page.next
    }
    return yield* Effect.die(new Error("the list does not end"))
  })

/** As the database makes small letters: with the locale C only of ASCII. */
let small = (text: string): string => text.toLowerCase()
beforeAll(async () => {
  const [row] = await runtime.runPromise(rowsOf<{ all: boolean }>("select lower('É') = 'é' as all"))
  if (row?.all === false)
    small = (text) => text.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase())
})

const fits = (one: ListedSubscription, branch: AccountId | null, filter: SubscriptionFilter) => {
  const { account, instanceId: instance, status, parent, endsFrom, endsBefore, q = "" } = filter
  const path = above.get(one.accountId) ?? []
  const end = one.terms.commitmentEnd ?? null
  const starts = (text: string) => small(text).startsWith(small(q))
  return (
    (branch === null || path.includes(branch)) &&
    (account === undefined || path.includes(account)) &&
    (instance === undefined || one.instanceId === instance) &&
    (status === undefined || one.terms.status === status) &&
    (parent === undefined || one.parentId === parent) &&
    (endsFrom === undefined || (end !== null && end >= endsFrom)) &&
    (endsBefore === undefined || (end !== null && end < endsBefore)) &&
    (starts(one.name) ||
      starts(one.reference) ||
      [one.id, one.microsoftId, one.tenantId].some((id) => id === q))
  )
}

const bytes = (text: string) => Buffer.from(text, "utf8")
const sorted = (items: ReadonlyArray<ListedSubscription>, order: SubscriptionOrder) =>
  items.toSorted((one, other) =>
    order === "end"
      ? (one.terms.commitmentEnd ?? 0) - (other.terms.commitmentEnd ?? 0) ||
        one.id.localeCompare(other.id)
      : Buffer.compare(bytes(small(one.name)), bytes(small(other.name))) ||
        one.id.localeCompare(other.id)
  )

describe("the list of subscriptions", () => {
  it("gives exactly what the filter wants and the caller may see, once and in order, whatever the page", async () => {
    expect(all).toHaveLength(60)
    const below = (code: string) =>
      all.filter(({ accountId }) => above.get(accountId)?.includes(codeOf(code))).length
    expect([below("R-0"), below("C-20"), below("organisation")]).toEqual([20, 5, 60])
    const codes = ["R-0", "R-1", "C-20", "C-44", "organisation"]
    const Account = fc.constantFrom(...codes.map(codeOf))
    const day = fc.integer({ min: -1, max: 10 }).map((n) => Instant.make(now + n * dayMs))
    const Whole = fc.record({
      account: Account,
      instanceId: fc.constantFrom(instanceId(1), instanceId(2)),
      status: fc.constantFrom(...statuses),
      endsFrom: day,
      endsBefore: day,
      q: fc.constantFrom(
        ...["", "BUS", "s-1-2", "S-2", "100%", "%", "É", "é", "_", "basic"],
        tenantId(21),
        microsoftId(203),
        all[5]?.id ?? ""
      ),
      parent: fc.constantFrom(...all.map(({ parentId }) => parentId ?? undefined))
    })
    const fields = ["account", "instanceId", "status", "endsFrom", "endsBefore", "q", "parent"]
    // Few at once: with all of them nothing would be left.
    const Filter = fc
      .tuple(Whole, fc.subarray(fields, { maxLength: 2 }))
      .map(
        ([whole, chosen]): SubscriptionFilter =>
          Object.fromEntries(Object.entries(whole).filter(([field]) => chosen.includes(field)))
      )
    await fc.assert(
      fc.asyncProperty(
        fc.option(Account, { freq: 3 }),
        Filter,
        fc.constantFrom("name" as const, "end" as const),
        fc.constantFrom(1, 7, 500),
        // Few matches are sorted, many are met on a walk: nobody sees which.
        fc.constantFrom(subscriptionsLayer, subscriptionsLayerWith(3)),
        async (root, filter, order, limit, layer) => {
          const branch = root ?? null
          const listed = await runtime.runPromise(
            everything(branch, filter, order, limit).pipe(Effect.provide(layer))
          )
          const wanted = all.filter(
            (one) =>
              fits(one, branch, filter) && (order === "name" || one.terms.commitmentEnd !== null)
          )
          expect(listed.map(({ id }) => id)).toEqual(sorted(wanted, order).map(({ id }) => id))
        }
      ),
      { numRuns: 150 }
    )
  })

  it("says of each what the book says", () => {
    const one = all.find(({ reference }) => reference === "S-1-7")
    expect(one).toMatchObject({
      instance: "instance-1",
      account: "Customer 21",
      isAddon: true,
      parentId: all.find(({ reference }) => reference === "S-1-1")?.id,
      microsoftId: microsoftId(107),
      terms: { quantity: 10, parent: microsoftId(101) },
      acceptedAt: null
    })
  })
})

describe("a subscription", () => {
  const get = (id: SubscriptionId, branch: AccountId | null) =>
    runtime.runPromise(Effect.result(Subscriptions.use((port) => port.get(id, branch))))

  it("comes with what Partner Center said of it last", async () => {
    const [first, second] = ["S-1-0", "S-1-6"].map((wanted) =>
      all.find(({ reference }) => reference === wanted)
    )
    if (first === undefined || second === undefined) throw new Error("the book is another one")
    expect(await get(first.id, null)).toMatchObject({
      success: {
        subscription: first,
        observed: {
          terms: { quantity: 11 },
          fetchedAt: Date.UTC(2026, 10, 20, 10)
        }
      }
    })
    expect(await get(second.id, null)).toMatchObject({ success: { observed: null } })
  })

  it("does not exist outside of the caller's branch", async () => {
    const own = codeOf("R-0")
    for (const one of all) {
      const isOwn = above.get(one.accountId)?.includes(own) === true
      expect(await get(one.id, own)).toMatchObject(
        isOwn
          ? { success: { subscription: { id: one.id } } }
          : { failure: new SubscriptionNotFound({ id: one.id }) }
      )
    }
    const nobody = SubscriptionId.make(instanceId(9))
    expect(await get(nobody, null)).toMatchObject({
      failure: new SubscriptionNotFound({ id: nobody })
    })
  })
})
