import * as http from "node:http"
import * as https from "node:https"
import { Effect, Layer } from "effect"
import {
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  HttpClientResponse
} from "effect/http"
import { CurrentClientSettings } from "./Settings.ts"

/** Connections to one host; more requests than that at once wait for a free one. */
const socketsMax = 128

/**
 * An HttpClient on Node's own client: connections are kept, redirects are not followed (they would carry the
 * token away), the reason phrase is kept, and an answer is cut off at the limit. It needs less than half of
 * the processor time of `fetch`, and opens no span: each operation has one already.
 */
export const transportLayer: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const { answerBytesMax } = yield* CurrentClientSettings
    const options = { keepAlive: true, maxSockets: socketsMax }
    const agents = yield* Effect.acquireRelease(
      Effect.sync(() => ({ http: new http.Agent(options), https: new https.Agent(options) })),
      (made) =>
        Effect.sync(() => {
          made.http.destroy()
          made.https.destroy()
        })
    )
    return HttpClient.makeWith<
      HttpClientError.HttpClientError,
      never,
      HttpClientError.HttpClientError,
      never
    >(
      Effect.flatMap((request: HttpClientRequest.HttpClientRequest) =>
        Effect.callback<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>(
          (resume) => {
            const fail = (cause: unknown) =>
              resume(
                Effect.fail(
                  new HttpClientError.HttpClientError({
                    reason: new HttpClientError.TransportError({ request, cause })
                  })
                )
              )
            try {
              const secure = request.url.startsWith("https:")
              const sent = (secure ? https : http).request(request.url, {
                agent: secure ? agents.https : agents.http,
                method: request.method,
                headers: request.headers
              })
              sent.on("error", fail)
              sent.on("response", (message) =>
                receive(message, request.method === "HEAD", answerBytesMax, fail, (response) =>
                  resume(Effect.succeed(HttpClientResponse.fromWeb(request, response)))
                )
              )
              if (request.body._tag === "Uint8Array") sent.end(request.body.body)
              else sent.end()
              return Effect.sync(() => sent.destroy())
            } catch (cause) {
              // Node throws for addresses and headers that it cannot send.
              fail(cause)
            }
          }
        )
      ),
      Effect.succeed
    )
  })
)

const receive = (
  message: http.IncomingMessage,
  withoutBody: boolean,
  bytesMax: number,
  fail: (cause: unknown) => void,
  done: (response: Response) => void
): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  const finish = () => {
    const headers = new Headers()
    for (const [name, value] of Object.entries(message.headers))
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value)
    // What the reader measures an answer by: the bytes that came, or as many as made it too large.
    headers.set("content-length", String(bytes))
    const status = message.statusCode ?? 0
    const statusText = (message.statusMessage ?? "").replace(/[^\x20-\x7e]/gu, " ")
    try {
      const body = bytes === 0 || bytes > bytesMax ? null : joined(chunks)
      done(new Response(body, { status, statusText, headers }))
    } catch (cause) {
      // A status that HTTP does not have.
      fail(cause)
    }
  }
  const tooLarge = () => {
    message.destroy()
    finish()
  }
  const announced = Number(message.headers["content-length"] ?? 0)
  if (!withoutBody && announced > bytesMax) {
    bytes = announced
    tooLarge()
    return
  }
  message.on("data", (chunk: Buffer) => {
    if (bytes > bytesMax) return
    bytes += chunk.length
    if (bytes > bytesMax) tooLarge()
    else chunks.push(chunk)
  })
  // A connection that breaks in the middle of the answer ends in "error" (aborted).
  message.on("error", (cause) => {
    if (bytes <= bytesMax) fail(cause)
  })
  message.on("end", () => {
    if (bytes <= bytesMax) finish()
  })
}

const joined = (chunks: ReadonlyArray<Buffer>): Uint8Array<ArrayBuffer> => {
  const [only] = chunks
  return new Uint8Array(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks))
}
