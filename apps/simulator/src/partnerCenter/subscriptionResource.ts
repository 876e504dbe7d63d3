import { addMonths, dayMs } from "../Clock.ts"
import { guidOf } from "../Random.ts"
import type { Account, Customer } from "../world/Account.ts"
import { monthsOf } from "../world/generate.ts"
import { isNewCommerce, type ScheduledChange, type Subscription } from "../world/Subscription.ts"
import { dateOf, dayOf, etagOf, link, secondOf } from "./resource.ts"

/** A cancellation, or the return of seats, is possible this long ("Cancel a subscription", new commerce). */
const windowMs = 7 * dayMs
const fullRefundMs = dayMs
/** What Partner Center writes where there is no end. */
const noEnd = "9999-12-10T00:00:00Z"

/** A body, and until when it says the same. */
export interface Rendered {
  readonly resource: Readonly<Record<string, unknown>>
  readonly until: number
}

/** A subscription as Partner Center sends it ("Subscription resources"). */
export const renderSubscription = (
  account: Account,
  customer: Customer,
  s: Subscription,
  at: number
): Rendered => {
  const modern = isNewCommerce(s)
  const refundable = refundableSeats(s, at)
  const cycleEnd = billingCycleEnd(s, at)
  const azure = s.item.kind === "azure-plan"
  const resource = {
    id: s.id,
    // The entitlement behind a legacy subscription has an id of its own.
    entitlementId: modern ? undefined : guidOf(`entitlement/${s.id}`).toUpperCase(),
    offerId: offerIdOf(s),
    offerName: s.item.name,
    friendlyName: s.friendlyName,
    productType: productTypeOf(s),
    quantity: s.quantity,
    unitType: azure ? "Usage-based" : "Licenses",
    parentSubscriptionId: s.parentId ?? undefined,
    hasPurchasableAddons: s.item.kind === "license",
    creationDate: dateOf(s.orderedAt),
    effectiveStartDate: dateOf(s.effectiveStart),
    commitmentEndDate: s.commitmentEnd === null ? noEnd : dayOf(s.commitmentEnd),
    commitmentEndDateTime:
      modern && s.commitmentEnd !== null ? secondOf(s.commitmentEnd) : undefined,
    cancellationAllowedUntilDate:
      modern && !azure ? dateOf(s.effectiveStart + windowMs) : undefined,
    billingCycleEndDate: cycleEnd === null ? undefined : dayOf(cycleEnd),
    billingCycleEndDateTime: cycleEnd === null ? undefined : secondOf(cycleEnd),
    status: s.status,
    autoRenewEnabled: s.autoRenew,
    scheduledNextTermInstructions:
      s.scheduledChange === null ? undefined : instructionsOf(s.scheduledChange),
    isTrial: s.item.isTrial,
    billingType: azure ? "usage" : "license",
    billingCycle: s.billingCycle,
    termDuration: s.term ?? undefined,
    renewalTermDuration: modern && !azure ? renewalTermOf(s) : undefined,
    refundOptions: modern && !azure ? refundOptionsOf(s) : undefined,
    refundableQuantity: modern && !azure ? refundable.quantity : undefined,
    isMicrosoftProduct: true,
    partnerId: s.partnerOfRecord ?? undefined,
    migratedFromSubscriptionId: s.migratedFrom ?? undefined,
    suspensionReasons: s.status === "suspended" ? ["CustomerCancellation"] : undefined,
    attentionNeeded: false,
    actionTaken: false,
    contractType: "subscription",
    publisherName: "Microsoft Corporation",
    orderId: s.orderId,
    links: linksOf(account, customer, s),
    attributes: { etag: etagOf(s.id, s.version), objectType: "Subscription" }
  }
  return {
    resource,
    until: Math.min(refundable.until, cycleEnd === null || cycleEnd <= at ? Infinity : cycleEnd)
  }
}

/** The catalogue item with its availability; in legacy commerce the offer's GUID, which Microsoft writes in capitals. */
export const offerIdOf = ({ item }: Subscription): string =>
  item.kind === "legacy"
    ? item.offer.toUpperCase()
    : `${item.productId}:${item.skuId}:${item.availabilityId}`

const productTypeOf = ({ item }: Subscription) => {
  if (item.kind === "legacy") return undefined
  return item.kind === "azure-plan"
    ? { id: "Azure", displayName: "Azure" }
    : { id: "OnlineServicesNCE", displayName: "OnlineServicesNCE" }
}

const pascal: Readonly<Record<string, string>> = {
  none: "None",
  one_time: "OneTime",
  monthly: "Monthly",
  annual: "Annual",
  triennial: "Triennial"
}

/** The only place where Partner Center writes a billing cycle with a capital ("Schedule changes …"). */
const instructionsOf = ({ item, quantity, plan }: ScheduledChange) => ({
  product: {
    productId: item.productId,
    skuId: item.skuId,
    availabilityId: item.availabilityId,
    billingCycle: pascal[plan.billingCycle],
    termDuration: plan.term
  },
  quantity
})

const renewalTermOf = (s: Subscription): string =>
  s.autoRenew ? (s.scheduledChange?.plan.term ?? s.term ?? "") : ""

const refundOptionsOf = ({ effectiveStart }: Subscription) => [
  { type: "Full", expiresAt: dateOf(effectiveStart + fullRefundMs) },
  { type: "Partial", expiresAt: dateOf(effectiveStart + windowMs) }
]

/** Seats that can still be given back: each batch has its own seven days. */
const refundableSeats = (s: Subscription, at: number) => {
  const added = s.seatBatches.reduce((sum, batch) => sum + batch.quantity, 0)
  const all = [
    {
      quantity: Math.max(0, s.quantity - added),
      refundableUntil: s.effectiveStart + windowMs
    },
    ...s.seatBatches
  ]
  const open = all.filter((batch) => batch.quantity > 0 && at < batch.refundableUntil)
  return {
    quantity: {
      totalQuantity: open.reduce((sum, batch) => sum + batch.quantity, 0),
      details: open.map(({ quantity, refundableUntil }) => ({
        quantity,
        allowedUntilDateTime: dateOf(refundableUntil)
      }))
    },
    until: Math.min(...open.map((batch) => batch.refundableUntil), Number.POSITIVE_INFINITY)
  }
}

/** The last second of the period that is being charged. */
const billingCycleEnd = (s: Subscription, at: number): number | null => {
  if (s.billingCycle === "none" || s.billingCycle === "one_time") return null
  const months = s.billingCycle === "monthly" ? 1 : s.billingCycle === "annual" ? 12 : 36
  const start = s.effectiveStart - (s.effectiveStart % dayMs)
  // No term has more periods than months; past its end, the last one stays.
  const periods = Math.max(1, Math.ceil(monthsOf(s) / months))
  const elapsed = Math.floor((at - start) / (months * 31 * dayMs))
  for (let period = Math.max(1, elapsed); period < periods; period++) {
    const end = addMonths(start, period * months) - 1000
    if (end > at) return end
  }
  return addMonths(start, periods * months) - 1000
}

const linksOf = (account: Account, customer: Customer, s: Subscription) => {
  const { item, id, parentId } = s
  const country = `?country=${account.country}`
  const product = `/products/${item.productId}`
  const sku = `${product}/skus/${item.skuId}`
  const own = `/customers/${customer.id}/subscriptions`
  return {
    ...(item.kind === "legacy"
      ? { offer: link(`/offers/${item.offer.toUpperCase()}${country}`) }
      : {
          product: link(`${product}${country}`),
          sku: link(`${sku}${country}`),
          availability: link(`${sku}/availabilities/${item.availabilityId}${country}`)
        }),
    ...(parentId === null ? {} : { parentSubscription: link(`${own}/${parentId}`) }),
    self: link(`${own}/${id}`)
  }
}
