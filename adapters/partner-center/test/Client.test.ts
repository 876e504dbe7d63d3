import { TenantId } from "@concordat/core/instance/Instance"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { countingRequests } from "@concordat/core/vendor/Requests"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, References } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Client, familyOf, type ReadRequest } from "../src/Client.ts"
import { getCustomer } from "../src/Customers.ts"
import { partnerCenterLayer } from "../src/partnerCenter.ts"
import { CurrentClientSettings } from "../src/Settings.ts"
import {
  adapter,
  impatient,
  instanceAt,
  noBudget,
  secretsOnly,
  settled,
  someUser,
  watchedBudget
} from "./fixtures.ts"
import { type Reply, type ScriptedServer, type Seen, scriptedServer } from "./scriptedServer.ts"

const tenantId = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
const customer = { id: tenantId, companyProfile: { domain: "contoso.onmicrosoft.com" } }
const granted: Reply = { body: customer }
const get: ReadRequest = { operation: "getThing", method: "GET", uri: "/customers/x" }

const send = (server: ScriptedServer, request: ReadRequest = get) =>
  Effect.flatMap(Client, (client) => client.send(instanceAt(server.origin), request))

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u
const requestIds = (seen: ReadonlyArray<Seen>) => seen.map(({ headers }) => headers["ms-requestid"])
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe("a request", () => {
  it.effect("carries the token, both ids, the locale and our name", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      yield* send(server).pipe(Effect.provide(adapter()))
      const headers = server.seen[0]?.headers ?? {}
      assert.strictEqual(headers.authorization, "Bearer token-1")
      assert.strictEqual(headers.accept, "application/json")
      assert.strictEqual(headers["x-locale"], "en-US")
      assert.strictEqual(headers["ms-partnercenter-application"], "Concordat")
      assert.match(String(headers["ms-requestid"]), guid)
      assert.match(String(headers["ms-correlationid"]), guid)
    })
  )

  it.effect("has the correlation id of the act that caused it, and so has its error", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([{ status: 404 }])
      const error = yield* send(server).pipe(
        Effect.flip,
        Effect.provideService(CurrentCorrelation, "c0ffee00-0000-4000-8000-000000000001"),
        Effect.provide(adapter())
      )
      assert.strictEqual(
        server.seen[0]?.headers["ms-correlationid"],
        "c0ffee00-0000-4000-8000-000000000001"
      )
      assert.strictEqual(error.correlationId, "c0ffee00-0000-4000-8000-000000000001")
    })
  )

  it.effect("goes below /v1, whether its link says so, is absolute, or neither", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      for (const uri of [
        "/customers/x?size=1",
        "/v1/customers/x?size=1",
        "customers/x?size=1",
        `${server.origin}/v1/customers/x?size=1`
      ])
        yield* send(server, { ...get, uri }).pipe(Effect.provide(adapter()))
      assert.deepStrictEqual(
        server.seen.map(({ url }) => url),
        Array.from({ length: 4 }, () => "/v1/customers/x?size=1")
      )
    })
  )

  it.effect("never follows a link to another host, which would get the token", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      for (const uri of [
        "https://elsewhere.example/v1/customers",
        "//elsewhere.example/v1",
        "/a b"
      ]) {
        const error = yield* send(server, { ...get, uri }).pipe(
          Effect.flip,
          Effect.provide(adapter())
        )
        assert.strictEqual(error.reason._tag, "Malformed")
      }
      assert.strictEqual(server.seen.length, 0)
    })
  )

  it.effect("does not follow a redirect", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([
        { status: 302, headers: { location: "/v1/elsewhere" } },
        granted
      ])
      const error = yield* send(server).pipe(Effect.flip, Effect.provide(adapter()))
      assert.strictEqual(error.reason._tag, "Refused")
      assert.strictEqual(server.seen.length, 1)
    })
  )

  it("counts against the family that Microsoft counts it in", () => {
    // path                                              family
    const rows = [
      ["/v1/customers?size=500", "customers"],
      ["/v1/customers/x", "customers"],
      ["/v1/customers/x/profiles/company", "customers"],
      ["/v1/customers/x/subscriptions", "subscriptions"],
      ["/v1/customers/x/Subscriptions/y/addons", "subscriptions"],
      ["/v1/customers/x/orders?include_price=true", "orders"],
      ["/v1/auditrecords?startDate=2026-01-01", "other"],
      ["/v1/profiles/mpn", "other"]
    ]
    for (const [path = "", family] of rows) assert.strictEqual(familyOf(path), family)
  })

  it.effect("waits for the budget, and is counted, at every attempt", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([{ status: 503 }, "reset", granted])
      const budget = watchedBudget()
      const [, requests] = yield* send(server, { ...get, uri: "/customers/x/orders" }).pipe(
        countingRequests,
        Effect.provide(adapter({ settings: impatient, budget: budget.layer })),
        TestClock.withLive
      )
      assert.deepStrictEqual(budget.taken, ["orders", "orders", "orders"])
      assert.strictEqual(requests, 3)
    })
  )
})

describe("an answer", () => {
  it.effect("is read without its byte-order mark", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      const got = yield* getCustomer(instanceAt(server.origin), tenantId).pipe(
        Effect.provide(adapter())
      )
      assert.strictEqual(got.companyProfile?.domain, "contoso.onmicrosoft.com")
    })
  )

  // body                                 text
  for (const [body, said] of [
    ["", "the answer is empty"],
    ["<html>maintenance</html>", "the answer is no JSON"],
    ['{"id":"0a1b2c3d', "the answer is no JSON"],
    [Buffer.from([0x22, 0xff, 0x22]), "the answer is no JSON"],
    [{ id: 7 }, 'at ["id"]'],
    [{ ...customer, companyProfile: { domain: 7 } }, 'at ["companyProfile"]["domain"]'],
    [{ ...customer, relationshipToPartner: "friend" }, 'at ["relationshipToPartner"]']
  ] as const)
    it.effect(`that is ${JSON.stringify(body).slice(0, 60)} is Malformed: ${said}`, () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer([{ body }])
        const error = yield* getCustomer(instanceAt(server.origin), tenantId).pipe(
          Effect.flip,
          Effect.provide(adapter())
        )
        assert.strictEqual(error.reason._tag, "Malformed")
        assert.include(error.message, "getCustomer")
        assert.include(error.text, said)
        assert.strictEqual(server.seen.length, 1)
      })
    )

  it.effect("is cut off when it is larger than the limit, announced or not", () =>
    Effect.gen(function* () {
      const body = "x".repeat(100_001)
      const chunked: Reply = { headers: { "transfer-encoding": "chunked" }, body }
      const announced: Reply = { headers: { "content-length": String(body.length) }, body }
      for (const reply of [chunked, announced]) {
        const server = yield* scriptedServer([reply])
        for (const answerBytesMax of [100_000, 100_001]) {
          const result = yield* send(server).pipe(
            Effect.map(({ body }) => body.length),
            Effect.catch((error) => Effect.succeed(`${error.reason._tag}: ${error.text}`)),
            Effect.provide(adapter({ settings: { ...impatient, answerBytesMax } }))
          )
          assert.strictEqual(
            result,
            answerBytesMax === 100_001 ? 100_001 : "Malformed: the answer is too large"
          )
        }
      }
    })
  )

  it.effect("without an end is cut off", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer(["endless"])
      const error = yield* send(server).pipe(
        Effect.flip,
        Effect.provide(adapter({ settings: { ...impatient, answerBytesMax: 100_000 } })),
        TestClock.withLive
      )
      assert.strictEqual(error.text, "the answer is too large")
    })
  )

  it.effect("is taken, limited and explained in the same way over fetch", () =>
    Effect.gen(function* () {
      const settings = { ...impatient, answerBytesMax: 1_000 }
      const overFetch = partnerCenterLayer.pipe(
        Layer.provide([secretsOnly("s"), noBudget, someUser, FetchHttpClient.layer]),
        Layer.provide(Layer.succeed(CurrentClientSettings, settings))
      )
      const server = yield* scriptedServer([
        { body: "fits" },
        "endless",
        { status: 401, reason: "Unauthorized - MFA required" }
      ])
      const one = send(server).pipe(Effect.provide(overFetch), TestClock.withLive)
      assert.strictEqual(text((yield* one).body), "fits")
      assert.strictEqual((yield* Effect.flip(one)).text, "the answer is too large")
      assert.include((yield* Effect.flip(one)).message, "multi-factor")
    })
  )
})

describe("a refusal", () => {
  // status  body, and what it is to the caller
  const rows: ReadonlyArray<
    readonly [number, unknown, VendorError["reason"]["_tag"], string | null, string]
  > = [
    [
      400,
      { code: 900118, description: "bad id", data: [], source: "PartnerFD" },
      "Refused",
      "900118",
      "bad id"
    ],
    [400, { code: "2002", description: "quantity" }, "Refused", "2002", "quantity"],
    [
      403,
      { code: 20002, description: "no commerce relationship" },
      "NoRelationship",
      "20002",
      "no commerce"
    ],
    [
      403,
      { code: 900308, description: "insufficient privileges" },
      "SignInRejected",
      "900308",
      "insufficient"
    ],
    [
      403,
      { code: 900329, message: "app only", isRetryable: false, parameters: {} },
      "SignInRejected",
      "900329",
      "app only"
    ],
    [403, { code: 2006, description: "not valid for the offer" }, "Refused", "2006", "not valid"],
    [403, "", "SignInRejected", null, "Forbidden"],
    [404, { code: 20003, description: "no such subscription" }, "NotFound", "20003", "no such"],
    [404, "", "NotFound", null, "Not Found"],
    [404, "<html>nothing</html>", "NotFound", null, "Not Found"],
    [409, { code: 800082, errorName: "NotReady" }, "Refused", "800082", "NotReady"],
    [501, { code: 0, description: "not implemented" }, "Refused", "0", "not implemented"]
  ]
  for (const [status, body, tag, code, said] of rows)
    it.effect(`${status} ${JSON.stringify(body).slice(0, 50)} is ${tag}, after one request`, () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer([{ status, body }])
        const error = yield* send(server).pipe(Effect.flip, Effect.provide(adapter()))
        assert.strictEqual(error.reason._tag, tag)
        assert.strictEqual(error.status, status)
        assert.strictEqual(error.code, code)
        assert.include(error.text, said)
        assert.include(error.message, "getThing")
        assert.strictEqual(server.seen.length, 1)
      })
    )

  it.effect("for want of a second factor is never asked again, in either style", () =>
    Effect.gen(function* () {
      for (const reply of [
        {
          status: 401,
          reason: "Unauthorized - MFA required",
          headers: {
            "www-authenticate": 'Bearer error="invalid_token"',
            "transfer-encoding": "chunked"
          }
        },
        { status: 401, body: { code: 900421, description: "MFA claim is missing" } },
        { status: 401, body: { code: "900421", message: "MFA claim is missing" } }
      ]) {
        const server = yield* scriptedServer([granted, reply])
        const error = yield* Effect.andThen(send(server), send(server)).pipe(
          Effect.flip,
          Effect.provide(adapter())
        )
        assert.strictEqual(error.reason._tag, "SignInRejected")
        assert.include(error.message, "sign in again with a second factor")
        assert.strictEqual(server.seen.length, 2)
        assert.strictEqual(server.signIns.length, 1)
      }
    })
  )

  it.effect("of a token that may have expired renews it once, as another request", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted, { status: 401 }, granted])
      yield* Effect.andThen(send(server), send(server)).pipe(Effect.provide(adapter()))
      assert.deepStrictEqual(
        server.seen.map(({ headers }) => headers.authorization),
        ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
      )
      assert.strictEqual(new Set(requestIds(server.seen)).size, 3)
    })
  )

  it.effect("of the renewed token, and of a new one, is believed", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted, { status: 401 }])
      const error = yield* Effect.andThen(send(server), send(server)).pipe(
        Effect.flip,
        Effect.provide(adapter())
      )
      assert.strictEqual(error.reason._tag, "SignInRejected")
      assert.strictEqual(server.seen.length, 3)
      const other = yield* scriptedServer([{ status: 401 }])
      yield* send(other).pipe(Effect.flip, Effect.provide(adapter()))
      assert.strictEqual(other.seen.length, 1)
    })
  )

  it.effect("of every token, by many requests at once, does not keep them going", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted, { status: 401 }])
      const many = Effect.forEach(Array.from({ length: 20 }), () => Effect.flip(send(server)), {
        concurrency: 20
      })
      yield* Effect.andThen(send(server), many).pipe(Effect.provide(adapter()))
      assert.isAtMost(server.seen.length, 1 + 2 * 20)
    })
  )

  it.effect("of a token for another service is believed: a new one would be no better", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted, { status: 401, body: { code: 900420 } }])
      const error = yield* Effect.andThen(send(server), send(server)).pipe(
        Effect.flip,
        Effect.provide(adapter())
      )
      assert.include(error.message, "another service")
      assert.strictEqual(server.seen.length, 2)
    })
  )

  it.effect("of one token by many requests at once renews it once for all of them", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer(({ headers }, before) =>
        before > 0 && headers.authorization === "Bearer token-1" ? { status: 401 } : granted
      )
      const many = Effect.forEach(Array.from({ length: 20 }), () => send(server), {
        concurrency: 20
      })
      yield* Effect.andThen(send(server), many).pipe(Effect.provide(adapter()))
      assert.strictEqual(server.signIns.length, 2)
    })
  )
})

describe("throttling", () => {
  const throttled: Reply = {
    status: 429,
    headers: { "retry-after": "57" },
    body: { statusCode: 429, message: "Rate limit is exceeded. Try again in 57 seconds." }
  }

  it.effect(
    "is told to all, waited for as long as Microsoft asks, and tried again as another request",
    () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer([throttled, granted])
        const budget = watchedBudget()
        const fiber = yield* send(server).pipe(
          Effect.provide(adapter({ budget: budget.layer })),
          Effect.forkChild
        )
        yield* told(budget.throttled, 1)
        assert.deepStrictEqual(budget.throttled, [57_000])
        yield* TestClock.adjust("56999 millis")
        yield* settled
        assert.strictEqual(server.seen.length, 1)
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(fiber)
        assert.strictEqual(new Set(requestIds(server.seen)).size, 2)
      })
  )

  // Retry-After   body                            pause in ms
  for (const [header, message, pause] of [
    [undefined, "Try again in 21 seconds.", 21_000],
    [undefined, "", 10_000],
    ["soon", "", 10_000],
    ["0", "", 500],
    ["999999999", "", 600_000]
  ] as const)
    it.effect(`with Retry-After ${header} and "${message}" pauses for ${pause} ms`, () =>
      Effect.gen(function* () {
        const headers: Record<string, string> =
          header === undefined ? {} : { "retry-after": header }
        const server = yield* scriptedServer([{ status: 429, headers, body: { message } }, granted])
        const budget = watchedBudget()
        yield* send(server).pipe(
          Effect.provide(adapter({ budget: budget.layer })),
          Effect.forkChild
        )
        yield* told(budget.throttled, 1)
        assert.deepStrictEqual(budget.throttled, [pause])
      })
    )

  it.effect("for minutes ends as Busy within five minutes, with few requests", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([throttled])
      const budget = watchedBudget()
      const fiber = yield* send(server).pipe(
        Effect.flip,
        Effect.provide(adapter({ budget: budget.layer })),
        Effect.forkChild
      )
      for (let times = 1; times <= 5; times++) {
        yield* told(budget.throttled, times)
        yield* TestClock.adjust("57 seconds")
      }
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag === "Busy" && error.reason.retryAfterMs, 57_000)
      assert.strictEqual(error.status, 429)
      // 57 s after the sixth, the five minutes would be over: nobody waits for that.
      assert.strictEqual(server.seen.length, 6)
    })
  )
})

/** Resolves when the budget was told so often, and the pause that follows has begun. */
const told = (throttled: ReadonlyArray<number>, times: number) =>
  Effect.gen(function* () {
    while (throttled.length < times) yield* settled
    yield* settled
  })

describe("a broken or slow server", () => {
  it.effect("gets the same request id again after silence, and another one after an answer", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer(["silence", { status: 500 }, granted])
      const fiber = yield* send(server).pipe(Effect.provide(adapter()), Effect.forkChild)
      yield* server.until(1)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(server.seen.length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* settled
      yield* TestClock.adjust("600 millis")
      yield* server.until(2)
      const [first, second] = requestIds(server.seen)
      assert.strictEqual(second, first)
      while (server.seen.length < 3) {
        yield* settled
        yield* TestClock.adjust("100 millis")
      }
      yield* Fiber.join(fiber)
      assert.notStrictEqual(requestIds(server.seen)[2], first)
    })
  )

  for (const reply of ["reset", "half"] as const)
    it.effect(
      `that breaks the connection (${reply}) is asked again, with the same request id`,
      () =>
        Effect.gen(function* () {
          const server = yield* scriptedServer([reply, granted])
          const answer = yield* send(server).pipe(
            Effect.provide(adapter({ settings: impatient })),
            TestClock.withLive
          )
          assert.include(text(answer.body), "contoso")
          assert.strictEqual(new Set(requestIds(server.seen)).size, 1)
        })
    )

  for (const reply of [{ status: 503, body: "<html>" }, "reset"] as const)
    it.effect(`that stays so (${JSON.stringify(reply)}) is Busy after four attempts`, () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer([reply])
        const error = yield* send(server).pipe(
          Effect.flip,
          Effect.provide(adapter({ settings: impatient })),
          TestClock.withLive
        )
        assert.strictEqual(error.reason._tag, "Busy")
        assert.strictEqual(server.seen.length, 4)
      })
    )

  it.effect("that is not there is Busy and says so", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([granted])
      const gone = yield* Effect.scoped(scriptedServer([]))
      const instance = instanceAt(server.origin)
      const error = yield* Effect.flatMap(Client, (client) =>
        client.send({ ...instance, endpoints: { ...instance.endpoints, api: gone.origin } }, get)
      ).pipe(Effect.flip, Effect.provide(adapter({ settings: impatient })), TestClock.withLive)
      assert.strictEqual(error.reason._tag, "Busy")
      assert.include(error.text, "ECONNREFUSED")
    })
  )
})

describe("secrets", () => {
  it.effect("appear in no error and no log line, even when the server repeats them", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const log = Logger.layer([Logger.map(Logger.formatJson, (line) => void lines.push(line))])
      const parrot = (seen: Seen, before: number): Reply => {
        const said = `${seen.headers.authorization} s3cret ${JSON.stringify(seen.headers)}`
        return before % 2 === 0
          ? { status: 503, body: { code: said, description: said } }
          : {
              status: 400,
              reason: String(seen.headers.authorization),
              body: { code: said, message: said }
            }
      }
      const server = yield* scriptedServer(parrot)
      const refused = yield* send(server).pipe(
        Effect.flip,
        Effect.provide([adapter({ settings: impatient }), log]),
        Effect.provideService(References.MinimumLogLevel, "All"),
        TestClock.withLive
      )
      const said = "the client_secret s3cret+/= is wrong s3cret%2B%2F%3D"
      const signIn = yield* scriptedServer(
        [granted],
        [
          { status: 503, body: said },
          {
            status: 401,
            reason: "s3cret+/=",
            body: JSON.stringify({ error: "s3cret+/=", error_description: said })
          }
        ]
      )
      const secrets = secretsOnly("s3cret+/=")
      const rejected = yield* send(signIn).pipe(
        Effect.flip,
        Effect.provide([adapter({ settings: impatient, secrets }), log]),
        Effect.provideService(References.MinimumLogLevel, "All"),
        TestClock.withLive
      )
      assert.isAtLeast(lines.length, 2)
      const shown = [refused, rejected].flatMap((error) => [
        error.message,
        JSON.stringify(error),
        String(error.stack),
        error.code ?? ""
      ])
      for (const line of [...lines, ...shown]) {
        assert.notInclude(line, "token-1")
        assert.notInclude(line, "s3cret+/=")
        assert.notInclude(line, "s3cret%2B%2F%3D")
      }
      assert.include(refused.text, "<hidden>")
      assert.include(rejected.text, "<hidden>")
    })
  )
})
