import { BigDecimal, Schema } from "effect"
import { Country } from "../instance/Country.ts"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, MpnId, TenantId } from "../instance/Instance.ts"
import { Language } from "../instance/Language.ts"
import { Currency } from "../money/Money.ts"
import { Edition } from "./Edition.ts"

export const AccountId = Guid.pipe(Schema.brand("AccountId"))
export type AccountId = typeof AccountId.Type

/**
 * The root is an `organisation`: the CSP itself. An organisation below it is a country tenant. A tenant reseller is
 * a `reseller` of edition professional. A reseller's end customers lie below it in the tree.
 */
export const AccountKind = Schema.Literals(["organisation", "reseller", "customer", "affiliate"])
export type AccountKind = typeof AccountKind.Type

/** A BSS account that is a customer tenant in one instance; one account may be two tenants in two instances (domain.md §4). */
export class AccountTenant extends Schema.Opaque<AccountTenant>()(
  Schema.Struct({
    instanceId: InstanceId,
    tenantId: TenantId,
    domain: Schema.NullOr(Schema.String)
  })
) {}

/** An address that mail is sent to: one, without a display name. */
export const Email = Schema.String.check(
  Schema.isMaxLength(254),
  Schema.isPattern(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/u,
    { message: "an e-mail address is needed, such as office@contoso.example" }
  )
)

/** A phone number as people write it. Microsoft's rule for the country is stricter, and counts when a tenant is made. */
export const Phone = Schema.String.check(
  Schema.isPattern(/^\+?[0-9][0-9 ()./-]{2,29}$/u, {
    message:
      "a phone number is needed: digits, spaces and ()./- with an optional + in front, 3 to 31 characters"
  })
)

/** Where an account is. Which parts a country asks for is Microsoft's rule, checked when a tenant is made. */
export class Address extends Schema.Opaque<Address>()(
  Schema.Struct({
    line1: Schema.String,
    line2: Schema.NullOr(Schema.String),
    city: Schema.String,
    state: Schema.NullOr(Schema.String),
    postalCode: Schema.NullOr(Schema.String),
    country: Schema.toType(Country)
  })
) {}

/** How much an account may owe, in the account's currency. Zero: nothing at all (domain.md §10). */
export const CreditLimit = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("unlimited") }),
  Schema.Struct({ kind: Schema.Literal("limited"), amount: Schema.BigDecimal })
])
export type CreditLimit = typeof CreditLimit.Type

/** Of an account that nobody has given a limit: it may never owe. */
export const noCredit: CreditLimit = { kind: "limited", amount: BigDecimal.fromBigInt(0n) }

/** Who buys or resells, as a node of the account tree. */
export class Account extends Schema.Opaque<Account>()(
  Schema.Struct({
    id: AccountId,
    parentId: Schema.NullOr(AccountId),
    kind: AccountKind,
    name: Schema.String,
    /** The CSP's own number for the account, unique. */
    code: Schema.String,
    /** Resellers only, and every reseller has one. */
    edition: Schema.NullOr(Edition),
    mpnId: Schema.NullOr(MpnId),
    email: Schema.NullOr(Email),
    phone: Schema.NullOr(Phone),
    address: Schema.NullOr(Address),
    /** Of mails to it; null: as the account above, at the root as the installation. */
    language: Schema.NullOr(Schema.toType(Language)),
    /** null: as the account above. */
    currency: Schema.NullOr(Currency),
    /** Who is billed for it: an account above it; null: whoever its purchase mode names. */
    billToId: Schema.NullOr(AccountId),
    /** The account manager at the CSP. */
    managerEmail: Schema.NullOr(Email),
    orderingEnabled: Schema.Boolean,
    /** Resellers only. */
    resellingEnabled: Schema.Boolean,
    creditLimit: CreditLimit,
    taxId: Schema.NullOr(Schema.String),
    customFields: Schema.Record(Schema.String, Schema.String),
    active: Schema.Boolean,
    tenants: Schema.Array(AccountTenant),
    version: Schema.Int
  }).annotate({ identifier: "Account" })
) {}

/** What a contact is asked for (domain.md §9, §11). */
export const ContactRole = Schema.Literals(["primary", "bill-to", "storefront-user"])
export type ContactRole = typeof ContactRole.Type

/** A person at an account. */
export class Contact extends Schema.Opaque<Contact>()(
  Schema.Struct({
    name: Schema.String,
    email: Email,
    phone: Schema.NullOr(Phone),
    roles: Schema.Array(ContactRole)
  })
) {}

/** The most contacts of one account. */
export const contactsMax = 200

/** The most custom fields of one account. */
export const customFieldsMax = 50
