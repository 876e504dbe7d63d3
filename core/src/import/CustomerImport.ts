import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import {
  Environment,
  InstanceId,
  InstanceName,
  type MpnId,
  type TenantId
} from "../instance/Instance.ts"
import { MicrosoftId, OfferId } from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"

export const ImportId = Guid.pipe(Schema.brand("ImportId"))
export type ImportId = typeof ImportId.Type

/**
 * queued → reading (customers, resellers, subscriptions) → ready. From `ready` on, customers are imported as often as
 * somebody asks: importing → ready. `failed`: the hierarchy could not be read. `cancelled`: by a person, while it was read.
 */
export const ImportStatus = Schema.Literals([
  "queued",
  "reading",
  "ready",
  "importing",
  "failed",
  "cancelled"
])
export type ImportStatus = typeof ImportStatus.Type

/** Whether a job is at work on it, or will be. */
export const isUnderWay = (status: ImportStatus): boolean =>
  status === "queued" || status === "reading" || status === "importing"

/** The import of existing Partner Center customers of one instance (domain.md §11). */
export class CustomerImport extends Schema.Opaque<CustomerImport>()(
  Schema.Struct({
    id: ImportId,
    instanceId: InstanceId,
    instance: InstanceName,
    /** That was live when the hierarchy was asked for. */
    environment: Environment,
    status: ImportStatus,
    /** Who asked for the hierarchy. */
    requestedBy: Schema.String,
    /** Who asked last that customers be imported; null: nobody has. */
    executedBy: Schema.NullOr(Schema.String),
    correlationId: Schema.String,
    /** Customers of Partner Center; 0 until it has said which there are. */
    customers: Schema.Int,
    customersRead: Schema.Int,
    /** Could not be read, or not be imported. */
    customersFailed: Schema.Int,
    /** Are to be imported. */
    customersWaiting: Schema.Int,
    /** Were imported, with everything they have. */
    customersImported: Schema.Int,
    /** Were imported but for some of their subscriptions. */
    customersIncomplete: Schema.Int,
    resellers: Schema.Int,
    /** Subscriptions and add-ons that are not over. */
    subscriptions: Schema.Int,
    subscriptionsImported: Schema.Int,
    /** Requests sent to Partner Center on behalf of this import. */
    requests: Schema.Int,
    /** Why it failed, or what of the hierarchy is not known. */
    problem: Schema.NullOr(Schema.String),
    createdAt: Instant,
    startedAt: Schema.NullOr(Instant),
    /** When the last work on it ended. */
    finishedAt: Schema.NullOr(Instant)
  }).annotate({ identifier: "CustomerImport" })
) {}

/**
 * - `pending`: its subscriptions are still to be read.
 * - `new`: no account of the BSS is this tenant.
 * - `linked`: an account is this tenant already; only subscriptions that are missing are imported.
 * - `mapped`: somebody has chosen the account that it will be.
 * - `waiting`: it is to be imported.
 * - `imported`, and `incomplete`: imported but for the subscriptions that `notImported` names.
 * - `failed`: it could not be read or imported; `problem` says why.
 */
export const CustomerStatus = Schema.Literals([
  "pending",
  "new",
  "linked",
  "mapped",
  "waiting",
  "imported",
  "incomplete",
  "failed"
])
export type CustomerStatus = typeof CustomerStatus.Type

/** Why an account is suggested: the same tenant in another instance, the same domain, or the same name. */
export const SuggestionReason = Schema.Literals(["tenant", "domain", "name"])
export type SuggestionReason = typeof SuggestionReason.Type

/** An account that may be the customer. Nobody but a person decides that it is. */
export class Suggestion extends Schema.Opaque<Suggestion>()(
  Schema.Struct({ accountId: AccountId, name: Schema.String, reason: SuggestionReason })
) {}

/** A subscription that Partner Center has and that was left out, with what to do about it. */
export class NotImported extends Schema.Opaque<NotImported>()(
  Schema.Struct({
    microsoftId: MicrosoftId,
    offer: OfferId,
    name: Schema.String,
    message: Schema.String
  }).annotate({ identifier: "NotImported" })
) {}

/** A customer of the hierarchy. */
export interface ImportCustomer {
  readonly tenantId: TenantId
  readonly name: string
  readonly domain: string
  readonly status: CustomerStatus
  /** The reseller that it belongs to: assigned by hand, or else found on its subscriptions; null: direct. */
  readonly resellerMpnId: MpnId | null
  readonly assigned: boolean
  /** The account that is, or will be, the customer. */
  readonly account: { readonly id: AccountId; readonly name: string } | null
  /** Best first; empty once the account is known. */
  readonly suggestions: ReadonlyArray<Suggestion>
  /** Subscriptions and add-ons in Partner Center that are not over. */
  readonly subscriptions: number
  /** Those of them that the BSS has. */
  readonly subscriptionsKnown: number
  readonly notImported: ReadonlyArray<NotImported>
  readonly problem: string | null
  /** What could not be taken over although the customer was, such as an address that Microsoft does not show. */
  readonly notes: ReadonlyArray<string>
}

/** A reseller of the hierarchy. It is not imported itself; its customers are (domain.md §11). */
export interface ImportReseller {
  readonly mpnId: MpnId
  /** null: its MPN id is on subscriptions, and neither Partner Center nor anybody here has named it. */
  readonly name: string | null
  readonly tenantId: TenantId | null
  /** Added, or named, by a person. */
  readonly byHand: boolean
  /** The reseller's account; null where there is none yet, or several have its MPN id. */
  readonly account: { readonly id: AccountId; readonly name: string } | null
  readonly customers: number
}
