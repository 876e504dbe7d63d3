import { Context, type Effect } from "effect"
import type { InstanceId, MpnId } from "../instance/Instance.ts"
import type { Instant } from "../time/Instant.ts"
import type { MpnVerdict } from "./partnerOfRecord.ts"

/** What is known of an MPN id in one instance. */
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
  /** The last try, when that failed: the verdict is then older than it should be. */
  readonly failure: { readonly at: Instant; readonly text: string } | null
}

/** Partner Center's verdicts on MPN ids, with their age. */
export class MpnVerdicts extends Context.Service<
  MpnVerdicts,
  {
    /** null: never asked. */
    readonly get: (instanceId: InstanceId, mpnId: MpnId) => Effect.Effect<KeptVerdict | null>
    /** Takes the place of an older one; an answer that is older than what is kept changes nothing. Gives what is kept. */
    readonly keep: (
      instanceId: InstanceId,
      answered: Omit<KeptVerdict, "failure" | "verdict" | "checkedAt"> & {
        readonly verdict: "valid" | "invalid"
        readonly checkedAt: Instant
      }
    ) => Effect.Effect<KeptVerdict>
    /** Partner Center could not be asked: the verdict that is kept stays. Gives what is kept. */
    readonly keepFailure: (
      instanceId: InstanceId,
      mpnId: MpnId,
      failure: { readonly at: Instant; readonly text: string }
    ) => Effect.Effect<KeptVerdict>
  }
>()("core/tenant/MpnVerdicts") {}
