import { randomUUID } from "node:crypto"
import { isIP } from "node:net"
import { bookBytesMax } from "@concordat/contracts/book"
import { bounceBytesMax, templateBytesMax } from "@concordat/contracts/mail"
import { entriesBytesMax } from "@concordat/contracts/pricelists"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { getConnInfo } from "@hono/node-server/conninfo"
import { ByteSize, Context } from "effect"
import { HttpIncomingMessage } from "effect/http"
import { Hono } from "hono"
import { secureHeaders } from "hono/secure-headers"
import { type Console, mailFrame, mailFramePath } from "./Console.ts"
import { consentPagePolicy } from "./consentPages.ts"
import { tooLarge } from "./defects.ts"
import { CurrentOrigin } from "./Origin.ts"

/** Answers what the contract declares. */
export type ApiHandler = (request: Request, context: Context.Context<never>) => Promise<Response>

/** Bodies of everything but imports; a reconciliation is some hundred bytes. */
const bodyBytesMax = 64 * 1024

/** The last address is the proxy's own word; those before it are whatever the client has sent. */
const forwardedFor = (header: string | undefined): string | undefined => {
  const last = header?.split(",").at(-1)?.trim() ?? ""
  return isIP(last) === 0 ? undefined : last
}

const bodyLimitOf = (path: string): number => {
  if (path === "/v1/book/imports") return bookBytesMax
  if (path === "/v1/outbox/bounces") return bounceBytesMax
  if (path.startsWith("/v1/notifications/templates/")) return templateBytesMax
  return /^\/v1\/price(lists\/[^/]+\/entries|groups\/[^/]+\/products)$/u.test(path)
    ? entriesBytesMax
    : bodyBytesMax
}

/** What is served here beside the console, whose pages have all other addresses. */
const notThePages = /^\/(v1|docs|openapi\.json|healthz|readyz|metrics)(\/|$)/u

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Everything around the contract: the console, the document and the page for people, the correlation id, body limits,
 * security headers, and whether the process is alive. The rest is the contract's.
 */
export const makeHttp = (options: {
  readonly api: ApiHandler
  readonly openApi: string
  readonly docs: { readonly html: string; readonly scriptHash: string }
  readonly sheetBytesMax: number
  readonly console: Console
  /** Whether every request comes through a proxy of ours, which says in X-Forwarded-For where it came from. */
  readonly isBehindProxy: boolean
}) => {
  const app = new Hono<{ Variables: { correlationId: string; pagePolicy: string | undefined } }>()
  // Around the next, whose policy is that of the documentation, with its script.
  app.use("/v1/consent/*", async (c, next) => {
    await next()
    c.header("content-security-policy", consentPagePolicy)
  })
  app.use(async (c, next) => {
    await next()
    const policy = c.get("pagePolicy")
    if (policy !== undefined) c.header("content-security-policy", policy)
    // For browsers that do not know the policy's frame-ancestors.
    if (c.req.path === mailFramePath) c.header("x-frame-options", "SAMEORIGIN")
  })
  app.use(
    secureHeaders({
      xFrameOptions: "DENY",
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'unsafe-inline'"],
        scriptSrc: [`'sha256-${options.docs.scriptHash}'`],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"]
      }
    })
  )
  app.use(async (c, next) => {
    const given = c.req.header("x-correlation-id")
    const id = given !== undefined && guid.test(given) ? given.toLowerCase() : randomUUID()
    c.set("correlationId", id)
    await next()
    c.header("x-correlation-id", id)
    // What a key sees is for its holder only, and not for a cache on the way.
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store")
  })
  app.get("/healthz", (c) => c.json({ status: "alive" }))
  app.get("/openapi.json", (c) =>
    c.body(options.openApi, 200, { "content-type": "application/json; charset=utf-8" })
  )
  app.get("/docs", (c) => c.html(options.docs.html))
  app.get("*", async (c, next) => {
    const { path } = c.req
    if (notThePages.test(path)) return next()
    if (path === mailFramePath) {
      const { policy, response } = mailFrame()
      c.set("pagePolicy", policy)
      return response
    }
    const file = options.console.file(c.req.raw)
    if (file !== undefined) return file
    // A script that is not there any more must not come as a page.
    if (path !== "/" && !(c.req.header("accept") ?? "").includes("text/html")) return next()
    const { policy, response } = options.console.page()
    c.set("pagePolicy", policy)
    return response
  })
  app.all("*", async (c): Promise<Response> => {
    const limit =
      c.req.path === "/v1/catalogue/pricesheets" ? options.sheetBytesMax : bodyLimitOf(c.req.path)
    // Said before anything is read; a body without a length is counted while it is read, by the same limit.
    if (Number(c.req.header("content-length") ?? 0) > limit) {
      const { detail, status, title, type } = tooLarge(limit)
      return c.body(JSON.stringify({ type, status, title, detail, limit }), 413, {
        "content-type": "application/problem+json",
        connection: "close"
      })
    }
    return options.api(
      c.req.raw,
      Context.make(CurrentCorrelation, c.get("correlationId")).pipe(
        Context.add(
          CurrentOrigin,
          (options.isBehindProxy ? forwardedFor(c.req.header("x-forwarded-for")) : undefined) ??
            getConnInfo(c).remote.address ??
            null
        ),
        Context.add(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(limit))
      )
    )
  })
  return app
}
