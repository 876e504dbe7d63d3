import { type Environment, MpnId } from "@concordat/core/instance/Instance"
import { type AnsweredVerdict, MpnVerdicts, notChecked } from "@concordat/core/tenant/MpnVerdicts"
import { Instant, minuteMs } from "@concordat/core/time/Instant"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { mpnVerdictsLayer } from "../src/MpnVerdicts.ts"
import { addInstance, clear, instanceId, now, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(mpnVerdictsLayer, repositories))
afterAll(() => runtime.dispose())
beforeEach(() =>
  runtime.runPromise(clear.pipe(Effect.andThen(addInstance(1)), Effect.andThen(addInstance(2))))
)

const mpnId = MpnId.make("4711001")
const place = (n: number, environment: Environment = "primary") => ({
  id: instanceId(n),
  environment
})
const after = (minutes: number) => Instant.make(now + minutes * minuteMs)

const valid: AnsweredVerdict = {
  mpnId,
  verdict: "valid",
  partnerName: "Northern Resellers",
  reason: null,
  checkedAt: now
}
const invalid: AnsweredVerdict = { ...valid, verdict: "invalid", reason: "It is not linked." }

const get = (at = place(1)) => runtime.runPromise(MpnVerdicts.use((port) => port.get(at, mpnId)))
const keep = (answered: AnsweredVerdict, at = place(1)) =>
  runtime.runPromise(MpnVerdicts.use((port) => port.keep(at, answered)))
const fail = (at: Instant) =>
  runtime.runPromise(
    MpnVerdicts.use((port) => port.keepFailure(place(1), mpnId, { at, text: "no connection" }))
  )
const logged = () =>
  runtime.runPromise(
    rowsOf<{ field: string; before: unknown; after: unknown }>(
      "select field, before, after from history where field like 'mpnVerdict%' order by id"
    )
  )

describe("verdicts on MPN ids", () => {
  it("are unknown until somebody asks, each instance and account for itself", async () => {
    expect(await get()).toEqual(notChecked(mpnId))
    const kept = { ...valid, failure: null }
    expect(await keep(valid)).toEqual(kept)
    expect(await get()).toEqual(kept)
    expect(await get(place(2))).toEqual(notChecked(mpnId))
    expect(await get(place(1, "sandbox"))).toEqual(notChecked(mpnId))
  })

  it("stay when Partner Center cannot be asked, with the failure beside them", async () => {
    const failure = { at: after(5), text: "no connection" }
    expect(await fail(after(5))).toEqual({ ...notChecked(mpnId), failure })
    await keep({ ...valid, checkedAt: after(6) })
    expect((await get()).failure).toBeNull()
    const later = { at: after(9), text: "no connection" }
    expect(await fail(after(9))).toEqual({ ...valid, checkedAt: after(6), failure: later })
  })

  it("are not undone by an answer, or a failure, that is older", async () => {
    await keep({ ...invalid, checkedAt: after(10) })
    const kept = { ...invalid, checkedAt: after(10), failure: null }
    expect(await keep(valid)).toEqual(kept)
    expect(await fail(after(9))).toEqual(kept)
  })

  it("leave their changes, and only these, in the history", async () => {
    await keep(valid)
    await keep({ ...valid, checkedAt: after(1) })
    await keep({ ...invalid, checkedAt: after(2) })
    await keep(valid)
    const field = `mpnVerdict.${mpnId}`
    expect(await logged()).toEqual([
      { field, before: null, after: "valid" },
      { field, before: "valid", after: "invalid" }
    ])
  })

  it("of two who ask at once are one", async () => {
    await Promise.all([keep(valid), keep(invalid), keep(valid), keep(invalid)])
    const changes = await logged()
    // Each change begins where the one before it ended.
    changes.reduce<unknown>((last, { before, after: to }) => {
      expect(before).toEqual(last)
      return to
    }, null)
    expect(changes.at(-1)?.after).toBe((await get()).verdict)
  })
})
