/** An amount as the API sends it: a decimal number as text. */
export interface Amount {
  readonly amount: string
  readonly currency: string
}

const isDecimal = (text: string): text is `${number}` => /^-?[0-9]+(\.[0-9]+)?$/u.test(text)

/**
 * An amount in the reader's way of writing, with every digit it came with: the text is never made a floating-point
 * number.
 */
export const moneyText = ({ amount, currency }: Amount, locale?: string): string =>
  isDecimal(amount)
    ? new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        currencyDisplay: "code",
        maximumFractionDigits: 20
      }).format(amount)
    : `${amount} ${currency}`

/** An amount as people type it, as the API takes it: with two digits after the point at least. */
export const amountText = (typed: string): string => {
  const text = typed.trim()
  const [, whole, digits = ""] = /^(-?[0-9]+)(?:\.([0-9]*))?$/u.exec(text) ?? []
  return whole === undefined ? text : `${whole}.${digits.padEnd(2, "0")}`
}
