type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const header = (description: string, schema: Json) => ({ description, schema })

const correlation = header("The correlation id of the request, as sent or made here.", {
  type: "string",
  format: "uuid"
})
const challenge = header("How to authenticate.", { type: "string", examples: ["Bearer"] })
const replayed = header("`true` when the answer is the one that was given the first time.", {
  type: "string",
  enum: ["true"]
})
const retryAfter = header("Seconds to wait before trying again.", { type: "string" })

/**
 * Says in the document what the schemas cannot: query values are numbers and booleans although they travel
 * as text, a parameter's description belongs to the parameter, and which headers the server adds to every answer.
 */
export const describeWire =
  (queryTypes: Readonly<Record<string, Json>>) =>
  (spec: Json): Json =>
    withoutEncoded({
      ...spec,
      paths: mapValues(spec["paths"], (path) =>
        mapValues(path, (operation, method) => ({
          ...operation,
          parameters: Array.isArray(operation["parameters"])
            ? operation["parameters"].filter(isObject).map((p) => parameter(p, queryTypes))
            : [],
          responses: mapValues(operation["responses"], (response, status) => ({
            ...response,
            content: mapValues(response["content"], ({ schema }) => ({ schema })),
            headers: {
              ...(isObject(response["headers"]) ? mapValues(response["headers"], lifted) : {}),
              "x-correlation-id": correlation,
              ...(status === "401" ? { "www-authenticate": challenge } : {}),
              ...(status === "503" || status === "429" ? { "retry-after": retryAfter } : {}),
              ...(method === "post" && status.startsWith("2")
                ? { "idempotency-replayed": replayed }
                : {})
            }
          }))
        }))
      )
    })

/** An error class is named once in the code; what is sent of it needs no second name. */
const withoutEncoded = (spec: Json): Json =>
  JSON.parse(
    JSON.stringify(spec).replace(/"(#\/components\/schemas\/)?([A-Za-z]+)Encoded"/g, '"$1$2"')
  )

const mapValues = (value: unknown, f: (entry: Json, key: string) => Json): Json =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [key, isObject(entry) ? f(entry, key) : entry])
      )
    : {}

const parameter = (value: Json, queryTypes: Readonly<Record<string, Json>>): Json => {
  const { schema, ...rest } = lifted(value)
  const type = rest["in"] === "query" ? queryTypes[String(rest["name"])] : undefined
  return { ...rest, schema: type ?? schema }
}

/** The description moves from the schema to what the schema is of. */
const lifted = (value: Json): Json => {
  if (!isObject(value["schema"])) return value
  const { description, allOf, ...schema } = value["schema"]
  const inner = Array.isArray(allOf) && isObject(allOf[0]) ? allOf[0]["description"] : undefined
  return {
    ...value,
    description: description ?? inner ?? "",
    schema: allOf === undefined || inner !== undefined ? schema : { ...schema, allOf }
  }
}
