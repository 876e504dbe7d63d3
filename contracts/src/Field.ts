import { Guid } from "@concordat/core/instance/Guid"
import { Money as CoreMoney, format } from "@concordat/core/money/Money"
import { Instant, toIso } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, Schema, SchemaGetter, SchemaIssue, SchemaTransformation } from "effect"

/** The schema with the sentence that the OpenAPI document says about it, on the side that is sent. */
export const described = <S extends Schema.Top>(schema: S, description: string): S["Rebuild"] =>
  schema.pipe(Schema.annotateEncoded({ description }))

/** An id of the document's kind `uuid`. `schema` is one of the core's branded GUIDs. */
export const guid = <S extends Schema.Top & { readonly Encoded: string }>(
  schema: S,
  description: string
): S["Rebuild"] =>
  schema.pipe(
    Schema.annotateEncoded({
      description,
      format: "uuid",
      examples: ["0a1b2c3d-0000-4000-8000-00000000abcd"]
    })
  )

/** A GUID that has no name of its own in the core. */
export const plainGuid = (description: string) => guid(Guid, description)

/** Years of four digits: what databases, sheets and people can read. */
const earliest = Date.parse("0001-01-01T00:00:00Z")
const latest = Date.parse("9999-12-31T23:59:59.999Z")

/** A point in time, sent as ISO 8601 in UTC. */
export const timestamp = (description: string) =>
  Schema.String.annotate({ description, format: "date-time" }).pipe(
    Schema.decodeTo(Instant, {
      decode: SchemaGetter.transformEffect((text: string) => {
        const ms = Date.parse(text)
        return !(ms >= earliest && ms <= latest)
          ? Effect.fail(
              new SchemaIssue.InvalidValue({
                message: "an ISO 8601 instant of the years 0001 to 9999 is needed"
              })
            )
          : Effect.succeed(ms)
      }),
      encode: SchemaGetter.transform((ms: number) => toIso(Instant.make(ms)))
    })
  )

/** One line of text: no control characters, which neither a log nor a database should have to carry. */
export const line = (
  description: string,
  lengths: { readonly min: number; readonly max: number }
) =>
  Schema.String.check(
    // First, since the description is put on the last check, and the document knows nothing of this one.
    Schema.makeFilter((text: string) =>
      text.isWellFormed() ? undefined : "half a surrogate pair is no character"
    ),
    Schema.isMinLength(lengths.min),
    Schema.isMaxLength(lengths.max),
    Schema.isPattern(/^\P{Cc}*$/u, {
      message: "control characters are not allowed"
    })
  ).annotate({ description })

/** A count: a whole number from zero. */
export const count = (description: string) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({ description })

/** An exact amount of one currency; the amount is a decimal number as text, so that no digit is lost. */
export const Money = Schema.Struct({
  amount: Schema.String.check(Schema.isPattern(/^-?[0-9]{1,20}\.[0-9]{2,10}$/u)).annotate({
    description: "Decimal number with at least two digits after the point.",
    examples: ["12.50"]
  }),
  currency: described(CoreMoney.fields.currency, "ISO 4217 code.")
})
  .annotate({
    identifier: "Money",
    description: "An exact amount of one currency."
  })
  .pipe(
    Schema.decodeTo(
      Schema.toType(CoreMoney),
      SchemaTransformation.transform({
        decode: ({ amount, currency }) => ({
          amount: BigDecimal.fromStringUnsafe(amount),
          currency
        }),
        encode: (money) => ({ amount: format(money), currency: money.currency })
      })
    )
  )

/** `true` or `false` in a query. */
export const flag = (description: string) =>
  Schema.Literals(["true", "false"])
    .annotate({ description })
    .pipe(
      Schema.decodeTo(
        Schema.Boolean,
        SchemaTransformation.transform({
          decode: (text): boolean => text === "true",
          encode: (value): "true" | "false" => (value ? "true" : "false")
        })
      )
    )
