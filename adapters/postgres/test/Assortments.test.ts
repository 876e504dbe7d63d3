import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { InstanceName } from "@concordat/core/instance/Instance"
import { format } from "@concordat/core/money/Money"
import type { Buyable } from "@concordat/core/price/Assortment"
import type { AssortmentFilter } from "@concordat/core/price/Assortments"
import { Assortments } from "@concordat/core/price/Assortments"
import { mayBuy } from "@concordat/core/price/mayBuy"
import { PriceGroupId } from "@concordat/core/price/PriceGroup"
import { PriceGroups } from "@concordat/core/price/PriceGroups"
import { Market, PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { Instant } from "@concordat/core/time/Instant"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, ManagedRuntime, Result } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import type { Database } from "../src/Database.ts"
import {
  accountOf,
  cause,
  fixed,
  listed,
  offerOf,
  priceList,
  priceRepositories,
  priceWorld,
  product,
  rule
} from "./PriceWorld.ts"
import { accountId, instanceId, now, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(priceRepositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(priceWorld))

const run = runtime.runPromise
const whole = { cursor: undefined, limit: 500 }
const pageOf = (
  code: string,
  at = now,
  filter: AssortmentFilter = {},
  page: Parameters<Assortments["Service"]["page"]>[4] = whole
) =>
  Effect.gen(function* () {
    const account = yield* accountOf(code)
    return yield* (yield* Assortments).page(account, null, at, filter, page)
  })
const line = ({ name, instance, prices }: Buyable) =>
  `${instance} ${name}: ${prices.map(({ billingCycle, price }) => `${billingCycle} ${format(price)}`).join(", ")}`
const seen = async (code: string, at = now, filter: AssortmentFilter = {}) =>
  (await run(pageOf(code, at, filter))).items.map(line)

describe("what an account may buy", () => {
  it("is nothing without a price list", async () => {
    for (const code of ["organisation", "R-1", "C-1", "C-3"]) expect(await seen(code)).toEqual([])
  })

  it("are the products of its list at its prices: the annual price twelve times the monthly one", async () => {
    await run(
      listed(
        priceList("Europe"),
        [fixed(1, "9.99"), fixed(3, "30", { billingCycle: "monthly" })],
        ["C-3"]
      )
    )
    expect(await seen("C-3")).toEqual([
      "instance-1 Product 1: monthly 9.99, annual 119.88",
      "instance-1 Product 3: monthly 30.00"
    ])
  })

  it("is what its reseller's list says, unless it has one of its own; and a neighbour sees none of it", async () => {
    await run(listed(priceList("Resellers"), [fixed(1, "1")], ["R-1"]))
    const other = "instance-1 Product 1: monthly 1.00, annual 12.00"
    expect([await seen("R-1"), await seen("C-1")]).toEqual([[other], [other]])
    expect([await seen("R-2"), await seen("C-2"), await seen("C-3")]).toEqual([[], [], []])
    await run(listed(priceList("For one"), [fixed(2, "2")], ["C-1"]))
    const own = "instance-1 Product 2: monthly 2.00, annual 24.00"
    expect([await seen("R-1"), await seen("C-1")]).toEqual([[other], [own]])
  })

  it("is each account's own for all who look at the same time, also for those who may not", async () => {
    await run(listed(priceList("Resellers"), [fixed(1, "1")], ["R-1"]))
    await run(listed(priceList("Direct"), [fixed(2, "2")], ["C-3"]))
    const look = (code: string, branchCode: string | null) =>
      Effect.gen(function* () {
        const account = yield* accountOf(code)
        const branch = branchCode === null ? null : yield* accountOf(branchCode)
        const assortments = yield* Assortments
        return yield* assortments.page(account, branch, now, {}, whole).pipe(
          Effect.map(({ items }) => items.map(({ name }) => name).join()),
          Effect.catchTag("AccountNotFound", ({ _tag }) => Effect.succeed(_tag))
        )
      })
    const looks = [
      ["C-1", null, "Product 1"],
      ["C-3", "C-3", "Product 2"],
      ["C-2", null, ""],
      ["C-1", "C-3", "AccountNotFound"],
      ["C-1", "R-1", "Product 1"]
    ] as const
    const found = await run(
      Effect.all(
        [...looks, ...looks, ...looks].map(([code, branch]) => look(code, branch)),
        { concurrency: "unbounded" }
      )
    )
    const expected = looks.map(([, , name]) => name)
    expect(found).toEqual([...expected, ...expected, ...expected])
  })

  it("is nothing while its own list is not in force: the reseller's prices do not come through", async () => {
    await run(listed(priceList("Resellers"), [fixed(1, "1")], ["R-1"]))
    const own = await run(
      listed(priceList("For one", { validTo: Instant.make(now + 10) }), [fixed(2, "2")], ["C-1"])
    )
    expect(await seen("C-1", Instant.make(now + 9))).toHaveLength(1)
    expect(await seen("C-1", Instant.make(now + 10))).toEqual([])
    await run(
      PriceLists.use((lists) => lists.update(own.id, own.version, { active: false }, cause))
    )
    expect(await seen("C-1")).toEqual([])
  })

  it("begins with the first instant of its list and ends before the last", async () => {
    const [from, to] = [Instant.make(now), Instant.make(now + 10)]
    await run(
      listed(priceList("Short", { validFrom: from, validTo: to }), [fixed(1, "1")], ["C-3"])
    )
    const counts = []
    for (const at of [now - 1, now, now + 9, now + 10])
      counts.push((await seen("C-3", Instant.make(at))).length)
    expect(counts).toEqual([0, 1, 1, 0])
  })

  it("comes from one list for each instance, in one order", async () => {
    await run(listed(priceList("Europe"), [fixed(1, "1"), fixed(3, "3")], ["C-3"]))
    await run(
      listed(
        priceList("America", { instanceId: instanceId(2) }),
        [fixed(1, "2"), fixed(2, "4")],
        ["C-3"]
      )
    )
    const all = [
      "instance-1 Product 1: monthly 1.00, annual 12.00",
      "instance-2 Product 1: monthly 2.00, annual 24.00",
      "instance-2 Product 2: monthly 4.00, annual 48.00",
      "instance-1 Product 3: monthly 3.00, annual 36.00"
    ]
    expect(await seen("C-3")).toEqual(all)
    for (const limit of [1, 2, 3]) {
      const pages: Array<string> = []
      let cursor: string | undefined
      do {
        const page = await run(pageOf("C-3", now, {}, { cursor, limit }))
        expect(page.items.length).toBeLessThanOrEqual(limit)
        pages.push(...page.items.map(line))
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      expect(pages).toEqual(all)
    }
  })

  it("can be narrowed by instance, words, term and billing cycle", async () => {
    await run(
      listed(
        priceList("Europe"),
        [fixed(1, "1"), fixed(2, "2", { billingCycle: "annual" })],
        ["C-3"]
      )
    )
    const instance = InstanceName.make("instance-2")
    expect(await seen("C-3", now, { instance })).toEqual([])
    expect(await seen("C-3", now, { q: "PRODUCT 2" })).toHaveLength(1)
    expect(await seen("C-3", now, { q: offerOf(1).toLowerCase() })).toHaveLength(1)
    expect(await seen("C-3", now, { q: "%" })).toEqual([])
    expect(await seen("C-3", now, { billingCycle: "monthly" })).toEqual([
      "instance-1 Product 1: monthly 1.00"
    ])
    expect(await seen("C-3", now, { term: "P3Y" })).toEqual([])
  })

  it("is nothing that is unpublished or discontinued, and annual only where the unit is enabled", async () => {
    await run(listed(priceList("Europe"), [fixed(1, "1"), fixed(2, "2"), fixed(3, "3")], ["C-3"]))
    await run(rowsOf(`update product set published = false where offer = '${offerOf(1)}'`))
    await run(rowsOf(`update product set discontinued_at = now() where offer = '${offerOf(2)}'`))
    await run(rowsOf(`update product set annual_enabled = false where offer = '${offerOf(3)}'`))
    expect(await seen("C-3")).toEqual(["instance-1 Product 3: monthly 3.00"])
  })

  it("does not exist for an account outside the caller's branch", async () => {
    const [one, two, customer] = await Promise.all(
      ["R-1", "R-2", "C-1"].map((c) => run(accountOf(c)))
    )
    if (one === undefined || two === undefined || customer === undefined) throw new Error("none")
    const asked = (account: typeof one, branch: typeof one | null) =>
      run(Effect.result(Assortments.use((port) => port.page(account, branch, now, {}, whole))))
    expect(await asked(customer, one)).toMatchObject({ _tag: "Success" })
    expect(await asked(customer, two)).toMatchObject({ failure: { _tag: "AccountNotFound" } })
    expect(await asked(one, customer)).toMatchObject({ failure: { _tag: "AccountNotFound" } })
    expect(await asked(accountId(77), null)).toMatchObject({ failure: { _tag: "AccountNotFound" } })
  })
})

describe("a change that decides about prices", () => {
  /** Each is seen by the very next look, although what was seen before is remembered. */
  it.each<
    readonly [
      string,
      (
        id: PriceListId
      ) => Effect.Effect<unknown, unknown, PriceLists | PriceGroups | Catalogue | Database>
    ]
  >([
    [
      "an entry",
      (id) =>
        PriceLists.use((l) => l.changeEntries(id, 2, { put: [fixed(1, "5")], remove: [] }, cause))
    ],
    ["the list", (id) => PriceLists.use((l) => l.update(id, 2, { active: false }, cause))],
    [
      "a product",
      () => Catalogue.use((c) => c.put(instanceId(1), [{ ...product(1), name: "Product One" }]))
    ],
    [
      "a product's annual switch",
      () => rowsOf(`update product set annual_enabled = false where offer = '${offerOf(1)}'`)
    ],
    [
      "a price group",
      () =>
        PriceGroups.use((groups) =>
          groups.replaceProducts(groupId, 1, [offerOf(1), offerOf(2)], cause)
        )
    ]
  ])("in %s is seen at once", async (_, change) => {
    await run(
      PriceGroups.use((groups) =>
        groups.add({ id: groupId, instanceId: instanceId(1), name: "Office", version: 1 }, cause)
      )
    )
    const list = priceList("Europe")
    await run(
      listed(
        list,
        [fixed(1, "1"), { ...fixed(0, "7"), subject: { kind: "group", groupId } }],
        ["C-3"]
      )
    )
    const before = await seen("C-3")
    expect(await seen("C-3")).toEqual(before)
    await run(change(list.id))
    expect(await seen("C-3")).not.toEqual(before)
  })

  it("and that is undone leaves nothing behind", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "1")], ["C-3"]))
    const within = await run(
      Effect.flip(
        UnitOfWork.use((work) =>
          work.within(
            Effect.gen(function* () {
              yield* (yield* PriceLists).replaceEntries(list.id, 2, [fixed(1, "99")], cause)
              const { items } = yield* pageOf("C-3")
              return yield* Effect.fail(items.map(line))
            })
          )
        )
      )
    )
    expect(within).toEqual(["instance-1 Product 1: monthly 99.00, annual 1188.00"])
    // The next revision has the number of the one that never came to be; nobody looks in between.
    await run(PriceLists.use((l) => l.replaceEntries(list.id, 2, [fixed(1, "2")], cause)))
    expect(await seen("C-3")).toEqual(["instance-1 Product 1: monthly 2.00, annual 24.00"])
  })
})
const groupId = PriceGroupId.make("00000000-0000-4000-8000-000000000077")

describe("costs", () => {
  it("are the products' own purchase prices: of a month, for every term", async () => {
    await run(
      rowsOf(
        `update product set purchase_amount = 10, purchase_currency = 'EUR' where offer = '${offerOf(1)}'`
      )
    )
    await run(
      rowsOf(
        `update product set purchase_amount = 10, purchase_currency = 'USD' where offer = '${offerOf(2)}'`
      )
    )
    const everything = {
      ...fixed(0, "0"),
      subject: { kind: "all" as const },
      rule: rule("markup", "12.5")
    }
    await run(listed(priceList("Europe"), [everything], ["C-3"]))
    expect(await seen("C-3")).toEqual(["instance-1 Product 1: monthly 11.25, annual 135.00"])
  })
})

describe("prices of Microsoft's sheets", () => {
  const sheet = (n: number, values: string) =>
    rowsOf(`insert into price_sheet_row (instance_id, market, offer, title, term, billing_cycle, segment, currency,
      tier_min, tier_max, unit_price, erp_price, periods, valid_from, valid_to, holds_from, added_by)
      select '${instanceId(1)}', market, '${offerOf(n)}', '', 'P1Y', billing_cycle, segment, currency, 0, 2147483647,
        cost * periods, erp * periods, periods, valid_from, valid_to, valid_from, gen_random_uuid()
      from (values ${values}) given (market, billing_cycle, segment, currency, cost, erp, periods, valid_from, valid_to)`)
  const day = (offset: number) => `timestamptz '${new Date(now + offset).toISOString()}'`
  const completed = rowsOf(`with sheet as (
      select gen_random_uuid() as id)
    insert into price_sheet (id, instance_id, market, month, timeline, source, dry_run, status, requested_by,
      correlation_id, bytes, lines, duplicates, added, changed, redated, ended, unchanged, problems, problem_count,
      created_at, touched_at)
    select id, '${instanceId(1)}', 'DE', '2026-11', 'current', 'upload', false, 'staged', '', '', 0, 0, 0, 0, 0, 0, 0, 0,
      '[]', 0, now(), now() from sheet`).pipe(
    Effect.andThen(rowsOf("update price_sheet set status = 'completed' where status = 'staged'"))
  )
  const markup = {
    ...fixed(1, "0"),
    rule: rule("markup", "10")
  }
  const discount = { ...fixed(2, "0"), rule: rule("discount", "10") }

  it("are costs and recommended prices: of the list's market and currency, the product's segment, and their time", async () => {
    await run(
      listed(priceList("Germany", { market: Market.make("DE") }), [markup, discount], ["C-3"])
    )
    await run(
      sheet(
        1,
        `('DE', 'monthly', 'commercial', 'EUR', 10.00, 12.00, 12, ${day(-10)}, ${day(10)}),
         ('DE', 'monthly', 'commercial', 'EUR', 20.00, 24.00, 12, ${day(10)}, null::timestamptz),
         ('DE', 'monthly', 'education', 'EUR', 1.00, 1.00, 12, ${day(-10)}, null::timestamptz),
         ('FR', 'monthly', 'commercial', 'EUR', 2.00, 2.00, 12, ${day(-5)}, null::timestamptz),
         ('DE', 'monthly', 'commercial', 'USD', 3.00, 3.00, 12, ${day(-5)}, null::timestamptz)`
      )
    )
    await run(
      sheet(
        2,
        `('DE', 'annual', 'commercial', 'EUR', 100.00, 130.00, 1, ${day(-10)}, null::timestamptz)`
      )
    )
    expect(await seen("C-3")).toEqual([
      "instance-1 Product 1: monthly 11.00, annual 132.00",
      "instance-1 Product 2: annual 117.00"
    ])
    expect(await seen("C-3", Instant.make(now + 9))).toContain(
      "instance-1 Product 1: monthly 11.00, annual 132.00"
    )
    expect(await seen("C-3", Instant.make(now + 10))).toContain(
      "instance-1 Product 1: monthly 22.00, annual 264.00"
    )
  })

  it("count from the moment in which a sheet is completed", async () => {
    await run(listed(priceList("Germany", { market: Market.make("DE") }), [markup], ["C-3"]))
    expect(await seen("C-3")).toEqual([])
    await run(
      sheet(
        1,
        `('DE', 'monthly', 'commercial', 'EUR', 10.00, null::numeric, 12, ${day(-10)}, null::timestamptz)`
      )
    )
    await run(completed)
    expect(await seen("C-3")).toEqual(["instance-1 Product 1: monthly 11.00, annual 132.00"])
  })

  it("come before the operator's own purchase price", async () => {
    await run(
      rowsOf(
        `update product set purchase_amount = 5, purchase_currency = 'EUR' where offer = '${offerOf(1)}'`
      )
    )
    await run(listed(priceList("Germany", { market: Market.make("DE") }), [markup], ["C-3"]))
    expect(await seen("C-3")).toEqual(["instance-1 Product 1: monthly 5.50, annual 66.00"])
    await run(
      sheet(
        1,
        `('DE', 'monthly', 'commercial', 'EUR', 10.00, null::numeric, 12, ${day(-10)}, null::timestamptz)`
      )
    )
    await run(completed)
    expect(await seen("C-3")).toEqual(["instance-1 Product 1: monthly 11.00, annual 132.00"])
  })
})

describe("buying", () => {
  const monthly = { term: "P1Y", billingCycle: "monthly" } as const
  const asked = (code: string, n: number, plan: Parameters<typeof mayBuy>[2] = monthly, at = now) =>
    run(
      Effect.gen(function* () {
        const account = yield* accountOf(code)
        return yield* Effect.result(
          mayBuy(account, { instanceId: instanceId(1), offer: offerOf(n) }, plan, at)
        )
      })
    )

  it("is allowed for exactly what is shown, at exactly that price", async () => {
    await run(
      listed(
        priceList("Europe"),
        [fixed(1, "9.99"), fixed(2, "5", { billingCycle: "monthly" })],
        ["R-1"]
      )
    )
    await run(rowsOf(`update product set published = false where offer = '${offerOf(3)}'`))
    for (const code of ["R-1", "C-1", "R-2", "C-3"]) {
      const shown = (await run(pageOf(code))).items
      for (const n of [1, 2, 3, 4, 77])
        for (const plan of [
          monthly,
          { term: "P1Y", billingCycle: "annual" },
          { term: "P3Y", billingCycle: "monthly" }
        ] as const) {
          const price = shown
            .find(({ offer }) => offer === offerOf(n))
            ?.prices.find(
              (p) => p.term === plan.term && p.billingCycle === plan.billingCycle
            )?.price
          const answer = await asked(code, n, plan)
          expect(Result.isSuccess(answer)).toBe(price !== undefined)
          if (Result.isSuccess(answer) && price !== undefined)
            expect(format(answer.success.price)).toBe(format(price))
        }
    }
  })

  it("says why not", async () => {
    const list = await run(
      listed(
        priceList("Europe", { validTo: Instant.make(now + 10) }),
        [fixed(1, "1", { billingCycle: "annual" }), fixed(2, "1"), fixed(3, "1")],
        ["C-3"]
      )
    )
    expect(list.active).toBe(true)
    await run(rowsOf(`update product set published = false where offer = '${offerOf(2)}'`))
    await run(rowsOf(`update product set discontinued_at = now() where offer = '${offerOf(3)}'`))
    const reasonOf = async (...of: Parameters<typeof asked>) => {
      const answer = await asked(...of)
      return Result.isFailure(answer) && answer.failure._tag === "NotForSale"
        ? answer.failure.reason
        : answer
    }
    expect(await reasonOf("C-3", 1)).toBe("not-in-list")
    expect(await reasonOf("C-3", 2)).toBe("unpublished")
    expect(await reasonOf("C-3", 3)).toBe("discontinued")
    expect(await reasonOf("C-3", 77)).toBe("unknown-product")
    expect(await reasonOf("C-3", 1, { term: "P3Y", billingCycle: "annual" })).toBe("unknown-plan")
    expect(await reasonOf("C-1", 1)).toBe("no-price-list")
    expect(await reasonOf("C-3", 1, monthly, Instant.make(now + 10))).toBe("no-price-list")
  })
})

describe("a preview", () => {
  it("shows every product with its prices or why it has none, and whether the account sees it", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "1"), fixed(2, "2")], ["C-3"]))
    await run(rowsOf(`update product set published = false where offer = '${offerOf(2)}'`))
    const preview = async (code: string | undefined, at = now) => {
      const account = code === undefined ? undefined : await run(accountOf(code))
      const page = await run(
        Assortments.use((port) => port.preview(list.id, account, at, undefined, whole))
      )
      return page.items.map(
        ({ product: { name }, plans }) =>
          `${name} ${plans.map(({ resolved, hidden }) => `${Result.isSuccess(resolved) ? format(resolved.success.price) : resolved.failure}/${hidden ?? "seen"}`).join(" ")}`
      )
    }
    const expected = [
      "Product 1 1.00/seen 12.00/seen",
      "Product 2 2.00/unpublished 24.00/unpublished",
      ...[3, 4, 5].map((n) => `Product ${n} not-in-list/not-in-list not-in-list/not-in-list`)
    ]
    expect(await preview(undefined)).toEqual(expected)
    expect(await preview("C-3")).toEqual(expected)
    expect((await preview("C-1"))[0]).toBe("Product 1 1.00/no-price-list 12.00/no-price-list")
    expect((await preview(undefined, Instant.make(list.validFrom - 1)))[0]).toBe(
      "Product 1 list-not-in-force/list-not-in-force list-not-in-force/list-not-in-force"
    )
  })

  it("of what does not exist is refused", async () => {
    const id = PriceListId.make("99999999-0000-4000-8000-000000000000")
    expect(
      await run(
        Effect.flip(Assortments.use((port) => port.preview(id, undefined, now, undefined, whole)))
      )
    ).toMatchObject({ _tag: "PriceListNotFound" })
  })
})

describe("a price group", () => {
  it("holds the products that it was given last, each in one group only", async () => {
    const groups = ["Office", "Security"].map((name, i) => ({
      id: PriceGroupId.make(`00000000-0000-4000-8000-00000000008${i}`),
      instanceId: instanceId(1),
      name,
      version: 1
    }))
    const [office, security] = groups
    if (office === undefined || security === undefined) throw new Error("none")
    const use = <A, E>(f: (port: PriceGroups["Service"]) => Effect.Effect<A, E>) =>
      run(PriceGroups.use(f))
    for (const group of groups) await use((port) => port.add(group, cause))
    await use((port) => port.replaceProducts(office.id, 1, [offerOf(1), offerOf(2)], cause))
    await use((port) => port.replaceProducts(office.id, 2, [offerOf(2), offerOf(3)], cause))
    const { items } = await use((port) => port.products(office.id, whole))
    expect(items).toEqual([offerOf(2), offerOf(3)])
    expect(
      await use((port) =>
        Effect.flip(
          port.replaceProducts(security.id, 1, [offerOf(1), offerOf(3), offerOf(77)], cause)
        )
      )
    ).toMatchObject({ _tag: "GroupProductsRefused", problems: [{ index: 1 }, { index: 2 }] })
    expect((await use((port) => port.products(security.id, whole))).items).toEqual([])
    expect(
      await use((port) => Effect.flip(port.rename(security.id, 1, "OFFICE", cause)))
    ).toMatchObject({ _tag: "PriceGroupNameTaken" })
    expect(
      await use((port) => Effect.flip(Effect.asVoid(port.rename(office.id, 1, "x", cause))))
    ).toMatchObject({ _tag: "StaleVersion", actual: 3 })
  })

  it("that a price list has an entry for is not removed", async () => {
    await run(
      PriceGroups.use((port) =>
        port.add({ id: groupId, instanceId: instanceId(1), name: "Office", version: 1 }, cause)
      )
    )
    const list = await run(
      listed(priceList("Europe"), [{ ...fixed(0, "7"), subject: { kind: "group", groupId } }])
    )
    const remove = PriceGroups.use((port) => port.remove(groupId, 1, cause))
    expect(await run(Effect.flip(remove))).toMatchObject({
      _tag: "PriceGroupInUse",
      lists: ["Europe"]
    })
    await run(PriceLists.use((lists) => lists.replaceEntries(list.id, 2, [], cause)))
    await run(remove)
  })
})
