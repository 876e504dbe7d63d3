import { Effect, Option, Schema, Stream } from "effect"
import { Flag } from "effect/cli"

interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
}

/** Every item of a list that comes in pages. */
export const everyItem = <A, E, R>(
  page: (cursor: { readonly cursor?: string }) => Effect.Effect<Page<A>, E, R>
): Stream.Stream<A, E, R> => {
  const start: { readonly cursor?: string } = {}
  return Stream.paginate(start, (cursor) =>
    Effect.map(
      page(cursor),
      ({ items, next }) =>
        [items, next === null ? Option.none() : Option.some({ cursor: next })] as const
    )
  )
}

/** How many lines a list shows. */
export const limitFlag = (byDefault: number) =>
  Flag.Int("limit").pipe(
    Flag.withDescription("How many at most, 1 to 500"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 500 }))),
    Flag.withDefault(byDefault)
  )
