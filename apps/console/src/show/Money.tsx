import { Text, type TextProps } from "@mantine/core"
import { type Amount, moneyText } from "./amount.ts"

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
