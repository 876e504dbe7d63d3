import { Clock, Effect } from "effect"
import type { Instance, MpnId } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"
import { type AnsweredVerdict, isDue, type KeptVerdict, MpnVerdicts } from "./MpnVerdicts.ts"
import { VendorResellers } from "./VendorResellers.ts"

/**
 * What Partner Center says of an MPN id, at most a day old (api.md §10). It never fails: where Partner Center cannot be
 * asked, the verdict that is there stays, with its age and the failure; without any it is `unknown`. `anew` asks in any
 * case. Use it before the id goes out as partner of record.
 */
export const checkMpnId = Effect.fn("checkMpnId")(function* (
  instance: Instance,
  mpnId: MpnId,
  { anew = false }: { readonly anew?: boolean } = {}
): Effect.fn.Return<KeptVerdict, never, MpnVerdicts | VendorResellers> {
  const verdicts = yield* MpnVerdicts
  const kept = yield* verdicts.get(instance, mpnId)
  const now = Instant.make(yield* Clock.currentTimeMillis)
  if (!anew && !isDue(kept, now)) return kept
  if (instance.disabled)
    return {
      ...kept,
      failure: { at: now, text: `Instance "${instance.name}" is disabled; enable it first.` }
    }
  return yield* asked(instance, mpnId).pipe(
    Effect.flatMap((answered) => verdicts.keep(instance, { ...answered, checkedAt: now })),
    Effect.catchTag("VendorError", ({ message }) =>
      verdicts.keepFailure(instance, mpnId, { at: now, text: message })
    )
  )
})

/**
 * Two questions: whether the id is anybody's, and, for a provider, whether it is that of a reseller who may sell now.
 * Where there is no second check, an id that exists is valid; Partner Center says so when it is not.
 */
const asked = Effect.fnUntraced(function* (instance: Instance, mpnId: MpnId) {
  const resellers = yield* VendorResellers
  const profile = yield* resellers.mpnProfile(instance, mpnId)
  if (profile === null) return answer(mpnId, "invalid", null, `No partner has the MPN id ${mpnId}.`)
  if (instance.cspStatus === "direct") return answer(mpnId, "valid", profile.name, null)
  const checked = yield* resellers.validate(instance, [mpnId])
  const verdict = checked?.find((one) => one.mpnId === mpnId)
  return verdict === undefined || verdict.valid
    ? answer(mpnId, "valid", profile.name, null)
    : answer(
        mpnId,
        "invalid",
        profile.name,
        verdict.text ??
          `Partner Center refuses it${verdict.code === null ? "" : ` (${verdict.code})`}.`
      )
})

const answer = (
  mpnId: MpnId,
  verdict: AnsweredVerdict["verdict"],
  partnerName: string | null,
  reason: string | null
) => ({ mpnId, verdict, partnerName, reason })
