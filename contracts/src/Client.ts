import { Duration, Effect, type Redacted, Schedule } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"
import { Api } from "./Api.ts"
import { Bearer } from "./Auth.ts"

/** How a client talks to the API. */
export interface ClientOptions {
  /** Origin of the API, such as `http://127.0.0.1:3000`. */
  readonly baseUrl: string
  /** How long one attempt may take until its answer begins; 30 seconds when absent. */
  readonly timeout?: Duration.Input | undefined
  /** How often a safe request is tried again; 3 when absent. */
  readonly retries?: number | undefined
}

/**
 * A typed client of the whole API: methods by group and operation, problems as tagged errors. It needs an
 * `HttpClient` and the layer of `bearer`.
 */
export const makeClient = ({ baseUrl, timeout = "30 seconds", retries = 3 }: ClientOptions) =>
  HttpApiClient.make(Api, {
    baseUrl,
    transformClient: (client) => {
      const timed = withTimeout(client, timeout)
      const retrying = timed.pipe(HttpClient.retryTransient({ times: retries, schedule: backoff }))
      return HttpClient.transform(timed, (attempt, request) =>
        isSafe(request) ? retrying.execute(request) : attempt
      )
    }
  })

/** The client's type, for functions that take one. */
export type Client = Effect.Success<ReturnType<typeof makeClient>>

/** Sends the key with every request. */
export const bearer = (key: Redacted.Redacted) =>
  HttpApiMiddleware.layerClient(Bearer, ({ next, request }) =>
    next(HttpClientRequest.bearerToken(request, key))
  )

const backoff = Schedule.exponential("200 millis").pipe(Schedule.jittered)

/** Repeating it does no harm: it changes nothing, or it carries a key by which the server knows it again. */
const isSafe = (request: HttpClientRequest.HttpClientRequest): boolean =>
  request.method === "GET" ||
  request.method === "HEAD" ||
  request.method === "DELETE" ||
  request.headers["idempotency-key"] !== undefined

const withTimeout = (client: HttpClient.HttpClient, timeout: Duration.Input) =>
  HttpClient.transform(client, (attempt, request) =>
    Effect.timeoutOrElse(attempt, {
      duration: timeout,
      orElse: () =>
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              description: `no answer within ${Duration.format(Duration.fromInputUnsafe(timeout))}`
            })
          })
        )
    })
  )
