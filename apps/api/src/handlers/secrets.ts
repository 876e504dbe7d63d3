import { Api } from "@concordat/contracts/Api"
import { SecretRotation } from "@concordat/core/secret/SecretRotation"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"

/** Changing the key, step by step. */
export const secretsLayer = HttpApiBuilder.group(
  Api,
  "secrets",
  Effect.fnUntraced(function* (handlers) {
    const { step } = yield* SecretRotation
    return handlers.handleAll({
      rotate: () => step
    })
  })
)
