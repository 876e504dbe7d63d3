import * as Schema from "effect/Schema"
import type { Simulator } from "../Simulator.ts"
import { problem } from "./Problem.ts"

type Codec<A> = Schema.Codec<A, unknown>

/** For an operation without a query, or without a body. */
export const none: Codec<unknown> = Schema.Struct({})

/** What an endpoint works with, once the request has been checked. */
export interface Input<Query, Payload> {
  readonly simulator: Simulator
  /** The account that the path names; empty where it names none. */
  readonly name: string
  readonly query: Query
  readonly payload: Payload
  /** Scheme, host and port that the client used, for the addresses it is given. */
  readonly origin: string
}

/** One operation of the control API: what it is, and what it does. The document is made from the same data. */
export interface Endpoint {
  readonly id: string
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** Below `/_simulator`. */
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly status: 200 | 201 | 204
  readonly query: Schema.Top | null
  readonly payload: Schema.Top | null
  readonly success: Schema.Top | null
  readonly handle: (request: Arrived) => Response
}

/** A request before it has been checked. */
export interface Arrived {
  readonly simulator: Simulator
  readonly name: string
  readonly origin: string
  readonly query: Readonly<Record<string, string>>
  /** Text of the body. */
  readonly body: string
}

/** Builds an endpoint whose handler sees only what its schemas let through. Unknown fields are errors. */
export const endpoint = <Query, Payload, Success>(definition: {
  readonly id: string
  readonly method: Endpoint["method"]
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly status?: Endpoint["status"]
  readonly query: Codec<Query>
  readonly payload: Codec<Payload>
  readonly success?: Codec<Success>
  readonly run: (input: Input<Query, Payload>) => Success
}): Endpoint => {
  const { query, payload, success = null, status = 200, run } = definition
  const checkQuery = checker(query, "query")
  const checkPayload = checker(payload, "body")
  return {
    id: definition.id,
    method: definition.method,
    path: definition.path,
    summary: definition.summary,
    description: definition.description,
    status,
    query: query === none ? null : query,
    payload: payload === none ? null : payload,
    success,
    handle: ({ simulator, name, origin, query: rawQuery, body }) => {
      const checkedQuery = checkQuery(numbersOf(rawQuery))
      if (checkedQuery instanceof Response) return checkedQuery
      const parsed = payload === none ? {} : parsedJson(body)
      if (parsed instanceof Response) return parsed
      const checkedPayload = checkPayload(parsed)
      if (checkedPayload instanceof Response) return checkedPayload
      const result = run({
        simulator,
        name,
        origin,
        query: checkedQuery.value,
        payload: checkedPayload.value
      })
      return status === 204 ? new Response(null, { status }) : Response.json(result, { status })
    }
  }
}

/** Query values that are whole numbers, as numbers; the schema decides whether they may be. */
const numbersOf = (query: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(query).map(([name, text]) => [
      name,
      /^-?\d{1,9}$/u.test(text) ? Number(text) : text
    ])
  )

const parsedJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return problem(400, "not-json", "The body is not JSON; send an object as application/json.")
  }
}

/** Every error at once, each with the path of its field. */
const checker = <A>(schema: Codec<A>, part: "query" | "body") => {
  const standard = Schema.toStandardSchemaV1(schema, {
    parseOptions: { errors: "all", onExcessProperty: "error" }
  })
  return (value: unknown): { readonly value: A } | Response => {
    const result = standard["~standard"].validate(value)
    if (result instanceof Promise) throw new Error("control schemas are synchronous")
    if (result.issues === undefined) return { value: result.value }
    const errors = result.issues.slice(0, 20).map(({ path, message }) => ({
      field: (path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join("."),
      message: wayOut(message, value)
    }))
    const fields = errors.map(({ field, message }) =>
      field === "" ? message : `${field}: ${message}`
    )
    return problem(
      400,
      "invalid-request",
      `The ${part} is not as described in /_simulator/openapi.json. ${fields.join("; ")}.`,
      errors
    )
  }
}

/** Schema's own words for a field too many, or for a choice that fits no case, do not say what to do. */
const wayOut = (message: string, value: unknown): string => {
  if (message === "Expected no excess property") return "unknown field, remove it"
  const kind =
    typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined
  return /^Expected [A-Z]\w*$/.test(message)
    ? `${message}; its kind is ${JSON.stringify(kind) ?? "missing"}, see the schema for those there are`
    : message
}
