import { catalogue } from "../Catalogue.ts"
import { Random } from "../Random.ts"
import type { Account, Customer } from "./Account.ts"
import { newSubscription } from "./applyChange.ts"
import { bookSubscription } from "./Book.ts"
import { type DriftAnswer, type DriftKind, type DriftRequest, driftKinds } from "./Drift.ts"
import { type FieldRule, fieldRules, hasAddons, heldOffers, type Site } from "./driftRules.ts"
import { ControlRefusal } from "./refusals.ts"
import { addSubscription, removeSubscription, replaceSubscription } from "./replaceSubscription.ts"
import type { Subscription } from "./Subscription.ts"

/**
 * Moves Partner Center away from the books and returns the answer key. All or nothing: a book too small for the
 * drifts asked for stays as it is. Every customer gets one drift while there are enough of them; after that, fields
 * of other subscriptions, never of one that is related to a drifted one, and never beside a drift that changed which
 * subscriptions the customer has.
 */
export const injectDrifts = (
  account: Account,
  request: DriftRequest,
  at: number
): ReadonlyArray<DriftAnswer> => {
  // Another account, or a second call, must not make the same ids from the same seed.
  const earlier = account.driftedCustomers.size
  const random = new Random(`${request.seed}/drifts/${account.tenantId}/${earlier}`)
  const kinds = request.kinds ?? defaultKinds(account)
  const customers = random.shuffle(account.customers.filter((customer) => customer.related))
  const used: Used = {
    customers: new Set(account.driftedCustomers),
    reshaped: new Set(account.reshapedCustomers),
    subscriptions: new Set(account.driftedSubscriptions)
  }
  const planned: Array<Planned> = []
  for (const sharing of [false, true]) {
    const sweeps = kinds.map((kind) =>
      sweep(kind, sharing, { account, random, at }, customers, used)
    )
    let running = sweeps
    // One of each kind in turn, so that the shares are equal; a kind that has run out drops away.
    while (running.length > 0 && planned.length < request.count) {
      const still: typeof running = []
      for (const next of running) {
        if (planned.length >= request.count) break
        const drift = next()
        if (drift === null) continue
        planned.push(drift)
        still.push(next)
      }
      running = still
    }
  }
  if (planned.length < request.count)
    throw new ControlRefusal(
      409,
      "book-too-small",
      `Only ${planned.length} drifts of these kinds fit into this book beside what was injected before: ask for fewer, allow more kinds, or reset with more customers.`,
      "count"
    )
  for (const id of used.customers) account.driftedCustomers.add(id)
  for (const id of used.reshaped) account.reshapedCustomers.add(id)
  for (const id of used.subscriptions) account.driftedSubscriptions.add(id)
  return planned.map(({ apply }) => apply())
}

interface Used {
  readonly customers: Set<string>
  readonly reshaped: Set<string>
  readonly subscriptions: Set<string>
}

interface Planned {
  readonly apply: () => DriftAnswer
}

const defaultKinds = ({ cspStatus }: Account): ReadonlyArray<DriftKind> =>
  driftKinds.filter((kind) => {
    if (kind === "friendly-name") return false
    if (kind === "partner-of-record-not-allowed") return cspStatus === "direct"
    if (kind.startsWith("partner-of-record")) return cspStatus === "indirect"
    return true
  })

/** Finds the next place for a kind at every call, and null for good when there is none left. */
const sweep = (
  kind: DriftKind,
  sharing: boolean,
  where: Omit<Site, "customer">,
  customers: ReadonlyArray<Customer>,
  used: Used
): (() => Planned | null) => {
  let position = 0
  return () => {
    for (; position < customers.length; position++) {
      const customer = customers[position]
      if (customer === undefined || used.reshaped.has(customer.id)) continue
      if (!sharing && used.customers.has(customer.id)) continue
      const drift = plan(kind, { ...where, customer }, customers, used, sharing)
      if (drift !== null) return drift
    }
    return null
  }
}

const plan = (
  kind: DriftKind,
  site: Site,
  customers: ReadonlyArray<Customer>,
  used: Used,
  sharing: boolean
): Planned | null => {
  switch (kind) {
    case "not-found":
    case "only-in-partner-center":
    case "duplicate-subscription":
      return sharing ? null : planReshaping(kind, site, used)
    case "wrong-tenant":
      return sharing ? null : planMove(site, customers, used)
    default:
      return planField(kind, fieldRules[kind], site, used, sharing)
  }
}

const answer = (
  kind: DriftKind,
  customer: Customer,
  subscription: Subscription,
  field: string,
  before: unknown,
  after: unknown
): DriftAnswer => ({
  kind,
  customerTenantId: customer.id,
  microsoftId: subscription.id.toLowerCase(),
  field,
  before,
  after,
  movedBy: "partner-center"
})

/** Kinds after which the customer holds another set of offers: no second drift beside them. */
const reshapes: ReadonlySet<DriftKind> = new Set(["offer", "parent", "trial-became-paid"])

const planField = (
  kind: DriftKind,
  rule: FieldRule,
  site: Site,
  used: Used,
  sharing: boolean
): Planned | null => {
  const { account, customer, random } = site
  if (sharing && reshapes.has(kind)) return null
  for (const subscription of random.shuffle(customer.subscriptions)) {
    if (isRelatedToUsed(customer, subscription, used)) continue
    const change = rule.change(subscription, site)
    if (change === null) continue
    used.customers.add(customer.id)
    used.subscriptions.add(subscription.id)
    if (reshapes.has(kind)) used.reshaped.add(customer.id)
    return {
      apply: () => {
        const before = bookSubscription(account, subscription)[rule.field]
        const replaced = replaceSubscription(customer, subscription, change)
        const after = bookSubscription(account, replaced)[rule.field]
        return answer(kind, customer, subscription, rule.field, before, after)
      }
    }
  }
  return null
}

const isRelatedToUsed = (customer: Customer, subscription: Subscription, used: Used): boolean =>
  used.subscriptions.has(subscription.id) ||
  (subscription.parentId !== null && used.subscriptions.has(subscription.parentId)) ||
  customer.subscriptions.some(
    (one) => one.parentId === subscription.id && used.subscriptions.has(one.id)
  )

const isMovable = (customer: Customer, s: Subscription): boolean =>
  s.status === "active" && s.item.kind === "license" && !hasAddons(customer, s)

const planReshaping = (
  kind: "not-found" | "only-in-partner-center" | "duplicate-subscription",
  site: Site,
  used: Used
): Planned | null => {
  const { customer, random } = site
  const own = random.shuffle(customer.subscriptions)
  const found =
    kind === "only-in-partner-center"
      ? own[0]
      : own.find(
          (one) => isMovable(customer, one) && (kind === "not-found" || one.item.singleActive)
        )
  if (found === undefined) return null
  const added = kind === "not-found" ? null : addition(kind, found, site)
  if (kind !== "not-found" && added === null) return null
  used.customers.add(customer.id)
  used.reshaped.add(customer.id)
  used.subscriptions.add(found.id)
  return {
    apply: () => {
      if (added === null) {
        removeSubscription(customer, found)
        return answer(kind, customer, found, "microsoftId", found.id.toLowerCase(), null)
      }
      const { id, orderId, orderedAt } = added
      addSubscription(customer, added)
      const order = { id: orderId, createdAt: orderedAt, visibleFrom: orderedAt, lines: [added] }
      customer.orders = [...customer.orders, order]
      return answer(kind, customer, added, "microsoftId", null, id.toLowerCase())
    }
  }
}

/** What appears: the same offer once more, or one that the customer does not have. Bought now: after whatever the books last agreed on. */
const addition = (
  kind: "only-in-partner-center" | "duplicate-subscription",
  found: Subscription,
  { customer, random, at }: Site
): Subscription | null => {
  const held = heldOffers(customer)
  const others = catalogue.filter((item) => item.kind === "license" && !held.has(item.offer))
  if (others.length === 0) return null
  const item = kind === "duplicate-subscription" ? found.item : random.pick(others)
  const plan = kind === "duplicate-subscription" ? found : item.plans[0]
  if (plan === undefined) return null
  const quantity = random.between(1, 20)
  // Ids come from the drift's own sequence: a plan that is given up must leave no trace in the account.
  return newSubscription(random, customer, item, plan, { quantity }, at)
}

/** To a customer of the same reseller who does not have the offer, so that only the tenant is wrong. */
const planMove = (site: Site, customers: ReadonlyArray<Customer>, used: Used): Planned | null => {
  const { customer, random } = site
  const found = random
    .shuffle(customer.subscriptions)
    .find((one) => isMovable(customer, one) && one.scheduledChange === null)
  if (found === undefined) return null
  const target = customers.find(
    (other) =>
      other !== customer &&
      other.reseller === customer.reseller &&
      !used.customers.has(other.id) &&
      !heldOffers(other).has(found.item.offer)
  )
  if (target === undefined) return null
  for (const one of [customer, target]) {
    used.customers.add(one.id)
    used.reshaped.add(one.id)
  }
  used.subscriptions.add(found.id)
  return {
    apply: () => {
      removeSubscription(customer, found)
      addSubscription(target, { ...found, version: found.version + 1 })
      return answer("wrong-tenant", customer, found, "tenantId", customer.id, target.id)
    }
  }
}
