import { BigDecimal, Result } from "effect"
import { format, type Money } from "../money/Money.ts"
import type { PriceEntry } from "./PriceEntry.ts"
import type { ResolvedPrice, Unpriced } from "./resolvePrice.ts"

/** How a price came about, or why there is none, in one sentence for an operator. Never for a buyer: it tells costs. */
export const explainPrice = (result: Result.Result<ResolvedPrice, Unpriced>): string => {
  if (Result.isFailure(result)) return reasons[result.failure]
  const { entry, basis, price, times } = result.success
  const parts = [
    ruleText(entry),
    basis === null
      ? ""
      : ` the ${basis.kind === "cost" ? "cost" : "recommended price"} ${moneyText(basis.price)}`,
    times === 1 ? "" : ` a month, times ${times}`
  ]
  return `${subjectWords[entry.subject.kind]}, ${planText(entry)}: ${parts.join("")} = ${moneyText(price)}.`
}

const reasons: Record<Unpriced, string> = {
  "list-not-in-force": "The list is not active, or not valid at that time.",
  "not-in-list":
    "The list has no entry for this product with this term and billing cycle, nor for its group, nor for every product.",
  "no-cost":
    "The entry is a percentage of the cost, and no cost is known in the list's currency at that time.",
  "no-recommended-price":
    "The entry is a percentage of the recommended price, and none is known in the list's currency at that time."
}

const subjectWords: Record<PriceEntry["subject"]["kind"], string> = {
  product: "Entry of the product",
  group: "Entry of its group",
  all: "Entry for every product"
}

const planText = ({ term, billingCycle }: PriceEntry): string =>
  `${term ?? "every term"}, ${billingCycle ?? "every billing cycle"}`

const ruleText = ({ rule }: PriceEntry): string => {
  const value = BigDecimal.format(BigDecimal.normalize(rule.value))
  switch (rule.kind) {
    case "fixed":
      return `fixed at ${value}`
    case "margin":
      return `a margin of ${value} % over`
    case "markup":
      return `${value} % on top of`
    case "discount":
      return `${value} % less than`
  }
}

const moneyText = (money: Money): string => `${format(money)} ${money.currency}`
