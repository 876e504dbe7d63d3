import { BigDecimal, Option, Result, Schema } from "effect"
import type { Segment } from "../catalogue/Family.ts"
import { isKnownCurrency } from "../money/currencies.ts"
import { Currency } from "../money/Money.ts"
import type { Market } from "../price/PriceList.ts"
import { type BillingCycle, OfferId, type Term } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { type Month, monthAfter, type SheetProblem, startOf } from "./PriceSheet.ts"
import { periodsOf, type SheetPrice } from "./SheetPrice.ts"
import { sheetEnd, sheetInstant } from "./sheetDate.ts"

/** What one sheet may hold; beyond that it is refused, before it is held. */
export const sheetLimits = {
  /** A market has some 60,000 lines today. */
  linesMax: 5_000_000,
  columnsMax: 100,
  cellCharactersMax: 8_000,
  titleCharactersMax: 500
} as const

/** A line of a sheet, checked. Amounts are their decimal digits: half a million are only handed on. */
export interface SheetLine extends Omit<SheetPrice, "unitPrice" | "erpPrice"> {
  readonly line: number
  readonly unitPrice: string
  readonly erpPrice: string | null
  /** Billing periods in the term. */
  readonly periods: number
}

/** What the sheet was said to be; a line that says otherwise is wrong. */
export interface SheetExpected {
  readonly market: Market
  readonly month: Month
}

/** The columns that are read. Microsoft's sheets have more, and add some every year. */
const columns = {
  productId: { names: ["ProductId"], needed: true },
  skuId: { names: ["SkuId"], needed: true },
  title: { names: ["SkuTitle", "SkuName", "ProductTitle"], needed: false },
  term: { names: ["TermDuration", "Term"], needed: true },
  billingPlan: { names: ["BillingPlan", "BillingFrequency", "BillingCycle"], needed: true },
  market: { names: ["Market", "Country"], needed: true },
  currency: { names: ["Currency", "CurrencyCode"], needed: true },
  unitPrice: { names: ["UnitPrice"], needed: true },
  erpPrice: { names: ["ERP Price", "Estimated Retail Price"], needed: true },
  tierMin: { names: ["PricingTierRangeMin"], needed: false },
  tierMax: { names: ["PricingTierRangeMax"], needed: false },
  validFrom: { names: ["EffectiveStartDate"], needed: true },
  validTo: { names: ["EffectiveEndDate"], needed: true },
  // The sheets of the first year had none, and only commercial prices.
  segment: { names: ["Segment"], needed: false }
} as const satisfies Record<
  string,
  { readonly names: ReadonlyArray<string>; readonly needed: boolean }
>
type ColumnName = keyof typeof columns
const isColumn = (name: string): name is ColumnName => Object.hasOwn(columns, name)
const columnNames = Object.keys(columns).filter(isColumn)

/** Where each column is; undefined for one that the sheet lacks. */
export type SheetColumns = Readonly<Record<ColumnName, number | undefined>>

/** Whatever case and spacing: Microsoft writes `SKuId`, `ProductID` and `ERP Price`. */
const plain = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase()

/** Finds the columns by their names, in any order; the problems name all that are missing or there twice. */
export const sheetColumns = (
  header: ReadonlyArray<string>
): Result.Result<SheetColumns, ReadonlyArray<SheetProblem>> => {
  const cells = header.map(plain)
  const problems: Array<SheetProblem> = []
  const found: Record<ColumnName, number | undefined> = { ...nowhere }
  for (const name of columnNames) {
    const { names, needed } = columns[name]
    // The first of the names counts: a sheet may have SkuTitle and ProductTitle.
    const known: string | undefined = names.find((each) => cells.includes(plain(each)))
    if (known === undefined) {
      if (needed)
        problems.push(about(1, names[0], null, `The column ${names[0]} is missing in the header.`))
      continue
    }
    found[name] = cells.indexOf(plain(known))
    if (cells.lastIndexOf(plain(known)) !== found[name])
      problems.push(about(1, known, null, `The header has the column ${known} twice.`))
  }
  return problems.length === 0 ? Result.succeed(found) : Result.fail(problems)
}

const nowhere: Record<ColumnName, undefined> = {
  productId: undefined,
  skuId: undefined,
  title: undefined,
  term: undefined,
  billingPlan: undefined,
  market: undefined,
  currency: undefined,
  unitPrice: undefined,
  erpPrice: undefined,
  tierMin: undefined,
  tierMax: undefined,
  validFrom: undefined,
  validTo: undefined,
  segment: undefined
}

const shown = 60

const about = (
  line: number,
  column: string | null,
  value: string | null,
  text: string
): SheetProblem => ({
  line,
  column,
  value: value === null ? null : value.length > shown ? `${value.slice(0, shown)}…` : value,
  text
})

const terms: ReadonlyMap<string, Term | null> = new Map([
  ["P1M", "P1M"],
  ["P1Y", "P1Y"],
  ["P3Y", "P3Y"],
  ["", null],
  ["NONE", null]
])

const billingPlans: ReadonlyMap<string, BillingCycle> = new Map([
  ["monthly", "monthly"],
  ["annual", "annual"],
  ["triennial", "triennial"],
  ["none", "none"],
  ["onetime", "one_time"],
  ["", "none"]
])

const segments: ReadonlyMap<string, Segment> = new Map([
  ["commercial", "commercial"],
  ["education", "education"],
  ["charity", "nonprofit"],
  ["nonprofit", "nonprofit"],
  ["government", "government"]
])

const amount = /^\d{1,14}(\.\d{1,10})?$/u
const wholeNumber = /^\d{1,9}$/u

/** Dates and offers repeat on many lines. */
const remembered = <A>(read: (text: string) => A): ((text: string) => A) => {
  const most = 50_000
  const known = new Map<string, { readonly value: A }>()
  return (text) => {
    const seen = known.get(text)
    if (seen !== undefined) return seen.value
    const value = read(text)
    // A copy: a part of a text keeps the whole of it in memory, here a piece of the file.
    if (known.size < most) known.set(Array.from(text).join(""), { value })
    return value
  }
}

const offerOf = Schema.decodeUnknownOption(OfferId)

/**
 * Reads the lines of one sheet: a line that counts, or everything that is wrong with it by column and value. Texts stay
 * texts, also those that a spreadsheet would take for a formula.
 */
export const lineReader = (
  header: ReadonlyArray<string>,
  at: SheetColumns,
  expected: SheetExpected
) => {
  const before: Instant = startOf(monthAfter(expected.month))
  const knownOffer = remembered(offerOf)
  const knownCurrency = remembered((text) =>
    isKnownCurrency(text) ? Currency.make(text) : undefined
  )
  const instantOf = remembered(sheetInstant)
  const endOf = remembered(sheetEnd)
  return (
    line: number,
    cells: ReadonlyArray<string>
  ): Result.Result<SheetLine, ReadonlyArray<SheetProblem>> => {
    const problems: Array<SheetProblem> = []
    const of = (name: ColumnName): string => {
      const index = at[name]
      return index === undefined ? "" : (cells[index] ?? "").trim()
    }
    const wrong = (name: ColumnName, text: string): undefined => {
      problems.push(about(line, header[at[name] ?? -1]?.trim() ?? null, of(name), text))
      return undefined
    }

    if (cells.length !== header.length)
      return Result.fail([
        about(
          line,
          null,
          null,
          `The line has ${cells.length} cells and the header ${header.length}; text with a comma belongs in quotation marks.`
        )
      ])
    const long = cells.findIndex((cell) => cell.length > sheetLimits.cellCharactersMax)
    if (long >= 0)
      return Result.fail([
        about(
          line,
          header[long]?.trim() ?? null,
          cells[long] ?? null,
          `A cell has at most ${sheetLimits.cellCharactersMax} characters.`
        )
      ])
    // Excel takes the zeros of 0001 away.
    const offer = knownOffer(`${of("productId")}:${of("skuId").padStart(4, "0")}`.toUpperCase())
    if (Option.isNone(offer))
      wrong(
        /^[0-9A-Z]{4,20}$/iu.test(of("productId")) ? "skuId" : "productId",
        "A product id such as CFQ7TTC0LH18 and a SKU id such as 0001 are needed."
      )
    const term = terms.get(of("term").toUpperCase())
    if (term === undefined) wrong("term", "P1M, P1Y, P3Y or nothing is needed.")
    const billingCycle = billingPlans.get(plain(of("billingPlan")))
    if (billingCycle === undefined)
      wrong("billingPlan", "Monthly, Annual, Triennial, OneTime or None is needed.")
    const periods =
      term === undefined || billingCycle === undefined ? 1 : periodsOf(term, billingCycle)
    if (periods === undefined)
      wrong("billingPlan", `A term of ${of("term") || "no length"} cannot be billed so.`)
    if (of("market").toUpperCase() !== expected.market)
      wrong(
        "market",
        `This is another market than ${expected.market}: import each market's sheet by itself.`
      )
    const currency = knownCurrency(of("currency").toUpperCase())
    if (currency === undefined) wrong("currency", "A currency of ISO 4217 is needed, such as EUR.")
    const unitPrice = of("unitPrice")
    if (!amount.test(unitPrice)) wrong("unitPrice", amountNeeded(unitPrice))
    const erpPrice = of("erpPrice")
    if (erpPrice !== "" && !amount.test(erpPrice)) wrong("erpPrice", amountNeeded(erpPrice))
    const tierMin = of("tierMin")
    if (tierMin !== "" && !wholeNumber.test(tierMin)) wrong("tierMin", "A whole number is needed.")
    const tierMax = of("tierMax")
    if (tierMax !== "" && !wholeNumber.test(tierMax)) wrong("tierMax", "A whole number is needed.")
    else if (tierMax !== "" && tierMin !== "" && Number(tierMax) < Number(tierMin))
      wrong("tierMax", "The range ends before it begins.")
    const validFrom = instantOf(of("validFrom"))
    if (validFrom === undefined) wrong("validFrom", dateNeeded)
    else if (validFrom >= before)
      wrong(
        "validFrom",
        `A sheet of ${expected.month} has no prices from after that month: name the month it is of.`
      )
    const validTo = endOf(of("validTo"))
    if (validTo === undefined) wrong("validTo", dateNeeded)
    else if (validFrom !== undefined && validTo !== null && validTo <= validFrom)
      wrong("validTo", "The price ends before it begins.")
    const segment = at.segment === undefined ? "commercial" : segments.get(plain(of("segment")))
    if (segment === undefined)
      wrong("segment", "Commercial, Education, Charity or Government is needed.")

    return problems.length > 0 ||
      Option.isNone(offer) ||
      term === undefined ||
      billingCycle === undefined ||
      periods === undefined ||
      validFrom === undefined ||
      validTo === undefined ||
      currency === undefined ||
      segment === undefined
      ? Result.fail(problems)
      : Result.succeed({
          line,
          offer: offer.value,
          title: titleOf(of("title")),
          term,
          billingCycle,
          segment,
          market: expected.market,
          currency,
          tierMin: tierMin === "" ? null : Number(tierMin),
          tierMax: tierMax === "" ? null : Number(tierMax),
          unitPrice,
          erpPrice: erpPrice === "" ? null : erpPrice,
          periods,
          validFrom,
          validTo
        })
  }
}

const amountNeeded = (text: string): string =>
  text.startsWith("-")
    ? "A price is never below zero."
    : "A decimal number is needed, with a point and at most ten digits after it, such as 12.50."

const dateNeeded = "A date in UTC is needed, such as 2026-11-01T00:00:00Z or 11/1/2026."

const titleOf = (text: string): string =>
  text
    .replace(/\p{Cc}/gu, " ")
    .slice(0, sheetLimits.titleCharactersMax)
    .toWellFormed()

/** A checked line as a price. */
export const priceOf = ({ line: _, periods: __, ...given }: SheetLine): SheetPrice => ({
  ...given,
  unitPrice: BigDecimal.fromStringUnsafe(given.unitPrice),
  erpPrice: given.erpPrice === null ? null : BigDecimal.fromStringUnsafe(given.erpPrice)
})
