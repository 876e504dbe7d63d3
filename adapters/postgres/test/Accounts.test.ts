import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import { Cause, Effect, Exit, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { InvalidCursor } from "../src/Keyset.ts"
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

const named = (n: number, name: string) => ({ account: { code: `C-${n}`, name } })
beforeAll(() =>
  runtime.runPromise(
    clear.pipe(
      Effect.andThen(addInstance(1)),
      Effect.andThen(
        Book.use((book) =>
          book.apply(
            instanceId(1),
            [
              line(1, 1, { ...named(1, "beta 100%"), reseller: reseller(1) }),
              line(2, 2, { ...named(2, "Alpha"), reseller: reseller(1) }),
              line(3, 3, { ...named(3, "Beta 100_"), reseller: reseller(2) }),
              // Three of one name, so that the id decides.
              ...[4, 5, 6].map((n) => line(n, n, named(n, "Same")))
            ],
            { dryRun: false, actor: "test", correlationId: "" }
          )
        )
      )
    )
  )
)

const search = (
  q: string | undefined,
  branch: AccountId | null = null,
  cursor: string | undefined = undefined,
  limit = 50
) => runtime.runPromise(Accounts.use((accounts) => accounts.search(q, branch, { cursor, limit })))
const codes = async (...of: Parameters<typeof search>) =>
  (await search(...of)).items.map(({ code }) => code)
const idOf = async (code: string) => (await search(code)).items[0]?.id ?? accountId(0)

describe("a search", () => {
  it("finds a part of a name, code, domain or tenant id, whatever the case", async () => {
    expect(await codes("BETA")).toEqual(["C-1", "C-3"])
    expect(await codes("c-2")).toEqual(["C-2"])
    expect(await codes("customer3.EXAMPLE")).toEqual(["C-3"])
    expect(await codes(tenantId(2).toUpperCase())).toEqual(["C-2"])
    expect(await codes("nobody")).toEqual([])
  })

  it("takes signs of patterns as they are", async () => {
    expect(await codes("100%")).toEqual(["C-1"])
    expect(await codes("100_")).toEqual(["C-3"])
    expect(await codes("\\")).toEqual([])
  })

  it("shows a branch itself and what is below it, and nothing of its neighbours", async () => {
    const one = await idOf("R-1")
    expect(await codes(undefined, one)).toEqual(["C-2", "C-1", "R-1"])
    expect(await codes("Beta", one)).toEqual(["C-1"])
    expect(await codes("C-3", one)).toEqual([])
  })

  it("has every account on exactly one page, in the order of names, also when accounts come and go", async () => {
    const whole = (await search(undefined)).items.map(({ id }) => id)
    expect(whole.length).toBe(9)
    const pages: Array<AccountId> = []
    let cursor: string | undefined
    do {
      const page = await search(undefined, null, cursor, 2)
      expect(page.items.length).toBeGreaterThan(0)
      pages.push(...page.items.map(({ id }) => id))
      cursor = page.next ?? undefined
      // One that sorts before everything that is still to come.
      await runtime.runPromise(
        rowsOf(`insert into account (id, parent_id, ancestors, kind, name, code)
          select id, root, array[root, id], 'customer', 'AAA', 'A-' || id
          from (select gen_random_uuid() as id, (select id from account where kind = 'organisation') as root) new`)
      )
    } while (cursor !== undefined)
    await runtime.runPromise(rowsOf("delete from account where name = 'AAA'"))
    expect(pages).toEqual(whole)
  })

  it("says so when it is given a cursor that it never gave", async () => {
    for (const cursor of ["x", "e30", Buffer.from('{"name":1}').toString("base64url")]) {
      const exit = await runtime.runPromiseExit(
        Accounts.use((accounts) => accounts.search(undefined, null, { cursor, limit: 1 }))
      )
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBeInstanceOf(InvalidCursor)
    }
  })
})

describe("an account", () => {
  const get = (id: AccountId, branch: AccountId | null) =>
    runtime.runPromise(Effect.result(Accounts.use((accounts) => accounts.get(id, branch))))
  it("is shown with its tenants", async () => {
    expect(await get(await idOf("C-1"), null)).toMatchObject({
      success: {
        code: "C-1",
        kind: "customer",
        parentId: await idOf("R-1"),
        mpnId: null,
        tenants: [{ instanceId: instanceId(1), tenantId: tenantId(1), domain: "customer1.example" }]
      }
    })
  })
  it("does not exist outside the branch, nor above it", async () => {
    const [one, two] = [await idOf("R-1"), await idOf("R-2")]
    expect(await get(await idOf("C-1"), one)).toMatchObject({ _tag: "Success" })
    for (const id of [await idOf("C-3"), two, await idOf("organisation"), accountId(77)])
      expect(await get(id, one)).toMatchObject({ failure: { _tag: "AccountNotFound" } })
  })
})
