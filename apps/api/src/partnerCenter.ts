import { userTokensLayer } from "@concordat/adapter-entra/UserTokens"
import { partnerCenterLayer } from "@concordat/adapter-partner-center/partnerCenter"
import {
  CurrentClientSettings,
  clientSettingsDefault
} from "@concordat/adapter-partner-center/Settings"
import { CurrentPriority, RateBudget } from "@concordat/core/vendor/RateBudget"
import { Effect, Layer } from "effect"

/** A person waits for the answer: rather none soon than one after minutes. */
const settings = {
  ...clientSettingsDefault,
  attemptTimeoutMs: 10_000,
  attemptsMax: 2,
  giveUpAfterMs: 15_000
}

/** The shared budget, which lets requests of the API go before those of jobs. */
const interactiveBudget = Layer.effect(
  RateBudget,
  Effect.map(RateBudget, ({ take, throttled }) => ({
    take: (instance, family) =>
      take(instance, family).pipe(Effect.provideService(CurrentPriority, "interactive")),
    throttled
  }))
)

/** Partner Center, as the API asks it while it answers a request. */
export const interactivePartnerCenter = partnerCenterLayer.pipe(
  Layer.provide([userTokensLayer, interactiveBudget]),
  Layer.provide(Layer.succeed(CurrentClientSettings, settings))
)
