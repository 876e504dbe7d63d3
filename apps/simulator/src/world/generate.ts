import { type CatalogueItem, type Currency, catalogue, itemOf, type Plan } from "../Catalogue.ts"
import { addMonths, dayMs, hourMs, minuteMs, secondMs } from "../Clock.ts"
import { company } from "../companyNames.ts"
import { Random } from "../Random.ts"
import {
  type Account,
  type AccountSettings,
  type Customer,
  defaultSettings,
  type Order,
  type Reseller
} from "./Account.ts"
import type { ScheduledChange, Subscription } from "./Subscription.ts"
import { aliasesOf } from "./Tenant.ts"
import { initialUsers } from "./User.ts"

/** What a partner account is made from. Equal parameters, seed and epoch make an equal account. */
export interface AccountParameters {
  readonly name: string
  readonly cspStatus: "direct" | "indirect"
  readonly customers: number
  /** Average, add-ons and trials included. */
  readonly subscriptionsPerCustomer: number
  /** Indirect providers only. */
  readonly resellers: number
  /** Of an indirect provider, so many customers belong to no reseller: the last ones. */
  readonly directCustomers: number
  /** So many have bought nothing yet: the first ones. */
  readonly emptyCustomers: number
  readonly country: string
  readonly currency: Currency
  readonly settings: Partial<AccountSettings>
}

/**
 * A partner account with its customers, as if everything had been bought in the years before `epoch`. The world is
 * plain on purpose: everything is active, yearly commitments renew by themselves, every partner of record is the
 * customer's reseller, and no customer holds an offer twice. Whatever a comparison finds was put there later.
 */
export const generateAccount = (
  parameters: AccountParameters,
  seed: string,
  epoch: number
): Account => {
  const { name, cspStatus, country, currency } = parameters
  const random = new Random(`${seed}/${name}`)
  const indirect = cspStatus === "indirect"
  const domain = `${name.replaceAll(/[^a-z0-9]/giu, "")}.onmicrosoft.com`.toLowerCase()
  const account: Account = {
    name,
    tenantId: random.guid(),
    domain,
    companyName: `Contoso ${name}`,
    appId: random.guid(),
    cspStatus,
    mpnId: String(random.between(1_000_000, 1_999_999)),
    country,
    currency,
    resellers: indirect ? generateResellers(random, parameters.resellers) : [],
    customers: [],
    customersById: new Map(),
    random,
    answered: new Map(),
    decisions: [],
    audit: [],
    settings: { ...defaultSettings, ...parameters.settings },
    clientSecret: `${random.hex(8)}~${random.hex(32)}`,
    clientSecretExpired: false,
    driftedSubscriptions: new Set(),
    driftedCustomers: new Set(),
    reshapedCustomers: new Set(),
    refreshTokensValidFrom: 0,
    users: initialUsers(domain),
    redirectUris: [],
    consent: "none"
  }
  for (let index = 0; index < parameters.customers; index++) {
    const isDirect = index >= parameters.customers - parameters.directCustomers
    const customer = generateCustomer(random, isDirect ? [] : account.resellers, index, epoch)
    if (index >= parameters.emptyCustomers)
      fill(customer, random, parameters.subscriptionsPerCustomer, epoch)
    account.customers.push(customer)
    account.customersById.set(customer.id, customer)
  }
  return account
}

const generateResellers = (random: Random, count: number): ReadonlyArray<Reseller> =>
  Array.from({ length: count }, (_, index) => ({
    tenantId: random.guid(),
    // The running number keeps them apart.
    mpnId: String(4_000_000 + index * 977 + random.between(0, 900)),
    name: `${company(random, index).name.split(" ").slice(0, 2).join(" ")} IT`,
    country: random.pick(["DE", "NL", "FR", "GR", "SE"]),
    // Every seventh is a partner that Microsoft has not enabled yet.
    eligible: index % 7 !== 6
  }))

const generateCustomer = (
  random: Random,
  resellers: ReadonlyArray<Reseller>,
  index: number,
  epoch: number
): Customer => {
  const id = random.guid()
  const made = company(random, index)
  return {
    id,
    ...made,
    index,
    createdAt: epoch - random.between(1200, 2400) * dayMs,
    reseller: resellers.length === 0 ? null : random.pick(resellers),
    ...unchanged(made.domain, index)
  }
}

/** What every customer begins with, before anything happens to it. */
export const unchanged = (domain: string, index: number) => ({
  aliases: aliasesOf(domain.split(".", 1)[0] ?? "", index),
  profile: null,
  delegated: false,
  listedFrom: 0,
  agreements: [],
  directSigned: false,
  directory: null,
  subscriptions: [],
  orders: [],
  lagging: new Map(),
  related: true,
  revision: 0
})

const licenses = catalogue.filter((item) => item.kind === "license")
const addons = catalogue.filter((item) => item.kind === "addon")
const trials = catalogue.filter((item) => item.kind === "trial")
const legacyOffers = catalogue.filter((item) => item.kind === "legacy")
const azurePlans = catalogue.filter((item) => item.kind === "azure-plan")

/** The first subscription is always a plain licence, so that every customer has something to change. */
const fill = (customer: Customer, random: Random, average: number, epoch: number): void => {
  const wanted = 1 + Math.round(random.fraction() * 2 * (average - 1))
  const subscriptions: Array<Subscription> = []
  const orders: Array<Order> = []
  const taken = new Set<string>()
  // Bounded: a customer cannot hold more than there is to sell.
  for (let attempt = 0; attempt < 8 * wanted && subscriptions.length < wanted; attempt++) {
    const item = subscriptions.length === 0 ? random.pick(licenses) : pickItem(random)
    const parents = subscriptions.filter((s) => item.addonFor.includes(s.item.offer))
    const parent = item.isAddon && parents.length > 0 ? random.pick(parents) : undefined
    // A trial stands for its paid offer, so a tenant has either of them.
    const key = item.isAddon ? `${item.offer} ${parent?.id}` : (item.paidOffer ?? item.offer)
    if (taken.has(key) || (item.isAddon && parent === undefined)) continue
    taken.add(key)
    const subscription = generateSubscription(random, item, customer, parent, epoch)
    subscriptions.push(subscription)
    orders.push({
      id: subscription.orderId,
      createdAt: subscription.orderedAt,
      visibleFrom: subscription.orderedAt,
      lines: [subscription]
    })
  }
  customer.subscriptions = subscriptions
  customer.orders = orders
}

const pickItem = (random: Random): CatalogueItem => {
  const share = random.fraction()
  if (share < 0.26) return random.pick(addons)
  if (share < 0.36) return random.pick(trials)
  if (share < 0.41) return random.pick(legacyOffers)
  if (share < 0.48) return random.pick(azurePlans)
  return random.pick(licenses)
}

const generateSubscription = (
  random: Random,
  item: CatalogueItem,
  customer: Customer,
  parent: Subscription | undefined,
  epoch: number
): Subscription => {
  const plan = random.pick(item.plans)
  const start = termStart(random, plan, epoch)
  const renewals = item.isTrial || item.kind === "azure-plan" ? 0 : random.between(0, 2)
  const orderedAt = addMonths(start, -renewals * monthsOf(plan))
  const quantity = quantityOf(random, item, parent)
  const renews = plan.term !== "P1M" || item.isTrial || random.chance(0.65)
  return {
    id: item.kind === "legacy" ? random.guid().toUpperCase() : random.guid(),
    parentId: parent?.id ?? null,
    item,
    friendlyName: random.chance(0.8) ? item.name : `${item.name} (${random.pick(departments)})`,
    quantity,
    status: "active",
    billingCycle: plan.billingCycle,
    term: plan.term,
    autoRenew: renews,
    commitmentEnd: item.kind === "azure-plan" ? null : termEnd(item, plan, start),
    scheduledChange: renews ? scheduledChangeOf(random, item, plan, quantity) : null,
    partnerOfRecord: customer.reseller?.mpnId ?? null,
    orderId: item.kind === "legacy" ? random.guid().toUpperCase() : random.hex(12),
    orderedAt,
    effectiveStart: start,
    version: random.between(1, 6),
    migratedFrom: null,
    seatBatches: []
  }
}

const departments = ["Sales", "Production", "Board", "Field staff", "Back office"]

const quantityOf = (
  random: Random,
  item: CatalogueItem,
  parent: Subscription | undefined
): number => {
  if (item.kind === "azure-plan") return 1
  if (item.isTrial) return 25 // Microsoft fixes the seats of a trial
  if (parent !== undefined) return random.between(1, parent.quantity)
  return random.chance(0.1) ? random.between(50, 400) : random.between(1, 40)
}

/** Somewhere within the current term, never on the day of the epoch itself. */
const termStart = (random: Random, plan: Plan, epoch: number): number => {
  const daysAgo = plan.term === "P1M" ? 26 : plan.term === "P3Y" ? 1000 : 350
  return (
    epoch -
    random.between(2, daysAgo) * dayMs +
    random.between(6, 20) * hourMs +
    random.between(0, 59) * minuteMs +
    random.between(0, 59) * secondMs
  )
}

/** How long a plan runs before it renews; legacy commerce and the Azure plan go by the year. */
export const monthsOf = ({ term }: Plan): number => (term === "P1M" ? 1 : term === "P3Y" ? 36 : 12)

/** New commerce ends with the last second of a day, legacy commerce at midnight. */
export const termEnd = (item: CatalogueItem, plan: Plan, start: number): number => {
  const day = addMonths(start - (start % dayMs), monthsOf(plan))
  return item.kind === "legacy" ? day : day - secondMs
}

const scheduledChangeOf = (
  random: Random,
  item: CatalogueItem,
  plan: Plan,
  quantity: number
): ScheduledChange | null => {
  const { term, billingCycle } = plan
  if (term === null) return null
  // A trial always says what it turns into (Partner Center: "Manage trial subscriptions").
  const paid = item.paidOffer === null ? undefined : itemOf(item.paidOffer)
  if (paid !== undefined)
    return { item: paid, quantity, plan: { term: "P1Y", billingCycle: "monthly" } }
  if (item.kind !== "license" || !random.chance(0.12)) return null
  return {
    item,
    quantity: Math.max(1, quantity + random.between(-3, 12)),
    plan: { term, billingCycle }
  }
}
