import { Context } from "effect"

/** How patient the adapter is, and how much it takes. */
export interface ClientSettings {
  /** For one attempt, until the last byte of the answer. */
  readonly attemptTimeoutMs: number
  /** How long one operation keeps trying while Partner Center throttles it. */
  readonly giveUpAfterMs: number
  /** Attempts that got no answer, or the answer of a broken server (5xx). */
  readonly attemptsMax: number
  /** Pause before the second attempt; it doubles with each one after that. */
  readonly backoffFirstMs: number
  readonly backoffMaxMs: number
  /** Pause after a 429 that does not say how long. */
  readonly retryAfterDefaultMs: number
  /** A longer Retry-After is not believed: it would stop the whole instance. */
  readonly retryAfterMaxMs: number
  readonly answerBytesMax: number
  /** A rejected sign-in is not tried again for so long, unless the instance was changed. */
  readonly signInRejectedForMs: number
  /** Customers and audit records asked for at once; Partner Center may give fewer. */
  readonly pageSize: number
}

export const clientSettingsDefault: ClientSettings = {
  attemptTimeoutMs: 30_000,
  giveUpAfterMs: 300_000,
  attemptsMax: 4,
  backoffFirstMs: 500,
  backoffMaxMs: 10_000,
  retryAfterDefaultMs: 10_000,
  retryAfterMaxMs: 600_000,
  answerBytesMax: 64 * 1024 * 1024,
  signInRejectedForMs: 30_000,
  pageSize: 500
}

/** Read once, when the layers are built. */
export const CurrentClientSettings = Context.Reference<ClientSettings>(
  "adapter-partner-center/Settings",
  { defaultValue: () => clientSettingsDefault }
)
