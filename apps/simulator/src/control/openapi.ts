import * as Schema from "effect/Schema"
import type { Endpoint } from "./Endpoint.ts"
import { Problem } from "./Problem.ts"

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of the control API, made from the endpoints' own schemas. */
export const openApiDocument = (endpoints: ReadonlyArray<Endpoint>): Json => {
  const schemas = new Map<string, unknown>()
  const problems = responseOf("Refused; the problem says why", Problem, schemas, true)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const one of endpoints) {
    const path = `/_simulator${one.path}`
    paths[path] ??= {}
    paths[path][one.method.toLowerCase()] = operationOf(one, schemas, problems)
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Concordat Partner Center simulator: control API",
      version: "1.0.0",
      summary: "Makes worlds, changes and faults for the simulated Partner Center.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" }
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }, {}],
    tags: [
      { name: "world", description: "What the simulated Microsoft knows" },
      { name: "traffic", description: "How it answers" }
    ],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "SIMULATOR_CONTROL_KEY, when the simulator was started with one"
        }
      },
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    }
  }
}

const operationOf = (one: Endpoint, schemas: Map<string, unknown>, problems: Json): Json => ({
  operationId: one.id,
  tags: [/^\/(accounts|reset|catalogue)/u.test(one.path) ? "world" : "traffic"],
  summary: one.summary,
  description: one.description,
  parameters: [...pathParameters(one), ...queryParameters(one)],
  ...(one.payload === null
    ? {}
    : {
        requestBody: {
          required: true,
          content: { "application/json": { schema: schemaOf(one.payload, schemas) } }
        }
      }),
  responses: {
    [one.status]:
      one.success === null ? { description: "Done" } : responseOf("Done", one.success, schemas),
    "4XX": problems
  }
})

const responseOf = (
  description: string,
  schema: Schema.Top,
  schemas: Map<string, unknown>,
  isProblem = false
): Json => ({
  description,
  content: {
    [isProblem ? "application/problem+json" : "application/json"]: {
      schema: schemaOf(schema, schemas)
    }
  }
})

const pathParameters = ({ path }: Endpoint): ReadonlyArray<Json> =>
  path.includes("{name}")
    ? [
        {
          name: "name",
          in: "path",
          required: true,
          description: "name of the account",
          schema: { type: "string" }
        }
      ]
    : []

const queryParameters = ({ query }: Endpoint): ReadonlyArray<Json> => {
  if (query === null) return []
  const { schema } = Schema.toJsonSchemaDocument(query, { onExcessProperty: "error" })
  return entriesOf(schema["properties"]).map(([name, property]) => {
    const { description, ...rest } = recordOf(property)
    return {
      name,
      in: "query",
      required: false,
      ...(description === undefined ? {} : { description }),
      schema: rest
    }
  })
}

/** The schema with its named parts moved to `components`. */
const schemaOf = (schema: Schema.Top, schemas: Map<string, unknown>): unknown => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  for (const [name, definition] of Object.entries(document.definitions))
    schemas.set(name, relocated(definition))
  return relocated(document.schema)
}

const relocated = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'))

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {}

const entriesOf = (value: unknown): ReadonlyArray<[string, unknown]> =>
  Object.entries(recordOf(value))
