import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Exit, Layer } from "effect"
import { sql } from "kysely"
import { statements } from "./Statements.ts"

/** A unit of work is a transaction; a unit within another one joins it. */
export const unitOfWorkLayer = Layer.effect(
  UnitOfWork,
  Effect.map(statements, ({ run, atomically }) => {
    const savepoint = run("UnitOfWork.savepoint", (db) => sql`savepoint trying`.execute(db))
    const undo = run("UnitOfWork.undo", (db) => sql`rollback to savepoint trying`.execute(db))
    return UnitOfWork.of({
      within: atomically,
      trying: (work, keeps) =>
        atomically(
          Effect.andThen(
            savepoint,
            // After an interruption the whole transaction goes.
            Effect.onExit(work, (exit) =>
              Exit.isSuccess(exit) && keeps(exit.value) ? Effect.void : undo
            )
          )
        )
    })
  })
)
