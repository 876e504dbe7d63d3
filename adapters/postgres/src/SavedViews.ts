import { randomUUID } from "node:crypto"
import type { OperatorId } from "@concordat/core/operator/Operator"
import {
  type SavedView,
  SavedViewId,
  SavedViewNotFound,
  SavedViews,
  savedViewsMax,
  TooManySavedViews
} from "@concordat/core/operator/SavedViews"
import { Effect, Layer } from "effect"
import { type Selectable, sql } from "kysely"
import { statements } from "./Statements.ts"
import type { SavedViewTable } from "./Tables.ts"

const viewOf = ({ created_at, id, name, page, search }: Selectable<SavedViewTable>): SavedView => ({
  id,
  page,
  name,
  search,
  createdAt: created_at
})

/** The views that operators keep, in Postgres. */
export const savedViewsLayer = Layer.effect(
  SavedViews,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const list = Effect.fn("SavedViews.list")(function* (operator: OperatorId) {
      const rows = yield* run("SavedViews.list", (db) =>
        db
          .selectFrom("saved_view")
          .selectAll()
          .where("operator_id", "=", operator)
          .orderBy(sql`lower(name)`)
          .orderBy("id")
          .limit(savedViewsMax)
          .execute()
      )
      return rows.map(viewOf)
    })

    const save = Effect.fn("SavedViews.save")(function* (
      ...[operator, { name, page, search }]: Parameters<SavedViews["Service"]["save"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          // The operator's own lock: of two who save at once, the second counts what the first has kept.
          yield* run("SavedViews.lock", (db) =>
            db
              .selectFrom("operator")
              .select("id")
              .where("id", "=", operator)
              .forNoKeyUpdate()
              .execute()
          )
          const row = yield* run("SavedViews.save", (db) =>
            db
              .insertInto("saved_view")
              .values({
                id: SavedViewId.make(randomUUID()),
                operator_id: operator,
                page,
                name,
                search,
                created_at: sql`date_trunc('milliseconds', clock_timestamp())`
              })
              .onConflict((conflict) =>
                conflict.columns(["operator_id", "page", "name"]).doUpdateSet({ search })
              )
              .returningAll()
              .executeTakeFirstOrThrow()
          )
          const { kept } = yield* run("SavedViews.count", (db) =>
            db
              .selectFrom("saved_view")
              .select(({ fn }) => fn.countAll<number>().as("kept"))
              .where("operator_id", "=", operator)
              .executeTakeFirstOrThrow()
          )
          return kept > savedViewsMax ? yield* new TooManySavedViews() : viewOf(row)
        })
      )
    })

    const remove = Effect.fn("SavedViews.remove")(function* (
      operator: OperatorId,
      id: SavedViewId
    ) {
      const row = yield* run("SavedViews.remove", (db) =>
        db
          .deleteFrom("saved_view")
          .where("id", "=", id)
          .where("operator_id", "=", operator)
          .returning("id")
          .executeTakeFirst()
      )
      if (row === undefined) return yield* new SavedViewNotFound({ id })
    })

    return SavedViews.of({ list, save, remove })
  })
)
