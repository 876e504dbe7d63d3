import type { SecretRotationView } from "@concordat/contracts/secrets"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"

/** A thousand secrets each: more than any installation has. */
const stepsMax = 1_000

/** `concordat rotate-secrets` */
export const rotateSecrets = Command.make(
  "rotate-secrets",
  {},
  Effect.fnUntraced(function* () {
    const api = yield* connect({ timeout: "1 minute" })
    let resealed = 0
    let last: SecretRotationView = { resealed: 0, remaining: 0, unreadable: [], unreadableTotal: 0 }
    for (let step = 0; step < stepsMax; step++) {
      last = yield* api.client.secrets
        .rotate({ headers: {}, query: {} })
        .pipe(Effect.mapError(api.explained))
      resealed += last.resealed
      // What another process has locked is left to it.
      if (last.remaining === 0 || last.resealed === 0) break
    }
    yield* Console.log(
      `${resealed} ${resealed === 1 ? "secret was" : "secrets were"} sealed with the current key.`
    )
    if (last.unreadableTotal > 0)
      return yield* new CommandFailed({
        message: [
          `${last.unreadableTotal} cannot be opened and stay as they are:`,
          ...last.unreadable
        ].join("\n")
      })
    if (last.remaining > 0)
      return yield* new CommandFailed({
        message: `${last.remaining} are in use at this moment and still have an older key. Run it again.`
      })
    yield* Console.log(
      "None has an older key: remove CONCORDAT_SECRET_KEYS_OLD from every process, and restart them."
    )
  })
).pipe(
  Command.withDescription(
    "Seal every stored secret with the current key (CONCORDAT_SECRET_KEY), while everything goes on. Every process must know both keys before: the new one, and the old in CONCORDAT_SECRET_KEYS_OLD."
  ),
  Command.withShortDescription("Seal every stored secret with the current key")
)
