import { Option, Schema } from "effect"
import { type Address, type Contact, Email, Phone } from "../account/Account.ts"
import { Country } from "../instance/Country.ts"
import type { TenantId } from "../instance/Instance.ts"
import { Language } from "../instance/Language.ts"
import type { BillingProfile, VendorAddress } from "../tenant/VendorTenants.ts"

/** What an account takes over of a customer of Partner Center (domain.md §11, mapping). */
export interface AccountParts {
  readonly name: string
  readonly email: Contact["email"] | null
  readonly phone: Contact["phone"]
  readonly address: Address | null
  readonly language: Language | null
  readonly contacts: ReadonlyArray<Contact>
  /** What Microsoft has and an account cannot hold, for people. */
  readonly notes: ReadonlyArray<string>
}

export const nameMax = 400
const notesMax = 200

/**
 * The account that a customer becomes: Microsoft's values where an account can hold them. What it cannot hold is left
 * empty and noted: an import of thousands must not stop at one phone number. `profile` is null where Microsoft did
 * not show it.
 */
export const accountFrom = (
  customer: { readonly tenantId: TenantId; readonly name: string; readonly domain: string },
  profile: BillingProfile | null
): AccountParts => {
  const notes: Array<string> = []
  const taken = <A>(
    field: string,
    text: string | null | undefined,
    parse: (text: string) => Option.Option<A>
  ): A | null => {
    const given = line(text, notesMax)
    if (given === "") return null
    const value = Option.getOrNull(parse(given))
    if (value === null) notes.push(`${field} was left empty: "${given}" cannot be taken over`)
    return value
  }
  const name = line(customer.name, nameMax) || line(customer.domain, nameMax) || customer.tenantId
  if (profile === null)
    return { name, email: null, phone: null, address: null, language: null, contacts: [], notes }
  const email = taken("email", profile.email, decodeEmail)
  const phone = taken("phone", profile.address?.phone, decodePhone)
  const language =
    Option.getOrNull(decodeLanguage(line(profile.culture, notesMax))) ??
    Option.getOrNull(decodeLanguage(line(profile.language, notesMax)))
  const address = profile.address === null ? null : addressFrom(profile.address, notes)
  return {
    name,
    email,
    phone,
    address,
    language,
    contacts: contactsOf(name, email, phone, profile),
    notes
  }
}

/** The person of the billing profile: primary and bill-to contact (domain.md §11). */
const contactsOf = (
  company: string,
  email: AccountParts["email"],
  phone: AccountParts["phone"],
  profile: BillingProfile
): ReadonlyArray<Contact> => {
  if (email === null) return []
  const person = ({ firstName, lastName }: { firstName: string | null; lastName: string | null }) =>
    line(`${firstName ?? ""} ${lastName ?? ""}`, 200)
  const name = person(profile) || (profile.address === null ? "" : person(profile.address))
  return [{ name: name || line(company, 200), email, phone, roles: ["primary", "bill-to"] }]
}

/** Street, city and country make an address; without one of them nobody can be found there. */
const addressFrom = (given: VendorAddress, notes: Array<string>): Address | null => {
  const country = Option.getOrNull(decodeCountry(line(given.country, 10)))
  const [line1, city] = [line(given.line1, 200), line(given.city, 100)]
  if (line1 === "" && city === "" && country === null) return null
  if (line1 === "" || city === "" || country === null) {
    const missing = [
      ...(line1 === "" ? ["street"] : []),
      ...(city === "" ? ["city"] : []),
      ...(country === null ? ["country"] : [])
    ]
    notes.push(`address was left empty: Microsoft's has no ${missing.join(" and no ")}`)
    return null
  }
  return {
    line1,
    line2: line(given.line2, 200) || null,
    city,
    state: line(given.state, 100) || null,
    postalCode: line(given.postalCode, 20) || null,
    country
  }
}

const decodeEmail = Schema.decodeUnknownOption(Email)
const decodePhone = Schema.decodeUnknownOption(Phone)
const decodeCountry = Schema.decodeUnknownOption(Country)
const decodeLanguage = Schema.decodeUnknownOption(Language)

/** One line of text, as the API takes it: no control characters, no half characters, no more than `max`. */
export const line = (text: string | null | undefined, max: number): string =>
  (text ?? "")
    .slice(0, 4 * max)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .slice(0, max)
    .trim()
    .toWellFormed()
