import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Database } from "@concordat/adapter-postgres/Database"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { Scope as KeyScope } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect, Option, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { sql } from "kysely"
import { startChild } from "../src/Child.ts"
import { simulatorControl } from "../src/demo/SimulatorControl.ts"
import { openCable } from "./Cable.ts"

const apps = resolve(import.meta.dirname, "..", "..")

/**
 * The whole system, each app in a process of its own as `npm start` has them, on a database of its own that the
 * apps reach by a cable.
 */
export const system = Effect.gen(function* () {
  const { url } = yield* makeDatabase
  const database = yield* openCable(Redacted.value(url))
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "concordat-system-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const logFolder = join(folder, "logs")
  mkdirSync(logFolder)
  const secretKey = Buffer.alloc(32, 7).toString("base64")
  process.env["CONCORDAT_SECRET_KEY"] = secretKey
  const environment = {
    DATABASE_URL: database.url,
    CONCORDAT_DATA_DIR: folder,
    CONCORDAT_SECRET_KEY: secretKey,
    CONCORDAT_API_PORT: "0",
    SIMULATOR_PORT: "0",
    // Lost answers cost a test seconds, not half a minute each.
    CONCORDAT_PARTNER_CENTER_TIMEOUT: "2 seconds"
  }
  const child = (name: string) =>
    startChild({ name, main: join(apps, name, "src", "main.ts"), environment, logFolder })
  const [simulator, api] = yield* Effect.all([child("simulator"), child("api")], {
    concurrency: 2
  })
  const reconciler = yield* child("reconciler")
  /**
   * Kills the reconciler at once, and makes its jobs look as those of a worker that has long been silent: that it takes
   * 15 s until they are another's is tested by the queue itself.
   */
  const killReconciler = Effect.gen(function* () {
    if (reconciler.pid === undefined) return yield* Effect.die("the reconciler has no process")
    process.kill(reconciler.pid, "SIGKILL")
    yield* Database.use(({ run }) =>
      run("test.silence", (db) =>
        sql`
          update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
          where state = 'active'`.execute(db)
      )
    ).pipe(Effect.provide(Database.layer({ url, applicationName: "system test", poolMax: 1 })))
  })
  const ports = storageLayer({ url, folder: Option.none() }, "system test")
  const key = yield* Effect.gen(function* () {
    const keys = yield* ApiKeys
    const made = yield* keys.make({
      name: "system test",
      role: "operator-admin",
      scopes: KeyScope.literals,
      branch: null
    })
    return Redacted.value(made.key)
  }).pipe(Effect.provide(ports))
  return {
    ports,
    folder,
    environment,
    database,
    reconciler,
    killReconciler,
    startAnother: child("reconciler"),
    simulator: simulator.url ?? "",
    api: api.url ?? "",
    key,
    control: yield* simulatorControl(simulator.url ?? "").pipe(
      Effect.provide(FetchHttpClient.layer)
    )
  }
})
export type System = Effect.Success<typeof system>

/** A request to the API as any client would send it. */
export const ask = async (
  { api, key }: Pick<System, "api" | "key">,
  method: string,
  path: string,
  body?: object
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "idempotency-key": crypto.randomUUID() })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}
