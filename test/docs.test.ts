import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { openApiDocument } from "@concordat/contracts/Api"
import { columns } from "@concordat/core/book/columns"
import { FindingKind } from "@concordat/core/reconciliation/Finding"
import { describe, expect, it } from "vitest"
import { guides, problemTypes, withTables } from "../docs/scripts/tables.ts"

const root = resolve(import.meta.dirname, "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const elsewhere = /(^|\/)(node_modules|\.data|\.cache|\.turbo)(\/|$)/u
const filesOf = (pattern: string): ReadonlyArray<string> =>
  globSync(pattern, { cwd: root, exclude: (path) => elsewhere.test(path) })

const documents = filesOf("**/*.md").map((file) => ({ file, text: read(file) }))
const withoutFences = (text: string): string => text.replace(/^( *)```[\s\S]*?^\1```$/gmu, "")
/** Fences without a language show what was printed, which may name what was made for the occasion. */
const withoutOutput = (text: string): string => text.replace(/^```\n[\s\S]*?^```$/gmu, "")

/** As GitHub names the headings of a document. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...withoutFences(text).matchAll(/^#+ (.+)$/gmu)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-")
    )
  )

describe.each(documents)("$file", ({ file, text }) => {
  it("links to what exists", () => {
    const broken = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/gu)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^(https?|mailto):/u.test(link))
      .filter((link) => {
        const [path = "", anchor] = link.split("#", 2)
        const target = path === "" ? join(root, file) : resolve(root, dirname(file), path)
        if (!existsSync(target)) return true
        return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).has(anchor)
      })
    expect(broken).toEqual([])
  })

  it("names paths of the repository that exist", () => {
    const paths =
      /(?<![\w./:@-])(?:core|contracts|adapters|apps|docs|test|bench|scripts|\.ci)\/[\w./*-]*[\w*]/gu
    const missing = [...withoutOutput(text).matchAll(paths)]
      .map(([path]) => path)
      .filter((path) => filesOf(path).length === 0)
    expect(missing).toEqual([])
  })

  it("names scripts of npm that exist", () => {
    const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts
    const named = [...text.matchAll(/npm run ([\w:-]+)/gu)].map(([, name = ""]) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

/** Ours, wherever they are named; and whatever else is read from the environment. */
const variablesIn = (text: string): ReadonlyArray<string> => [
  ...[...text.matchAll(/\b(?:CONCORDAT|SIMULATOR|BENCH|PARTNER_CENTER)_[A-Z_]*[A-Z]\b/gu)].map(
    ([name]) => name
  ),
  ...[...text.matchAll(/\bprocess\.env(?:\["([A-Z_]+)"\]|\.([A-Z_]+))/gu)].map(
    ([, quoted, dotted]) => quoted ?? dotted ?? ""
  ),
  ...[...text.matchAll(/\bConfig\.\w+\((?:[^()]*, )?"([A-Z_]+)"/gu)].map(([, name = ""]) => name),
  ...[...text.matchAll(/\{([^{}]*)\} = process\.env\b/gu)].flatMap(([, names = ""]) =>
    [...names.matchAll(/([A-Z_]+)(?=\s*[:,}]|\s*$)/gu)].map(([, name = ""]) => name)
  )
]
/** The operating system's and Node's own, which a child process needs; not settings of ours. */
const ofTheSystem = new Set(["HOME", "NODE_COMPILE_CACHE", "PATH", "TEMP"])

describe("docs/operator-guide.md", () => {
  const guide = read("docs/operator-guide.md")

  it("has every variable that the code reads, and no other", () => {
    const sources = filesOf("{apps,adapters,core,contracts,bench,docs,test}/**/*.{ts,mjs}").filter(
      (file) => file !== relative(root, import.meta.filename)
    )
    const inCode = new Set(
      sources.flatMap((file) => variablesIn(read(file))).filter((name) => !ofTheSystem.has(name))
    )
    const inGuide = new Set(
      guide
        .split("\n")
        .filter((line) => /^\| `[A-Z]/u.test(line))
        .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/gu)])
        .map(([, name = ""]) => name)
    )
    expect([...inGuide].sort()).toEqual([...inCode].sort())
  })

  it("has every kind of finding and every column of a book", () => {
    const rows = new Set([...guide.matchAll(/^\| `([\w-]+)` \|/gmu)].map(([, name]) => name))
    const wanted = [...FindingKind.literals, ...columns.map(({ name }) => name)]
    expect(wanted.filter((name) => !rows.has(name))).toEqual([])
  })
})

describe("what follows from the code", () => {
  it.each([...guides])("the tables of %s are as `npm run docs` writes them", (guide) => {
    expect(read(guide)).toBe(withTables(guide, read(guide)))
  })

  it("every problem of the contract is in the integrator guide", () => {
    const declared = read("contracts/src/Problem.ts").match(/\bdeclare\(\s*"/gu) ?? []
    expect(problemTypes().length).toBe(declared.length)
  })

  it("docs/openapi.json is the contract's, as `npm run openapi` writes it", () => {
    expect(read("docs/openapi.json")).toBe(`${JSON.stringify(openApiDocument(), null, 2)}\n`)
  })
})
