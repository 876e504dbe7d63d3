import { Checked } from "@concordat/contracts/Auth"
import { InvalidRequest } from "@concordat/contracts/Problem"
import { retiredField, retiredReason } from "@concordat/core/instance/retiredFields"
import { Effect, SchemaIssue } from "effect"
import { type HttpApiError, HttpApiMiddleware } from "effect/http-api"

/** A request that does not fit the contract is a problem that names every part that is wrong. */
export const checkedLayer = HttpApiMiddleware.layerSchemaErrorTransform(
  Checked,
  (error, { group }) =>
    // An answer of ours that breaks the contract is a bug: it is logged and leaves as a bare 500.
    error.kind === "Body" || error.kind === "ResponseHeaders"
      ? Effect.die(error)
      : Effect.fail(
          new InvalidRequest({
            detail: "Correct what is named in errors and send it again.",
            errors: issuesOf(error, group.identifier)
          })
        )
)

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const issuesOf = (error: HttpApiError.HttpApiSchemaError, group: string) =>
  formatIssue(error.cause.issue).issues.map(({ path, message }) => ({
    path: [error.kind.toLowerCase(), ...(path ?? []).map(segmentOf)],
    message: message === excess ? unknownField(group, path) : message
  }))

/** Settings that instances had long ago are refused with the reason: old scripts still send them. */
const unknownField = (group: string, path: ReadonlyArray<unknown> | undefined): string => {
  const field = group === "instances" ? retiredField(String(path?.at(-1))) : undefined
  return field === undefined
    ? "not known here: leave it out, or correct its name"
    : retiredReason(field)
}

/** Effect's words for a field or parameter that the contract does not have. */
const excess = "Expected no excess property"

const segmentOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}
