import { Text, type TextProps } from "@mantine/core"

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

/** One amount, or a dash where none is known. */
export const Money = ({ value, ...props }: { readonly value: Amount | null } & TextProps) => (
  <Text component="span" inherit style={{ whiteSpace: "nowrap" }} {...props}>
    {value === null ? "–" : moneyText(value)}
  </Text>
)

/** Totals, one per currency: amounts of different currencies are never added up. */
export const Totals = ({
  values,
  none = "nothing",
  ...props
}: { readonly values: ReadonlyArray<Amount>; readonly none?: string } & TextProps) => (
  <Text component="span" inherit {...props}>
    {values.length === 0 ? none : values.map((value) => moneyText(value)).join(" + ")}
  </Text>
)

export const countText = (count: number): string => new Intl.NumberFormat().format(count)
