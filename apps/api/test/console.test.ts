import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeConsole } from "../src/Console.ts"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

const folder = mkdtempSync(join(tmpdir(), "concordat-console-"))
const script = "export const page = 1 // ".padEnd(5_000, "abc ")
const write = (index: string) => {
  mkdirSync(join(folder, "assets"), { recursive: true })
  writeFileSync(join(folder, "index.html"), index)
  writeFileSync(join(folder, "assets", "index-1a2b.js"), script)
  writeFileSync(join(folder, "icon.svg"), "<svg/>")
  writeFileSync(join(folder, ".inputs"), "a hash")
  writeFileSync(join(folder, "assets", "notes.bin"), "no type of ours")
}
afterAll(() => rmSync(folder, { recursive: true }))

let api: Served
beforeAll(async () => {
  write('<meta nonce="__CSP_NONCE__"><div id="root"></div>')
  api = await serve({ consoleFolder: folder })
})
afterAll(() => api.stop())

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  api.call("GET", path, { key: "", headers })
const asBrowser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }

describe("the console's pages", () => {
  it.each(["/", "/reconciliations", "/accounts/1/x?q=a&sort=-b", "/v1x"])(
    "%s is the one page, which no cache keeps and nobody frames",
    async (path) => {
      const page = await get(path, asBrowser)
      expect(page.status).toBe(200)
      expect(page.text).toContain('<div id="root">')
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8")
      expect(page.headers.get("cache-control")).toBe("no-store")
      expect(page.headers.get("x-frame-options")).toBe("DENY")
      expect(page.headers.get("x-content-type-options")).toBe("nosniff")
      expect(page.headers.get("referrer-policy")).toBe("no-referrer")
    }
  )

  it("runs only our own scripts; what it may do beside that is nothing", async () => {
    const policyOf = async () =>
      (await get("/", asBrowser)).headers.get("content-security-policy") ?? ""
    const policy = await policyOf()
    expect(policy).not.toContain("unsafe")
    expect(policy.split("; ")).toEqual([
      "default-src 'self'",
      "script-src 'self'",
      expect.stringMatching(/^style-src 'self' 'nonce-[\w-]{24}'$/u),
      "img-src 'self' data:",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'"
    ])
    expect(await policyOf()).not.toBe(policy)
  })

  it("has the nonce of its own answer", async () => {
    const page = await get("/", asBrowser)
    const nonce = /nonce="(?<nonce>[^"]+)"/u.exec(page.text)?.groups?.["nonce"] ?? "none"
    expect(nonce).toMatch(/^[\w-]{24}$/u)
    expect(page.headers.get("content-security-policy")).toContain(`'nonce-${nonce}'`)
  })

  it("shows mails in an empty document that runs nothing, fetches nothing, and is framed by our pages only", async () => {
    const frame = await get("/mail-frame", asBrowser)
    expect(frame.headers.get("content-security-policy")?.split("; ")).toEqual([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
      "sandbox allow-same-origin"
    ])
    expect(frame.headers.get("x-frame-options")).toBe("SAMEORIGIN")
    expect(frame.text).not.toContain("root")
  })

  it.each(["/v1/nothing", "/v1", "/docs/x", "/healthz/x", "/openapi.json/x", "/metrics/x"])(
    "%s is an address of the API, also for a browser",
    async (path) => {
      expect(problemOf(await get(path, asBrowser))).toBe("404 route-not-found")
    }
  )

  it.each([
    "/assets/gone-1.js",
    "/.inputs",
    "/assets/notes.bin",
    "/index.html",
    "/..%2fsecret",
    "/assets"
  ])("%s is no file", async (path) => {
    expect(problemOf(await get(path))).toBe("404 route-not-found")
  })

  it("takes no other methods", async () => {
    const answer = await api.call("POST", "/reconciliations", { key: "", body: {} })
    expect(problemOf(answer)).toBe("404 route-not-found")
  })

  it("is noticed when it was built anew", async () => {
    write("<p>another build</p>")
    utimesSync(join(folder, "index.html"), 1, 1)
    expect((await get("/", asBrowser)).text).toBe("<p>another build</p>")
  })
})

describe("the console's files", () => {
  const raw = async (encoding: string) => {
    const response = await fetch(`${api.url}/assets/index-1a2b.js`, {
      headers: { "accept-encoding": encoding }
    })
    return { response, text: await response.text() }
  }

  it("with a hash in the name are kept for good, the others are asked about", async () => {
    const hashed = await get("/assets/index-1a2b.js")
    expect(hashed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable")
    expect(hashed.headers.get("content-type")).toBe("text/javascript; charset=utf-8")
    const icon = await get("/icon.svg")
    expect(icon.headers.get("cache-control")).toBe("no-cache")
    const again = await get("/icon.svg", { "if-none-match": icon.headers.get("etag") ?? "" })
    expect([again.status, again.text]).toEqual([304, ""])
  })

  it.each(["br, gzip", "gzip", "identity"])("come as the browser takes them: %s", async (taken) => {
    const { response, text } = await raw(taken)
    expect(text).toBe(script)
    expect(response.headers.get("vary")).toContain("accept-encoding")
    const expected = { "br, gzip": "br", gzip: "gzip", identity: null }[taken]
    expect(response.headers.get("content-encoding")).toBe(expected)
  })

  it("are smaller for it", () => {
    const files = makeConsole(folder)
    files.page()
    const bytesOf = async (encoding: string) =>
      new Uint8Array(
        (await files
          .file(
            new Request("http://x/assets/index-1a2b.js", {
              headers: { "accept-encoding": encoding }
            })
          )
          ?.arrayBuffer()) ?? new ArrayBuffer()
      )
    return Promise.all([bytesOf("br"), bytesOf("gzip")]).then(([br, gzip]) => {
      expect(brotliDecompressSync(br).toString()).toBe(script)
      expect(gunzipSync(gzip).toString()).toBe(script)
      expect(br.length).toBeLessThan(script.length / 10)
    })
  })
})

describe("where the console is not built", () => {
  it("a page says how to build it, and the API serves", async () => {
    const files = makeConsole(join(folder, "nowhere"))
    const { policy, response } = files.page()
    expect(response.status).toBe(503)
    expect(await response.text()).toMatch(/npm start.*npm run build -w apps\/console/u)
    expect(policy).toBe("default-src 'none'")
    expect(files.file(new Request("http://x/assets/index-1a2b.js"))).toBeUndefined()
  })
})

describe("what an operator sees", () => {
  it("is kept by no cache, whether it is an answer or an error", async () => {
    for (const [path, key] of [
      ["/v1/accounts", api.admin],
      ["/v1/accounts", ""],
      ["/v1/session", ""],
      ["/v1/nothing", ""]
    ] as const)
      expect((await api.call("GET", path, { key })).headers.get("cache-control")).toBe("no-store")
  })
})
