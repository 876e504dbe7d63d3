import {
  delayMsAfter,
  failuresKeptMs,
  knownAddressDays,
  SignInAttempts,
  type ThrottledBy,
  TooManyAttempts
} from "@concordat/core/operator/SignInAttempts"
import { dayMs } from "@concordat/core/time/Instant"
import { Clock, Effect, Layer } from "effect"
import { sql } from "kysely"
import { statements } from "./Statements.ts"

type Port = SignInAttempts["Service"]

/** Failed attempts to sign in, in Postgres. */
export const signInAttemptsLayer = Layer.effect(
  SignInAttempts,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const begin = Effect.fn("SignInAttempts.begin")(function* (
      ...[name, address]: Parameters<Port["begin"]>
    ) {
      const now = yield* Clock.currentTimeMillis
      const forgiven = dateOf(now - failuresKeptMs)
      yield* run("SignInAttempts.forgive", (db) =>
        sql`delete from sign_in_attempt where subject in
          (select subject from sign_in_attempt where failed_at < ${forgiven}
            limit 1000 for update skip locked)`.execute(db)
      )
      const known = yield* run("SignInAttempts.known", (db) =>
        db
          .selectFrom("operator_session as session")
          .innerJoin("operator", "operator.id", "session.operator_id")
          .select("session.id")
          .where(sql<boolean>`operator.name = ${name}`)
          .where(sql<boolean>`session.address = ${address}`)
          .where(sql<boolean>`session.started_at > ${dateOf(now - knownAddressDays * dayMs)}`)
          .limit(1)
          .executeTakeFirst()
      )
      yield* atomically(
        Effect.gen(function* () {
          // Locked in one order, name after address: of two attempts on the same one waits for the other.
          const counted = yield* Effect.forEach(subjectsOf(name, address), ({ by, subject }) =>
            run("SignInAttempts.lock", (db) =>
              db
                .insertInto("sign_in_attempt")
                .values({
                  subject,
                  failures: 0,
                  failed_at: dateOf(now),
                  blocked_until: dateOf(now)
                })
                .onConflict((conflict) => conflict.column("subject").doUpdateSet({ subject }))
                .returning(["failures", "failed_at", "blocked_until"])
                .executeTakeFirstOrThrow()
            ).pipe(Effect.map((row) => ({ by, subject, ...row })))
          )
          const waits = counted
            .filter(({ by }) => by === "address" || known === undefined)
            .map(({ blocked_until }) => blocked_until - now)
          const retryAfterMs = Math.max(0, ...waits)
          if (retryAfterMs > 0) return yield* new TooManyAttempts({ retryAfterMs })
          yield* Effect.forEach(counted, ({ by, subject, failures, failed_at }) => {
            const count = (failed_at < forgiven.getTime() ? 0 : failures) + 1
            return run("SignInAttempts.begin", (db) =>
              db
                .updateTable("sign_in_attempt")
                .set({
                  failures: count,
                  failed_at: dateOf(now),
                  blocked_until: dateOf(now + delayMsAfter(count, by))
                })
                .where("subject", "=", subject)
                .execute()
            )
          })
        })
      )
    })

    const succeeded = Effect.fn("SignInAttempts.succeeded")(function* (
      ...[name, address]: Parameters<Port["succeeded"]>
    ) {
      const now = dateOf(yield* Clock.currentTimeMillis)
      // Before it began nothing was blocked, else it would not have begun.
      yield* run("SignInAttempts.succeeded", (db) =>
        sql`with forgiven as (delete from sign_in_attempt where subject = ${`name ${name}`})
          update sign_in_attempt set failures = greatest(failures - 1, 0), blocked_until = ${now}
          where subject = ${address === null ? "" : addressSubject(address)}`.execute(db)
      )
    })

    return SignInAttempts.of({ begin, succeeded })
  })
)

const subjectsOf = (
  name: string,
  address: string | null
): ReadonlyArray<{ readonly by: ThrottledBy; readonly subject: string }> => [
  ...(address === null ? [] : [{ by: "address" as const, subject: addressSubject(address) }]),
  { by: "name", subject: `name ${name}` }
]

/** As pg takes an instant. */
const dateOf = (ms: number) => new Date(ms)

const addressSubject = (address: string): string => `address ${networkOf(address)}`

/** Whose address it is: of IPv6 the first 64 bits, since a household has all the rest (RFC 6177). */
export const networkOf = (address: string): string => {
  const [plain = ""] = address.split("%", 1)
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(plain)?.[1]
  if (v4 !== undefined || !plain.includes(":")) return v4 ?? plain
  const [head = "", tail] = plain.toLowerCase().split("::", 2)
  const groupsOf = (text: string) => (text === "" ? [] : text.split(":"))
  const after = groupsOf(tail ?? "")
  const before = groupsOf(head)
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill("0"), ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/u, ""))
    .join(":")
}
