import type { CspStatus, Instance, MpnId } from "@concordat/core/instance/Instance"
import {
  InstanceId,
  InstanceName,
  MpnId as Mpn,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import { checkMpnId } from "@concordat/core/tenant/checkMpnId"
import {
  failureFreshMs,
  isDue,
  type KeptVerdict,
  MpnVerdicts,
  notChecked,
  verdictFreshMs
} from "@concordat/core/tenant/MpnVerdicts"
import { VendorResellers } from "@concordat/core/tenant/VendorResellers"
import { Instant } from "@concordat/core/time/Instant"
import { Busy, VendorError } from "@concordat/core/vendor/VendorError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"

const mpnId = Mpn.make("4711001")

const instanceOf = (cspStatus: CspStatus, disabled = false): Instance =>
  newInstance({
    id: InstanceId.make("11111111-0000-4000-8000-000000000001"),
    name: InstanceName.make("contoso-eu"),
    cloud: "global",
    endpoints: { api: "", login: "", resource: "", prices: "" },
    credentials: {
      primary: {
        tenantId: TenantId.make("22222222-0000-4000-8000-000000000002"),
        tenantDomain: null,
        appId: "33333333-0000-4000-8000-000000000003"
      },
      sandbox: null
    },
    cspStatus,
    mpnId: null,
    disabled
  })

/** What Partner Center would answer; null: it does not answer at all. */
interface Answers {
  readonly profile: { readonly name: string } | null
  readonly valid: boolean | "no such check"
}

const silence = new VendorError({
  operation: "getMpnProfile",
  reason: new Busy({ retryAfterMs: null }),
  status: null,
  code: null,
  text: "no connection",
  correlationId: ""
})

/** A Partner Center that counts its questions, and a memory that keeps as the port promises. */
const world = () => {
  const state: { answers: Answers | null; asked: number; kept: KeptVerdict } = {
    answers: { profile: { name: "Northern Resellers" }, valid: true },
    asked: 0,
    kept: notChecked(mpnId)
  }
  const answered = <A>(answer: (answers: Answers) => A) =>
    Effect.suspend(() =>
      state.answers === null ? Effect.fail(silence) : Effect.succeed(answer(state.answers))
    )
  const layer = Layer.merge(
    Layer.mock(VendorResellers)({
      mpnProfile: () =>
        Effect.suspend(() => {
          state.asked++
          return answered(({ profile }) => profile)
        }),
      validate: (_, ids: ReadonlyArray<MpnId>) =>
        answered(({ valid }) =>
          valid === "no such check"
            ? null
            : ids.map((id) => ({
                mpnId: id,
                valid,
                code: valid ? null : "900400",
                text: valid ? null : "It is not linked."
              }))
        )
    }),
    Layer.succeed(MpnVerdicts, {
      get: () => Effect.sync(() => state.kept),
      keep: (_, given) =>
        Effect.sync(() => {
          state.kept = { ...given, failure: null }
          return state.kept
        }),
      keepFailure: (_, __, failure) =>
        Effect.sync(() => {
          state.kept = { ...state.kept, failure }
          return state.kept
        })
    })
  )
  return { state, layer }
}

describe("an MPN id", () => {
  for (const [cspStatus, profile, valid, verdict, reason] of [
    ["indirect", { name: "N" }, true, "valid", null],
    ["indirect", { name: "N" }, false, "invalid", "It is not linked."],
    ["indirect", { name: "N" }, "no such check", "valid", null],
    ["indirect", null, true, "invalid", "No partner has the MPN id 4711001."],
    ["direct", { name: "N" }, false, "valid", null],
    ["direct", null, false, "invalid", "No partner has the MPN id 4711001."]
  ] as const)
    it.effect(
      `of ${profile === null ? "nobody" : "a partner"} (${valid}) is ${verdict} to a ${cspStatus} CSP`,
      () => {
        const { layer, state } = world()
        state.answers = { profile, valid }
        return Effect.gen(function* () {
          const kept = yield* checkMpnId(instanceOf(cspStatus), mpnId)
          assert.deepInclude(kept, { verdict, reason, partnerName: profile?.name ?? null })
        }).pipe(Effect.provide(layer))
      }
    )

  it.effect("is asked about again after a day, or when somebody says so", () => {
    const { layer, state } = world()
    return Effect.gen(function* () {
      const check = checkMpnId(instanceOf("indirect"), mpnId)
      yield* check
      yield* TestClock.adjust(verdictFreshMs - 1)
      yield* check
      assert.strictEqual(state.asked, 1)
      yield* TestClock.adjust(1)
      const kept = yield* check
      assert.deepStrictEqual([state.asked, kept.checkedAt], [2, Instant.make(verdictFreshMs)])
      yield* checkMpnId(instanceOf("indirect"), mpnId, { anew: true })
      assert.strictEqual(state.asked, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps its verdict and its age when Partner Center does not answer", () => {
    const { layer, state } = world()
    return Effect.gen(function* () {
      const check = checkMpnId(instanceOf("indirect"), mpnId)
      state.answers = null
      assert.deepInclude(yield* check, { verdict: "unknown", checkedAt: null })
      state.answers = { profile: { name: "N" }, valid: false }
      yield* TestClock.adjust(failureFreshMs)
      assert.deepInclude(yield* check, { verdict: "invalid", failure: null })
      state.answers = null
      yield* TestClock.adjust(verdictFreshMs)
      const old = yield* check
      assert.deepInclude(old, { verdict: "invalid", checkedAt: Instant.make(failureFreshMs) })
      assert.include(old.failure?.text, "no connection")
      const asked = state.asked
      yield* check
      assert.strictEqual(state.asked, asked, "whoever has just failed is left alone")
      yield* TestClock.adjust(failureFreshMs)
      yield* check
      assert.strictEqual(state.asked, asked + 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a disabled instance is not asked about, and says so", () => {
    const { layer, state } = world()
    return Effect.gen(function* () {
      const kept = yield* checkMpnId(instanceOf("indirect", true), mpnId, { anew: true })
      assert.deepInclude(kept, { verdict: "unknown" })
      assert.include(kept.failure?.text, "disabled")
      assert.strictEqual(state.asked, 0)
    }).pipe(Effect.provide(layer))
  })

  it("is due exactly when its verdict is missing or a day old, and no try has failed within the minute", () => {
    const time = fc.option(fc.integer({ min: 0, max: 3 * verdictFreshMs }), { nil: null })
    fc.assert(
      fc.property(
        time,
        time,
        fc.integer({ min: 0, max: 3 * verdictFreshMs }),
        (checked, failed, now) => {
          const kept: KeptVerdict = {
            ...notChecked(mpnId),
            checkedAt: checked === null ? null : Instant.make(checked),
            failure: failed === null ? null : { at: Instant.make(failed), text: "x" }
          }
          const old = checked === null || now >= checked + verdictFreshMs
          const calm = failed === null || now >= failed + failureFreshMs
          assert.strictEqual(isDue(kept, Instant.make(now)), old && calm)
        }
      )
    )
  })
})
