import { Api } from "@concordat/contracts/Api"
import type { MpnIdView } from "@concordat/contracts/mpnids"
import type { Instance, InstanceName, MpnId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { checkMpnId } from "@concordat/core/tenant/checkMpnId"
import type { KeptVerdict } from "@concordat/core/tenant/MpnVerdicts"
import type { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { instanceNotFound } from "./instances.ts"

/** Checks of resellers' MPN ids with Partner Center. */
export const mpnIdsLayer = HttpApiBuilder.group(
  Api,
  "mpnids",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const checked = Effect.fnUntraced(
      function* (name: InstanceName, mpnId: MpnId, anew: boolean) {
        const instance = yield* instances.byName(name)
        const kept = yield* checkMpnId(instance, mpnId, { anew })
        return viewOf(instance, kept, yield* Clock.currentTimeMillis)
      },
      Effect.catchTag("InstanceNotFound", instanceNotFound)
    )
    return handlers.handleAll({
      get: ({ params }) => checked(params.name, params.mpnId, false),
      check: ({ params }) => checked(params.name, params.mpnId, true)
    })
  })
)

const viewOf = ({ name }: Instance, kept: KeptVerdict, nowMs: number): MpnIdView => ({
  ...kept,
  instance: name,
  ageSeconds: kept.checkedAt === null ? null : ageOf(kept.checkedAt, nowMs)
})

/** Another machine's clock may be ahead. */
const ageOf = (at: Instant, nowMs: number): number => Math.max(0, Math.floor((nowMs - at) / 1_000))
