import { UserTokens } from "@concordat/core/consent/UserTokens"
import type { Instance } from "@concordat/core/instance/Instance"
import type { Market } from "@concordat/core/price/PriceList"
import type { Month, Timeline } from "@concordat/core/pricesheet/PriceSheet"
import { VendorPriceSheets } from "@concordat/core/pricesheet/VendorPriceSheets"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { CurrentRequestCounter } from "@concordat/core/vendor/Requests"
import { Busy, VendorError } from "@concordat/core/vendor/VendorError"
import { Clock, Effect, Layer, Redacted, Stream } from "effect"
import { lacksMfa, reasonOf, rejectionFrom } from "./Rejection.ts"
import { CurrentClientSettings } from "./Settings.ts"
import { type Token, Tokens } from "./Token.ts"

const operation = "getPriceSheet"

/** Of a refusal, what can say why. */
const refusalBytesMax = 64 * 1024

/** Silence in the middle of a sheet for so long is the end of it. */
const silenceMax = "2 minutes"

/**
 * "Get a price sheet". A sheet is larger than any other answer, so it is not taken through the client, which holds what it
 * answers with: it goes on piece by piece, and whoever reads it tries again as a whole. Redirects are not followed: they
 * would carry the token away.
 */
export const vendorPriceSheetsLayer: Layer.Layer<VendorPriceSheets, never, Tokens | UserTokens> =
  Layer.effect(
    VendorPriceSheets,
    Effect.gen(function* () {
      const tokens = yield* Tokens
      const users = yield* UserTokens
      const settings = yield* CurrentClientSettings

      const open = Effect.fnUntraced(function* (
        instance: Instance,
        uri: string,
        correlationId: string,
        refused: Token | undefined
      ): Effect.fn.Return<ReadableStream<Uint8Array>, VendorError> {
        const token = yield* tokens.get(instance, "app+user", resourceOf(instance), refused)
        const counter = yield* CurrentRequestCounter
        counter?.add(1)
        const secret = Redacted.value(token.value)
        const failed = (text: string) =>
          new VendorError({
            operation,
            correlationId,
            reason: new Busy({ retryAfterMs: null }),
            status: null,
            code: null,
            text
          })
        const response = yield* Effect.tryPromise({
          try: (signal) =>
            ask(uri, signal, {
              authorization: `Bearer ${secret}`,
              // Asks for a zip.
              "accept-encoding": "deflate",
              "ms-requestid": crypto.randomUUID(),
              "ms-correlationid": correlationId,
              "ms-partnercenter-application": "Concordat"
            }),
          // Its text may hold the address, and a request its token.
          catch: () => failed("no connection")
        }).pipe(
          Effect.timeoutOrElse({
            duration: settings.attemptTimeoutMs,
            orElse: () =>
              Effect.fail(failed(`no answer within ${settings.attemptTimeoutMs / 1_000} s`))
          })
        )
        if (response.status === 200 && response.body !== null) return response.body
        const body = yield* Effect.promise(() => beginningOf(response))
        const rejection = rejectionFrom(
          {
            status: response.status,
            reasonPhrase: response.statusText,
            retryAfter: response.headers.get("retry-after") ?? undefined,
            body
          },
          secret,
          yield* Clock.currentTimeMillis
        )
        const failure = new VendorError({
          operation,
          correlationId,
          reason: reasonOf(rejection),
          status: rejection.status,
          code: rejection.code,
          text: rejection.text
        })
        if (lacksMfa(rejection)) yield* users.mfaMissing(instance, failure)
        else if (response.status === 401 && token.kept && refused === undefined)
          return yield* open(instance, uri, correlationId, token)
        return yield* failure
      })

      return VendorPriceSheets.of({
        download: (instance, market, timeline, month) =>
          Stream.unwrap(
            Effect.gen(function* () {
              const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
              const broken = () =>
                new VendorError({
                  operation,
                  correlationId,
                  reason: new Busy({ retryAfterMs: null }),
                  status: 200,
                  code: null,
                  text: "the connection broke in the middle of the sheet"
                })
              const uri = `${instance.endpoints.prices}${pathOf(market, timeline, month)}`
              const body = yield* open(instance, uri, correlationId, undefined)
              return Stream.fromReadableStream({ evaluate: () => body, onError: broken }).pipe(
                Stream.timeoutOrElse({
                  duration: silenceMax,
                  orElse: () => Stream.fail(broken())
                })
              )
            })
          )
      })
    })
  )

/** Not by an `HttpClient`: ours takes every answer whole. */
const ask = (uri: string, signal: AbortSignal, headers: Readonly<Record<string, string>>) =>
  fetch(uri, { signal, redirect: "manual", headers })

/**
 * The service that the token is for: it has a name of its own, wherever it is reached ("Partner API authentication"). Of the
 * clouds whose sheets have no host of their own it is the API's.
 */
const resourceOf = ({ cloud, endpoints }: Instance): string =>
  cloud === "china" || cloud === "germany"
    ? endpoints.resource
    : "https://api.partner.microsoft.com"

/** OData: the keys are a part of the path. A month is asked for only where there is a choice. */
const pathOf = (market: Market, timeline: Timeline, month: Month): string =>
  `/v1.0/sales/pricesheets(Market='${market}',PricesheetView='updatedlicensebased')/$value?timeline=${timeline}${
    timeline === "history" ? `&month=${month.replace("-", "")}` : ""
  }`

const beginningOf = async (response: Response): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= refusalBytesMax) break
    }
  } catch {
    // What has come so far has to do.
  }
  return Buffer.concat(chunks)
}
