import { pageLimitDefault, pageLimitMax } from "@concordat/core/page/Page"
import { Schema, SchemaGetter } from "effect"

/** Query of every list. The limit is defaulted by the server, so that a client need not send it. */
export const pageQuery = {
  cursor: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2_000)).annotate({
      description: "`next` of the previous page, as it was; absent for the first page."
    })
  ),
  limit: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[0-9]{1,4}$/u, { message: "a whole number is needed" }))
      .annotate({
        description: `How many items at most, 1 to ${pageLimitMax}; ${pageLimitDefault} when absent.`
      })
      .pipe(
        Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: pageLimitMax })), {
          decode: SchemaGetter.transform((digits: string) => Number(digits)),
          encode: SchemaGetter.transform((limit: number) => String(limit))
        })
      )
  )
}

/** Of an operation that takes no query: an unknown parameter is refused here as everywhere. */
export const noQuery = Schema.Struct({}).check(
  Schema.makeFilter((query) => {
    const name = Object.keys(query)[0]
    return name === undefined
      ? undefined
      : { path: [name], issue: "not known here: this operation takes no query parameters" }
  })
)

/** A page of `item`. `next` is null on the last page. */
export const pageOf = <S extends Schema.Top>(item: S, identifier: string) =>
  Schema.Struct({
    items: Schema.Array(item).annotate({ description: "The items, in the list's fixed order." }),
    next: Schema.NullOr(Schema.String).annotate({
      description: "Cursor of the next page; null on the last one."
    })
  }).annotate({ identifier, description: "A page of a list." })
