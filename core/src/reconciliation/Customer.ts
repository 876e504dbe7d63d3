import type { Product } from "../catalogue/Product.ts"
import type { CspStatus, InstanceId, TenantId } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import { cancellationWindowMsDefault } from "../subscription/Cancellation.ts"
import type { Observed } from "../subscription/Observed.ts"
import type {
  MicrosoftId,
  OfferId,
  Subscription,
  SubscriptionId
} from "../subscription/Subscription.ts"
import { type Instant, minuteMs } from "../time/Instant.ts"
import type { Baseline } from "./Baseline.ts"
import type { Finding } from "./Finding.ts"

/** One customer tenant of one instance, as all three sides see it. The order of the lists means nothing. */
export interface Customer {
  readonly instanceId: InstanceId
  readonly cspStatus: CspStatus
  readonly tenantId: TenantId
  readonly subscriptions: ReadonlyArray<Subscription>
  readonly observed: ReadonlyArray<Observed>
  readonly baselines: ReadonlyMap<SubscriptionId, Baseline>
}

/** What a comparison has to know besides the customer. */
export interface Knowledge {
  readonly at: Instant
  readonly rules: Rules
  readonly products: ReadonlyMap<OfferId, Product>
  readonly listed: ListedPrices
  /** Where Partner Center holds a subscription that this customer's tenant does not. */
  readonly elsewhere: ReadonlyMap<MicrosoftId, Observed>
  /** Microsoft ids that live BSS subscriptions of other customers are mapped to. */
  readonly claimedElsewhere: ReadonlySet<MicrosoftId>
}

/**
 * What one seat costs for one billing period by price protections and by the price lists of whoever holds it, at the
 * instant of the comparison (domain.md §3b, §4): null where lists decide and none of them has a price for it. What no
 * list decides about is absent.
 */
export interface ListedPrices {
  /** Of what we have agreed. */
  readonly subscriptions: ReadonlyMap<SubscriptionId, Money | null>
  /** Of what Partner Center holds. */
  readonly observed: ReadonlyMap<MicrosoftId, Money | null>
}

/** Nothing is protected, and nobody buys by a list. */
export const nothingListed: ListedPrices = { subscriptions: new Map(), observed: new Map() }

/** The figures behind the rules: data, because Microsoft has changed them before. */
export interface Rules {
  /** A new order may be missing from Partner Center's lists for this long; absence is no proof before. */
  readonly lagAllowanceMs: number
  readonly cancellationWindowMs: number
  readonly compareFriendlyName: boolean
  /** Terms ending from `endingFrom`, of subscriptions started from `startedFrom`, roll into a paid extension. */
  readonly paidExtension: { readonly endingFrom: number; readonly startedFrom: number }
}

export const rulesDefault: Rules = {
  lagAllowanceMs: 15 * minuteMs,
  cancellationWindowMs: cancellationWindowMsDefault,
  compareFriendlyName: false,
  paidExtension: { endingFrom: Date.UTC(2026, 4, 4), startedFrom: Date.UTC(2025, 3, 1) }
}

/** One line of the report: a subscription or add-on that exists on at least one side. */
export interface Row {
  readonly subscription: Subscription | null
  readonly observed: Observed | null
  readonly findings: ReadonlyArray<Finding>
}
