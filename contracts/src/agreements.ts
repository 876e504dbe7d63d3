import { AccountId, Email, Phone } from "@concordat/core/account/Account"
import { PurchaseMode } from "@concordat/core/account/PurchaseMode"
import { AcceptanceId, AcceptanceStatus, SignerRole } from "@concordat/core/agreement/Acceptance"
import { Environment, InstanceId, InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { customerAgreement } from "@concordat/core/tenant/VendorAgreements"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { mediaTypes } from "./book.ts"
import { described, guid, line, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AcceptanceNotFailed,
  AcceptanceNotFound,
  AccountChangeNotAllowed,
  AccountNotFound,
  AgreementConfirmed,
  AgreementRefused,
  BodyTooLarge,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported,
  PartnerCenterFailed
} from "./Problem.ts"

const orNull = <S extends Schema.Top>(schema: S, description: string) =>
  described(Schema.NullOr(schema), description)
const text = (description: string) => described(Schema.String, description)
const textOrNull = (description: string) => orNull(Schema.String, description)
const given = (description: string, max = 100) =>
  line(description, { min: 1, max }).check(
    Schema.makeFilter((value: string) => (value.trim() === "" ? "it must not be empty" : undefined))
  )

const contactTexts = {
  firstName: "First name of who accepts for the customer.",
  lastName: "Last name.",
  email: "E-mail address.",
  phone: "Phone number; null where there is none."
}
const PersonView = Schema.Struct({
  firstName: textOrNull(contactTexts.firstName),
  lastName: textOrNull(contactTexts.lastName),
  email: textOrNull(contactTexts.email),
  phone: textOrNull(contactTexts.phone)
}).annotate({
  identifier: "AgreementPerson",
  description: "Who accepts for the customer; null where a part is not known."
})

/** A confirmation of the log, with what became of telling Microsoft. */
export const AcceptanceView = Schema.Struct({
  id: guid(AcceptanceId, "The acceptance."),
  accountId: guid(AccountId, "The account."),
  accountName: text("As the account was called then."),
  instance: described(InstanceName, "The instance."),
  instanceId: guid(InstanceId, "Its id."),
  environment: described(Environment, "The environment that was live."),
  tenantId: orNull(
    guid(TenantId, "The tenant."),
    "The Microsoft tenant that accepted; null as long as there is none."
  ),
  type: text("The type of agreement, in Microsoft's words."),
  templateId: text("The template that was shown."),
  versionRank: orNull(Schema.Int, "Its version; null where Microsoft names none."),
  link: textOrNull("The page about the agreement."),
  contact: Schema.Struct({
    firstName: text(contactTexts.firstName),
    lastName: text(contactTexts.lastName),
    email: text(contactTexts.email),
    phone: textOrNull(contactTexts.phone)
  }).annotate({ identifier: "AgreementContact", description: "Who accepts for the customer." }),
  agreedAt: timestamp("The date that was given."),
  confirmedAt: timestamp("When it was confirmed here."),
  confirmedBy: textOrNull("The API key that confirmed; null where that is not told to you."),
  role: described(
    SignerRole,
    "For whom: customer for itself, reseller for its customer, bss-user as a user of the BSS."
  ),
  userName: textOrNull("The signed-in user, as the storefront calls it."),
  orderCode: textOrNull("The order for which it was confirmed; null outside of one."),
  ipAddress: textOrNull("The address it came from."),
  userAgent: textOrNull("The browser it came from."),
  correlationId: text("Sent to Partner Center as MS-CorrelationId."),
  status: described(
    AcceptanceStatus,
    "`waiting` for the account's tenant, `pending` until Microsoft is told, `sent` when it was, `already` when Microsoft had one of the customer, `failed` when it was refused or given up."
  ),
  problem: textOrNull("Why it failed, or what it waits for; null when nothing is wrong."),
  settledAt: orNull(
    timestamp("When Microsoft was told, or it failed."),
    "When Microsoft was told, or it failed; null before."
  )
}).annotate({
  identifier: "Acceptance",
  description: "That somebody confirmed an agreement for a customer."
})
export type AcceptanceView = typeof AcceptanceView.Type

const DocumentView = Schema.Struct({
  displayUrl: text("A page that shows the text."),
  downloadUrl: text("The text as a file."),
  country: text("The country that the text is for."),
  language: text("Its language."),
  validUntil: timestamp("Until when the two links work: a few minutes. Show them, never keep them.")
}).annotate({
  identifier: "AgreementDocument",
  description: "The text of the agreement in a country and language."
})

const FormView = Schema.Struct({
  templateId: text("To be sent back with the confirmation."),
  versionRank: orNull(Schema.Int, "Its version; null where Microsoft names none."),
  link: textOrNull("The page about the agreement."),
  document: orNull(
    DocumentView,
    "The text; null where Microsoft has none for the country: then show the link."
  ),
  signer: Schema.Struct({
    id: guid(AccountId, "The account."),
    name: text("Its name.")
  }).annotate({
    identifier: "AgreementSigner",
    description: "Who confirms: the account itself, or in end-customer mode its reseller."
  }),
  mode: described(PurchaseMode, "The purchase mode from which this follows."),
  role: described(SignerRole, "The role in which your key confirms."),
  contact: described(PersonView, "To begin with; everything may be changed."),
  agreedAt: timestamp("Now; may be changed.")
}).annotate({
  identifier: "AgreementForm",
  description: "What to show whoever confirms the agreement."
})

/** How an account stands with an agreement. */
export const AgreementView = Schema.Struct({
  type: text("The type of agreement."),
  state: described(
    Schema.Literals(["not-required", "accepted", "on-its-way", "needed"]),
    "`not-required` in clouds without agreements, `accepted` when Microsoft has it, `on-its-way` when it was confirmed here, `needed` when nobody did, or Microsoft did not take it."
  ),
  acceptedBy: orNull(
    Schema.Literals(["customer", "partner"]),
    "Who signed with Microsoft: the customer itself, or a partner for it; null otherwise."
  ),
  accepted: orNull(
    Schema.Struct({
      agreedAt: orNull(timestamp("When."), "When; null where Microsoft does not say."),
      contact: orNull(PersonView, "Who; null where Microsoft does not say.")
    }).annotate({
      identifier: "AcceptedAgreement",
      description: "What Microsoft keeps of a partner's confirmation."
    }),
    "What Microsoft keeps of a partner's confirmation; null for none."
  ),
  acceptance: orNull(AcceptanceView, "The newest one of the log; null for none."),
  form: orNull(
    FormView,
    "What to show whoever confirms; null where nothing is needed, or your key may not confirm it."
  )
}).annotate({
  identifier: "Agreement",
  description: "How an account stands with an agreement, asked of Microsoft just now."
})

/** A confirmation. */
export const AgreementConfirmation = Schema.Struct({
  instance: described(InstanceName, "The instance."),
  templateId: line("`templateId` of the form that was shown.", { min: 1, max: 100 }),
  // Described first, since the document knows nothing of the check.
  confirmed: Schema.Boolean.annotate({
    description: "That the person has accepted; nothing but true is taken."
  }).check(
    Schema.makeFilter((accepted: boolean) =>
      accepted ? undefined : "true is needed: nobody has accepted otherwise"
    )
  ),
  firstName: given(contactTexts.firstName),
  lastName: given(contactTexts.lastName),
  email: described(Email, contactTexts.email),
  phone: described(Schema.optionalKey(Schema.NullOr(Phone)), contactTexts.phone),
  agreedAt: described(
    Schema.optionalKey(timestamp("When it was accepted.")),
    "When it was accepted; now when absent."
  ),
  role: described(
    Schema.optionalKey(SignerRole),
    "For whom it is confirmed. Only an operator's key, such as a storefront's, may say another one than its own."
  ),
  userName: Schema.optionalKey(
    line("The signed-in user, as the storefront calls it.", { min: 1, max: 200 })
  ),
  orderCode: Schema.optionalKey(line("The order for which it is confirmed.", { min: 1, max: 100 })),
  ipAddress: Schema.optionalKey(
    Schema.String.check(
      Schema.isMaxLength(45),
      Schema.isPattern(/^[0-9A-Fa-f:.]{2,45}$/u, { message: "an IP address is needed" })
    ).annotate({
      description:
        "The person's address, where a storefront asks for it; that of the request when absent."
    })
  ),
  userAgent: Schema.optionalKey(
    line("The person's browser, where a storefront asks for it; that of the request when absent.", {
      min: 1,
      max: 500
    })
  )
}).annotate({
  identifier: "AgreementConfirmation",
  description: "That somebody confirms an agreement for a customer."
})

const bodies = [BodyTooLarge, MediaTypeUnsupported] as const
const account = { id: guid(AccountId, "The account.") }
const acceptance = { id: guid(AcceptanceId, "The acceptance.") }
const filter = {
  account: Schema.optionalKey(guid(AccountId, "Only of this account and of those below it.")),
  instance: described(Schema.optionalKey(InstanceName), "Only of this instance."),
  status: described(Schema.optionalKey(AcceptanceStatus), "Only those of which this became."),
  from: described(
    Schema.optionalKey(timestamp("Confirmed then or later.")),
    "Only those confirmed then or later."
  ),
  to: described(Schema.optionalKey(timestamp("Confirmed before.")), "Only those confirmed before."),
  q: Schema.optionalKey(
    line("Part of the account's name, the person's name or e-mail address, or the order.", {
      min: 0,
      max: 200
    })
  )
}

/** Agreements of customers with Microsoft. */
export class AgreementsGroup extends HttpApiGroup.make("agreements")
  .add(
    HttpApiEndpoint.get("standing", "/accounts/:id/agreement", {
      params: account,
      query: {
        instance: described(InstanceName, "The instance."),
        type: Schema.optionalKey(
          line(`The type of agreement; ${customerAgreement} when absent.`, { min: 1, max: 100 })
        )
      },
      success: AgreementView,
      error: [AccountNotFound, InstanceNotFound, InstanceDisabled, PartnerCenterFailed]
    })
      .annotate(OpenApi.Summary, "Whether an account has accepted Microsoft's agreement")
      .annotate(
        OpenApi.Description,
        "Asks Microsoft first. Only where nobody has accepted, the form is given, filled in from the contacts of whoever signs by the purchase mode."
      )
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("confirm", "/accounts/:id/agreement", {
      params: account,
      headers: idempotencyKey,
      query: noQuery,
      payload: AgreementConfirmation,
      success: AcceptanceView.pipe(HttpApiSchema.status(202)),
      error: [
        AccountNotFound,
        AccountChangeNotAllowed,
        InstanceNotFound,
        InstanceDisabled,
        AgreementRefused,
        AgreementConfirmed,
        ...bodies
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Confirm Microsoft's agreement for an account")
      .annotate(
        OpenApi.Description,
        "The confirmation is logged at once, with who, for whom, when, from where and which text. Microsoft is told by a job: at once where the account's tenant is there, else as soon as it is. Follow it under /v1/agreements/{id}."
      )
      .annotateMerge(requires("accounts:write")),
    HttpApiEndpoint.get("list", "/agreements", {
      query: { ...filter, ...pageQuery },
      success: pageOf(AcceptanceView, "AcceptancePage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List the log of agreements, newest first")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("export", "/agreements/export", {
      query: {
        format: described(Schema.Literals(["xlsx", "csv", "json"]), "The file format."),
        ...filter
      },
      success: HttpApiSchema.WithHeaders(
        HttpApiSchema.StreamUint8Array({
          contentType: [mediaTypes.xlsx, mediaTypes.csv, "application/json"]
        }),
        { "content-disposition": text("The file's name.") }
      ),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Download the log of agreements as Excel, CSV or JSON")
      .annotate(
        OpenApi.Description,
        "The file is sent while it is made, so its length is not known beforehand; a connection that ends early means an incomplete file."
      )
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("get", "/agreements/:id", {
      params: acceptance,
      query: noQuery,
      success: AcceptanceView,
      error: AcceptanceNotFound
    })
      .annotate(OpenApi.Summary, "Read one acceptance, with what became of it")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("retry", "/agreements/:id/retry", {
      params: acceptance,
      headers: idempotencyKey,
      query: noQuery,
      success: AcceptanceView.pipe(HttpApiSchema.status(202)),
      error: [AcceptanceNotFound, AcceptanceNotFailed, AgreementConfirmed]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Tell Microsoft once more of an acceptance that failed")
      .annotateMerge(requires("accounts:write"))
  )
  .middleware(Bearer)
  .prefix("/v1")
  .annotateMerge(
    OpenApi.annotations({
      title: "Agreements",
      description:
        "Customers' acceptance of Microsoft's agreements: whether it is needed, the confirmation, and its log."
    })
  ) {}
