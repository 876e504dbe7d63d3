import * as Schema from "effect/Schema"
import { currencies } from "../Catalogue.ts"
import { Change } from "./Change.ts"
import { DriftRequest } from "./Drift.ts"
import { Acceptance, DirectoryUser, NewCustomer } from "./Tenant.ts"
import { UserInput, UserPrincipalName } from "./User.ts"
import type { WorldParameters } from "./World.ts"

export const customersMax = 50_000
export const accountsMax = 20

const within = (minimum: number, maximum: number) => Schema.isBetween({ minimum, maximum })

export const AccountName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,38}$/u, {
    message: "a name is lower-case letters, digits and dashes, at most 39"
  })
)

/** What can be set about an account at any time; what is left out stays. */
export const SettingsPatch = Schema.Struct({
  limitPerMinute: Schema.optionalKey(
    Schema.NullOr(Schema.Int.check(within(0, 1_000_000)))
  ).annotate({
    description: "requests per minute and resource family; 0 or null = unthrottled. Default 500"
  }),
  burst: Schema.optionalKey(Schema.NullOr(Schema.Int.check(within(1, 1_000_000)))).annotate({
    description: "requests at once; null = a tenth of the limit, at least one second's worth"
  }),
  lagSeconds: Schema.optionalKey(Schema.Int.check(within(0, 3600))).annotate({
    description: "how long lists show the old state after a change. Default 0"
  }),
  newSubscriptionLagSeconds: Schema.optionalKey(Schema.Int.check(within(0, 3600))).annotate({
    description:
      "until a new subscription is listed and its order can be read; Microsoft names up to 900. Default 0"
  }),
  pageSize: Schema.optionalKey(Schema.Int.check(within(1, 500))).annotate({
    description: "when the client names no size. Default 100"
  }),
  mfaRequired: Schema.optionalKey(Schema.Boolean).annotate({
    description: "whether users' tokens must show a second factor. Default true"
  }),
  mfaStyle: Schema.optionalKey(Schema.Literals(["classic", "code"])).annotate({
    description: "classic = reason phrase and empty body; code = 900421. Default classic"
  }),
  signInMfa: Schema.optionalKey(Schema.Literals(["optional", "required"])).annotate({
    description:
      "required = sign-in and refresh refuse users without a second factor (AADSTS50076, 50079). Default optional"
  }),
  appOnlyRefused: Schema.optionalKey(Schema.Boolean).annotate({
    description:
      "whether operations that need a user refuse app-only tokens with 403 / 900329. Default true"
  }),
  sandbox: Schema.optionalKey(Schema.Boolean).annotate({
    description:
      "an integration sandbox: no more customers than 75, and they can be deleted. Default false"
  }),
  newCustomerLagSeconds: Schema.optionalKey(Schema.Int.check(within(0, 3600))).annotate({
    description: "until lists show a new customer. Default 0"
  }),
  repeatedRequests: Schema.optionalKey(Schema.Literals(["replay", "forget"])).annotate({
    description:
      "whether a creation that comes again with the same MS-RequestId gets its first answer again. Default replay"
  }),
  domainTakenStatus: Schema.optionalKey(Schema.Literals([400, 409])).annotate({
    description: "of a creation whose domain is taken. Default 409"
  }),
  resellerValidation: Schema.optionalKey(Schema.Boolean).annotate({
    description: "whether POST /v1/partners/validateresellers is there. Default true"
  })
}).annotate({ identifier: "SettingsPatch" })
export type SettingsPatch = typeof SettingsPatch.Type

export const AccountInput = Schema.Struct({
  name: AccountName,
  cspStatus: Schema.Literals(["direct", "indirect"]),
  customers: Schema.Int.check(within(0, customersMax)),
  subscriptionsPerCustomer: Schema.optionalKey(Schema.Finite.check(within(1, 20))).annotate({
    description: "average, with add-ons and trials. Default 5"
  }),
  resellers: Schema.optionalKey(Schema.Int.check(within(1, 1000))).annotate({
    description: "of an indirect provider. Default: one for 30 customers, at least 3"
  }),
  directCustomers: Schema.optionalKey(Schema.Int.check(within(0, customersMax))).annotate({
    description: "of an indirect provider, how many belong to no reseller: the last ones. Default 0"
  }),
  emptyCustomers: Schema.optionalKey(Schema.Int.check(within(0, customersMax))).annotate({
    description: "how many have bought nothing: the first ones. Default 0"
  }),
  country: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[A-Z]{2}$/u))),
  currency: Schema.optionalKey(Schema.Literals(currencies)),
  ...SettingsPatch.fields
}).annotate({ identifier: "AccountInput" })

export const ResetRequest = Schema.Struct({
  seed: Schema.Union([Schema.Int, Schema.String.check(Schema.isBetweenLength(1, 100))]).annotate({
    description: "equal seeds, sizes and epochs make equal worlds"
  }),
  accounts: Schema.optionalKey(
    Schema.Array(AccountInput).check(Schema.isBetweenLength(1, accountsMax))
  ).annotate({ description: "default: the demo's contoso-eu (indirect) and contoso-direct" }),
  epoch: Schema.optionalKey(Schema.String).annotate({
    description: "ISO 8601: the day on which the generated books are current. Default: today"
  })
}).annotate({ identifier: "ResetRequest" })
export type ResetRequest = typeof ResetRequest.Type

const ClockStateSchema = Schema.Union([
  Schema.Struct({ mode: Schema.Literal("running"), offsetMs: Schema.Int }),
  Schema.Struct({ mode: Schema.Literal("stopped"), atMs: Schema.Int })
])

/** How the catalogue differs from that of the clock's month. */
export const CatalogueSettings = Schema.Struct({
  monthsAhead: Schema.Int.check(within(0, 240)).annotate({
    description: "how far the catalogue is ahead of the clock's month. Default 0"
  }),
  priceSheetLines: Schema.NullOr(Schema.Int.check(within(1, 2_000_000))).annotate({
    description:
      "lines of a price sheet, invented where the catalogue has fewer; null = the catalogue's"
  })
}).annotate({ identifier: "CatalogueSettings" })
export type CatalogueSettings = typeof CatalogueSettings.Type

export const catalogueSettingsDefault: CatalogueSettings = { monthsAhead: 0, priceSheetLines: null }

/** Everything that can happen to the world from outside. Written down in order, it makes the world again. */
export const Operation = Schema.Union([
  Schema.Struct({
    op: Schema.Literal("reset"),
    request: ResetRequest,
    epoch: Schema.Int
  }),
  Schema.Struct({ op: Schema.Literal("settings"), account: AccountName, patch: SettingsPatch }),
  Schema.Struct({ op: Schema.Literal("change"), account: AccountName, change: Change }),
  Schema.Struct({ op: Schema.Literal("drifts"), account: AccountName, request: DriftRequest }),
  Schema.Struct({
    op: Schema.Literal("credentials"),
    account: AccountName,
    action: Schema.Literals(["rotate-secret", "expire-secret", "revoke-refresh-tokens"])
  }),
  Schema.Struct({ op: Schema.Literal("user"), account: AccountName, user: UserInput }),
  Schema.Struct({ op: Schema.Literal("sign-out"), account: AccountName, upn: UserPrincipalName }),
  Schema.Struct({
    op: Schema.Literal("consent"),
    account: AccountName,
    consent: Schema.Literals(["granted", "removed"])
  }),
  Schema.Struct({
    op: Schema.Literal("redirect-uri"),
    account: AccountName,
    redirectUri: Schema.String
  }),
  Schema.Struct({
    op: Schema.Literal("new-customer"),
    account: AccountName,
    requestId: Schema.String,
    customer: NewCustomer
  }),
  Schema.Struct({
    op: Schema.Literal("decision"),
    account: AccountName,
    tenantId: Schema.String,
    resellerTenantId: Schema.NullOr(Schema.String),
    decision: Schema.Literals(["accept", "decline"])
  }),
  Schema.Struct({
    op: Schema.Literal("delete-customer"),
    account: AccountName,
    customer: Schema.String
  }),
  Schema.Struct({
    op: Schema.Literal("agreement"),
    account: AccountName,
    customer: Schema.String,
    acceptance: Acceptance
  }),
  Schema.Struct({
    op: Schema.Literal("directory"),
    account: AccountName,
    customer: Schema.String,
    user: DirectoryUser
  }),
  Schema.Struct({ op: Schema.Literal("catalogue"), settings: CatalogueSettings }),
  Schema.Struct({ op: Schema.Literal("clock"), state: ClockStateSchema })
])
export type Operation = typeof Operation.Type

/** The demo's two partners. `contoso-eu` has 300 customers with about 1,500 subscriptions. */
export const demoReset: ResetRequest = {
  seed: "contoso",
  accounts: [
    { name: "contoso-eu", cspStatus: "indirect", customers: 300 },
    { name: "contoso-direct", cspStatus: "direct", customers: 60 }
  ]
}

/** Fills in what a request leaves open. */
export const worldParameters = (request: ResetRequest, epoch: number): WorldParameters => ({
  seed: String(request.seed),
  epoch,
  accounts: (request.accounts ?? demoReset.accounts ?? []).map((account) => {
    const {
      name,
      cspStatus,
      customers,
      subscriptionsPerCustomer = 5,
      resellers = Math.max(3, Math.ceil(customers / 30)),
      directCustomers = 0,
      emptyCustomers = 0,
      country = "DE",
      currency = "EUR",
      ...settings
    } = account
    return {
      name,
      cspStatus,
      customers,
      subscriptionsPerCustomer,
      resellers,
      directCustomers,
      emptyCustomers,
      country,
      currency,
      settings
    }
  })
})
