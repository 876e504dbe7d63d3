import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Layer } from "effect"
import { statements } from "./Statements.ts"

/** A unit of work is a transaction; a unit within another one joins it. */
export const unitOfWorkLayer = Layer.effect(
  UnitOfWork,
  Effect.map(statements, ({ atomically }) => UnitOfWork.of({ within: atomically }))
)
