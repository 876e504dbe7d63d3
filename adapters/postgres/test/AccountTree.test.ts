import {
  type Account,
  type AccountId,
  type AccountKind,
  noCredit
} from "@concordat/core/account/Account"
import { AccountNotFound, Accounts, type NewAccount } from "@concordat/core/account/Accounts"
import { ancestorsAfter, mayContain } from "@concordat/core/account/AccountTree"
import { Book } from "@concordat/core/book/Book"
import { Cause, Effect, Exit, ManagedRuntime } from "effect"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  accountId,
  addInstance,
  clear,
  instanceId,
  line,
  repositories,
  reseller,
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

const fresh = (n: number, kind: AccountKind, parentId: AccountId | null): NewAccount => ({
  id: accountId(n),
  parentId,
  kind,
  name: `${kind} ${n}`,
  code: `N-${n}`,
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
  customFields: {}
})
const add = async (
  n: number,
  kind: AccountKind,
  parentId: AccountId | null,
  given: Partial<NewAccount> = {}
): Promise<AccountId> => {
  const made = await use((accounts) =>
    accounts.add({ ...fresh(n, kind, parentId), ...given }, null, cause)
  )
  if (made._tag === "Failure") throw new Error(made.failure.message)
  return made.success.id
}

/** Every account's path, and the path that follows from its parents. */
const crooked = () =>
  rows(`
    with recursive tree as (
      select id, array[id] as path from account where parent_id is null
      union all
      select account.id, tree.path || account.id from account join tree on account.parent_id = tree.id
    )
    select account.code, account.ancestors, tree.path from account left join tree using (id)
    where tree.path is null or account.ancestors <> tree.path`)

describe("the tree", () => {
  const kinds: ReadonlyArray<AccountKind> = ["organisation", "reseller", "customer", "affiliate"]

  it("has no circle and right ancestors after any moves, and no caller reaches outside its branch", async () => {
    const aStep = fc.record({ what: fc.nat(20), where: fc.nat(20), caller: fc.nat(20) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), below: fc.nat(20) }), {
          minLength: 3,
          maxLength: 12
        }),
        fc.array(aStep, { minLength: 4, maxLength: 10 }),
        async (given, steps) => {
          await runtime.runPromise(clear)
          const root = await add(0, "organisation", null)
          // The model: ancestors by account, kept by the pure rule.
          const model = new Map<AccountId, { kind: AccountKind; path: ReadonlyArray<AccountId> }>()
          const [found] = await rows<{ id: AccountId }>(
            "select id from account where parent_id is null"
          )
          const top = found?.id ?? root
          model.set(top, { kind: "organisation", path: [top] })
          model.set(root, { kind: "organisation", path: [top, root] })
          for (const [n, { kind, below }] of given.entries()) {
            const parents = [...model].filter(([, parent]) => mayContain(parent.kind, kind))
            const parent = parents[below % Math.max(1, parents.length)]
            if (parent === undefined) continue
            const id = await add(n + 1, kind, parent[0])
            model.set(id, { kind, path: [...parent[1].path, id] })
          }
          for (const { what, where, caller } of steps) {
            const ids = [...model.keys()]
            const pick = (n: number) => ids[n % ids.length] ?? top
            const [moved, target, branch] = [pick(what), pick(where), pick(caller)]
            const seen = (id: AccountId) => model.get(id)?.path.includes(branch) === true
            const outcome = await use((accounts) =>
              accounts.move(moved, target, branch, false, cause)
            )
            const [from, to] = [model.get(moved), model.get(target)]
            if (from === undefined || to === undefined) throw new Error("not in the model")
            if (!seen(moved) || !seen(target)) {
              expect(outcome).toMatchObject({ failure: { _tag: "AccountNotFound" } })
              continue
            }
            const fits = moved !== top && !to.path.includes(moved) && mayContain(to.kind, from.kind)
            expect(outcome._tag).toBe(fits ? "Success" : "Failure")
            if (fits)
              for (const [id, held] of model)
                if (held.path.includes(moved))
                  model.set(id, { ...held, path: ancestorsAfter(held.path, moved, to.path) })
            const visible = await use((accounts) =>
              accounts.search(undefined, branch, { cursor: undefined, limit: 100 })
            )
            if (visible._tag === "Failure") throw new Error("a search cannot fail")
            expect(visible.success.items.map(({ id }) => id).sort()).toEqual(
              ids.filter(seen).sort()
            )
          }
          expect(await crooked()).toEqual([])
          const held = await rows<{ id: AccountId; ancestors: ReadonlyArray<AccountId> }>(
            "select id, ancestors from account"
          )
          expect(new Map(held.map(({ id, ancestors }) => [id, ancestors]))).toEqual(
            new Map([...model].map(([id, { path }]) => [id, path]))
          )
        }
      ),
      { numRuns: 15 }
    )
  }, 120_000)

  it("stays whole when branches move into each other, and accounts are added below, at one time", async () => {
    const [a, b] = [await add(1, "organisation", null), await add(2, "organisation", null)]
    const resellers = await Promise.all(
      [10, 11, 12, 13].map((n) => add(n, "reseller", n % 2 === 0 ? a : b))
    )
    const moves = [
      () => use((accounts) => accounts.move(a, b, null, false, cause)),
      () => use((accounts) => accounts.move(b, a, null, false, cause)),
      ...resellers.flatMap((id, n) => [
        () => use((accounts) => accounts.move(id, n % 2 === 0 ? b : a, null, false, cause)),
        () => use((accounts) => accounts.add(fresh(100 + n, "customer", id), null, cause))
      ])
    ]
    const outcomes = await Promise.all(moves.map((move) => move()))
    // One of the two that move into each other comes second, and would make a circle.
    expect(
      outcomes
        .slice(0, 2)
        .map(({ _tag }) => _tag)
        .sort()
    ).toEqual(["Failure", "Success"])
    expect(outcomes.slice(2).every(({ _tag }) => _tag === "Success")).toBe(true)
    expect(await crooked()).toEqual([])
    expect((await rows("select from account")).length).toBe(11)
  })
})

describe("a move", () => {
  it("says beforehand what it changes, and is kept in the history when it is done", async () => {
    const [r1, r2] = [await add(1, "reseller", null), await add(2, "reseller", null)]
    const customer = await add(3, "customer", r1)
    await add(4, "affiliate", customer)
    const dry = await use((accounts) => accounts.move(customer, r2, null, true, cause))
    expect(dry).toMatchObject({
      success: {
        account: { parentId: r1, version: 1 },
        from: [{ name: "Organisation" }, { id: r1 }],
        to: [{ name: "Organisation" }, { id: r2 }],
        accounts: 2,
        subscriptions: 0,
        resellerBefore: { id: r1 },
        resellerAfter: { id: r2 }
      }
    })
    const logged = () =>
      rows("select field, before, after from history where cause = 'account move'")
    expect(await logged()).toEqual([])
    expect(await use((accounts) => accounts.move(customer, r2, null, false, cause))).toMatchObject({
      success: { account: { parentId: r2, version: 2 } }
    })
    expect(await logged()).toEqual([{ field: "parent", before: r1, after: r2 }])
  })

  it("is refused while somebody in the branch is billed to an account that it leaves", async () => {
    const [r1, r2] = [await add(1, "reseller", null), await add(2, "reseller", null)]
    const customer = await add(3, "customer", r1)
    await add(4, "affiliate", customer, { billToId: r1 })
    expect(await use((accounts) => accounts.move(customer, r2, null, false, cause))).toMatchObject({
      failure: { _tag: "AccountRefused", field: "billToId" }
    })
  })

  it("tells a caller nothing of what lies above its root", async () => {
    const r1 = await add(1, "reseller", null)
    const [one, two] = [await add(2, "customer", r1), await add(3, "customer", r1)]
    const affiliate = await add(4, "affiliate", one)
    const moved = await use((accounts) => accounts.move(affiliate, two, r1, true, cause))
    expect(moved).toMatchObject({
      success: { from: [{ id: r1 }, { id: one }], to: [{ id: r1 }, { id: two }] }
    })
  })
})

describe("an account", () => {
  const found = async (q: string) => {
    const page = await use((accounts) => accounts.search(q, null, { cursor: undefined, limit: 50 }))
    return page._tag === "Success" ? page.success.items.map(({ code }) => code) : []
  }

  it("is read as it was made, and found by its e-mail address, whatever signs its name has", async () => {
    const hostile = "=HYPERLINK('x')\u202E \"; drop table account; -- <b>%_\\"
    const id = await add(1, "reseller", null, { name: hostile, email: "Office@Fabrikam.example" })
    const read = await use((accounts) => accounts.get(id, null))
    expect(read).toMatchObject({ success: { name: hostile, edition: "basic", version: 1 } })
    expect(await found("office@fabrikam")).toEqual(["N-1"])
    expect(await found("%_\\")).toEqual(["N-1"])
    expect(await found("; drop table")).toEqual(["N-1"])
  })

  it("is found by its new name and its new domain, and not by the old ones", async () => {
    await runtime.runPromise(
      addInstance(1).pipe(
        Effect.andThen(
          Book.use((book) => book.apply(instanceId(1), [line(1, 1)], { ...cause, dryRun: false }))
        )
      )
    )
    expect(await found(tenantId(1))).toEqual(["C-1"])
    await rows("update account_tenant set domain = 'changed.example'")
    expect([await found("customer1.example"), await found("changed.example")]).toEqual([
      [],
      ["C-1"]
    ])
    const [row] = await rows<{ id: AccountId }>("select id from account where code = 'C-1'")
    const id = row?.id ?? accountId(0)
    await use((accounts) => accounts.update(id, null, 1, { name: "Newly Named" }, cause))
    expect([await found("Customer 1"), await found("newly NAMED")]).toEqual([[], ["C-1"]])
    await rows("delete from account_tenant")
    expect(await found("changed.example")).toEqual([])
  })

  it("is changed only by who has read the version that is there, and every field is in the history", async () => {
    const id = await add(1, "customer", null, { email: "a@b.example" })
    const change = { name: "Other", email: null, creditLimit: { kind: "unlimited" } } as const
    expect(await use((accounts) => accounts.update(id, null, 7, change, cause))).toMatchObject({
      failure: { _tag: "StaleVersion" }
    })
    expect(await use((accounts) => accounts.update(id, null, 1, change, cause))).toMatchObject({
      success: { name: "Other", email: null, creditLimit: { kind: "unlimited" }, version: 2 }
    })
    expect(
      await rows(
        "select actor, field, before, after from history where cause = 'account change' order by id"
      )
    ).toEqual([
      { actor: "key:test", field: "name", before: "customer 1", after: "Other" },
      { actor: "key:test", field: "email", before: "a@b.example", after: null },
      {
        actor: "key:test",
        field: "creditLimit",
        before: { kind: "limited", amount: "0" },
        after: { kind: "unlimited" }
      }
    ])
    const same = await use((accounts) => accounts.update(id, null, 2, change, cause))
    expect(same).toMatchObject({ success: { version: 2 } })
  })

  it("has a code of its own, also when two are made at one time", async () => {
    const above = await add(5, "reseller", null)
    const both = await Promise.all(
      [1, 2].map((n) =>
        use((accounts) =>
          accounts.add({ ...fresh(n, "customer", above), code: "SAME" }, null, cause)
        )
      )
    )
    expect(both.map(({ _tag }) => _tag).sort()).toEqual(["Failure", "Success"])
    expect(both.find(({ _tag }) => _tag === "Failure")).toMatchObject({
      failure: { _tag: "AccountCodeTaken", code: "SAME" }
    })
  })

  it("is billed to an account above it that the caller knows, and to no other", async () => {
    const [r1, r2] = [await add(1, "reseller", null), await add(2, "reseller", null)]
    const id = await add(3, "customer", r1)
    const bill = (billToId: AccountId, branch: AccountId | null) =>
      use((accounts) => accounts.update(id, branch, 1, { billToId }, cause))
    const [root] = await rows<{ id: AccountId }>("select id from account where parent_id is null")
    expect(await bill(r2, null)).toMatchObject({ failure: { field: "billToId" } })
    expect(await bill(root?.id ?? r2, r1)).toMatchObject({ failure: { field: "billToId" } })
    expect(await bill(root?.id ?? r2, null)).toMatchObject({ success: { billToId: root?.id } })
    // Who is billed lies above the reseller, who is not told.
    expect(await use((accounts) => accounts.get(id, r1))).toMatchObject({
      success: { billToId: null }
    })
  })

  it("is deactivated only when nothing runs below it, and activated only below an active one", async () => {
    await runtime.runPromise(
      addInstance(1).pipe(
        Effect.andThen(
          Book.use((book) =>
            book.apply(instanceId(1), [line(1, 1, { reseller: reseller(1) })], {
              ...cause,
              dryRun: false
            })
          )
        )
      )
    )
    const ids = new Map(
      (await rows<Pick<Account, "id" | "code">>("select id, code from account")).map((row) => [
        row.code,
        row.id
      ])
    )
    const [above, below] = [ids.get("R-1") ?? accountId(0), ids.get("C-1") ?? accountId(0)]
    const set = (id: AccountId, active: boolean) =>
      use((accounts) => accounts.setActive(id, null, active, cause))
    expect(await set(above, false)).toMatchObject({
      failure: { _tag: "AccountInUse", subscriptions: 1, accounts: 1 }
    })
    await rows(`update subscription set terms = '{"status": "deleted"}'`)
    expect(await set(below, false)).toMatchObject({ success: { active: false } })
    expect(await set(above, false)).toMatchObject({ success: { active: false } })
    expect(await set(below, true)).toMatchObject({ failure: { field: "active" } })
    expect(
      await use((accounts) => accounts.add(fresh(9, "customer", above), null, cause))
    ).toMatchObject({ failure: { field: "parentId" } })
    expect(await set(above, true)).toMatchObject({ success: { active: true } })
  })

  it("steps to another edition and back with everything that it had", async () => {
    const id = await add(1, "reseller", null, { customFields: { alias: "shop.example" } })
    const before = await rows(`select * from account where id = '${id}'`)
    for (const edition of ["professional", "basic"] as const)
      expect(
        await use((accounts) => accounts.setEdition(id, null, edition, false, cause))
      ).toMatchObject({ success: { account: { edition } } })
    const after = await rows(`select * from account where id = '${id}'`)
    expect(after).toEqual(before.map((row) => ({ ...row, version: 3 })))
    const customer = await add(2, "customer", id)
    expect(
      await use((accounts) => accounts.setEdition(customer, null, "basic", true, cause))
    ).toMatchObject({ failure: { field: "edition" } })
  })

  it("keeps its contacts in their order, and a stale list is refused", async () => {
    const id = await add(1, "customer", null)
    const contact = (name: string, roles: ReadonlyArray<"primary" | "bill-to">) => ({
      name,
      email: `${name}@b.example`,
      phone: null,
      roles
    })
    const people = [contact("zoe", ["primary", "bill-to"]), contact("adam", [])]
    const put = (version: number) =>
      use((accounts) => accounts.putContacts(id, null, version, people, cause))
    expect(await put(1)).toMatchObject({ success: { version: 2 } })
    expect(await put(1)).toMatchObject({ failure: { _tag: "StaleVersion" } })
    expect(await put(2)).toMatchObject({ success: { version: 2 } })
    expect(await use((accounts) => accounts.contacts(id, null))).toMatchObject({
      success: { contacts: people }
    })
  })
})

describe("a neighbour's account", () => {
  it("does not exist for any operation", async () => {
    const [mine, other] = [await add(1, "reseller", null), await add(2, "reseller", null)]
    const theirs = await add(3, "customer", other)
    const own = await add(4, "customer", mine)
    const attempts: ReadonlyArray<(accounts: Port) => Effect.Effect<unknown, unknown>> = [
      (accounts) => accounts.get(theirs, mine),
      (accounts) => accounts.update(theirs, mine, 1, { name: "x" }, cause),
      (accounts) => accounts.move(theirs, mine, mine, false, cause),
      (accounts) => accounts.move(own, other, mine, false, cause),
      (accounts) => accounts.setActive(theirs, mine, false, cause),
      (accounts) => accounts.setEdition(other, mine, "standard", false, cause),
      (accounts) => accounts.contacts(theirs, mine),
      (accounts) => accounts.putContacts(theirs, mine, 1, [], cause),
      (accounts) => accounts.add(fresh(9, "customer", other), mine, cause)
    ]
    for (const attempt of attempts) {
      const exit = await runtime.runPromiseExit(Accounts.use(attempt))
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBeInstanceOf(AccountNotFound)
    }
  })
})
