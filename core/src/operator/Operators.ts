import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Role } from "../actor/Actor.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Operator, OperatorId, OperatorName } from "./Operator.ts"

export class OperatorNotFound extends Schema.TaggedError<OperatorNotFound>()("OperatorNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no operator "${this.id}".`
  }
}

export class OperatorNameTaken extends Schema.TaggedError<OperatorNameTaken>()(
  "OperatorNameTaken",
  { name: Schema.String }
) {
  override get message(): string {
    return `An operator is called "${this.name}" already; choose another name, or give that one a new password.`
  }
}

/** The change would leave nobody who can administer operators. */
export class LastAdministrator extends Schema.TaggedError<LastAdministrator>()(
  "LastAdministrator",
  { name: Schema.String }
) {
  override get message(): string {
    return `"${this.name}" is the last active operator-admin; make another one first.`
  }
}

/** What may change of an operator; what is absent stays. */
export interface OperatorChange {
  readonly role?: Role | undefined
  readonly branch?: AccountId | null | undefined
  readonly active?: boolean | undefined
  readonly password?: Redacted.Redacted | undefined
}

/**
 * Who may sign in. Of a password only a hash is kept, made so slow that a stolen table is of little use; checking a
 * name that does not exist, or that of somebody inactive, costs as much as a wrong password does.
 */
export class Operators extends Context.Service<
  Operators,
  {
    readonly add: (operator: {
      readonly name: OperatorName
      readonly role: Role
      readonly branch: AccountId | null
      readonly password: Redacted.Redacted
    }) => Effect.Effect<Operator, OperatorNameTaken>
    /** By name. */
    readonly list: (page: PageRequest) => Effect.Effect<Page<Operator>>
    readonly get: (id: OperatorId) => Effect.Effect<Operator, OperatorNotFound>
    /** The active operator of this name, when the password is the right one. */
    readonly known: (
      name: string,
      password: Redacted.Redacted
    ) => Effect.Effect<Option.Option<Operator>>
    /**
     * Somebody who is no longer active, or whose password another changed, is signed out everywhere with it; after a
     * change of the role or branch every session goes on under another token.
     */
    readonly change: (
      id: OperatorId,
      version: number,
      change: OperatorChange
    ) => Effect.Effect<Operator, OperatorNotFound | StaleVersion | LastAdministrator>
    /** Their own new password: sessions are left to the caller. */
    readonly setPassword: (id: OperatorId, password: Redacted.Redacted) => Effect.Effect<void>
  }
>()("core/operator/Operators") {}
