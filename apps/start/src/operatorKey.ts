import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { Scope } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect, Option, Redacted } from "effect"

/**
 * The key of this machine's operator, in a file that only its owner reads, where the CLI finds it. Made when the
 * file is missing, or holds a key that this database does not know, or that is older than one of the scopes.
 */
export const operatorKey = Effect.fn("operatorKey")(function* (file: string) {
  const keys = yield* ApiKeys
  if (existsSync(file)) {
    const kept = Redacted.make(readFileSync(file, "utf8").trim())
    const actor = yield* keys.authenticate(kept)
    if (Option.exists(actor, ({ scopes }) => Scope.literals.every((one) => scopes.includes(one))))
      return
  }
  const { key } = yield* keys.make({
    name: "operator of this machine",
    role: "operator-admin",
    scopes: Scope.literals,
    branch: null
  })
  writeFileSync(file, `${Redacted.value(key)}\n`, { mode: 0o600 })
  chmodSync(file, 0o600)
})
