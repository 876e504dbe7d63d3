/** Asks for the embedded server in a process of its own, says what it got, and ends when its input does: in order, or `abrupt`. */
import { Effect, Redacted } from "effect"
import { embeddedServer } from "../../src/EmbeddedServer.ts"

const [, , dataDir = "", manner] = process.argv
const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void)).resume()
})

await embeddedServer({ dataDir, durable: false }).pipe(
  Effect.flatMap(({ url, owner, port }) => {
    process.stdout.write(`${JSON.stringify({ url: Redacted.value(url), owner, port })}\n`)
    return manner === "abrupt" ? Effect.map(inputEnded, () => process.exit(0)) : inputEnded
  }),
  Effect.scoped,
  Effect.catch((error) => {
    process.stdout.write(`${JSON.stringify({ error: error.message })}\n`)
    return Effect.void
  }),
  Effect.runPromise
)
