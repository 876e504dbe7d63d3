import {
  CurrentClientSettings,
  clientSettingsDefault
} from "@concordat/adapter-partner-center/Settings"
import { clockFromConfig } from "@concordat/adapter-partner-center/SimulatedClock"
import { databasePlace } from "@concordat/adapter-postgres/Address"
import { migrate } from "@concordat/adapter-postgres/migrate"
import { Cause, Config, Duration, Effect, Exit, Layer, Logger, Option } from "effect"
import { reconcilerLayer } from "./reconciler.ts"

/** How long Partner Center may take for one answer, as "30 seconds". */
const timeout = Config.Duration("CONCORDAT_PARTNER_CENTER_TIMEOUT").pipe(
  Config.withDefault(Duration.millis(clientSettingsDefault.attemptTimeoutMs))
)

const told = Effect.callback<void>((resume) => {
  const stop = () => resume(Effect.void)
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  // Whoever started us has gone.
  process.once("disconnect", stop)
})

const program = Effect.gen(function* () {
  const attemptTimeoutMs = Duration.toMillis(yield* timeout)
  const place = yield* databasePlace
  yield* migrate(place.url)
  yield* Layer.build(reconcilerLayer(place)).pipe(
    Effect.provideService(CurrentClientSettings, { ...clientSettingsDefault, attemptTimeoutMs })
  )
  yield* Effect.logInfo("reconciler ready", { embedded: place.embedded })
  process.send?.({ ready: true })
  yield* told
  yield* Effect.logInfo("reconciler stopping")
}).pipe(Effect.scoped, Effect.provide([clockFromConfig, Logger.layer([Logger.consoleJson])]))

const exit = await Effect.runPromiseExit(program)
if (Exit.isFailure(exit)) {
  const expected = Cause.findErrorOption(exit.cause)
  process.stderr.write(
    `${Option.isSome(expected) ? expected.value.message : Cause.pretty(exit.cause)}\n`
  )
  process.exitCode = 1
}
process.exit()
