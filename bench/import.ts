import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { userTokensLayer } from "@concordat/adapter-entra/UserTokens"
import { partnerCenterLayer } from "@concordat/adapter-partner-center/partnerCenter"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import type { ImportId } from "@concordat/core/import/CustomerImport"
import { continueImport } from "@concordat/core/import/continueImport"
import { Imports } from "@concordat/core/import/Imports"
import { requestImport } from "@concordat/core/import/requestImport"
import { InstanceId, MpnId } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Effect, Layer, Logger } from "effect"
import { FetchHttpClient } from "effect/http"
import { productsOf } from "../apps/start/src/demo/bookOf.ts"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { actor, instanceOf } from "../apps/start/src/demo/seedDemo.ts"
import { peakMemoryMiB, print } from "./measure.ts"
import { benchDatabase, benchSimulator, storage } from "./system.ts"

/**
 * An import of 2,000 customers with about 10,000 subscriptions from an unthrottled simulator in another process: its
 * hierarchy, the import itself, and the import again.
 */
const customers = Number(process.env["BENCH_CUSTOMERS"] ?? 2_000)
/** Customers that Partner Center lists at once. */
const pageSize = 500
const cause = { actor: actor.name, correlationId: "" }

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const simulator = yield* benchSimulator
  const stored = storage(url, folder)
  const adapters = partnerCenterLayer.pipe(
    Layer.provide(userTokensLayer),
    Layer.provide(signInLayer),
    Layer.provide(transportLayer),
    Layer.provideMerge(stored)
  )
  yield* Effect.gen(function* () {
    const control = yield* simulatorControl(simulator)
    const [account] = yield* control.reset({
      seed: "import",
      accounts: [{ name: "bench", cspStatus: "indirect", customers, limitPerMinute: 0 }]
    })
    if (account === undefined) throw new Error("no account")
    const instance = instanceOf(account, InstanceId.make(crypto.randomUUID()), 10_000_000)
    yield* Effect.flatMap(Instances, (port) =>
      port.add(instance, { primary: account.clientSecret, sandbox: null }, cause)
    )
    const items = yield* control.catalogue
    yield* Effect.flatMap(Catalogue, (port) => port.put(instance.id, productsOf(account, items)))

    const imports = yield* Imports
    /** Job after job, as a reconciler does. */
    const finished = Effect.fnUntraced(function* (id: ImportId) {
      const start = performance.now()
      const before = (yield* imports.get(id)).requests
      for (;;) {
        yield* continueImport(id, { concurrency: 48, giveUp: () => true })
        const seen = yield* imports.get(id)
        if (seen.status === "ready")
          return {
            seconds: (performance.now() - start) / 1000,
            requests: seen.requests - before,
            seen
          }
        if (seen.status === "failed") throw new Error(seen.problem ?? "")
      }
    })
    const { id } = yield* requestImport(actor.name, "bench")
    const hierarchy = yield* finished(id)
    // The names of resellers need a user who has consented; here they are added by hand.
    for (const { mpnId, name } of account.resellers)
      yield* imports.putReseller(id, { mpnId: MpnId.make(mpnId), name, accountId: null }, cause)
    const execution = { customers: "all", asNew: true, orderingEnabled: false } as const
    yield* imports.execute(id, execution, actor.name)
    const first = yield* finished(id)
    yield* imports.execute(id, execution, actor.name)
    const again = yield* finished(id)

    const { subscriptions, subscriptionsImported } = first.seen
    if (
      subscriptionsImported !== subscriptions ||
      again.seen.subscriptionsImported !== subscriptions
    )
      throw new Error(`${subscriptionsImported} of ${subscriptions} subscriptions were imported`)
    const perSecond = Math.round(subscriptions / first.seconds)
    const minimum = Math.ceil(customers / pageSize) + customers
    print(
      `import: ${customers.toLocaleString("en")} customers with ${subscriptions.toLocaleString("en")} subscriptions over HTTP`,
      [
        {
          what: "hierarchy",
          figure: `${hierarchy.seconds.toFixed(2)} s`,
          note: `${hierarchy.requests} requests, the minimum is ${minimum}: a page for ${pageSize} customers, one a customer`
        },
        {
          what: "import of all",
          figure: `${first.seconds.toFixed(2)} s`,
          note: `${first.requests} requests, the minimum is ${customers}: the profile of each`
        },
        {
          what: "stored",
          figure: `${perSecond.toLocaleString("en")}/s`,
          note: "subscriptions, with accounts, contacts, baselines and history; goal 1,000/s"
        },
        {
          what: "import of all again",
          figure: `${again.seconds.toFixed(2)} s`,
          note: `${again.requests} requests, nothing changes`
        },
        { what: "peak memory", figure: `${peakMemoryMiB()} MiB`, note: "" }
      ]
    )
  }).pipe(Effect.provide([adapters, FetchHttpClient.layer]))
})

await Effect.runPromise(Effect.scoped(bench).pipe(Effect.provide(Logger.layer([]))))
process.exit()
