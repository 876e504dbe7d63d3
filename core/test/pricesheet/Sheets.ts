import { Result } from "effect"
import fc from "fast-check"
import { Currency } from "../../src/money/Money.ts"
import { Market } from "../../src/price/PriceList.ts"
import { Month } from "../../src/pricesheet/PriceSheet.ts"
import { lineReader, type SheetLine, sheetColumns } from "../../src/pricesheet/readPriceSheet.ts"
import { OfferId } from "../../src/subscription/Subscription.ts"
import { dayMs, Instant, toIso } from "../../src/time/Instant.ts"

export const market = Market.make("US")
export const month = Month.make("2026-11")
export const usd = Currency.make("USD")

/** As Microsoft writes it today. */
export const header =
  "ChangeIndicator,ProductTitle,ProductId,SkuId,SkuTitle,Publisher,SkuDescription,UnitOfMeasure,TermDuration,BillingPlan,Market,Currency,UnitPrice,PricingTierRangeMin,PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Tags,ERP Price,Segment,PreviousValues".split(
    ","
  )

export type Cells = Readonly<Record<string, string>>

const plain: Cells = {
  ChangeIndicator: "Unchanged",
  ProductTitle: "Microsoft 365 Business Basic",
  ProductId: "CFQ7TTC0LH18",
  SkuId: "0001",
  SkuTitle: "Microsoft 365 Business Basic",
  Publisher: "Microsoft Corporation",
  SkuDescription: "Best for businesses",
  TermDuration: "P1Y",
  BillingPlan: "Monthly",
  Market: "US",
  Currency: "USD",
  UnitPrice: "57.60",
  EffectiveStartDate: "2026-03-01T00:00:00.0000000Z",
  EffectiveEndDate: "9999-11-30T23:59:59.0000000Z",
  Tags: "License",
  "ERP Price": "72.00",
  Segment: "Commercial"
}

/** A line of today's sheet; what is not given is as in an ordinary one. */
export const cellsOf = (given: Cells = {}, names: ReadonlyArray<string> = header) =>
  names.map((name) => given[name] ?? plain[name] ?? "")

/** Reads one line below a header. */
export const read = (
  cells: ReadonlyArray<string>,
  names: ReadonlyArray<string> = header,
  line = 2
) => {
  const columns = sheetColumns(names)
  if (Result.isFailure(columns)) throw new Error(JSON.stringify(columns.failure))
  return lineReader(names, columns.success, { market, month })(line, cells)
}

const plans = [
  ["P1M", "monthly", 1],
  ["P1Y", "monthly", 12],
  ["P1Y", "annual", 1],
  ["P3Y", "monthly", 36],
  ["P3Y", "annual", 3],
  ["P3Y", "triennial", 1],
  [null, "one_time", 1],
  ["P1M", "none", 1]
] as const

const amount = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 9_999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(4, "0")}`)

/** Day 0 is 1 October 2026; no line begins after the month. */
const day = (n: number) => Instant.make(Date.UTC(2026, 9, 1) + n * dayMs)

/** Few offers, plans and days, so that lines meet. */
export const sheetLine: fc.Arbitrary<SheetLine> = fc
  .record({
    offer: fc.constantFrom("CFQ7TTC0LH18:0001", "CFQ7TTC0LH18:0002", "CFQ7TTC0LCHC:0001"),
    plan: fc.constantFrom(...plans),
    segment: fc.constantFrom("commercial" as const, "education" as const),
    tier: fc.constantFrom([null, null] as const, [1, 99] as const, [100, null] as const),
    unitPrice: amount,
    erpPrice: fc.option(amount),
    from: fc.integer({ min: 0, max: 5 }),
    length: fc.option(fc.integer({ min: 1, max: 6 }))
  })
  .map(({ offer, plan: [term, billingCycle, periods], tier, from, length, ...rest }) => ({
    line: 2,
    title: "A product",
    offer: OfferId.make(offer),
    term,
    billingCycle,
    periods,
    market,
    currency: usd,
    tierMin: tier[0],
    tierMax: tier[1],
    validFrom: day(from * 5),
    validTo: length === null ? null : day((from + length) * 5),
    ...rest
  }))

/** What a line is about, and from when on: two such lines contradict each other. */
export const identityOf = (line: SheetLine) =>
  [
    line.offer,
    line.segment,
    line.currency,
    line.term,
    line.billingCycle,
    line.tierMin,
    line.tierMax,
    line.validFrom
  ].join(" ")

/** A sheet without contradictions. */
export const sheetLines = (max = 12): fc.Arbitrary<ReadonlyArray<SheetLine>> =>
  fc
    .uniqueArray(sheetLine, { minLength: 1, maxLength: max, selector: identityOf })
    .map((lines) => lines.map((line, n) => ({ ...line, line: n + 2 })))

const planNames: Readonly<Record<SheetLine["billingCycle"], string>> = {
  monthly: "Monthly",
  annual: "Annual",
  triennial: "Triennial",
  one_time: "OneTime",
  none: "None"
}

/** A line as Microsoft writes it. */
export const printed = (line: SheetLine): Cells => ({
  ProductId: line.offer.slice(0, -5),
  SkuId: line.offer.slice(-4),
  SkuTitle: line.title,
  TermDuration: line.term ?? "",
  BillingPlan: planNames[line.billingCycle],
  Market: line.market,
  Currency: line.currency,
  UnitPrice: line.unitPrice,
  PricingTierRangeMin: line.tierMin === null ? "" : String(line.tierMin),
  PricingTierRangeMax: line.tierMax === null ? "" : String(line.tierMax),
  EffectiveStartDate: toIso(line.validFrom),
  EffectiveEndDate: line.validTo === null ? "9999-11-30T23:59:59.0000000Z" : toIso(line.validTo),
  "ERP Price": line.erpPrice ?? "",
  Segment: line.segment === "nonprofit" ? "Charity" : line.segment
})

/** A sheet as a file. */
export const csvOf = (lines: ReadonlyArray<Cells>, names: ReadonlyArray<string> = header): string =>
  [names, ...lines.map((line) => cellsOf(line, names))]
    .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
    .join("\r\n")
