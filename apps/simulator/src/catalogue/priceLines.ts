import type { Plan } from "../Catalogue.ts"
import { addMonths, secondMs } from "../Clock.ts"
import type { Segment, Sku } from "./Item.ts"
import { isSoldIn, type Month, startOf } from "./Month.ts"
import type { Market } from "./markets.ts"

/** The sheets that the simulator has ("Get a price sheet": PricesheetView). */
export const sheetViews = ["updatedlicensebased", "software", "azure_reservations"] as const
export type SheetView = (typeof sheetViews)[number]

/** The columns of the licence-based sheet of new commerce, in Microsoft's order. */
const header = [
  "ProductTitle",
  "ProductId",
  "SkuId",
  "SkuTitle",
  "Publisher",
  "SkuDescription",
  "UnitOfMeasure",
  "TermDuration",
  "BillingPlan",
  "Market",
  "Currency",
  "UnitPrice",
  "PricingTierRangeMin",
  "PricingTierRangeMax",
  "EffectiveStartDate",
  "EffectiveEndDate",
  "Tags",
  "ERP Price",
  "Segment"
]

const segmentNames: Record<Segment, string> = {
  commercial: "Commercial",
  education: "Education",
  nonprofit: "Charity",
  government: "Government"
}
const planNames = {
  none: "None",
  one_time: "OneTime",
  monthly: "Monthly",
  annual: "Annual",
  triennial: "Triennial"
} as const
const prefixes: Record<SheetView, string> = {
  updatedlicensebased: "CFQ",
  software: "DG7",
  azure_reservations: "DZH"
}
/** A partner's part of the recommended price, in per cent. */
const costPercent = 80

/**
 * The lines of a price sheet, the header first, each with its line end. Prices are for one licence and its whole
 * term, however it is billed ("New commerce license-based pricing"). With `linesWanted`, invented products fill the sheet up, or it is cut short.
 */
export function* priceLines(
  month: Month,
  market: Market,
  view: SheetView,
  linesWanted: number | null
): Generator<string> {
  yield lineOf(header)
  let lines = 0
  const wanted = linesWanted ?? Number.POSITIVE_INFINITY
  const dates = [
    dateOf(startOf(month.number)),
    dateOf(addMonths(startOf(month.number), 1) - secondMs)
  ]
  for (const { product, skus } of month.stocks) {
    if (!product.id.startsWith(prefixes[view]) || product.id.includes("-")) continue
    for (const sku of skus) {
      if (sku.isTrial || !sku.isPurchasable || !isSoldIn(sku, market.country)) continue
      for (const segment of sku.segments)
        for (const plan of sku.plans) {
          if (lines >= wanted) return
          lines++
          yield lineOf(cellsOf(product.title, product.publisher, sku, segment, plan, market, dates))
        }
    }
  }
  if (linesWanted === null) return
  for (let index = 0; lines < linesWanted; index++) {
    const title = `Contoso Bulk Service ${index}`
    const sku = {
      productId: `${prefixes[view]}7TTC1${index.toString(36).toUpperCase().padStart(4, "0")}`,
      skuId: "0001",
      name: title,
      description: `${title}, for a sheet of many lines.`,
      listPriceCents: 100 + (index % 9973)
    }
    for (const plan of bulkPlans) {
      if (lines >= linesWanted) return
      lines++
      yield lineOf(cellsOf(title, "Microsoft Corporation", sku, "commercial", plan, market, dates))
    }
  }
}

const bulkPlans: ReadonlyArray<Plan> = [
  { term: "P1M", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "annual" },
  { term: "P3Y", billingCycle: "annual" }
]

const cellsOf = (
  title: string,
  publisher: string,
  sku: Pick<Sku, "productId" | "skuId" | "name" | "description" | "listPriceCents">,
  segment: Segment,
  plan: Plan,
  { country, currency, rate }: Market,
  [from = "", to = ""]: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const recommended = Math.round((sku.listPriceCents * percentOf(plan) * rate) / 10_000)
  return [
    title,
    sku.productId,
    sku.skuId,
    sku.name,
    publisher,
    sku.description,
    "",
    plan.term ?? "",
    planNames[plan.billingCycle],
    country,
    currency,
    decimal(Math.round((recommended * costPercent) / 100) * periodsOf(plan)),
    "",
    "",
    from,
    to,
    sku.productId.startsWith("CFQ") ? "License" : "",
    decimal(recommended * periodsOf(plan)),
    segmentNames[segment]
  ]
}

/** Of one month's list price, as the books' own prices are made. */
const percentOf = ({ term, billingCycle }: Plan): number => {
  if (billingCycle === "annual") return 1200
  if (billingCycle === "triennial") return 3600
  if (term === "P1M") return 120
  return term === null || billingCycle === "one_time" ? 100 : 105
}

const termMonths = { P1M: 1, P1Y: 12, P3Y: 36 } as const
const cycleMonths: Partial<Record<Plan["billingCycle"], number>> = {
  monthly: 1,
  annual: 12,
  triennial: 36
}
/** Billing periods in the term. */
const periodsOf = ({ term, billingCycle }: Plan): number => {
  const months = cycleMonths[billingCycle]
  return term === null || months === undefined ? 1 : Math.max(1, termMonths[term] / months)
}

/** Without trailing zeros, as Microsoft writes it: 115.2 and 144. */
const decimal = (cents: number): string => {
  const whole = String(Math.floor(cents / 100))
  const rest = String(cents % 100)
    .padStart(2, "0")
    .replace(/0+$/u, "")
  return rest === "" ? whole : `${whole}.${rest}`
}

/** As in Microsoft's sheets: 2/1/2019 12:00:00 AM. */
const dateOf = (at: number): string => {
  const date = new Date(at)
  const hours = date.getUTCHours()
  const two = (value: number) => String(value).padStart(2, "0")
  const time = `${hours % 12 === 0 ? 12 : hours % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()} ${time} ${hours < 12 ? "AM" : "PM"}`
}

const lineOf = (cells: ReadonlyArray<string>): string =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")}\r\n`
