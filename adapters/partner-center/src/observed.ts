import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import type { Observed, RefundableSeats } from "@concordat/core/subscription/Observed"
import {
  type BillingCycle,
  OfferId,
  type ScheduledChange,
  type Status,
  type Term
} from "@concordat/core/subscription/Subscription"
import type { Instant } from "@concordat/core/time/Instant"
import { Option, Result, Schema } from "effect"
import { offerIn, type WireSubscription } from "./wire/Subscription.ts"

/**
 * Microsoft's subscription in our words. Fails with the field that it cannot do without, or that
 * names something nobody here has heard of: a wrong report would be worse than none.
 */
export const observedFrom = (
  instance: Instance,
  tenantId: TenantId,
  wire: WireSubscription
): Result.Result<Observed, string> => {
  const offer = wire.offerId ?? offerInLinks(wire)
  if (offer === undefined)
    return Result.fail('Expected an offer, by id or by link\n  at ["offerId"]')
  const billingCycle = billingCycleFrom(wire.billingCycle)
  if (billingCycle === undefined) return Result.fail(noBiennial("billingCycle"))
  const term = wire.termDuration ?? null
  const scheduled = scheduledFrom(wire, { offer, billingCycle, term })
  if (Result.isFailure(scheduled)) return Result.fail(scheduled.failure)
  return Result.succeed({
    instanceId: instance.id,
    tenantId,
    microsoftId: wire.id,
    terms: {
      offer,
      quantity: wire.quantity,
      status: statusFrom(wire.status),
      billingCycle,
      term,
      autoRenew: wire.autoRenewEnabled ?? false,
      commitmentEnd: wire.commitmentEndDateTime ?? wire.commitmentEndDate ?? null,
      scheduledChange: scheduled.success,
      partnerOfRecord: wire.partnerId ?? null,
      parent: wire.parentSubscriptionId ?? null,
      isTrial: wire.isTrial ?? false,
      friendlyName: wire.friendlyName ?? ""
    },
    name: wire.offerName ?? wire.friendlyName ?? offer,
    orderId: wire.orderId === undefined || wire.orderId === "" ? null : wire.orderId,
    effectiveStart: wire.effectiveStartDate ?? null,
    createdAt: wire.creationDate ?? null,
    cancellableUntil: wire.cancellationAllowedUntilDate ?? lastRefund(wire),
    refundable: refundableFrom(wire),
    etag: wire.attributes?.etag ?? null
  })
}

/** Microsoft initialises with `none` and shows it only while a subscription is being made. */
const statusFrom = (status: WireSubscription["status"]): Status =>
  status === "none" ? "pending" : status

/** Subscriptions of the first years, and free ones, have no cycle. Two years are documented and not sold. */
const billingCycleFrom = (cycle: WireSubscription["billingCycle"]): BillingCycle | undefined =>
  cycle === undefined || cycle === null || cycle === "unknown"
    ? "none"
    : cycle === "biennial"
      ? undefined
      : cycle

const noBiennial = (field: string) => `Expected a billing cycle that is sold\n  at ["${field}"]`

const offerInLinks = (wire: WireSubscription): OfferId | undefined => {
  const sku = /\/products\/([^/?]+)\/skus\/([^/?]+)/iu.exec(wire.links?.sku?.uri ?? "")
  const legacy = /\/offers\/([^/?]+)/iu.exec(wire.links?.offer?.uri ?? "")
  const text = sku === null ? legacy?.[1] : `${sku[1]}:${sku[2]}`
  return text === undefined ? undefined : Option.getOrUndefined(decodeOffer(offerIn(text)))
}
const decodeOffer = Schema.decodeUnknownOption(OfferId)

/** What the instructions leave out stays as it is ("Schedule changes for a new commerce subscription"). */
const scheduledFrom = (
  wire: WireSubscription,
  now: {
    readonly offer: OfferId
    readonly billingCycle: BillingCycle
    readonly term: Term | null
  }
): Result.Result<ScheduledChange | null, string> => {
  const next = wire.scheduledNextTermInstructions
  if (next === undefined || next === null) return Result.succeed(null)
  const at = (field: string) => `\n  at ["scheduledNextTermInstructions"]["product"]["${field}"]`
  const offer = next.product
    ? Option.getOrUndefined(decodeOffer(offerIn(`${next.product.productId}:${next.product.skuId}`)))
    : now.offer
  if (offer === undefined) return Result.fail(`Expected a product and a SKU${at("productId")}`)
  const cycle = next.product?.billingCycle
  const billingCycle =
    cycle === undefined || cycle === null ? now.billingCycle : billingCycleFrom(cycle)
  if (billingCycle === undefined) return Result.fail(noBiennial("scheduledNextTermInstructions"))
  const term = next.product?.termDuration ?? wire.renewalTermDuration ?? now.term
  if (term === null) return Result.fail(`Expected a term${at("termDuration")}`)
  return Result.succeed({ offer, quantity: next.quantity ?? wire.quantity, billingCycle, term })
}

/**
 * Where the date is missing, the last refund that can be had says until when cancelling is possible. A refund
 * without an end ("Subscription resources") says nothing about it.
 */
const lastRefund = (wire: WireSubscription): Instant | null => {
  let last: Instant | null = null
  for (const option of wire.refundOptions ?? []) {
    const until = option.expiresAt ?? option.expiresAfter ?? null
    if (until === null) return null
    if (last === null || until > last) last = until
  }
  return last
}

const refundableFrom = (wire: WireSubscription): ReadonlyArray<RefundableSeats> => {
  const seats: Array<RefundableSeats> = []
  for (const { quantity, allowedUntilDateTime } of wire.refundableQuantity?.details ?? [])
    if (allowedUntilDateTime) seats.push({ quantity, until: allowedUntilDateTime })
  return seats
}
