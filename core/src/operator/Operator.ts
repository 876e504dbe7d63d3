import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { type Actor, Role, scopesOf } from "../actor/Actor.ts"
import { Guid } from "../instance/Guid.ts"
import { Instant } from "../time/Instant.ts"

export const OperatorId = Guid.pipe(Schema.brand("OperatorId"))
export type OperatorId = typeof OperatorId.Type

/**
 * What somebody signs in with: lower case, so that one person has one name however it is typed. A mail address is
 * such a name.
 */
export const OperatorName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9][a-z0-9._@+-]{0,99}$/u, {
    message: "1 to 100 lower-case letters, digits and . _ @ + -, beginning with a letter or digit"
  })
).pipe(Schema.brand("OperatorName"))
export type OperatorName = typeof OperatorName.Type

/** Somebody who signs in by name and password: an employee, or a reseller's or customer's with its branch. */
export class Operator extends Schema.Opaque<Operator>()(
  Schema.Struct({
    id: OperatorId,
    name: OperatorName,
    role: Role,
    /** The root of the branch that a reseller's or customer's operator sees; null for the others, who see all. */
    branch: Schema.NullOr(AccountId),
    /** False: cannot sign in, and is signed out everywhere. */
    active: Schema.Boolean,
    createdAt: Instant,
    lastSignInAt: Schema.NullOr(Instant),
    version: Schema.Int
  })
) {}

/** NIST SP 800-63B §3.1.1.2: length is what counts, and no rules about kinds of characters. */
export const passwordLengthMin = 12
export const passwordLengthMax = 200

/** The caller that an operator is, with all that its role can hold. */
export const actorOf = ({ name, role, branch }: Operator): Actor => ({
  name: `operator:${name}`,
  role,
  scopes: scopesOf(role),
  branch
})
