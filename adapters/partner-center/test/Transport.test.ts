import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { CurrentClientSettings, clientSettingsDefault } from "../src/Settings.ts"
import { isTransport, transportLayer } from "../src/Transport.ts"
import { scriptedServer } from "./scriptedServer.ts"

const answerBytesMax = 1_000
const settings = Layer.succeed(CurrentClientSettings, { ...clientSettingsDefault, answerBytesMax })
const over = transportLayer.pipe(Layer.provide(settings))

/** The transport, and a request to a server that always gives the same answer. */
const asking = Effect.fnUntraced(function* (...[script]: Parameters<typeof scriptedServer>) {
  const client = yield* HttpClient.HttpClient
  assert.isTrue(isTransport(client))
  if (!isTransport(client)) return yield* Effect.die("not the transport")
  const { origin } = yield* scriptedServer(script)
  return { client, request: HttpClientRequest.get(`${origin}/v1/customers`) }
})

describe("an answer", () => {
  it.effect("says the same as a Response as it does as it came", () =>
    Effect.gen(function* () {
      const { client, request } = yield* asking([
        { status: 401, reason: "MFA needed: ü", headers: { "retry-after": "7" }, body: "grün" }
      ])
      const received = yield* client.receive(request)
      const response = yield* client.execute(request)
      const web = Option.getOrThrow(HttpClientResponse.toWeb(response))
      assert.strictEqual(received.status, 401)
      assert.strictEqual(web.status, 401)
      assert.match(received.reasonPhrase, /^MFA needed: [ -~]+$/u)
      assert.strictEqual(web.statusText, received.reasonPhrase)
      assert.strictEqual(received.headers["retry-after"], "7")
      assert.strictEqual(response.headers["retry-after"], "7")
      assert.strictEqual(new TextDecoder().decode(received.body ?? undefined), "grün")
      assert.strictEqual(yield* Effect.promise(() => web.text()), "grün")
    }).pipe(Effect.provide(over))
  )

  it.effect("has no body where it is too large, and says how large it is", () =>
    Effect.gen(function* () {
      const { client, request } = yield* asking([{ body: "x".repeat(answerBytesMax + 1) }])
      const { body, bytes } = yield* client.receive(request)
      const response = yield* client.execute(request)
      assert.isNull(body)
      assert.strictEqual(bytes, answerBytesMax + 1)
      assert.strictEqual(response.headers["content-length"], String(answerBytesMax + 1))
    }).pipe(Effect.provide(over))
  )

  it.effect("of a status that HTTP does not have is no answer", () =>
    Effect.gen(function* () {
      const { client, request } = yield* asking([{ status: 799, body: "?" }])
      const asItCame = Effect.asVoid(client.receive(request))
      const asResponse = Effect.asVoid(client.execute(request))
      for (const sent of [asItCame, asResponse]) {
        const error = yield* Effect.flip(sent)
        assert.strictEqual(error.reason._tag, "TransportError")
        assert.include(String("cause" in error.reason && error.reason.cause), "status 799")
      }
    }).pipe(Effect.provide(over))
  )
})
