import { Schema, SchemaTransformation } from "effect"

/**
 * A GUID in lower case. Partner Center sends some in capitals and compares without regard to case
 * ("REST headers and responses", Partner Center developer documentation), so they are folded once, here.
 */
export const Guid = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u, {
        message: "a GUID is needed, such as 0a1b2c3d-0000-4000-8000-00000000abcd"
      })
    ),
    SchemaTransformation.toLowerCase()
  )
)
