import { Effect, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import { type AccountCause, AccountChangeNotAllowed, Accounts } from "../account/Accounts.ts"
import type { Actor } from "../actor/Actor.ts"
import type { Instance } from "../instance/Instance.ts"
import { FieldProblem, type SyncOptionValues, syncOptionProblems } from "./SyncOption.ts"
import { SyncOptions } from "./SyncOptions.ts"
import { accountsAbove, syncOptionFactsOf } from "./tenantFacts.ts"

/** Some of the options cannot be like this; nothing was changed. */
export class SyncOptionsRefused extends Schema.TaggedError<SyncOptionsRefused>()(
  "SyncOptionsRefused",
  { problems: Schema.Array(FieldProblem) }
) {
  override get message(): string {
    return `Nothing was changed. ${this.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}.`
  }
}

/** The options of an account that the caller may know, with what decides which of them there are. */
export const syncOptionsOf = Effect.fn("syncOptionsOf")(function* (
  actor: Actor,
  accountId: AccountId,
  instance: Instance
) {
  const account = yield* Effect.flatMap(Accounts, ({ get }) => get(accountId, actor.branch))
  // Those above it may lie outside the caller's branch: they only decide which options there are.
  const { parentId } = yield* Effect.flatMap(Accounts, ({ get }) => get(account.id, null))
  const facts = yield* syncOptionFactsOf(instance, yield* accountsAbove(parentId))
  const kept = yield* Effect.flatMap(SyncOptions, ({ get }) => get(accountId, instance.id))
  return { ...kept, facts }
})

/** Replaces the options of the version that was read. A customer itself does not say whose customer it is. */
export const putSyncOptions = Effect.fn("putSyncOptions")(function* (
  actor: Actor,
  accountId: AccountId,
  instance: Instance,
  version: number,
  values: SyncOptionValues,
  cause: AccountCause
) {
  const { facts, values: before } = yield* syncOptionsOf(actor, accountId, instance)
  if (actor.role === "customer" && values.mpnId !== before.mpnId)
    return yield* new AccountChangeNotAllowed({ field: "mpnId" })
  const problems = syncOptionProblems(values, facts)
  if (problems.length > 0) return yield* new SyncOptionsRefused({ problems })
  const kept = yield* Effect.flatMap(SyncOptions, ({ put }) =>
    put(accountId, instance.id, version, values, cause)
  )
  return { ...kept, facts }
})
