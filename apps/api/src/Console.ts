import { createHash, randomBytes } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, relative, resolve, sep } from "node:path"
import { brotliCompressSync, gzipSync, constants as zlib } from "node:zlib"

/** Where `npm start` and `npm run build -w apps/console` put the console's pages. */
export const consoleFolder = resolve(import.meta.dirname, "..", "..", "console", "dist")

/** In index.html: replaced in each answer by a text that the answer's policy names, for styles made by a script. */
const noncePlaceholder = "__CSP_NONCE__"
/** A build is some dozen files and a megabyte or two. More than this is no build of ours. */
const filesMax = 500
const bytesMax = 32 * 1024 * 1024

interface File {
  readonly type: string
  readonly etag: string
  readonly isHashed: boolean
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Smaller forms of it, made when first asked for. */
  readonly forms: Map<Encoding, Uint8Array<ArrayBuffer>>
}

type Encoding = "br" | "gzip"

interface Build {
  readonly index: string
  /** By their path in the address, such as `/assets/index-1a2b.js`. */
  readonly files: ReadonlyMap<string, File>
}

/**
 * The console's pages, from memory: no path of a request ever reaches the disk. A new build is noticed with the next
 * page. None is a page that says how to make one.
 */
export const makeConsole = (folder: string) => {
  let built: { readonly at: number; readonly build: Build } | undefined
  const current = (): Build | undefined => {
    const at = statSync(join(folder, "index.html"), { throwIfNoEntry: false })?.mtimeMs
    if (at === undefined) return built?.build
    if (built?.at !== at) built = { at, build: read(folder) }
    return built.build
  }
  return {
    /** A file of the build; undefined where there is none of this path. */
    file: (request: Request): Response | undefined => {
      const file = (built?.build ?? current())?.files.get(new URL(request.url).pathname)
      return file === undefined ? undefined : answer(request, file)
    },
    /** The one page, and its content security policy; which part of it is shown, its script reads from the address. */
    page: (): { readonly response: Response; readonly policy: string } => {
      const build = current()
      if (build === undefined) return { response: notBuilt(), policy: "default-src 'none'" }
      const nonce = randomBytes(18).toString("base64url")
      const response = new Response(build.index.replaceAll(noncePlaceholder, nonce), {
        headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }
      })
      return { response, policy: policyWith(nonce) }
    }
  }
}
export type Console = ReturnType<typeof makeConsole>

/** Where the page finds the empty document that it shows a mail in. */
export const mailFramePath = "/mail-frame"

/**
 * An empty document for a mail, which the page fills. A mail brings its styles with it, which the page's own policy
 * forbids; so it is shown under this one: styles and pictures of its own, no scripts, nothing from elsewhere, and
 * framed by nobody but our page.
 */
export const mailFrame = (): { readonly response: Response; readonly policy: string } => ({
  response: new Response(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light"><title>A mail</title></html>\n',
    { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" } }
  ),
  policy: [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-same-origin"
  ].join("; ")
})

/** Only our own scripts and styles; styles that a script adds need the nonce. Nobody may frame a page. */
const policyWith = (nonce: string): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'"
  ].join("; ")

const read = (folder: string): Build => {
  const files = new Map<string, File>()
  let total = 0
  for (const name of filesBelow(folder).slice(0, filesMax)) {
    const bytes = new Uint8Array(readFileSync(join(folder, name)))
    total += bytes.length
    if (total > bytesMax) throw new Error(`${folder} holds more than ${bytesMax} bytes`)
    const path = `/${name.split(sep).join("/")}`
    const type = types[name.slice(name.lastIndexOf("."))]
    if (type === undefined || path === "/index.html") continue
    files.set(path, {
      type,
      bytes,
      etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      isHashed: path.startsWith("/assets/"),
      forms: new Map()
    })
  }
  return { index: readFileSync(join(folder, "index.html"), "utf8"), files }
}

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json"
}

const answer = (request: Request, file: File): Response => {
  const headers = new Headers({
    "content-type": file.type,
    etag: file.etag,
    vary: "accept-encoding",
    // The name of a hashed file changes with what is in it; of the others the browser asks whether they did.
    "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache"
  })
  if (request.headers.get("if-none-match") === file.etag)
    return new Response(null, { status: 304, headers })
  const encoding = encodingFor(request, file)
  if (encoding === undefined) return new Response(file.bytes, { headers })
  headers.set("content-encoding", encoding)
  return new Response(formOf(file, encoding), { headers })
}

const encodingFor = (request: Request, { type }: File): Encoding | undefined => {
  if (!/^(text\/|application\/|image\/svg)/u.test(type)) return undefined
  const taken = (request.headers.get("accept-encoding") ?? "").split(",").map((part) => part.trim())
  return (["br", "gzip"] as const).find((encoding) => taken.includes(encoding))
}

const formOf = (file: File, encoding: Encoding): Uint8Array<ArrayBuffer> => {
  const known = file.forms.get(encoding)
  if (known !== undefined) return known
  const made = new Uint8Array(encoding === "br" ? brotli(file.bytes) : gzipSync(file.bytes))
  file.forms.set(encoding, made)
  return made
}

// 9 of 11: as small within 3 %, and a megabyte takes a tenth of a second rather than two.
const brotli = (bytes: Uint8Array) =>
  brotliCompressSync(bytes, {
    params: {
      [zlib.BROTLI_PARAM_QUALITY]: 9,
      [zlib.BROTLI_PARAM_MODE]: zlib.BROTLI_MODE_TEXT,
      [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length
    }
  })

const notBuilt = (): Response =>
  new Response(
    "The console is not built. Run `npm start`, which builds it, or `npm run build -w apps/console`, and load this page again.\nThe API is served: its documentation is at /docs.\n",
    {
      status: 503,
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }
    }
  )
