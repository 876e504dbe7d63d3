import { SheetProblem } from "@concordat/core/pricesheet/PriceSheet"
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/** Where every problem type is explained; the types are stable, the texts are not. */
export const problemBase = "https://concordat.dev/problems"

const declare = <const Slug extends string, const Status extends number>(
  slug: Slug,
  status: Status,
  title: string
): {
  readonly type: `${typeof problemBase}/${Slug}`
  readonly status: Status
  readonly title: string
} => ({
  type: `${problemBase}/${slug}`,
  status,
  title
})

const text = (description: string) => Schema.String.annotate({ description })

/** Which part of a request was refused, and why. */
export const RequestIssue = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Schema.Int])).annotate({
    description: "Where: params, headers, query or payload, then the way into it.",
    examples: [["payload", "scope", "id"]]
  }),
  message: text("What is wrong there, and what would be right.")
}).annotate({ identifier: "RequestIssue", description: "One thing that is wrong with a request." })

// 400, Bad Request
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  declare("invalid-request", 400, "The request is not valid"),
  {
    errors: Schema.Array(RequestIssue).annotate({
      description: "Everything that is wrong with it."
    })
  }
) {}

// 401, Unauthorized
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  declare("unauthorized", 401, "No valid API key or session")
) {}

export class SignInRefused extends HttpApiError.Problem<SignInRefused>()(
  "SignInRefused",
  declare("sign-in-refused", 401, "Name and password do not match")
) {}

// 403, Forbidden
export class CrossSiteRefused extends HttpApiError.Problem<CrossSiteRefused>()(
  "CrossSiteRefused",
  declare("cross-site-refused", 403, "The request does not come from a page of this server")
) {}
export class Forbidden extends HttpApiError.Problem<Forbidden>()(
  "Forbidden",
  declare("forbidden", 403, "The API key may not do this"),
  { scope: text("The scope that is needed, which the key or its role lacks.") }
) {}
export class AccountChangeNotAllowed extends HttpApiError.Problem<AccountChangeNotAllowed>()(
  "AccountChangeNotAllowed",
  declare("account-change-not-allowed", 403, "The role may not do this to the account"),
  { field: text("The field, or the operation, that the key's role may not touch.") }
) {}

// 404, Not Found. What lies outside the caller's branch does not exist either.
export class InstanceNotFound extends HttpApiError.Problem<InstanceNotFound>()(
  "InstanceNotFound",
  declare("instance-not-found", 404, "No such instance"),
  { name: text("The name that was asked for.") }
) {}
export class ConsentNotFound extends HttpApiError.Problem<ConsentNotFound>()(
  "ConsentNotFound",
  declare("consent-not-found", 404, "Nobody has consented"),
  { name: text("The instance.") }
) {}
export class AccountNotFound extends HttpApiError.Problem<AccountNotFound>()(
  "AccountNotFound",
  declare("account-not-found", 404, "No such account"),
  { id: text("The id that was asked for.") }
) {}
export class SubscriptionNotFound extends HttpApiError.Problem<SubscriptionNotFound>()(
  "SubscriptionNotFound",
  declare("subscription-not-found", 404, "No such subscription"),
  { id: text("The id that was asked for.") }
) {}
export class SavedViewNotFound extends HttpApiError.Problem<SavedViewNotFound>()(
  "SavedViewNotFound",
  declare("saved-view-not-found", 404, "No such saved view"),
  { id: text("The id that was asked for.") }
) {}
export class ReconciliationRowNotFound extends HttpApiError.Problem<ReconciliationRowNotFound>()(
  "ReconciliationRowNotFound",
  declare("reconciliation-row-not-found", 404, "No such row in the report"),
  { id: text("The reconciliation."), row: Schema.Int.annotate({ description: "The row." }) }
) {}

export class ReconciliationNotFound extends HttpApiError.Problem<ReconciliationNotFound>()(
  "ReconciliationNotFound",
  declare("reconciliation-not-found", 404, "No such reconciliation"),
  { id: text("The id that was asked for.") }
) {}
export class KeyNotFound extends HttpApiError.Problem<KeyNotFound>()(
  "KeyNotFound",
  declare("key-not-found", 404, "No such API key"),
  { id: text("The id that was asked for.") }
) {}
export class OperatorNotFound extends HttpApiError.Problem<OperatorNotFound>()(
  "OperatorNotFound",
  declare("operator-not-found", 404, "No such operator"),
  { id: text("The id that was asked for.") }
) {}
export class SessionNotFound extends HttpApiError.Problem<SessionNotFound>()(
  "SessionNotFound",
  declare("session-not-found", 404, "No such session"),
  { id: text("The id that was asked for.") }
) {}
export class MailNotFound extends HttpApiError.Problem<MailNotFound>()(
  "MailNotFound",
  declare("mail-not-found", 404, "No such mail"),
  { id: text("The id that was asked for.") }
) {}

export class BounceUnknown extends HttpApiError.Problem<BounceUnknown>()(
  "BounceUnknown",
  declare("bounce-unknown", 404, "The report is about no mail of this outbox")
) {}

export class JobNotFound extends HttpApiError.Problem<JobNotFound>()(
  "JobNotFound",
  declare("job-not-found", 404, "No such job"),
  { id: text("The id that was asked for.") }
) {}

export class ImportNotFound extends HttpApiError.Problem<ImportNotFound>()(
  "ImportNotFound",
  declare("import-not-found", 404, "No such import"),
  { id: text("The id that was asked for.") }
) {}
export class ImportCustomerNotFound extends HttpApiError.Problem<ImportCustomerNotFound>()(
  "ImportCustomerNotFound",
  declare("import-customer-not-found", 404, "No such customer in the import"),
  { tenantId: text("The tenant that was asked for.") }
) {}
export class PriceListNotFound extends HttpApiError.Problem<PriceListNotFound>()(
  "PriceListNotFound",
  declare("price-list-not-found", 404, "No such price list"),
  { id: text("The id that was asked for.") }
) {}
export class PriceGroupNotFound extends HttpApiError.Problem<PriceGroupNotFound>()(
  "PriceGroupNotFound",
  declare("price-group-not-found", 404, "No such price group"),
  { id: text("The id that was asked for.") }
) {}

export class CatalogueRunNotFound extends HttpApiError.Problem<CatalogueRunNotFound>()(
  "CatalogueRunNotFound",
  declare("catalogue-run-not-found", 404, "No such catalogue run"),
  { id: text("The id that was asked for.") }
) {}
export class PriceSheetNotFound extends HttpApiError.Problem<PriceSheetNotFound>()(
  "PriceSheetNotFound",
  declare("price-sheet-not-found", 404, "No such price sheet"),
  { id: text("The id that was asked for.") }
) {}
export class ProductNotFound extends HttpApiError.Problem<ProductNotFound>()(
  "ProductNotFound",
  declare("product-not-found", 404, "No such product"),
  { id: text("The id that was asked for.") }
) {}
export class ProductTypeNotFound extends HttpApiError.Problem<ProductTypeNotFound>()(
  "ProductTypeNotFound",
  declare("product-type-not-found", 404, "No such product type"),
  { id: text("The id that was asked for.") }
) {}

export class AcceptanceNotFound extends HttpApiError.Problem<AcceptanceNotFound>()(
  "AcceptanceNotFound",
  declare("acceptance-not-found", 404, "No such acceptance"),
  { id: text("The id that was asked for.") }
) {}

// 409, Conflict
export class AgreementRefused extends HttpApiError.Problem<AgreementRefused>()(
  "AgreementRefused",
  declare("agreement-refused", 409, "The agreement cannot be confirmed like this"),
  { field: text("What it is about.") }
) {}
export class AgreementConfirmed extends HttpApiError.Problem<AgreementConfirmed>()(
  "AgreementConfirmed",
  declare("agreement-confirmed", 409, "The agreement has been confirmed already"),
  { id: text("The acceptance."), state: text("What became of it.") }
) {}
export class AcceptanceNotFailed extends HttpApiError.Problem<AcceptanceNotFailed>()(
  "AcceptanceNotFailed",
  declare("acceptance-not-failed", 409, "The acceptance has not failed"),
  { id: text("The acceptance."), state: text("What became of it.") }
) {}
export class AccountCodeTaken extends HttpApiError.Problem<AccountCodeTaken>()(
  "AccountCodeTaken",
  declare("account-code-taken", 409, "Another account has the code"),
  { code: text("The code that is taken.") }
) {}
export class AccountChangeRefused extends HttpApiError.Problem<AccountChangeRefused>()(
  "AccountChangeRefused",
  declare("account-change-refused", 409, "The account cannot be like this"),
  { field: text("The field that stays as it is.") }
) {}
export class AccountInUse extends HttpApiError.Problem<AccountInUse>()(
  "AccountInUse",
  declare("account-in-use", 409, "The account is in use"),
  {
    id: text("The account."),
    subscriptions: Schema.Int.annotate({
      description: "Subscriptions of it and of those below it that are not over."
    }),
    accounts: Schema.Int.annotate({ description: "Active accounts below it." })
  }
) {}
export class ProductCodeTaken extends HttpApiError.Problem<ProductCodeTaken>()(
  "ProductCodeTaken",
  declare("product-code-taken", 409, "Another product of the instance has the code"),
  { code: text("The code that is taken.") }
) {}
export class AnnualNotSupported extends HttpApiError.Problem<AnnualNotSupported>()(
  "AnnualNotSupported",
  declare("annual-not-supported", 409, "Microsoft does not bill the product by the year"),
  { offer: text("The product's offer.") }
) {}
export class MailWaits extends HttpApiError.Problem<MailWaits>()(
  "MailWaits",
  declare("mail-waits", 409, "The mail is queued already"),
  { id: text("The mail.") }
) {}
export class JobRefused extends HttpApiError.Problem<JobRefused>()(
  "JobRefused",
  declare("job-refused", 409, "The job stays as it is"),
  { id: text("The job.") }
) {}
export class NoRecipient extends HttpApiError.Problem<NoRecipient>()(
  "NoRecipient",
  declare("no-recipient", 409, "Nobody could receive the mail")
) {}
export class InstanceNameTaken extends HttpApiError.Problem<InstanceNameTaken>()(
  "InstanceNameTaken",
  declare("instance-name-taken", 409, "The instance name is taken"),
  { name: text("The name that is taken.") }
) {}
export class InstanceChangeRefused extends HttpApiError.Problem<InstanceChangeRefused>()(
  "InstanceChangeRefused",
  declare("instance-change-refused", 409, "The instance cannot be changed in this way"),
  { name: text("The instance."), field: text("The setting that stays as it is.") }
) {}
export class InstanceDisabled extends HttpApiError.Problem<InstanceDisabled>()(
  "InstanceDisabled",
  declare("instance-disabled", 409, "The instance is disabled"),
  { name: text("The instance; enable it first.") }
) {}
export class ReconciliationNotFinished extends HttpApiError.Problem<ReconciliationNotFinished>()(
  "ReconciliationNotFinished",
  declare("reconciliation-not-finished", 409, "The reconciliation has not finished"),
  { id: text("The reconciliation."), state: text("Its status at this moment.") }
) {}
export class TooManySavedViews extends HttpApiError.Problem<TooManySavedViews>()(
  "TooManySavedViews",
  declare("too-many-saved-views", 409, "There are too many saved views")
) {}
export class ReconciliationsNotComparable extends HttpApiError.Problem<ReconciliationsNotComparable>()(
  "ReconciliationsNotComparable",
  declare("reconciliations-not-comparable", 409, "The reconciliations cannot be compared"),
  { id: text("The reconciliation."), other: text("The one that it was to be compared with.") }
) {}
export class ImportNotReady extends HttpApiError.Problem<ImportNotReady>()(
  "ImportNotReady",
  declare("import-not-ready", 409, "The import is not ready"),
  { id: text("The import."), state: text("Its status at this moment.") }
) {}
export class ImportUnderWay extends HttpApiError.Problem<ImportUnderWay>()(
  "ImportUnderWay",
  declare("import-under-way", 409, "Another import of the instance is under way"),
  { id: text("That import.") }
) {}
export class ImportChangeRefused extends HttpApiError.Problem<ImportChangeRefused>()(
  "ImportChangeRefused",
  declare("import-change-refused", 409, "The hierarchy cannot be like this"),
  { field: text("The field that does not fit.") }
) {}
export class PriceSheetOutdated extends HttpApiError.Problem<PriceSheetOutdated>()(
  "PriceSheetOutdated",
  declare("price-sheet-outdated", 409, "A later price sheet counts already"),
  { month: text("The month of the sheet."), newest: text("The month of the one that counts.") }
) {}
export class IdempotencyKeyInUse extends HttpApiError.Problem<IdempotencyKeyInUse>()(
  "IdempotencyKeyInUse",
  declare("idempotency-key-in-use", 409, "A request with this Idempotency-Key is being answered")
) {}
export class PriceListNameTaken extends HttpApiError.Problem<PriceListNameTaken>()(
  "PriceListNameTaken",
  declare("price-list-name-taken", 409, "The name of the price list is taken"),
  { name: text("The name that is taken.") }
) {}
export class PriceGroupNameTaken extends HttpApiError.Problem<PriceGroupNameTaken>()(
  "PriceGroupNameTaken",
  declare("price-group-name-taken", 409, "The name of the price group is taken"),
  { name: text("The name that is taken.") }
) {}
export class PriceListInUse extends HttpApiError.Problem<PriceListInUse>()(
  "PriceListInUse",
  declare("price-list-in-use", 409, "Accounts buy by the price list"),
  {
    id: text("The price list."),
    accounts: Schema.Int.annotate({ description: "How many accounts are assigned it." })
  }
) {}
export class PriceGroupInUse extends HttpApiError.Problem<PriceGroupInUse>()(
  "PriceGroupInUse",
  declare("price-group-in-use", 409, "Price lists have entries for the price group"),
  {
    id: text("The price group."),
    lists: Schema.Array(Schema.String).annotate({
      description: "Names of price lists with entries for it, at most 20."
    })
  }
) {}
export class PriceListsOverlap extends HttpApiError.Problem<PriceListsOverlap>()(
  "PriceListsOverlap",
  declare("price-lists-overlap", 409, "An account would have two price lists at one time"),
  {
    list: text("The name of the list that was to be assigned or changed."),
    other: text("The name of the list that is in force at the same time."),
    otherId: text("That list."),
    accountId: text("The account that both are assigned to.")
  }
) {}

export class AlreadySynchronised extends HttpApiError.Problem<AlreadySynchronised>()(
  "AlreadySynchronised",
  declare("already-synchronised", 409, "The account is a tenant in the instance already"),
  { accountId: text("The account."), instance: text("The instance.") }
) {}
export class SynchronizationUnderWay extends HttpApiError.Problem<SynchronizationUnderWay>()(
  "SynchronizationUnderWay",
  declare("synchronization-under-way", 409, "The account is being synchronised"),
  { accountId: text("The account.") }
) {}
/** Something that is wrong, by the field in which it is put right. */
export const WrongField = Schema.Struct({
  field: text(
    "The field: of the account, such as `address.postalCode`, or one of its sync options."
  ),
  problem: text("What is wrong, and what would be right.")
}).annotate({ identifier: "WrongField", description: "One thing that is wrong, by its field." })
export class SynchronizationRefused extends HttpApiError.Problem<SynchronizationRefused>()(
  "SynchronizationRefused",
  declare("synchronization-refused", 409, "The account cannot be synchronised yet"),
  {
    problems: Schema.Array(WrongField).annotate({
      description: "Everything that is missing or wrong."
    })
  }
) {}

export class OperatorNameTaken extends HttpApiError.Problem<OperatorNameTaken>()(
  "OperatorNameTaken",
  declare("operator-name-taken", 409, "The name of the operator is taken"),
  { name: text("The name that is taken.") }
) {}
export class LastAdministrator extends HttpApiError.Problem<LastAdministrator>()(
  "LastAdministrator",
  declare("last-administrator", 409, "Nobody would be left to administer operators"),
  { name: text("The last active operator-admin.") }
) {}

// 412, Precondition Failed
export class VersionStale extends HttpApiError.Problem<VersionStale>()(
  "VersionStale",
  declare("version-stale", 412, "Somebody changed it meanwhile")
) {}

// 413, Content Too Large
export class BodyTooLarge extends HttpApiError.Problem<BodyTooLarge>()(
  "BodyTooLarge",
  declare("body-too-large", 413, "The body is too large"),
  { limit: Schema.Int.annotate({ description: "The largest body that is taken here, in bytes." }) }
) {}

// 415, Unsupported Media Type
export class MediaTypeUnsupported extends HttpApiError.Problem<MediaTypeUnsupported>()(
  "MediaTypeUnsupported",
  declare("media-type-unsupported", 415, "The content type is not supported")
) {}

// 422, Unprocessable Content
export class IdempotencyKeyReused extends HttpApiError.Problem<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  declare("idempotency-key-reused", 422, "The Idempotency-Key was used for another request")
) {}
export class BounceUnreadable extends HttpApiError.Problem<BounceUnreadable>()(
  "BounceUnreadable",
  declare("bounce-unreadable", 422, "This is no delivery status notification")
) {}
export class InstancesNotImported extends HttpApiError.Problem<InstancesNotImported>()(
  "InstancesNotImported",
  declare("instances-not-imported", 422, "The settings were not imported"),
  {
    errors: Schema.Array(RequestIssue).annotate({
      description: "Everything that is wrong, by its place in the file."
    })
  }
) {}
/** At most this many problems of one file are named; `total` counts them all. */
export const bookProblemsMax = 1_000
export class BookInvalid extends HttpApiError.Problem<BookInvalid>()(
  "BookInvalid",
  declare("book-invalid", 422, "The list was not imported"),
  {
    problems: Schema.Array(
      Schema.Struct({
        line: Schema.Int.annotate({
          description:
            "Line of the file, the header being line 1; 0 when it is about the file as a whole."
        }),
        column: Schema.NullOr(Schema.String).annotate({
          description: "The column; null when it is about the whole line."
        }),
        text: text("What is wrong, and what would be right.")
      }).annotate({
        identifier: "BookProblem",
        description: "What is wrong with one line of a list."
      })
    ).annotate({ description: `The first ${bookProblemsMax} problems, in the order of the file.` }),
    total: Schema.Int.annotate({ description: "How many problems there are in all." })
  }
) {}
/** At most this many wrong entries of one request are named; `total` counts them all. */
export const entryProblemsMax = 1_000
export class PriceEntriesInvalid extends HttpApiError.Problem<PriceEntriesInvalid>()(
  "PriceEntriesInvalid",
  declare("price-entries-invalid", 422, "Nothing was changed"),
  {
    problems: Schema.Array(
      Schema.Struct({
        index: Schema.Int.annotate({
          description: "Which of the entries or offers that were sent, counted from 0."
        }),
        field: text("The field of it."),
        text: text("What is wrong, and what would be right.")
      }).annotate({
        identifier: "PriceEntryProblem",
        description: "What is wrong with one entry."
      })
    ).annotate({
      description: `The first ${entryProblemsMax} problems, in the order of the entries.`
    }),
    total: Schema.Int.annotate({ description: "How many problems there are in all." })
  }
) {}

export class PriceSheetInvalid extends HttpApiError.Problem<PriceSheetInvalid>()(
  "PriceSheetInvalid",
  declare("price-sheet-invalid", 422, "The price sheet was not imported"),
  {
    id: text("The import, which keeps the problems as well."),
    problems: Schema.Array(
      SheetProblem.annotate({
        identifier: "PriceSheetProblem",
        description: "What is wrong with one line of a price sheet."
      })
    ).annotate({ description: "The first problems, in the order of the file." }),
    total: Schema.Int.annotate({ description: "How many problems there are in all." })
  }
) {}

// 428, Precondition Required
export class PreconditionRequired extends HttpApiError.Problem<PreconditionRequired>()(
  "PreconditionRequired",
  declare("precondition-required", 428, "If-Match is needed")
) {}

// 429, Too Many Requests
export class TooManyAttempts extends HttpApiError.Problem<TooManyAttempts>()(
  "TooManyAttempts",
  declare("too-many-attempts", 429, "Too many failed attempts to sign in"),
  {
    retryAfterSeconds: Schema.Int.annotate({
      description: "How long to wait, as in the header Retry-After."
    })
  }
) {}

// 500, Internal Server Error
export class InternalError extends HttpApiError.Problem<InternalError>()(
  "InternalError",
  declare("internal-error", 500, "Something went wrong here")
) {}

// 502, Bad Gateway
export class PartnerCenterFailed extends HttpApiError.Problem<PartnerCenterFailed>()(
  "PartnerCenterFailed",
  declare("partner-center-failed", 502, "Partner Center did not answer as it should"),
  {
    reason: text(
      "Busy: try again later. SignInRejected, Paused: somebody has to authenticate the instance. Refused, NotFound, NoRelationship: it said no. Malformed: it answered in an unknown shape."
    ),
    code: Schema.NullOr(Schema.String).annotate({
      description: "Microsoft's code of the refusal; null where there is none."
    })
  }
) {}

// 503, Service Unavailable
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  declare("unavailable", 503, "Not available at this moment")
) {}

// The next two are answers of the server as a whole: no operation declares them.
export class RouteNotFound extends HttpApiError.Problem<RouteNotFound>()(
  "RouteNotFound",
  declare("route-not-found", 404, "Nothing is served at this address")
) {}
export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()(
  "MethodNotAllowed",
  declare("method-not-allowed", 405, "The address does not take this method")
) {}
