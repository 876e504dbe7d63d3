import { Clock, Effect } from "effect"

const write = (text: string) => Effect.sync(() => process.stdout.write(text))

/**
 * One line for a step: its name at once, and the seconds it took when it is done. `report` shows progress
 * in between, where somebody is watching.
 */
export const step = <A, E, R>(
  name: string,
  work: (report: (progress: string) => void) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const watched = process.stdout.isTTY === true
    const start = yield* Clock.currentTimeMillis
    if (watched) yield* write(`  ${name} …`)
    const result = yield* work((progress) => {
      if (watched) process.stdout.write(`\r\u001b[K  ${name} … ${progress}`)
    }).pipe(Effect.tapCause(() => (watched ? write("\n") : Effect.void)))
    const seconds = (((yield* Clock.currentTimeMillis) - start) / 1000).toFixed(1)
    yield* write(`${watched ? "\r\u001b[K" : ""}  ${name} (${seconds} s)\n`)
    return result
  })

/** A line of its own. */
export const say = (line = "") => write(`${line}\n`)
