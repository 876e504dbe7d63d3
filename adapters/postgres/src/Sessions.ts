import { createHash, randomBytes, randomUUID } from "node:crypto"
import type { Operator } from "@concordat/core/operator/Operator"
import {
  idleMsMax,
  isOver,
  type Session,
  SessionId,
  seenPrecisionMs,
  sessionMsMax,
  tokenMsMax,
  tokenOverlapMs
} from "@concordat/core/operator/Session"
import { SessionNotFound, Sessions, sessionsListedMax } from "@concordat/core/operator/Sessions"
import { knownAddressDays } from "@concordat/core/operator/SignInAttempts"
import { dayMs, Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Layer, Option, Redacted } from "effect"
import { type Selectable, sql } from "kysely"
import { statements } from "./Statements.ts"
import type { OperatorSessionTable } from "./Tables.ts"

type Port = Sessions["Service"]

/** 256 bits: what nobody guesses may be compared by a fast hash. */
const newToken = () => Redacted.make(randomBytes(32).toString("base64url"))
const hashOf = (token: Redacted.Redacted) =>
  createHash("sha256").update(Redacted.value(token)).digest()

const now = Effect.map(Clock.currentTimeMillis, (ms) => Instant.make(ms))
/** As pg takes an instant. */
const dateOf = (instant: number) => new Date(instant)

const userAgentLengthMax = 500

/** Sessions in Postgres. */
export const sessionsLayer = Layer.effect(
  Sessions,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const open = Effect.fn("Sessions.open")(function* (
      ...[operatorId, { address, userAgent }]: Parameters<Port["open"]>
    ) {
      const at = yield* now
      const token = newToken()
      const session: Session = {
        id: SessionId.make(randomUUID()),
        operatorId,
        startedAt: at,
        seenAt: at,
        address,
        userAgent: userAgent?.slice(0, userAgentLengthMax).toWellFormed() ?? null
      }
      yield* atomically(
        Effect.gen(function* () {
          yield* run("Sessions.forgotten", (db) =>
            db
              .deleteFrom("operator_session")
              .where(sql<boolean>`started_at < ${dateOf(at - knownAddressDays * dayMs)}`)
              .execute()
          )
          yield* run("Sessions.open", (db) =>
            db
              .insertInto("operator_session")
              .values({
                id: session.id,
                operator_id: operatorId,
                hash: hashOf(token),
                previous_hash: null,
                rotated_at: dateOf(at),
                confirmed_at: null,
                started_at: dateOf(at),
                seen_at: dateOf(at),
                ended_at: null,
                address,
                user_agent: session.userAgent
              })
              .execute()
          )
          yield* run("Sessions.signedIn", (db) =>
            db
              .updateTable("operator")
              .set({ last_sign_in_at: dateOf(at) })
              .where("id", "=", operatorId)
              .execute()
          )
        })
      )
      return { session, token }
    })

    const rowOf = Effect.fnUntraced(function* (token: Redacted.Redacted) {
      const hash = hashOf(token)
      const at = yield* now
      const row = yield* run("Sessions.find", (db) =>
        db
          .selectFrom("operator_session as session")
          .innerJoin("operator", "operator.id", "session.operator_id")
          .select([
            "session.id",
            "session.operator_id",
            "session.hash",
            "session.previous_hash",
            "session.rotated_at",
            "session.confirmed_at",
            "session.started_at",
            "session.seen_at",
            "session.address",
            "session.user_agent",
            "operator.name",
            "operator.role",
            "operator.branch",
            "operator.active",
            "operator.created_at",
            "operator.last_sign_in_at",
            "operator.version"
          ])
          .where((where) =>
            where.or([where("session.hash", "=", hash), where("session.previous_hash", "=", hash)])
          )
          .where("session.ended_at", "is", null)
          .where("operator.active", "=", true)
          .executeTakeFirst()
      )
      if (row === undefined) return undefined
      const session = sessionOf(row)
      const isCurrent = row.hash.equals(hash)
      const isLate = row.confirmed_at !== null && at >= row.confirmed_at + tokenOverlapMs
      if (isOver(session, at) || (!isCurrent && isLate)) return undefined
      const operator: Operator = {
        id: row.operator_id,
        name: row.name,
        role: row.role,
        branch: row.branch,
        active: row.active,
        createdAt: row.created_at,
        lastSignInAt: row.last_sign_in_at,
        version: row.version
      }
      return { row, at, session, operator, isCurrent }
    })
    type Found = NonNullable<Effect.Success<ReturnType<typeof rowOf>>>

    const find = Effect.fn("Sessions.find")(function* (token: Redacted.Redacted) {
      const found = yield* rowOf(token)
      return found === undefined
        ? Option.none()
        : Option.some({ session: found.session, operator: found.operator })
    })

    /** Of several requests that come together one gets the new token; the others go on with the former. */
    const renew = Effect.fnUntraced(function* ({ at, isCurrent, row }: Found) {
      const token = newToken()
      const renewed = yield* run("Sessions.renew", (db) =>
        db
          .updateTable("operator_session")
          .set({
            hash: hashOf(token),
            rotated_at: dateOf(at),
            confirmed_at: null,
            ...(isCurrent ? { previous_hash: row.hash } : {})
          })
          .where("id", "=", row.id)
          .where("hash", "=", row.hash)
          .where("ended_at", "is", null)
          .returning("id")
          .executeTakeFirst()
      )
      return renewed === undefined ? Option.none() : Option.some(token)
    })

    const use = Effect.fn("Sessions.use")(function* (token: Redacted.Redacted) {
      const found = yield* rowOf(token)
      if (found === undefined) return Option.none()
      const { at, isCurrent, row, session, operator } = found
      const isDue = isCurrent
        ? at >= row.rotated_at + tokenMsMax
        : // The answer that held the new token was lost: nobody has ever sent it.
          row.confirmed_at === null && at >= row.rotated_at + tokenOverlapMs
      const isFirstUse = isCurrent && row.previous_hash !== null && row.confirmed_at === null
      const isUnseen = at >= session.seenAt + seenPrecisionMs
      if (isFirstUse || isUnseen)
        yield* run("Sessions.seen", (db) =>
          db
            .updateTable("operator_session")
            .set({
              seen_at: sql`greatest(seen_at, ${dateOf(at)})`,
              ...(isFirstUse ? { confirmed_at: dateOf(at) } : {})
            })
            .where("id", "=", row.id)
            .where("hash", "=", row.hash)
            .execute()
        )
      const renewed = isDue ? yield* renew(found) : Option.none()
      return Option.some({
        session: isUnseen ? { ...session, seenAt: at } : session,
        operator,
        renewed
      })
    })

    const list = Effect.fn("Sessions.list")(function* (operatorId: Operator["id"]) {
      const at = yield* now
      const rows = yield* run("Sessions.list", (db) =>
        db
          .selectFrom("operator_session")
          .select(["id", "operator_id", "started_at", "seen_at", "address", "user_agent"])
          .where("operator_id", "=", operatorId)
          .where("ended_at", "is", null)
          .where(sql<boolean>`started_at > ${dateOf(at - sessionMsMax)}`)
          .where(sql<boolean>`seen_at > ${dateOf(at - idleMsMax)}`)
          .orderBy("started_at", "desc")
          .orderBy("id")
          .limit(sessionsListedMax)
          .execute()
      )
      return rows.map(sessionOf)
    })

    const end = Effect.fn("Sessions.end")(function* (...[operatorId, id]: Parameters<Port["end"]>) {
      const at = yield* now
      const row = yield* run("Sessions.end", (db) =>
        db
          .updateTable("operator_session")
          .set({ ended_at: sql`coalesce(ended_at, ${dateOf(at)})` })
          .where("id", "=", id)
          .where("operator_id", "=", operatorId)
          .returning("id")
          .executeTakeFirst()
      )
      if (row === undefined) return yield* new SessionNotFound({ id })
    })

    const endAll = Effect.fn("Sessions.endAll")(function* (operatorId: Operator["id"]) {
      const at = yield* now
      yield* run("Sessions.endAll", (db) =>
        db
          .updateTable("operator_session")
          .set({ ended_at: dateOf(at) })
          .where("operator_id", "=", operatorId)
          .where("ended_at", "is", null)
          .execute()
      )
    })

    return Sessions.of({ open, find, use, list, end, endAll })
  })
)

const sessionOf = (
  row: Pick<
    Selectable<OperatorSessionTable>,
    "id" | "operator_id" | "started_at" | "seen_at" | "address" | "user_agent"
  >
): Session => ({
  id: row.id,
  operatorId: row.operator_id,
  startedAt: row.started_at,
  seenAt: row.seen_at,
  address: row.address,
  userAgent: row.user_agent
})
