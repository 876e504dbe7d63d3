import type { BigDecimal } from "effect"
import type { Segment } from "../catalogue/Family.ts"
import { type Currency, dividedBy, type Money } from "../money/Money.ts"
import { isValidAt, type Market, type Validity } from "../price/PriceList.ts"
import { countsBefore, type DatedAmount } from "../price/resolvePrice.ts"
import {
  type BillingCycle,
  monthsPerPeriod,
  type OfferId,
  type Term
} from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"

/** What a price of a sheet is for. Two lines of a sheet with the same subject differ in their dates. */
export interface PriceSubject {
  readonly offer: OfferId
  /** null for what is bought once, and for trials without a term. */
  readonly term: Term | null
  readonly billingCycle: BillingCycle
  readonly segment: Segment
  readonly market: Market
  readonly currency: Currency
  /** Seats from and to which the price holds (inclusive); null where it is not tiered. */
  readonly tierMin: number | null
  readonly tierMax: number | null
}

/**
 * A line of Microsoft's price sheet. Both prices are of one seat for the **whole term**, however often it is billed: "The
 * UnitPrice amount is for the term being purchased. If a partner purchases an annual term with monthly pricing, they'll be
 * billed one-twelfth the total amount each monthly billing period" ("New commerce license-based pricing"). What one
 * billing period costs, `perPeriod` says.
 */
export interface SheetPrice extends PriceSubject, Validity {
  /** SkuTitle, for people. */
  readonly title: string
  /** UnitPrice: what the partner pays. */
  readonly unitPrice: BigDecimal.BigDecimal
  /** ERP Price: what Microsoft recommends to charge; null where it recommends nothing. */
  readonly erpPrice: BigDecimal.BigDecimal | null
}

const termMonths: Record<Term, number> = { P1M: 1, P1Y: 12, P3Y: 36 }

/**
 * Billing periods in a term: 12 of a year billed monthly, 1 of one billed annually. 1 where nothing recurs; undefined where
 * a period would be longer than its term, which Microsoft does not sell.
 */
export const periodsOf = (term: Term | null, billingCycle: BillingCycle): number | undefined => {
  const months = monthsPerPeriod(billingCycle)
  if (months === undefined) return 1
  if (term === null) return undefined
  return termMonths[term] >= months ? termMonths[term] / months : undefined
}

/**
 * A price of a whole term as the price of one of its billing periods: half-even to four digits, the same digits in which
 * every share of a period is counted here (`dividedBy`). Exact where Microsoft's price is: mostly twelve times the monthly.
 */
export const perPeriod = (
  amount: BigDecimal.BigDecimal,
  { term, billingCycle, currency }: Pick<PriceSubject, "term" | "billingCycle" | "currency">
): Money => dividedBy({ amount, currency }, periodsOf(term, billingCycle) ?? 1)

/** What is asked for: a plan of an offer in a market, and how many seats are bought. */
export interface PriceQuestion extends Omit<PriceSubject, "tierMin" | "tierMax"> {
  readonly quantity: number
}

/**
 * The line that says what an offer costs at an instant; undefined when none does. Where lines of one tier overlap, the one
 * that ends first counts until it ends (the example of "New commerce license-based pricing", effective dates): a line
 * counts from when the last of those before it has ended. Of lines that count together all the same, and of overlapping
 * tiers, `countsBefore` decides, as it does about every price. The order of the lines says nothing.
 */
export const costAt = (
  prices: ReadonlyArray<SheetPrice>,
  question: PriceQuestion,
  at: Instant
): SheetPrice | undefined => lineAt(prices, question, at, ({ unitPrice }) => unitPrice)

/** The same of what Microsoft recommends to charge, among the lines that recommend anything. */
export const recommendedAt = (
  prices: ReadonlyArray<SheetPrice>,
  question: PriceQuestion,
  at: Instant
): SheetPrice | undefined => lineAt(prices, question, at, ({ erpPrice }) => erpPrice)

const lineAt = (
  prices: ReadonlyArray<SheetPrice>,
  question: PriceQuestion,
  at: Instant,
  amountOf: (price: SheetPrice) => BigDecimal.BigDecimal | null
): SheetPrice | undefined => {
  const meant = prices.filter((price) => answers(price, question))
  let best: { readonly price: SheetPrice; readonly dated: DatedAmount } | undefined
  for (const price of meant) {
    const amount = amountOf(price)
    if (amount === null) continue
    const dated = { amount, validFrom: countsFrom(price, meant), validTo: price.validTo }
    if (isValidAt(dated, at) && (best === undefined || countsBefore(dated, best.dated)))
      best = { price, dated }
  }
  return best?.price
}

const answers = (price: SheetPrice, question: PriceQuestion): boolean =>
  price.offer === question.offer &&
  price.term === question.term &&
  price.billingCycle === question.billingCycle &&
  price.segment === question.segment &&
  price.market === question.market &&
  price.currency === question.currency &&
  question.quantity >= (price.tierMin ?? 0) &&
  question.quantity <= (price.tierMax ?? Number.POSITIVE_INFINITY)

/** The first instant at which a line counts, or when the last has ended that began before it and ends before it. */
const countsFrom = (price: SheetPrice, meant: ReadonlyArray<SheetPrice>): Instant => {
  let from = price.validFrom
  for (const { tierMin, tierMax, validFrom, validTo } of meant)
    if (
      tierMin === price.tierMin &&
      tierMax === price.tierMax &&
      validFrom < price.validFrom &&
      validTo !== null &&
      validTo > from &&
      validTo < (price.validTo ?? Number.POSITIVE_INFINITY)
    )
      from = validTo
  return from
}
