import { Context, type Effect } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { AccountCause } from "../account/Accounts.ts"
import type { InstanceId } from "../instance/Instance.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { SyncOptionDefinition, SyncOptionValues } from "./SyncOption.ts"

/** The options of one account in one instance. Nothing was kept yet: version 0. */
export interface KeptSyncOptions {
  readonly values: SyncOptionValues
  readonly version: number
}

/** What an import writes. */
export interface ImportedSyncOptions {
  readonly accountId: AccountId
  readonly values: SyncOptionValues
}

/** The sync options of accounts, one set per instance (domain.md §7). Every change is kept in the history. */
export class SyncOptions extends Context.Service<
  SyncOptions,
  {
    /** Which options an instance has, in their order; none before its first "Get Services Definitions". */
    readonly definitions: (
      instanceId: InstanceId
    ) => Effect.Effect<ReadonlyArray<SyncOptionDefinition>>
    /** Makes options of an instance, and changes those that it has. Joins the transaction. */
    readonly define: (
      instanceId: InstanceId,
      definitions: ReadonlyArray<SyncOptionDefinition>
    ) => Effect.Effect<void>
    /** Whose account it is has been seen to: `Accounts.get` says whether the caller may know it. */
    readonly get: (accountId: AccountId, instanceId: InstanceId) => Effect.Effect<KeptSyncOptions>
    /** Replaces the set of the version that was read. The same values again make no new version. */
    readonly put: (
      accountId: AccountId,
      instanceId: InstanceId,
      version: number,
      values: SyncOptionValues,
      cause: AccountCause
    ) => Effect.Effect<KeptSyncOptions, StaleVersion>
    /** For an import: the sets of accounts that have none yet; those that have one keep it. Joins the transaction. */
    readonly addMissing: (
      instanceId: InstanceId,
      options: ReadonlyArray<ImportedSyncOptions>,
      cause: AccountCause
    ) => Effect.Effect<void>
  }
>()("core/tenant/SyncOptions") {}
