import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { userTokensLayer } from "@concordat/adapter-entra/UserTokens"
import { partnerCenterLayer } from "@concordat/adapter-partner-center/partnerCenter"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { observeCustomers } from "@concordat/core/reconciliation/observeCustomers"
import { Effect, Layer, Logger, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { laneSettingsDefault } from "../apps/reconciler/src/lanes.ts"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { peakMemoryMiB, print } from "./measure.ts"
import { benchDatabase, benchSimulator, storage } from "./system.ts"

/**
 * The mirror of 20,000 subscriptions over HTTP from an unthrottled simulator in another process: the first
 * load, and passes over the same customers when nothing has changed, with the settings of the reconciler.
 */
const customers = Number(process.env["BENCH_CUSTOMERS"] ?? 4_000)
const passes = 3

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const simulator = yield* benchSimulator
  const adapters = storage(url, folder).pipe((stored) =>
    Layer.merge(
      stored,
      partnerCenterLayer.pipe(
        Layer.provide(userTokensLayer),
        Layer.provide(signInLayer),
        Layer.provide(transportLayer),
        Layer.provide(stored)
      )
    )
  )
  yield* Effect.gen(function* () {
    const control = yield* simulatorControl(simulator)
    const [account] = yield* control.reset({
      seed: "mirror",
      accounts: [{ name: "bench", cspStatus: "indirect", customers, limitPerMinute: 0 }]
    })
    if (account === undefined) throw new Error("no account")
    const instance = instanceOf(account, InstanceId.make(crypto.randomUUID()), 10_000_000)
    yield* Effect.flatMap(Instances, (port) =>
      port.add(
        instance,
        { primary: account.clientSecret, sandbox: null },
        { actor: "bench", correlationId: "" }
      )
    )
    const book = yield* control.book("bench")
    const tenants = book.map(({ tenantId }) => Schema.decodeUnknownSync(TenantId)(tenantId))
    const subscriptions = book.reduce((sum, customer) => sum + customer.subscriptions.length, 0)
    const pass = Effect.gen(function* () {
      const start = performance.now()
      const { batchMax, batches, requestsMax } = laneSettingsDefault
      yield* Effect.forEach(
        Array.from({ length: Math.ceil(tenants.length / batchMax) }, (_, n) =>
          tenants.slice(n * batchMax, (n + 1) * batchMax)
        ),
        (batch) =>
          observeCustomers(instance.id, batch, {
            concurrency: requestsMax,
            correlationId: "",
            giveUp: () => true
          }),
        { concurrency: batches, discard: true }
      )
      return (performance.now() - start) / 1000
    })
    const first = yield* pass
    const unchanged: Array<number> = []
    for (let n = 0; n < passes; n++) unchanged.push(yield* pass)
    const best = Math.min(...unchanged)
    const rate = (seconds: number) =>
      `${Math.round(subscriptions / seconds).toLocaleString("en")} rows/s`
    print(
      `mirror: ${subscriptions.toLocaleString("en")} subscriptions of ${customers.toLocaleString("en")} customers over HTTP`,
      [
        { what: "first load", figure: `${first.toFixed(2)} s`, note: rate(first) },
        { what: "unchanged pass, best of three", figure: `${best.toFixed(2)} s`, note: rate(best) },
        {
          what: "unchanged against first",
          figure: `${(first / best).toFixed(1)}x`,
          note: "goal 3x"
        },
        { what: "peak memory", figure: `${peakMemoryMiB()} MiB`, note: "" }
      ]
    )
  }).pipe(Effect.provide([adapters, FetchHttpClient.layer]))
})

await Effect.runPromise(Effect.scoped(bench).pipe(Effect.provide(Logger.layer([]))))
process.exit()
