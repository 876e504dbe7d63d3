import { createHash } from "node:crypto"
import {
  ConsentKept,
  completeAuthentication,
  openAuthentication
} from "@concordat/core/consent/authenticate"
import { AttemptRefused } from "@concordat/core/consent/Consents"
import { SignInRefused } from "@concordat/core/consent/SignIn"
import { mfaWayOut } from "@concordat/core/consent/useConsent"
import { toIso } from "@concordat/core/time/Instant"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { callbackPath, PublicUrl, startPath } from "./PublicUrl.ts"

/** Longer parameters than Microsoft's codes are an attack or a mistake. */
const parameterLengthMax = 8_192
/** As long as a link works. */
const cookieSeconds = 900

/**
 * The two pages of a consent, for the browser of whoever signs in: they have no API key. The link's page binds the
 * browser and goes on to Microsoft's sign-in; the other takes the answer, once, from the browser that is bound.
 */
export const consentPagesLayer = Layer.mergeAll(
  HttpRouter.add(
    "GET",
    `${startPath}/:ticket`,
    Effect.gen(function* () {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      const origin = yield* PublicUrl.use((place) => place.origin)
      const ticket = new URL(url, origin).pathname.slice(startPath.length + 1)
      const opened = yield* openAuthentication(Redacted.make(ticket), origin + callbackPath)
      return HttpServerResponse.empty({
        status: 302,
        headers: {
          location: Redacted.value(opened.url),
          "set-cookie": cookie(origin, opened.state, Redacted.value(opened.session), cookieSeconds)
        }
      })
    }).pipe(Effect.catch((error) => Effect.succeed(failurePage(error))))
  ),
  HttpRouter.add(
    "GET",
    callbackPath,
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const origin = yield* PublicUrl.use((place) => place.origin)
      const query = new URL(request.url, origin).searchParams
      const given = (name: string) => (query.get(name) ?? "").slice(0, parameterLengthMax)
      const state = Redacted.make(given("state"))
      const { consent, instance } = yield* completeAuthentication({
        state,
        session: Redacted.make(request.cookies[cookieName(state)] ?? ""),
        redirectUri: origin + callbackPath,
        said: query.has("code")
          ? { _tag: "Code", code: Redacted.make(given("code")) }
          : { _tag: "Refused", error: given("error"), description: given("error_description") }
      })
      const facts = [
        ["Instance", instance.name],
        ["Account", consent.environment],
        ["Signed in", consent.user.upn],
        ["At", toIso(consent.consentedAt)]
      ] as const
      const response =
        consent.mfa === false
          ? page(200, "MFA is missing", [mfaWayOut], facts)
          : page(
              200,
              "Instance is authenticated",
              ["You can close this page. What waited for the consent goes on by itself."],
              facts
            )
      return HttpServerResponse.setHeader(response, "set-cookie", cookie(origin, state, "", 0))
    }).pipe(Effect.catch((error) => Effect.succeed(failurePage(error))))
  )
)

/** Each try has a cookie of its own: two links may be open in one browser. */
const cookieName = (state: Redacted.Redacted): string =>
  `concordat_sign_in_${Redacted.value(state).slice(0, 12)}`

/** Lax: Microsoft's page comes back by a link, which must carry it, and by nothing else. */
const cookie = (origin: string, state: Redacted.Redacted, value: string, seconds: number): string =>
  [
    `${cookieName(state)}=${value}`,
    "Path=/v1/consent",
    `Max-Age=${seconds}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(origin.startsWith("https:") ? ["Secure"] : [])
  ].join("; ")

const failurePage = (error: {
  readonly _tag: string
  readonly message: string
}): HttpServerResponse.HttpServerResponse => {
  if (error instanceof SignInRefused)
    return page(
      error.kind === "passing" ? 503 : 403,
      "Instance is not authenticated",
      [error.text, error.wayOut],
      [
        ["Microsoft's code", error.code ?? "none"],
        ...(error.correlationId === ""
          ? []
          : [["Correlation id", error.correlationId] satisfies [string, string]])
      ]
    )
  if (error instanceof AttemptRefused)
    return page(400, "This sign-in is not taken", [error.message], [])
  if (error instanceof ConsentKept) return page(403, "MFA is missing", [error.message], [])
  return page(404, "Instance is not authenticated", [error.message], [])
}

const style = `
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { margin: 10vh auto; max-width: 34rem; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }`

/** Nothing but our own style: no script, no form, no frame, nothing from elsewhere. */
export const consentPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
const escaped = (text: string): string => text.replace(/[&<>"']/gu, (c) => escapes[c] ?? c)

const page = (
  status: number,
  heading: string,
  paragraphs: ReadonlyArray<string>,
  facts: ReadonlyArray<readonly [string, string]>
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(heading)} · Concordat</title><style>${style}</style></head>
<body><main><h1>${escaped(heading)}</h1>
${paragraphs.map((text) => `<p>${escaped(text)}</p>`).join("\n")}
${facts.length === 0 ? "" : `<dl>${facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>`}
</main></body></html>
`,
    { status, contentType: "text/html; charset=utf-8" }
  )
