import { Checked } from "@concordat/contracts/Auth"
import { InvalidRequest } from "@concordat/contracts/Problem"
import { Effect, SchemaIssue } from "effect"
import { type HttpApiError, HttpApiMiddleware } from "effect/http-api"

/** A request that does not fit the contract is a problem that names every part that is wrong. */
export const checkedLayer = HttpApiMiddleware.layerSchemaErrorTransform(Checked, (error) =>
  // An answer of ours that breaks the contract is a bug: it is logged and leaves as a bare 500.
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error)
    : Effect.fail(
        new InvalidRequest({
          detail: "Correct what is named in errors and send it again.",
          errors: issuesOf(error)
        })
      )
)

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const issuesOf = (error: HttpApiError.HttpApiSchemaError) =>
  formatIssue(error.cause.issue).issues.map(({ path, message }) => ({
    path: [error.kind.toLowerCase(), ...(path ?? []).map(segmentOf)],
    message: message === excess ? "not known here: leave it out, or correct its name" : message
  }))

/** Effect's words for a field or parameter that the contract does not have. */
const excess = "Expected no excess property"

const segmentOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}
