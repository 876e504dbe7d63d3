import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { KeyNotFound } from "@concordat/contracts/Problem"
import { Accounts } from "@concordat/core/account/Accounts"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { accountNotFound } from "./accounts.ts"

/** Bearer keys of the API. */
export const keysLayer = HttpApiBuilder.group(
  Api,
  "keys",
  Effect.fnUntraced(function* (handlers) {
    const keys = yield* ApiKeys
    const accounts = yield* Accounts
    return handlers.handleAll({
      list: ({ query }) => pageOf("keys", query, keys.list),
      make: Effect.fnUntraced(
        function* ({ payload }) {
          const caller = yield* Caller
          const branch = payload.branch ?? null
          if (branch !== null) yield* accounts.get(branch, caller.branch)
          return yield* keys.make({
            name: payload.name,
            role: payload.role,
            scopes: [...new Set(payload.scopes)],
            branch
          })
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      ),
      revoke: ({ params }) =>
        keys
          .revoke(params.id)
          .pipe(
            Effect.catchTag("ApiKeyNotFound", ({ id, message }) =>
              Effect.fail(new KeyNotFound({ id, detail: `${message} GET /v1/keys lists them.` }))
            )
          )
    })
  })
)
