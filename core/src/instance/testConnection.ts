import { Effect } from "effect"
import type { Reason, VendorError } from "../vendor/VendorError.ts"
import type { Instance } from "./Instance.ts"
import { InstanceDisabled } from "./Instances.ts"
import { VendorConnection } from "./VendorConnection.ts"

/** What a test of a connection does, in its order. */
export type ConnectionStep = "sign-in" | "read"

/** Why a step failed, in Microsoft's code and words, and what to do about it. */
export interface ConnectionProblem {
  readonly code: string | null
  readonly text: string
  readonly wayOut: string
  /** By which Microsoft's support finds it. */
  readonly correlationId: string
}

/** How one step ended. What comes after a failed one is not tried. */
export interface ConnectionCheck {
  readonly step: ConnectionStep
  readonly outcome: "worked" | "failed" | "not-tried"
  readonly problem: ConnectionProblem | null
}

/**
 * Whether the live account of an instance can be signed in to and read, asked now and kept nowhere. It only fails for
 * a disabled instance, for which nothing is sent.
 */
export const testConnection = Effect.fn("testConnection")(function* (instance: Instance) {
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const connection = yield* VendorConnection
  const signIn = yield* checked("sign-in", connection.signIn(instance))
  const read =
    signIn.outcome === "worked"
      ? yield* checked("read", connection.read(instance))
      : ({ step: "read", outcome: "not-tried", problem: null } satisfies ConnectionCheck)
  return [signIn, read]
})

const checked = <R>(
  step: ConnectionStep,
  work: Effect.Effect<void, VendorError, R>
): Effect.Effect<ConnectionCheck, never, R> =>
  Effect.match(work, {
    onSuccess: () => ({ step, outcome: "worked", problem: null }),
    onFailure: ({ code, correlationId, reason, status, text }) => ({
      step,
      outcome: "failed",
      problem: {
        code: code ?? (status === null ? null : `HTTP ${status}`),
        text,
        wayOut: wayOutOf(step, reason),
        correlationId
      }
    })
  })

/** What an operator can do about a refusal, where Microsoft's code has no remedy of its own. */
export const wayOutOf = (step: ConnectionStep, reason: Reason): string => {
  switch (reason._tag) {
    case "SignInRejected":
    case "Paused":
      return reason.wayOut
    case "Busy":
      return step === "sign-in"
        ? "Check the sign-in address of the cloud and that this machine reaches it, then test again."
        : "Check the address of the REST API and that this machine reaches it; if Microsoft is busy, test again in a minute."
    case "NotFound":
    case "Malformed":
      return "What answers is not Partner Center: check the cloud and the addresses of the instance."
    case "NoRelationship":
    case "Refused":
      return "Check in Partner Center that the application is registered there for the API of this account, then test again."
  }
}
