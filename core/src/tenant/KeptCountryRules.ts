import { Clock, Context, Effect } from "effect"
import type { Country } from "../instance/Country.ts"
import type { Instance, InstanceId } from "../instance/Instance.ts"
import { dayMs, Instant } from "../time/Instant.ts"
import type { CountryRules } from "./CountryRules.ts"
import { VendorTenants } from "./VendorTenants.ts"

/** What Partner Center said of a country, and when. `rules` null: it has no customers there. */
export interface KeptRules {
  readonly rules: CountryRules | null
  readonly readAt: Instant
}

/** Microsoft's rules for addresses, as they were last read. */
export class KeptCountryRules extends Context.Service<
  KeptCountryRules,
  {
    /** null: never read. */
    readonly get: (instanceId: InstanceId, country: Country) => Effect.Effect<KeptRules | null>
    /** Takes the place of what was read before. */
    readonly keep: (
      instanceId: InstanceId,
      country: Country,
      kept: KeptRules
    ) => Effect.Effect<void>
  }
>()("core/tenant/KeptCountryRules") {}

/** Microsoft changes its rules a few times a year. */
const freshForMs = 7 * dayMs

/**
 * The rules of a country, asked for again after a week. When Partner Center cannot be asked, older ones are better than
 * none; without any, the reason fails it.
 */
export const countryRulesOf = Effect.fn("countryRulesOf")(function* (
  instance: Instance,
  country: Country
) {
  const port = yield* KeptCountryRules
  const vendor = yield* VendorTenants
  const kept = yield* port.get(instance.id, country)
  const now = Instant.make(yield* Clock.currentTimeMillis)
  // The clock of a test installation may have been set back.
  if (kept !== null && Math.abs(now - kept.readAt) < freshForMs) return kept.rules
  return yield* vendor.countryRules(instance, country).pipe(
    Effect.tap((rules) => port.keep(instance.id, country, { rules, readAt: now })),
    Effect.catch((error) => (kept === null ? Effect.fail(error) : Effect.succeed(kept.rules)))
  )
})
