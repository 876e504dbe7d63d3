import { spawnSync } from "node:child_process"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { InstanceId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { Mirror } from "@concordat/core/reconciliation/Mirror"
import { RunId } from "@concordat/core/reconciliation/Run"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { requestReconciliation } from "@concordat/core/reconciliation/requestReconciliation"
import { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Logger, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { bookOf, productsOf } from "../apps/start/src/demo/bookOf.ts"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { actor, instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { peakMemoryMiB, print } from "./measure.ts"
import { observedOf } from "./observedOf.ts"
import { benchDatabase, benchSimulator, storage } from "./system.ts"

/**
 * The whole report over 100,000 subscriptions of 20,000 customers that are mirrored already: read from
 * Postgres, compared, and stored as a report. The first one also keeps what both sides agree on, with its history;
 * the second one finds all that. Each is measured in a process of its own, so that its memory is its own.
 */
const customers = Number(process.env["BENCH_CUSTOMERS"] ?? 20_000)
const Measured = Schema.fromJsonString(
  Schema.Struct({
    seconds: Schema.Number,
    peakMiB: Schema.Number,
    rows: Schema.Int,
    findings: Schema.Int
  })
)

const measure = (url: string, folder: string, id: string) =>
  Effect.gen(function* () {
    const runs = yield* Runs
    const start = performance.now()
    yield* compareRun(RunId.make(id))
    const seconds = (performance.now() - start) / 1000
    const { rows, findings } = yield* runs.get(RunId.make(id), null)
    process.stdout.write(
      Schema.encodeSync(Measured)({ seconds, peakMiB: peakMemoryMiB(), rows, findings })
    )
  }).pipe(Effect.provide(storage(Redacted.make(url), folder)))

const prepared = Effect.gen(function* () {
  const control = yield* simulatorControl(yield* benchSimulator)
  const [account] = yield* control.reset({
    seed: "report",
    accounts: [{ name: "bench", cspStatus: "indirect", customers, limitPerMinute: 0 }]
  })
  if (account === undefined) throw new Error("no account")
  const instance = instanceOf(account, InstanceId.make(crypto.randomUUID()), 1_000_000)
  yield* Effect.flatMap(Instances, (port) =>
    port.add(
      instance,
      { primary: account.clientSecret, sandbox: null },
      { actor: "bench", correlationId: "" }
    )
  )
  const items = yield* control.catalogue
  yield* Effect.flatMap(Catalogue, (port) => port.put(instance.id, productsOf(account, items)))
  const agreed = yield* control.book("bench")
  yield* Effect.flatMap(Book, (port) =>
    port.apply(instance.id, bookOf(account, agreed), {
      dryRun: false,
      actor: actor.name,
      correlationId: ""
    })
  )
  yield* control.drifts("bench", { count: Math.round(customers / 10), seed: 1 })
  const moved = yield* control.book("bench")
  const at = Instant.make(yield* Clock.currentTimeMillis)
  const mirror = yield* Mirror
  for (let from = 0; from < moved.length; from += 500)
    yield* mirror.record(
      moved.slice(from, from + 500).map((customer) => observedOf(instance, customer, at)),
      { actor: actor.name, correlationId: "" }
    )
  return { instance, tenants: moved.map((customer) => observedOf(instance, customer, at).tenantId) }
})

/** A run that has observed all customers and waits to be compared. */
const observedRun = Effect.fnUntraced(function* ({
  instance,
  tenants
}: Effect.Success<typeof prepared>) {
  const runs = yield* Runs
  const run = yield* requestReconciliation(actor, "bench", { kind: "organisation" })
  yield* runs.listing(run.id)
  yield* runs.observe(run, tenants, [], 0)
  for (let from = 0; from < tenants.length; from += 1_000)
    yield* runs.observed(
      instance.id,
      tenants
        .slice(from, from + 1_000)
        .map((tenantId) => ({ tenantId, problem: null, requests: 1 }))
    )
  return run.id
})

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const stored = storage(url, folder)
  const world = yield* Effect.provide(prepared, [stored, FetchHttpClient.layer])
  for (const which of ["first", "second"]) {
    const id = yield* Effect.provide(observedRun(world), stored)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [import.meta.filename, "measure", Redacted.value(url), folder, id],
      { encoding: "utf8" }
    )
    if (stdout === "") throw new Error(stderr)
    const { seconds, peakMiB, rows, findings } = Schema.decodeSync(Measured)(stdout)
    print(
      `${which} report: ${rows.toLocaleString("en")} rows with ${findings.toLocaleString("en")} findings, from Postgres to stored report`,
      [
        { what: "time", figure: `${seconds.toFixed(2)} s`, note: "goal 5 s for 100,000" },
        { what: "peak memory", figure: `${peakMiB} MiB`, note: "goal 400 MB" }
      ]
    )
  }
})

const [mode, url = "", folder = "", id = ""] = process.argv.slice(2)
const silent = Logger.layer([])
if (mode === "measure")
  await Effect.runPromise(Effect.scoped(measure(url, folder, id)).pipe(Effect.provide(silent)))
else await Effect.runPromise(Effect.scoped(bench).pipe(Effect.provide(silent)))
process.exit()
