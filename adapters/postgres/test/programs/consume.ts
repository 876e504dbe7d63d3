/** Works on the queue of Queue.test.ts in a process of its own: says which jobs it has begun, and finishes none. */
import { Effect, Layer, Redacted } from "effect"
import { Database } from "../../src/Database.ts"
import { Boss } from "../../src/queue/Boss.ts"
import { each } from "../../src/queue/Worker.ts"
import { survivors } from "./queues.ts"

const [, , address = ""] = process.argv
const url = Redacted.make(address)
const layer = Layer.provideMerge(
  Boss.layer({ url }),
  Database.layer({ url, applicationName: "consume" })
)

await survivors
  .work(
    {},
    each(({ id, attempt }) => {
      process.stdout.write(`${JSON.stringify({ id, attempt })}\n`)
      return Effect.never
    })
  )
  .pipe(Effect.andThen(Effect.never), Effect.scoped, Effect.provide(layer), Effect.runPromise)
