import { BigDecimal } from "effect"
import type { Segment } from "../catalogue/Family.ts"
import { type Currency, dividedBy, type Money } from "../money/Money.ts"
import { isValidAt, type Market, type Validity } from "../price/PriceList.ts"
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
 * The line that says what an offer costs at an instant; undefined when none does. Where lines overlap, the one that ends
 * first counts until it ends (the example of "New commerce license-based pricing", effective dates), and among those that
 * end together the one that began last. Of overlapping tiers, the narrowest at its upper end counts. The order of the lines
 * says nothing.
 */
export const costAt = (
  prices: Iterable<SheetPrice>,
  question: PriceQuestion,
  at: Instant
): SheetPrice | undefined => {
  let best: SheetPrice | undefined
  for (const price of prices)
    if (
      answers(price, question) &&
      isValidAt(price, at) &&
      (best === undefined || goesBefore(price, best))
    )
      best = price
  return best
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

const ranksOf = (price: SheetPrice): ReadonlyArray<number> => [
  price.tierMax ?? Number.POSITIVE_INFINITY,
  -(price.tierMin ?? 0),
  price.validTo ?? Number.POSITIVE_INFINITY,
  -price.validFrom
]

const goesBefore = (a: SheetPrice, b: SheetPrice): boolean => {
  const ranks = ranksOf(b)
  for (const [i, rank] of ranksOf(a).entries()) {
    const other = ranks[i] ?? 0
    if (rank !== other) return rank < other
  }
  // Lines that no sheet holds together; total all the same.
  return BigDecimal.isGreaterThan(a.unitPrice, b.unitPrice)
}
