import { type Rotation, SecretRotation } from "@concordat/core/secret/SecretRotation"
import { Effect, Layer, Result } from "effect"
import { type Kysely, sql } from "kysely"
import { attemptContext, consentContext } from "./Consents.ts"
import { secretContext } from "./Instances.ts"
import { mailContext } from "./Outbox.ts"
import { Secrets } from "./Secrets.ts"
import { statements } from "./Statements.ts"
import { synchronizationContext } from "./Synchronizations.ts"
import type { Tables } from "./Tables.ts"

/** A column that holds sealed texts, with what identifies its rows and what each text is bound to. */
export interface SealedColumn {
  readonly table: keyof Tables
  readonly column: string
  readonly key: ReadonlyArray<string>
  /** What the text was sealed for, from the values of the key as text. */
  readonly contextOf: (...key: ReadonlyArray<string>) => string
}

/** Everything that is sealed. What is not named here stays with its old key. */
export const sealedColumns: ReadonlyArray<SealedColumn> = [
  {
    table: "secret",
    column: "sealed",
    key: ["instance_id", "environment"],
    contextOf: (id = "", environment = "") => secretContext(id, environment)
  },
  {
    table: "consent",
    column: "sealed",
    key: ["instance_id", "environment"],
    contextOf: (id = "", environment = "") => consentContext(id, environment)
  },
  {
    table: "consent_attempt",
    column: "sealed",
    key: ["id"],
    contextOf: (id = "") => attemptContext(id)
  },
  { table: "mail", column: "content", key: ["id"], contextOf: (id = "") => mailContext(id) },
  {
    table: "synchronization",
    column: "sealed",
    key: ["id"],
    contextOf: (id = "") => synchronizationContext(id)
  }
]

/** Small transactions: nobody waits long for a row. */
const batchMax = 100
/** What one step seals at most. */
const stepMax = 1_000
const unreadableMax = 100

interface OldRow {
  readonly key: ReadonlyArray<string>
  readonly sealed: string
}

const keyText = ({ key }: SealedColumn) =>
  sql`array[${sql.join(key.map((name) => sql`${sql.ref(name)}::text`))}]`

const isOld = ({ column }: SealedColumn, prefix: string) =>
  sql`left(${sql.ref(column)}, ${prefix.length}) <> ${prefix}`

/** The next rows after `after` that another key has sealed, locked; those that somebody else has locked are passed by. */
const selectOld = (
  db: Kysely<Tables>,
  place: SealedColumn,
  prefix: string,
  after: ReadonlyArray<string>
) =>
  sql<OldRow>`
    select ${keyText(place)} as key, ${sql.ref(place.column)} as sealed
    from ${sql.table(place.table)}
    where ${isOld(place, prefix)} and ${keyText(place)} > ${after}::text[]
    order by ${keyText(place)} limit ${batchMax} for update skip locked`.execute(db)

/** A sealed text is like no other, and so names its row. */
const reseal = (
  db: Kysely<Tables>,
  { table, column }: SealedColumn,
  rows: ReadonlyArray<{ readonly old: string; readonly resealed: string }>
) =>
  sql`
    update ${sql.table(table)} held set ${sql.ref(column)} = given.resealed
    from json_to_recordset(${JSON.stringify(rows)}::json) given (old text, resealed text)
    where held.${sql.ref(column)} = given.old`.execute(db)

const countOld = (db: Kysely<Tables>, place: SealedColumn, prefix: string) =>
  sql<{ count: number }>`
    select count(*) as count from ${sql.table(place.table)} where ${isOld(place, prefix)}`.execute(
    db
  )

/** Changing the key, column by column, in Postgres. */
export const secretRotationLayer = Layer.effect(
  SecretRotation,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const secrets = yield* Secrets
    const prefix = secrets.prefix

    const batch = (place: SealedColumn, after: ReadonlyArray<string>) =>
      atomically(
        Effect.gen(function* () {
          const { rows } = yield* run("SecretRotation.old", (db) =>
            selectOld(db, place, prefix, after)
          )
          const unreadable: Array<string> = []
          const resealed: Array<{ old: string; resealed: string }> = []
          for (const row of rows) {
            const context = place.contextOf(...row.key)
            const opened = yield* Effect.result(secrets.open(row.sealed, context))
            if (Result.isFailure(opened)) unreadable.push(opened.failure.message)
            else
              resealed.push({
                old: row.sealed,
                resealed: yield* secrets.seal(opened.success, context)
              })
          }
          if (resealed.length === 0) return { resealed: 0, unreadable, rows }
          const written = yield* run("SecretRotation.reseal", (db) => reseal(db, place, resealed))
          return { resealed: Number(written.numAffectedRows ?? 0), unreadable, rows }
        })
      )

    const step = Effect.gen(function* () {
      let resealed = 0
      const unreadable: Array<string> = []
      for (const place of sealedColumns) {
        let after: ReadonlyArray<string> = []
        while (resealed < stepMax) {
          const done = yield* batch(place, after)
          resealed += done.resealed
          unreadable.push(...done.unreadable)
          const last = done.rows.at(-1)
          if (last === undefined || done.rows.length < batchMax) break
          after = last.key
        }
      }
      const counts = yield* Effect.forEach(sealedColumns, (place) =>
        run("SecretRotation.count", (db) => countOld(db, place, prefix))
      )
      const old = counts.reduce((sum, { rows }) => sum + (rows[0]?.count ?? 0), 0)
      const rotation: Rotation = {
        resealed,
        remaining: Math.max(0, old - unreadable.length),
        unreadable: unreadable.slice(0, unreadableMax),
        unreadableTotal: unreadable.length
      }
      return rotation
    }).pipe(Effect.withSpan("SecretRotation.step"))

    return SecretRotation.of({ step })
  })
)
