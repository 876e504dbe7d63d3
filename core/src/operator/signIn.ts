import { Effect, Option, type Redacted, Schema } from "effect"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import type { Operator } from "./Operator.ts"
import { Operators } from "./Operators.ts"
import { type Origin, Sessions, type SignedIn } from "./Sessions.ts"
import { SignInAttempts } from "./SignInAttempts.ts"

/** Name and password do not belong together. Which of the two is wrong is told to nobody. */
export class SignInRefused extends Schema.TaggedError<SignInRefused>()("SignInRefused", {}) {
  override get message(): string {
    return "Name and password do not match an active operator. Ask an operator-admin for a new password if you have lost it."
  }
}

/** Somebody signs in by name and password: always into a new session. */
export const signIn = Effect.fn("signIn")(function* (
  given: { readonly name: string; readonly password: Redacted.Redacted },
  from: Origin
) {
  const sessions = yield* Sessions
  const operator = yield* proven(given.name.toLowerCase(), given.password, from)
  const { session, token } = yield* sessions.open(operator.id, from)
  return { operator, session, token }
})

/**
 * Somebody who is signed in takes another password. The present one is asked for as at the door, so that a browser
 * left open is not enough. All their sessions end, and this browser goes on in a new one.
 */
export const changePassword = Effect.fn("changePassword")(function* (
  { operator }: SignedIn,
  given: { readonly current: Redacted.Redacted; readonly next: Redacted.Redacted },
  from: Origin
) {
  const operators = yield* Operators
  const sessions = yield* Sessions
  const work = yield* UnitOfWork
  yield* proven(operator.name, given.current, from)
  const { session, token } = yield* work.within(
    operators
      .setPassword(operator.id, given.next)
      .pipe(
        Effect.andThen(sessions.endAll(operator.id)),
        Effect.andThen(sessions.open(operator.id, from))
      )
  )
  return { operator, session, token }
})

const proven = Effect.fnUntraced(function* (
  name: string,
  password: Redacted.Redacted,
  from: Origin
): Effect.fn.Return<
  Operator,
  SignInRefused | Effect.Error<ReturnType<SignInAttempts["Service"]["begin"]>>,
  Operators | SignInAttempts
> {
  const operators = yield* Operators
  const attempts = yield* SignInAttempts
  yield* attempts.begin(name, from.address)
  const operator = yield* operators.known(name, password)
  if (Option.isNone(operator)) return yield* new SignInRefused()
  yield* attempts.succeeded(name, from.address)
  return operator.value
})
