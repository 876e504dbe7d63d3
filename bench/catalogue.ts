import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join, resolve } from "node:path"
import { CatalogueRunId, hasEnded } from "@concordat/core/catalogue/CatalogueRun"
import { CatalogueRuns } from "@concordat/core/catalogue/CatalogueRuns"
import { requestCatalogueRun } from "@concordat/core/catalogue/requestCatalogueRun"
import { Countries } from "@concordat/core/instance/Country"
import { InstanceId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Effect, Logger, Redacted, Schedule, Schema } from "effect"
import { FetchHttpClient, HttpBody, HttpClient } from "effect/http"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { print } from "./measure.ts"
import { benchDatabase, benchSimulator, storage } from "./system.ts"

/**
 * The whole simulated catalogue of three countries, read by one reconciler: the first time, a second time with
 * nothing new, and a month later. No limit is set, so that the seconds are those of the work itself; at Partner
 * Center's 500 requests a minute the requests decide.
 */
const countries = ["DE", "FR", "US"]
const root = resolve(import.meta.dirname, "..")

const reconciler = (url: Redacted.Redacted<string>, key: string, folder: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child: ChildProcess = spawn(
        process.execPath,
        [join(root, "apps/reconciler/src/main.ts")],
        {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
          env: {
            ...process.env,
            DATABASE_URL: Redacted.value(url),
            CONCORDAT_SECRET_KEY: key,
            CONCORDAT_DATA_DIR: folder
          }
        }
      )
      await once(child, "message")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      })
  )

/** A run from request to end, as a line of the table. */
const measured = Effect.fnUntraced(function* (what: string) {
  const runs = yield* CatalogueRuns
  const { id } = yield* requestCatalogueRun("bench", "bench")
  const run = yield* runs.get(CatalogueRunId.make(id)).pipe(
    Effect.repeat({
      schedule: Schedule.spaced("50 millis"),
      until: ({ status }) => hasEnded(status)
    })
  )
  const seconds = ((run.finishedAt ?? 0) - (run.startedAt ?? 0)) / 1000
  return {
    what,
    figure: `${seconds.toFixed(1)} s`,
    note: `${run.status}; ${run.requests.toLocaleString("en")} requests for ${run.parts.toLocaleString("en")} parts (${Math.ceil(run.requests / 500)} min at 500 a minute); ${run.added} new, ${run.changed} changed, ${run.discontinued} discontinued, ${run.unchanged} as before`
  }
})

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const simulator = yield* benchSimulator
  const key = Buffer.alloc(32, 7).toString("base64")
  process.env["CONCORDAT_SECRET_KEY"] = key
  yield* Effect.gen(function* () {
    const control = yield* simulatorControl(simulator)
    const [account] = yield* control.reset({
      seed: "catalogue",
      accounts: [{ name: "bench", cspStatus: "indirect", customers: 1, limitPerMinute: 0 }]
    })
    if (account === undefined) throw new Error("no account")
    const instances = yield* Instances
    yield* instances.add(
      {
        ...instanceOf(account, InstanceId.make(crypto.randomUUID()), 1_000_000),
        countries: yield* Schema.decodeEffect(Countries)(countries)
      },
      { primary: account.clientSecret, sandbox: null },
      { actor: "bench", correlationId: "" }
    )
    yield* reconciler(url, key, folder)
    const first = yield* measured("everything for the first time")
    const again = yield* measured("again, with nothing new")
    const http = yield* HttpClient.HttpClient
    yield* http.post(`${simulator}/_simulator/catalogue/advance`, {
      body: HttpBody.jsonUnsafe({})
    })
    const later = yield* measured("a month later")
    print(`catalogue run: ${countries.join(", ")}, one reconciler`, [first, again, later])
  }).pipe(Effect.provide([storage(url, folder), FetchHttpClient.layer]))
}).pipe(Effect.scoped)

await Effect.runPromise(Effect.provide(bench, Logger.layer([])))
process.exit()
