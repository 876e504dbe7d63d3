import { fork } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { embeddedServer } from "@concordat/adapter-postgres/EmbeddedServer"
import { migrate } from "@concordat/adapter-postgres/migrate"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { Effect, Option, type Redacted, Schema } from "effect"

const root = resolve(import.meta.dirname, "..")

/** A durable embedded database in a folder of its own, gone with the scope. */
export const benchDatabase = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = mkdtempSync(join(tmpdir(), "concordat-bench-"))
      chmodSync(made, 0o711)
      return made
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const { url } = yield* embeddedServer({ dataDir: join(folder, "postgres"), durable: true })
  yield* migrate(url)
  return { url, folder }
})

/** All ports on a database. */
export const storage = (url: Redacted.Redacted<string>, folder: string, name = "bench") =>
  storageLayer({ url, folder: Option.some(folder) }, name)

/** A simulator in a process of its own, on any free port. */
export const benchSimulator = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(join(root, "apps/simulator/src/main.ts"), [], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: { ...process.env, SIMULATOR_PORT: "0" }
      })
    ),
    (process) =>
      Effect.promise(async () => {
        if (process.exitCode !== null) return
        process.kill("SIGTERM")
        await once(process, "exit")
      })
  )
  const [message] = yield* Effect.promise(() => once(child, "message"))
  return Schema.decodeUnknownSync(Schema.Struct({ url: Schema.String }))(message).url
})
