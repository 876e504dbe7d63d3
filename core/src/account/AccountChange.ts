import { BigDecimal } from "effect"
import type { Actor } from "../actor/Actor.ts"
import type { Account, AccountId, CreditLimit } from "./Account.ts"

/** What can be changed about an account field by field. Its place, edition and activity have operations of their own. */
export type AccountFields = Pick<
  Account,
  | "name"
  | "code"
  | "mpnId"
  | "email"
  | "phone"
  | "address"
  | "language"
  | "currency"
  | "billToId"
  | "managerEmail"
  | "orderingEnabled"
  | "resellingEnabled"
  | "creditLimit"
  | "taxId"
  | "customFields"
>
export type AccountField = keyof AccountFields

/** What is absent stays as it is; null empties. */
export type AccountChange = { readonly [F in AccountField]?: AccountFields[F] | undefined }

/** The fields that an account may keep up to date about itself. */
export const ownFields: ReadonlyArray<AccountField> = ["email", "phone", "address", "language"]

/** The fields that only the CSP sets, whoever the account lies below. */
export const operatorFields: ReadonlyArray<AccountField> = ["managerEmail"]

/** The fields that the change gives. */
export const fieldsOf = (change: AccountChange): ReadonlyArray<AccountField> =>
  accountFields.filter((field) => change[field] !== undefined)

/** In the order in which they are checked and logged. */
export const accountFields: ReadonlyArray<AccountField> = [
  "name",
  "code",
  "mpnId",
  "email",
  "phone",
  "address",
  "language",
  "currency",
  "billToId",
  "managerEmail",
  "orderingEnabled",
  "resellingEnabled",
  "creditLimit",
  "taxId",
  "customFields"
]

/** What a caller would do to an account of its branch. */
export type AccountAct =
  | { readonly kind: "create"; readonly of: Account["kind"]; readonly change: AccountChange }
  | { readonly kind: "update"; readonly change: AccountChange }
  | { readonly kind: "contacts" }
  | { readonly kind: "move" }
  | { readonly kind: "merge" }
  | { readonly kind: "activity" }
  | { readonly kind: "edition" }

/**
 * Which part of the act the caller may not do; undefined when it may. Operators do everything. A reseller keeps its
 * own contact data, and looks after the accounts below it. A customer keeps its own contact data. That the account
 * is in the caller's branch has been seen to.
 *
 * `id` is the account; for "create", the account above the new one.
 */
export const refusedPart = (actor: Actor, id: AccountId, act: AccountAct): string | undefined => {
  switch (actor.role) {
    case "operator-admin":
    case "operator":
      return undefined
    case "read-only":
      return act.kind
    case "customer":
      if (act.kind === "update") return fieldOutside(act.change, ownFields)
      return act.kind === "contacts" ? undefined : act.kind
    case "reseller":
      switch (act.kind) {
        case "edition":
          return "edition"
        case "contacts":
          return undefined
        case "create":
          return act.of === "customer" || act.of === "affiliate"
            ? fieldAmong(act.change, operatorFields)
            : "kind"
        case "update":
          return id === actor.branch
            ? fieldOutside(act.change, ownFields)
            : fieldAmong(act.change, operatorFields)
        case "move":
        case "merge":
        case "activity":
          return id === actor.branch ? act.kind : undefined
      }
  }
}

const fieldOutside = (change: AccountChange, allowed: ReadonlyArray<AccountField>) =>
  fieldsOf(change).find((field) => !allowed.includes(field))
const fieldAmong = (change: AccountChange, refused: ReadonlyArray<AccountField>) =>
  fieldsOf(change).find((field) => refused.includes(field))

/** The account as the change makes it, of the same version. */
export const changed = (account: Account, change: AccountChange): Account => ({
  ...account,
  name: given(change.name, account.name),
  code: given(change.code, account.code),
  mpnId: given(change.mpnId, account.mpnId),
  email: given(change.email, account.email),
  phone: given(change.phone, account.phone),
  address: given(change.address, account.address),
  language: given(change.language, account.language),
  currency: given(change.currency, account.currency),
  billToId: given(change.billToId, account.billToId),
  managerEmail: given(change.managerEmail, account.managerEmail),
  orderingEnabled: given(change.orderingEnabled, account.orderingEnabled),
  resellingEnabled: given(change.resellingEnabled, account.resellingEnabled),
  creditLimit: given(change.creditLimit, account.creditLimit),
  taxId: given(change.taxId, account.taxId),
  customFields: given(change.customFields, account.customFields)
})

/** null is a value here; only what is absent stays. */
const given = <A>(value: A | undefined, before: A): A => (value === undefined ? before : value)

export interface FieldRefusal {
  readonly field: AccountField
  readonly reason: string
}

/**
 * Why an account cannot be like this; undefined when it can. `before` is what it was, where it was; `above` are the
 * accounts above it, itself left out.
 */
export const accountRefusal = (
  account: Account,
  before: Account | undefined,
  above: ReadonlyArray<AccountId>
): FieldRefusal | undefined => {
  if (account.kind !== "reseller" && account.mpnId !== null)
    return { field: "mpnId", reason: `only a reseller has an MPN id, and this is ${account.kind}` }
  if (account.kind !== "reseller" && account.resellingEnabled)
    return { field: "resellingEnabled", reason: "only a reseller resells: leave it out, or false" }
  if (account.billToId !== null && !above.includes(account.billToId))
    return {
      field: "billToId",
      reason: "only an account above it can be billed for it: choose one of those, or null"
    }
  if (owes(account.creditLimit) && account.currency === null)
    return {
      field: "currency",
      reason: "a credit limit is an amount of the account's currency: give the currency with it"
    }
  if (
    before !== undefined &&
    before.currency !== account.currency &&
    owes(before.creditLimit) &&
    before.creditLimit === account.creditLimit
  )
    return {
      field: "creditLimit",
      reason: "it is an amount of the former currency: give the limit in the new one with it"
    }
  return undefined
}

const owes = (limit: CreditLimit): boolean =>
  limit.kind === "limited" && !BigDecimal.isZero(limit.amount)

/** A field as the history keeps it. */
export const recorded = (account: Account, field: AccountField): unknown => {
  if (field !== "creditLimit") return account[field]
  const { creditLimit } = account
  return creditLimit.kind === "unlimited"
    ? creditLimit
    : { ...creditLimit, amount: BigDecimal.format(creditLimit.amount) }
}
