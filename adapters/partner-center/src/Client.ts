import { UserTokens } from "@concordat/core/consent/UserTokens"
import type { Instance } from "@concordat/core/instance/Instance"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { RateBudget, type ResourceFamily } from "@concordat/core/vendor/RateBudget"
import type { RequestId } from "@concordat/core/vendor/RequestId"
import { CurrentRequestCounter } from "@concordat/core/vendor/Requests"
import { Busy, Malformed, VendorError } from "@concordat/core/vendor/VendorError"
import { Clock, Context, Duration, Effect, Layer, Random, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { backoffMs, type Exchanged, exchange } from "./exchange.ts"
import { isPassing, lacksMfa, reasonOf, rejectionFrom } from "./Rejection.ts"
import { CurrentClientSettings } from "./Settings.ts"
import { type Access, type Token, Tokens } from "./Token.ts"

interface AnyRequest {
  /** The name under which it appears in errors and logs. */
  readonly operation: string
  /** A path, or a link's address as Partner Center wrote it, which mostly lacks `/v1`. */
  readonly uri: string
  /**
   * The headers of a link, without which paging starts again at the first page; and `x-locale`, where the answer
   * has texts in the language of somebody else than us.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** In whose name; the application's own where Microsoft allows it, which is the default. */
  readonly access?: Access
  /** The service that the token is for; Partner Center's own when it is absent. */
  readonly resource?: string
}

/** A request that may be sent again: it only reads. */
export interface ReadRequest extends AnyRequest {
  readonly method: "GET" | "HEAD"
}

/**
 * A request that changes something, or asks with a body. It is sent again under the same MS-RequestId, by which
 * Partner Center can tell a repetition: after silence, after 429, and after the answer of a broken server, which says
 * nothing of what happened before it broke. So only what is harmless twice may be asked for: what Partner Center
 * refuses the second time, or what has the same end.
 */
export interface WriteRequest extends AnyRequest {
  readonly method: "POST" | "PATCH"
  /** Sent as JSON. */
  readonly body: unknown
  /** A new one where nothing depends on it. */
  readonly requestId?: RequestId
}

/** What Partner Center granted, as it came. */
export interface Answer {
  readonly operation: string
  readonly correlationId: string
  readonly body: Uint8Array
}

/** Partner Center's API: one function that sends a request of an instance and brings back the answer. */
export class Client extends Context.Service<
  Client,
  {
    /**
     * Waits for the budget before every attempt; comes back after 429, silence and broken servers, within its
     * limits; renews the token once where it may have expired. Everything else is final.
     */
    readonly send: (
      instance: Instance,
      request: ReadRequest | WriteRequest
    ) => Effect.Effect<Answer, VendorError>
    /** How many items to ask for at once. */
    readonly pageSize: number
  }
>()("adapter-partner-center/Client") {}

export const clientLayer: Layer.Layer<
  Client,
  never,
  Tokens | UserTokens | RateBudget | HttpClient.HttpClient
> = Layer.effect(
  Client,
  Effect.gen(function* () {
    const tokens = yield* Tokens
    const users = yield* UserTokens
    const budget = yield* RateBudget
    const client = yield* HttpClient.HttpClient
    const settings = yield* CurrentClientSettings

    const send = Effect.fnUntraced(function* (
      instance: Instance,
      request: ReadRequest | WriteRequest
    ): Effect.fn.Return<Answer, VendorError> {
      const { operation, access = "app", resource } = request
      const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
      const counter = yield* CurrentRequestCounter
      const path = pathOf(instance.endpoints.api, request.uri)
      if (path === undefined)
        return yield* malformed({ operation, correlationId }, "a link leads to another host")
      const family = familyOf(path)
      const writing = "body" in request
      let requestId: string = (writing ? request.requestId : undefined) ?? crypto.randomUUID()
      let failures = 0
      let refused: Token | undefined
      let giveUpAtMs: number | undefined
      while (true) {
        const token = yield* tokens.get(instance, access, resource, refused)
        yield* budget.take(instance.id, family)
        giveUpAtMs ??= (yield* Clock.currentTimeMillis) + settings.giveUpAfterMs
        counter?.add(1)
        const secret = Redacted.value(token.value)
        const asked = HttpClientRequest.make(request.method)(instance.endpoints.api + path, {
          headers: {
            "x-locale": "en-US",
            ...request.headers,
            authorization: `Bearer ${secret}`,
            accept: "application/json",
            "ms-requestid": requestId,
            "ms-correlationid": correlationId,
            "ms-partnercenter-application": "Concordat"
          }
        })
        const exchanged = yield* exchange(
          client,
          settings,
          writing ? HttpClientRequest.bodyJsonUnsafe(asked, request.body) : asked
        )
        if (exchanged._tag === "Answered" && exchanged.status >= 200 && exchanged.status < 300)
          return { operation, correlationId, body: exchanged.body }

        const nowMs = yield* Clock.currentTimeMillis
        const refusal = refusalFrom(exchanged, secret, nowMs)
        const failure = new VendorError({ operation, correlationId, ...refusal.error })
        // An unanswered request is the same request when it is sent again ("Partner Center REST headers").
        if (exchanged._tag === "Answered" && !writing) requestId = crypto.randomUUID()

        if (refusal.next === "renew" && token.kept && refused === undefined) {
          refused = token
          continue
        }
        if (refusal.lacksMfa && access === "app+user") yield* users.mfaMissing(instance, failure)
        let pauseMs: number
        if (refusal.next === "throttled") {
          const asWished = refusal.retryAfterMs ?? settings.retryAfterDefaultMs
          pauseMs = Math.min(Math.max(asWished, settings.backoffFirstMs), settings.retryAfterMaxMs)
          yield* budget.throttled(instance.id, family, Duration.millis(pauseMs))
        } else if (refusal.next === "again") {
          failures += 1
          if (failures >= settings.attemptsMax) return yield* failure
          pauseMs = Math.max(
            backoffMs(settings, failures, yield* Random.next),
            refusal.retryAfterMs ?? 0
          )
        } else return yield* failure
        if (nowMs + pauseMs > giveUpAtMs) return yield* failure
        yield* Effect.logDebug(`${failure.message} Next attempt in ${Math.round(pauseMs)} ms.`)
        yield* Effect.sleep(pauseMs)
      }
    })
    return { send, pageSize: settings.pageSize }
  })
)

/** A refusal in our words, and what can be tried before it is believed. */
interface Refusal {
  readonly error: Pick<VendorError, "reason" | "status" | "code" | "text">
  readonly next: "throttled" | "again" | "renew" | "believe"
  readonly retryAfterMs: number | null
  readonly lacksMfa: boolean
}

const refusalFrom = (exchanged: Exchanged, secret: string, nowMs: number): Refusal => {
  if (exchanged._tag === "Answered") {
    const rejection = rejectionFrom(exchanged, secret, nowMs)
    const { status, code, text, retryAfterMs } = rejection
    const withoutMfa = lacksMfa(rejection)
    const next =
      status === 429
        ? "throttled"
        : isPassing(status)
          ? "again"
          : // Another token will not have been made with a second factor, or for another service, either.
            status === 401 && !withoutMfa && code !== "900420"
            ? "renew"
            : "believe"
    return {
      error: { reason: reasonOf(rejection), status, code, text },
      next,
      retryAfterMs,
      lacksMfa: withoutMfa
    }
  }
  const tooLarge = exchanged._tag === "TooLarge"
  return {
    error: {
      reason: tooLarge ? new Malformed({}) : new Busy({ retryAfterMs: null }),
      status: null,
      code: null,
      text: tooLarge ? "the answer is too large" : exchanged.text
    },
    next: tooLarge ? "believe" : "again",
    retryAfterMs: null,
    lacksMfa: false
  }
}

/** An answer, or a part of one, that cannot be used; the text says where. */
export const malformed = (
  { operation, correlationId }: Pick<Answer, "operation" | "correlationId">,
  text: string
): VendorError =>
  new VendorError({
    operation,
    reason: new Malformed({}),
    status: 200,
    code: null,
    text: text.slice(0, 500),
    correlationId
  })

/** The path on the instance's own host; undefined for a link that would take the token elsewhere. */
const pathOf = (api: string, uri: string): string | undefined => {
  const path = uri.toLowerCase().startsWith(`${api.toLowerCase()}/`) ? uri.slice(api.length) : uri
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/iu.test(path) || /[^\x21-\x7e]/u.test(path)) return undefined
  const rooted = path.startsWith("/") ? path : `/${path}`
  return /^\/(v1(\.0)?|webhooks|auditactivity)\//iu.test(rooted) ? rooted : `/v1${rooted}`
}

/** Whose limit a request counts against ("API throttling guidance"). */
export const familyOf = (path: string): ResourceFamily => {
  const [, , collection, , resource] = path.split("?", 1)[0]?.toLowerCase().split("/") ?? []
  if (collection !== "customers") return "other"
  if (resource === "orders" || resource === "subscriptions") return resource
  return "customers"
}
