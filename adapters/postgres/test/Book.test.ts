import { Book, type BookRefused } from "@concordat/core/book/Book"
import type { BookLine } from "@concordat/core/book/BookLine"
import { MpnId } from "@concordat/core/instance/Instance"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  addInstance,
  clear,
  euros,
  instanceId,
  line,
  microsoftId,
  repositories,
  reseller,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(Effect.andThen(clear, addInstance(1))))

const options = { dryRun: false, actor: "key:import", correlationId: "c-1" }
const apply = (lines: ReadonlyArray<BookLine>, given: Partial<typeof options> = {}, at = 1) =>
  runtime.runPromise(
    Book.use((book) => book.apply(instanceId(at), lines, { ...options, ...given }))
  )
const refusal = (lines: ReadonlyArray<BookLine>): Promise<BookRefused> =>
  runtime.runPromise(Effect.flip(Book.use((book) => book.apply(instanceId(1), lines, options))))
const rows = (text: string) => runtime.runPromise(rowsOf(text))
/** Everything that the book holds, with the transaction that wrote it. */
const written = () =>
  rows(`
    select id::text, xmin::text, to_jsonb(s) as is from subscription s
    union all select id::text, xmin::text, to_jsonb(a) from account a
    union all select tenant_id::text, xmin::text, to_jsonb(t) from account_tenant t
    union all select id::text, xmin::text, to_jsonb(h) from history h order by 1`)
const nothing = {
  environment: "primary",
  accountsAdded: 0,
  accountsChanged: 0,
  tenantsLinked: 0,
  subscriptionsAdded: 0,
  subscriptionsChanged: 0,
  subscriptionsUnchanged: 0,
  subscriptionsNotListed: 0
}

const list = [
  line(1, 1, { reseller: { ...reseller(1), mpnId: MpnId.make("4711001") } }),
  line(1, 2, {
    reseller: { ...reseller(1), mpnId: MpnId.make("4711001") },
    parentReference: "S-1"
  }),
  line(2, 3)
]

describe("an import", () => {
  it("makes accounts under resellers under the one organisation, links tenants, adds subscriptions", async () => {
    expect(await apply(list)).toEqual({
      ...nothing,
      accountsAdded: 3,
      tenantsLinked: 2,
      subscriptionsAdded: 3
    })
    expect(
      await rows(`
        select a.code, a.kind, a.mpn_id, p.code as above, array(select code from account x
          where x.id = any(a.ancestors) order by array_position(a.ancestors, x.id)) as path
        from account a left join account p on p.id = a.parent_id order by a.code`)
    ).toEqual([
      {
        code: "C-1",
        kind: "customer",
        mpn_id: null,
        above: "R-1",
        path: ["organisation", "R-1", "C-1"]
      },
      {
        code: "C-2",
        kind: "customer",
        mpn_id: null,
        above: "organisation",
        path: ["organisation", "C-2"]
      },
      {
        code: "R-1",
        kind: "reseller",
        mpn_id: "4711001",
        above: "organisation",
        path: ["organisation", "R-1"]
      },
      {
        code: "organisation",
        kind: "organisation",
        mpn_id: null,
        above: null,
        path: ["organisation"]
      }
    ])
    expect(
      await rows(`
        select s.reference, p.reference as parent, s.is_addon, s.unit_price, s.currency, a.code
        from subscription s left join subscription p on p.id = s.parent_id
        join account a on a.id = s.account_id order by 1`)
    ).toEqual([
      {
        reference: "S-1",
        parent: null,
        is_addon: false,
        unit_price: "20.6",
        currency: "EUR",
        code: "C-1"
      },
      {
        reference: "S-2",
        parent: "S-1",
        is_addon: true,
        unit_price: "20.6",
        currency: "EUR",
        code: "C-1"
      },
      {
        reference: "S-3",
        parent: null,
        is_addon: false,
        unit_price: "20.6",
        currency: "EUR",
        code: "C-2"
      }
    ])
  })

  it("writes nothing the second time, and says that everything is unchanged", async () => {
    await apply(list)
    const before = await written()
    expect(await apply(list)).toEqual({ ...nothing, subscriptionsUnchanged: 3 })
    expect(await written()).toEqual(before)
  })

  it("keeps nothing on a dry run and counts the same", async () => {
    const before = await written()
    const dry = await apply(list, { dryRun: true })
    expect(await written()).toEqual(before)
    expect(dry).toEqual(await apply(list))
  })

  it("keeps nothing of a dry run within a larger transaction, which goes on", async () => {
    const program = UnitOfWork.use((unit) =>
      unit.within(
        Book.use((book) =>
          Effect.andThen(
            book.apply(instanceId(1), [line(1, 1)], { ...options, dryRun: true }),
            book.apply(instanceId(1), [line(2, 2)], options)
          )
        )
      )
    )
    expect(await runtime.runPromise(program)).toMatchObject({ subscriptionsAdded: 1 })
    expect(await rows("select reference from subscription")).toEqual([{ reference: "S-2" }])
  })

  it("changes what differs, field by field in the history, one version on", async () => {
    await apply(list)
    const last = await rows("select max(id) as id from history")
    const changed = line(2, 3, {
      terms: { ...line(2, 3).terms, quantity: 12, term: undefined },
      unitPrice: euros("21.00"),
      microsoftId: microsoftId(9)
    })
    expect(await apply([changed], { correlationId: "c-2" })).toEqual({
      ...nothing,
      subscriptionsChanged: 1,
      subscriptionsNotListed: 2
    })
    expect(
      await rows(`select side, field, before, after, actor, correlation_id from history
        where id > ${last[0]?.["id"]} order by field`)
    ).toEqual(
      [
        { field: "microsoftId", before: microsoftId(3), after: microsoftId(9) },
        { field: "quantity", before: 10, after: 12 },
        { field: "term", before: "P1Y", after: null },
        {
          field: "unitPrice",
          before: { amount: 20.6, currency: "EUR" },
          after: { amount: 21, currency: "EUR" }
        }
      ].map((entry) => ({
        ...entry,
        side: "desired",
        actor: "key:import",
        correlation_id: "c-2"
      }))
    )
    expect(await rows("select reference, version from subscription order by 1")).toEqual([
      { reference: "S-1", version: 1 },
      { reference: "S-2", version: 1 },
      { reference: "S-3", version: 2 }
    ])
  })

  it("tells a field that is not kept from one that is none", async () => {
    await apply([
      line(1, 1, { terms: { ...line(1, 1).terms, commitmentEnd: null, term: undefined } })
    ])
    expect(
      await rows(
        "select terms::jsonb ? 'term' as term, terms::jsonb ? 'commitmentEnd' as ends from subscription"
      )
    ).toEqual([{ term: false, ends: true }])
  })

  it("moves an account to another reseller with everything below it", async () => {
    await apply([line(1, 1, { reseller: reseller(1) })])
    await rows(`insert into account (id, parent_id, ancestors, kind, name, code)
      select '00000005-0000-4000-8000-000000000001', id,
        ancestors || '00000005-0000-4000-8000-000000000001'::uuid, 'affiliate', 'Branch', 'A-1'
      from account where code = 'C-1'`)
    expect(await apply([line(1, 1, { reseller: reseller(2) })])).toMatchObject({
      accountsAdded: 1,
      accountsChanged: 1,
      subscriptionsUnchanged: 1
    })
    expect(
      await rows(`select array(select code from account x where x.id = any(a.ancestors)
        order by array_position(a.ancestors, x.id)) as path from account a where code = 'A-1'`)
    ).toEqual([{ path: ["organisation", "R-2", "C-1", "A-1"] }])
  })

  it("leaves resellers and parents as they are when the list does not have their columns", async () => {
    await apply([
      line(1, 1, { reseller: reseller(1) }),
      line(1, 2, { reseller: reseller(1), parentReference: "S-1" })
    ])
    const unnamed = { reseller: undefined, parentReference: undefined }
    expect(await apply([line(1, 1, unnamed), line(1, 2, unnamed)])).toEqual({
      ...nothing,
      subscriptionsUnchanged: 2
    })
    await apply([line(1, 3, unnamed)])
    expect(
      await rows(`select reference, is_addon, keeps_parent from subscription order by reference`)
    ).toEqual([
      { reference: "S-1", is_addon: false, keeps_parent: true },
      { reference: "S-2", is_addon: true, keeps_parent: true },
      { reference: "S-3", is_addon: false, keeps_parent: false }
    ])
    expect(
      await rows(`select p.code from account a join account p on p.id = a.parent_id
        where a.code = 'C-1'`)
    ).toEqual([{ code: "R-1" }])
  })

  it("finds a parent that an earlier list brought", async () => {
    await apply([line(1, 1)])
    await apply([line(1, 2, { parentReference: "S-1" })])
    expect(
      await rows(`select p.reference from subscription s join subscription p on p.id = s.parent_id`)
    ).toEqual([{ reference: "S-1" }])
  })

  it("lets two subscriptions be mapped to one Microsoft id, which is a finding", async () => {
    const twice = { microsoftId: microsoftId(1) }
    expect(await apply([line(1, 1, twice), line(2, 2, twice)])).toMatchObject({
      subscriptionsAdded: 2
    })
  })

  it("of two at the same time, one waits for the other", async () => {
    const both = await Promise.all([apply(list), apply(list)])
    expect(both.map((changes) => changes.subscriptionsAdded).sort()).toEqual([0, 3])
  })
})

describe("an import is refused as a whole, naming line and column, when", () => {
  const refused = async (lines: ReadonlyArray<BookLine>) => {
    const before = await written()
    const { problems } = await refusal(lines)
    expect(await written()).toEqual(before)
    return problems.map((problem) => `${problem.line} ${problem.column}: ${problem.text}`)
  }

  it("a tenant belongs to another account", async () => {
    await apply(list)
    expect(await refused([line(5, 5), line(6, 6, { tenantId: tenantId(1) })])).toEqual([
      '7 tenant_id: The tenant belongs to the account "C-1".'
    ])
  })

  it("two of its lines give a tenant to two accounts", async () => {
    expect(await refused([line(5, 5), line(6, 6, { tenantId: tenantId(5) })])).toEqual([
      '7 tenant_id: The tenant belongs to the account "C-5" on line 6.'
    ])
  })

  it("nobody knows the base subscription of an add-on, or it is another tenant's", async () => {
    await apply(list)
    expect(
      await refused([
        line(2, 7, { parentReference: "S-77" }),
        line(2, 8, { parentReference: "S-1" })
      ])
    ).toEqual([
      '8 parent_reference: Neither the list nor the book has a subscription "S-77".',
      '9 parent_reference: The subscription "S-1" belongs to another tenant.'
    ])
  })

  it("an account's code is that of an account of another kind", async () => {
    await apply(list)
    expect(
      await refused([
        line(7, 7, { account: { code: "R-1", name: "x" } }),
        line(8, 8, { reseller: { code: "C-2", name: "x", mpnId: null } }),
        line(9, 9, { account: { code: "organisation", name: "x" } })
      ])
    ).toEqual([
      '8 account_code: The account "R-1" is not a customer; its kind is reseller.',
      '9 reseller_code: The account "C-2" is not a reseller; its kind is customer.',
      '10 account_code: The account "organisation" is not a customer; its kind is organisation.'
    ])
  })

  it("a reference comes twice", async () => {
    expect(await refused([line(1, 1), line(1, 2, { reference: "S-1" })])).toEqual([
      '3 reference: The reference "S-1" is on line 2 already.'
    ])
  })
})

it("20,000 lines are imported in a few statements", async () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => line(Math.floor(at / 5) + 1, at + 1))
  const started = performance.now()
  expect(await apply(lines)).toMatchObject({ accountsAdded: 4_000, subscriptionsAdded: 20_000 })
  expect(await apply(lines)).toMatchObject({ subscriptionsUnchanged: 20_000 })
  // Row by row, this would be 90,000 round trips.
  expect(performance.now() - started).toBeLessThan(15_000)
})
