import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Clock, Effect, Metric } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { routeOf } from "./routes.ts"

const requests = Metric.counter("concordat_http_requests_total", {
  description: "Requests answered, by route, method and status.",
  incremental: true
})
const durations = Metric.histogram("concordat_http_request_duration_ms", {
  description: "Milliseconds until an answer began, by route and method.",
  boundaries: Metric.boundariesFromIterable([
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000
  ])
})

/** One line in the log and one count in the metrics for every request, all under its correlation id. */
export const observeLayer = HttpRouter.middleware(
  (answer) =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const correlationId = yield* CurrentCorrelation
      const began = yield* Clock.currentTimeMillis
      const response = yield* Effect.annotateLogs(answer, { correlationId })
      const ms = (yield* Clock.currentTimeMillis) - began
      // Ids in the address would make a series of each: the route is its pattern.
      const route = routeOf(request.url)?.path ?? "unmatched"
      const labels = { route, method: knownMethods.has(request.method) ? request.method : "OTHER" }
      yield* Metric.update(
        Metric.withAttributes(requests, { ...labels, status: String(response.status) }),
        1
      )
      yield* Metric.update(Metric.withAttributes(durations, labels), ms)
      yield* Effect.logInfo("request").pipe(
        Effect.annotateLogs({ ...labels, correlationId, status: response.status, ms })
      )
      return response
    }),
  { global: true }
)

const knownMethods = new Set(["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"])

/** What is measured, for Prometheus. */
export const metricsLayer = HttpRouter.add(
  "GET",
  "/metrics",
  Effect.map(PrometheusMetrics.format(), (text) =>
    HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
  )
)
