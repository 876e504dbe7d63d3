import type { MpnId } from "@concordat/core/instance/Instance"
import { type KeptVerdict, MpnVerdicts, notChecked } from "@concordat/core/tenant/MpnVerdicts"
import type { Instant } from "@concordat/core/time/Instant"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Effect, Layer } from "effect"
import { type Selectable, sql } from "kysely"
import { statements } from "./Statements.ts"
import type { MpnVerdictTable } from "./Tables.ts"

type Port = MpnVerdicts["Service"]

/** As pg takes an instant. */
const dateOf = (instant: Instant): Date => new Date(instant)

const keptOf = (mpnId: MpnId, row: Selectable<MpnVerdictTable> | undefined): KeptVerdict =>
  row === undefined
    ? notChecked(mpnId)
    : {
        mpnId,
        verdict: row.verdict ?? "unknown",
        partnerName: row.partner_name,
        reason: row.reason,
        checkedAt: row.checked_at,
        failure:
          row.failed_at === null || row.failure === null
            ? null
            : { at: row.failed_at, text: row.failure }
      }

/** Verdicts on MPN ids in Postgres. */
export const mpnVerdictsLayer = Layer.effect(
  MpnVerdicts,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const get = Effect.fn("MpnVerdicts.get")(function* (
      ...[place, mpnId]: Parameters<Port["get"]>
    ) {
      const row = yield* run("MpnVerdicts.get", (db) =>
        db
          .selectFrom("mpn_verdict")
          .selectAll()
          .where("instance_id", "=", place.id)
          .where("environment", "=", place.environment)
          .where("mpn_id", "=", mpnId)
          .executeTakeFirst()
      )
      return keptOf(mpnId, row)
    })

    const keep = Effect.fn("MpnVerdicts.keep")(function* (
      ...[place, answered]: Parameters<Port["keep"]>
    ) {
      const correlationId = yield* CurrentCorrelation
      const { mpnId, verdict, partnerName, reason } = answered
      return yield* atomically(
        Effect.gen(function* () {
          // Of two who come at once the second must see what the first wrote: there is no row to lock yet.
          yield* run("MpnVerdicts.lock", (db) =>
            sql`select from instance where id = ${place.id} for no key update`.execute(db)
          )
          const before = yield* get(place, mpnId)
          if (before.checkedAt !== null && before.checkedAt > answered.checkedAt) return before
          const values = {
            verdict,
            partner_name: partnerName,
            reason,
            checked_at: dateOf(answered.checkedAt),
            failed_at: null,
            failure: null
          }
          yield* run("MpnVerdicts.keep", (db) =>
            db
              .insertInto("mpn_verdict")
              .values({
                instance_id: place.id,
                environment: place.environment,
                mpn_id: mpnId,
                ...values
              })
              .onConflict((conflict) =>
                conflict.columns(["instance_id", "environment", "mpn_id"]).doUpdateSet(values)
              )
              .execute()
          )
          if (before.verdict !== verdict)
            yield* run("MpnVerdicts.log", (db) =>
              db
                .insertInto("history")
                .values({
                  at: sql`clock_timestamp()`,
                  actor: "microsoft",
                  cause: "check of an MPN id",
                  correlation_id: correlationId,
                  side: "observed",
                  instance_id: place.id,
                  account_id: null,
                  tenant_id: null,
                  subscription_id: null,
                  microsoft_id: null,
                  field: `mpnVerdict.${mpnId}`,
                  before: before.checkedAt === null ? null : JSON.stringify(before.verdict),
                  after: JSON.stringify(verdict)
                })
                .execute()
            )
          return yield* get(place, mpnId)
        })
      )
    })

    const keepFailure = Effect.fn("MpnVerdicts.keepFailure")(function* (
      ...[place, mpnId, failure]: Parameters<Port["keepFailure"]>
    ) {
      const failed = { failed_at: dateOf(failure.at), failure: failure.text }
      yield* run("MpnVerdicts.keepFailure", (db) =>
        db
          .insertInto("mpn_verdict")
          .values({
            instance_id: place.id,
            environment: place.environment,
            mpn_id: mpnId,
            verdict: null,
            partner_name: null,
            reason: null,
            checked_at: null,
            ...failed
          })
          .onConflict((conflict) =>
            conflict
              .columns(["instance_id", "environment", "mpn_id"])
              .doUpdateSet(failed)
              // Somebody else has had an answer meanwhile.
              .where(
                sql<boolean>`coalesce(mpn_verdict.checked_at <= ${failed.failed_at}::timestamptz, true)`
              )
          )
          .execute()
      )
      return yield* get(place, mpnId)
    })

    return { get, keep, keepFailure }
  })
)
