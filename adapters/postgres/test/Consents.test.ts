import type { Accounts } from "@concordat/core/account/Accounts"
import type { Consent } from "@concordat/core/consent/Consent"
import { Consents, type Grant } from "@concordat/core/consent/Consents"
import { SignIn, SignInRefused } from "@concordat/core/consent/SignIn"
import { userToken } from "@concordat/core/consent/userToken"
import type { Instances } from "@concordat/core/instance/Instances"
import { dayMs, Instant, minuteMs } from "@concordat/core/time/Instant"
import type { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Layer, Option, Redacted, Ref } from "effect"
import { consentsLayer } from "../src/Consents.ts"
import type { Database } from "../src/Database.ts"
import { identifiersLayer } from "../src/Identifiers.ts"
import { mailTemplatesLayer } from "../src/MailTemplates.ts"
import { notificationsLayer } from "../src/Notifications.ts"
import { outboxLayer } from "../src/Outbox.ts"
import type { Boss } from "../src/queue/Boss.ts"
import type { Secrets } from "../src/Secrets.ts"
import { addInstance, clear, instance, instanceId, now, repositories, rowsOf } from "./World.ts"

const renewal = "0.the-refresh-token-nobody-may-see"
const access = "eyJ.the-access-token-nobody-may-see"
const state = Redacted.make("the-state-nobody-may-see")
const verifier = Redacted.make("the-verifier-nobody-may-see")
const nonce = Redacted.make("the-nonce-nobody-may-see")
const link = { url: Redacted.make("https://login.example/authorize"), state, nonce, verifier }

const place = { instanceId: instanceId(1), environment: "primary" } as const
const consent = (given: Partial<Consent> = {}): Consent => ({
  ...place,
  tenantId: instance(1).tenantId,
  appId: instance(1).appId,
  user: {
    upn: "admin@contoso.example",
    name: "Ada Admin",
    objectId: "99999999-0000-4000-8000-000000000001"
  },
  consentedAt: now,
  usedAt: now,
  mfa: true,
  problem: null,
  ended: false,
  ...given
})
const grant: Grant = {
  renewal: Redacted.make(renewal),
  tokens: [
    {
      resource: "http://pc",
      value: Redacted.make(access),
      expiresAt: Instant.make(now + 60 * minuteMs),
      mfa: true
    }
  ]
}
const problem = { code: "AADSTS700082", text: "idle", wayOut: "Sign in again.", since: now }
const keep = (given: Partial<Consent> = {}) =>
  Consents.use(({ keep }) => keep(consent(given), grant, Instant.make(now + dayMs)))
const beginAt = (startedAt = now) =>
  Consents.use(({ begin }) =>
    begin({
      place,
      requestedBy: "key:test",
      startedAt,
      expiresAt: Instant.make(startedAt + 15 * minuteMs)
    })
  )
const reasonOf = <A, R>(effect: Effect.Effect<A, { readonly reason: string }, R>) =>
  Effect.flip(effect).pipe(Effect.map(({ reason }) => reason))

layer(consentsLayer.pipe(Layer.provideMerge(repositories)), { excludeTestServices: true })(
  "a consent in Postgres",
  (it) => {
    const fresh = Effect.andThen(clear, addInstance(1))

    it.effect("comes back with its secrets, which no row holds in the clear", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* keep({ problem })
        const held = yield* Consents.use((consents) => consents.held(place))
        assert.deepStrictEqual(Option.getOrThrow(held).consent, consent({ problem }))
        assert.deepStrictEqual(Option.getOrThrow(held).grant, grant)
        const { id } = yield* beginAt()
        yield* Consents.use(({ opened }) => opened(id, link))
        const rows = JSON.stringify([
          yield* rowsOf("select * from consent"),
          yield* rowsOf("select * from consent_attempt")
        ])
        for (const secret of [renewal, access, "nobody-may-see"]) assert.notInclude(rows, secret)
      })
    )

    it.effect("sealed for one account does not open for another", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* addInstance(2)
        yield* keep()
        yield* keep({ instanceId: instanceId(2) })
        yield* rowsOf(
          `update consent set sealed = (select sealed from consent where instance_id = '${instanceId(1)}')
         where instance_id = '${instanceId(2)}'`
        )
        const other = { instanceId: instanceId(2), environment: "primary" } as const
        const exit = yield* Effect.exit(Consents.use((consents) => consents.held(other)))
        assert.include(String(exit), "it was changed, or belongs to something else")
      })
    )

    it.effect("is written by one of two that read the same", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* keep()
        const consents = yield* Consents
        const { version } = Option.getOrThrow(yield* consents.held(place))
        const written = yield* Effect.all(
          [
            consents.used(consent(), version, grant, now),
            consents.failed(consent({ ended: true, problem }), version, now)
          ],
          { concurrency: "unbounded" }
        )
        assert.strictEqual(written.filter((done) => done).length, 1)
      })
    )

    it.effect("has one holder of its lease, and another when that one has died", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* keep()
        const { lease, release } = yield* Consents
        const holders = Array.from({ length: 8 }, (_, n) => `holder ${n}`)
        const leased = yield* Effect.forEach(holders, (holder) => lease(place, holder), {
          concurrency: "unbounded"
        })
        assert.strictEqual(leased.filter((got) => got).length, 1)
        const [holder = "", other = ""] = [
          holders[leased.indexOf(true)],
          holders[leased.indexOf(false)]
        ]
        yield* release(place, other)
        assert.isFalse(yield* lease(place, other))
        yield* rowsOf("update consent set leased_until = clock_timestamp() - interval '1 second'")
        assert.isTrue(yield* lease(place, other))
        yield* release(place, holder)
        assert.isFalse(yield* lease(place, holder))
      })
    )

    it.effect(
      "is renewed once for many processes that need it at once, and again after one has died",
      () =>
        Effect.gen(function* () {
          yield* fresh
          const at = Instant.make(yield* Clock.currentTimeMillis)
          yield* keep({ usedAt: at })
          yield* rowsOf(
            "update consent set leased_until = clock_timestamp() + interval '0.3 seconds'"
          )
          const renewals = yield* Ref.make(0)
          const signIn = Layer.mock(SignIn)({
            renew: (_, __, resource) =>
              Effect.gen(function* () {
                const n = yield* Ref.updateAndGet(renewals, (count) => count + 1)
                yield* Effect.sleep("50 millis")
                const now = yield* Clock.currentTimeMillis
                return {
                  renewal: Redacted.make(`renewal ${n}`),
                  token: {
                    resource,
                    value: Redacted.make(`token ${n}`),
                    expiresAt: Instant.make(now + 60 * minuteMs),
                    mfa: true
                  }
                }
              })
          })
          const ask = userToken(instance(1), "http://other").pipe(
            Effect.provide([
              signIn,
              identifiersLayer,
              notificationsLayer,
              outboxLayer,
              mailTemplatesLayer
            ])
          )
          const tokens = yield* Effect.all(
            Array.from({ length: 6 }, () => ask),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(yield* Ref.get(renewals), 1)
          for (const token of tokens) assert.strictEqual(Redacted.value(token.value), "token 1")
          const held = Option.getOrThrow(yield* Consents.use((consents) => consents.held(place)))
          assert.strictEqual(Redacted.value(held.grant.renewal), "renewal 1")
          // Somebody else renews between the look and the lease.
          const consents = yield* Consents
          const context = yield* Effect.context<
            Accounts | Instances | Database | UnitOfWork | Boss | Secrets
          >()
          const overtaken = Consents.of({
            ...consents,
            lease: (at, holder) =>
              Effect.andThen(
                userToken(instance(1), "http://third").pipe(
                  Effect.provideService(Consents, consents),
                  Effect.provide([
                    signIn,
                    identifiersLayer,
                    notificationsLayer,
                    outboxLayer,
                    mailTemplatesLayer
                  ]),
                  Effect.provideContext(context),
                  Effect.orDie
                ),
                consents.lease(at, holder)
              )
          })
          const third = yield* userToken(instance(1), "http://third").pipe(
            Effect.provideService(Consents, overtaken),
            Effect.provide([
              signIn,
              identifiersLayer,
              notificationsLayer,
              outboxLayer,
              mailTemplatesLayer
            ])
          )
          assert.deepStrictEqual(
            [Redacted.value(third.value), yield* Ref.get(renewals)],
            ["token 2", 2]
          )
          const again = yield* userToken(instance(1), "http://other", tokens[0]?.value).pipe(
            Effect.provide([
              signIn,
              identifiersLayer,
              notificationsLayer,
              outboxLayer,
              mailTemplatesLayer
            ])
          )
          assert.strictEqual(Redacted.value(again.value), "token 3")
        })
    )

    it.effect("never ends without anybody having been told", () =>
      Effect.gen(function* () {
        yield* fresh
        const at = Instant.make(yield* Clock.currentTimeMillis)
        yield* keep({ usedAt: at })
        const refused = new SignInRefused({
          kind: "ended",
          code: "AADSTS50173",
          text: "The grant was revoked.",
          wayOut: "Sign in again.",
          status: 400,
          correlationId: "test"
        })
        const use = userToken(instance(1), "http://other").pipe(
          Effect.provide([
            Layer.mock(SignIn)({ renew: () => Effect.fail(refused) }),
            identifiersLayer,
            notificationsLayer,
            outboxLayer,
            mailTemplatesLayer
          ]),
          Effect.exit
        )
        const hasEnded = Effect.map(
          Consents.use((consents) => consents.held(place)),
          (held) => Option.getOrThrow(held).consent.ended
        )
        const told = rowsOf("select kind from notification")
        yield* rowsOf("alter table notification add constraint nobody check (kind = '')")
        yield* use
        assert.deepStrictEqual([yield* hasEnded, yield* told], [false, []])
        yield* rowsOf("alter table notification drop constraint nobody")
        yield* rowsOf("update consent set leased_until = null")
        yield* use
        assert.deepStrictEqual([yield* hasEnded, yield* told], [true, [{ kind: "consent-ended" }]])
      })
    )

    it.effect("is due for its use by the clock it is asked with, unless it has ended", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* keep()
        const { due } = yield* Consents
        assert.deepStrictEqual(yield* due(Instant.make(now + dayMs - 1), 10), [])
        assert.deepStrictEqual(yield* due(Instant.make(now + dayMs), 10), [place])
        yield* keep({ ended: true })
        assert.deepStrictEqual(yield* due(Instant.make(now + dayMs), 10), [])
      })
    )

    it.effect("pauses its instance when it has ended, and only the account that is live", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* addInstance(2)
        const { paused } = yield* Consents
        const both = [instanceId(1), instanceId(2)]
        assert.strictEqual((yield* paused(both)).size, 0)
        yield* keep({ ended: true, problem })
        assert.deepStrictEqual([...(yield* paused(both))], [instanceId(1)])
        yield* keep({ ended: true, problem, environment: "sandbox" })
        yield* keep()
        assert.strictEqual((yield* paused(both)).size, 0)
        // Other credentials need another consent; until then the instance is not authenticated, which pauses nothing.
        yield* keep({ ended: true, appId: "99999999-0000-4000-8000-00000000000a" })
        assert.strictEqual((yield* paused(both)).size, 0)
      })
    )

    it.effect("is forgotten with its secrets", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* keep()
        const { forget, get } = yield* Consents
        assert.isTrue(yield* forget(place))
        assert.isFalse(yield* forget(place))
        assert.isTrue(Option.isNone(yield* get(place)))
      })
    )

    it.effect("a try is answered once, however many come at once", () =>
      Effect.gen(function* () {
        yield* fresh
        const consents = yield* Consents
        const { id } = yield* beginAt()
        const session = yield* consents.opened(id, link)
        const answers = yield* Effect.forEach(
          Array.from({ length: 10 }),
          () => Effect.result(consents.take(state, session, now)),
          { concurrency: "unbounded" }
        )
        const taken = answers.filter((answer) => answer._tag === "Success")
        assert.strictEqual(taken.length, 1)
        assert.strictEqual(yield* reasonOf(consents.take(state, session, now)), "used")
      })
    )

    it.effect("a try is refused by the reason: unknown, elsewhere, expired, replaced", () =>
      Effect.gen(function* () {
        yield* fresh
        const consents = yield* Consents
        const { id, ticket } = yield* beginAt()
        const session = yield* consents.opened(id, link)
        const late = Instant.make(now + 15 * minuteMs)
        assert.strictEqual(
          yield* reasonOf(consents.take(Redacted.make("x"), session, now)),
          "unknown"
        )
        assert.strictEqual(
          yield* reasonOf(consents.take(state, Redacted.make("another browser"), now)),
          "elsewhere"
        )
        assert.strictEqual(yield* reasonOf(consents.take(state, session, late)), "expired")
        assert.strictEqual(yield* reasonOf(consents.attempt(ticket, late)), "expired")
        const second = yield* consents.opened(id, { ...link, state: Redacted.make("second") })
        assert.strictEqual(yield* reasonOf(consents.take(state, session, now)), "unknown")
        const taken = yield* consents.take(Redacted.make("second"), second, now)
        assert.deepStrictEqual(
          [Redacted.value(taken.nonce), Redacted.value(taken.verifier)],
          [Redacted.value(nonce), Redacted.value(verifier)]
        )
        yield* consents.finish(id, problem)
        const latest = Option.getOrThrow(yield* consents.latest(place))
        assert.deepStrictEqual([latest.state, latest.problem], ["failed", problem])
      })
    )

    it.effect("tries of the day before are removed when another begins", () =>
      Effect.gen(function* () {
        yield* fresh
        yield* beginAt()
        yield* beginAt(Instant.make(now + 2 * dayMs))
        assert.strictEqual((yield* rowsOf("select from consent_attempt")).length, 1)
      })
    )
  }
)
