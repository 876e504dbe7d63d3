import { randomUUID } from "node:crypto"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Effect, Layer } from "effect"

/** Random GUIDs from the operating system. */
export const identifiersLayer = Layer.succeed(
  Identifiers,
  Identifiers.of({ next: Effect.sync(() => randomUUID()) })
)
