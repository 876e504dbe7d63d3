import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join, resolve } from "node:path"
import { InstanceId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { isFinished } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { requestReconciliation } from "@concordat/core/reconciliation/requestReconciliation"
import { Clock, Effect, Logger, Redacted, Schedule, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { actor, instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { print } from "./measure.ts"
import { benchDatabase, benchSimulator, storage } from "./system.ts"

/**
 * An organisation run of 3,000 customers against a simulator that allows 6,000 requests a minute, with one
 * and with two reconciler processes that share the budget; and one with an instance that believes it may
 * send a quarter more than it may, so that Partner Center has to say no.
 */
const customers = Number(process.env["BENCH_CUSTOMERS"] ?? 3_000)
const limit = 6_000
const root = resolve(import.meta.dirname, "..")

const reconcilers = (count: number, url: Redacted.Redacted<string>, key: string, folder: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const children: Array<ChildProcess> = Array.from({ length: count }, () =>
        spawn(process.execPath, [join(root, "apps/reconciler/src/main.ts")], {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
          env: {
            ...process.env,
            DATABASE_URL: Redacted.value(url),
            CONCORDAT_SECRET_KEY: key,
            CONCORDAT_DATA_DIR: folder
          }
        })
      )
      await Promise.all(children.map((child) => once(child, "message")))
      return children
    }),
    (children) =>
      Effect.promise(() =>
        Promise.all(
          children.map(async (child) => {
            if (child.exitCode !== null) return
            child.kill("SIGTERM")
            await once(child, "exit")
          })
        )
      )
  )

const Statistics = Schema.Struct({
  counts: Schema.Array(
    Schema.Struct({
      account: Schema.NullOr(Schema.String),
      operation: Schema.String,
      allowed: Schema.Int,
      throttled: Schema.Int
    })
  )
})

const scenario = (count: number, believed: number) =>
  Effect.gen(function* () {
    const { url, folder } = yield* benchDatabase
    const simulator = yield* benchSimulator
    const key = Buffer.alloc(32, 7).toString("base64")
    process.env["CONCORDAT_SECRET_KEY"] = key
    return yield* Effect.gen(function* () {
      const control = yield* simulatorControl(simulator)
      const [account] = yield* control.reset({
        seed: "throttle",
        accounts: [
          {
            name: "bench",
            cspStatus: "indirect",
            customers,
            limitPerMinute: limit,
            burst: limit / 60
          }
        ]
      })
      if (account === undefined) throw new Error("no account")
      yield* Effect.flatMap(Instances, (port) =>
        port.add(
          instanceOf(account, InstanceId.make(crypto.randomUUID()), believed),
          { primary: account.clientSecret, sandbox: null },
          { actor: "bench", correlationId: "" }
        )
      )
      yield* reconcilers(count, url, key, folder)
      const runs = yield* Runs
      const { id } = yield* requestReconciliation(actor, "bench", { kind: "organisation" })
      const observed = yield* runs.get(id, null).pipe(
        Effect.repeat({
          schedule: Schedule.spaced("50 millis"),
          until: (run) => isFinished(run.status) || run.status === "comparing"
        })
      )
      const seconds =
        ((yield* Clock.currentTimeMillis) - (observed.startedAt ?? observed.createdAt)) / 1000
      const http = yield* HttpClient.HttpClient
      const { counts } = yield* http
        .get(`${simulator}/_simulator/statistics`)
        .pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(Statistics)))
      const lists = counts.filter(({ operation }) => operation === "listSubscriptions")
      const allowed = lists.reduce((sum, one) => sum + one.allowed, 0)
      const throttled = lists.reduce((sum, one) => sum + one.throttled, 0)
      const used = allowed / ((limit / 60) * seconds)
      return {
        what: `${count} reconciler${count === 1 ? "" : "s"}, instance set to ${believed.toLocaleString("en")} a minute`,
        figure: `${(used * 100).toFixed(0)} %`,
        note: `of what is allowed; ${allowed} requests in ${seconds.toFixed(1)} s, ${throttled} refused`
      }
    }).pipe(Effect.provide([storage(url, folder), FetchHttpClient.layer]))
  }).pipe(Effect.scoped)

const bench = Effect.gen(function* () {
  print(
    `throttled run: ${customers.toLocaleString("en")} customers, ${limit.toLocaleString("en")} requests a minute allowed (goal 90 %)`,
    [yield* scenario(1, limit), yield* scenario(2, limit), yield* scenario(1, limit * 1.25)]
  )
})

await Effect.runPromise(Effect.provide(bench, Logger.layer([])))
process.exit()
