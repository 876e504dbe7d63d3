import { Instant } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, Option, Schema, SchemaGetter, SchemaIssue } from "effect"

/** A field that may be missing or null: Partner Center leaves nulls out, but not everywhere. */
export const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/**
 * Partner Center's dates: with `Z`, with an offset, or with neither (then UTC), and with up to seven digits
 * of a second (all of them are in the documented samples). The samples of some
 * pages have spaces in them. .NET's first and last day stand for "none"; they are null here.
 */
const forms =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt]? ?(\d\d): ?(\d\d)(?:: ?(\d\d)(?:\.(\d+))?)?)? ?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/u

const daysIn = (year: number, month: number): number =>
  month === 2
    ? (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31

/** The instant, null for "none", or undefined when it is no date. */
export const parseInstant = (text: string): number | null | undefined => {
  const match = forms.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[4] ?? 0)
  const minute = Number(match[5] ?? 0)
  const second = Number(match[6] ?? 0)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (year === 1 || year === 9999) return null
  // Two digits would mean 19xx to Date.UTC; nothing that Microsoft sells is that old.
  if (year < 100) return undefined
  const milliseconds = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"))
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
  if (match[9] === undefined) return local
  const offset = (Number(match[10]) * 60 + Number(match[11])) * 60_000
  return match[9] === "-" ? local + offset : local - offset
}

const noDate = Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected a date" }))

/** A date in any of Partner Center's forms. */
export const WireInstant = Schema.String.pipe(
  Schema.decodeTo(Schema.NullOr(Instant), {
    decode: SchemaGetter.transformEffect((text: string) => {
      const instant = parseInstant(text)
      return instant === undefined ? noDate : Effect.succeed(instant)
    }),
    encode: SchemaGetter.transform((instant: number | null) =>
      instant === null ? "9999-12-31T00:00:00Z" : new Date(instant).toISOString()
    )
  })
)

const noAmount = Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected an amount" }))

/** Money comes as a JSON number in orders and as a string in many invoice lines. */
export const WireAmount = Schema.Union([Schema.Finite, Schema.String]).pipe(
  Schema.decodeTo(Schema.BigDecimal, {
    decode: SchemaGetter.transformEffect((value: number | string) => {
      const text = String(value).trim()
      // BigDecimal reads "" as 0, and an exponent of a million digits at any price.
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/iu.test(text)) return noAmount
      return Option.match(BigDecimal.fromString(text), {
        onNone: () => noAmount,
        onSome: (amount) => Effect.succeed(amount)
      })
    }),
    encode: SchemaGetter.transform((amount: BigDecimal.BigDecimal) => BigDecimal.format(amount))
  })
)

const fold = (text: string) => text.toLowerCase().replace(/[\s_-]/gu, "")

const enumeration = <const Name extends string>(names: ReadonlyArray<Name>, numbered: boolean) => {
  const known = new Map<string | number, Name>()
  for (const [position, name] of names.entries()) {
    known.set(name, name)
    known.set(fold(name), name)
    if (numbered) known.set(position, name)
  }
  const unknown = Effect.fail(
    new SchemaIssue.InvalidValue({ message: `Expected one of ${names.join(", ")}` })
  )
  return Schema.Union([Schema.String, Schema.Finite]).pipe(
    Schema.decodeTo(Schema.Literals(names), {
      decode: SchemaGetter.transformEffect((value: string | number) => {
        const name =
          known.get(value) ?? (typeof value === "string" ? known.get(fold(value)) : undefined)
        return name === undefined ? unknown : Effect.succeed(name)
      }),
      encode: SchemaGetter.transform((name: Name): string | number => name)
    })
  )
}

/** An enumeration: snake case as a rule, Pascal case or words where another service answers. */
export const oneOf = <const Name extends string>(...names: ReadonlyArray<Name>) =>
  enumeration(names, false)

/**
 * An enumeration whose numbers are known: the oldest services answer with them. The names are in Microsoft's
 * order, from 0. Where that order is not known for certain a number is refused: a wrong guess would not show.
 */
export const numberedOneOf = <const Name extends string>(...names: ReadonlyArray<Name>) =>
  enumeration(names, true)

/** An id of a kind that is not always a GUID, folded: Partner Center compares ids without regard to case. */
export const WireId = Schema.String.pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((id: string) => id.toLowerCase()),
    encode: SchemaGetter.transform((id: string) => id)
  })
)

/** A partner's number, as a string or a number; empty and 0 stand for "none". */
export const WirePartnerNumber = Schema.Union([Schema.String, Schema.Int]).pipe(
  Schema.decodeTo(Schema.NullOr(Schema.String), {
    decode: SchemaGetter.transform((value: string | number) => {
      const text = String(value).trim()
      return text === "" || text === "0" ? null : text
    }),
    encode: SchemaGetter.transform((value: string | null): string | number => value ?? "")
  })
)

/** A whole number, also when it comes as a string (sign-in v1, some invoice lines). */
export const WireInt = Schema.Union([
  Schema.Int,
  Schema.String.check(Schema.isPattern(/^[+-]?\d+$/u)).pipe(
    Schema.decodeTo(Schema.Int, { decode: SchemaGetter.Number(), encode: SchemaGetter.String() })
  )
])

/** A link: the address is relative and mostly lacks `/v1`; paging needs its headers as well. */
export const WireLink = Schema.Struct({
  uri: Schema.String,
  headers: maybe(
    Schema.Array(
      Schema.Struct({
        key: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9-]{1,64}$/u)),
        value: Schema.String.check(Schema.isPattern(/^[\x20-\x7e]*$/u))
      })
    )
  )
})

export const WireAttributes = Schema.Struct({ etag: maybe(Schema.String) })

/** A collection: `totalCount` is often that of this page, so it is not read. */
export const collectionOf = <Item extends Schema.Top>(item: Item) =>
  Schema.Struct({
    items: Schema.Array(item),
    links: maybe(Schema.Struct({ next: maybe(WireLink) }))
  })
