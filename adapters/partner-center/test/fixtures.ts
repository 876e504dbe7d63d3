import { UserTokens } from "@concordat/core/consent/UserTokens"
import {
  type Instance,
  InstanceId,
  InstanceName,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import { InstanceNotFound, Instances } from "@concordat/core/instance/Instances"
import { Instant } from "@concordat/core/time/Instant"
import { RateBudget, type ResourceFamily } from "@concordat/core/vendor/RateBudget"
import { Duration, Effect, Layer, Redacted } from "effect"
import { partnerCenterLayer } from "../src/partnerCenter.ts"
import {
  type ClientSettings,
  CurrentClientSettings,
  clientSettingsDefault
} from "../src/Settings.ts"
import { transportLayer } from "../src/Transport.ts"

/** An instance whose three addresses are one local server. */
export const instanceAt = (origin: string, change: Partial<Instance> = {}): Instance => ({
  ...newInstance({
    id: InstanceId.make("11111111-0000-4000-8000-000000000001"),
    name: InstanceName.make("contoso-eu"),
    cloud: "custom",
    endpoints: {
      api: origin,
      login: origin,
      resource: "https://api.partnercenter.microsoft.com",
      prices: origin
    },
    credentials: {
      primary: {
        tenantId: TenantId.make("22222222-0000-4000-8000-000000000002"),
        tenantDomain: null,
        appId: "33333333-0000-4000-8000-000000000003"
      },
      sandbox: null
    },
    cspStatus: "direct",
    mpnId: null
  }),
  ...change
})

/** The port's one method that the adapter uses. */
export const secretsOnly = (secret: string) =>
  Layer.mock(Instances)({ secret: () => Effect.succeed(Redacted.make(secret)) })

export const noSecrets = Layer.mock(Instances)({
  secret: (id) => Effect.fail(new InstanceNotFound({ name: id }))
})

/** Nobody has to sign in: every user's token is there, and another one when it is refused. */
export const someUser = Layer.succeed(UserTokens, {
  get: (_, resource, unlike) =>
    Effect.succeed({
      resource,
      value: Redacted.make(unlike === undefined ? "user-token" : "another-user-token"),
      expiresAt: Instant.make(Number.MAX_SAFE_INTEGER),
      mfa: true
    }),
  mfaMissing: () => Effect.void
})

/** A budget without a limit. */
export const noBudget = Layer.succeed(RateBudget, {
  take: () => Effect.void,
  throttled: () => Effect.void
})

/** A subscription as new commerce shows it, without the fields that nobody reads. */
export const aSubscription = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "A4C1340D-6911-4758-BBA3-0C4C6007D161",
  offerId: "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
  offerName: "Contoso Basic",
  friendlyName: "Basic for the warehouse",
  productType: { id: "OnlineServicesNCE", displayName: "OnlineServicesNCE" },
  quantity: 15,
  unitType: "Licenses",
  hasPurchasableAddons: false,
  creationDate: "2021-01-14T16:57:15.0966728Z",
  effectiveStartDate: "2021-01-14T16:57:14.498252Z",
  commitmentEndDate: "2022-01-13T00:00:00Z",
  commitmentEndDateTime: "2022-01-13T23:59:59Z",
  cancellationAllowedUntilDate: "2021-01-21T16:57:14Z",
  status: "active",
  autoRenewEnabled: true,
  isTrial: false,
  billingType: "license",
  billingCycle: "monthly",
  termDuration: "P1Y",
  renewalTermDuration: "",
  refundOptions: [{ type: "Full", expiresAt: "2021-01-15T00:00:00Z" }],
  isMicrosoftProduct: true,
  partnerId: "4847383",
  contractType: "subscription",
  links: {
    product: { uri: "/products/CFQ7TTC0LH18?country=US", method: "GET", headers: [] },
    sku: { uri: "/products/CFQ7TTC0LH18/skus/0001?country=US", method: "GET", headers: [] }
  },
  publisherName: "Microsoft Corporation",
  refundableQuantity: {
    totalQuantity: 10,
    details: [{ quantity: 10, allowedUntilDateTime: "2021-01-24T20:39:17.182697Z" }]
  },
  orderId: "34b37d7340cc",
  attributes: { etag: "eyJpZCI6ImE0In0=", objectType: "Subscription" },
  ...change
})

/** What a test watches: how often the budget was asked, and what it was told about throttling. */
export const watchedBudget = () => {
  const taken: Array<ResourceFamily> = []
  const throttled: Array<number> = []
  return {
    taken,
    throttled,
    layer: Layer.succeed(RateBudget, {
      take: (_: InstanceId, family: ResourceFamily) => Effect.sync(() => void taken.push(family)),
      throttled: (_: InstanceId, __: ResourceFamily, retryAfter: Duration.Duration) =>
        Effect.sync(() => void throttled.push(Duration.toMillis(retryAfter)))
    })
  }
}

/** Pauses of a millisecond: real time passes, and nobody waits for it. */
export const impatient: ClientSettings = {
  ...clientSettingsDefault,
  backoffFirstMs: 1,
  backoffMaxMs: 2
}

/** What the adapter provides. */
export type Adapter = Layer.Success<typeof partnerCenterLayer>

/** The whole adapter over real HTTP. */
export const adapter = (
  options: {
    readonly settings?: ClientSettings
    readonly secrets?: Layer.Layer<Instances>
    readonly budget?: Layer.Layer<RateBudget>
    readonly users?: Layer.Layer<UserTokens>
  } = {}
) => {
  const {
    settings = clientSettingsDefault,
    secrets = secretsOnly("s3cret"),
    budget = noBudget,
    users = someUser
  } = options
  return partnerCenterLayer.pipe(
    Layer.provide([secrets, budget, users, transportLayer]),
    Layer.provide(Layer.succeed(CurrentClientSettings, settings))
  )
}

/** Lets everything run that needs no time to pass. */
export const settled = Effect.promise(() => new Promise<void>((done) => setImmediate(done)))
