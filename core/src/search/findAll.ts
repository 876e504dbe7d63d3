import { Effect } from "effect"
import { Accounts } from "../account/Accounts.ts"
import { type Actor, may, type Scope } from "../actor/Actor.ts"
import { type Found, Search } from "./Search.ts"

/** So many of each kind: who sees more does not read them, but types another letter. */
export const foundMax = 6

/**
 * All that a text may mean to this caller: of its branch, and of the kinds that it may read. A kind that it may not
 * read is empty, as if there were nothing of it.
 */
export const findAll = Effect.fn("findAll")(function* (
  q: string,
  caller: Actor
): Effect.fn.Return<Found, never, Accounts | Search> {
  const accounts = yield* Accounts
  const search = yield* Search
  const { branch } = caller
  const where = <A>(
    scope: Scope,
    read: Effect.Effect<ReadonlyArray<A>>
  ): Effect.Effect<ReadonlyArray<A>> => (may(caller, scope) ? read : Effect.succeed([]))
  return yield* Effect.all(
    {
      accounts: where(
        "accounts:read",
        Effect.map(
          accounts.search(q, branch, { cursor: undefined, limit: foundMax }),
          ({ items }) => items.map(({ code, id, kind, name }) => ({ code, id, kind, name }))
        )
      ),
      tenants: where("accounts:read", search.tenants(q, branch, foundMax)),
      subscriptions: where("accounts:read", search.subscriptions(q, branch, foundMax)),
      instances: where("instances:read", search.instances(q, foundMax)),
      reconciliations: where("reconciliations:read", search.reconciliations(q, branch, foundMax))
    },
    // One search must not take all connections.
    { concurrency: 2 }
  )
})
