import type { Currency } from "../Catalogue.ts"
import type { Place } from "../companyNames.ts"
import type { Random } from "../Random.ts"
import type { AuditRecord } from "./Audit.ts"
import { type Subscription, sameId } from "./Subscription.ts"
import type { User } from "./User.ts"

/** A purchase. Its lines are the subscriptions as they were bought. */
export interface Order {
  readonly id: string
  readonly createdAt: number
  /** Neither the list nor the order itself can be seen before (404 / 20000). */
  readonly visibleFrom: number
  readonly lines: ReadonlyArray<Subscription>
}

/** What the list of subscriptions shows of one subscription until an instant; null hides it. */
export interface Lagging {
  readonly until: number
  readonly shown: Subscription | null
}

/** A customer tenant of one partner. Only the world's own functions change it. */
export interface Customer {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly place: Place
  /** Position among the partner's customers; names of people and addresses follow from it. */
  readonly index: number
  readonly createdAt: number
  readonly reseller: Reseller | null
  subscriptions: ReadonlyArray<Subscription>
  orders: ReadonlyArray<Order>
  lagging: ReadonlyMap<string, Lagging>
  /** false after the reseller relationship was removed: nothing of the customer can be seen any more. */
  related: boolean
  /** Grows with every change; bodies that were serialised for an older one are stale. */
  revision: number
}

/** An indirect reseller of an indirect provider. */
export interface Reseller {
  readonly tenantId: string
  readonly mpnId: string
  readonly name: string
  readonly country: string
}

export interface AccountSettings {
  /** Requests per minute of each resource family; null or 0 switches throttling off. */
  readonly limitPerMinute: number | null
  /** Requests that may come at once; null = a tenth of the limit, at least one second's worth. */
  readonly burst: number | null
  /** Seconds for which the list of subscriptions shows the old state after a change. */
  readonly lagSeconds: number
  /** Seconds until a new subscription is listed and its order can be seen; Microsoft names up to 900. */
  readonly newSubscriptionLagSeconds: number
  /** Customers and audit records per page when the client names no size. */
  readonly pageSize: number
  /** Whether a signed-in user must have used a second factor. */
  readonly mfaRequired: boolean
  /** How a missing second factor is refused: by the reason phrase and no body, or by code 900421. */
  readonly mfaStyle: "classic" | "code"
  /** Whether sign-in itself insists on a second factor, as security defaults and conditional access do. */
  readonly signInMfa: "optional" | "required"
  /** Whether operations that need a user refuse tokens that were issued to the application alone. */
  readonly appOnlyRefused: boolean
}

export const defaultSettings: AccountSettings = {
  limitPerMinute: 500,
  burst: null,
  lagSeconds: 0,
  newSubscriptionLagSeconds: 0,
  pageSize: 100,
  mfaRequired: true,
  mfaStyle: "classic",
  signInMfa: "optional",
  appOnlyRefused: true
}

/** A partner's own tenant in Partner Center. */
export interface Account {
  readonly name: string
  readonly tenantId: string
  readonly domain: string
  readonly companyName: string
  readonly appId: string
  readonly cspStatus: "direct" | "indirect"
  readonly mpnId: string
  readonly country: string
  readonly currency: Currency
  readonly resellers: ReadonlyArray<Reseller>
  readonly customers: Array<Customer>
  readonly customersById: Map<string, Customer>
  /** Ids of what is created later come from here, in order. */
  readonly random: Random
  /** Oldest first. */
  audit: ReadonlyArray<AuditRecord>
  settings: AccountSettings
  clientSecret: string
  clientSecretExpired: boolean
  /** Where drifts have been injected, so that later ones stay away: subscriptions, and customers as a whole. */
  readonly driftedSubscriptions: Set<string>
  readonly driftedCustomers: Set<string>
  /** Customers whose set of subscriptions was changed by a drift; nothing else may happen to them. */
  readonly reshapedCustomers: Set<string>
  /** Refresh tokens issued before were revoked. */
  refreshTokensValidFrom: number
  /** Who can sign in; at most `usersMax`. */
  users: ReadonlyArray<User>
  /** Addresses that sign-in may send codes to, besides those on the machine itself; at most `redirectUrisMax`. */
  redirectUris: ReadonlyArray<string>
  /** Whether the application may act for users of this tenant. Tokens for users die when it is removed. */
  consent: "none" | "granted" | "removed"
}

export const usersMax = 50
export const redirectUrisMax = 50

export const customerOf = (account: Account, id: string): Customer | undefined =>
  account.customersById.get(id.toLowerCase())

/** Names of users are compared without regard to case. */
export const userNamed = (account: Account, upn: string): User | undefined =>
  account.users.find((user) => user.upn === upn.toLowerCase())

export const subscriptionOf = (customer: Customer, id: string): Subscription | undefined =>
  customer.subscriptions.find((subscription) => sameId(subscription.id, id))
