import { Console, Effect, FileSystem, Option, Stream } from "effect"
import { CommandFailed } from "./failures.ts"
import { isTerminal } from "./Screen.ts"

/** Writes a download as it arrives, under its name only when it is whole; without a name, to standard output. */
export const writeOutput = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  output: Option.Option<string>
): Effect.Effect<void, CommandFailed, R | FileSystem.FileSystem> => {
  const whole = Stream.mapError(
    bytes,
    () =>
      new CommandFailed({
        message: "The connection to the API ended before the whole file had arrived. Try again."
      })
  )
  return Option.match(output, {
    onNone: () => Stream.runForEach(whole, writeToStandardOutput),
    onSome: (path) => writeFile(whole, path)
  })
}

/** Excel files are no text: they go to a file or into a pipe. */
export const refuseTerminal = (
  format: string,
  output: Option.Option<string>
): Effect.Effect<void, CommandFailed> =>
  format === "xlsx" && Option.isNone(output) && isTerminal()
    ? Effect.fail(
        new CommandFailed({
          message: "An Excel file cannot be shown on a terminal; name a file with --output FILE."
        })
      )
    : Effect.void

const writeFile = Effect.fnUntraced(function* <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  path: string
) {
  const files = yield* FileSystem.FileSystem
  const part = `${path}.part`
  const refused = (error: { readonly message: string }) =>
    new CommandFailed({ message: `${path} cannot be written: ${error.message}` })
  yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* files.open(part, { flag: "w" }).pipe(Effect.mapError(refused))
      yield* Stream.runForEach(bytes, (chunk) =>
        file.writeAll(chunk).pipe(Effect.mapError(refused))
      )
    })
  ).pipe(Effect.onError(() => Effect.ignore(files.remove(part))))
  yield* files.rename(part, path).pipe(Effect.mapError(refused))
  yield* Console.error(`Written: ${path}`)
})

/** Waits for whoever reads the pipe. */
const writeToStandardOutput = (chunk: Uint8Array): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    process.stdout.write(chunk, () => resume(Effect.void))
  })
