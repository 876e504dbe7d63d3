import { Context, type Effect, Schema } from "effect"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Account, AccountId, AccountKind, Contact } from "./Account.ts"
import type { AccountChange } from "./AccountChange.ts"
import type { MergeConflict, MergeRefusal } from "./AccountMerge.ts"
import type { Edition } from "./Edition.ts"

export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()("AccountNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no account "${this.id}".`
  }
}

/** One company is one account: a second one with its code would be the first again. */
export class AccountCodeTaken extends Schema.TaggedError<AccountCodeTaken>()("AccountCodeTaken", {
  code: Schema.String
}) {
  override get message(): string {
    return `An account has the code "${this.code}" already. When it is the same company, change that account; else choose another code.`
  }
}

/** The account would not be as an account can be; nothing was changed. */
export class AccountRefused extends Schema.TaggedError<AccountRefused>()("AccountRefused", {
  field: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `Nothing was changed. ${this.field}: ${this.reason}.`
  }
}

/** What has to end before an account is deactivated. */
export class AccountInUse extends Schema.TaggedError<AccountInUse>()("AccountInUse", {
  id: Schema.String,
  subscriptions: Schema.Int,
  accounts: Schema.Int
}) {
  override get message(): string {
    return `Nothing was changed: subscriptions that are not over: ${this.subscriptions}; active accounts below it: ${this.accounts}. End the ones, and deactivate or move the others, first.`
  }
}

/** The caller may see the account, but not do this to it. */
export class AccountChangeNotAllowed extends Schema.TaggedError<AccountChangeNotAllowed>()(
  "AccountChangeNotAllowed",
  { field: Schema.String }
) {
  override get message(): string {
    return `Your key's role may not do this to the account (${this.field}); ask your provider.`
  }
}

/** What narrows a search; what is absent does not. */
export interface AccountFilter {
  /** Directly below this account. */
  readonly parentId?: AccountId | undefined
  readonly kind?: AccountKind | undefined
  readonly active?: boolean | undefined
}

/** Who does something to an account. */
export interface AccountCause {
  readonly actor: string
  readonly correlationId: string
}

/** A new account. With no parent it lies below the root, which is made when there is none. */
export type NewAccount = Omit<Account, "parentId" | "tenants" | "version" | "active"> & {
  readonly parentId: AccountId | null
}

/** A node on the way from the root to an account. */
export interface PathStep {
  readonly id: AccountId
  readonly name: string
}

/** What a move changes. */
export interface AccountMove {
  readonly account: Account
  /** The accounts above it, from the root on. */
  readonly from: ReadonlyArray<PathStep>
  readonly to: ReadonlyArray<PathStep>
  /** How many accounts move: itself, and everybody below it. */
  readonly accounts: number
  /** How many subscriptions they have. */
  readonly subscriptions: number
  /** The reseller above it, whose MPN id its end customers' subscriptions carry. */
  readonly resellerBefore: PathStep | null
  readonly resellerAfter: PathStep | null
}

/** What a merge changes. */
export interface AccountMerge {
  readonly source: Account
  readonly target: Account
  /** Everything that forbids it; of a merge that was done there is none. */
  readonly refusals: ReadonlyArray<MergeRefusal>
  /** How many of the source's become the target's. */
  readonly tenants: number
  readonly subscriptions: number
  readonly contacts: number
  /** Of the contacts, those that the target has already. */
  readonly contactsJoined: number
  /** All below the source. */
  readonly accounts: number
  /** Acceptances of agreements that have yet to reach Partner Center. */
  readonly agreements: number
  readonly filled: ReadonlyArray<string>
  readonly conflicts: ReadonlyArray<MergeConflict>
  /** Whoever sees the source's branch only: they see the target's from then on. */
  readonly operators: number
  readonly keys: number
  /** What stays with the source: its price lists. */
  readonly priceListsLeft: number
  readonly resellerBefore: PathStep | null
  readonly resellerAfter: PathStep | null
}

type Branch = AccountId | null

/**
 * The account tree. `branch` is the root of what the caller may see; null sees everything. What lies outside does
 * not exist: every method answers AccountNotFound for it. Every change is kept in the history.
 */
export class Accounts extends Context.Service<
  Accounts,
  {
    /**
     * `q` is part of a name, code, e-mail address, domain or tenant id, whatever the case; one or two characters
     * are the beginning of a word of them. By name, then id.
     */
    readonly search: (
      q: string | undefined,
      branch: Branch,
      page: PageRequest,
      filter?: AccountFilter
    ) => Effect.Effect<Page<Account>>
    /** Also for a neighbour's account: outside the branch, an account does not exist. */
    readonly get: (id: AccountId, branch: Branch) => Effect.Effect<Account, AccountNotFound>
    readonly add: (
      account: NewAccount,
      branch: Branch,
      cause: AccountCause
    ) => Effect.Effect<Account, AccountNotFound | AccountCodeTaken | AccountRefused>
    /** A change that changes nothing makes no new version. */
    readonly update: (
      id: AccountId,
      branch: Branch,
      version: number,
      change: AccountChange,
      cause: AccountCause
    ) => Effect.Effect<Account, AccountNotFound | AccountCodeTaken | AccountRefused | StaleVersion>
    /** Moves it, with everybody below it, directly below `parentId`; a dry run only says what would change. */
    readonly move: (
      id: AccountId,
      parentId: AccountId,
      branch: Branch,
      dryRun: boolean,
      cause: AccountCause
    ) => Effect.Effect<AccountMove, AccountNotFound | AccountRefused>
    /**
     * Makes everything of `id` that of `into`, and deactivates it; a dry run only says what would change, and all that
     * forbids it.
     */
    readonly merge: (
      id: AccountId,
      into: AccountId,
      branch: Branch,
      dryRun: boolean,
      cause: AccountCause
    ) => Effect.Effect<AccountMerge, AccountNotFound | AccountRefused>
    /** Active accounts lie below active ones only. */
    readonly setActive: (
      id: AccountId,
      branch: Branch,
      active: boolean,
      cause: AccountCause
    ) => Effect.Effect<Account, AccountNotFound | AccountRefused | AccountInUse>
    /** The edition of a reseller, with the one before. */
    readonly setEdition: (
      id: AccountId,
      branch: Branch,
      edition: Edition,
      dryRun: boolean,
      cause: AccountCause
    ) => Effect.Effect<
      { readonly account: Account; readonly before: Edition },
      AccountNotFound | AccountRefused
    >
    readonly contacts: (
      id: AccountId,
      branch: Branch
    ) => Effect.Effect<
      { readonly account: Account; readonly contacts: ReadonlyArray<Contact> },
      AccountNotFound
    >
    /** All contacts of the account, in their order; the account gets a new version. */
    readonly putContacts: (
      id: AccountId,
      branch: Branch,
      version: number,
      contacts: ReadonlyArray<Contact>,
      cause: AccountCause
    ) => Effect.Effect<Account, AccountNotFound | StaleVersion>
  }
>()("core/account/Accounts") {}
