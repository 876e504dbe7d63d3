import { BigDecimal, Schema } from "effect"

/** ISO 4217 code, three upper-case letters. */
export const Currency = Schema.String.check(
  Schema.isPattern(/^[A-Z]{3}$/u, { message: "a currency is three capital letters, such as EUR" })
).pipe(Schema.brand("Currency"))
export type Currency = typeof Currency.Type

/** An exact amount of one currency. Never a float. */
export class Money extends Schema.Opaque<Money>()(
  Schema.Struct({ amount: Schema.BigDecimal, currency: Currency }).annotate({ identifier: "Money" })
) {}

export const money = (amount: string, currency: Currency): Money => ({
  amount: BigDecimal.fromStringUnsafe(amount),
  currency
})

export const equals = (a: Money, b: Money): boolean =>
  a.currency === b.currency && BigDecimal.equals(a.amount, b.amount)

/** `count` times the amount; the count is a whole number of seats. */
export const times = (value: Money, count: number): Money => ({
  amount: BigDecimal.multiply(value.amount, BigDecimal.fromBigInt(BigInt(count))),
  currency: value.currency
})

/** The share of one period out of `periods`, rounded half-even to four digits: enough for a cent of 100 seats. */
export const dividedBy = (value: Money, periods: number): Money =>
  periods === 1
    ? value
    : {
        amount: BigDecimal.round(
          BigDecimal.divideUnsafe(value.amount, BigDecimal.fromBigInt(BigInt(periods))),
          { scale: 4, mode: "half-even" }
        ),
        currency: value.currency
      }

/** Adding euros to dollars is a bug of the caller, not an outcome. */
export const plus = (a: Money, b: Money): Money => {
  if (a.currency !== b.currency) throw new Error(`${a.currency} meets ${b.currency}`)
  return { amount: BigDecimal.sum(a.amount, b.amount), currency: a.currency }
}

/** One total per currency, in the order in which the currencies first appear. */
export const totals = (values: Iterable<Money>): ReadonlyArray<Money> => {
  const byCurrency = new Map<Currency, Money>()
  for (const value of values) {
    const sum = byCurrency.get(value.currency)
    byCurrency.set(value.currency, sum === undefined ? value : plus(sum, value))
  }
  return [...byCurrency.values()]
}

/** `12.5` as "12.50": plain decimal notation with at least two digits. */
export const format = (value: Money): string => {
  const scaled = value.amount.scale < 2 ? BigDecimal.scale(value.amount, 2) : value.amount
  const digits = (scaled.value < 0n ? -scaled.value : scaled.value)
    .toString()
    .padStart(scaled.scale + 1, "0")
  const whole = digits.slice(0, digits.length - scaled.scale)
  const fraction = digits
    .slice(digits.length - scaled.scale)
    .replace(/0+$/, "")
    .padEnd(2, "0")
  return `${scaled.value < 0n ? "-" : ""}${whole}.${fraction}`
}
