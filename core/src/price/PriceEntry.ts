import { BigDecimal, Schema } from "effect"
import { BillingCycle, OfferId, Term } from "../subscription/Subscription.ts"
import { PriceGroupId } from "./PriceGroup.ts"

/** Digits after the point of a percentage and of a fixed price, at most. */
export const percentDigitsMax = 4
export const amountDigitsMax = 8

const atMost = (digits: number) =>
  Schema.makeFilter((value: BigDecimal.BigDecimal) =>
    BigDecimal.normalize(value).scale <= digits
      ? undefined
      : `at most ${digits} digits after the point`
  )
const within = (name: string, from: bigint, to: bigint, inclusive: boolean) =>
  Schema.makeFilter((value: BigDecimal.BigDecimal) => {
    const [low, high] = [BigDecimal.fromBigInt(from), BigDecimal.fromBigInt(to)]
    if (BigDecimal.isLessThan(value, low)) return `${name} is ${from} or more`
    return BigDecimal.isLessThan(value, high) || (inclusive && BigDecimal.equals(value, high))
      ? undefined
      : `${name} is ${inclusive ? "at most" : "less than"} ${to}`
  })

/**
 * How a price comes about.
 *
 * - `fixed`: this amount, in the list's currency.
 * - `margin`: so much of the price is ours: cost ÷ (1 − margin).
 * - `markup`: so much on top of the cost: cost × (1 + markup).
 * - `discount`: so much less than Microsoft recommends: recommended × (1 − discount).
 */
export const PriceRule = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("fixed"),
    value: Schema.BigDecimal.check(
      within("a price", 0n, 1_000_000_000_000n, false),
      atMost(amountDigitsMax)
    )
  }),
  Schema.Struct({
    kind: Schema.Literal("margin"),
    value: Schema.BigDecimal.check(within("a margin", 0n, 100n, false), atMost(percentDigitsMax))
  }),
  Schema.Struct({
    kind: Schema.Literal("markup"),
    value: Schema.BigDecimal.check(within("a markup", 0n, 10_000n, true), atMost(percentDigitsMax))
  }),
  Schema.Struct({
    kind: Schema.Literal("discount"),
    value: Schema.BigDecimal.check(within("a discount", 0n, 100n, true), atMost(percentDigitsMax))
  })
])
export type PriceRule = typeof PriceRule.Type

/** What an entry is about: one product, the products of a group, or every product of the instance. */
export const Subject = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("product"), offer: OfferId }),
  Schema.Struct({ kind: Schema.Literal("group"), groupId: PriceGroupId }),
  Schema.Struct({ kind: Schema.Literal("all") })
])
export type Subject = typeof Subject.Type

/** A line of a price list: a rule for a subject, for one term and billing cycle, or with null for every one. */
export class PriceEntry extends Schema.Opaque<PriceEntry>()(
  Schema.Struct({
    subject: Subject,
    term: Schema.NullOr(Term),
    billingCycle: Schema.NullOr(BillingCycle),
    rule: PriceRule
  }).annotate({ identifier: "PriceEntry" })
) {}

/** What makes an entry unique in its list: its subject, term and billing cycle. */
export type EntryKey = Pick<PriceEntry, "subject" | "term" | "billingCycle">

/** The subject as text: equal texts, equal subjects. */
export const subjectText = (subject: Subject): string => {
  switch (subject.kind) {
    case "product":
      return `product ${subject.offer}`
    case "group":
      return `group ${subject.groupId}`
    case "all":
      return "all"
  }
}

export const entryKeyText = ({ subject, term, billingCycle }: EntryKey): string =>
  `${subjectText(subject)} ${term ?? "*"} ${billingCycle ?? "*"}`
