import { Change, Changes } from "@concordat/core/change/Changes"
import { Cause, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { Database } from "./Database.ts"

/** What the triggers of 0017_changes notify. */
const channel = "concordat_change"
/** A page that is slower than this many changes misses the oldest, and hears of the others again soon. */
const behindMax = 4_096

const decode = Schema.decodeUnknownOption(Change)

/**
 * Changes by Postgres' notifications. One connection for the process, and only while somebody listens. Where it is
 * lost another one is made, and everybody is told that something may have been missed.
 */
export const changesLayer = Layer.effect(
  Changes,
  Effect.gen(function* () {
    const database = yield* Database
    const stream = yield* database.listen(channel).pipe(
      Stream.catchCause((cause) =>
        Stream.fromEffectDrain(Effect.logDebug("listening for changes ended", Cause.pretty(cause)))
      ),
      // Listening ends only when the connection does.
      Stream.repeat(Schedule.spaced("1 second")),
      Stream.map(changeOf),
      Stream.share({ capacity: behindMax, strategy: "sliding" })
    )
    return Changes.of({ stream })
  })
)

/** Undefined marks the beginning of listening: what was before is not known. */
const changeOf = (payload: string | undefined): Change => {
  const [kind, id, account] = (payload ?? "").split(" ")
  return Option.getOrElse(
    decode({ _tag: "Changed", kind, id, account: account === "-" ? null : account }),
    () => Change.cases.Missed.make({})
  )
}
