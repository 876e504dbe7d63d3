import { randomInt } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { writePrivate } from "@concordat/adapter-postgres/PrivateFile"
import { OperatorName } from "@concordat/core/operator/Operator"
import { Operators } from "@concordat/core/operator/Operators"
import { Effect, Option, Redacted } from "effect"

/** What the first operator is called. */
const first = OperatorName.make("admin")

/** How to sign in for the first time. `password` only when it was made now: it is printed once. */
export interface FirstOperator {
  readonly name: OperatorName
  readonly file: string
  readonly password: string | undefined
}

/**
 * Where nobody can sign in yet, an operator-admin with a password that chance made, kept in a file that only its owner
 * reads. None once somebody has given the operator another password: nothing of it is known here then.
 */
export const firstOperator = Effect.fn("firstOperator")(function* (file: string) {
  const operators = yield* Operators
  const { items } = yield* operators.list({ cursor: undefined, limit: 1 })
  if (items.length > 0) {
    if (!existsSync(file)) return Option.none()
    const kept = Redacted.make(readFileSync(file, "utf8").trim())
    const known = yield* operators.known(first, kept)
    return Option.map(known, ({ name }): FirstOperator => ({ name, file, password: undefined }))
  }
  const password = newPassword()
  // Kept before it is used: a password that nobody knows would lock everybody out.
  yield* Effect.sync(() => writePrivate(file, `${password}\n`))
  yield* operators
    .add({
      name: first,
      role: "operator-admin",
      branch: null,
      password: Redacted.make(password)
    })
    .pipe(Effect.orDie)
  return Option.some<FirstOperator>({ name: first, file, password })
})

// Without those that look alike on a screen.
const letters = "abcdefghjkmnpqrstuvwxyz23456789"

/** 99 bits in five groups of four, for somebody to type. */
export const newPassword = (): string =>
  Array.from({ length: 5 }, () =>
    Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("")
  ).join("-")
