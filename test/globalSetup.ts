import { provideServer } from "@concordat/adapter-postgres/testing"
import { Effect, Exit, Scope } from "effect"

/** One database server for the whole run: it starts beside the first tests and is gone after the last. */
export default async () => {
  const scope = await Effect.runPromise(Scope.make())
  await Effect.runPromise(Scope.provide(provideServer, scope))
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
