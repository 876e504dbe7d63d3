import { Context, type Effect, Schema } from "effect"
import type { Environment, InstanceId } from "../instance/Instance.ts"
import type { BookLine } from "./BookLine.ts"

/** What an import changed, or would change. */
export interface BookChanges {
  /** Of the instance: what was imported belongs to its live environment. */
  readonly environment: Environment
  readonly accountsAdded: number
  readonly accountsChanged: number
  readonly tenantsLinked: number
  readonly subscriptionsAdded: number
  readonly subscriptionsChanged: number
  readonly subscriptionsUnchanged: number
  /** Subscriptions of the instance that the list does not name; they stay as they are. */
  readonly subscriptionsNotListed: number
}

/** Lines that contradict what the book holds already, such as a tenant that belongs to another account. */
export class BookRefused extends Schema.TaggedError<BookRefused>()("BookRefused", {
  problems: Schema.Array(
    Schema.Struct({
      line: Schema.Int,
      column: Schema.NullOr(Schema.String),
      text: Schema.String
    })
  )
}) {
  override get message(): string {
    return `The list was not imported: ${this.problems.length} lines contradict the book.`
  }
}

/** The book of accounts and subscriptions of an instance. */
export class Book extends Context.Service<
  Book,
  {
    /**
     * Makes the book of the live environment say what the lines say: all or nothing, set-based, each change in the history under
     * `actor`. Repeating it changes nothing. With `dryRun` everything is checked and counted, and nothing kept.
     */
    readonly apply: (
      instanceId: InstanceId,
      lines: ReadonlyArray<BookLine>,
      options: { readonly dryRun: boolean; readonly actor: string; readonly correlationId: string }
    ) => Effect.Effect<BookChanges, BookRefused>
  }
>()("core/book/Book") {}
