import type { Instances } from "@concordat/core/instance/Instances"
import { format } from "@concordat/core/money/Money"
import { Market } from "@concordat/core/price/PriceList"
import {
  Month,
  type PriceSheet,
  PriceSheetId,
  startOf,
  type Timeline
} from "@concordat/core/pricesheet/PriceSheet"
import { PriceSheets } from "@concordat/core/pricesheet/PriceSheets"
import { priceOf, type SheetLine } from "@concordat/core/pricesheet/readPriceSheet"
import {
  costAt,
  perPeriod,
  recommendedAt,
  type SheetPrice
} from "@concordat/core/pricesheet/SheetPrice"
import { dayMs, Instant, toIso } from "@concordat/core/time/Instant"
import { BigDecimal, Cause, Effect, Exit, Layer, ManagedRuntime, Option } from "effect"
import fc from "fast-check"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { identityOf, sheetLine, sheetLines } from "../../../core/test/pricesheet/Sheets.ts"
import { Database } from "../src/Database.ts"
import { priceSheetsLayer } from "../src/PriceSheets.ts"
import { addInstance, clear, emptied, instance, now, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(priceSheetsLayer.pipe(Layer.provideMerge(repositories)))
afterAll(() => runtime.dispose())

const noSheets = clear.pipe(
  Effect.andThen(emptied("price_sheet", "price_sheet_row", "price_sheet_change")),
  Effect.andThen(addInstance(1))
)
beforeEach(() => runtime.runPromise(noSheets))

const run = <A, E>(work: Effect.Effect<A, E, PriceSheets | Database | Instances>) =>
  runtime.runPromise(work)
const rows = <Row>(text: string) => run(rowsOf<Row>(text))

interface Given {
  readonly month?: string
  readonly timeline?: Timeline
  readonly dryRun?: boolean
  readonly source?: PriceSheet["source"]
}

const november = startOf(Month.make("2026-11"))
let made = 0

const sheetOf = (given: Given = {}): PriceSheet => ({
  id: PriceSheetId.make(`00000009-0000-4000-8000-${String(++made).padStart(12, "0")}`),
  instanceId: instance(1).id,
  instance: instance(1).name,
  market: Market.make("US"),
  month: Month.make(given.month ?? "2026-11"),
  timeline: given.timeline ?? "current",
  source: given.source ?? "upload",
  dryRun: given.dryRun ?? false,
  status: given.source === "download" ? "queued" : "reading",
  requestedBy: "key:test",
  correlationId: "c",
  bytes: 0,
  lines: 0,
  duplicates: 0,
  added: 0,
  changed: 0,
  redated: 0,
  ended: 0,
  unchanged: 0,
  problems: [],
  problemCount: 0,
  problem: null,
  createdAt: Instant.make(now + made),
  finishedAt: null
})

/** Read to its end, but not applied. */
const staging = Effect.fnUntraced(function* (lines: ReadonlyArray<SheetLine>, given: Given = {}) {
  const sheets = yield* PriceSheets
  const sheet = sheetOf(given)
  const soFar = { bytes: lines.length * 100, lines: lines.length }
  yield* sheets.begin(sheet)
  yield* sheets.startReading(sheet.id)
  yield* sheets.stage(sheet.id, lines, soFar)
  return yield* sheets.seal(sheet.id, soFar)
})

const importing = Effect.fnUntraced(function* (lines: ReadonlyArray<SheetLine>, given: Given = {}) {
  const { id } = yield* staging(lines, given)
  return yield* PriceSheets.use(({ apply }) => apply(id))
})

const countsOf = ({ added, changed, duplicates, ended, redated, unchanged }: PriceSheet) => ({
  added,
  changed,
  redated,
  ended,
  unchanged,
  duplicates
})
const nothing = { added: 0, changed: 0, redated: 0, ended: 0, unchanged: 0, duplicates: 0 }

const changesOf = (id: PriceSheetId) =>
  PriceSheets.use(({ changes }) => changes(id, { cursor: undefined, limit: 500 })).pipe(
    Effect.map(({ items }) => items)
  )

/** The prices that count, whatever their ids. */
const counting = rowsOf(
  `select offer, term, billing_cycle, segment, tier_min, tier_max, unit_price, erp_price, valid_from,
    valid_to, holds_from from price_sheet_row where superseded_by is null
  order by offer, term, billing_cycle, segment, tier_min, tier_max, valid_from`
)

/** One plan, so that lines follow each other. */
const [base] = fc.sample(sheetLine, { numRuns: 1, seed: 7 })
if (base === undefined) throw new Error("no line")
const day = (text: string) => Instant.make(Date.parse(`${text}T00:00:00Z`))
const line = (unitPrice: string, from: string, to: string | null = null): SheetLine => ({
  ...base,
  line: 2,
  term: "P1Y",
  billingCycle: "monthly",
  periods: 12,
  segment: "commercial",
  tierMin: null,
  tierMax: null,
  unitPrice,
  erpPrice: null,
  validFrom: day(from),
  validTo: to === null ? null : day(to)
})

/** What the plan costs on some days, as the view says. */
const costs = (...days: ReadonlyArray<string>) =>
  run(
    Effect.forEach(days, (at) =>
      rowsOf<{ cost: string }>(
        `select term_cost as cost from price_sheet_price where segment = 'commercial' and '${at}' >= valid_from
          and ('${at}' < valid_to or valid_to is null) order by valid_from desc limit 1`
      ).pipe(Effect.map(([row]) => row?.cost ?? null))
    )
  )

describe("a sheet that is applied", () => {
  it("says what every plan costs in its month as the core's rule says it", async () => {
    const days = fc.integer({ min: 0, max: 29 }).map((n) => Instant.make(november + n * dayMs))
    await fc.assert(
      fc.asyncProperty(sheetLines(), sheetLines(), days, async (before, lines, at) => {
        await run(Effect.andThen(noSheets, importing(before, { month: "2026-10" })))
        await run(importing(lines))
        const prices = lines.map(priceOf)
        const perPeriodOf = (
          line: SheetPrice | undefined,
          amount?: BigDecimal.BigDecimal | null
        ) =>
          line === undefined || amount === null || amount === undefined
            ? null
            : format(perPeriod(amount, line))
        for (const price of prices) {
          const { tierMax: _, tierMin: __, ...subject } = price
          const shown = async (column: "cost" | "recommended") => {
            const [row] = await rows<{ amount: string }>(
              `select ${column} as amount from price_sheet_price where offer = '${price.offer}'
                and term is not distinct from ${price.term === null ? "null" : `'${price.term}'`}
                and billing_cycle = '${price.billingCycle}' and segment = '${price.segment}'
                and valid_from <= '${toIso(at)}' and (valid_to is null or valid_to > '${toIso(at)}')
                and ${column} is not null
              order by valid_from desc, valid_to asc nulls last, ${column} desc limit 1`
            )
            return row === undefined
              ? null
              : format({
                  amount: BigDecimal.fromStringUnsafe(row.amount),
                  currency: price.currency
                })
          }
          const question = { ...subject, quantity: 1 }
          const cost = costAt(prices, question, at)
          const recommended = recommendedAt(prices, question, at)
          expect(await shown("cost")).toBe(perPeriodOf(cost, cost?.unitPrice))
          expect(await shown("recommended")).toBe(perPeriodOf(recommended, recommended?.erpPrice))
        }
      }),
      { numRuns: 10 }
    )
  }, 120_000)

  it("gives the same prices whatever the order of its lines", async () => {
    const shuffled = sheetLines().chain((lines) =>
      fc.tuple(fc.constant(lines), fc.shuffledSubarray([...lines], { minLength: lines.length }))
    )
    await fc.assert(
      fc.asyncProperty(shuffled, shuffled, async ([first, firstAgain], [next, nextAgain]) => {
        const prices: Array<unknown> = []
        for (const sheets of [
          [first, next],
          [firstAgain, nextAgain]
        ]) {
          await run(noSheets)
          for (const [n, lines] of sheets.entries())
            await run(importing(lines, { month: `2026-1${n + 1}` }))
          prices.push(await run(counting))
        }
        expect(prices[1]).toEqual(prices[0])
      }),
      { numRuns: 8 }
    )
  }, 120_000)

  it("changes nothing the second time, and says so", async () => {
    await fc.assert(
      fc.asyncProperty(sheetLines(), sheetLines(), async (before, lines) => {
        await run(Effect.andThen(noSheets, importing(before, { month: "2026-10" })))
        await run(importing(lines))
        const first = await rows("select * from price_sheet_row order by id")
        const again = await run(importing([...lines, ...lines]))
        expect(countsOf(again)).toEqual({
          ...nothing,
          unchanged: lines.length,
          duplicates: lines.length
        })
        expect(await run(changesOf(again.id))).toEqual([])
        expect(await rows("select * from price_sheet_row order by id")).toEqual(first)
      }),
      { numRuns: 8 }
    )
  }, 120_000)

  it("never overwrites what an earlier one said: each row is as it was, but for what supersedes it", async () => {
    await fc.assert(
      fc.asyncProperty(sheetLines(), sheetLines(), async (before, lines) => {
        await run(Effect.andThen(noSheets, importing(before, { month: "2026-10" })))
        const kept = "select to_jsonb(r) - 'superseded_by' as row from price_sheet_row r"
        const first = await rows(`${kept} order by id`)
        await run(importing(lines))
        expect((await rows(`${kept} order by id`)).slice(0, first.length)).toEqual(first)
      }),
      { numRuns: 8 }
    )
  }, 120_000)

  it("counts as many prices as there are identities in it", async () => {
    await fc.assert(
      fc.asyncProperty(sheetLines(), async (lines) => {
        const sheet = await run(Effect.andThen(noSheets, importing(lines)))
        expect(sheet.added + sheet.changed + sheet.redated + sheet.ended).toBe(lines.length)
        expect(new Set(lines.map(identityOf)).size).toBe(lines.length)
        expect(await run(changesOf(sheet.id))).toHaveLength(lines.length)
      }),
      { numRuns: 8 }
    )
  }, 120_000)
})

describe("from month to month", () => {
  it("a new amount is a change, from the day on which it holds", async () => {
    await run(importing([line("120.00", "2026-01-01")], { month: "2026-10" }))
    const sheet = await run(
      importing([line("120.00", "2026-01-01", "2026-11-15"), line("132.00", "2026-11-15")])
    )
    expect(countsOf(sheet)).toEqual({ ...nothing, changed: 1, redated: 1 })
    const changes = await run(changesOf(sheet.id))
    expect(
      changes.map(({ kind, before, after }) => [
        kind,
        before === null ? null : BigDecimal.format(before.unitPrice),
        after === null ? null : BigDecimal.format(after.unitPrice)
      ])
    ).toEqual([
      ["redated", "120", "120"],
      ["changed", "120", "132"]
    ])
    expect(await costs("2026-10-01", "2026-11-14", "2026-11-15", "2027-01-01")).toEqual([
      "120.00",
      "120.00",
      "132.00",
      "132.00"
    ])
  })

  it("a new amount in place of the old line ends that one where the new one begins", async () => {
    await run(importing([line("120.00", "2026-01-01")], { month: "2026-10" }))
    const sheet = await run(importing([line("132.00", "2026-11-10")]))
    expect(countsOf(sheet)).toEqual({ ...nothing, changed: 1 })
    expect(await costs("2026-11-09", "2026-11-10")).toEqual(["120.00", "132.00"])
  })

  it("what a sheet does not list any more ends with the month before it", async () => {
    const other = { ...line("10.00", "2026-01-01"), segment: "education" as const }
    await run(importing([line("120.00", "2026-01-01"), other], { month: "2026-10" }))
    const sheet = await run(importing([other]))
    expect(countsOf(sheet)).toEqual({ ...nothing, ended: 1, unchanged: 1 })
    const [change] = await run(changesOf(sheet.id))
    expect(change).toMatchObject({
      kind: "ended",
      segment: "commercial",
      before: { validTo: null },
      after: { validTo: november }
    })
  })

  it("a future sheet says what will be, and ends nothing that it does not list", async () => {
    const other = { ...line("10.00", "2026-01-01"), segment: "education" as const }
    await run(importing([line("120.00", "2026-01-01"), other]))
    const sheet = await run(
      importing([line("132.00", "2026-12-01")], { month: "2026-12", timeline: "future" })
    )
    expect(countsOf(sheet)).toEqual({ ...nothing, changed: 1 })
    expect(await costs("2026-11-30", "2026-12-01")).toEqual(["120.00", "132.00"])
    // It was announced and does not come.
    const next = await run(importing([line("120.00", "2026-01-01"), other], { month: "2026-12" }))
    expect(countsOf(next)).toEqual({ ...nothing, ended: 1, unchanged: 2 })
    expect((await run(changesOf(next.id)))[0]).toMatchObject({ kind: "ended", after: null })
    expect(await costs("2026-12-02")).toEqual(["120.00"])
  })

  it("a sheet older than the newest is refused before it is read, and when a newer one was faster", async () => {
    const waiting = await run(staging([line("1.00", "2026-01-01")], { month: "2026-10" }))
    await run(importing([line("120.00", "2026-01-01")]))
    const exit = await runtime.runPromiseExit(
      staging([line("1.00", "2026-01-01")], { month: "2026-10" })
    )
    expect(
      Exit.isFailure(exit) && Option.getOrThrow(Cause.findErrorOption(exit.cause))
    ).toMatchObject({ _tag: "PriceSheetOutdated", month: "2026-10", newest: "2026-11" })
    const late = await run(PriceSheets.use(({ apply }) => apply(waiting.id)))
    expect(late).toMatchObject({ status: "failed", problem: expect.stringMatching(/out of date/u) })
    expect(await costs("2026-11-20")).toEqual(["120.00"])
  })

  it("of two lines that overlap, the one that ends first counts until it ends, as in Microsoft's example", async () => {
    const top = line("120.00", "2021-10-01", "2021-11-03")
    await run(importing([top, line("132.00", "2021-11-01")]))
    expect(await costs("2021-10-31", "2021-11-02", "2021-11-03", "2026-11-01")).toEqual([
      "120.00",
      "120.00",
      "132.00",
      "132.00"
    ])
  })

  it("a line that comes in before another one, and ends first, counts until it ends, as if they had come together", async () => {
    const lasting = line("132.00", "2026-10-10")
    const before = line("120.00", "2026-10-01", "2026-11-15")
    const days = ["2026-10-20", "2026-11-14", "2026-11-15"]
    await run(importing([lasting], { month: "2026-10" }))
    const sheet = await run(importing([before, lasting]))
    expect(countsOf(sheet)).toEqual({ ...nothing, added: 1, redated: 1 })
    expect(await costs(...days)).toEqual(["120.00", "120.00", "132.00"])
    expect(countsOf(await run(importing([before, lasting])))).toEqual({ ...nothing, unchanged: 2 })
  })

  it("markets do not touch each other", async () => {
    await run(importing([line("120.00", "2026-01-01")]))
    const sheets = sheetOf()
    const german = { ...sheets, market: Market.make("DE"), month: Month.make("2026-10") }
    await run(
      Effect.gen(function* () {
        const port = yield* PriceSheets
        yield* port.begin(german)
        yield* port.startReading(german.id)
        yield* port.stage(german.id, [line("99.00", "2026-01-01")], { bytes: 1, lines: 1 })
        yield* port.seal(german.id, { bytes: 1, lines: 1 })
        expect(countsOf(yield* port.apply(german.id))).toEqual({ ...nothing, added: 1 })
      })
    )
    expect(await rows("select market from price_sheet_price order by market")).toEqual([
      { market: "DE" },
      { market: "US" }
    ])
  })
})

describe("nothing is half done", () => {
  it("a dry run reports what would change, and changes nothing", async () => {
    await run(importing([line("120.00", "2026-01-01")], { month: "2026-10" }))
    const before = await rows("select * from price_sheet_row order by id")
    const sheet = await run(importing([line("132.00", "2026-11-01")], { dryRun: true }))
    expect(sheet).toMatchObject({ status: "completed", changed: 1 })
    expect(await run(changesOf(sheet.id))).toHaveLength(1)
    expect(await rows("select * from price_sheet_row order by id")).toEqual(before)
    // It does not count as the newest either.
    await run(importing([line("120.00", "2026-01-01")], { month: "2026-10" }))
  })

  it("lines that contradict each other refuse the sheet, and name both", async () => {
    const sheet = await run(
      staging([
        line("1.00", "2026-01-01"),
        { ...line("2.00", "2026-01-01"), line: 3 },
        { ...line("2.00", "2026-02-01"), line: 4 }
      ])
    )
    expect(sheet).toMatchObject({ status: "refused", problemCount: 1 })
    expect(sheet.problems[0]).toMatchObject({ line: 3, text: expect.stringMatching(/line 2/u) })
    expect(await rows("select * from price_sheet_row")).toEqual([])
  })

  it("a process that dies while it applies a sheet leaves it as it was, and the next one applies it once", async () => {
    const { id } = await run(staging([line("120.00", "2026-01-01")]))
    const dying = await runtime.runPromiseExit(
      Effect.flatMap(Database, ({ inTransaction }) =>
        inTransaction(
          PriceSheets.use(({ apply }) => apply(id)).pipe(
            Effect.andThen(Effect.die(new Error("killed")))
          )
        )
      )
    )
    expect(Exit.isFailure(dying)).toBe(true)
    expect(await rows("select * from price_sheet_row")).toEqual([])
    expect(await rows("select * from price_sheet_change")).toEqual([])
    const [first, second] = await run(
      Effect.all(
        [PriceSheets.use(({ apply }) => apply(id)), PriceSheets.use(({ apply }) => apply(id))],
        {
          concurrency: 2
        }
      )
    )
    expect(first).toEqual(second)
    expect(await rows("select * from price_sheet_row")).toHaveLength(1)
  })

  it("lines that a crash of the server took are missed: the sheet fails in words", async () => {
    for (const loss of ["delete from", "drop table"]) {
      const { id } = await run(staging([line("120.00", "2026-01-01")]))
      await rows(`${loss} price_sheet_stage."${id}"`)
      const sheet = await run(PriceSheets.use(({ apply }) => apply(id)))
      expect(sheet).toMatchObject({
        status: "failed",
        problem: expect.stringMatching(/restarted before the sheet was applied/u)
      })
    }
    expect(await rows("select * from price_sheet_row")).toEqual([])
  })

  it("an upload that nobody reads any more fails, a lost job is sent again, and no lines are left", async () => {
    const { broken, staged } = await run(
      Effect.gen(function* () {
        const port = yield* PriceSheets
        const broken = sheetOf()
        yield* port.begin(broken)
        yield* port.startReading(broken.id)
        yield* port.stage(broken.id, [line("1.00", "2026-01-01")], { bytes: 1, lines: 1 })
        const staged = yield* staging([line("120.00", "2026-01-01")])
        yield* rowsOf("delete from pgboss.job")
        expect(yield* port.recover).toBe(0)
        yield* rowsOf("update price_sheet set touched_at = now() - interval '3 minutes'")
        expect(yield* port.recover).toBe(2)
        return { broken: yield* port.get(broken.id), staged }
      })
    )
    expect(broken).toMatchObject({
      status: "failed",
      problem: expect.stringMatching(/send it again/u)
    })
    expect(await rows("select data from pgboss.job")).toEqual([
      { data: { priceSheetId: staged.id } }
    ])
    await run(PriceSheets.use(({ apply }) => apply(staged.id)))
    expect(
      await rows("select tablename from pg_tables where schemaname = 'price_sheet_stage'")
    ).toEqual([])
  })
})

describe("what is read page by page", () => {
  it("is all of it, each once, in a fixed order", async () => {
    const lines = [
      ...new Map(
        fc.sample(sheetLine, { numRuns: 40, seed: 3 }).map((l) => [identityOf(l), l])
      ).values()
    ]
    const sheet = await run(importing(lines))
    const pages = <A>(
      read: (
        cursor: string | undefined
      ) => Effect.Effect<{ items: ReadonlyArray<A>; next: string | null }, unknown, PriceSheets>
    ) =>
      Effect.gen(function* () {
        const items: Array<A> = []
        let cursor: string | undefined
        do {
          const page = yield* read(cursor)
          items.push(...page.items)
          cursor = page.next ?? undefined
        } while (cursor !== undefined)
        return items
      })
    const changes = await run(
      pages((cursor) => PriceSheets.use((port) => port.changes(sheet.id, { cursor, limit: 3 })))
    )
    expect(changes).toEqual(await run(changesOf(sheet.id)))
    expect(changes).toHaveLength(lines.length)
    const [first] = lines
    if (first === undefined) throw new Error("no line")
    const prices = await run(
      pages((cursor) =>
        PriceSheets.use((port) =>
          port.prices(
            {
              instanceId: instance(1).id,
              offer: first.offer,
              market: undefined,
              at: undefined,
              history: true
            },
            { cursor, limit: 2 }
          )
        )
      )
    )
    expect(prices).toHaveLength(lines.filter(({ offer }) => offer === first.offer).length)
    expect(
      new Set(
        prices.map((price) =>
          JSON.stringify([
            price.term,
            price.billingCycle,
            price.segment,
            price.tierMin,
            price.tierMax,
            price.validFrom
          ])
        )
      ).size
    ).toBe(prices.length)
  })
})
