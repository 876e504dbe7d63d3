import { Context, type Effect, type Redacted, Schema } from "effect"
import type { AccountId, AccountTenant } from "../account/Account.ts"
import type {
  Environment,
  Instance,
  InstanceId,
  InstanceName,
  TenantId
} from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { Synchronization, SynchronizationId, SyncStatus } from "./Synchronization.ts"
import type { NewTenant } from "./VendorTenants.ts"

/** Somebody works on it at this moment. */
export class SynchronizationUnderWay extends Schema.TaggedError<SynchronizationUnderWay>()(
  "SynchronizationUnderWay",
  { accountId: Schema.String }
) {
  override get message(): string {
    return "The account is being synchronised at this moment; look at its state, and try again when it has ended or asks something."
  }
}

/** Another account is being made with the domain; which of the two Microsoft takes could not be told. */
export class DomainReserved extends Schema.TaggedError<DomainReserved>()("DomainReserved", {
  domain: Schema.String
}) {
  override get message(): string {
    return `another account is just becoming ${this.domain}; choose another prefix, or wait until that has ended`
  }
}

/** The tenant cannot become the account's. */
export class TenantHeld extends Schema.TaggedError<TenantHeld>()("TenantHeld", {
  subscriptions: Schema.Int
}) {
  override get message(): string {
    // Who reads it may not know the other account: whoever may finds it by the tenant's id.
    return `The tenant is another account's, which has subscriptions in it: ${this.subscriptions}. Search for the account by the tenant, and merge the two instead.`
  }
}

/** An administrator of a new tenant, with the password that nobody has seen yet. */
export interface FirstCredentials {
  /** Whole: admin@contoso.onmicrosoft.com. */
  readonly userName: string
  readonly password: Redacted.Redacted
}

/** Whose a tenant is. */
export interface TenantHolder {
  readonly accountId: AccountId
  /** The account and everything above it, the root first. */
  readonly ancestors: ReadonlyArray<AccountId>
}

/** What is known of an account in one instance: its tenant, however it got it, and the newest try. */
export interface SyncState {
  readonly instanceId: InstanceId
  readonly instance: InstanceName
  readonly environment: Environment
  readonly tenants: ReadonlyArray<Pick<AccountTenant, "tenantId" | "domain">>
  readonly newest: Synchronization | null
}

/** Something that happened on the way. */
export interface SyncStep {
  readonly at: Instant
  readonly actor: string
  readonly text: string
}

/** A try as it is written: what happened goes into its steps. */
export interface SyncChange {
  readonly sync: Synchronization
  readonly step: { readonly actor: string; readonly text: string } | null
  /** Whether a job goes on with it. */
  readonly goesOn: boolean
}

/**
 * Which accounts are tenants, and those on their way there. An account that has a tenant is synchronised, whether
 * through here, by a book or by an import.
 */
export class Synchronizations extends Context.Service<
  Synchronizations,
  {
    /** Every instance that is enabled, or in which the account has a tenant or was tried; by name. */
    readonly of: (accountId: AccountId) => Effect.Effect<ReadonlyArray<SyncState>>
    /** The newest try in the environment that is live. */
    readonly newest: (
      accountId: AccountId,
      instance: Pick<Instance, "id" | "environment">
    ) => Effect.Effect<Synchronization | null>
    readonly get: (id: SynchronizationId) => Effect.Effect<Synchronization | null>
    /** Newest first. */
    readonly steps: (
      accountId: AccountId,
      instanceId: InstanceId,
      page: PageRequest
    ) => Effect.Effect<Page<SyncStep>>
    /**
     * Takes the place of the account's former try, with the job, in one transaction; refused while somebody works on
     * that, or another account is made with the same domain. `replaces` is the version that was seen of it, null for none.
     */
    readonly begin: (
      change: SyncChange,
      replaces: { readonly id: SynchronizationId; readonly version: number } | null
    ) => Effect.Effect<Synchronization, SynchronizationUnderWay | DomainReserved>
    /** Writes the next version, in the current transaction; refused when somebody else wrote one meanwhile. */
    readonly save: (change: SyncChange) => Effect.Effect<Synchronization, SynchronizationUnderWay>
    /** What Microsoft is asked to make, so that a repetition asks for the same. */
    readonly keepDraft: (id: SynchronizationId, draft: NewTenant) => Effect.Effect<void>
    readonly draft: (id: SynchronizationId) => Effect.Effect<NewTenant | null>
    /** Takes the place of those kept before. Sealed; none, once they are in the mail. */
    readonly keepCredentials: (
      id: SynchronizationId,
      credentials: ReadonlyArray<FirstCredentials>
    ) => Effect.Effect<void>
    readonly credentials: (id: SynchronizationId) => Effect.Effect<ReadonlyArray<FirstCredentials>>
    /** Whose the tenant is in the instance; null: nobody's. */
    readonly holderOf: (
      instanceId: InstanceId,
      tenantId: TenantId
    ) => Effect.Effect<TenantHolder | null>
    /**
     * Makes the tenant the account's, in the current transaction, with its history. Another account's becomes this one's
     * only by linking, and only when that one has no subscriptions there.
     */
    readonly link: (
      sync: Synchronization,
      tenant: { readonly tenantId: TenantId; readonly domain: string },
      actor: string
    ) => Effect.Effect<void, TenantHeld>
    /** Sends jobs for those that are due, and for those whose job was lost; returns how many. */
    readonly wake: (now: Instant) => Effect.Effect<number>
  }
>()("core/tenant/Synchronizations") {}

/** An account that has a tenant is synchronised, however it got it. */
export const statusOf = ({ tenants, newest }: SyncState): SyncStatus =>
  tenants.length > 0 ? "synchronised" : (newest?.status ?? "not-synchronised")
