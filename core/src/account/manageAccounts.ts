import { Effect } from "effect"
import type { Actor } from "../actor/Actor.ts"
import type { AccountId, Contact } from "./Account.ts"
import { type AccountAct, type AccountChange, refusedPart } from "./AccountChange.ts"
import {
  type AccountCause,
  AccountChangeNotAllowed,
  Accounts,
  type NewAccount
} from "./Accounts.ts"
import { type Edition, stepEdition } from "./Edition.ts"

/** First whether the account exists for the caller, then whether the caller may. */
const permitted = Effect.fnUntraced(function* (actor: Actor, id: AccountId, act: AccountAct) {
  const accounts = yield* Accounts
  yield* accounts.get(id, actor.branch)
  const field = refusedPart(actor, id, act)
  if (field !== undefined) return yield* new AccountChangeNotAllowed({ field })
  return accounts
})

const fieldsGiven = (account: NewAccount): AccountChange =>
  account.managerEmail === null ? {} : { managerEmail: account.managerEmail }

/** Makes an account below another one; when none is named, below the caller's own root. */
export const createAccount = Effect.fn("createAccount")(function* (
  actor: Actor,
  account: NewAccount,
  cause: AccountCause
) {
  const parentId = account.parentId ?? actor.branch
  const act = { kind: "create", of: account.kind, change: fieldsGiven(account) } as const
  // Without a parent and a branch it is an operator, and the root may not be there yet.
  const accounts = parentId === null ? yield* Accounts : yield* permitted(actor, parentId, act)
  return yield* accounts.add({ ...account, parentId }, actor.branch, cause)
})

/** Changes fields of an account, of the version that was read. */
export const updateAccount = Effect.fn("updateAccount")(function* (
  actor: Actor,
  id: AccountId,
  version: number,
  change: AccountChange,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "update", change })
  return yield* accounts.update(id, actor.branch, version, change, cause)
})

/** Moves an account with everything below it; a dry run only says what would change. */
export const moveAccount = Effect.fn("moveAccount")(function* (
  actor: Actor,
  id: AccountId,
  parentId: AccountId,
  dryRun: boolean,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "move" })
  return yield* accounts.move(id, parentId, actor.branch, dryRun, cause)
})

/**
 * Merges an account into another one of the same company. Both must be the caller's to change. A dry run only says
 * what would change, and everything that forbids it.
 */
export const mergeAccount = Effect.fn("mergeAccount")(function* (
  actor: Actor,
  id: AccountId,
  into: AccountId,
  dryRun: boolean,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "merge" })
  yield* permitted(actor, into, { kind: "merge" })
  return yield* accounts.merge(id, into, actor.branch, dryRun, cause)
})

/** Deactivated accounts are kept, and neither buy nor have accounts made below them. */
export const setAccountActive = Effect.fn("setAccountActive")(function* (
  actor: Actor,
  id: AccountId,
  active: boolean,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "activity" })
  return yield* accounts.setActive(id, actor.branch, active, cause)
})

/** Gives a reseller another edition, and says what it gains and loses; a dry run only says so. */
export const changeEdition = Effect.fn("changeEdition")(function* (
  actor: Actor,
  id: AccountId,
  edition: Edition,
  dryRun: boolean,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "edition" })
  const { account, before } = yield* accounts.setEdition(id, actor.branch, edition, dryRun, cause)
  return { account, before, ...stepEdition(before, edition) }
})

/** Replaces the contacts of an account. */
export const putContacts = Effect.fn("putContacts")(function* (
  actor: Actor,
  id: AccountId,
  version: number,
  contacts: ReadonlyArray<Contact>,
  cause: AccountCause
) {
  const accounts = yield* permitted(actor, id, { kind: "contacts" })
  return yield* accounts.putContacts(id, actor.branch, version, contacts, cause)
})
