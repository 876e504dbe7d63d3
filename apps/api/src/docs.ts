import { createHash } from "node:crypto"

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
const listOf = (value: unknown): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.filter(isObject) : []
const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => escapes[c] ?? c)

/** Text of the document as paragraphs, with its `code`. */
const prose = (text: string): string =>
  text
    .split("\n\n")
    .map((paragraph) => `<p>${escapeHtml(paragraph).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
    .join("")

/**
 * The API for people: every operation with its parameters, schemas and a command to try, on one page that needs
 * nothing from elsewhere. It is made from the OpenAPI document, so that it cannot say anything else.
 */
export const docsPage = (
  document: object
): { readonly html: string; readonly scriptHash: string } => {
  const spec = objectOf(document)
  const info = objectOf(spec["info"])
  const operations = operationsOf(spec)
  const schemas = Object.entries(objectOf(objectOf(spec["components"])["schemas"]))
  const sections = listOf(spec["tags"]).map((tag) => {
    const own = operations.filter(({ tags }) => tags.includes(textOf(tag["name"])))
    return `<section><h2>${escapeHtml(textOf(tag["name"]))}</h2>${prose(textOf(tag["description"]))}${own
      .map(operationHtml)
      .join("")}</section>`
  })
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(textOf(info["title"]))} API</title>
<style>${style}</style></head><body>
<header><h1>${escapeHtml(textOf(info["title"]))} API</h1>
<p>Version ${escapeHtml(textOf(info["version"]))} · <a href="/openapi.json">OpenAPI document</a></p></header>
<main>${prose(textOf(info["description"]))}
<p><label for="search">Find an operation</label>
<input id="search" type="search" autocomplete="off" placeholder="rows, POST, book:write …"> <span id="found" role="status"></span></p>
${sections.join("")}
<section><h2>Schemas</h2>${schemas
    .map(
      ([name, schema]) =>
        `<details class="schema" id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${schemaHtml(objectOf(schema))}</details>`
    )
    .join("")}</section></main>
<script>${script}</script></body></html>`
  return { html, scriptHash: createHash("sha256").update(script).digest("base64") }
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly tags: ReadonlyArray<string>
  readonly detail: Json
}

const operationsOf = (spec: Json): ReadonlyArray<Operation> =>
  Object.entries(objectOf(spec["paths"])).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, value]) => {
      const detail = objectOf(value)
      const tags = Array.isArray(detail["tags"]) ? detail["tags"].map(String) : []
      return { method: method.toUpperCase(), path, tags, detail }
    })
  )

/** What an operation is found by: its own names, not every word of its descriptions. */
const wordsOf = ({ detail, method, path, tags }: Operation): string =>
  [method, path, detail["summary"], detail["operationId"], detail["x-required-scope"], ...tags]
    .map(textOf)
    .concat(listOf(detail["parameters"]).map((parameter) => textOf(parameter["name"])))
    .join(" ")
    .toLowerCase()

const operationHtml = ({ detail, method, path, tags }: Operation): string => {
  const id = textOf(detail["operationId"])
  const content = Object.entries(objectOf(objectOf(detail["requestBody"])["content"]))
  return `<details class="operation" id="${escapeHtml(id)}" data-find="${escapeHtml(wordsOf({ detail, method, path, tags }))}"><summary><b class="${method}">${method}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(textOf(detail["summary"]))}</summary>
${prose(aboutOf(detail))}
${parametersHtml(listOf(detail["parameters"]))}
${content.map(([type, body]) => `<h3>Body <small>${escapeHtml(type)}</small></h3>${schemaHtml(objectOf(objectOf(body)["schema"]))}`).join("")}
<h3>Answers</h3><table><tbody>${Object.entries(objectOf(detail["responses"]))
    .map(([status, response]) => answerHtml(status, objectOf(response)))
    .join("")}</tbody></table>
<h3>Try it</h3><pre><code>${escapeHtml(curlOf(method, path, detail))}</code></pre></details>`
}

/** The description, without the summary that it may begin with. */
const aboutOf = (detail: Json): string => {
  const [first, ...others] = textOf(detail["description"]).split("\n\n")
  return first === detail["summary"] ? others.join("\n\n") : textOf(detail["description"])
}

const parametersHtml = (parameters: ReadonlyArray<Json>): string =>
  parameters.length === 0
    ? ""
    : `<h3>Parameters</h3><table><tbody>${parameters
        .map(
          (p) =>
            `<tr><th scope="row"><code>${escapeHtml(textOf(p["name"]))}</code>${p["required"] === true ? " *" : ""}<br><small>${escapeHtml(textOf(p["in"]))}</small></th><td>${prose(textOf(p["description"]))}<small>${typeHtml(objectOf(p["schema"]))}</small></td></tr>`
        )
        .join("")}</tbody></table>`

const answerHtml = (status: string, response: Json): string =>
  `<tr><th scope="row">${escapeHtml(status)}</th><td>${prose(textOf(response["description"]))}<small>${Object.entries(
    objectOf(response["content"])
  )
    .map(([type, media]) => `${escapeHtml(type)} ${typeHtml(objectOf(objectOf(media)["schema"]))}`)
    .join("<br>")}</small></td></tr>`

const refOf = (schema: Json): string => textOf(schema["$ref"]).split("/").at(-1) ?? ""

/** A schema in a few words: its name, or its kind with what limits it. */
const typeHtml = (schema: Json): string => {
  const ref = refOf(schema)
  if (ref !== "") return `<a href="#${escapeHtml(ref)}">${escapeHtml(ref)}</a>`
  const choices = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])]
  if (choices.length > 0) return choices.map(typeHtml).join(" or ")
  if (Array.isArray(schema["enum"]))
    return schema["enum"].map((v) => `<code>${escapeHtml(String(v))}</code>`).join(", ")
  if (schema["type"] === "array") return `list of ${typeHtml(objectOf(schema["items"]))}`
  const limits = ["format", "minimum", "maximum", "minLength", "maxLength", "pattern", "default"]
    .filter((key) => schema[key] !== undefined)
    .map((key) => `${key} <code>${escapeHtml(String(schema[key]))}</code>`)
  return [escapeHtml(textOf(schema["type"]) || "any"), ...limits].join(", ")
}

/** A schema with its fields, each with its sentence. */
const schemaHtml = (schema: Json): string => {
  const fields = Object.entries(objectOf(schema["properties"]))
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const about = prose(textOf(schema["description"]))
  if (fields.length === 0) return `${about}<p><small>${typeHtml(schema)}</small></p>`
  return `${about}<table><tbody>${fields
    .map(([name, value]) => {
      const field = objectOf(value)
      return `<tr><th scope="row"><code>${escapeHtml(name)}</code>${required.includes(name) ? " *" : ""}</th><td>${prose(textOf(field["description"]))}<small>${typeHtml(field)}</small></td></tr>`
    })
    .join("")}</tbody></table>`
}

const curlOf = (method: string, path: string, detail: Json): string => {
  const query = listOf(detail["parameters"])
    .filter((p) => p["in"] === "query" && p["required"] === true)
    .map((p) => `${textOf(p["name"])}=${sampleOf(objectOf(p["schema"]))}`)
    .join("&")
  const types = Object.keys(objectOf(objectOf(detail["requestBody"])["content"]))
  const type = types[0]
  const lines = [
    `curl -X ${method} "http://127.0.0.1:3000${path}${query === "" ? "" : `?${query}`}"`,
    '-H "Authorization: Bearer $CONCORDAT_API_KEY"',
    ...(method === "POST" ? ['-H "Idempotency-Key: $(openssl rand -hex 16)"'] : []),
    ...(method === "PATCH" ? [`-H 'If-Match: "1"'`] : []),
    ...(type === undefined ? [] : [`-H "Content-Type: ${type}"`]),
    ...(type === undefined
      ? []
      : [type === "application/json" ? "--data @body.json" : "--data-binary @book.csv"])
  ]
  return lines.join(" \\\n  ")
}

const sampleOf = (schema: Json): string =>
  Array.isArray(schema["enum"]) ? String(schema["enum"][0]) : "contoso-eu"

const style = `
:root{font:16px/1.5 system-ui,sans-serif;--line:#8886;--soft:#8881;--link:light-dark(#0550ae,#79b8ff);color-scheme:light dark;background:light-dark(#fff,#121212);color:light-dark(#1a1a1a,#ececec)}
[hidden]{display:none}body{margin:0 auto;max-width:64rem;padding:1rem}a{color:var(--link)}h1{margin:0}h2{border-bottom:1px solid var(--line);margin-top:2.5rem}
details{border:1px solid var(--line);border-radius:.4rem;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}th,td{border-top:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}th{width:14rem;font-weight:600}
td p{margin:0}code,pre{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}pre{background:var(--soft);padding:.7rem;overflow-x:auto}
small{color:light-dark(#4d4d4d,#b8b8b8)}input{font:inherit;padding:.3rem .5rem;width:min(24rem,100%)}label{display:block;font-weight:600}
th small{font-weight:400}@media(max-width:40rem){th{width:32%}}
b.GET{color:light-dark(#0a6b2d,#5fd38a)}b.POST{color:light-dark(#8a4b00,#ffb454)}b.PATCH{color:light-dark(#6a2ca0,#d2a8ff)}b.DELETE{color:light-dark(#a40e26,#ff8f8f)}`

const script = `
const all=[...document.querySelectorAll("details.operation")],found=document.getElementById("found")
const groups=[...document.querySelectorAll("section")].filter(s=>s.querySelector("details.operation"))
const open=()=>{const at=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(at&&at.tagName==="DETAILS")at.open=true}
document.getElementById("search").addEventListener("input",e=>{const words=e.target.value.toLowerCase().split(/\\s+/).filter(Boolean)
let n=0;for(const d of all){const hit=words.every(w=>d.dataset.find.includes(w));d.hidden=!hit;n+=hit}
for(const s of groups)s.hidden=!s.querySelector("details.operation:not([hidden])")
found.textContent=words.length?n+" of "+all.length:""})
addEventListener("hashchange",open);open()`
