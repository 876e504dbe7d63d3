import { Idempotency, KeyInUse, KeyReused } from "@concordat/core/work/Idempotency"
import { Effect, Layer, Option } from "effect"
import { sql } from "kysely"
import { statements } from "./Statements.ts"

/** How long an answer is given again. */
const answersKept = "30 days"
/** No request is at work for so long: whoever claimed the key has died. */
const claimKept = "1 minute"

/** Answers to repeated commands in Postgres. */
export const idempotencyLayer = Layer.effect(
  Idempotency,
  Effect.gen(function* () {
    const { run } = yield* statements

    const claim = Effect.fn("Idempotency.claim")(function* (
      ...[caller, key, requestHash]: Parameters<Idempotency["Service"]["claim"]>
    ) {
      // One statement, so that of two requests that come together one waits and then sees the other's claim.
      // A claim that is free again is taken over; what was too old goes on the way.
      const claimed = yield* run("Idempotency.claim", (db) =>
        sql<{ claimed: boolean }>`
          with old as (
            delete from idempotency_key where claimed_at < now() - ${answersKept}::interval
              and (caller, key) <> (${caller}, ${key})
          )
          insert into idempotency_key as held (caller, key, request_hash, claimed_at)
          values (${caller}, ${key}, ${requestHash}, clock_timestamp())
          on conflict (caller, key) do update
          set request_hash = excluded.request_hash, claimed_at = excluded.claimed_at,
            status = null, headers = null, body = null
          where held.claimed_at < clock_timestamp() - ${answersKept}::interval
            or (held.status is null and held.request_hash = excluded.request_hash
              and held.claimed_at < clock_timestamp() - ${claimKept}::interval)
          returning true as claimed`.execute(db)
      )
      if (claimed.rows.length > 0) return Option.none()
      const row = yield* run("Idempotency.answered", (db) =>
        db
          .selectFrom("idempotency_key")
          .select(["request_hash", "status", "headers", "body"])
          .where("caller", "=", caller)
          .where("key", "=", key)
          .executeTakeFirst()
      )
      // Released between the two statements: the client's next try finds it free.
      if (row === undefined) return yield* new KeyInUse({ key })
      if (row.request_hash !== requestHash) return yield* new KeyReused({ key })
      const { status, headers, body } = row
      return status === null || headers === null || body === null
        ? yield* new KeyInUse({ key })
        : Option.some({ status, headers, body })
    })

    const answer = Effect.fn("Idempotency.answer")(function* (
      ...[caller, key, { status, headers, body }]: Parameters<Idempotency["Service"]["answer"]>
    ) {
      yield* run("Idempotency.answer", (db) =>
        db
          .updateTable("idempotency_key")
          .set({ status, headers: JSON.stringify(headers), body })
          .where("caller", "=", caller)
          .where("key", "=", key)
          .execute()
      )
    })

    const release = Effect.fn("Idempotency.release")(function* (caller: string, key: string) {
      yield* run("Idempotency.release", (db) =>
        db
          .deleteFrom("idempotency_key")
          .where("caller", "=", caller)
          .where("key", "=", key)
          .where("status", "is", null)
          .execute()
      )
    })

    return Idempotency.of({ claim, answer, release })
  })
)
