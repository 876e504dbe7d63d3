import type { Page, PageRequest } from "@concordat/core/page/Page"
import { Instant } from "@concordat/core/time/Instant"
import { Data, Effect, Result, Schema } from "effect"
import { sql } from "kysely"

/**
 * A cursor that this list never gave. Not in the ports: whoever takes cursors from strangers checks them
 * (the API signs them), so that here it is the caller's bug. It keeps its tag all the same, for an edge that
 * answers 400.
 */
export class InvalidCursor extends Data.TaggedError("InvalidCursor")<{
  readonly cursor: string
}> {
  override get message(): string {
    return `"${this.cursor}" is no cursor of this list; begin without one.`
  }
}

/**
 * A list in a fixed order, page by page: a cursor holds the sort key of the last item, so that what is added
 * or removed meanwhile neither repeats nor hides another item.
 */
export const keyset = <K, I>(key: Schema.Codec<K, I>) => {
  const codec = Schema.fromJsonString(Schema.toCodecJson(key))
  const decode = Schema.decodeUnknownResult(codec)
  const encode = Schema.encodeSync(codec)
  return {
    /** The key after which the page starts; undefined for the first page. */
    after: ({ cursor }: PageRequest): Effect.Effect<K | undefined> => {
      if (cursor === undefined) return Effect.undefined
      const decoded = decode(Buffer.from(cursor, "base64url").toString("utf8"))
      return Result.isSuccess(decoded)
        ? Effect.succeed(decoded.success)
        : Effect.die(new InvalidCursor({ cursor }))
    },
    /** A page of the rows, of which one more than the limit was asked for to see whether the list goes on. */
    page: <R, A>(
      rows: ReadonlyArray<R>,
      { limit }: PageRequest,
      keyOf: (row: R) => K,
      item: (row: R) => A
    ): Page<A> => {
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      return {
        items: shown.map(item),
        next:
          last === undefined || rows.length <= limit
            ? null
            : Buffer.from(encode(keyOf(last)), "utf8").toString("base64url")
      }
    }
  }
}

/** A list that begins with its newest item, by a column of `table` that says when; those of one moment by id. */
export const newestFirst = <Id extends string, Column extends string>(
  table: string,
  column: Column,
  id: Schema.Codec<Id, string>
) => {
  const { after, page } = keyset(Schema.Struct({ at: Instant, id }))
  return {
    after,
    /** Whether a row comes after this key; every row where there is none. */
    isAfter: (key: { readonly at: Instant; readonly id: Id } | undefined) =>
      key === undefined
        ? sql<boolean>`true`
        : sql<boolean>`(${sql.ref(`${table}.${column}`)}, ${sql.ref(`${table}.id`)}) <
            (${new Date(key.at)}::timestamptz, ${key.id}::uuid)`,
    page: <R extends { readonly id: Id } & { readonly [_ in Column]: Instant }, A>(
      rows: ReadonlyArray<R>,
      request: PageRequest,
      item: (row: R) => A
    ): Page<A> => page(rows, request, (row) => ({ at: row[column], id: row.id }), item)
  }
}
