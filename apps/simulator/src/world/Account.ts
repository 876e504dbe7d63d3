import type { Currency } from "../Catalogue.ts"
import type { Place } from "../companyNames.ts"
import type { Random } from "../Random.ts"
import type { AuditRecord } from "./Audit.ts"
import { type Subscription, sameId } from "./Subscription.ts"
import type { Acceptance, DirectoryUser, TenantProfile } from "./Tenant.ts"
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
  /** Verified domains besides the default one, in lower case. */
  readonly aliases: ReadonlyArray<string>
  /** What was written down when it was made; null = what follows from name, place and index. */
  readonly profile: TenantProfile | null
  /** Whether the partner has delegated rights in the tenant. */
  readonly delegated: boolean
  /** Lists of customers do not show it before. */
  listedFrom: number
  reseller: Reseller | null
  /** What partners confirmed for it, oldest first. */
  agreements: ReadonlyArray<Acceptance>
  /** Whether it signed the customer agreement with Microsoft itself. */
  readonly directSigned: boolean
  /** null = as it was generated. */
  directory: ReadonlyArray<DirectoryUser> | null
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
  /** Whether its MPN id can be partner of record; new partners are not enabled at first. */
  readonly eligible: boolean
}

/** What the administrator of a tenant answered to the partner's request for a relationship. */
export interface Decision {
  readonly tenantId: string
  readonly resellerTenantId: string | null
  readonly decision: "accept" | "decline"
  readonly at: number
}

/** How many are remembered. */
export const decisionsMax = 1_000

/** A creation that was answered: the same request gets the same answer. */
export interface AnsweredCreation {
  readonly customerId: string
  readonly password: string
}

/** How many are remembered; a repetition comes soon or never. */
export const answeredMax = 1_000

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
  /** An integration sandbox: 75 customers, which can be deleted ("Set up API access in Partner Center"). */
  readonly sandbox: boolean
  /** Seconds until lists of customers show a new one. */
  readonly newCustomerLagSeconds: number
  /**
   * What becomes of a creation that comes again with the same MS-RequestId: the first answer once more ("Partner
   * Center REST headers"), or no memory of it, and the domain is taken.
   */
  readonly repeatedRequests: "replay" | "forget"
  /** The status of a creation whose domain is taken; Microsoft documents none. */
  readonly domainTakenStatus: 400 | 409
  /** Whether the bulk check of resellers' MPN ids is there (it is since 2025, not in every cloud). */
  readonly resellerValidation: boolean
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
  appOnlyRefused: true,
  sandbox: false,
  newCustomerLagSeconds: 0,
  repeatedRequests: "replay",
  domainTakenStatus: 409,
  resellerValidation: true
}

export const sandboxCustomersMax = 75

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
  /** Creations of customers by MS-RequestId, oldest first. */
  readonly answered: Map<string, AnsweredCreation>
  /** Oldest first. */
  decisions: ReadonlyArray<Decision>
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
