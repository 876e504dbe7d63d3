import { resolve } from "node:path"
import { provideServer } from "@concordat/adapter-postgres/testing"
import { Effect, Exit, Scope } from "effect"

/** One database server for the whole run: it starts beside the first tests and is gone after the last. */
export default async () => {
  // The programs that tests start share their compiled modules, as the command line does.
  process.env["NODE_COMPILE_CACHE"] ??= resolve(import.meta.dirname, "../.cache/node")
  const scope = await Effect.runPromise(Scope.make())
  await Effect.runPromise(Scope.provide(provideServer, scope))
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
