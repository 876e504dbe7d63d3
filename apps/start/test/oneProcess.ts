import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { simulatedClock } from "@concordat/adapter-partner-center/SimulatedClock"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { Database } from "@concordat/adapter-postgres/Database"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { AccountId } from "@concordat/core/account/Account"
import { Scope as KeyScope, type Role, scopesOf } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { defineSyncOptions } from "@concordat/core/tenant/defineSyncOptions"
import { Context, Effect, Exit, Layer, Logger, Option, Redacted, Scope } from "effect"
import { interactivePartnerCenter } from "../../api/src/partnerCenter.ts"
import { type ApiOptions, startApi } from "../../api/src/server.ts"
import { Browser } from "../../api/test/Browser.ts"
import { clientOf } from "../../api/test/client.ts"
import { reconcilerLayer } from "../../reconciler/src/reconciler.ts"
import { startSimulator } from "../../simulator/src/server.ts"

export interface OneProcessOptions {
  /** The world of the simulator, with one partner account. */
  readonly seed: string
  readonly account: {
    readonly name: string
    readonly cspStatus: "direct" | "indirect"
    readonly customers: number
  }
  readonly api?: Partial<ApiOptions>
  /** Whether everything goes by the simulator's clock. */
  readonly byItsClock?: boolean
}

/** The simulator's account, as its control API tells it. */
interface SimulatedAccount {
  readonly tenantId: string
  readonly appId: string
  readonly clientSecret: string
  readonly domain: string
  readonly mpnId: string
  readonly resellers: ReadonlyArray<{ readonly mpnId: string }>
}

/**
 * Simulator and API in the process of the test, on a database of its own, and reconcilers when they are asked for.
 * What a test kills is in a process of its own: see `system`.
 */
export const openOneProcess = async ({ seed, account, api, byItsClock }: OneProcessOptions) => {
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
  const scope = Scope.makeUnsafe()
  const simulator = await startSimulator({ initial: { seed, accounts: [account] } })
  /** Builds something until the scope closes, by the clock that was asked for. */
  const build = <A, E>(
    effect: Effect.Effect<A, E, Scope.Scope>,
    within: Scope.Scope = scope
  ): Promise<A> =>
    Effect.gen(function* () {
      if (byItsClock !== true) return yield* effect
      const clock = yield* Layer.build(simulatedClock(simulator.url))
      return yield* Effect.provideContext(effect, clock)
    }).pipe(Scope.provide(within), Effect.provide(Logger.layer([])), Effect.runPromise)

  const { url } = await build(makeDatabase)
  const place = { url, folder: Option.none<string>() }
  const { adapters, served } = await build(
    Effect.gen(function* () {
      const adapters = yield* Layer.build(
        interactivePartnerCenter.pipe(
          Layer.provideMerge(Layer.merge(storageLayer(place, "test api"), signInLayer)),
          Layer.provide(transportLayer)
        )
      )
      const served = yield* startApi({
        host: "127.0.0.1",
        port: 0,
        secret: Redacted.make("signs cursors"),
        ...api
      }).pipe(Effect.provideContext(adapters))
      return { adapters, served }
    })
  )
  const keys = Context.get(adapters, ApiKeys)
  const made = await Effect.runPromise(
    keys.make({
      name: "storefront",
      role: "operator-admin",
      scopes: KeyScope.literals,
      branch: null
    })
  )
  const key = Redacted.value(made.key)
  const call = clientOf(served.url, key)
  const answer = await fetch(`${simulator.url}/_simulator/accounts`)
  const accounts: ReadonlyArray<SimulatedAccount> = (await answer.json()).accounts
  const [simulated] = accounts
  if (simulated === undefined) throw new Error("the simulator has no account")

  /** A key of somebody who sees a branch only. */
  const keyOf = (role: Role, branch: string): Promise<string> =>
    Effect.runPromise(
      keys
        .make({ name: role, role, scopes: scopesOf(role), branch: AccountId.make(branch) })
        .pipe(Effect.map((one) => Redacted.value(one.key)))
    )

  /** Registers the simulator's account as an instance of the same name, with the sync options of a first catalogue run. */
  const register = async (settings: object): Promise<void> => {
    const { body, status, text } = await call("POST", "/v1/instances", {
      body: {
        name: account.name,
        cloud: "custom",
        endpoints: {
          api: simulator.url,
          login: simulator.url,
          resource: "https://api.partnercenter.microsoft.com",
          prices: simulator.url
        },
        tenantId: simulated.tenantId,
        appId: simulated.appId,
        secret: simulated.clientSecret,
        cspStatus: account.cspStatus,
        ...settings
      }
    })
    if (status !== 201) throw new Error(text)
    await Effect.runPromise(Effect.provideContext(defineSyncOptions(body), adapters))
  }

  /** The account's administrator consents. */
  const consent = async (): Promise<void> => {
    const { body } = await call("POST", `/v1/instances/${account.name}/consent`)
    await new Browser().signIn(body.url, `admin@${simulated.domain}`)
  }

  const createAccount = async (body: object): Promise<string> => {
    const created = await call("POST", "/v1/accounts", { body })
    if (created.status !== 201) throw new Error(created.text)
    return created.body.id
  }

  return {
    simulator,
    simulated,
    place,
    database: Context.get(adapters, Database),
    url: served.url,
    key,
    call,
    keyOf,
    build,
    register,
    consent,
    createAccount,
    startReconciler: (within?: Scope.Scope): Promise<void> =>
      build(Effect.asVoid(Layer.build(reconcilerLayer(place))), within),
    close: async (): Promise<void> => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await simulator.close()
    }
  }
}
export type OneProcess = Awaited<ReturnType<typeof openOneProcess>>
