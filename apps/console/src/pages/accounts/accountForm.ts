import type { Payload } from "../../api/Operations.ts"
import type { Account } from "./accounts.ts"

/** An address as it is typed; every part empty: no address. */
export interface AddressDraft {
  readonly line1: string
  readonly line2: string
  readonly city: string
  readonly state: string
  readonly postalCode: string
  readonly country: string
}

export const noAddress: AddressDraft = {
  line1: "",
  line2: "",
  city: "",
  state: "",
  postalCode: "",
  country: ""
}

/** A custom field as it is typed; `key` tells rows apart while their names are still being typed. */
export interface CustomFieldDraft {
  readonly key: number
  readonly name: string
  readonly value: string
}

/** Everything that the form of an account holds, as it is typed. */
export interface AccountDraft {
  readonly kind: Account["kind"]
  readonly parentId: string | null
  readonly edition: "basic" | "standard" | "professional"
  readonly name: string
  readonly code: string
  readonly email: string
  readonly phone: string
  readonly mpnId: string
  readonly taxId: string
  readonly language: string
  readonly managerEmail: string
  readonly currency: string
  readonly billToId: string | null
  readonly orderingEnabled: boolean
  readonly resellingEnabled: boolean
  readonly credit: "limited" | "unlimited"
  readonly creditAmount: string
  readonly address: AddressDraft
  readonly customFields: ReadonlyArray<CustomFieldDraft>
}

export const newDraft = (
  parentId: string | null,
  kind: Account["kind"] = "customer"
): AccountDraft => ({
  kind,
  parentId,
  edition: "basic",
  name: "",
  code: "",
  email: "",
  phone: "",
  mpnId: "",
  taxId: "",
  language: "",
  managerEmail: "",
  currency: "",
  billToId: null,
  orderingEnabled: false,
  resellingEnabled: false,
  credit: "limited",
  creditAmount: "0",
  address: noAddress,
  customFields: []
})

/** A typed address of one that is known. Also of Microsoft's suggestions. */
export const addressDraft = (address: Account["address"]): AddressDraft =>
  address === null
    ? noAddress
    : {
        ...address,
        line2: address.line2 ?? "",
        state: address.state ?? "",
        postalCode: address.postalCode ?? ""
      }

export const draftOf = (account: Account): AccountDraft => ({
  kind: account.kind,
  parentId: account.parentId,
  edition: account.edition ?? "basic",
  name: account.name,
  code: account.code,
  email: account.email ?? "",
  phone: account.phone ?? "",
  mpnId: account.mpnId ?? "",
  taxId: account.taxId ?? "",
  language: account.language ?? "",
  managerEmail: account.managerEmail ?? "",
  currency: account.currency ?? "",
  billToId: account.billToId,
  orderingEnabled: account.orderingEnabled,
  resellingEnabled: account.resellingEnabled,
  credit: account.creditLimit.kind,
  creditAmount: account.creditLimit.kind === "limited" ? account.creditLimit.amount : "0",
  address: addressDraft(account.address),
  customFields: Object.entries(account.customFields).map(([name, value], key) => ({
    key,
    name,
    value
  }))
})

/** What the draft says of the fields that can be changed; what was left empty is null. */
const fieldsOf = (draft: AccountDraft) => {
  const isReseller = draft.kind === "reseller"
  return {
    name: draft.name.trim(),
    mpnId: isReseller ? said(draft.mpnId) : null,
    email: said(draft.email),
    phone: said(draft.phone),
    address: addressOf(draft.address),
    language: said(draft.language),
    currency: said(draft.currency),
    billToId: draft.billToId,
    managerEmail: said(draft.managerEmail),
    orderingEnabled: draft.orderingEnabled,
    resellingEnabled: isReseller && draft.resellingEnabled,
    creditLimit:
      draft.credit === "unlimited"
        ? { kind: draft.credit }
        : { kind: draft.credit, amount: draft.creditAmount.trim() },
    taxId: said(draft.taxId),
    customFields: Object.fromEntries(
      draft.customFields.flatMap(({ name, value }) =>
        name.trim() === "" && value.trim() === "" ? [] : [[name.trim(), value]]
      )
    )
  }
}

const said = (text: string): string | null => (text.trim() === "" ? null : text.trim())

/** The address as it is sent; null where no part of it is filled in. */
export const addressOf = (draft: AddressDraft): NonNullable<Account["address"]> | null =>
  Object.values(draft).every((part) => part.trim() === "")
    ? null
    : {
        line1: draft.line1.trim(),
        line2: said(draft.line2),
        city: draft.city.trim(),
        state: said(draft.state),
        postalCode: said(draft.postalCode),
        country: draft.country.trim()
      }

/** The account to make: what was left empty is not said. */
export const newAccountOf = (draft: AccountDraft): Payload<"POST /v1/accounts"> => {
  const { name, ...fields } = fieldsOf(draft)
  return {
    kind: draft.kind,
    name,
    ...(draft.parentId === null ? {} : { parentId: draft.parentId }),
    ...(draft.code.trim() === "" ? {} : { code: draft.code.trim() }),
    ...(draft.kind === "reseller" ? { edition: draft.edition } : {}),
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  }
}

/** What differs from the account that was read, and nothing else: nobody's work is undone unseen. */
export const changesOf = (
  read: Account,
  draft: AccountDraft
): Payload<"PATCH /v1/accounts/:id"> => {
  const whole = (draft: AccountDraft) => ({ ...fieldsOf(draft), code: draft.code.trim() })
  const before = new Map(
    Object.entries(whole(draftOf(read))).map(([field, value]) => [field, JSON.stringify(value)])
  )
  return Object.fromEntries(
    Object.entries(whole(draft)).filter(
      ([field, value]) => before.get(field) !== JSON.stringify(value)
    )
  )
}

/** What was typed over what was read, kept over what somebody else has saved meanwhile. */
export const rebased = (draft: AccountDraft, read: Account, newest: Account): AccountDraft => {
  const [before, now] = [draftOf(read), draftOf(newest)]
  const isTyped = (field: string, value: unknown) =>
    JSON.stringify(value) !== JSON.stringify(Object.entries(before).find(([f]) => f === field)?.[1])
  return {
    ...now,
    ...Object.fromEntries(Object.entries(draft).filter(([field, value]) => isTyped(field, value)))
  }
}

/**
 * Whether a field is still as it was sent, such as `address.postalCode`: what was said about another value says nothing
 * about this one.
 */
export const isAsSent = (draft: AccountDraft, sent: AccountDraft, field: string): boolean =>
  JSON.stringify(valueAt(draft, field)) === JSON.stringify(valueAt(sent, field))

const valueAt = (draft: AccountDraft, field: string): unknown => {
  if (field === "creditLimit") return [draft.credit, draft.creditAmount]
  const [name, part] = field.split(".")
  const at = (of: object, key: string | undefined): unknown =>
    Object.entries(of).find(([name]) => name === key)?.[1]
  return name === "address" && part !== undefined ? at(draft.address, part) : at(draft, name)
}

/** What is wrong with the names of custom fields, by their keys: what the API could not tell apart any more. */
export const customFieldProblems = (
  fields: ReadonlyArray<CustomFieldDraft>
): ReadonlyMap<number, string> => {
  const problems = new Map<number, string>()
  const seen = new Set<string>()
  for (const { key, name, value } of fields) {
    const given = name.trim()
    if (given === "" && value.trim() === "") continue
    if (given === "") problems.set(key, "give the field a name, or empty its value")
    else if (seen.has(given)) problems.set(key, `there is a field ${given} already`)
    seen.add(given)
  }
  return problems
}
