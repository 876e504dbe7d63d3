import type { AccountId } from "@concordat/core/account/Account"
import type { Money } from "@concordat/core/money/Money"
import { decidingLists } from "@concordat/core/price/Assortment"
import { heldPrice } from "@concordat/core/price/heldPrice"
import { isInForce, type PriceList, type PriceListId } from "@concordat/core/price/PriceList"
import type { Protection } from "@concordat/core/price/Protection"
import { type Entries, type PricedProduct, resolvePrice } from "@concordat/core/price/resolvePrice"
import { type ListedPrices, nothingListed } from "@concordat/core/reconciliation/Customer"
import type { Run } from "@concordat/core/reconciliation/Run"
import type { Observed } from "@concordat/core/subscription/Observed"
import type {
  BillingCycle,
  MicrosoftId,
  OfferId,
  Subscription,
  SubscriptionId,
  Term
} from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Result } from "effect"
import { type Kysely, sql } from "kysely"
import { type ListDocument, listOf, readShelves, shelfIn } from "./Assortments.ts"
import { moneyOf } from "./documents.ts"
import type { statements } from "./Statements.ts"
import type { MoneyDocument, Tables } from "./Tables.ts"

type Query = Effect.Success<typeof statements>["run"]

/** A customer as far as its prices go. */
interface PricedCustomer {
  /** The account that is linked to the tenant. */
  readonly accountId: AccountId | null
  readonly subscriptions: ReadonlyArray<Subscription>
  readonly observed: ReadonlyArray<Observed>
}

/** What is known of a list so far; the whole of one may be thousands of products that nobody of the run has. */
interface ReadList {
  readonly list: PriceList
  entries: Entries
  readonly products: Map<OfferId, ReadProduct>
}

interface ReadProduct {
  /** null where the instance does not have it. */
  readonly product: PricedProduct | null
  /** By term and billing cycle, as far as somebody has asked. */
  readonly prices: Map<string, Money | null>
}

/** The list that an account buys by; null where those assigned to it are not in force, undefined where none is. */
type Deciding = ReadList | null | undefined

/**
 * Prices the customers of a run as of `at`, some at a time. To be used within one snapshot: what was read of lists and
 * products stays as it was. Where the instance has neither assigned lists nor protections that costs one statement for
 * the run, else one more for each call, and another for offers that no call before has had.
 */
export const bookPrices = Effect.fnUntraced(function* (query: Query, run: Run, at: Instant) {
  const found = yield* query("Books.priceLists", (db) => readLists(db, run))
  const lists = new Map(
    found.lists.map((document): [PriceListId, ReadList] => {
      const list = listOf(document)
      return [list.id, { list, entries: new Map(), products: new Map() }]
    })
  )
  if (lists.size === 0 && !found.protected)
    return (customers: ReadonlyArray<PricedCustomer>) =>
      Effect.succeed(customers.map(() => nothingListed))

  return Effect.fnUntraced(function* (customers: ReadonlyArray<PricedCustomer>) {
    const { accounts, protections } = yield* query("Books.prices", (db) =>
      readPricing(db, customers, found.protected, at)
    )
    const pricing: Pricing = {
      at,
      deciding: new Map(
        accounts.map(({ id, path, assigned }) => [id, decidingOf(lists, path, assigned, at)])
      ),
      protections: new Map(
        protections.map((document) => [document.subscriptionId, protectionIn(document)])
      )
    }
    const unread = unreadOf(customers, pricing)
    if (unread.size > 0) {
      const offers = [...new Set([...unread.values()].flatMap((of) => [...of]))]
      const ids = [...unread.keys()].map(({ list }) => list.id)
      const rows = yield* query("Books.listPrices", (db) => readShelves(db, ids, at, offers))
      for (const row of rows) remember(lists.get(row.list.id), offers, row)
    }
    return customers.map((customer) => pricesOf(customer, pricing))
  })
})

/** What the prices of some customers follow from. */
interface Pricing {
  readonly at: Instant
  readonly deciding: ReadonlyMap<AccountId, Deciding>
  readonly protections: ReadonlyMap<SubscriptionId, Protection>
}

/** The offers for which lists have to be read, list by list. */
const unreadOf = (
  customers: ReadonlyArray<PricedCustomer>,
  { deciding }: Pricing
): ReadonlyMap<ReadList, ReadonlySet<OfferId>> => {
  const unread = new Map<ReadList, Set<OfferId>>()
  const need = (by: Deciding, offer: OfferId) => {
    if (by === null || by === undefined || by.products.has(offer)) return
    unread.set(by, (unread.get(by) ?? new Set()).add(offer))
  }
  for (const customer of customers) {
    const ownerOf = ownersOf(customer.subscriptions)
    for (const { accountId, terms } of customer.subscriptions)
      need(deciding.get(accountId), terms.offer)
    for (const { microsoftId, terms } of customer.observed)
      need(decidingFor(customer, ownerOf(microsoftId), deciding), terms.offer)
  }
  return unread
}

/**
 * What Partner Center holds is priced for the account of the subscription that is mapped to it, with its protection as long
 * as it is the same product; for the tenant's account where none is.
 */
const pricesOf = (
  customer: PricedCustomer,
  { at, deciding, protections }: Pricing
): ListedPrices => {
  const subscriptions = new Map<SubscriptionId, Money | null>()
  for (const { accountId, id, terms } of customer.subscriptions) {
    const listed = listedPrice(deciding.get(accountId), terms, at)
    const price = heldPrice(listed, protections.get(id) ?? null, cycleOf(terms), at)
    if (price !== undefined) subscriptions.set(id, price)
  }
  const observed = new Map<MicrosoftId, Money | null>()
  const ownerOf = ownersOf(customer.subscriptions)
  for (const { microsoftId, terms } of customer.observed) {
    const own = ownerOf(microsoftId)
    const kept = own?.terms.offer === terms.offer ? protections.get(own.id) : undefined
    const listed = listedPrice(decidingFor(customer, own, deciding), terms, at)
    const price = heldPrice(listed, kept ?? null, terms.billingCycle, at)
    if (price !== undefined) observed.set(microsoftId, price)
  }
  return { subscriptions, observed }
}

const decidingFor = (
  { accountId }: PricedCustomer,
  own: Subscription | undefined,
  deciding: ReadonlyMap<AccountId, Deciding>
): Deciding => {
  const holder = own?.accountId ?? accountId
  return holder === null ? undefined : deciding.get(holder)
}

/** Whose each id of Partner Center is; of several that are mapped to one, the first in the order of the book. */
const ownersOf = (
  subscriptions: ReadonlyArray<Subscription>
): ((id: MicrosoftId) => Subscription | undefined) => {
  // Nearly every customer has a few subscriptions: looking through them costs less than a map of them.
  if (subscriptions.length <= 12)
    return (id) => subscriptions.find(({ microsoftId }) => microsoftId === id)
  const owners = new Map(
    subscriptions
      .toReversed()
      .map((one): [MicrosoftId | null, Subscription] => [one.microsoftId, one])
  )
  return (id) => owners.get(id)
}

/** Without the whole plan nothing says for what a protected price is. */
const cycleOf = ({ term, billingCycle }: PlanTerms): BillingCycle | undefined =>
  term === undefined ? undefined : billingCycle

const decidingOf = (
  lists: ReadonlyMap<PriceListId, ReadList>,
  path: ReadonlyArray<AccountId>,
  assigned: ReadonlyArray<Assigned>,
  at: Instant
): Deciding => {
  const assignments = assigned.flatMap(({ accountId, listId }) => {
    // Those of other instances are not among them.
    const list = lists.get(listId)?.list
    return list === undefined ? [] : [{ accountId, list }]
  })
  if (assignments.length === 0) return undefined
  // Lists of one account and instance never overlap: one at most is in force.
  const inForce = decidingLists(path, assignments).find(({ list }) => isInForce(list, at))
  return inForce === undefined ? null : lists.get(inForce.list.id)
}

const remember = (
  known: ReadList | undefined,
  offers: ReadonlyArray<OfferId>,
  row: Parameters<typeof shelfIn>[0]
) => {
  if (known === undefined) return
  const { entries, products } = shelfIn(row)
  known.entries = entries
  const byOffer = new Map(products.map((product) => [product.offer, product]))
  for (const offer of offers)
    if (!known.products.has(offer))
      known.products.set(offer, { product: byOffer.get(offer) ?? null, prices: new Map() })
}

/** A term or cycle that the book does not keep is undefined. */
interface PlanTerms {
  readonly offer: OfferId
  readonly term: Term | null | undefined
  readonly billingCycle: BillingCycle | undefined
}

const listedPrice = (
  by: Deciding,
  { offer, term, billingCycle }: PlanTerms,
  at: Instant
): Money | null | undefined => {
  if (by === null || by === undefined) return by
  const read = by.products.get(offer)
  if (read === undefined || read.product === null) return null
  if (term === undefined || billingCycle === undefined) return null
  const plan = `${term} ${billingCycle}`
  const known = read.prices.get(plan)
  if (known !== undefined) return known
  const resolved = resolvePrice(by.list, by.entries, read.product, { term, billingCycle }, at)
  const price = Result.isSuccess(resolved) ? resolved.success.price : null
  read.prices.set(plan, price)
  return price
}

/** The lists of the run's instance that are assigned to anybody, and whether any price is protected. */
const readLists = async (db: Kysely<Tables>, { instanceId }: Run) => {
  const { rows } = await sql<{
    readonly lists: ReadonlyArray<ListDocument>
    readonly protected: boolean
  }>`
    select exists (select from price_protection) as protected, (
      select coalesce(json_agg(row_to_json(list)), '[]') from price_list list
      where list.instance_id = ${instanceId}
        and exists (select from price_list_account where price_list_id = list.id)) as lists`.execute(
    db
  )
  return rows[0] ?? { lists: [], protected: false }
}

interface Assigned {
  readonly accountId: AccountId
  readonly listId: PriceListId
}

interface ProtectionDocument {
  readonly subscriptionId: SubscriptionId
  readonly price: MoneyDocument
  readonly term: Term | null
  readonly billingCycle: BillingCycle
  readonly months: number
  readonly validFrom: number
  readonly validTo: number
}

const protectionIn = ({ price, validFrom, validTo, ...rest }: ProtectionDocument): Protection => ({
  ...rest,
  price: moneyOf(price),
  validFrom: Instant.make(validFrom),
  validTo: Instant.make(validTo)
})

interface PricingRow {
  readonly accounts: ReadonlyArray<{
    readonly id: AccountId
    /** From the root of the tree to the account. */
    readonly path: ReadonlyArray<AccountId>
    /** The lists of it and of those above it, of any instance. */
    readonly assigned: ReadonlyArray<Assigned>
  }>
  readonly protections: ReadonlyArray<ProtectionDocument>
}

/** Whose lists count for the customers' accounts, and which of their subscriptions are protected at `at`. */
const readPricing = async (
  db: Kysely<Tables>,
  customers: ReadonlyArray<PricedCustomer>,
  anyProtected: boolean,
  at: Instant
): Promise<PricingRow> => {
  const accounts = new Set<AccountId>()
  const subscriptions: Array<SubscriptionId> = []
  for (const customer of customers) {
    if (customer.accountId !== null) accounts.add(customer.accountId)
    for (const { accountId, id } of customer.subscriptions) {
      accounts.add(accountId)
      if (anyProtected) subscriptions.push(id)
    }
  }
  const { rows } = await sql<PricingRow>`
    select (
      select coalesce(json_agg(json_build_object('id', account.id, 'path', account.ancestors, 'assigned', (
        select coalesce(json_agg(json_build_object('accountId', account_id, 'listId', price_list_id)), '[]')
        from price_list_account where account_id = any(account.ancestors)))), '[]')
      from account where account.id = any(${[...accounts]}::uuid[])
    ) as accounts, (
      select coalesce(json_agg(json_build_object('subscriptionId', subscription_id,
        'price', json_build_object('amount', amount::text, 'currency', currency), 'term', term,
        'billingCycle', billing_cycle, 'months', months,
        'validFrom', (extract(epoch from valid_from) * 1000)::bigint,
        'validTo', (extract(epoch from valid_to) * 1000)::bigint)), '[]')
      from price_protection
      where subscription_id = any(${subscriptions}::uuid[])
        and valid_from <= ${new Date(at)} and valid_to > ${new Date(at)}
    ) as protections`.execute(db)
  return rows[0] ?? { accounts: [], protections: [] }
}
