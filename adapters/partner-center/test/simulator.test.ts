import { UserTokens } from "@concordat/core/consent/UserTokens"
import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { Instant } from "@concordat/core/time/Instant"
import { countingRequests } from "@concordat/core/vendor/Requests"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type RunningSimulator, startSimulator } from "../../../apps/simulator/src/server.ts"
import { BookSubscription } from "../../../apps/simulator/src/world/Book.ts"
import { listAgreementTemplates } from "../src/Agreements.ts"
import { listAuditRecords } from "../src/Audit.ts"
import { Client } from "../src/Client.ts"
import { getCountryRules } from "../src/CountryRules.ts"
import { getBillingProfile, getCompanyProfile, getCustomer } from "../src/Customers.ts"
import { getOrder, listOrders } from "../src/Orders.ts"
import { getOwnMpnProfile } from "../src/Profiles.ts"
import { listPartners, listResellersOf } from "../src/Relationships.ts"
import { getSubscription, listAddons } from "../src/Subscriptions.ts"
import { type Adapter, adapter, impatient, instanceAt, secretsOnly } from "./fixtures.ts"

const Accounts = Schema.Struct({
  accounts: Schema.Array(
    Schema.Struct({ tenantId: TenantId, appId: Schema.String, clientSecret: Schema.String })
  )
})
const Granted = Schema.Struct({ access_token: Schema.String })
const Admins = Schema.Struct({
  accounts: Schema.Array(Schema.Struct({ refreshToken: Schema.String }))
})
const Book = Schema.Struct({
  customers: Schema.Array(
    Schema.Struct({ tenantId: TenantId, subscriptions: Schema.Array(BookSubscription) })
  )
})

/** The book's row in the core's words. */
const termsOf = (row: BookSubscription) => ({
  offer: row.offer,
  quantity: row.quantity,
  status: row.status,
  billingCycle: row.billingCycle,
  term: row.term,
  autoRenew: row.autoRenew,
  commitmentEnd: row.commitmentEnd === null ? null : Date.parse(row.commitmentEnd),
  scheduledChange: row.scheduledChange && { offer: row.offer, ...row.scheduledChange },
  partnerOfRecord: row.partnerOfRecord,
  parent: row.parentMicrosoftId,
  isTrial: row.isTrial,
  friendlyName: row.friendlyName
})

const customers = 23

describe("against the simulator", () => {
  let simulator: RunningSimulator
  let instance: Instance
  let secret: string

  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? undefined : answer.json()
  }
  const arm = (operation: string, fault: unknown, count: number) =>
    Effect.promise(() => control("POST", "/faults", { operation, fault, count }))

  beforeAll(async () => {
    simulator = await startSimulator({
      initial: {
        seed: 7,
        accounts: [{ name: "contoso-eu", cspStatus: "indirect", customers, limitPerMinute: 0 }]
      }
    })
    const [account] = Schema.decodeUnknownSync(Accounts)(await control("GET", "/accounts")).accounts
    if (account === undefined) throw new Error("one account was asked for")
    secret = account.clientSecret
    const { tenantId, appId } = account
    instance = instanceAt(simulator.url, { tenantId, appId })
  })
  beforeEach(() => control("DELETE", "/faults"))
  afterAll(() => simulator.close())

  const settings = { ...impatient, pageSize: 5, attemptTimeoutMs: 2_000 }
  const run = <A, E>(
    effect: Effect.Effect<A, E, Adapter>,
    options: Parameters<typeof adapter>[0] = {}
  ) =>
    effect.pipe(
      Effect.provide(adapter({ settings, secrets: secretsOnly(secret), ...options })),
      TestClock.withLive
    )
  const everyCustomer = VendorCustomers.use((port) => Stream.runCollect(port.all(instance)))
  const list = (tenantId: TenantId, known: string | null = null) =>
    VendorSubscriptions.use((port) => port.list(instance, tenantId, known))
  const aTenant = Effect.map(everyCustomer, ([first]) => first?.tenantId ?? assert.fail("none"))

  it.effect("every customer is found, page by page", () =>
    Effect.gen(function* () {
      const [found, requests] = yield* run(countingRequests(everyCustomer))
      assert.strictEqual(new Set(found.map(({ tenantId }) => tenantId)).size, customers)
      assert.strictEqual(requests, Math.ceil(customers / settings.pageSize))
    })
  )

  it.effect("every subscription and add-on is what the partner's own books say", () =>
    Effect.gen(function* () {
      const truth = yield* Schema.decodeUnknownEffect(Book)(
        yield* Effect.promise(() => control("GET", "/accounts/contoso-eu/book?limit=1000"))
      )
      const seen = yield* run(
        Effect.forEach(truth.customers, ({ tenantId }) => list(tenantId), { concurrency: 8 })
      )
      const ours = seen.flatMap((listing) =>
        listing._tag === "Unchanged" ? [] : listing.subscriptions
      )
      const theirs = new Map(
        truth.customers.flatMap(({ subscriptions }) =>
          subscriptions.map((row) => [row.microsoftId, row] as const)
        )
      )
      assert.isAbove(ours.length, customers)
      assert.strictEqual(ours.length, theirs.size)
      for (const { microsoftId, terms, name, orderId, effectiveStart } of ours) {
        const row = theirs.get(microsoftId)
        if (row === undefined) return assert.fail(`${microsoftId} is in no book`)
        assert.deepStrictEqual<unknown>(terms, termsOf(row))
        assert.strictEqual(name, row.name)
        assert.strictEqual(orderId?.toLowerCase(), row.orderId.toLowerCase())
        assert.strictEqual<unknown>(effectiveStart, Date.parse(row.effectiveStart))
      }
    })
  )

  it.effect("an unchanged list is known again", () =>
    run(
      Effect.gen(function* () {
        const tenantId = yield* aTenant
        const first = yield* list(tenantId)
        const digest = first._tag === "Listed" ? first.digest : null
        assert.strictEqual((yield* list(tenantId, digest))._tag, "Unchanged")
      })
    )
  )

  // what goes wrong twice, and the requests that it takes to get through
  for (const [fault, requests] of [
    [{ kind: "reset-before" }, 3],
    [{ kind: "reset-after" }, 3],
    [{ kind: "truncate" }, 3],
    [{ kind: "lost-response" }, 3],
    [{ kind: "throttle", retryAfterSeconds: 0 }, 3],
    [{ kind: "status", status: 503 }, 3],
    [{ kind: "status", status: 500, body: "" }, 3],
    [{ kind: "delay", ms: 20 }, 1]
  ] as const)
    it.effect(`${JSON.stringify(fault)} is survived`, () =>
      run(
        Effect.gen(function* () {
          const tenantId = yield* aTenant
          yield* arm("listSubscriptions", fault, 2)
          const [listing, sent] = yield* countingRequests(list(tenantId))
          assert.strictEqual(listing._tag, "Listed")
          assert.strictEqual(sent, requests)
        }),
        { settings: { ...settings, attemptTimeoutMs: 200 } }
      )
    )

  // what goes wrong, and what it is to the caller, after one request
  for (const [fault, tag] of [
    [{ kind: "malformed-body" }, "Malformed"],
    [{ kind: "wrong-types" }, "Malformed"],
    [{ kind: "mfa", style: "classic" }, "SignInRejected"],
    [{ kind: "mfa", style: "code" }, "SignInRejected"],
    [{ kind: "status", status: 403, code: 20002 }, "NoRelationship"],
    [{ kind: "status", status: 403, body: "" }, "SignInRejected"],
    [{ kind: "status", status: 404, code: 60003 }, "NotFound"],
    [{ kind: "status", status: 400, code: 900118 }, "Refused"]
  ] as const)
    it.effect(`${JSON.stringify(fault)} is ${tag}`, () =>
      run(
        Effect.gen(function* () {
          const tenantId = yield* aTenant
          yield* arm("listSubscriptions", fault, 9)
          const [error, sent] = yield* countingRequests(Effect.flip(list(tenantId)))
          assert.strictEqual(error.reason._tag, tag)
          assert.strictEqual(sent, 1)
        })
      )
    )

  it.effect("an expired token is renewed once", () =>
    run(
      Effect.gen(function* () {
        const tenantId = yield* aTenant
        yield* Effect.promise(() => control("POST", "/clock", { advanceSeconds: 7_200 }))
        const [listing, sent] = yield* countingRequests(list(tenantId))
        assert.strictEqual(listing._tag, "Listed")
        assert.strictEqual(sent, 2)
      })
    )
  )

  it.effect("a wrong key is a rejected sign-in that names the way out", () =>
    Effect.gen(function* () {
      const error = yield* run(Effect.flip(everyCustomer), { secrets: secretsOnly("wrong") })
      assert.strictEqual(error.code, "AADSTS7000215")
      assert.include(error.message, "value, not its id")
      assert.notInclude(error.message, 'wrong"')
    })
  )

  it.effect("a customer of somebody else is not one of ours", () =>
    Effect.gen(function* () {
      const stranger = TenantId.make("99999999-0000-4000-8000-000000000009")
      const { reason } = yield* run(Effect.flip(list(stranger)))
      assert.oneOf(reason._tag, ["NoRelationship", "NotFound"])
    })
  )

  it.effect("every other reading operation is understood", () =>
    run(
      Effect.gen(function* () {
        const tenantId = yield* aTenant
        const listing = yield* list(tenantId)
        const [one] = listing._tag === "Listed" ? listing.subscriptions : []
        if (one === undefined) return assert.fail("a customer has subscriptions")
        assert.deepStrictEqual(yield* getSubscription(instance, tenantId, one.microsoftId), one)
        yield* listAddons(instance, tenantId, one.microsoftId)
        assert.strictEqual((yield* getCustomer(instance, tenantId)).id, tenantId)
        assert.isString((yield* getCompanyProfile(instance, tenantId)).companyName)
        assert.isString((yield* getBillingProfile(instance, tenantId)).attributes?.etag)
        const [order] = yield* Stream.runCollect(listOrders(instance, tenantId))
        if (order === undefined) return assert.fail("a customer has orders")
        assert.strictEqual((yield* getOrder(instance, tenantId, order.id)).id, order.id)
        assert.strictEqual((yield* getCountryRules(instance, "de")).iso2Code, "DE")
        const from = Instant.make((yield* Clock.currentTimeMillis) - 86_400_000)
        yield* Stream.runCollect(listAuditRecords(instance, { from }))
      })
    )
  )

  const needingAUser = Effect.map(
    aTenant,
    (tenantId): ReadonlyArray<Effect.Effect<unknown, VendorError, Adapter>> => [
      listAgreementTemplates(instance, "*"),
      getOwnMpnProfile(instance),
      Stream.runCollect(listPartners(instance, "IsIndirectCloudSolutionProviderOf")),
      Stream.runCollect(listResellersOf(instance, tenantId))
    ]
  )

  /** Tokens of somebody who has signed in to the simulator; what Partner Center says of their second factor is noted. */
  const signedIn = (refreshToken: string, noted: Array<string | null> = []) =>
    Layer.succeed(UserTokens, {
      get: (_, resource) =>
        Effect.map(
          Effect.promise(() => refreshed(refreshToken, resource)),
          (value) => ({
            resource,
            value: Redacted.make(value),
            expiresAt: Instant.make(Number.MAX_SAFE_INTEGER),
            mfa: null
          })
        ),
      mfaMissing: (_, { code }) => Effect.sync(() => void noted.push(code))
    })

  const refreshed = async (refreshToken: string, resource: string): Promise<string> => {
    const answer = await fetch(`${simulator.url}/${instance.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "refresh_token",
        client_id: instance.appId,
        client_secret: secret,
        refresh_token: refreshToken,
        scope: `${resource}/.default`
      })
    })
    return Schema.decodeUnknownSync(Granted)(await answer.json()).access_token
  }

  const withoutMfa = Effect.promise(() =>
    control("POST", "/accounts/contoso-eu/refresh-tokens", { mfa: false })
  ).pipe(Effect.map(Schema.decodeUnknownSync(Schema.Struct({ refreshToken: Schema.String }))))

  it.effect("what is refused to an application alone is asked for in the name of a user", () =>
    Effect.gen(function* () {
      const { accounts } = Schema.decodeUnknownSync(Admins)(
        yield* Effect.promise(() => control("GET", "/accounts"))
      )
      const users = signedIn(accounts[0]?.refreshToken ?? "")
      yield* run(Effect.flatMap(needingAUser, Effect.all), { users })
      const forItself = yield* run(
        Effect.flip(
          Client.use(({ send }) =>
            send(instance, { operation: "agreements", method: "GET", uri: "/v1/agreements" })
          )
        )
      )
      assert.strictEqual(forItself.code, "900329")
      assert.include(forItself.message, "sign in with a user")
    })
  )

  for (const [mfaStyle, code] of [
    ["classic", null],
    ["code", "900421"]
  ] as const)
    it.effect(`a missing second factor (${mfaStyle}) is noted, and not asked about again`, () =>
      Effect.gen(function* () {
        yield* Effect.promise(() => control("PATCH", "/accounts/contoso-eu", { mfaStyle }))
        const { refreshToken } = yield* withoutMfa
        const noted: Array<string | null> = []
        const [error, requests] = yield* run(
          countingRequests(Effect.flip(listAgreementTemplates(instance, "*"))),
          { users: signedIn(refreshToken, noted) }
        )
        assert.strictEqual(error.reason._tag, "SignInRejected")
        assert.include(error.message, "second factor")
        assert.deepStrictEqual([requests, noted], [1, [code]])
      })
    )
})
