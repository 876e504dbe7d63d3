import { PreconditionRequired, VersionStale } from "@concordat/contracts/Problem"
import type { StaleVersion } from "@concordat/core/instance/Instances"
import { Effect } from "effect"
import { HttpApiSchema } from "effect/http-api"

interface Versioned {
  readonly version: number
}

/** The ETag of what several may edit: its version. */
export const etagOf = ({ version }: Versioned): string => `"${version}"`

/** What several may edit, with the version that they send back. */
export const tagged = <A extends Versioned>(body: A) =>
  HttpApiSchema.withHeaders({ body, headers: { etag: etagOf(body) } })

const versionStale = Effect.fail(
  new VersionStale({
    detail: "Nothing was changed. Read it again, and send the new ETag as If-Match."
  })
)

/** Somebody was faster than who had read the current version. */
export const stale = (_: StaleVersion) => versionStale

/** The condition of a change, which must be there: without one, whoever changes could overwrite what he has not read. */
export const conditionGiven = (condition: string | undefined) =>
  condition === undefined
    ? Effect.fail(
        new PreconditionRequired({
          detail: "Read it, and send its ETag back as If-Match with the change."
        })
      )
    : Effect.succeed(condition)

/**
 * The version that the caller has read, which is the current one. Strong comparison, as If-Match asks for: a weak tag
 * never matches (RFC 9110, §13.1.1).
 */
export const versionRead = Effect.fnUntraced(function* (
  condition: string | undefined,
  current: Versioned
) {
  const given = yield* conditionGiven(condition)
  const matches = given
    .split(",")
    .map((tag) => tag.trim())
    .some((tag) => tag === "*" || tag === etagOf(current))
  return matches ? current.version : yield* versionStale
})
