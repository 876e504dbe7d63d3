import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { openApiDocument } from "@concordat/contracts/Api"
import { Scope } from "@concordat/core/actor/Actor"
import { describe, expect, it } from "vitest"

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
const listOf = (value: unknown): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.filter(isObject) : []

const document: Json = { ...openApiDocument() }
const operations = Object.entries(objectOf(document["paths"])).flatMap(([path, methods]) =>
  Object.entries(objectOf(methods)).map(([method, value]) => ({
    name: `${method} ${path}`,
    method,
    value: objectOf(value)
  }))
)
const isSentence = (text: unknown) => typeof text === "string" && /^[A-Z`].+[.)]$/s.test(text)

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1 under the recommended rules", () => {
    const folder = mkdtempSync(join(tmpdir(), "openapi-"))
    const file = join(folder, "openapi.json")
    const root = resolve(import.meta.dirname, "../..")
    writeFileSync(file, JSON.stringify(document))
    const cli = join(root, "node_modules/@redocly/cli/bin/cli.js")
    const lint = spawnSync(
      process.execPath,
      [cli, "lint", file, "--config", join(root, "redocly.yaml")],
      {
        encoding: "utf8",
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" }
      }
    )
    rmSync(folder, { recursive: true })
    expect(lint.status, lint.stdout + lint.stderr).toBe(0)
  })

  it("is the same whenever it is made", () => {
    expect(JSON.stringify(openApiDocument())).toBe(JSON.stringify(document))
  })

  it.each(operations)(
    "$name has a summary, a scope, and the answers that any operation may give",
    ({ value }) => {
      expect(value["summary"]).toMatch(/^[A-Z]/)
      expect(isSentence(value["description"])).toBe(true)
      const who = value["x-open-to"]
      if (who === undefined) expect(Scope.literals).toContain(value["x-required-scope"])
      expect(Object.keys(objectOf(value["responses"]))).toEqual(
        expect.arrayContaining(["400", "500", "503", ...(who === "anybody" ? [] : ["401", "403"])])
      )
    }
  )

  it.each(operations)("$name describes every parameter", ({ value }) => {
    const silent = listOf(value["parameters"]).filter(({ description }) => !isSentence(description))
    expect(silent.map(({ name }) => name)).toEqual([])
  })

  it.each(
    // Signing in twice is signing in twice: the answer sets a cookie, which nobody else may get again.
    operations.filter(({ method, name }) => method === "post" && name !== "post /v1/session")
  )("$name takes an Idempotency-Key", ({ value }) => {
    expect(listOf(value["parameters"]).map(({ name }) => name)).toContain("idempotency-key")
    expect(Object.keys(objectOf(value["responses"]))).toEqual(
      expect.arrayContaining(["409", "422"])
    )
  })

  it("describes every field of every schema", () => {
    const schemas = Object.entries(objectOf(objectOf(document["components"])["schemas"]))
    const silent = schemas.flatMap(([name, schema]) => silentFields(name, objectOf(schema)))
    // The members of RFC 9457 are described by the RFC.
    const standard = /\.(type|status|title|detail|instance)$/
    expect(silent.filter((field) => !standard.test(field))).toEqual([])
  })

  it("has every error as a problem with a type of its own", () => {
    const types = operations.flatMap(({ value }) =>
      Object.entries(objectOf(value["responses"]))
        .filter(([status]) => status >= "400")
        .flatMap(([, response]) => Object.keys(objectOf(objectOf(response)["content"])))
    )
    expect(new Set(types)).toEqual(new Set(["application/problem+json"]))
  })
})

const silentFields = (at: string, schema: Json): ReadonlyArray<string> => [
  ...Object.entries(objectOf(schema["properties"])).flatMap(([name, value]) => {
    const field = objectOf(value)
    const told = field["$ref"] !== undefined || isSentence(field["description"])
    return [...(told ? [] : [`${at}.${name}`]), ...silentFields(`${at}.${name}`, field)]
  }),
  ...[...listOf(schema["anyOf"]), ...listOf([schema["items"]])].flatMap((inner) =>
    silentFields(at, inner)
  )
]
