import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { AccountNotFound } from "@concordat/contracts/Problem"
import type { Account } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import type { Actor } from "@concordat/core/actor/Actor"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"

/** Accounts of the caller's branch. */
export const accountsLayer = HttpApiBuilder.group(
  Api,
  "accounts",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const caller = yield* Caller
        const page = yield* pageOf("accounts", query, (page) =>
          accounts.search(query.q === "" ? undefined : query.q, caller.branch, page)
        )
        return { ...page, items: page.items.map((account) => viewOf(account, caller)) }
      }),
      get: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          const account = yield* accounts.get(params.id, caller.branch)
          return viewOf(account, caller)
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      )
    })
  })
)

/** The problem of an account that does not exist for the caller. */
export const accountNotFound = ({
  id,
  message
}: {
  readonly id: string
  readonly message: string
}) =>
  Effect.fail(
    new AccountNotFound({ id, detail: `${message} Search for it under /v1/accounts?q=.` })
  )

/** What lies above the caller's own root is nobody's business. */
const viewOf = (account: Account, caller: Actor): Account =>
  account.id === caller.branch ? { ...account, parentId: null } : account
