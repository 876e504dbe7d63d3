import type { PriceEntry } from "@concordat/core/price/PriceEntry"
import { PriceGroupId } from "@concordat/core/price/PriceGroup"
import { PriceGroups } from "@concordat/core/price/PriceGroups"
import { type PriceList, PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { Instant } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  accountOf,
  cause,
  fixed,
  listed,
  offerOf,
  priceList,
  priceRepositories,
  priceWorld,
  rule
} from "./PriceWorld.ts"
import { accountId, instanceId, now, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(priceRepositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(priceWorld))

const run = runtime.runPromise
type Port = PriceLists["Service"]
const use = <A, E>(f: (lists: Port) => Effect.Effect<A, E>) => run(PriceLists.use(f))
const failureOf = <A, E>(f: (lists: Port) => Effect.Effect<A, E>) =>
  run(Effect.flip(PriceLists.use(f)))
const whole = { cursor: undefined, limit: 500 }
const nobody = PriceListId.make("99999999-0000-4000-8000-000000000000")
const entriesOf = async (list: PriceList) =>
  (await use((lists) => lists.entries(list.id, whole))).items
const shown = ({ subject, term, billingCycle, rule: { kind, value } }: PriceEntry) =>
  [
    subject.kind === "product" ? subject.offer : subject.kind,
    term ?? "*",
    billingCycle ?? "*",
    kind,
    BigDecimal.format(value)
  ].join(" ")

describe("a price list", () => {
  it("is kept as it was given, found by a part of its name, and changed version by version", async () => {
    const list = priceList("EU resellers 100%", { validTo: Instant.make(now + 1_000) })
    await use((lists) => lists.add(list, cause))
    expect(await use((lists) => lists.get(list.id))).toEqual(list)
    const names = async (q: string) =>
      (await use((lists) => lists.search({ q }, whole))).items.map(({ name }) => name)
    expect([await names("RESELL"), await names("100%"), await names("100_")]).toEqual([
      [list.name],
      [list.name],
      []
    ])
    const changed = await use((lists) =>
      lists.update(list.id, 1, { name: "EU", validTo: null, active: false }, cause)
    )
    expect(changed).toEqual({ ...list, name: "EU", validTo: null, active: false, version: 2 })
    expect(await use((lists) => lists.get(list.id))).toEqual(changed)
  })

  it("has a name of its own, whatever the case", async () => {
    await use((lists) => lists.add(priceList("Europe"), cause))
    const other = priceList("America")
    await use((lists) => lists.add(other, cause))
    expect(await failureOf((lists) => lists.add(priceList("EUROPE"), cause))).toMatchObject({
      _tag: "PriceListNameTaken"
    })
    expect(
      await failureOf((lists) => lists.update(other.id, 1, { name: "europe" }, cause))
    ).toMatchObject({ _tag: "PriceListNameTaken" })
    // Its own name is not taken.
    await use((lists) => lists.update(other.id, 1, { name: "AMERICA" }, cause))
  })

  it("refuses every change that was made from an older version, and nothing is written", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "10")]))
    expect(list.version).toBe(2)
    const stale = { _tag: "StaleVersion", expected: 1, actual: 2 }
    const refused = await use((lists) =>
      Effect.all([
        Effect.flip(Effect.asVoid(lists.update(list.id, 1, { name: "x" }, cause))),
        Effect.flip(lists.remove(list.id, 1, cause)),
        Effect.flip(Effect.asVoid(lists.replaceEntries(list.id, 1, [], cause))),
        Effect.flip(
          Effect.asVoid(
            lists.changeEntries(list.id, 1, { put: [], remove: [fixed(1, "10")] }, cause)
          )
        )
      ])
    )
    for (const error of refused) expect(error).toMatchObject(stale)
    expect(await use((lists) => lists.get(list.id))).toEqual(list)
    expect(await entriesOf(list)).toHaveLength(1)
  })

  it("that accounts are assigned to is not removed; another one is, with its entries", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "10")], ["R-1"]))
    expect(await failureOf((lists) => lists.remove(list.id, 2, cause))).toMatchObject({
      _tag: "PriceListInUse",
      accounts: 1
    })
    const reseller = await run(accountOf("R-1"))
    await use((lists) => lists.unassign(list.id, reseller, cause))
    await use((lists) => lists.remove(list.id, 2, cause))
    expect(await failureOf((lists) => lists.get(list.id))).toMatchObject({
      _tag: "PriceListNotFound"
    })
  })

  it("says who changed what, for good", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "10")], ["R-1"]))
    const events = await run(
      rowsOf(`select actor, kind from price_event where price_list_id = '${list.id}' order by id`)
    )
    expect(events).toEqual(
      ["list-added", "entries-changed", "assigned"].map((kind) => ({ actor: "key:prices", kind }))
    )
    expect(await run(Effect.exit(rowsOf("delete from price_event")))).toMatchObject({
      _tag: "Failure"
    })
  })
})

describe("entries", () => {
  it("come back page by page as they were, products first, then groups, then every product", async () => {
    const groupId = PriceGroupId.make("00000000-0000-4000-8000-000000000077")
    await run(
      PriceGroups.use((groups) =>
        groups.add({ id: groupId, instanceId: instanceId(1), name: "Office", version: 1 }, cause)
      )
    )
    const all: PriceEntry["subject"] = { kind: "all" }
    const entries: ReadonlyArray<PriceEntry> = [
      { ...fixed(1, "1"), subject: all, rule: rule("discount", "12.5") },
      fixed(2, "20.123456"),
      { ...fixed(1, "1"), subject: { kind: "group", groupId }, rule: rule("margin", "20") },
      fixed(1, "9.99", { term: "P1Y", billingCycle: "annual" }),
      fixed(1, "0.00")
    ]
    const list = await run(listed(priceList("Europe"), entries))
    const expected = [
      `${offerOf(1)} * * fixed 0`,
      `${offerOf(1)} P1Y annual fixed 9.99`,
      `${offerOf(2)} * * fixed 20.123456`,
      "group * * margin 20",
      "all * * discount 12.5"
    ]
    expect((await entriesOf(list)).map(shown)).toEqual(expected)
    const pages: Array<string> = []
    let cursor: string | undefined
    do {
      const page = await use((lists) => lists.entries(list.id, { cursor, limit: 2 }))
      pages.push(...page.items.map(shown))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(pages).toEqual(expected)
  })

  it("are replaced as a whole: what is not named is gone, and what is as before counts as such", async () => {
    const list = await run(
      listed(priceList("Europe"), [fixed(1, "10"), fixed(2, "20"), fixed(3, "30")])
    )
    const figures = await use((lists) =>
      lists.replaceEntries(list.id, 2, [fixed(4, "40"), fixed(2, "20.0"), fixed(3, "31")], cause)
    )
    expect(figures).toMatchObject({ added: 1, changed: 1, removed: 1, unchanged: 1 })
    expect((await entriesOf(list)).map(shown)).toEqual(
      [2, 3, 4].map((n, i) => `${offerOf(n)} * * fixed ${["20", "31", "40"][i]}`)
    )
    const again = await use((lists) =>
      lists.replaceEntries(list.id, 3, [fixed(4, "40"), fixed(2, "20"), fixed(3, "31")], cause)
    )
    expect(again).toMatchObject({ added: 0, changed: 0, removed: 0, list: { version: 3 } })
  })

  it("are changed one by one: what is not named stays", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "10"), fixed(2, "20")]))
    const yearly = fixed(1, "99", { billingCycle: "annual" })
    await use((lists) =>
      lists.changeEntries(list.id, 2, { put: [yearly], remove: [fixed(2, "0")] }, cause)
    )
    expect((await entriesOf(list)).map(shown)).toEqual([
      `${offerOf(1)} * * fixed 10`,
      `${offerOf(1)} * annual fixed 99`
    ])
  })

  it("are refused together, each that is wrong by its number, and nothing is written", async () => {
    const list = await run(listed(priceList("Europe"), [fixed(1, "10")]))
    const groupId = PriceGroupId.make("00000000-0000-4000-8000-000000000078")
    await run(
      PriceGroups.use((groups) =>
        groups.add({ id: groupId, instanceId: instanceId(2), name: "Foreign", version: 1 }, cause)
      )
    )
    const refused = await failureOf((lists) =>
      lists.replaceEntries(
        list.id,
        2,
        [
          fixed(2, "1"),
          fixed(77, "1"),
          { ...fixed(1, "1"), subject: { kind: "group", groupId } },
          fixed(2, "2")
        ],
        cause
      )
    )
    expect(refused).toMatchObject({
      _tag: "EntriesRefused",
      problems: [
        { index: 1, field: "subject.offer" },
        { index: 2, field: "subject.groupId" },
        { index: 3, field: "subject" }
      ]
    })
    expect((await entriesOf(list)).map(shown)).toEqual([`${offerOf(1)} * * fixed 10`])
  })
})

describe("assignments", () => {
  it("are listed both ways, and made or taken back twice do nothing", async () => {
    const list = await run(listed(priceList("Europe"), [], ["R-1", "C-3", "C-3"]))
    const codes = async () =>
      (await use((lists) => lists.accounts(list.id, whole))).items.map(({ code }) => code)
    expect(await codes()).toEqual(["C-3", "R-1"])
    const customer = await run(accountOf("C-3"))
    const lists = async () =>
      (await use((port) => port.search({ accountId: customer }, whole))).items.map(({ id }) => id)
    expect(await lists()).toEqual([list.id])
    for (const _ of [1, 2]) await use((port) => port.unassign(list.id, customer, cause))
    expect([await codes(), await lists()]).toEqual([["R-1"], []])
  })

  it("of lists or accounts that do not exist are refused", async () => {
    const list = await run(listed(priceList("Europe"), []))
    const reseller = await run(accountOf("R-1"))
    expect(await failureOf((lists) => lists.assign(nobody, reseller, cause))).toMatchObject({
      _tag: "PriceListNotFound"
    })
    expect(await failureOf((lists) => lists.assign(list.id, accountId(77), cause))).toMatchObject({
      _tag: "AccountNotFound"
    })
  })

  it("of two lists of one instance that are in force at one time are refused, and both are named", async () => {
    const first = await run(
      listed(priceList("This year", { validTo: Instant.make(now + 10) }), [], ["R-1"])
    )
    const next = priceList("Next year", { validFrom: Instant.make(now + 9) })
    const refused = await run(Effect.flip(listed(next, [], ["R-1"])))
    expect(refused).toMatchObject({
      _tag: "PriceListsOverlap",
      list: "Next year",
      other: first.name,
      account: "Reseller 1"
    })
    expect((await use((lists) => lists.accounts(next.id, whole))).items).toEqual([])
    // Where one ends, the other begins: that is no overlap. Nor is another instance, or another account.
    await run(listed(priceList("Later", { validFrom: Instant.make(now + 10) }), [], ["R-1"]))
    await run(listed(priceList("Abroad", { instanceId: instanceId(2) }), [], ["R-1"]))
    await run(listed(priceList("For others"), [], ["R-2"]))
  })

  it("of a list that is not active are no overlap, until it is activated or its time is changed", async () => {
    await run(listed(priceList("This year", { validTo: Instant.make(now + 10) }), [], ["R-1"]))
    const resting = await run(
      listed(priceList("Resting", { active: false, validTo: Instant.make(now + 5) }), [], ["R-1"])
    )
    const later = await run(
      listed(priceList("Later", { validFrom: Instant.make(now + 10) }), [], ["R-1"])
    )
    for (const [list, change] of [
      [resting, { active: true }],
      [later, { validFrom: Instant.make(now + 9) }]
    ] as const) {
      expect(
        await failureOf((lists) => lists.update(list.id, list.version, change, cause))
      ).toMatchObject({ _tag: "PriceListsOverlap", other: "This year" })
      expect(await use((lists) => lists.get(list.id))).toEqual(list)
    }
  })

  it("that two operators make at one time cannot overlap either", async () => {
    const lists = await Promise.all(
      ["A", "B", "C", "D"].map((name) => run(listed(priceList(name), [])))
    )
    const reseller = await run(accountOf("R-1"))
    const results = await Promise.all(
      lists.map(({ id }) =>
        run(Effect.result(PriceLists.use((port) => port.assign(id, reseller, cause))))
      )
    )
    expect(results.filter(({ _tag }) => _tag === "Success")).toHaveLength(1)
    expect((await use((port) => port.search({ accountId: reseller }, whole))).items).toHaveLength(1)
  })
})
