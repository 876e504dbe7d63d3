import { Effect, Option, Stream } from "effect"
import {
  type HttpClient,
  type HttpClientError,
  type HttpClientRequest,
  HttpClientResponse
} from "effect/http"
import type { ClientSettings } from "./Settings.ts"
import { isTransport, type Received } from "./Transport.ts"

/** What came of sending one request once. */
export type Exchanged =
  | {
      readonly _tag: "Answered"
      readonly status: number
      readonly reasonPhrase: string
      readonly retryAfter: string | undefined
      readonly body: Uint8Array
    }
  /** Nobody knows whether it arrived: no connection, a broken one, or silence. */
  | { readonly _tag: "Unanswered"; readonly text: string }
  | { readonly _tag: "TooLarge" }

/** Sends a request once and takes the whole answer, within the limits of time and size. */
export const exchange = (
  client: HttpClient.HttpClient,
  settings: ClientSettings,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Exchanged> => {
  const exchanged = isTransport(client)
    ? Effect.map(client.receive(request), answerIn)
    : Effect.flatMap(client.execute(request), (response) => take(response, settings.answerBytesMax))
  return exchanged.pipe(
    Effect.catch((error) => Effect.succeed<Exchanged>(unanswered(error))),
    Effect.timeoutOrElse({
      duration: settings.attemptTimeoutMs,
      orElse: () =>
        Effect.succeed<Exchanged>({
          _tag: "Unanswered",
          text: `no answer within ${settings.attemptTimeoutMs / 1_000} s`
        })
    })
  )
}

const answerIn = ({ status, reasonPhrase, headers, body }: Received): Exchanged =>
  body === null
    ? { _tag: "TooLarge" }
    : { _tag: "Answered", status, reasonPhrase, retryAfter: headers["retry-after"], body }

const take = (
  response: HttpClientResponse.HttpClientResponse,
  bytesMax: number
): Effect.Effect<Exchanged, HttpClientError.HttpClientError> => {
  const { headers, status } = response
  const announced = headers["content-length"]
  if (Number(announced ?? 0) > bytesMax) return Effect.succeed({ _tag: "TooLarge" })
  const answered = (body: Uint8Array): Exchanged => ({
    _tag: "Answered",
    status,
    reasonPhrase: reasonPhraseOf(response),
    retryAfter: headers["retry-after"],
    body
  })
  // A length is a promise that HTTP keeps, unless the body was packed.
  if (announced !== undefined && headers["content-encoding"] === undefined)
    return Effect.map(response.arrayBuffer, (buffer) => answered(new Uint8Array(buffer)))
  return Effect.map(collect(response, bytesMax), (body) =>
    body === null ? { _tag: "TooLarge" } : answered(body)
  )
}

/** Only classic multi-factor rejections speak through it; a transport that drops it shows the body alone. */
const reasonPhraseOf = (response: HttpClientResponse.HttpClientResponse): string =>
  response.status < 400
    ? ""
    : Option.match(HttpClientResponse.toWeb(response), {
        onNone: () => "",
        onSome: (web) => web.statusText
      })

const collect = (
  response: HttpClientResponse.HttpClientResponse,
  bytesMax: number
): Effect.Effect<Uint8Array | null, HttpClientError.HttpClientError> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  return response.stream.pipe(
    Stream.takeWhile((chunk) => {
      bytes += chunk.length
      return bytes <= bytesMax
    }),
    Stream.runForEach((chunk) => Effect.sync(() => chunks.push(chunk))),
    Effect.map(() => (bytes > bytesMax ? null : Buffer.concat(chunks))),
    Effect.catchIf(
      (error) => error.reason._tag === "EmptyBodyError",
      () => Effect.succeed(new Uint8Array())
    )
  )
}

/** The cause's code only: its text may hold the address, and a request its token. */
const unanswered = (error: HttpClientError.HttpClientError): Exchanged => {
  const cause = "cause" in error.reason ? error.reason.cause : undefined
  const code = codeIn(cause)
  return {
    _tag: "Unanswered",
    text: code === undefined ? "the connection broke" : `no connection (${code})`
  }
}

/** Node's own code; `fetch` wraps it, and a name with several addresses fails with one error for each. */
const codeIn = (cause: unknown, depth = 0): string | undefined => {
  if (typeof cause !== "object" || cause === null || depth > 3) return undefined
  if ("code" in cause && typeof cause.code === "string") return cause.code
  if ("errors" in cause && Array.isArray(cause.errors)) return codeIn(cause.errors[0], depth + 1)
  return "cause" in cause ? codeIn(cause.cause, depth + 1) : undefined
}

/** Pause before the next attempt: doubled each time, at most the limit, 80–120 % so that many do not come back at once. */
export const backoffMs = (settings: ClientSettings, attemptsMade: number, random: number): number =>
  Math.min(settings.backoffFirstMs * 2 ** (attemptsMade - 1), settings.backoffMaxMs) *
  (0.8 + 0.4 * random)
