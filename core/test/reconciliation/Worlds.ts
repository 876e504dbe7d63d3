import { BigDecimal } from "effect"
import fc from "fast-check"
import { AccountId } from "../../src/account/Account.ts"
import type { Product } from "../../src/catalogue/Product.ts"
import { type CspStatus, InstanceId, MpnId, TenantId } from "../../src/instance/Instance.ts"
import { Currency, type Money } from "../../src/money/Money.ts"
import type { Baseline } from "../../src/reconciliation/Baseline.ts"
import {
  type Customer,
  type Knowledge,
  nothingListed,
  rulesDefault
} from "../../src/reconciliation/Customer.ts"
import type { Observed } from "../../src/subscription/Observed.ts"
import {
  type BillingCycle,
  MicrosoftId,
  OfferId,
  type ScheduledChange,
  type Subscription,
  SubscriptionId,
  type Term,
  type Terms
} from "../../src/subscription/Subscription.ts"
import { dayMs, Instant } from "../../src/time/Instant.ts"

const guid = (kind: number, n: number): string =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

export const subscriptionId = (n: number): SubscriptionId => SubscriptionId.make(guid(1, n))
export const microsoftId = (n: number): MicrosoftId => MicrosoftId.make(guid(2, n))
export const tenantId = (n: number): TenantId => TenantId.make(guid(3, n))
export const instanceId = (n: number): InstanceId => InstanceId.make(guid(4, n))
export const accountId = (n: number): AccountId => AccountId.make(guid(5, n))
export const mpnId = (n: number): MpnId => MpnId.make(String(4_000_000 + n))

/** Noon, 20 November 2026: every commitment of these worlds runs then. */
export const now = Instant.make(Date.UTC(2026, 10, 20, 12))
const euro = Currency.make("EUR")
export const euros = (amount: string): Money => ({
  amount: BigDecimal.fromStringUnsafe(amount),
  currency: euro
})

export const nceOffers = ["CFQ7TTC0LCHC:0002", "CFQ7TTC0LH18:0001", "CFQ7TTC0LFLX:0001"].map((o) =>
  OfferId.make(o)
)
export const legacyOffer = OfferId.make("796b6b5f-613c-4e24-a17c-eba730d49c02")
export const addonOffer = OfferId.make("CFQ7TTC0LHSL:0001")
const offers = [...nceOffers, legacyOffer]

const prices: ReadonlyArray<readonly [Term | null, BillingCycle, string]> = [
  ["P1M", "monthly", "12.00"],
  ["P1Y", "monthly", "10.50"],
  ["P1Y", "annual", "120.00"],
  ["P3Y", "triennial", "340.00"],
  [null, "monthly", "9.00"]
]
/** Each price names its commitment, so that a wrong term or cycle never finds a price by accident. */
export const products: ReadonlyMap<OfferId, Product> = new Map(
  [...offers, addonOffer].map((offer): [OfferId, Product] => [
    offer,
    {
      offer,
      name: `Product ${offer}`,
      isTrial: false,
      isAddon: offer === addonOffer,
      singleActive: offer !== addonOffer,
      prices: prices.map(([term, billingCycle, amount]) => ({
        term,
        billingCycle,
        price: euros(amount)
      }))
    }
  ])
)

const commitments: ReadonlyArray<readonly [Term, BillingCycle]> = [
  ["P1M", "monthly"],
  ["P1Y", "monthly"],
  ["P1Y", "annual"],
  ["P3Y", "triennial"]
]

/** A world in which nothing is wrong: what both sides hold of one customer, and the state they agreed on. */
export interface World {
  readonly cspStatus: CspStatus
  readonly subscriptions: ReadonlyArray<Subscription>
  readonly observed: ReadonlyArray<Observed>
  readonly baselines: ReadonlyArray<Baseline>
}

export const customerOf = (world: World): Customer => ({
  instanceId: instanceId(1),
  cspStatus: world.cspStatus,
  tenantId: tenantId(1),
  subscriptions: world.subscriptions,
  observed: world.observed,
  baselines: new Map(world.baselines.map((baseline) => [baseline.subscriptionId, baseline]))
})

export const knowledge: Knowledge = {
  at: now,
  rules: rulesDefault,
  products,
  listed: nothingListed,
  elsewhere: new Map(),
  claimedElsewhere: new Set()
}

interface Seed {
  readonly commitment: number
  readonly quantity: number
  readonly started: number
  readonly scheduled: boolean
  readonly addons: number
  readonly trial: boolean
  readonly renewsMonthly: boolean
}

const seed: fc.Arbitrary<Seed> = fc.record({
  commitment: fc.nat(commitments.length - 1),
  quantity: fc.integer({ min: 2, max: 9 }),
  started: fc.integer({ min: 1, max: 20 }),
  scheduled: fc.boolean(),
  addons: fc.nat(2),
  trial: fc.boolean(),
  renewsMonthly: fc.boolean()
})

/**
 * Small worlds, so that the sides overlap: at most four base subscriptions of four offers, one of them
 * legacy, with add-ons, trials and scheduled changes; `agreed` says whether there is a baseline.
 */
export const soundWorld: fc.Arbitrary<World> = fc
  .record({
    cspStatus: fc.constantFrom<CspStatus>("direct", "indirect"),
    seeds: fc.array(seed, { minLength: 1, maxLength: 4 }),
    agreed: fc.boolean()
  })
  .map(({ cspStatus, seeds, agreed }) => {
    const pairs = seeds.flatMap((base, n) => pairsOf(cspStatus, base, n))
    return {
      cspStatus,
      subscriptions: pairs.map((pair) => pair.subscription),
      observed: pairs.map((pair) => pair.observed),
      baselines: agreed ? pairs.map((pair) => pair.baseline) : []
    }
  })

interface Pair {
  readonly subscription: Subscription
  readonly observed: Observed
  readonly baseline: Baseline
}

const pairsOf = (cspStatus: CspStatus, base: Seed, n: number): ReadonlyArray<Pair> => {
  const offer = offers[n] ?? legacyOffer
  const legacy = offer === legacyOffer
  const [term, billingCycle] = commitments[base.commitment] ?? ["P1Y", "annual"]
  const start = now - base.started * dayMs
  const isTrial = base.trial && !legacy
  const terms: Terms = {
    offer,
    quantity: isTrial ? 25 : base.quantity,
    status: "active",
    billingCycle: legacy ? "monthly" : billingCycle,
    term: legacy ? null : term,
    autoRenew: legacy || term !== "P1M" || base.renewsMonthly,
    commitmentEnd: Instant.make(start + 365 * dayMs),
    scheduledChange:
      base.scheduled && !legacy && !isTrial
        ? { offer, quantity: base.quantity + 1, billingCycle, term }
        : null,
    partnerOfRecord: cspStatus === "direct" ? null : mpnId(1),
    parent: null,
    isTrial,
    friendlyName: `Subscription ${n}`
  }
  const addons = isTrial ? 0 : base.addons
  return [
    pairOf(n * 10, terms, start),
    ...Array.from({ length: addons }, (_, i) =>
      pairOf(
        n * 10 + 1 + i,
        {
          ...terms,
          offer: addonOffer,
          term: terms.term ?? "P1M",
          quantity: base.quantity,
          scheduledChange: null,
          parent: microsoftId(n * 10)
        },
        start
      )
    )
  ]
}

const pairOf = (n: number, terms: Terms, start: number): Pair => ({
  subscription: {
    id: subscriptionId(n),
    reference: `S-${n}`,
    instanceId: instanceId(1),
    accountId: accountId(1),
    tenantId: tenantId(1),
    microsoftId: microsoftId(n),
    name: `Subscription ${n}`,
    isAddon: terms.parent !== null,
    terms,
    unitPrice:
      products
        .get(terms.offer)
        ?.prices.find((p) => p.term === terms.term && p.billingCycle === terms.billingCycle)
        ?.price ?? null,
    acceptedAt: Instant.make(start)
  },
  observed: {
    instanceId: instanceId(1),
    tenantId: tenantId(1),
    microsoftId: microsoftId(n),
    terms,
    name: `Product ${terms.offer}`,
    orderId: `order${n}`,
    effectiveStart: Instant.make(start),
    createdAt: Instant.make(start),
    cancellableUntil: Instant.make(start + 7 * dayMs),
    refundable: [],
    etag: `etag${n}`
  },
  baseline: {
    subscriptionId: subscriptionId(n),
    microsoftId: microsoftId(n),
    terms,
    agreedAt: Instant.make(start)
  }
})

export const changeOf = (terms: Terms, quantity: number): ScheduledChange => ({
  offer: terms.offer,
  quantity,
  billingCycle: terms.billingCycle,
  term: terms.term ?? "P1Y"
})
