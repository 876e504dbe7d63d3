import { randomUUID } from "node:crypto"
import { StaleVersion } from "@concordat/core/instance/Instances"
import { type Operator, OperatorId, OperatorName } from "@concordat/core/operator/Operator"
import {
  LastAdministrator,
  OperatorNameTaken,
  OperatorNotFound,
  Operators
} from "@concordat/core/operator/Operators"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { makePasswords } from "./passwords.ts"
import { statements } from "./Statements.ts"
import type { OperatorTable } from "./Tables.ts"

type Port = Operators["Service"]

const byName = keyset(Schema.Struct({ name: OperatorName }))

/** Operators in Postgres. */
export const operatorsLayer = Layer.effect(
  Operators,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const passwords = yield* makePasswords

    const add = Effect.fn("Operators.add")(function* (given: Parameters<Port["add"]>[0]) {
      const password_hash = yield* passwords.hash(given.password)
      const row = yield* run("Operators.add", (db) =>
        db
          .insertInto("operator")
          .values({
            id: OperatorId.make(randomUUID()),
            name: given.name,
            role: given.role,
            branch: given.branch,
            password_hash,
            active: true,
            created_at: sql`date_trunc('milliseconds', clock_timestamp())`,
            last_sign_in_at: null,
            version: 1
          })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .returning(columns)
          .executeTakeFirst()
      )
      return row === undefined
        ? yield* new OperatorNameTaken({ name: given.name })
        : operatorOf(row)
    })

    const list = Effect.fn("Operators.list")(function* (page: Parameters<Port["list"]>[0]) {
      const after = yield* byName.after(page)
      const rows = yield* run("Operators.list", (db) =>
        db
          .selectFrom("operator")
          .select(columns)
          .$if(after !== undefined, (query) => query.where("name", ">", after?.name ?? null))
          .orderBy("name")
          .limit(page.limit + 1)
          .execute()
      )
      return byName.page(rows, page, ({ name }) => ({ name }), operatorOf)
    })

    const get = Effect.fn("Operators.get")(function* (id: OperatorId) {
      const row = yield* run("Operators.get", (db) =>
        db.selectFrom("operator").select(columns).where("id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new OperatorNotFound({ id }) : operatorOf(row)
    })

    const known = Effect.fn("Operators.known")(function* (
      ...[name, password]: Parameters<Port["known"]>
    ) {
      const row = yield* run("Operators.known", (db) =>
        db
          .selectFrom("operator")
          .select([...columns, "password_hash"])
          .where(sql<boolean>`name = ${name}`)
          .where("active", "=", true)
          .executeTakeFirst()
      )
      const { right, outdated } = yield* passwords.check(row?.password_hash, password)
      if (row === undefined || !right) return Option.none()
      if (outdated) {
        const password_hash = yield* passwords.hash(password)
        yield* run("Operators.rehash", (db) =>
          db
            .updateTable("operator")
            .set({ password_hash })
            .where("id", "=", row.id)
            .where("password_hash", "=", row.password_hash)
            .execute()
        )
      }
      return Option.some(operatorOf(row))
    })

    const change = Effect.fn("Operators.change")(function* (
      ...[id, version, { role, branch, active, password }]: Parameters<Port["change"]>
    ) {
      const password_hash = password === undefined ? undefined : yield* passwords.hash(password)
      const at = yield* now
      return yield* atomically(
        Effect.gen(function* () {
          // All administrators, so that of two who leave at the same time the second is refused.
          const locked = yield* run("Operators.lock", (db) =>
            db
              .selectFrom("operator")
              .select(columns)
              .where((where) =>
                where.or([
                  where("id", "=", id),
                  where.and([where("role", "=", "operator-admin"), where("active", "=", true)])
                ])
              )
              .orderBy("id")
              .forUpdate()
              .execute()
          )
          const current = locked.find((row) => row.id === id)
          if (current === undefined) return yield* new OperatorNotFound({ id })
          if (current.version !== version)
            return yield* new StaleVersion({ expected: version, actual: current.version })
          const next = {
            role: role ?? current.role,
            branch: branch === undefined ? current.branch : branch,
            active: active ?? current.active
          }
          const others = locked.filter((row) => row.id !== id).length
          if (administers(current) && !administers(next) && others === 0)
            return yield* new LastAdministrator({ name: current.name })
          const row = yield* run("Operators.change", (db) =>
            db
              .updateTable("operator")
              .set({
                ...next,
                version: version + 1,
                ...(password_hash === undefined ? {} : { password_hash })
              })
              .where("id", "=", id)
              .returning(columns)
              .executeTakeFirstOrThrow()
          )
          if (!next.active || password !== undefined)
            yield* run("Operators.signedOut", (db) =>
              db
                .updateTable("operator_session")
                .set({ ended_at: at })
                .where("operator_id", "=", id)
                .where("ended_at", "is", null)
                .execute()
            )
          else if (next.role !== current.role || next.branch !== current.branch)
            yield* run("Operators.newTokens", (db) =>
              db
                .updateTable("operator_session")
                .set({ rotated_at: longAgo })
                .where("operator_id", "=", id)
                .where("ended_at", "is", null)
                .execute()
            )
          return operatorOf(row)
        })
      )
    })

    const setPassword = Effect.fn("Operators.setPassword")(function* (
      ...[id, password]: Parameters<Port["setPassword"]>
    ) {
      const password_hash = yield* passwords.hash(password)
      yield* run("Operators.setPassword", (db) =>
        db
          .updateTable("operator")
          .set({ password_hash, version: sql`version + 1` })
          .where("id", "=", id)
          .execute()
      )
    })

    return Operators.of({ add, list, get, known, change, setPassword })
  })
)

const now = Effect.map(Clock.currentTimeMillis, (ms) => new Date(ms))
/** A token of then is due to be another one. */
const longAgo = new Date(0)

const columns = [
  "id",
  "name",
  "role",
  "branch",
  "active",
  "created_at",
  "last_sign_in_at",
  "version"
] as const

const operatorOf = (row: Pick<Selectable<OperatorTable>, (typeof columns)[number]>): Operator => ({
  id: row.id,
  name: row.name,
  role: row.role,
  branch: row.branch,
  active: row.active,
  createdAt: row.created_at,
  lastSignInAt: row.last_sign_in_at,
  version: row.version
})

const administers = ({ role, active }: Pick<Operator, "role" | "active">): boolean =>
  role === "operator-admin" && active
