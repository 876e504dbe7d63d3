import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import {
  type Consent,
  idleDaysLeft,
  idleDaysMax,
  idleEndsAt,
  isFor,
  nextTryAt,
  nextUseAt,
  replaces,
  statusOf,
  statusText,
  warningDays,
  warningDue
} from "../../src/consent/Consent.ts"
import { endsConsent, wayOutOfSignIn } from "../../src/consent/signInCodes.ts"
import { InstanceId, TenantId } from "../../src/instance/Instance.ts"
import { dayMs, hourMs, Instant, minuteMs } from "../../src/time/Instant.ts"

const usedAt = Instant.make(Date.UTC(2026, 10, 20, 12))
const after = (days: number) => Instant.make(Math.round(usedAt + days * dayMs))

const tenant = TenantId.make("22222222-0000-4000-8000-000000000001")
const app = "33333333-0000-4000-8000-000000000001"
const consent = (given: Partial<Consent> = {}): Consent => ({
  instanceId: InstanceId.make("11111111-0000-4000-8000-000000000001"),
  environment: "primary",
  tenantId: tenant,
  appId: app,
  user: { upn: "a@b", name: null, objectId: "44444444-0000-4000-8000-000000000001" },
  consentedAt: usedAt,
  usedAt,
  mfa: true,
  problem: null,
  ended: false,
  ...given
})

describe("the idle days", () => {
  // days since the use  warning  days left
  for (const [days, warning, left] of [
    [0, null, 90],
    [59.99, null, 31],
    [60, 30, 30],
    [61, 30, 29],
    [75.9, 30, 15],
    [76, 14, 14],
    [83, 7, 7],
    [88.9, 7, 2],
    [89, 1, 1],
    [90, 1, 0],
    [400, 1, 0]
  ] as const)
    it(`${days} days after the last use warn of ${warning ?? "nothing"}`, () => {
      assert.strictEqual(warningDue({ usedAt }, after(days)), warning)
      assert.strictEqual(idleDaysLeft({ usedAt }, after(days)), left)
    })

  it("every warning comes, in order, to whoever looks once a day, and never before its day", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: dayMs - 1 }), (offset) => {
        const seen: Array<number> = []
        for (let day = 0; day < idleDaysMax; day++) {
          const now = Instant.make(usedAt + day * dayMs + offset)
          const due = warningDue({ usedAt }, now)
          if (due === null) continue
          assert.isAtMost(idleEndsAt({ usedAt }) - now, due * dayMs)
          if (seen.at(-1) !== due) seen.push(due)
        }
        assert.deepStrictEqual(seen, [...warningDays])
      })
    )
  })
})

describe("the daily use", () => {
  const random = fc.double({ min: 0, max: 0.999_999, noNaN: true })

  it("is never as late as a day, and leaves hours to try again", () => {
    fc.assert(
      fc.property(random, (r) => {
        const at = nextUseAt(usedAt, r)
        assert.isAtLeast(at, usedAt + 16 * hourMs)
        assert.isBelow(at, usedAt + 22 * hourMs)
      })
    )
  })

  it("that fails is tried again ever later, at least hourly or so, and never at once", () => {
    fc.assert(
      fc.property(random, fc.integer({ min: 1, max: 10_000 }), (r, failures) => {
        const pause = nextTryAt(usedAt, failures, r) - usedAt
        assert.isAtLeast(pause, 0.8 * minuteMs - 1)
        assert.isAtMost(pause, 1.2 * hourMs)
        assert.isAtLeast(nextTryAt(usedAt, failures + 1, r) - usedAt, pause)
      })
    )
  })
})

describe("a status", () => {
  const other = "33333333-0000-4000-8000-000000000002"
  it("is that of a consent for today's credentials, and only of one that has ended is paused", () => {
    assert.strictEqual(statusOf(null, consent()), "not-authenticated")
    assert.strictEqual(statusOf(consent(), consent()), "authenticated")
    assert.strictEqual(statusOf(consent({ ended: true }), consent()), "paused")
    assert.strictEqual(
      statusOf(consent({ ended: true }), { tenantId: tenant, appId: other }),
      "not-authenticated"
    )
    assert.isFalse(isFor(consent(), { tenantId: tenant, appId: other }))
    assert.strictEqual(statusText("authenticated", consent()), "Instance is authenticated")
    assert.include(statusText("authenticated", consent({ mfa: false })), "MFA is missing")
  })

  it("with a second factor is not replaced by one without, as long as it works", () => {
    for (const fresh of [true, false, null])
      for (const held of [null, consent(), consent({ ended: true }), consent({ mfa: false })])
        assert.strictEqual(
          replaces({ mfa: fresh }, held),
          !(fresh === false && held !== null && !held.ended && held.mfa !== false)
        )
  })
})

describe("a refusal of Entra", () => {
  // error                  code                ends the consent
  for (const [error, code, ends] of [
    ["invalid_grant", "AADSTS700082", true],
    ["invalid_grant", "AADSTS50173", true],
    ["invalid_grant", "AADSTS65001", true],
    ["interaction_required", "AADSTS50076", true],
    ["interaction_required", "AADSTS50079", true],
    ["invalid_grant", "AADSTS50034", true],
    ["invalid_grant", null, true],
    ["invalid_grant", "AADSTS53003", false], // a policy: the consent is as good as before
    ["invalid_client", "AADSTS7000215", false], // the key is wrong, not the consent
    ["invalid_client", "AADSTS7000222", false],
    ["unauthorized_client", "AADSTS700016", false],
    ["invalid_request", "AADSTS90002", false],
    ["", null, false]
  ] as const)
    it(`${error} ${code ?? "without a code"} ${ends ? "ends" : "does not end"} the consent`, () => {
      assert.strictEqual(endsConsent(error, code), ends)
      if (code !== null) assert.notInclude(wayOutOfSignIn(code), "Look the code up")
    })
})
