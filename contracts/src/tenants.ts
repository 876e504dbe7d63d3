import { AccountId } from "@concordat/core/account/Account"
import { Country } from "@concordat/core/instance/Country"
import {
  Environment,
  InstanceId,
  InstanceName,
  MpnId,
  TenantId
} from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import {
  SyncMode,
  SyncQuestion,
  SyncStage,
  SyncStatus,
  SyncWait
} from "@concordat/core/tenant/Synchronization"
import { SyncOptionName } from "@concordat/core/tenant/SyncOption"
import { AddressStatus } from "@concordat/core/tenant/VendorTenants"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { AddressView } from "./accounts.ts"
import { count, described, guid, line, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountChangeNotAllowed,
  AccountNotFound,
  AlreadySynchronised,
  BodyTooLarge,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported,
  PartnerCenterFailed,
  PreconditionRequired,
  SynchronizationRefused,
  SynchronizationUnderWay,
  VersionStale,
  WrongField
} from "./Problem.ts"

const account = { id: guid(AccountId, "The account.") }
const instanceName = described(InstanceName, "The instance.")
const orNull = <S extends Schema.Top>(schema: S, description: string) =>
  described(Schema.NullOr(schema), description)
const text = (description: string) => described(Schema.String, description)
const textOrNull = (description: string) => orNull(Schema.String, description)
const words = (description: string) => described(Schema.Array(Schema.String), description)

const optionTexts = {
  userName:
    "The administrator of the new tenant, without its domain, such as admin; null: not said. For a tenant that exists nobody is made of it.",
  domainPrefix:
    "Of a new tenant: 3 to 27 letters and digits. Of one that exists: its prefix, or another of its domains with the suffix. null: not said.",
  mpnId:
    "The reseller's Partner ID; null: that of the reseller's account. Only in an indirect provider's instance, and not below a tenant reseller.",
  taxId:
    'The registration number ("Organization INN"), 5 to 22 characters; null: the account\'s tax id. Only where a country of the instance asks for it, and only for a new tenant.'
}

/** A sync option to show in a form. */
const SyncOptionFieldView = Schema.Struct({
  name: described(SyncOptionName, "Its name."),
  label: text("What it is called."),
  required: described(Schema.Boolean, "Whether nobody is synchronised without it."),
  lengthMin: count("The least characters."),
  lengthMax: count("The most characters."),
  suffix: textOrNull("What is shown behind it; null: nothing."),
  hint: text("What to fill in.")
}).annotate({ identifier: "SyncOptionField", description: "A sync option of the instance." })

/** The sync options of an account in one instance. */
export const SyncOptionsView = Schema.Struct({
  instance: instanceName,
  userName: textOrNull(optionTexts.userName),
  domainPrefix: textOrNull(optionTexts.domainPrefix),
  mpnId: orNull(MpnId, optionTexts.mpnId),
  taxId: textOrNull(optionTexts.taxId),
  fields: described(
    Schema.Array(SyncOptionFieldView),
    "The options that an account like this has in the instance."
  ),
  version: described(Schema.Int, "Counts the changes, 0 before the first; it is also the ETag.")
}).annotate({
  identifier: "SyncOptions",
  description: "What an account says before it becomes a tenant of an instance."
})

const optional = (description: string, max: number) =>
  described(Schema.optionalKey(Schema.NullOr(line("A value.", { min: 1, max }))), description)

/** The sync options as they shall be: what is absent is null. */
export const SyncOptionsGiven = Schema.Struct({
  userName: optional(optionTexts.userName, 64),
  domainPrefix: optional(optionTexts.domainPrefix, 253),
  mpnId: described(Schema.optionalKey(Schema.NullOr(MpnId)), optionTexts.mpnId),
  taxId: optional(optionTexts.taxId, 50)
}).annotate({
  identifier: "SyncOptionsGiven",
  description: "All sync options of the account; what is absent becomes null."
})
export type SyncOptionsGiven = typeof SyncOptionsGiven.Type

/** As Microsoft writes it: nothing that it says is refused here. */
const SuggestedAddress = Schema.Struct({
  line1: text("Street and number."),
  line2: textOrNull("More of it; null where there is none."),
  city: text("City."),
  state: textOrNull("State or province; null where there is none."),
  postalCode: textOrNull("Post code; null where there is none."),
  country: described(Country, "Country, as two letters of ISO 3166-1.")
}).annotate({
  identifier: "SuggestedAddress",
  description: "An address as Microsoft would write it."
})

const AddressSuggested = described(
  Schema.Array(SuggestedAddress),
  "Addresses as Microsoft would write them, at most three."
)

/** What a synchronisation asks. */
const QuestionView = Schema.Struct({
  kind: described(
    SyncQuestion.fields.kind,
    "`address`: Microsoft would write it differently. `linked`: the tenant is another account's. `existing`: the tenant is a customer in Partner Center."
  ),
  text: text("The question, for people."),
  tenantId: orNull(
    guid(TenantId, "The tenant."),
    "The tenant that it is about; null for an address."
  ),
  suggestions: AddressSuggested
}).annotate({ identifier: "SynchronizationQuestion", description: "What has to be confirmed." })

/** How far an account is in one instance. */
export const SynchronizationView = Schema.Struct({
  instance: instanceName,
  instanceId: guid(InstanceId, "Its id."),
  environment: described(Environment, "The environment that is live."),
  status: described(
    SyncStatus,
    '"Provisioning Sync Status". An account with a tenant is `synchronised`, however it got it. `not-synchronised` after a try: something else is to be chosen, see `problem`. `failed`: see `problem`, and try again.'
  ),
  tenants: described(
    Schema.Array(
      Schema.Struct({
        tenantId: guid(TenantId, "The tenant."),
        domain: textOrNull("Its domain; null where it is not known.")
      }).annotate({ identifier: "SynchronizedTenant", description: "A tenant of the account." })
    ),
    "The account's tenants in the instance."
  ),
  mode: orNull(SyncMode, "What was asked for last: `create` a tenant, or `link` one that exists."),
  stage: orNull(SyncStage, "How far the newest try is."),
  waitsFor: orNull(
    SyncWait,
    "`confirmation`: send it again with `confirm`. `authorization`: an administrator of the customer has to open `authorizationLink` and accept. null: for nobody."
  ),
  domain: textOrNull("The domain that it is about."),
  question: orNull(QuestionView, "What is asked; null: nothing."),
  authorizationLink: textOrNull("Where the customer's administrator accepts us."),
  expiresAt: orNull(
    timestamp("When waiting ends."),
    "When waiting ends; null: nothing is waited for."
  ),
  problem: textOrNull("Why it is not synchronised, or what is still missing, with the way out."),
  problems: described(Schema.Array(WrongField), "The same by field, where fields are wrong."),
  suggestions: words("Domain prefixes that were free when it was looked."),
  requestedBy: textOrNull("Who asked."),
  createdAt: orNull(timestamp("When."), "When it was asked for."),
  finishedAt: orNull(timestamp("When."), "When the try ended; null until then.")
}).annotate({
  identifier: "Synchronization",
  description: "How far an account is on its way to a tenant of one instance."
})
export type SynchronizationView = typeof SynchronizationView.Type

const StepView = Schema.Struct({
  at: timestamp("When."),
  actor: text("Who did it."),
  text: text("What happened.")
}).annotate({
  identifier: "SynchronizationStep",
  description: "Something that happened on the way."
})

/** Accounts on their way to a tenant. */
export class SynchronizationGroup extends HttpApiGroup.make("synchronization")
  .add(
    HttpApiEndpoint.get("options", "/:id/syncoptions", {
      params: account,
      query: { instance: instanceName },
      success: HttpApiSchema.WithHeaders(SyncOptionsView, etag),
      error: [AccountNotFound, InstanceNotFound]
    })
      .annotate(OpenApi.Summary, "Read the sync options of an account in an instance")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.put("putOptions", "/:id/syncoptions", {
      params: account,
      query: { instance: instanceName },
      headers: ifMatch,
      payload: SyncOptionsGiven,
      success: HttpApiSchema.WithHeaders(SyncOptionsView, etag),
      error: [
        AccountNotFound,
        AccountChangeNotAllowed,
        InstanceNotFound,
        PreconditionRequired,
        VersionStale,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Replace the sync options of an account in an instance")
      .annotate(
        OpenApi.Description,
        "Everything that is wrong is named at once (400). Options that an account like this does not have are refused: `fields` of the answer to GET says which there are."
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.get("states", "/:id/synchronization", {
      params: account,
      query: noQuery,
      success: Schema.Struct({
        items: described(Schema.Array(SynchronizationView), "By instance.")
      }).annotate({
        identifier: "SynchronizationStates",
        description: "How far an account is in each instance."
      }),
      error: AccountNotFound
    })
      .annotate(OpenApi.Summary, "Say how far an account is in each instance")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("steps", "/:id/synchronization/steps", {
      params: account,
      query: { ...pageQuery, instance: instanceName },
      success: pageOf(StepView, "SynchronizationStepPage"),
      error: [AccountNotFound, InstanceNotFound]
    })
      .annotate(OpenApi.Summary, "List what happened on the way, newest first")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("synchronize", "/:id/synchronization", {
      params: account,
      headers: idempotencyKey,
      query: noQuery,
      payload: Schema.Struct({
        instance: instanceName,
        mode: described(SyncMode, "`create` makes a new tenant, `link` links one that exists."),
        confirm: described(
          Schema.optionalKey(Schema.Boolean),
          "Whether the question with which the account's synchronisation waits is answered with yes; false when absent."
        )
      }).annotate({
        identifier: "SynchronizationRequest",
        description: "Save & Synchronize: the sync options say with what."
      }),
      success: SynchronizationView.pipe(HttpApiSchema.status(202)),
      error: [
        AccountNotFound,
        AccountChangeNotAllowed,
        InstanceNotFound,
        InstanceDisabled,
        AlreadySynchronised,
        SynchronizationUnderWay,
        SynchronizationRefused,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make an account a tenant, or link the tenant that it has")
      .annotate(
        OpenApi.Description,
        "A job does it; GET says how far it is. The same request again tries again after a failure. A creation whose outcome is not known is found out first, whatever is asked for, so that no account ever gets two tenants."
      )
      .annotateMerge(requires("accounts:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/accounts")
  .annotateMerge(
    OpenApi.annotations({
      title: "Synchronisation",
      description:
        "How a BSS account becomes a Microsoft tenant: its sync options, and the process that makes or links the tenant."
    })
  ) {}

const FormFieldView = Schema.Struct({
  name: text(
    "As the form's validation names it: `address.postalCode`, `syncOptions.domainPrefix`."
  ),
  label: text("What it is called."),
  required: described(Schema.Boolean, "Whether it must be filled in."),
  lengthMin: count("The least characters."),
  lengthMax: count("The most characters."),
  pattern: textOrNull(
    "Microsoft's regular expression, as it came; null where there is none. Try it with care, or leave that to the validation."
  ),
  choices: words("What can be chosen; empty: anything."),
  suffix: textOrNull("What is shown behind it; null: nothing."),
  hint: textOrNull("What to fill in; null: it speaks for itself.")
}).annotate({ identifier: "FormField", description: "A field of the form of a new customer." })

const value = (description: string, max: number) =>
  described(Schema.optionalKey(Schema.NullOr(line("A value.", { min: 0, max }))), description)

const parent = described(
  Schema.optionalKey(guid(AccountId, "The account above.")),
  "The account below which the customer will lie, such as its reseller; the root of what the caller sees when absent."
)

/** A form of a new customer, as it was filled in. */
export const CustomerFormGiven = Schema.Struct({
  instance: instanceName,
  mode: described(
    Schema.optionalKey(SyncMode),
    "Whether a tenant is made or one that exists is linked; create when absent."
  ),
  parentId: parent,
  name: line("Name of the company.", { min: 0, max: 1_000 }),
  email: value("The corporate e-mail address.", 1_000),
  phone: value("The phone number.", 1_000),
  contact: value("Who stands in the address.", 1_000),
  address: described(
    Schema.optionalKey(Schema.NullOr(AddressView)),
    "Where it is; without one, its reseller's counts."
  ),
  language: described(Schema.optionalKey(Schema.NullOr(Language)), "Of mails to it."),
  syncOptions: described(
    Schema.optionalKey(
      Schema.Struct({
        userName: value(optionTexts.userName, 1_000),
        domainPrefix: value(optionTexts.domainPrefix, 1_000),
        mpnId: described(Schema.optionalKey(Schema.NullOr(MpnId)), optionTexts.mpnId),
        taxId: value(optionTexts.taxId, 1_000)
      }).annotate({
        identifier: "CustomerFormOptions",
        description: "The sync options of the form."
      })
    ),
    "The sync options."
  )
}).annotate({ identifier: "CustomerForm", description: "A form of a new customer." })
export type CustomerFormGiven = typeof CustomerFormGiven.Type

const AddressVerdictView = Schema.Struct({
  status: described(
    AddressStatus,
    "How sure Microsoft is. With `InteractionRequired` it would change the address, and a creation asks first."
  ),
  text: textOrNull("Microsoft's words; null where it has none."),
  suggestions: AddressSuggested
}).annotate({ identifier: "AddressVerdict", description: "What Microsoft says of an address." })

/** What a Storefront needs to ask for a new customer. */
export class CustomerFormsGroup extends HttpApiGroup.make("customerforms")
  .add(
    HttpApiEndpoint.get("fields", "/", {
      query: {
        instance: instanceName,
        country: described(Country, "The customer's country, as two letters of ISO 3166-1."),
        parent
      },
      success: Schema.Struct({
        instance: instanceName,
        country: described(Country, "The country."),
        isServed: described(Schema.Boolean, "Whether Partner Center has customers there."),
        fields: described(Schema.Array(FormFieldView), "The fields, in their order.")
      }).annotate({
        identifier: "CustomerFormFields",
        description: "The form of a new customer."
      }),
      error: [AccountNotFound, InstanceNotFound, PartnerCenterFailed]
    })
      .annotate(OpenApi.Summary, "Say which fields a new customer of a country fills in")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("validate", "/validation", {
      headers: idempotencyKey,
      query: noQuery,
      payload: CustomerFormGiven,
      success: Schema.Struct({
        valid: described(Schema.Boolean, "Whether nothing is wrong."),
        problems: described(
          Schema.Array(WrongField),
          "Everything that is wrong, each by its field."
        ),
        domain: textOrNull("The whole domain; null while there is no usable prefix."),
        suggestions: words("Prefixes that are free, where the given one is not."),
        address: orNull(AddressVerdictView, "What Microsoft says of the address; null: not asked."),
        unchecked: described(
          Schema.Array(Schema.Literals(["countryRules", "domain", "address"])),
          "What Partner Center could not be asked just now; it is asked when the tenant is made."
        )
      }).annotate({
        identifier: "CustomerFormVerdict",
        description: "Whether a customer can be made like this."
      }),
      error: [AccountNotFound, InstanceNotFound, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Check the form of a new customer, all of it; nothing is kept")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("address", "/addresses", {
      headers: idempotencyKey,
      query: noQuery,
      payload: Schema.Struct({ instance: instanceName, address: AddressView }).annotate({
        identifier: "AddressGiven",
        description: "An address to check."
      }),
      success: AddressVerdictView,
      error: [InstanceNotFound, PartnerCenterFailed, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Ask Microsoft about an address, with its suggestions")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("domain", "/domains/:prefix", {
      params: {
        prefix: described(
          Schema.String.check(
            Schema.isPattern(/^[A-Za-z0-9]{3,27}$/u, {
              message: "a domain prefix has 3 to 27 letters and digits"
            })
          ),
          "The prefix."
        )
      },
      query: { instance: instanceName },
      success: Schema.Struct({
        domain: text("The whole domain."),
        isFree: described(Schema.Boolean, "Whether nobody has it, under whichever partner."),
        suggestions: words("Others that are free, where it is not.")
      }).annotate({ identifier: "DomainVerdict", description: "Whether a prefix is free." }),
      error: [InstanceNotFound, PartnerCenterFailed]
    })
      .annotate(OpenApi.Summary, "Say whether a domain prefix is free, and what else is")
      .annotateMerge(requires("accounts:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/customerforms")
  .annotateMerge(
    OpenApi.annotations({
      title: "Customer forms",
      description:
        "What a Storefront needs to ask for a new customer: the fields of a country, and the check of a filled form."
    })
  ) {}
