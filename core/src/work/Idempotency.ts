import { Context, type Effect, type Option, Schema } from "effect"

/** The answer that a repeated command gets again. */
export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The same key came with another request. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {
  key: Schema.String
}) {
  override get message(): string {
    return `Idempotency-Key "${this.key}" was used for another request; use a new key.`
  }
}

/** The first request with this key is still being answered. */
export class KeyInUse extends Schema.TaggedError<KeyInUse>()("KeyInUse", { key: Schema.String }) {
  override get message(): string {
    return `A request with Idempotency-Key "${this.key}" is being answered; try again shortly.`
  }
}

/** Answers to commands, kept for 30 days by caller and key. */
export class Idempotency extends Context.Service<
  Idempotency,
  {
    /** Claims the key; the answer, when there is one already. A claim whose owner died is free again after a minute. */
    readonly claim: (
      caller: string,
      key: string,
      requestHash: string
    ) => Effect.Effect<Option.Option<StoredAnswer>, KeyReused | KeyInUse>
    readonly answer: (caller: string, key: string, answer: StoredAnswer) => Effect.Effect<void>
    /** Gives a claim back without an answer (the request failed for a passing reason). */
    readonly release: (caller: string, key: string) => Effect.Effect<void>
  }
>()("core/work/Idempotency") {}
