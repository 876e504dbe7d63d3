import {
  AccountId,
  AccountKind,
  ContactRole,
  CreditLimit,
  contactsMax,
  customFieldsMax,
  Email,
  Phone
} from "@concordat/core/account/Account"
import { Capability, Edition, editionAliases } from "@concordat/core/account/Edition"
import { Country } from "@concordat/core/instance/Country"
import { InstanceId, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { isKnownCurrency } from "@concordat/core/money/currencies"
import { Currency } from "@concordat/core/money/Money"
import { BigDecimal, Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, flag, guid, line } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountChangeNotAllowed,
  AccountChangeRefused,
  AccountCodeTaken,
  AccountInUse,
  AccountNotFound,
  BodyTooLarge,
  MediaTypeUnsupported,
  PreconditionRequired,
  VersionStale
} from "./Problem.ts"

const id = { id: guid(AccountId, "The account.") }
const name = line("Name of the company.", { min: 1, max: 400 }).check(
  Schema.makeFilter((text: string) => (text.trim() === "" ? "a name is needed" : undefined))
)
const code = line("The CSP's own number for the account, unique.", { min: 1, max: 100 }).check(
  Schema.isTrimmed({ message: "without spaces around it" })
)
const part = (description: string, max: number) => line(description, { min: 1, max })
const currency = Currency.check(
  Schema.makeFilter((text: string) =>
    isKnownCurrency(text) ? undefined : `ISO 4217 has no currency ${text}`
  )
)

/** Where an account is, as it is sent. */
export const AddressView = Schema.Struct({
  line1: part("Street and number.", 200),
  line2: described(
    Schema.NullOr(part("More of it.", 200)),
    "More of it; null where there is none."
  ),
  city: part("City.", 100),
  state: described(
    Schema.NullOr(part("State or province.", 100)),
    "State or province; null where there is none."
  ),
  postalCode: described(
    Schema.NullOr(part("Post code.", 20)),
    "Post code; null where there is none."
  ),
  country: described(Country, "Country, as two letters of ISO 3166-1.")
}).annotate({ identifier: "Address", description: "Where an account is." })

const CreditLimitView = Schema.Union([
  Schema.Struct({
    kind: described(Schema.Literal("unlimited"), "Every order is executed.")
  }).annotate({ identifier: "UnlimitedCredit", description: "No limit." }),
  Schema.Struct({
    kind: described(Schema.Literal("limited"), "So much and no more."),
    amount: Schema.String.check(
      Schema.isPattern(/^[0-9]{1,12}(\.[0-9]{1,10})?$/u, {
        message: "an amount of zero or more is needed, such as 1000.00"
      })
    ).annotate({
      description: "Of the account's currency. Zero: it may never owe.",
      examples: ["1000.00"]
    })
  }).annotate({ identifier: "LimitedCredit", description: "How much the account may owe." })
]).pipe(
  Schema.decodeTo(
    Schema.toType(CreditLimit),
    SchemaTransformation.transform({
      decode: (sent): CreditLimit =>
        sent.kind === "unlimited"
          ? sent
          : { kind: "limited", amount: BigDecimal.fromStringUnsafe(sent.amount) },
      encode: (limit) =>
        limit.kind === "unlimited"
          ? limit
          : { kind: limit.kind, amount: BigDecimal.format(limit.amount) }
    })
  )
)

const EditionSent = Schema.Literals([...Edition.literals, "lite", "tenant"])
  .annotate({
    description:
      "The edition: basic, standard or professional; the old names lite (basic) and tenant (professional) are taken too."
  })
  .pipe(
    Schema.decodeTo(
      Schema.toType(Edition),
      SchemaTransformation.transform({
        decode: (sent): Edition =>
          sent === "lite" || sent === "tenant" ? editionAliases[sent] : sent,
        encode: (edition: Edition): Edition | "lite" | "tenant" => edition
      })
    )
  )

const customFields = Schema.Record(
  Schema.String.check(
    Schema.isPattern(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/u, {
      message:
        "a custom field's name has letters, digits and _.- only, starts with a letter, at most 64"
    })
  ),
  line("Its value.", { min: 0, max: 500 })
).check(
  Schema.makeFilter((fields) =>
    Object.keys(fields).length > customFieldsMax
      ? `at most ${customFieldsMax} custom fields`
      : undefined
  )
)

const texts = {
  mpnId: "Partner ID of a reseller; null where there is none.",
  email: "The corporate e-mail address; null where none is known.",
  phone: "The phone number; null where none is known.",
  address:
    "Where it is; null where that is not known. A customer without one is at its reseller's.",
  language: "Of mails to it; null: as the account above.",
  currency: "Of its credit limit and invoices, ISO 4217; null: as the account above.",
  billToId: "Who is billed for it, an account above it; null: whoever the purchase mode names.",
  managerEmail: "The account manager at the CSP; null where there is none.",
  orderingEnabled: "Whether it may order.",
  resellingEnabled: "Whether it may order for end customers; resellers only.",
  creditLimit: "How much it may owe. A reseller's covers the orders for its end customers.",
  taxId: "Its tax or registration number; null where none is known.",
  customFields: `The CSP's own fields, at most ${customFieldsMax}, sent and replaced as a whole.`
}

const fields = {
  mpnId: described(Schema.NullOr(MpnId), texts.mpnId),
  email: described(Schema.NullOr(Email), texts.email),
  phone: described(Schema.NullOr(Phone), texts.phone),
  address: described(Schema.NullOr(AddressView), texts.address),
  language: described(Schema.NullOr(Language), texts.language),
  currency: described(Schema.NullOr(currency), texts.currency),
  billToId: described(Schema.NullOr(guid(AccountId, "An account above it.")), texts.billToId),
  managerEmail: described(Schema.NullOr(Email), texts.managerEmail),
  orderingEnabled: described(Schema.Boolean, texts.orderingEnabled),
  resellingEnabled: described(Schema.Boolean, texts.resellingEnabled),
  creditLimit: described(CreditLimitView, texts.creditLimit),
  taxId: described(Schema.NullOr(part("The number.", 50)), texts.taxId),
  customFields: described(customFields, texts.customFields)
}

/** An account as callers see it; the parent of the caller's own root is not told. */
export const AccountView = Schema.Struct({
  ...id,
  parentId: described(
    Schema.NullOr(guid(AccountId, "The account above.")),
    "The account above it in the tree; null for the root of what the caller sees."
  ),
  kind: described(AccountKind, "What the account is in the tree."),
  name: described(Schema.String, "Name of the company."),
  code: described(Schema.String, "The CSP's own number for the account."),
  edition: described(Schema.NullOr(Edition), "A reseller's edition; null for the others."),
  ...fields,
  active: described(Schema.Boolean, "Whether it is in use; nothing is made below one that is not."),
  tenants: described(
    Schema.Array(
      Schema.Struct({
        instanceId: guid(InstanceId, "The instance through which the tenant is managed."),
        tenantId: guid(TenantId, "The customer's Microsoft tenant."),
        domain: described(
          Schema.NullOr(Schema.String),
          "Its domain, such as contoso.onmicrosoft.com; null where it is not known."
        )
      }).annotate({
        identifier: "AccountTenant",
        description: "A Microsoft tenant of the account in one instance."
      })
    ),
    "The account's Microsoft tenants."
  ),
  version: described(Schema.Int, "Counts the changes; it is also the ETag.")
}).annotate({
  identifier: "Account",
  description: "Who buys or resells: a node of the account tree."
})
export type AccountView = typeof AccountView.Type

const optional = {
  mpnId: Schema.optionalKey(fields.mpnId),
  email: Schema.optionalKey(fields.email),
  phone: Schema.optionalKey(fields.phone),
  address: Schema.optionalKey(fields.address),
  language: Schema.optionalKey(fields.language),
  currency: Schema.optionalKey(fields.currency),
  billToId: Schema.optionalKey(fields.billToId),
  managerEmail: Schema.optionalKey(fields.managerEmail),
  orderingEnabled: described(
    Schema.optionalKey(Schema.Boolean),
    `${texts.orderingEnabled} false when a new account does not say.`
  ),
  resellingEnabled: described(
    Schema.optionalKey(Schema.Boolean),
    `${texts.resellingEnabled} false when a new account does not say.`
  ),
  creditLimit: described(
    Schema.optionalKey(CreditLimitView),
    `${texts.creditLimit} Zero when a new account does not say.`
  ),
  taxId: Schema.optionalKey(fields.taxId),
  customFields: Schema.optionalKey(fields.customFields)
}

/** An account to make. What is absent is null, or none. */
export const NewAccount = Schema.Struct({
  parentId: described(
    Schema.optionalKey(guid(AccountId, "The account above.")),
    "The account above it; when absent, the root of what the caller sees."
  ),
  kind: described(
    AccountKind,
    "What it will be: below an organisation lie organisations (country tenants), resellers and customers; below a reseller customers and affiliates; below a customer affiliates."
  ),
  name,
  code: described(
    Schema.optionalKey(code),
    "The CSP's own number for the account, unique; made from the id when absent."
  ),
  edition: described(
    Schema.optionalKey(EditionSent),
    "A reseller's edition; basic when a new reseller does not say, refused for the others."
  ),
  ...optional
})
  .check(
    Schema.makeFilter(({ kind, edition }) =>
      edition !== undefined && kind !== "reseller"
        ? { path: ["edition"], issue: "only a reseller has an edition: leave it out" }
        : undefined
    )
  )
  .annotate({ identifier: "NewAccount", description: "An account to make." })
export type NewAccount = typeof NewAccount.Type

/** What can be changed about an account; what is absent stays, null empties. */
export const AccountPatch = Schema.Struct({
  name: Schema.optionalKey(name),
  code: Schema.optionalKey(code),
  ...optional
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0
        ? undefined
        : "give at least one field to change; GET shows them all"
    )
  )
  .annotate({ identifier: "AccountPatch", description: "What to change about an account." })

const dryRun = described(
  Schema.optionalKey(Schema.Boolean),
  "Only say what would change. false when absent."
)
const dryRunDone = described(Schema.Boolean, "True when nothing was changed.")

const MoveRequest = Schema.Struct({
  parentId: guid(AccountId, "The account below which it will lie."),
  dryRun
}).annotate({ identifier: "AccountMoveRequest", description: "Where an account moves." })

const Step = Schema.Struct({ ...id, name: described(Schema.String, "Its name.") }).annotate({
  identifier: "AccountPathStep",
  description: "An account on the way from the root."
})

/** What a move changed, or would change. */
export const AccountMove = Schema.Struct({
  dryRun: dryRunDone,
  account: described(AccountView, "The account, as it is now."),
  from: described(Schema.Array(Step), "The accounts above it before, from the root on."),
  to: described(Schema.Array(Step), "The accounts above it after."),
  accounts: count("How many accounts move: itself, and everybody below it."),
  subscriptions: count("How many subscriptions they have."),
  resellerBefore: described(
    Schema.NullOr(Step),
    "The reseller above it before, whose MPN id its end customers' subscriptions carry; null for none."
  ),
  resellerAfter: described(Schema.NullOr(Step), "The reseller above it after; null for none.")
}).annotate({ identifier: "AccountMove", description: "What a move changes." })

const MergeRequest = Schema.Struct({
  into: guid(AccountId, "The account that stays."),
  dryRun
}).annotate({
  identifier: "AccountMergeRequest",
  description: "The account that another one is merged into."
})

const Refusal = Schema.Struct({
  field: described(Schema.String, "What it is about."),
  reason: described(Schema.String, "Why, and the way out.")
}).annotate({ identifier: "AccountMergeRefusal", description: "Something that forbids a merge." })

const Conflict = Schema.Struct({
  field: described(
    Schema.String,
    "A field of the account, or `customFields.` and the name of a custom field."
  ),
  source: described(Schema.String, "The value of the account that goes; it keeps it."),
  target: described(
    Schema.NullOr(Schema.String),
    "The value of the account that stays, which counts; null where it has none."
  )
}).annotate({
  identifier: "AccountMergeConflict",
  description: "A value that is not taken over."
})

/** What a merge changed, or would change. */
export const AccountMerge = Schema.Struct({
  dryRun: dryRunDone,
  source: described(AccountView, "The account that goes, as it is now."),
  target: described(AccountView, "The account that stays, as it is now."),
  refusals: described(
    Schema.Array(Refusal),
    "Everything that forbids the merge; empty when nothing does. Without `dryRun` they are answered as a problem."
  ),
  tenants: count("Microsoft tenants that move."),
  subscriptions: count("Subscriptions that move, those that are over included."),
  contacts: count("Contacts that move."),
  contactsJoined: count("Of these, those that the other account has already."),
  accounts: count("Accounts that move along: all below the account that goes."),
  agreements: count("Acceptances of agreements that are not sent yet and move."),
  filled: described(
    Schema.Array(Schema.String),
    "Fields that the account that stays takes over, since it had none."
  ),
  conflicts: described(
    Schema.Array(Conflict),
    "Values that are not taken over, since the account that stays has its own."
  ),
  operators: count(
    "Operators whose branch is the account that goes. Theirs is that of the one that stays from then on."
  ),
  keys: count(
    "API keys whose branch is the account that goes. Theirs is that of the one that stays from then on."
  ),
  priceListsLeft: count(
    "Price lists of the account that goes. They stay with it: assign them again where they are to count."
  ),
  resellerBefore: described(
    Schema.NullOr(Step),
    "The reseller of the account that goes: itself, or the one above it; null for none."
  ),
  resellerAfter: described(
    Schema.NullOr(Step),
    "The reseller of the account that stays; null for none."
  )
}).annotate({ identifier: "AccountMerge", description: "What a merge of two accounts changes." })

const EditionRequest = Schema.Struct({ edition: EditionSent, dryRun }).annotate({
  identifier: "EditionRequest",
  description: "The edition that a reseller is to have."
})

/** What another edition gives and takes. */
export const EditionChange = Schema.Struct({
  dryRun: dryRunDone,
  account: described(AccountView, "The reseller, as it is now."),
  before: described(Edition, "The edition it had."),
  edition: described(Edition, "The edition that was asked for."),
  gained: described(Schema.Array(Capability), "What it lets the reseller do besides."),
  lost: described(
    Schema.Array(Capability),
    "What the reseller cannot do any more. What was made with it is kept, and is there again after a step back."
  )
}).annotate({ identifier: "EditionChange", description: "What another edition gives and takes." })

const ContactView = Schema.Struct({
  name: part("The person's name.", 200),
  email: described(Email, "The person's e-mail address."),
  phone: described(Schema.NullOr(Phone), "The person's phone number; null where none is known."),
  roles: Schema.Array(ContactRole)
    .annotate({
      description:
        "What for. primary: whom one writes to; bill-to: who gets invoices; storefront-user: who may sign in to the storefront."
    })
    .check(
      Schema.makeFilter((roles) =>
        new Set(roles).size === roles.length ? undefined : "each role only once"
      )
    )
}).annotate({ identifier: "Contact", description: "A person at an account." })

/** All contacts of an account. */
export const Contacts = Schema.Struct({
  contacts: Schema.Array(ContactView)
    .check(Schema.isMaxLength(contactsMax))
    .annotate({ description: `All contacts, at most ${contactsMax}.` })
})
  .check(
    Schema.makeFilter(({ contacts }) =>
      (["primary", "bill-to"] as const)
        .filter((role) => contacts.filter(({ roles }) => roles.includes(role)).length > 1)
        .map((role) => ({ path: ["contacts"], issue: `only one contact can be ${role}` }))
    )
  )
  .annotate({ identifier: "Contacts", description: "The people at an account." })

const bodies = [BodyTooLarge, MediaTypeUnsupported] as const
const changes = [PreconditionRequired, VersionStale, ...bodies] as const
const tagged = HttpApiSchema.WithHeaders(AccountView, etag)

/** Accounts of the caller's branch. */
export class AccountsGroup extends HttpApiGroup.make("accounts")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        q: Schema.optionalKey(
          line(
            "Part of a name, code, e-mail address, domain or tenant id; one or two characters are the beginning of a word of them.",
            { min: 0, max: 200 }
          )
        ),
        parent: described(
          Schema.optionalKey(guid(AccountId, "The account above.")),
          "Only those directly below this account."
        ),
        kind: described(Schema.optionalKey(AccountKind), "Only those of this kind."),
        active: Schema.optionalKey(flag("Only those that are active, or that are not.")),
        ...pageQuery
      },
      success: pageOf(AccountView, "AccountPage")
    })
      .annotate(
        OpenApi.Summary,
        "Search accounts by name, code, e-mail address, domain or tenant id"
      )
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("create", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewAccount,
      success: HttpApiSchema.WithHeaders(AccountView.pipe(HttpApiSchema.status(201)), {
        ...etag,
        location: Schema.String.annotate({ description: "Where the account can be read." })
      }),
      error: [
        AccountNotFound,
        AccountChangeNotAllowed,
        AccountChangeRefused,
        AccountCodeTaken,
        ...bodies
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make an account below another one")
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: tagged,
      error: AccountNotFound
    })
      .annotate(OpenApi.Summary, "Get one account, with its ETag")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.patch("update", "/:id", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: AccountPatch,
      success: tagged,
      error: [
        AccountNotFound,
        AccountChangeNotAllowed,
        AccountChangeRefused,
        AccountCodeTaken,
        ...changes
      ]
    })
      .annotate(OpenApi.Summary, "Change fields of an account; the others stay")
      .annotate(
        OpenApi.Description,
        "Operators change everything. A reseller changes the accounts below it, and of its own e-mail, phone, address and language. A customer changes these four."
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.post("move", "/:id/move", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      payload: MoveRequest,
      success: AccountMove,
      error: [AccountNotFound, AccountChangeNotAllowed, AccountChangeRefused, ...bodies]
    })
      .middleware(Idempotent)
      .annotate(
        OpenApi.Summary,
        "Move an account, with everybody below it, or say what that would change"
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.post("merge", "/:id/merge", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      payload: MergeRequest,
      success: AccountMerge,
      error: [AccountNotFound, AccountChangeNotAllowed, AccountChangeRefused, ...bodies]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Merge an account into another one of the same company")
      .annotate(
        OpenApi.Description,
        "Everything of the account becomes the other's: tenants, subscriptions, contacts, the accounts below it, and custom fields; where both have a value, that of the account that stays counts. The account that goes is deactivated and kept, with its history. With `dryRun` all of it is only told, and everything that forbids it."
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.post("deactivate", "/:id/deactivate", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      success: tagged,
      error: [AccountNotFound, AccountChangeNotAllowed, AccountChangeRefused, AccountInUse]
    })
      .middleware(Idempotent)
      .annotate(
        OpenApi.Summary,
        "Deactivate an account without running subscriptions and active accounts below it"
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.post("activate", "/:id/activate", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      success: tagged,
      error: [AccountNotFound, AccountChangeNotAllowed, AccountChangeRefused]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Activate an account again")
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.post("edition", "/:id/edition", {
      params: id,
      headers: idempotencyKey,
      query: noQuery,
      payload: EditionRequest,
      success: EditionChange,
      error: [AccountNotFound, AccountChangeNotAllowed, AccountChangeRefused, ...bodies]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Give a reseller another edition, or say what that would change")
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.get("contacts", "/:id/contacts", {
      params: id,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(Contacts, etag),
      error: AccountNotFound
    })
      .annotate(OpenApi.Summary, "List the people at an account, with the account's ETag")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.put("putContacts", "/:id/contacts", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: Contacts,
      success: HttpApiSchema.WithHeaders(Contacts, etag),
      error: [AccountNotFound, AccountChangeNotAllowed, ...changes]
    })
      .annotate(OpenApi.Summary, "Replace the people at an account")
      .annotateMerge(requires("accounts:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/accounts")
  .annotateMerge(
    OpenApi.annotations({
      title: "Accounts",
      description: "The account tree: the organisation, its resellers, customers and affiliates."
    })
  ) {}
