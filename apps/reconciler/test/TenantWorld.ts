import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { partnerCenterLayer } from "@concordat/adapter-partner-center/partnerCenter"
import {
  CurrentClientSettings,
  clientSettingsDefault
} from "@concordat/adapter-partner-center/Settings"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { type Account, AccountId, noCredit } from "@concordat/core/account/Account"
import { Accounts, type NewAccount } from "@concordat/core/account/Accounts"
import type { Actor } from "@concordat/core/actor/Actor"
import { Book } from "@concordat/core/book/Book"
import { UserTokens } from "@concordat/core/consent/UserTokens"
import { Country } from "@concordat/core/instance/Country"
import {
  type Instance,
  InstanceId,
  InstanceName,
  MpnId,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Outbox } from "@concordat/core/mail/Outbox"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { defineSyncOptions } from "@concordat/core/tenant/defineSyncOptions"
import { noSyncOptions, type SyncOptionValues } from "@concordat/core/tenant/SyncOption"
import { SyncOptions } from "@concordat/core/tenant/SyncOptions"
import { Instant } from "@concordat/core/time/Instant"
import { RateBudget } from "@concordat/core/vendor/RateBudget"
import { Effect, Layer, Option, Redacted } from "effect"
import { Clock } from "../../simulator/src/Clock.ts"
import { infoOf } from "../../simulator/src/control/accountEndpoints.ts"
import type { FaultRule } from "../../simulator/src/Faults.ts"
import { noJournal } from "../../simulator/src/Journal.ts"
import { serve } from "../../simulator/src/partnerCenter/serve.ts"
import { Simulator } from "../../simulator/src/Simulator.ts"
import { directoryOf } from "../../simulator/src/world/Tenant.ts"

/** Who acts in these tests. */
export const operator: Actor = {
  name: "key:operator",
  role: "operator",
  scopes: ["accounts:write"],
  branch: null
}
export const cause = { actor: "key:operator", correlationId: "" }

const guid = (kind: number, n: number): string =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

/** A simulator in this process, which can be looked into. */
const simulated = Effect.acquireRelease(
  Effect.promise(async () => {
    const simulator = new Simulator(new Clock(), noJournal, {
      seed: "tenants",
      accounts: [
        {
          name: "indirect",
          cspStatus: "indirect",
          customers: 60,
          resellers: 7,
          limitPerMinute: null
        },
        { name: "direct", cspStatus: "direct", customers: 3, limitPerMinute: null }
      ]
    })
    const server = createServer({ keepAlive: true }, (request, response) =>
      serve(simulator, request, response)
    )
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = isAddress(address) ? address.port : 0
    return { simulator, url: `http://127.0.0.1:${port}`, server }
  }),
  ({ server }) =>
    Effect.promise(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        })
    )
)

/** A token that acts for the administrator. */
const refreshed = async (
  instance: Instance,
  account: { readonly clientSecret: string; readonly refreshToken: string } | undefined,
  resource: string
): Promise<string> => {
  const answer = await fetch(`${instance.endpoints.login}/${instance.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: instance.appId,
      client_secret: account?.clientSecret ?? "",
      refresh_token: account?.refreshToken ?? "",
      scope: `${resource}/.default`
    })
  })
  return String(JSON.parse(await answer.text()).access_token)
}

const isAddress = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === "object" && address !== null

/** A database, the simulator, an indirect and a direct instance of it, and a reseller with its MPN id. */
export const tenantWorld = Effect.gen(function* () {
  const { simulator, url } = yield* simulated
  const credentials = [...simulator.world.accounts.values()].map((account) =>
    infoOf(simulator, account, url)
  )
  const instanceOf = (name: string, n: number): Instance => {
    const account = credentials.find((one) => one.name === name)
    if (account === undefined) throw new Error(`no account ${name}`)
    return newInstance({
      id: InstanceId.make(guid(4, n)),
      name: InstanceName.make(name),
      cloud: "custom",
      endpoints: {
        api: url,
        login: url,
        resource: "https://api.partnercenter.microsoft.com",
        prices: url
      },
      credentials: {
        primary: {
          tenantId: TenantId.make(account.tenantId),
          tenantDomain: account.domain,
          appId: account.appId
        },
        sandbox: null
      },
      cspStatus: account.cspStatus,
      mpnId: MpnId.make(account.mpnId),
      countries: ["DE", "HU"].map((code) => Country.make(code)),
      requestsPerMinute: 1_000_000
    })
  }
  const secretOf = (name: string) =>
    credentials.find((one) => one.name === name)?.clientSecret ?? ""
  const indirect = instanceOf("indirect", 1)
  const direct = instanceOf("direct", 2)
  const userTokens = Layer.succeed(UserTokens, {
    get: (instance, resource) =>
      Effect.map(
        Effect.promise(() =>
          refreshed(
            instance,
            credentials.find((one) => one.tenantId === instance.tenantId),
            resource
          )
        ),
        (value) => ({
          resource,
          value: Redacted.make(value),
          expiresAt: Instant.make(Number.MAX_SAFE_INTEGER),
          mfa: null
        })
      ),
    mfaMissing: () => Effect.void
  })
  const { url: database } = yield* makeDatabase
  const storage = storageLayer({ url: database, folder: Option.none() }, "tenant test")
  const vendor = partnerCenterLayer.pipe(
    Layer.provide([
      userTokens,
      transportLayer,
      // Nobody counts here; the budget has tests of its own.
      Layer.succeed(RateBudget, { take: () => Effect.void, throttled: () => Effect.void })
    ]),
    Layer.provide(
      Layer.succeed(CurrentClientSettings, {
        ...clientSettingsDefault,
        attemptTimeoutMs: 2_000,
        attemptsMax: 1,
        backoffFirstMs: 1,
        backoffMaxMs: 1
      })
    )
  )
  const ports = yield* Layer.build(Layer.provideMerge(vendor, storage))
  const reseller = credentials[0]?.resellers[0]
  if (reseller === undefined) return yield* Effect.die(new Error("no reseller"))

  let made = 0
  const add = (given: Partial<NewAccount> = {}) =>
    Effect.gen(function* () {
      made++
      const account: NewAccount = {
        ...blank,
        id: AccountId.make(guid(5, made)),
        code: `C-${made}`,
        name: `Fabrikam ${made} GmbH`,
        ...given
      }
      return yield* Accounts.use((accounts) => accounts.add(account, null, cause))
    })
  yield* Effect.gen(function* () {
    const instances = yield* Instances
    for (const instance of [indirect, direct]) {
      yield* instances.add(
        instance,
        { primary: Redacted.make(secretOf(instance.name)), sandbox: null },
        cause
      )
      yield* defineSyncOptions(instance)
    }
  }).pipe(Effect.provideContext(ports))
  const seller = yield* add({
    kind: "reseller",
    edition: "basic",
    name: "Northwind Reselling",
    mpnId: MpnId.make(reseller.mpnId),
    email: "orders@northwind.example"
  }).pipe(Effect.provideContext(ports))

  /** The simulator's customers of the account, as it knows them. */
  const customersOf = (name: "indirect" | "direct", domain?: string) =>
    simulator
      .account(name)
      .customers.filter((customer) => domain === undefined || customer.domain === domain)

  return {
    simulator,
    ports,
    url,
    indirect,
    direct,
    seller,
    sellerTenant: reseller.tenantId,
    /** Of a reseller whom Microsoft does not let sell. */
    ineligibleMpnId: MpnId.make(
      credentials[0]?.resellers.find(({ eligible }) => !eligible)?.mpnId ?? "0"
    ),
    add,
    customersOf,
    /** An account's sync options are replaced. */
    say: (account: Account, instance: Instance, values: Partial<SyncOptionValues>) =>
      Effect.gen(function* () {
        const port = yield* SyncOptions
        const { version } = yield* port.get(account.id, instance.id)
        yield* port.put(account.id, instance.id, version, { ...noSyncOptions, ...values }, cause)
      }),
    /** The password of somebody in a customer's directory, as the simulator knows it. */
    passwordOf: (domain: string, user: string): string | null => {
      const [customer] = [...customersOf("indirect", domain), ...customersOf("direct", domain)]
      if (customer === undefined) return null
      return directoryOf(customer).find(({ upn }) => upn === `${user}@${domain}`)?.password ?? null
    },
    /** A subscription of the account in a tenant, as the book has it. */
    sell: (account: Account, instance: Instance, tenantId: string) =>
      Book.use((book) =>
        book.apply(
          instance.id,
          [
            {
              line: 2,
              account: { code: account.code, name: account.name },
              reseller: null,
              tenantId: TenantId.make(tenantId),
              tenantDomain: null,
              reference: `S-${tenantId}`,
              parentReference: null,
              microsoftId: null,
              name: "Business Basic",
              terms: {
                offer: OfferId.make("CFQ7TTC0LH18:0001"),
                quantity: 1,
                status: "active",
                billingCycle: "monthly",
                term: "P1Y",
                autoRenew: true,
                commitmentEnd: null,
                scheduledChange: null,
                partnerOfRecord: null,
                isTrial: false,
                friendlyName: ""
              },
              unitPrice: null,
              acceptedAt: null
            }
          ],
          { dryRun: false, ...cause }
        )
      ),
    /** How often the simulator was asked to make a tenant, as far as the request got through. */
    creations: (): number =>
      simulator.requests.list(1, 20_000, ({ operation }) => operation === "createCustomer").items
        .length,
    fault: (rule: FaultRule) => simulator.faults.arm(rule),
    mailsOf: (account: Account) =>
      Outbox.use((outbox) =>
        Effect.flatMap(
          outbox.list({ account: account.id }, { cursor: undefined, limit: 50 }),
          ({ items }) => Effect.forEach(items, ({ id }) => outbox.get(id))
        )
      ),
    decide: (tenant: string, resellerTenantId: string | null, name = "indirect") =>
      simulator.decide(name, tenant, resellerTenantId, "accept")
  }
})
export type TenantWorld = Effect.Success<typeof tenantWorld>

const blank: Omit<NewAccount, "id" | "code" | "name"> = {
  parentId: null,
  kind: "customer",
  edition: null,
  mpnId: null,
  email: "office@fabrikam.example",
  phone: "+49 30 1234567",
  address: {
    line1: "Unter den Linden 1",
    line2: null,
    city: "Berlin",
    state: null,
    postalCode: "10117",
    country: Country.make("DE")
  },
  language: null,
  currency: null,
  billToId: null,
  managerEmail: null,
  orderingEnabled: true,
  resellingEnabled: false,
  creditLimit: noCredit,
  taxId: null,
  customFields: {}
}
