import { KeptCountryRules } from "@concordat/core/tenant/KeptCountryRules"
import type { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer } from "effect"
import { statements } from "./Statements.ts"

const date = (at: Instant): Date => new Date(at)

/** Microsoft's rules for addresses, in Postgres. */
export const keptCountryRulesLayer = Layer.effect(
  KeptCountryRules,
  Effect.gen(function* () {
    const { run } = yield* statements
    return KeptCountryRules.of({
      get: Effect.fn("KeptCountryRules.get")(function* (instanceId, country) {
        const row = yield* run("KeptCountryRules.get", (db) =>
          db
            .selectFrom("country_rules")
            .select(["rules", "read_at"])
            .where("instance_id", "=", instanceId)
            .where("country", "=", country)
            .executeTakeFirst()
        )
        return row === undefined ? null : { rules: row.rules, readAt: row.read_at }
      }),
      keep: Effect.fn("KeptCountryRules.keep")(function* (instanceId, country, { rules, readAt }) {
        const kept = {
          rules: rules === null ? null : JSON.stringify(rules),
          read_at: date(readAt)
        }
        yield* run("KeptCountryRules.keep", (db) =>
          db
            .insertInto("country_rules")
            .values({ instance_id: instanceId, country, ...kept })
            .onConflict((conflict) =>
              conflict.columns(["instance_id", "country"]).doUpdateSet(kept)
            )
            .execute()
        )
      })
    })
  })
)
