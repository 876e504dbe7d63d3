import type { Address } from "@concordat/core/account/Account"
import { Country } from "@concordat/core/instance/Country"
import type { VendorAddress } from "@concordat/core/tenant/VendorTenants"
import { Option, Schema } from "effect"
import type { WireAddress } from "./wire/Address.ts"

const decodeCountry = Schema.decodeUnknownOption(Country)

/** Partner Center writes what it does not know as nothing, null or "". */
const known = (text: string | null | undefined): string | null => text || null

export const vendorAddressFrom = (wire: WireAddress): VendorAddress => ({
  line1: known(wire.addressLine1),
  line2: known(wire.addressLine2),
  city: known(wire.city),
  state: known(wire.state),
  postalCode: known(wire.postalCode),
  country: known(wire.country)?.toUpperCase() ?? null,
  firstName: known(wire.firstName),
  lastName: known(wire.lastName),
  phone: known(wire.phoneNumber)
})

/** What Partner Center suggests instead of an address; what it says nothing about stays. */
export const suggestedFrom = (wire: WireAddress, asked: Address): Address => ({
  line1: known(wire.addressLine1) ?? asked.line1,
  line2: known(wire.addressLine2),
  city: known(wire.city) ?? asked.city,
  state: known(wire.state) ?? asked.state,
  postalCode: known(wire.postalCode) ?? asked.postalCode,
  country: Option.getOrElse(decodeCountry(wire.country), () => asked.country)
})

/** The address as Partner Center wants it; without what there is not. */
export const wireAddressOf = (address: Address) => ({
  country: address.country,
  city: address.city,
  addressLine1: address.line1,
  ...(address.line2 === null ? {} : { addressLine2: address.line2 }),
  ...(address.state === null ? {} : { state: address.state }),
  ...(address.postalCode === null ? {} : { postalCode: address.postalCode })
})
