import { Context, type Effect } from "effect"
import type { Instance, MpnId } from "../instance/Instance.ts"
import { dayMs, type Instant, minuteMs } from "../time/Instant.ts"
import type { MpnVerdict } from "./partnerOfRecord.ts"

/** A try that Partner Center did not answer. */
export interface FailedCheck {
  readonly at: Instant
  readonly text: string
}

/** What is known of an MPN id in the live account of an instance. */
export interface KeptVerdict {
  readonly mpnId: MpnId
  /** `unknown` only as long as Partner Center never answered. */
  readonly verdict: MpnVerdict
  /** The partner's name at Microsoft; null where it has told none. */
  readonly partnerName: string | null
  /** Why it is invalid, in Microsoft's words; null otherwise. */
  readonly reason: string | null
  /** When Partner Center said so; null as long as it never answered. */
  readonly checkedAt: Instant | null
  /** The newest try, when that failed: the verdict is then older than it should be. */
  readonly failure: FailedCheck | null
}

/** An answer of Partner Center about an MPN id. */
export interface AnsweredVerdict {
  readonly mpnId: MpnId
  readonly verdict: "valid" | "invalid"
  readonly partnerName: string | null
  readonly reason: string | null
  readonly checkedAt: Instant
}

/** Of an id that nobody has asked about. */
export const notChecked = (mpnId: MpnId): KeptVerdict => ({
  mpnId,
  verdict: "unknown",
  partnerName: null,
  reason: null,
  checkedAt: null,
  failure: null
})

/** Resellers become able to sell, and stop being so, from one day to the next. */
export const verdictFreshMs = dayMs
/** So long nobody is asked again who has just failed to answer. */
export const failureFreshMs = minuteMs

/** Whether Partner Center should be asked (again): the verdict is missing or old, and no try has just failed. */
export const isDue = ({ checkedAt, failure }: KeptVerdict, now: Instant): boolean =>
  (checkedAt === null || now - checkedAt >= verdictFreshMs) &&
  (failure === null || now - failure.at >= failureFreshMs)

type Place = Pick<Instance, "id" | "environment">

/**
 * Partner Center's verdicts on MPN ids with their age, apart for the two accounts of an instance. What was valid and is
 * not any more, or the other way round, is in the history.
 */
export class MpnVerdicts extends Context.Service<
  MpnVerdicts,
  {
    /** `notChecked` where nobody has asked. */
    readonly get: (place: Place, mpnId: MpnId) => Effect.Effect<KeptVerdict>
    /** Takes the place of an older answer; an answer that is older than the kept one changes nothing. Gives what is kept. */
    readonly keep: (place: Place, answered: AnsweredVerdict) => Effect.Effect<KeptVerdict>
    /** Partner Center could not be asked: the verdict that is kept stays. Gives what is kept. */
    readonly keepFailure: (
      place: Place,
      mpnId: MpnId,
      failure: FailedCheck
    ) => Effect.Effect<KeptVerdict>
  }
>()("core/tenant/MpnVerdicts") {}
