import { BigDecimal, Result } from "effect"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import { rounded } from "../money/currencies.ts"
import { type Money, times } from "../money/Money.ts"
import { type BillingCycle, monthsPerPeriod, type OfferId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { type PriceEntry, subjectText } from "./PriceEntry.ts"
import type { PriceGroupId } from "./PriceGroup.ts"
import { isInForce, isValidAt, type PriceList, type Validity } from "./PriceList.ts"

/** What one seat costs or is recommended at for one billing period, and when that holds. */
export interface DatedPrice extends Plan, Validity {
  readonly price: Money
}

/** A product as price rules see it. The order of its prices says nothing. */
export interface PricedProduct {
  readonly offer: OfferId
  readonly groupId: PriceGroupId | null
  readonly costs: ReadonlyArray<DatedPrice>
  readonly recommended: ReadonlyArray<DatedPrice>
}

/** The entries of one list, by their subject. */
export type Entries = ReadonlyMap<string, ReadonlyArray<PriceEntry>>

export const entriesBySubject = (entries: Iterable<PriceEntry>): Entries => {
  const bySubject = new Map<string, Array<PriceEntry>>()
  for (const entry of entries) {
    const key = subjectText(entry.subject)
    const held = bySubject.get(key)
    if (held === undefined) bySubject.set(key, [entry])
    else held.push(entry)
  }
  return bySubject
}

/** What a percentage is of. */
export interface Basis {
  readonly kind: "cost" | "recommended"
  readonly price: Money
  /** The billing cycle that the price is for: monthly where the annual one is not known. */
  readonly billingCycle: BillingCycle
}

/** A price, with how it came about. */
export interface ResolvedPrice {
  /** Of one seat for one billing period, rounded to the currency's smallest unit; never below zero. */
  readonly price: Money
  readonly entry: PriceEntry
  /** null where the entry fixes the price. */
  readonly basis: Basis | null
  /** How often a monthly price is in it: 12 or 36 where no price of the longer cycle is known, else 1. */
  readonly times: number
}

/**
 * Why a plan has no price: the list is not in force; it has no entry for the plan; the entry is a percentage of
 * something that is not known in the list's currency at that instant.
 */
export type Unpriced = "list-not-in-force" | "not-in-list" | "no-cost" | "no-recommended-price"

/**
 * The price of one seat of a plan for one billing period.
 *
 * 1. The entry: a product's own beats its group's, which beats the one for every product; among these, one for
 *    exactly the term and billing cycle beats one for the term, which beats one for the billing cycle, which beats
 *    one for every plan. Subject, term and billing cycle are unique in a list, so there are no ties.
 * 2. Its rule, on the cost or recommended price that is valid at `at` in the list's currency.
 * 3. The annual rule (domain.md §3b): where no annual price is known, the annual price is exactly twelve times the
 *    monthly one, as a customer would pay it in twelve months (and the triennial one 36 times). A fixed price for
 *    every billing cycle is a price for a month.
 *
 * Rounded half-even to the smallest unit of the currency before it is multiplied by months.
 */
export const resolvePrice = (
  list: Pick<PriceList, "active" | "validFrom" | "validTo" | "currency">,
  entries: Entries,
  product: PricedProduct,
  plan: Plan,
  at: Instant
): Result.Result<ResolvedPrice, Unpriced> => {
  if (!isInForce(list, at)) return Result.fail("list-not-in-force")
  const entry = entryFor(entries, product, plan)
  if (entry === undefined) return Result.fail("not-in-list")
  const { rule } = entry
  if (rule.kind === "fixed") {
    const months = entry.billingCycle === null ? (monthsPerPeriod(plan.billingCycle) ?? 1) : 1
    return Result.succeed(resolved(entry, null, rule.value, list, months))
  }
  const kind = rule.kind === "discount" ? "recommended" : "cost"
  const prices = kind === "cost" ? product.costs : product.recommended
  const valid = prices.filter(
    (known) =>
      known.term === plan.term && known.price.currency === list.currency && isValidAt(known, at)
  )
  const real = latest(valid.filter(({ billingCycle }) => billingCycle === plan.billingCycle))
  if (real !== undefined)
    return Result.succeed(
      resolved(entry, basisOf(kind, real), changed(rule, real.price.amount), list, 1)
    )
  const months = monthsPerPeriod(plan.billingCycle)
  const monthly = latest(valid.filter(({ billingCycle }) => billingCycle === "monthly"))
  if (months === undefined || monthly === undefined)
    return Result.fail(kind === "cost" ? "no-cost" : "no-recommended-price")
  return Result.succeed(
    resolved(entry, basisOf(kind, monthly), changed(rule, monthly.price.amount), list, months)
  )
}

/** The entry that decides about a plan; undefined where the list does not have it. */
export const entryFor = (
  entries: Entries,
  { offer, groupId }: Pick<PricedProduct, "offer" | "groupId">,
  plan: Plan
): PriceEntry | undefined =>
  mostExact(entries.get(subjectText({ kind: "product", offer })), plan) ??
  (groupId === null
    ? undefined
    : mostExact(entries.get(subjectText({ kind: "group", groupId })), plan)) ??
  mostExact(entries.get(subjectText({ kind: "all" })), plan)

const mostExact = (
  entries: ReadonlyArray<PriceEntry> | undefined,
  plan: Plan
): PriceEntry | undefined => {
  let best: PriceEntry | undefined
  let bestRank = -1
  for (const entry of entries ?? []) {
    if (entry.term !== null && entry.term !== plan.term) continue
    if (entry.billingCycle !== null && entry.billingCycle !== plan.billingCycle) continue
    const rank = (entry.term === null ? 0 : 2) + (entry.billingCycle === null ? 0 : 1)
    if (rank <= bestRank) continue
    best = entry
    bestRank = rank
  }
  return best
}

/** A price with the time for which it counts. */
export interface DatedAmount extends Validity {
  readonly amount: BigDecimal.BigDecimal
}

/**
 * Prices of one plan should not be valid together, neither of one tier nor of several; where they are, the one that began
 * last counts, then the one that ends first, and then the higher.
 */
export const countsBefore = (a: DatedAmount, b: DatedAmount): boolean => {
  if (a.validFrom !== b.validFrom) return a.validFrom > b.validFrom
  const [end, other] = [
    a.validTo ?? Number.POSITIVE_INFINITY,
    b.validTo ?? Number.POSITIVE_INFINITY
  ]
  return end === other ? BigDecimal.isGreaterThan(a.amount, b.amount) : end < other
}

const latest = (prices: ReadonlyArray<DatedPrice>): DatedPrice | undefined => {
  const dated = ({ price, validFrom, validTo }: DatedPrice): DatedAmount => ({
    amount: price.amount,
    validFrom,
    validTo
  })
  return prices.reduce<DatedPrice | undefined>(
    (best, price) => (best === undefined || countsBefore(dated(price), dated(best)) ? price : best),
    undefined
  )
}

const basisOf = (kind: Basis["kind"], { price, billingCycle }: DatedPrice): Basis => ({
  kind,
  price,
  billingCycle
})

const hundred = BigDecimal.fromBigInt(100n)
const zero = BigDecimal.fromBigInt(0n)

/** Percentages are within their limits where they come from; total all the same. */
const changed = (
  { kind, value }: PriceEntry["rule"],
  of: BigDecimal.BigDecimal
): BigDecimal.BigDecimal => {
  switch (kind) {
    case "fixed":
      return value
    case "margin":
      return BigDecimal.isLessThan(value, hundred)
        ? BigDecimal.divideUnsafe(
            BigDecimal.multiply(of, hundred),
            BigDecimal.subtract(hundred, value)
          )
        : of
    case "markup":
      return percent(of, BigDecimal.sum(hundred, value))
    case "discount":
      return percent(of, BigDecimal.subtract(hundred, value))
  }
}

const percent = (of: BigDecimal.BigDecimal, value: BigDecimal.BigDecimal): BigDecimal.BigDecimal =>
  BigDecimal.divideUnsafe(BigDecimal.multiply(of, value), hundred)

const resolved = (
  entry: PriceEntry,
  basis: Basis | null,
  amount: BigDecimal.BigDecimal,
  { currency }: Pick<PriceList, "currency">,
  months: number
): ResolvedPrice => ({
  price: times(rounded({ amount: BigDecimal.max(zero, amount), currency }), months),
  entry,
  basis,
  times: months
})
