import { Context, type Effect, Schema } from "effect"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Account, AccountId } from "./Account.ts"

export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()("AccountNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no account "${this.id}".`
  }
}

/** The account tree. `branch` is the root of what the caller may see; null sees everything. */
export class Accounts extends Context.Service<
  Accounts,
  {
    /** `q` searches name, code, domain and tenant id; by name, then id. */
    readonly search: (
      q: string | undefined,
      branch: AccountId | null,
      page: PageRequest
    ) => Effect.Effect<Page<Account>>
    /** Also for a neighbour's account: outside the branch, an account does not exist. */
    readonly get: (
      id: AccountId,
      branch: AccountId | null
    ) => Effect.Effect<Account, AccountNotFound>
  }
>()("core/account/Accounts") {}
