import {
  type AccountId,
  type AccountKind,
  type Contact,
  noCredit
} from "@concordat/core/account/Account"
import { Accounts, type NewAccount } from "@concordat/core/account/Accounts"
import { Effect, ManagedRuntime } from "effect"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  accountId,
  addInstance,
  clear,
  instanceId,
  repositories,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(clear))

const cause = { actor: "key:test", correlationId: "c" }
type Port = Accounts["Service"]
const use = <A, E>(work: (accounts: Port) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.result(Accounts.use(work)))
const rows = <Row = Record<string, unknown>>(text: string) => runtime.runPromise(rowsOf<Row>(text))

const add = async (
  n: number,
  kind: AccountKind,
  parentId: AccountId | null,
  given: Partial<NewAccount> = {}
): Promise<AccountId> => {
  const made = await use((accounts) =>
    accounts.add(
      {
        id: accountId(n),
        parentId,
        kind,
        name: `${kind} ${n}`,
        code: `C-${n}`,
        edition: kind === "reseller" ? "basic" : null,
        mpnId: null,
        email: null,
        phone: null,
        address: null,
        language: null,
        currency: null,
        billToId: null,
        managerEmail: null,
        orderingEnabled: false,
        resellingEnabled: false,
        creditLimit: noCredit,
        taxId: null,
        customFields: {},
        ...given
      },
      null,
      cause
    )
  )
  if (made._tag === "Failure") throw new Error(made.failure.message)
  return made.success.id
}

/** Subscriptions `[account, number]` in an instance, with the accounts' tenants there. */
const sell = async (instance: number, lines: ReadonlyArray<readonly [number, number]>) => {
  const values = (row: (line: readonly [number, number]) => string) => lines.map(row).join(", ")
  await rows(`
    insert into account_tenant (instance_id, tenant_id, account_id, domain)
    values ${values(([n]) => `('${instanceId(instance)}', '${tenantId(n)}', '${accountId(n)}', 'customer${n}.example')`)}
    on conflict do nothing`)
  await rows(`
    insert into subscription (id, instance_id, account_id, tenant_id, reference, name, is_addon, keeps_parent, terms)
    values ${values(
      ([n, reference]) =>
        `(gen_random_uuid(), '${instanceId(instance)}', '${accountId(n)}', '${tenantId(n)}', 'S-${reference}', 'x', false, false, '{}')`
    )}`)
}
const person = (n: number): Contact => ({
  name: `Person ${n}`,
  email: `p${n}@x.example`,
  phone: null,
  roles: []
})
const people = (id: AccountId, contacts: ReadonlyArray<Contact>) =>
  use((accounts) =>
    Effect.flatMap(accounts.get(id, null), ({ version }) =>
      accounts.putContacts(id, null, version, contacts, cause)
    )
  )
const merge = (id: AccountId, into: AccountId, dryRun = false, branch: AccountId | null = null) =>
  use((accounts) => accounts.merge(id, into, branch, dryRun, cause))

/** Everything that a merge may touch. */
const state = () =>
  rows(`
    select (select json_agg(a order by id) from account a) as accounts,
      (select json_agg(t order by tenant_id) from account_tenant t) as tenants,
      (select json_agg(s order by id) from subscription s) as subscriptions,
      (select json_agg(c order by account_id, position) from account_contact c) as contacts,
      (select count(*) from history) as history`)
const totals = async () =>
  (
    await rows<Record<string, number>>(`
      select (select count(*) from account) as accounts, (select count(*) from account_tenant) as tenants,
        (select count(*) from subscription) as subscriptions,
        (select count(distinct (email, name)) from account_contact) as people,
        (select count(*) from account where parent_id is not null) as children`)
  )[0]

/** Every account's path must follow from its parents, and who is billed must lie above. */
const crooked = () =>
  rows(`
    with recursive tree as (
      select id, array[id] as path from account where parent_id is null
      union all
      select account.id, tree.path || account.id from account join tree on account.parent_id = tree.id
    )
    select account.code from account left join tree using (id)
    where tree.path is null or account.ancestors <> tree.path
      or account.active and account.bill_to_id is not null and account.bill_to_id <> all (account.ancestors)`)

describe("a merge", () => {
  it("lets whoever saw the branch of what goes see that of what stays, and says who", async () => {
    const [source, target] = [await add(1, "reseller", null), await add(2, "reseller", null)]
    await rows(`
      insert into operator (id, name, role, branch, password_hash, active, created_at, version)
      select gen_random_uuid(), name, role, branch::uuid, '', true, now(), 1
      from (values ('rita', 'reseller', '${source}'), ('theo', 'reseller', '${target}'),
        ('olga', 'operator', null)) given (name, role, branch)`)
    await rows(`
      insert into api_key (id, name, role, scopes, branch, hash, created_at, revoked_at)
      select gen_random_uuid(), name, 'reseller', '{}', '${source}', decode(md5(name), 'hex'), now(), revoked
      from (values ('shop', null), ('old', now())) given (name, revoked)`)
    expect(await merge(source, target, true)).toMatchObject({ success: { operators: 1, keys: 1 } })
    expect(await rows(`select name from operator where branch = '${source}'`)).toEqual([
      { name: "rita" }
    ])
    expect(await merge(source, target)).toMatchObject({ success: { operators: 1, keys: 1 } })
    expect(await rows("select name, branch, version from operator order by name")).toEqual([
      { name: "olga", branch: null, version: 1 },
      { name: "rita", branch: target, version: 2 },
      { name: "theo", branch: target, version: 1 }
    ])
    expect(await rows("select name, branch from api_key order by name")).toEqual([
      { name: "old", branch: source },
      { name: "shop", branch: target }
    ])
    expect(
      await rows(`select field, after from history
        where account_id = '${target}' and field in ('operators', 'keys') order by field`)
    ).toEqual([
      { field: "keys", after: ["shop"] },
      { field: "operators", after: ["rita"] }
    ])
  })

  it("moves everything, deactivates what goes, and keeps each step in the history", async () => {
    await runtime.runPromise(Effect.all([addInstance(1), addInstance(2)]))
    const reseller = await add(10, "reseller", null)
    const [source, target] = [
      await add(1, "customer", reseller, { phone: "030 1", customFields: { erp: "1" } }),
      await add(2, "customer", null, { customFields: { erp: "2" } })
    ]
    const below = await add(3, "affiliate", source, { billToId: source })
    await sell(1, [
      [1, 1],
      [1, 2]
    ])
    await sell(2, [[2, 3]])
    await people(source, [{ ...person(1), roles: ["primary"] }, person(2)])
    await people(target, [{ ...person(2), roles: ["primary"] }])

    const before = await state()
    const dry = await merge(source, target, true)
    expect(await state()).toEqual(before)
    const told = {
      refusals: [],
      tenants: 1,
      subscriptions: 2,
      contacts: 2,
      contactsJoined: 1,
      accounts: 1,
      agreements: 0,
      filled: ["phone"],
      conflicts: [{ field: "customFields.erp", source: "1", target: "2" }],
      operators: 0,
      keys: 0,
      priceListsLeft: 0,
      resellerBefore: { id: reseller },
      resellerAfter: null
    }
    expect(dry).toMatchObject({
      success: { ...told, source: { active: true }, target: { phone: null } }
    })

    const done = await merge(source, target)
    expect(done).toMatchObject({
      success: {
        ...told,
        source: { id: source, active: false, tenants: [], phone: "030 1" },
        target: { id: target, phone: "030 1", customFields: { erp: "2" } }
      }
    })
    if (done._tag === "Failure") throw done.failure
    expect(done.success.target.tenants.map(({ instanceId: at }) => at)).toEqual([
      instanceId(1),
      instanceId(2)
    ])
    expect(await rows("select distinct account_id from subscription")).toEqual([
      { account_id: target }
    ])
    expect(await use((accounts) => accounts.get(below, null))).toMatchObject({
      success: { parentId: target, billToId: target, version: 2 }
    })
    expect(await use((accounts) => accounts.contacts(target, null))).toMatchObject({
      success: {
        contacts: [
          { name: "Person 2", roles: ["primary"] },
          { name: "Person 1", roles: [] }
        ]
      }
    })
    expect(await crooked()).toEqual([])
    const logged = await rows<{ account_id: string; field: string; count: number }>(
      `select account_id, field, count(*)::int as count from history
        where cause = 'account merge' and actor = 'key:test' and correlation_id = 'c'
        group by account_id, field order by account_id, field`
    )
    expect(logged).toEqual([
      { account_id: source, field: "active", count: 1 },
      { account_id: source, field: "contacts", count: 1 },
      { account_id: source, field: "mergedInto", count: 1 },
      { account_id: target, field: "account", count: 3 },
      { account_id: target, field: "contacts", count: 1 },
      { account_id: target, field: "mergedFrom", count: 1 },
      { account_id: target, field: "phone", count: 1 },
      { account_id: below, field: "billToId", count: 1 },
      { account_id: below, field: "parent", count: 1 }
    ])
    // What goes is found no more by its tenant's domain.
    const found = await use((accounts) =>
      accounts.search("customer1.example", null, { cursor: undefined, limit: 10 })
    )
    expect(found).toMatchObject({ success: { items: [{ id: target }] } })
  })

  it("that is refused changes nothing, and a dry run names everything that forbids it", async () => {
    await runtime.runPromise(addInstance(1))
    const country = await add(20, "organisation", null)
    const [one, two] = [await add(1, "customer", null), await add(2, "customer", country)]
    await sell(1, [
      [1, 1],
      [2, 2]
    ])
    const before = await state()
    const refused = await merge(one, two)
    expect(refused).toMatchObject({ failure: { _tag: "AccountRefused", field: "into" } })
    expect(await state()).toEqual(before)
    expect(await merge(one, two, true)).toMatchObject({
      success: {
        refusals: [
          { field: "into", reason: expect.stringContaining("another organisation") },
          { field: "tenants", reason: expect.stringContaining("instance-1") }
        ]
      }
    })
  })

  it("leaves nobody with a bill that goes to somebody who is not above", async () => {
    const [r1, r2] = [await add(10, "reseller", null), await add(11, "reseller", null)]
    const [one, two] = [await add(1, "customer", r1), await add(2, "customer", r2)]
    await add(3, "affiliate", one, { billToId: r1 })
    expect(await merge(one, two)).toMatchObject({ failure: { field: "billToId" } })
    // Both resellers become one first: then it does.
    expect(await merge(r1, r2)).toMatchObject({ success: { accounts: 2 } })
    expect(await merge(one, two)).toMatchObject({ success: { accounts: 1 } })
    expect(await crooked()).toEqual([])
    expect(
      await rows("select field from history where cause = 'account merge' and field = 'billToId'")
    ).toHaveLength(1)
  })

  it("takes the sync options of a tenant along, keeps the target's where there is none, and waits for one that is being made", async () => {
    await runtime.runPromise(Effect.all([addInstance(1), addInstance(2), addInstance(3)]))
    const [one, two] = [await add(1, "customer", null), await add(2, "customer", null)]
    await sell(1, [[1, 1]])
    const option = (account: AccountId, instance: number, domain: string) =>
      rows(`insert into sync_option (account_id, instance_id, domain_prefix, version)
        values ('${account}', '${instanceId(instance)}', '${domain}', 1)`)
    await option(one, 1, "source")
    await option(two, 1, "target")
    await option(one, 2, "source")
    await option(two, 2, "target")
    await option(one, 3, "source")
    const process = (status: string) =>
      rows(`insert into synchronization (id, account_id, instance_id, environment, mode, status, stage, asker,
          user_name, domain, request_id, confirmed, looks, problems, suggestions, requested_by, correlation_id,
          created_at, version)
        values (gen_random_uuid(), '${one}', '${instanceId(3)}', 'primary', 'create', '${status}', 'x', 'x',
          'admin', 'x', gen_random_uuid(), false, 0, '[]', '{}', 'key:test', 'c', now(), 1)`)
    await process("in-progress")
    expect(await merge(one, two)).toMatchObject({
      failure: { field: "tenants", reason: expect.stringContaining("instance-3") }
    })
    await rows("update synchronization set status = 'failed', sent_at = now()")
    expect(await merge(one, two)).toMatchObject({ failure: { field: "tenants" } })
    await rows("update synchronization set sent_at = null")
    expect(await merge(one, two)).toMatchObject({ _tag: "Success" })
    expect(
      await rows(
        `select instance_id, domain_prefix from sync_option where account_id = '${two}' order by instance_id`
      )
    ).toEqual([
      { instance_id: instanceId(1), domain_prefix: "source" },
      { instance_id: instanceId(2), domain_prefix: "target" },
      { instance_id: instanceId(3), domain_prefix: "source" }
    ])
    expect(await rows("select account_id, status from synchronization")).toEqual([
      { account_id: two, status: "failed" }
    ])
  })

  it("sees nothing outside the caller's branch", async () => {
    const [r1, r2] = [await add(10, "reseller", null), await add(11, "reseller", null)]
    const [one, two] = [await add(1, "customer", r1), await add(2, "customer", r2)]
    for (const [id, into] of [
      [one, two],
      [two, one]
    ] as const)
      expect(await merge(id, into, true, r1)).toMatchObject({
        failure: { _tag: "AccountNotFound" }
      })
  })

  it("conservation: any merges of any accounts lose nothing and bend no path", async () => {
    const kinds = ["reseller", "customer", "affiliate"] as const
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            kind: fc.constantFrom(...kinds),
            below: fc.nat(20),
            subscriptions: fc.nat(2),
            people: fc.uniqueArray(fc.nat(3), { maxLength: 3 })
          }),
          { minLength: 4, maxLength: 8 }
        ),
        fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 3, maxLength: 6 }),
        async (given, merges) => {
          await runtime.runPromise(clear)
          await runtime.runPromise(Effect.all([addInstance(1), addInstance(2)]))
          const ids: Array<AccountId> = []
          const parents = new Map<AccountKind, Array<AccountId | null>>([
            ["reseller", [null]],
            ["customer", [null]],
            ["affiliate", []]
          ])
          for (const [n, { kind, below, subscriptions, people: some }] of given.entries()) {
            const above = parents.get(kind) ?? []
            const parent = above[below % Math.max(1, above.length)]
            if (parent === undefined) continue
            const id = await add(n + 1, kind, parent)
            ids.push(id)
            if (kind === "reseller")
              for (const k of ["customer", "affiliate"] as const) parents.get(k)?.push(id)
            if (kind === "customer") parents.get("affiliate")?.push(id)
            if (kind !== "reseller" && subscriptions > 0)
              await sell(
                1 + (n % 2),
                Array.from({ length: subscriptions }, (_, i) => [n + 1, n * 10 + i] as const)
              )
            if (some.length > 0) await people(id, some.map(person))
          }
          const before = await totals()
          for (const [a, b] of merges) {
            const [id, into] = [ids[a % ids.length], ids[b % ids.length]]
            if (id === undefined || into === undefined) continue
            const dry = await merge(id, into, true)
            const outcome = await merge(id, into)
            const allowed = dry._tag === "Success" && dry.success.refusals.length === 0
            expect(outcome._tag).toBe(allowed ? "Success" : "Failure")
          }
          expect(await totals()).toEqual(before)
          expect(await crooked()).toEqual([])
          // What has gone holds nothing; what is left is held by accounts that are there.
          expect(
            await rows(`
              select from account gone where not active and (
                exists (select from subscription where account_id = gone.id)
                or exists (select from account_tenant where account_id = gone.id)
                or exists (select from account_contact where account_id = gone.id)
                or exists (select from account where parent_id = gone.id and active))`)
          ).toEqual([])
          expect(
            await rows(`
              select from account_tenant group by account_id, instance_id having count(*) > 1`)
          ).toEqual([])
        }
      ),
      { numRuns: 8 }
    )
  }, 60_000)
})
