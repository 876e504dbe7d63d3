import type { Account, Contact } from "../account/Account.ts"
import type { AgreementContact } from "../tenant/VendorAgreements.ts"

/** Who is asked first (domain.md §8h: pre-filled, editable). */
const wantedRoles = ["primary", "bill-to"] as const

/** What the form begins with: a contact of the account that signs, completed by the account's own address and phone. */
export const prefilled = (
  { email, phone }: Pick<Account, "email" | "phone">,
  contacts: ReadonlyArray<Contact>
): { readonly [Key in keyof AgreementContact]: string | null } => {
  const contact =
    wantedRoles
      .map((role) => contacts.find(({ roles }) => roles.includes(role)))
      .find((found) => found !== undefined) ?? contacts[0]
  if (contact === undefined) return { firstName: null, lastName: null, email, phone }
  const words = contact.name.trim().split(/\s+/u)
  const last = words.length > 1 ? (words.at(-1) ?? null) : null
  const first = words.length > 1 ? words.slice(0, -1).join(" ") : (words[0] ?? null)
  return {
    firstName: first === "" ? null : first,
    lastName: last,
    email: contact.email,
    phone: contact.phone ?? phone
  }
}
