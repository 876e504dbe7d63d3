import { bearer, makeClient } from "@concordat/contracts/Client"
import { InstanceName } from "@concordat/core/instance/Instance"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"

const page = { items: [], next: null }

/** A server that answers the first requests with 503, or not at all; it counts and remembers them. */
const serverThat = (answers: (attempt: number) => Response | "silence") => {
  const seen: Array<{ readonly method: string; readonly authorization: string | undefined }> = []
  const layer = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.suspend(() => {
        seen.push({ method: request.method, authorization: request.headers["authorization"] })
        const answer = answers(seen.length)
        return answer === "silence"
          ? Effect.never
          : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      })
    )
  )
  return { seen, layer: Layer.merge(layer, bearer(Redacted.make("ck_test"))) }
}

const unavailable = () => new Response(null, { status: 503 })
const client = makeClient({ baseUrl: "http://api.test", timeout: "10 seconds", retries: 3 })
const command = {
  headers: {},
  query: {},
  payload: { instance: InstanceName.make("contoso-eu"), scope: { kind: "organisation" as const } }
}

describe("the client", () => {
  it.effect("asks again when the server is away, and sends the key every time", () =>
    Effect.gen(function* () {
      const { layer, seen } = serverThat((attempt) =>
        attempt < 3 ? unavailable() : Response.json(page)
      )
      const asking = yield* Effect.flatMap(client, (c) => c.accounts.list({ query: {} })).pipe(
        Effect.provide(layer),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(asking), page)
      assert.deepStrictEqual(
        seen,
        Array(3).fill({ method: "GET", authorization: "Bearer ck_test" })
      )
    })
  )

  it.effect("gives up after the retries it was given", () =>
    Effect.gen(function* () {
      const { layer, seen } = serverThat(unavailable)
      const asking = yield* Effect.flatMap(client, (c) => c.accounts.list({ query: {} })).pipe(
        Effect.exit,
        Effect.provide(layer),
        Effect.forkChild
      )
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Fiber.join(asking))._tag, "Failure")
      assert.strictEqual(seen.length, 4)
    })
  )

  it.effect("does not repeat a command, unless it carries an Idempotency-Key", () =>
    Effect.gen(function* () {
      const attempts = Effect.fnUntraced(function* (headers: {
        readonly "idempotency-key"?: string
      }) {
        const { layer, seen } = serverThat(unavailable)
        const asking = yield* Effect.flatMap(client, (c) =>
          c.reconciliations.request({ ...command, headers })
        ).pipe(Effect.exit, Effect.provide(layer), Effect.forkChild)
        yield* TestClock.adjust("5 minutes")
        yield* Fiber.join(asking)
        return seen.length
      })
      assert.strictEqual(yield* attempts({}), 1)
      assert.strictEqual(yield* attempts({ "idempotency-key": "k" }), 4)
    })
  )

  it.effect("does not wait for ever", () =>
    Effect.gen(function* () {
      const { layer, seen } = serverThat(() => "silence")
      const asking = yield* Effect.flatMap(client, (c) => c.reconciliations.request(command)).pipe(
        Effect.flip,
        Effect.provide(layer),
        Effect.forkChild
      )
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(asking)
      assert.match(String(error), /no answer within 10s/)
      assert.strictEqual(seen.length, 1)
    })
  )

  it.effect("has money and instants as values, not as text", () =>
    Effect.gen(function* () {
      const run = {
        id: "0a1b2c3d-0000-4000-8000-00000000abcd",
        instance: "contoso-eu",
        environment: "primary",
        scope: { kind: "organisation" },
        status: "completed",
        requestedBy: "key:x",
        correlationId: "c",
        progress: { customers: 1, observed: 1, failed: 0 },
        requests: 3,
        rows: 1,
        findings: 1,
        counts: [],
        atRisk: [{ amount: "1234567890.12", currency: "EUR" }],
        problem: null,
        createdAt: "2026-11-20T12:00:00.000Z",
        startedAt: null,
        finishedAt: null
      }
      const { layer } = serverThat(() => Response.json({ items: [run], next: null }))
      const { items } = yield* Effect.flatMap(client, (c) =>
        c.reconciliations.list({ query: {} })
      ).pipe(Effect.provide(layer))
      assert.strictEqual(items[0]?.createdAt, Date.UTC(2026, 10, 20, 12))
      assert.strictEqual(items[0]?.atRisk[0]?.amount.value, 123_456_789_012n)
    })
  )
})
