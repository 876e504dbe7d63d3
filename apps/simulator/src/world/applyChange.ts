import { type CatalogueItem, catalogue, itemOf, type Plan } from "../Catalogue.ts"
import { dayMs } from "../Clock.ts"
import type { Random } from "../Random.ts"
import { type Account, type Customer, customerOf, subscriptionOf } from "./Account.ts"
import { recordChange } from "./auditLog.ts"
import type { Change, ScheduledChangeInput } from "./Change.ts"
import { termEnd } from "./generate.ts"
import { lag } from "./listing.ts"
import { ControlRefusal } from "./refusals.ts"
import { addSubscription, removeSubscription, replaceSubscription } from "./replaceSubscription.ts"
import { isNewCommerce, type ScheduledChange, type Subscription } from "./Subscription.ts"
import { touch } from "./World.ts"

/** What a change did. */
export interface Changed {
  readonly customer: Customer
  readonly before: Subscription | null
  readonly after: Subscription | null
  readonly auditRecordId: string
}

/** Does one thing as one of the three who can, writes the audit record, and lets the list lag behind. */
export const applyChange = (account: Account, change: Change, at: number): Changed => {
  const customer = customerOf(account, change.customer)
  if (customer === undefined || !customer.related) {
    const hint = "GET /_simulator/accounts/{name}/book lists the customers"
    throw new ControlRefusal(404, "customer-not-found", `No such customer; ${hint}.`, "customer")
  }
  if (change.kind === "deleteCustomerRelationship") {
    customer.related = false
    touch(customer)
    return recorded(account, customer, change, null, null, at)
  }
  if (change.kind === "newSubscription") {
    const after = bought(account, customer, change, at)
    return recorded(account, customer, change, null, after, at)
  }

  const before = subscriptionOf(customer, change.subscription)
  if (before === undefined)
    throw new ControlRefusal(
      404,
      "subscription-not-found",
      "The customer has no such subscription; GET /_simulator/accounts/{name}/book lists them.",
      "subscription"
    )
  if (change.kind === "moveSubscription") {
    const target = customerOf(account, change.toCustomer)
    if (target === undefined)
      throw new ControlRefusal(404, "customer-not-found", "No such customer.", "toCustomer")
    if (target === customer)
      throw new ControlRefusal(400, "same-customer", "It is there already.", "toCustomer")
    removeSubscription(customer, before)
    lag(account, customer, before.id, before, at)
    const after = { ...before, version: before.version + 1 }
    addSubscription(target, after)
    lag(account, target, after.id, null, at)
    return recorded(account, customer, change, before, after, at)
  }
  if (change.kind === "migration") {
    const after = migrated(account, customer, before, change, at)
    return recorded(account, customer, change, before, after, at)
  }
  const wanted = { ...changesOf(account, customer, before, change, at), ...sideEffects(change) }
  const after = replaceSubscription(customer, before, wanted)
  lag(account, customer, before.id, before, at)
  return recorded(account, customer, change, before, after, at)
}

const recorded = (
  account: Account,
  customer: Customer,
  change: Change,
  before: Subscription | null,
  after: Subscription | null,
  at: number
): Changed => ({
  customer,
  before,
  after,
  auditRecordId: recordChange(account, customer, change, before, after, at)
})

type FieldChange = Exclude<
  Change,
  { kind: "deleteCustomerRelationship" | "newSubscription" | "moveSubscription" | "migration" }
>

/** The fields that a change names, and no others. */
const changesOf = (
  account: Account,
  customer: Customer,
  before: Subscription,
  change: FieldChange,
  at: number
): Partial<Subscription> => {
  switch (change.kind) {
    case "quantity":
      return { quantity: change.quantity, seatBatches: batches(before, change.quantity, at) }
    case "status":
      return { status: change.status }
    case "autoRenew":
      return { autoRenew: change.autoRenew }
    case "scheduledChange":
      return { scheduledChange: scheduled(before.item, change.scheduledChange) }
    case "cancel":
      return { status: "deleted" }
    case "renewal":
      return renewed(before)
    case "friendlyName":
      return { friendlyName: change.friendlyName }
    case "partnerOfRecord":
      return { partnerOfRecord: knownReseller(account, change.partnerOfRecord) }
    case "billingCycle":
      return { billingCycle: change.billingCycle }
    case "term":
      return { term: change.term }
    case "offer":
      return { item: known(change.offer) }
    case "parent":
      return { parentId: parentIn(customer, change.parent) }
    case "trialConversion":
      return { item: paidOf(before) }
    case "commitmentEnd":
      return { commitmentEnd: Date.parse(change.commitmentEnd) }
  }
}

/** What Microsoft does besides ("Suspend a subscription", "Schedule changes for a new commerce subscription"). */
const sideEffects = (change: FieldChange): Partial<Subscription> => {
  if (change.sideEffects !== true) return {}
  switch (change.kind) {
    case "scheduledChange":
    case "renewal":
      return {}
    case "friendlyName":
    case "partnerOfRecord":
    case "commitmentEnd":
      return { scheduledChange: null }
    case "status":
      return change.status === "active"
        ? { scheduledChange: null }
        : { scheduledChange: null, autoRenew: false }
    case "cancel":
      return { scheduledChange: null, autoRenew: false }
    case "autoRenew":
      return change.autoRenew ? {} : { scheduledChange: null }
    default:
      return { scheduledChange: null }
  }
}

const known = (offer: string, field = "offer"): CatalogueItem => {
  const item = itemOf(offer)
  if (item === undefined)
    throw new ControlRefusal(
      400,
      "unknown-offer",
      `There is no offer ${offer}; GET /_simulator/catalogue lists all ${catalogue.length}.`,
      field
    )
  return item
}

const knownReseller = (account: Account, mpnId: string | null): string | null => {
  const ids = account.resellers.map((reseller) => reseller.mpnId)
  if (mpnId === null || mpnId === account.mpnId || ids.includes(mpnId)) return mpnId
  throw new ControlRefusal(
    400,
    "unknown-partner",
    "Neither a reseller of this account nor the account itself; GET /_simulator/accounts lists them.",
    "partnerOfRecord"
  )
}

const parentIn = (customer: Customer, parent: string | null): string | null => {
  if (parent === null) return null
  const base = subscriptionOf(customer, parent)
  if (base === undefined)
    throw new ControlRefusal(404, "parent-not-found", "The customer has no such base.", "parent")
  return base.id
}

const paidOf = (before: Subscription): CatalogueItem => {
  if (before.item.paidOffer === null)
    throw new ControlRefusal(409, "not-a-trial", "Only a trial can be converted.", "subscription")
  return known(before.item.paidOffer)
}

const scheduled = (
  current: CatalogueItem,
  input: typeof ScheduledChangeInput.Type | null
): ScheduledChange | null =>
  input === null
    ? null
    : {
        item: input.offer === undefined ? current : known(input.offer, "scheduledChange.offer"),
        quantity: input.quantity,
        plan: { term: input.term, billingCycle: input.billingCycle }
      }

/** Added seats can be given back for seven days; removed ones come out of the newest batch first. */
const batches = (before: Subscription, quantity: number, at: number) => {
  const open = before.seatBatches.filter((batch) => batch.refundableUntil > at)
  const added = quantity - before.quantity
  if (added >= 0)
    return added === 0 ? open : [...open, { quantity: added, refundableUntil: at + 7 * dayMs }]
  let removed = -added
  return open
    .toReversed()
    .map((batch) => {
      const taken = Math.min(removed, batch.quantity)
      removed -= taken
      return { ...batch, quantity: batch.quantity - taken }
    })
    .filter((batch) => batch.quantity > 0)
    .toReversed()
}

const renewed = (before: Subscription): Partial<Subscription> => {
  if (before.commitmentEnd === null)
    throw new ControlRefusal(409, "no-term", "The Azure plan has no term.", "subscription")
  const next = before.scheduledChange
  const plan: Plan = next?.plan ?? before
  const item = next?.item ?? before.item
  // The next term begins at midnight after the last day.
  const start = before.commitmentEnd + (isNewCommerce(before) ? 1000 : 0)
  return {
    item,
    term: plan.term,
    billingCycle: plan.billingCycle,
    quantity: next?.quantity ?? before.quantity,
    effectiveStart: start,
    commitmentEnd: termEnd(item, plan, start),
    scheduledChange: null,
    seatBatches: []
  }
}

/** What a purchase is made from when the request leaves it open. */
const planOf = (item: CatalogueItem, wanted: Partial<Plan>): Plan => {
  const fits = item.plans.find(
    (plan) =>
      (wanted.term === undefined || plan.term === wanted.term) &&
      (wanted.billingCycle === undefined || plan.billingCycle === wanted.billingCycle)
  )
  if (fits !== undefined) return fits
  const offered = item.plans.map((plan) => `${plan.term ?? "no term"}/${plan.billingCycle}`)
  throw new ControlRefusal(
    400,
    "plan-not-offered",
    `${item.name} is sold as ${offered.join(", ")}.`,
    "term"
  )
}

/** A new active subscription from now on; its order becomes visible with it. */
export const newSubscription = (
  random: Random,
  customer: Customer,
  item: CatalogueItem,
  plan: Plan,
  fields: Partial<Subscription>,
  at: number
): Subscription => {
  const legacy = item.kind === "legacy"
  return {
    id: legacy ? random.guid().toUpperCase() : random.guid(),
    parentId: null,
    item,
    friendlyName: item.name,
    quantity: 1,
    status: "active",
    billingCycle: plan.billingCycle,
    term: plan.term,
    autoRenew: true,
    commitmentEnd: item.kind === "azure-plan" ? null : termEnd(item, plan, at),
    scheduledChange: null,
    partnerOfRecord: customer.reseller?.mpnId ?? null,
    orderId: legacy ? random.guid().toUpperCase() : random.hex(12),
    orderedAt: at,
    effectiveStart: at,
    version: 1,
    migratedFrom: null,
    seatBatches: [],
    ...fields
  }
}

/** Lists a new subscription with the order that it came from. */
export const enter = (account: Account, customer: Customer, subscription: Subscription): void => {
  addSubscription(customer, subscription)
  const { orderId, orderedAt } = subscription
  const delayMs = account.settings.newSubscriptionLagSeconds * 1000
  customer.orders = [
    ...customer.orders,
    { id: orderId, createdAt: orderedAt, visibleFrom: orderedAt + delayMs, lines: [subscription] }
  ]
  lag(account, customer, subscription.id, null, orderedAt)
}

const bought = (
  account: Account,
  customer: Customer,
  change: Extract<Change, { kind: "newSubscription" }>,
  at: number
): Subscription => {
  const item = known(change.offer)
  const plan = planOf(item, {
    ...(change.term === undefined ? {} : { term: change.term }),
    ...(change.billingCycle === undefined ? {} : { billingCycle: change.billingCycle })
  })
  if (item.isAddon && change.parent === undefined)
    throw new ControlRefusal(400, "parent-needed", `${item.name} needs a base.`, "parent")
  const subscription = newSubscription(
    account.random,
    customer,
    item,
    plan,
    {
      quantity: change.quantity,
      parentId: parentIn(customer, change.parent ?? null),
      ...(change.autoRenew === undefined ? {} : { autoRenew: change.autoRenew }),
      ...(change.partnerOfRecord === undefined
        ? {}
        : { partnerOfRecord: knownReseller(account, change.partnerOfRecord) })
    },
    at
  )
  enter(account, customer, subscription)
  return subscription
}

/** The legacy subscription ends as deleted; the new one says where it came from. */
const migrated = (
  account: Account,
  customer: Customer,
  before: Subscription,
  change: Extract<Change, { kind: "migration" }>,
  at: number
): Subscription => {
  if (isNewCommerce(before))
    throw new ControlRefusal(
      409,
      "not-legacy",
      "Only a legacy subscription can be migrated.",
      "subscription"
    )
  const item = known(change.offer)
  const plan = planOf(item, { term: change.term, billingCycle: change.billingCycle })
  const { friendlyName, quantity, partnerOfRecord, id } = before
  const fields = { friendlyName, quantity, partnerOfRecord, migratedFrom: id }
  const after = newSubscription(account.random, customer, item, plan, fields, at)
  replaceSubscription(customer, before, { status: "deleted", autoRenew: false })
  lag(account, customer, before.id, before, at)
  enter(account, customer, after)
  return after
}
