import { Context, type Effect } from "effect"
import type { AccountId, AccountKind } from "../account/Account.ts"
import type { InstanceName, TenantId } from "../instance/Instance.ts"
import type { RunId, RunStatus } from "../reconciliation/Run.ts"
import type { MicrosoftId, SubscriptionId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"

/** The account that something belongs to. */
export interface Owner {
  readonly id: AccountId
  readonly name: string
}

export interface FoundAccount extends Owner {
  readonly code: string
  readonly kind: AccountKind
}

export interface FoundTenant {
  readonly tenantId: TenantId
  readonly domain: string | null
  readonly instance: InstanceName
  readonly account: Owner
}

export interface FoundSubscription {
  readonly id: SubscriptionId
  readonly name: string
  readonly reference: string
  readonly microsoftId: MicrosoftId | null
  readonly instance: InstanceName
  readonly account: Owner
}

export interface FoundInstance {
  readonly name: InstanceName
  /** The Microsoft Entra tenant of its primary account. */
  readonly tenantId: TenantId
}

export interface FoundRun {
  readonly id: RunId
  readonly instance: InstanceName
  readonly status: RunStatus
  readonly createdAt: Instant
}

/** Everything that a text may mean, at most a few of each kind. */
export interface Found {
  readonly accounts: ReadonlyArray<FoundAccount>
  readonly tenants: ReadonlyArray<FoundTenant>
  readonly subscriptions: ReadonlyArray<FoundSubscription>
  readonly instances: ReadonlyArray<FoundInstance>
  readonly reconciliations: ReadonlyArray<FoundRun>
}

type Branch = AccountId | null

/**
 * Finds single things by what people know of them, whatever the case; so fast that it can be asked with each key that
 * is pressed, however many things there are. `branch` is the root of what the caller may see; null sees everything.
 */
export class Search extends Context.Service<
  Search,
  {
    /** By the beginning of the domain, or of the tenant's id. */
    readonly tenants: (
      q: string,
      branch: Branch,
      limit: number
    ) => Effect.Effect<ReadonlyArray<FoundTenant>>
    /** By the beginning of the name, the reference, or the Microsoft id or our own. */
    readonly subscriptions: (
      q: string,
      branch: Branch,
      limit: number
    ) => Effect.Effect<ReadonlyArray<FoundSubscription>>
    /** By a part of the name or the domain, or by the beginning of the tenant's id. */
    readonly instances: (q: string, limit: number) => Effect.Effect<ReadonlyArray<FoundInstance>>
    /** By the beginning of the id, or a part of the instance's name: the newest. */
    readonly reconciliations: (
      q: string,
      branch: Branch,
      limit: number
    ) => Effect.Effect<ReadonlyArray<FoundRun>>
  }
>()("core/search/Search") {}
