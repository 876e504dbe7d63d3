import { Api } from "@concordat/contracts/Api"
import { SystemHealth } from "@concordat/core/health/SystemHealth"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"

/** Whether all parts are there. */
export const healthLayer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (handlers) {
    const { look } = yield* SystemHealth
    return handlers.handleAll({ look: () => look })
  })
)
