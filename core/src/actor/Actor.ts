import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"

/** What a caller is. Operators see the whole tree; a reseller or customer sees its own branch only. */
export const Role = Schema.Literals([
  "operator-admin",
  "operator",
  "read-only",
  "reseller",
  "customer"
])
export type Role = typeof Role.Type

/** What a key may do at all, within what its role allows. */
export const Scope = Schema.Literals([
  "accounts:read",
  "accounts:write",
  "instances:read",
  "instances:write",
  "reconciliations:read",
  "reconciliations:run",
  "book:write",
  "imports:read",
  "imports:write",
  "catalogue:read",
  "catalogue:write",
  "products:read",
  "price-lists:read",
  "price-lists:write",
  "notifications:read",
  "templates:read",
  "templates:write",
  "outbox:read",
  "outbox:write",
  "outbox:bounce",
  "jobs:read",
  "jobs:write",
  "keys:write",
  "operators:write"
])
export type Scope = typeof Scope.Type

/** Who caused something, for authorisation and for the history. */
export class Actor extends Schema.Opaque<Actor>()(
  Schema.Struct({
    /** Stable name for the history: `key:storefront`, `daemon:reconciler`, `cli:setup`. */
    name: Schema.String,
    role: Role,
    scopes: Schema.Array(Scope),
    /** The root of the branch this actor sees; null = everything (operators only). */
    branch: Schema.NullOr(AccountId)
  })
) {}

/** The scopes a role can hold; a key never holds more. Deny by default. */
export const scopesOf = (role: Role): ReadonlyArray<Scope> => roleScopes[role]

const reading: ReadonlyArray<Scope> = ["accounts:read", "reconciliations:read", "products:read"]
const setUp: ReadonlyArray<Scope> = [
  "instances:read",
  "imports:read",
  "catalogue:read",
  "price-lists:read",
  "notifications:read",
  "templates:read"
]
const roleScopes: Record<Role, ReadonlyArray<Scope>> = {
  "operator-admin": Scope.literals,
  operator: [
    ...reading,
    ...setUp,
    "accounts:write",
    "reconciliations:run",
    "book:write",
    "imports:write",
    "catalogue:write",
    "price-lists:write",
    "outbox:read",
    "outbox:write",
    "outbox:bounce",
    "jobs:read"
  ],
  "read-only": [...reading, ...setUp],
  reseller: [...reading, "accounts:write", "reconciliations:run"],
  customer: [...reading, "accounts:write"]
}

/** Both must agree: what the key was given, and what its role can ever hold. */
export const may = (actor: Actor, scope: Scope): boolean =>
  actor.scopes.includes(scope) && roleScopes[actor.role].includes(scope)
