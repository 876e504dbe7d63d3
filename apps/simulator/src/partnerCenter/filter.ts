import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Refusal } from "./Answer.ts"
import { type Call, invalidProperty } from "./Call.ts"

/** Partner Center's simple filter, with its names in lower case. */
const SimpleFilter = Schema.Struct({
  field: Schema.String,
  value: Schema.String.check(Schema.isBetweenLength(0, 500)),
  operator: Schema.String
})
export type SimpleFilter = typeof SimpleFilter.Type

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
)
const decodeFilter = Schema.decodeUnknownOption(SimpleFilter)

/** The `filter` of a request: JSON whose keys, field and operator are read without regard to case. */
export const filterOf = (call: Call): SimpleFilter | null => {
  const text = call.query.get("filter")
  if (text === undefined || text === "") return null
  const filter = Option.flatMap(decode(text), (record) =>
    decodeFilter(
      Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]))
    )
  )
  if (Option.isNone(filter)) throw new Refusal(invalidProperty("filter"))
  const { field, value, operator } = filter.value
  return {
    field: field.toLowerCase(),
    value: value.toLowerCase(),
    // Both "starts_with" and "StartsWith" are in use.
    operator: operator.toLowerCase().replaceAll("_", "")
  }
}
