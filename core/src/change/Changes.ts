import { Context, Schema, type Stream } from "effect"
import { AccountId } from "../account/Account.ts"
import type { Scope } from "../actor/Actor.ts"
import { Guid } from "../instance/Guid.ts"

/** What an open page is told of. */
export const ChangeKind = Schema.Literals([
  "reconciliation",
  "catalogue-run",
  "notification",
  "mail",
  "synchronization"
])
export type ChangeKind = typeof ChangeKind.Type

/**
 * Something is new or has changed: which, but not how. Whoever wants to know reads it again, with their own rights.
 * Missed: changes may have been lost just now; read everything again.
 */
export const Change = Schema.TaggedUnion({
  Changed: {
    kind: ChangeKind,
    id: Guid,
    /** The account whose branch it belongs to; null: of concern to operators only. */
    account: Schema.NullOr(AccountId)
  },
  Missed: {}
})
export type Change = typeof Change.Type

/** What one must be allowed to read to be told of it. */
export const scopeOf: Readonly<Record<ChangeKind, Scope>> = {
  reconciliation: "reconciliations:read",
  "catalogue-run": "catalogue:read",
  notification: "notifications:read",
  mail: "outbox:read",
  synchronization: "accounts:read"
}

/** What changes from now on, by whatever process; it goes on until the subscriber has enough. */
export class Changes extends Context.Service<Changes, { readonly stream: Stream.Stream<Change> }>()(
  "core/change/Changes"
) {}
