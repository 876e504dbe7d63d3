import * as Schema from "effect/Schema"

/** RFC 9457, as `application/problem+json`. */
export const Problem = Schema.Struct({
  type: Schema.String.annotate({ description: "stable name of the kind of problem" }),
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String.annotate({ description: "what to do about it" }),
  errors: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        field: Schema.String.annotate({
          description: "path of the field; empty for the whole body"
        }),
        message: Schema.String
      })
    )
  )
}).annotate({ identifier: "Problem" })
export type Problem = typeof Problem.Type

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  500: "Internal Server Error"
}

export const problem = (
  status: number,
  slug: string,
  detail: string,
  errors?: Problem["errors"]
): Response => {
  const body: Problem = {
    type: `urn:concordat:simulator:problem:${slug}`,
    title: titles[status] ?? "Problem",
    status,
    detail,
    ...(errors === undefined ? {} : { errors })
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json" }
  })
}
