import { Effect, Redacted } from "effect"
import { Prompt } from "effect/cli"
import { CommandFailed } from "./failures.ts"

/** A secret: asked for without showing it, or read from a pipe: other users of a machine see arguments. */
export const askSecret = Effect.fnUntraced(function* (message: string) {
  const secret =
    process.stdin.isTTY === true
      ? yield* Prompt.run(Prompt.Hidden({ message })).pipe(
          Effect.mapError(() => new CommandFailed({ message: "Nothing was changed." }))
        )
      : Redacted.make((yield* readPipe).replace(/\r?\n$/u, ""))
  if (Redacted.value(secret).trim() === "")
    return yield* new CommandFailed({
      message: "There is no secret. Type it when asked, or pipe it in: … < secret.txt"
    })
  return secret
})

/** The secret of an application in Microsoft Entra. */
export const readSecret = askSecret("The application's secret:")

const readPipe = Effect.tryPromise({
  try: async () => {
    const chunks: Array<Buffer> = []
    let length = 0
    for await (const chunk of process.stdin) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      // No secret is this long; whatever is piped in is something else.
      if (length > 64 * 1024) break
      chunks.push(bytes)
    }
    return Buffer.concat(chunks).toString()
  },
  catch: () => new CommandFailed({ message: "The secret cannot be read from standard input." })
})
