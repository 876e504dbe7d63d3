import { Effect, FileSystem } from "effect"
import { CommandFailed } from "./failures.ts"

/** A file that was named, whole; `tooLarge` says what to do with one that is larger than `bytesMax`, which is not read. */
export const readInput = Effect.fnUntraced(function* (
  file: string,
  bytesMax: number,
  tooLarge: string
) {
  const files = yield* FileSystem.FileSystem
  return yield* Effect.gen(function* () {
    const { size } = yield* files.stat(file)
    if (size > bytesMax) return yield* new CommandFailed({ message: `${file} ${tooLarge}` })
    return yield* files.readFile(file)
  }).pipe(
    Effect.catchTag("PlatformError", (error) =>
      Effect.fail(
        new CommandFailed({
          message:
            error.reason._tag === "NotFound"
              ? `There is no file ${file}.`
              : `${file} cannot be read: ${error.message}`
        })
      )
    )
  )
})
