import { Context, type Effect, Schema } from "effect"
import type { AccountId, AccountKind } from "../account/Account.ts"
import type { AccountNotFound } from "../account/Accounts.ts"
import type { InstanceId } from "../instance/Instance.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { EntryKey, PriceEntry } from "./PriceEntry.ts"
import { type PriceList, PriceListId } from "./PriceList.ts"

export class PriceListNotFound extends Schema.TaggedError<PriceListNotFound>()(
  "PriceListNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no price list "${this.id}".`
  }
}

export class PriceListNameTaken extends Schema.TaggedError<PriceListNameTaken>()(
  "PriceListNameTaken",
  { name: Schema.String }
) {
  override get message(): string {
    return `A price list "${this.name}" exists already; choose another name.`
  }
}

/** A list that accounts are assigned to is deactivated rather than removed. */
export class PriceListInUse extends Schema.TaggedError<PriceListInUse>()("PriceListInUse", {
  id: PriceListId,
  name: Schema.String,
  accounts: Schema.Int
}) {
  override get message(): string {
    return `The price list "${this.name}" is assigned to ${this.accounts} ${this.accounts === 1 ? "account" : "accounts"}; deactivate it, or unassign it first.`
  }
}

/** Two active lists of one instance for one account, at one time: nobody could say which price counts. */
export class PriceListsOverlap extends Schema.TaggedError<PriceListsOverlap>()(
  "PriceListsOverlap",
  {
    list: Schema.String,
    other: Schema.String,
    otherId: PriceListId,
    accountId: Schema.String,
    account: Schema.String
  }
) {
  override get message(): string {
    return `The price lists "${this.list}" and "${this.other}" would both be in force for the account "${this.account}": end one before the other begins, deactivate one, or unassign it.`
  }
}

/** What is wrong with one of the entries that were sent, counted from 0. */
export const EntryProblem = Schema.Struct({
  index: Schema.Int,
  field: Schema.String,
  text: Schema.String
})
export type EntryProblem = typeof EntryProblem.Type

/** Nothing was written: every entry that cannot be kept is named. */
export class EntriesRefused extends Schema.TaggedError<EntriesRefused>()("EntriesRefused", {
  problems: Schema.Array(EntryProblem)
}) {
  override get message(): string {
    return `Nothing was changed: ${this.problems.length} of the entries cannot be kept.`
  }
}

/** What can be changed about a list; what is absent stays. Its instance and currency never change. */
export interface PriceListChange {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly market?: PriceList["market"] | undefined
  readonly validFrom?: Instant | undefined
  readonly validTo?: Instant | null | undefined
  readonly active?: boolean | undefined
}

/** An account that buys by a list, itself and what is below it without a list of its own. */
export interface AssignedAccount {
  readonly accountId: AccountId
  readonly name: string
  readonly code: string
  readonly kind: AccountKind
  readonly assignedAt: Instant
}

/** Who changes prices, for the history. */
export interface PriceCause {
  readonly actor: string
  readonly correlationId: string
}

/** How many entries came, went and stayed. */
export interface EntriesChanged {
  readonly list: PriceList
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly unchanged: number
}

/**
 * Price lists, their entries, and who is assigned to them. Every change of a list or its entries makes its next
 * version, and is refused where the expected one is not there any more.
 */
export class PriceLists extends Context.Service<
  PriceLists,
  {
    /** `q` searches the name; by name, then id. `accountId`: only those that this very account is assigned. */
    readonly search: (
      filter: {
        readonly q?: string | undefined
        readonly instanceId?: InstanceId | undefined
        readonly accountId?: AccountId | undefined
      },
      page: PageRequest
    ) => Effect.Effect<Page<PriceList>>
    readonly get: (id: PriceListId) => Effect.Effect<PriceList, PriceListNotFound>
    readonly add: (list: PriceList, cause: PriceCause) => Effect.Effect<void, PriceListNameTaken>
    readonly update: (
      id: PriceListId,
      expectedVersion: number,
      change: PriceListChange,
      cause: PriceCause
    ) => Effect.Effect<
      PriceList,
      PriceListNotFound | StaleVersion | PriceListNameTaken | PriceListsOverlap
    >
    readonly remove: (
      id: PriceListId,
      expectedVersion: number,
      cause: PriceCause
    ) => Effect.Effect<void, PriceListNotFound | StaleVersion | PriceListInUse>
    /** By subject (products by offer, then groups, then all), term and billing cycle. */
    readonly entries: (
      id: PriceListId,
      page: PageRequest
    ) => Effect.Effect<Page<PriceEntry>, PriceListNotFound>
    /** Makes the list say exactly this: all of it, or nothing. */
    readonly replaceEntries: (
      id: PriceListId,
      expectedVersion: number,
      entries: ReadonlyArray<PriceEntry>,
      cause: PriceCause
    ) => Effect.Effect<EntriesChanged, PriceListNotFound | StaleVersion | EntriesRefused>
    /** Adds or replaces `put` by their keys and removes `remove`; other entries stay. All of it, or nothing. */
    readonly changeEntries: (
      id: PriceListId,
      expectedVersion: number,
      change: {
        readonly put: ReadonlyArray<PriceEntry>
        readonly remove: ReadonlyArray<EntryKey>
      },
      cause: PriceCause
    ) => Effect.Effect<EntriesChanged, PriceListNotFound | StaleVersion | EntriesRefused>
    /** By name, then id. */
    readonly accounts: (
      id: PriceListId,
      page: PageRequest
    ) => Effect.Effect<Page<AssignedAccount>, PriceListNotFound>
    /** Again is no mistake, and changes nothing. */
    readonly assign: (
      id: PriceListId,
      accountId: AccountId,
      cause: PriceCause
    ) => Effect.Effect<void, PriceListNotFound | AccountNotFound | PriceListsOverlap>
    /** Whether it was assigned or not: afterwards it is not. */
    readonly unassign: (
      id: PriceListId,
      accountId: AccountId,
      cause: PriceCause
    ) => Effect.Effect<void, PriceListNotFound | AccountNotFound>
  }
>()("core/price/PriceLists") {}
