import { Context, type Effect, type Option, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { InstanceId, MpnId, TenantId } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import type { VendorCustomer } from "../tenant/VendorCustomers.ts"
import type { VendorReseller } from "../tenant/VendorResellers.ts"
import {
  type CustomerImport,
  type CustomerStatus,
  type ImportCustomer,
  type ImportId,
  type ImportReseller,
  ImportStatus
} from "./CustomerImport.ts"
import type { CustomerFacts, CustomerPlan } from "./planCustomer.ts"

export class ImportNotFound extends Schema.TaggedError<ImportNotFound>()("ImportNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no import "${this.id}".`
  }
}

/** The hierarchy is not there, or something is being done to it. */
export class ImportNotReady extends Schema.TaggedError<ImportNotReady>()("ImportNotReady", {
  id: Schema.String,
  status: ImportStatus
}) {
  override get message(): string {
    return this.status === "failed" || this.status === "cancelled"
      ? `Import ${this.id} is ${this.status} and has no hierarchy; ask for another one.`
      : `Import ${this.id} is ${this.status}; wait until it is ready.`
  }
}

/** Another import of the instance is being read or executed; one at a time. */
export class ImportUnderWay extends Schema.TaggedError<ImportUnderWay>()("ImportUnderWay", {
  id: Schema.String
}) {
  override get message(): string {
    return `Import ${this.id} of the same instance is under way; wait until it is ready, or stop it.`
  }
}

/** The tenant is no customer of the hierarchy. */
export class ImportCustomerNotFound extends Schema.TaggedError<ImportCustomerNotFound>()(
  "ImportCustomerNotFound",
  { tenantId: Schema.String }
) {
  override get message(): string {
    return `The tenant ${this.tenantId} is no customer of this import.`
  }
}

/** What was to be changed about the hierarchy does not fit; nothing was changed. */
export class ImportRefused extends Schema.TaggedError<ImportRefused>()("ImportRefused", {
  field: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `Nothing was changed. ${this.field}: ${this.reason}.`
  }
}

/** What narrows the list of customers; what is absent does not. */
export interface ImportCustomerFilter {
  /** Part of the name or domain, or the tenant id. */
  readonly q?: string | undefined
  readonly status?: CustomerStatus | undefined
  /** Of the reseller with this MPN id; `direct`: of none. */
  readonly reseller?: MpnId | "direct" | undefined
}

/** Which customers are to be imported, and how. */
export interface Execution {
  readonly customers: "all" | ReadonlyArray<TenantId>
  /** Customers become new accounts even where existing ones are suggested; otherwise these are left out. */
  readonly asNew: boolean
  /** Whether new accounts may order. */
  readonly orderingEnabled: boolean
}

/** Who causes something, for the history. */
export interface ImportCause {
  readonly actor: string
  readonly correlationId: string
}

/** What one look at a customer's subscriptions came to; `problem` when it could not be read. */
export interface CustomerReading {
  readonly tenantId: TenantId
  readonly problem: string | null
}

/** A customer with what is to become of it. */
export interface PlannedCustomer {
  readonly tenantId: TenantId
  readonly domain: string
  readonly plan: CustomerPlan
  /** What Microsoft did not tell, for people. */
  readonly notes: ReadonlyArray<string>
}

/** A customer that is to be imported. */
export interface WaitingCustomer {
  readonly tenantId: TenantId
  /** The last look at its subscriptions is recent enough to be imported from. */
  readonly isFresh: boolean
}

type Found<A, E = never> = Effect.Effect<A, ImportNotFound | E>

/**
 * The imports of existing customers: their progress, the hierarchy, and what people decided about it. What Partner Center
 * said of subscriptions is in the mirror. Steps are kept as they are done, so that an import whose process dies goes on.
 */
export class Imports extends Context.Service<
  Imports,
  {
    /**
     * Keeps the import as queued and enqueues its job, both or neither. Where one of the instance is being read already,
     * that one is returned instead. What people decided in the last import of the same account (resellers that were
     * added, assignments) holds for the next one.
     */
    readonly request: (asked: CustomerImport) => Effect.Effect<CustomerImport, ImportUnderWay>
    readonly get: (id: ImportId) => Found<CustomerImport>
    /** Newest first; of one instance, or of all. */
    readonly list: (
      instanceId: InstanceId | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<CustomerImport>>
    /** Ends the reading of a hierarchy. While customers are imported, those that still wait are not any more. */
    readonly cancel: (id: ImportId) => Found<CustomerImport>
    /** By name. */
    readonly customers: (
      id: ImportId,
      filter: ImportCustomerFilter,
      page: PageRequest
    ) => Found<Page<ImportCustomer>>
    readonly customer: (
      id: ImportId,
      tenantId: TenantId
    ) => Found<ImportCustomer, ImportCustomerNotFound>
    /** By MPN id. */
    readonly resellers: (id: ImportId, page: PageRequest) => Found<Page<ImportReseller>>
    /** Adds a reseller by hand, or names one; `accountId` says which account it is. */
    readonly putReseller: (
      id: ImportId,
      reseller: {
        readonly mpnId: MpnId
        readonly name: string
        readonly accountId: AccountId | null
      },
      cause: ImportCause
    ) => Found<ImportReseller, ImportNotReady | ImportRefused>
    /** Assigns customers to a reseller of the hierarchy, or with null to none: all of them, or nobody. */
    readonly assign: (
      id: ImportId,
      customers: ReadonlyArray<TenantId>,
      mpnId: MpnId | null,
      cause: ImportCause
    ) => Found<number, ImportNotReady | ImportRefused | ImportCustomerNotFound>
    /** Says which account a customer is; with null, that nobody has said so. */
    readonly map: (
      id: ImportId,
      customer: TenantId,
      accountId: AccountId | null,
      cause: ImportCause
    ) => Found<ImportCustomer, ImportNotReady | ImportRefused | ImportCustomerNotFound>
    /** Makes the customers wait and enqueues the job, both or neither. Those that wait already go on waiting. */
    readonly execute: (
      id: ImportId,
      execution: Execution,
      executedBy: string
    ) => Found<CustomerImport, ImportNotReady | ImportUnderWay | ImportCustomerNotFound>

    /** For the worker: none when nothing is to be done, so that a repeated job does nothing. */
    readonly begin: (id: ImportId) => Effect.Effect<Option.Option<CustomerImport>>
    readonly isWanted: (id: ImportId) => Effect.Effect<boolean>
    /** The customers and resellers of the instance, once; false when they are known. */
    readonly listed: (
      id: ImportId,
      customers: ReadonlyArray<VendorCustomer>,
      resellers: ReadonlyArray<VendorReseller>,
      problem: string | null,
      requests: number
    ) => Effect.Effect<boolean>
    /** null: it is not known which customers there are. */
    readonly unread: (id: ImportId, limit: number) => Effect.Effect<ReadonlyArray<TenantId> | null>
    /**
     * Keeps what looks at customers came to, with the reseller that the mirror's subscriptions name. Joins the current
     * transaction, in which the mirror was written.
     */
    readonly read: (
      id: ImportId,
      readings: ReadonlyArray<CustomerReading>,
      requests: number
    ) => Effect.Effect<void>
    readonly waiting: (id: ImportId, limit: number) => Effect.Effect<ReadonlyArray<WaitingCustomer>>
    /**
     * What is known of those of the customers that still wait, locked against whoever moves or makes accounts until the
     * transaction ends; with the offers that the BSS has.
     */
    readonly facts: (
      id: ImportId,
      customers: ReadonlyArray<TenantId>
    ) => Effect.Effect<{
      readonly customers: ReadonlyArray<CustomerFacts>
      readonly products: ReadonlySet<OfferId>
    }>
    /**
     * Does what was planned for the customers, set-based: accounts, contacts, tenants, subscriptions, baselines, the
     * history. Returns the accounts that the imported ones are. Joins the current transaction, in which `facts` came
     * before.
     */
    readonly keep: (
      id: ImportId,
      planned: ReadonlyArray<PlannedCustomer>,
      requests: number
    ) => Effect.Effect<ReadonlyMap<TenantId, AccountId>>
    /** Nothing is left to do: it is ready. Where something came up meanwhile, the job is enqueued again. */
    readonly done: (id: ImportId) => Effect.Effect<void>
    /** The rest is for another job. */
    readonly goOn: (id: ImportId) => Effect.Effect<void>
    /** The reading has failed; customers that were to be imported are not, and say why. */
    readonly fail: (id: ImportId, problem: string) => Effect.Effect<void>
    /** Imports under way whose job is lost get it again. Returns how many. */
    readonly recover: Effect.Effect<number>
  }
>()("core/import/Imports") {}
