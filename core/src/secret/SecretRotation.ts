import { Context, type Effect } from "effect"

/** How a step of changing the key went. */
export interface Rotation {
  /** Secrets that were sealed again with the current key. */
  readonly resealed: number
  /** Secrets that an older key still seals and that can be opened: go on, and the old key can go when it is 0. */
  readonly remaining: number
  /** What no known key opens, by what it belongs to: bring its key back, or set the secret anew. At most a hundred. */
  readonly unreadable: ReadonlyArray<string>
  readonly unreadableTotal: number
}

/** Seals again, with the current key, what older keys have sealed. */
export class SecretRotation extends Context.Service<
  SecretRotation,
  {
    /**
     * One bounded step, safe while everything else runs and while other processes do the same: a secret that is in use
     * is left for the next step, and one that was replaced meanwhile stays as it is.
     */
    readonly step: Effect.Effect<Rotation>
  }
>()("core/secret/SecretRotation") {}
