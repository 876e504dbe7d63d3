import { countryName } from "./countries.ts"

/** An address as it is kept, or as Microsoft would write it. */
export interface Address {
  readonly line1: string
  readonly line2: string | null
  readonly city: string
  readonly state: string | null
  readonly postalCode: string | null
  readonly country: string
}

/** An address in one line. */
export const addressText = ({ line1, line2, postalCode, city, state, country }: Address): string =>
  [line1, line2, postalCode, city, state, countryName(country)]
    .filter((part) => part !== null && part !== "")
    .join(", ")

export const AddressText = ({ address }: { readonly address: Address }) => (
  <span className="foreign">{addressText(address)}</span>
)
