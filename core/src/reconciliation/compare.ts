import type { Product } from "../catalogue/Product.ts"
import type { Observed } from "../subscription/Observed.ts"
import {
  isLive,
  type MicrosoftId,
  type OfferId,
  type Subscription
} from "../subscription/Subscription.ts"
import type { Customer, Knowledge, Row } from "./Customer.ts"
import { agreesPlainly, comparePair, type Pair, pricesDiffer, report } from "./comparePair.ts"
import type { Finding } from "./Finding.ts"
import { knowsPrices } from "./listedPrice.ts"

/**
 * Compares what the BSS agreed with what Partner Center holds, for one customer (domain.md §1). Total and
 * pure: every subscription of either side is in exactly one row, except those that another customer's row
 * explains. A side that has ended for good is not compared field by field; the finding about its status says it all.
 */
export const compare = (customer: Customer, knowledge: Knowledge): ReadonlyArray<Row> => {
  return plainRows(customer, knowledge) ?? mappedRows(customer, knowledge)
}

/**
 * The rows of a customer where each subscription has its one counterpart, which is nearly every customer;
 * undefined as soon as the mapping is not plain. Pairs that agree cost no more than reading them once.
 */
const plainRows = (customer: Customer, knowledge: Knowledge): ReadonlyArray<Row> | undefined => {
  const { subscriptions, observed, cspStatus } = customer
  const { rules, products } = knowledge
  const size = observed.length
  if (subscriptions.length !== size || size > linearMax) return undefined
  const rows = new Array<Row>(size)
  let claimed = 0
  for (let i = 0; i < size; i++) {
    const subscription = subscriptions[i]
    if (subscription === undefined || !isLive(subscription.terms.status)) return undefined
    const id = subscription.microsoftId
    let at = 0
    while (at < size && observed[at]?.microsoftId !== id) at++
    const theirs = observed[at]
    if (theirs === undefined || (claimed & (1 << at)) !== 0) return undefined
    claimed |= 1 << at
    rows[i] = { subscription, observed: theirs, findings: empty }
  }
  if (products.size > 0 && offersRepeat(observed, products)) return undefined
  const priced = knowsPrices(knowledge)
  for (let i = 0; i < size; i++) {
    const row = rows[i]
    if (row === undefined || row.subscription === null || row.observed === null) return undefined
    const { subscription, observed } = row
    if (
      agreesPlainly(subscription.terms, observed.terms, cspStatus, rules) &&
      (!priced || !pricesDiffer(subscription, knowledge))
    )
      continue
    const findings: Array<Finding> = []
    comparePair({ customer, knowledge, subscription, observed, findings })
    if (findings.length > 0) rows[i] = { subscription, observed, findings }
  }
  return rows
}

/** Whether an offer that may be active only once appears twice at all; `surplusOf` then says which is too many. */
const offersRepeat = (
  observed: ReadonlyArray<Observed>,
  products: ReadonlyMap<OfferId, Product>
): boolean => {
  for (let i = 1; i < observed.length; i++) {
    const offer = observed[i]?.terms.offer
    for (let other = 0; other < i; other++)
      if (
        offer !== undefined &&
        observed[other]?.terms.offer === offer &&
        products.get(offer)?.singleActive === true
      )
        return true
  }
  return false
}

/** The same where subscriptions are missing, surplus, or mapped more than once. */
const mappedRows = (customer: Customer, knowledge: Knowledge): ReadonlyArray<Row> => {
  const { subscriptions, observed } = customer
  const index = observed.length > linearMax ? indexOf(observed) : undefined
  const owners: Array<number> = []
  const contested: Array<boolean> = []
  for (let i = 0; i < observed.length; i++) {
    owners.push(-1)
    contested.push(false)
  }
  const seats: Array<number> = []
  for (let i = 0; i < subscriptions.length; i++) {
    const subscription = subscriptions[i]
    if (subscription === undefined) continue
    const at = positionOf(observed, index, subscription.microsoftId)
    seats.push(at)
    if (at < 0 || !isLive(subscription.terms.status)) continue
    const holder = subscriptions[owners[at] ?? -1]
    if (holder === undefined) owners[at] = i
    else {
      contested[at] = true
      if (prefers(customer, observed[at], subscription, holder)) owners[at] = i
    }
  }

  const surplus = knowledge.products.size === 0 ? none : surplusOf(customer, owners, knowledge)
  const rows: Array<Row> = []
  for (let i = 0; i < subscriptions.length; i++) {
    const subscription = subscriptions[i]
    const at = seats[i]
    if (subscription === undefined || at === undefined) continue
    const theirs = observed[at]
    if (theirs === undefined) {
      rows.push(missing(customer, knowledge, subscription))
      continue
    }
    const owner = owners[at] ?? -1
    const findings: Array<Finding> = []
    const pair: Pair = { customer, knowledge, subscription, observed: theirs, findings }
    if (contested[at] === true && isLive(subscription.terms.status))
      report(pair, "duplicate-mapping")
    if (owner === i || owner < 0) comparePair(pair)
    if (owner === i && surplus.has(theirs.microsoftId)) report(pair, "duplicate-subscription")
    rows.push({
      subscription,
      observed: theirs,
      findings: findings.length === 0 ? empty : findings
    })
  }
  for (let at = 0; at < observed.length; at++) {
    const theirs = observed[at]
    if (theirs === undefined || owners[at] !== -1 || seats.includes(at)) continue
    if (knowledge.claimedElsewhere.has(theirs.microsoftId)) continue
    const findings: Array<Finding> = []
    if (isLive(theirs.terms.status))
      report(
        { customer, knowledge, subscription: null, observed: theirs, findings },
        surplus.has(theirs.microsoftId) ? "duplicate-subscription" : "only-in-partner-center"
      )
    rows.push({ subscription: null, observed: theirs, findings })
  }
  return rows
}

const empty: ReadonlyArray<Finding> = []
const none: ReadonlySet<MicrosoftId> = new Set()

// Up to this size, comparing ids one by one is faster than building a map.
const linearMax = 12

const indexOf = (observed: ReadonlyArray<Observed>): ReadonlyMap<MicrosoftId, number> =>
  new Map(observed.map((theirs, at) => [theirs.microsoftId, at]))

const positionOf = (
  observed: ReadonlyArray<Observed>,
  index: ReadonlyMap<MicrosoftId, number> | undefined,
  id: MicrosoftId | null
): number => {
  if (id === null) return -1
  if (index !== undefined) return index.get(id) ?? -1
  for (let at = 0; at < observed.length; at++) if (observed[at]?.microsoftId === id) return at
  return -1
}

/** Of two BSS rows mapped to one Microsoft id, the one it most likely belongs to; the same whatever the order. */
const prefers = (
  customer: Customer,
  theirs: Observed | undefined,
  a: Subscription,
  b: Subscription
): boolean => {
  const rank = (s: Subscription): number =>
    (customer.baselines.get(s.id)?.microsoftId === s.microsoftId ? 2 : 0) +
    (s.terms.offer === theirs?.terms.offer ? 1 : 0)
  const difference = rank(a) - rank(b)
  return difference === 0 ? a.id < b.id : difference > 0
}

/** Live subscriptions beyond the first of an offer that may be active only once in a tenant (domain.md §8e). */
const surplusOf = (
  customer: Customer,
  owners: ReadonlyArray<number>,
  knowledge: Knowledge
): ReadonlySet<MicrosoftId> => {
  const firsts = new Map<string, number>()
  let surplus: Set<MicrosoftId> | undefined
  for (let at = 0; at < customer.observed.length; at++) {
    const theirs = customer.observed[at]
    if (theirs === undefined) continue
    const { terms } = theirs
    if (!isLive(terms.status) || terms.isTrial) continue
    if (knowledge.products.get(terms.offer)?.singleActive !== true) continue
    const key = `${terms.offer} ${terms.term} ${terms.billingCycle} ${terms.parent}`
    const first = firsts.get(key)
    if (first === undefined) {
      firsts.set(key, at)
      continue
    }
    const keep = isEarlier(customer, owners, at, first) ? at : first
    const extra = customer.observed[keep === at ? first : at]
    firsts.set(key, keep)
    surplus ??= new Set()
    if (extra !== undefined) surplus.add(extra.microsoftId)
  }
  return surplus ?? none
}

/** The one that the BSS knows comes first, then the older one, then the lower id. */
const isEarlier = (
  customer: Customer,
  owners: ReadonlyArray<number>,
  a: number,
  b: number
): boolean => {
  const known = Number(owners[b] === -1) - Number(owners[a] === -1)
  if (known !== 0) return known > 0
  const [one, other] = [customer.observed[a], customer.observed[b]]
  if (one === undefined || other === undefined) return false
  const age =
    (one.createdAt ?? Number.POSITIVE_INFINITY) - (other.createdAt ?? Number.POSITIVE_INFINITY)
  return age < 0 || (!(age > 0) && one.microsoftId < other.microsoftId)
}

/** A BSS subscription that the customer's tenant does not hold. */
const missing = (customer: Customer, knowledge: Knowledge, subscription: Subscription): Row => {
  const found =
    subscription.microsoftId === null
      ? undefined
      : knowledge.elsewhere.get(subscription.microsoftId)
  const observed = found ?? null
  const findings: Array<Finding> = []
  const pair: Pair = { customer, knowledge, subscription, observed, findings }
  if (!isLive(subscription.terms.status)) return { subscription, observed, findings: empty }
  if (found !== undefined)
    report(pair, found.instanceId === customer.instanceId ? "wrong-tenant" : "wrong-instance")
  else if (
    subscription.acceptedAt === null ||
    knowledge.at - subscription.acceptedAt > knowledge.rules.lagAllowanceMs
  )
    report(pair, subscription.microsoftId === null ? "order-not-arrived" : "not-found")
  return { subscription, observed, findings }
}
