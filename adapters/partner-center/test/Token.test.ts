import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Client } from "../src/Client.ts"
import { adapter, impatient, instanceAt, noSecrets, settled } from "./fixtures.ts"
import { type Reply, type ScriptedServer, scriptedServer } from "./scriptedServer.ts"

const granted: Reply = { body: "{}" }

const send = (server: ScriptedServer, version = 1) =>
  Effect.flatMap(Client, (client) =>
    client.send(instanceAt(server.origin, { version }), {
      operation: "getThing",
      method: "GET",
      uri: "/customers/x"
    })
  )

describe("a token", () => {
  it.effect("is asked for with the application's key, for the Partner Center API", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      yield* send(server).pipe(Effect.provide(adapter()))
      const [asked] = server.signIns
      assert.strictEqual(asked?.method, "POST")
      assert.strictEqual(asked?.url, "/22222222-0000-4000-8000-000000000002/oauth2/v2.0/token")
      assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(asked?.body)), {
        grant_type: "client_credentials",
        client_id: "33333333-0000-4000-8000-000000000003",
        client_secret: "s3cret",
        scope: "https://api.partnercenter.microsoft.com/.default"
      })
    })
  )

  it.effect("is asked for once by many requests at the same time", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      yield* Effect.forEach(Array.from({ length: 20 }), () => send(server), {
        concurrency: 20
      }).pipe(Effect.provide(adapter()))
      assert.strictEqual(server.signIns.length, 1)
      assert.strictEqual(server.seen.length, 20)
    })
  )

  for (const expires_in of [3600, "3600"])
    it.effect(
      `that lives ${JSON.stringify(expires_in)} seconds is used until its last minute`,
      () =>
        Effect.gen(function* () {
          const token = { access_token: "t", expires_in, resource: "https://x.example" }
          const server = yield* scriptedServer([granted], [{ body: token }])
          yield* Effect.gen(function* () {
            yield* send(server)
            yield* TestClock.adjust("3539 seconds")
            yield* send(server)
            assert.strictEqual(server.signIns.length, 1)
            yield* TestClock.adjust("1 seconds")
            yield* send(server)
            assert.strictEqual(server.signIns.length, 2)
          }).pipe(Effect.provide(adapter()))
        })
    )

  it.effect("is not used for an instance that was pointed elsewhere", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      const other = yield* scriptedServer([granted])
      yield* Effect.andThen(send(server), send(other)).pipe(Effect.provide(adapter()))
      assert.strictEqual(other.signIns.length, 1)
    })
  )

  it.effect("that would end its header is not used", () =>
    Effect.gen(function* () {
      const body = { access_token: "t\r\nx-evil: 1", expires_in: 3600 }
      const server = yield* scriptedServer([granted], [{ body }])
      const error = yield* send(server).pipe(Effect.flip, Effect.provide(adapter()))
      assert.strictEqual(error.reason._tag, "Malformed")
      assert.strictEqual(server.seen.length, 0)
    })
  )
})

describe("a rejected sign-in", () => {
  // code, and a word of the way out
  for (const [code, wayOut] of [
    ["AADSTS7000215", "value, not its id"],
    ["AADSTS7000222", "expired"],
    ["AADSTS700016", "application id"],
    ["AADSTS65001", "administrator"],
    ["AADSTS50076", "multi-factor"],
    ["AADSTS50079", "second factor"],
    ["AADSTS50173", "revoked"],
    ["AADSTS700082", "90 days"],
    ["AADSTS999999", "Microsoft's list"]
  ] as const)
    it.effect(`by ${code} names the code and the way out`, () =>
      Effect.gen(function* () {
        const body = {
          error: "invalid_client",
          error_description: `${code}: Something is wrong.\r\nTrace ID: 1\r\nCorrelation ID: 2`,
          error_codes: [Number(code.slice(6))]
        }
        const server = yield* scriptedServer([granted], [{ status: 401, body }])
        const error = yield* send(server).pipe(Effect.flip, Effect.provide(adapter()))
        assert.strictEqual(error.operation, "signIn")
        assert.strictEqual(error.reason._tag, "SignInRejected")
        assert.strictEqual(error.code, code)
        assert.strictEqual(error.text, `${code}: Something is wrong.`)
        assert.include(error.message, wayOut)
        assert.strictEqual(server.signIns.length, 1)
        assert.strictEqual(server.seen.length, 0)
      })
    )

  it.effect(
    "is not repeated for every customer, but when the instance was changed or some time has passed",
    () =>
      Effect.gen(function* () {
        const body = { error: "invalid_client", error_description: "AADSTS7000215: no" }
        const server = yield* scriptedServer([granted], [{ status: 401, body }])
        yield* Effect.gen(function* () {
          yield* Effect.forEach(Array.from({ length: 9 }), () => Effect.flip(send(server)), {
            concurrency: 3
          })
          assert.strictEqual(server.signIns.length, 1)
          yield* Effect.flip(send(server, 2))
          assert.strictEqual(server.signIns.length, 2)
          yield* TestClock.adjust("30 seconds")
          yield* Effect.flip(send(server, 2))
          assert.strictEqual(server.signIns.length, 3)
        }).pipe(Effect.provide(adapter()))
      })
  )

  it.effect("of an instance that is gone says so", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      const error = yield* send(server).pipe(
        Effect.flip,
        Effect.provide(adapter({ secrets: noSecrets }))
      )
      assert.include(error.message, "Add the instance again")
      assert.strictEqual(server.signIns.length, 0)
    })
  )
})

describe("a sign-in authority that is down", () => {
  it.effect("is Busy after four attempts, which all who wait share", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted], [{ status: 503 }])
      const errors = yield* Effect.forEach(
        Array.from({ length: 10 }),
        () => Effect.flip(send(server)),
        { concurrency: 10 }
      ).pipe(Effect.provide(adapter({ settings: impatient })), TestClock.withLive)
      assert.deepStrictEqual(
        errors.map(({ reason }) => reason._tag),
        Array.from({ length: 10 }, () => "Busy")
      )
      assert.strictEqual(server.signIns.length, 4)
    })
  )

  it.effect("is asked again later", () =>
    Effect.gen(function* () {
      const token = { body: { access_token: "t", expires_in: 3600 } }
      const down = [{ status: 503 }, { status: 503 }, { status: 503 }, { status: 503 }]
      const server = yield* scriptedServer([granted], [...down, token])
      yield* Effect.andThen(Effect.flip(send(server)), send(server)).pipe(
        Effect.provide(adapter({ settings: impatient })),
        TestClock.withLive
      )
      assert.strictEqual(server.signIns.length, 5)
    })
  )

  it.effect("does not stop those who come after one that was interrupted", () =>
    Effect.gen(function* () {
      const token: Reply = { body: { access_token: "t", expires_in: 3600 } }
      const server = yield* scriptedServer([granted], ["silence", token])
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(send(server))
        while (server.signIns.length === 0) yield* settled
        yield* Fiber.interrupt(first)
        yield* send(server)
      }).pipe(Effect.provide(adapter()))
      assert.strictEqual(server.signIns.length, 2)
    })
  )
})
