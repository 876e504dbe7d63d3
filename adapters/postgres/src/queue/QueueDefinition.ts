import { Effect, Schema } from "effect"

/** What is the same for every queue, whatever its payload. Seconds, because pg-boss counts in them. */
export interface QueueSettings {
  /** Attempts after the first, before the job goes to the dead letters. */
  readonly retryLimit: number
  /** Before the first retry; doubled for each further one, with jitter. */
  readonly retryDelay: number
  /** No retry waits longer. */
  readonly retryDelayMax: number
  readonly retryBackoff: true
  /** A worker that is silent for so long is dead; at least 10. */
  readonly heartbeatSeconds: number
  /** No attempt takes longer; it is interrupted and tried again. */
  readonly expireInSeconds: number
  /** How long finished jobs are kept. */
  readonly deleteAfterSeconds: number
}

export interface QueueDefinition {
  readonly name: string
  readonly deadLetterName: string
  readonly settings: QueueSettings
}

export interface QueueOptions<A> {
  /**
   * What a job is about. While a job waits for its first attempt, others with its key are not taken.
   * Without a key, every job is its own.
   */
  readonly key?: (payload: A) => string
  /** Of a lane, one job at a time is at work, in all processes together. The key, unless given. */
  readonly lane?: (payload: A) => string
  readonly retryLimit?: number
  readonly retryDelaySeconds?: number
  readonly retryDelayMaxSeconds?: number
  readonly heartbeatSeconds?: number
  readonly expireInSeconds?: number
  readonly deleteAfterSeconds?: number
}

export const definitionOf = <A>(name: string, options: QueueOptions<A>): QueueDefinition => ({
  name,
  deadLetterName: `${name}.dead`,
  settings: {
    retryLimit: options.retryLimit ?? 8,
    retryDelay: options.retryDelaySeconds ?? 1,
    retryDelayMax: options.retryDelayMaxSeconds ?? 60,
    retryBackoff: true,
    heartbeatSeconds: options.heartbeatSeconds ?? 10,
    expireInSeconds: options.expireInSeconds ?? 3_600,
    deleteAfterSeconds: options.deleteAfterSeconds ?? 86_400
  }
})

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** The JSON of a payload; one that does not fit its schema, or is no object, is a bug of the sender. */
export const encodePayload = <A, I>(schema: Schema.Codec<A, I>) => {
  const encode = Schema.encodeEffect(Schema.toCodecJson(schema))
  return (payload: A): Effect.Effect<object> =>
    encode(payload).pipe(
      Effect.orDie,
      Effect.flatMap((json) =>
        isObject(json) ? Effect.succeed(json) : Effect.die(new Error("a payload is an object"))
      )
    )
}
