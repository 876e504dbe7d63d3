import type { AccountId } from "@concordat/core/account/Account"
import type { Plan } from "@concordat/core/catalogue/VendorCatalogue"
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
  /** null for what the instance does not have. */
  readonly products: Map<OfferId, PricedProduct | null>
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
      return [list.id, { list, entries: new Map(), products: new Map(), prices: new Map() }]
    })
  )
  if (lists.size === 0 && !found.protected)
    return (customers: ReadonlyArray<PricedCustomer>) =>
      Effect.succeed(customers.map(() => nothingListed))

  return Effect.fnUntraced(function* (customers: ReadonlyArray<PricedCustomer>) {
    const { accounts, protections } = yield* query("Books.prices", (db) =>
      readPricing(db, customers, at)
    )
    const deciding = new Map(
      accounts.map(({ id, path, assigned }) => [id, decidingOf(lists, path, assigned, at)])
    )
    const protectionOf = new Map(
      protections.map((document) => [document.subscriptionId, protectionIn(document)])
    )
    const asked = customers.map((customer) => askedOf(customer, deciding, protectionOf))

    const unread = new Map<ReadList, Set<OfferId>>()
    for (const { by, offer } of asked.flat())
      if (by !== null && by !== undefined && !by.products.has(offer))
        unread.set(by, (unread.get(by) ?? new Set()).add(offer))
    if (unread.size > 0) {
      const offers = [...new Set([...unread.values()].flatMap((of) => [...of]))]
      const ids = [...unread.keys()].map(({ list }) => list.id)
      const rows = yield* query("Books.listPrices", (db) => readShelves(db, ids, at, offers))
      for (const row of rows) remember(lists.get(row.list.id), offers, row)
    }

    return asked.map((of): ListedPrices => {
      const subscriptions = new Map<SubscriptionId, Money | null>()
      const observed = new Map<MicrosoftId, Money | null>()
      for (const { key, by, offer, plan, protection } of of) {
        const price = heldPrice(listed(by, offer, plan, at), protection, plan?.billingCycle, at)
        if (price === undefined) continue
        if (key.side === "ours") subscriptions.set(key.id, price)
        else observed.set(key.id, price)
      }
      return { subscriptions, observed }
    })
  })
})

/** Something of one side whose price is asked for. */
interface Asked {
  readonly key:
    | { readonly side: "ours"; readonly id: SubscriptionId }
    | { readonly side: "theirs"; readonly id: MicrosoftId }
  readonly by: Deciding
  readonly offer: OfferId
  /** null where the book does not keep its term or billing cycle. */
  readonly plan: Plan | null
  readonly protection: Protection | null
}

/**
 * What Partner Center holds is priced for the account of the subscription that is mapped to it, with its protection as long
 * as it is the same product; for the tenant's account where none is.
 */
const askedOf = (
  { accountId, subscriptions, observed }: PricedCustomer,
  deciding: ReadonlyMap<AccountId, Deciding>,
  protections: ReadonlyMap<SubscriptionId, Protection>
): ReadonlyArray<Asked> => {
  const mapped = new Map<MicrosoftId, Subscription>()
  const asked = subscriptions.map((subscription): Asked => {
    const { id, microsoftId, terms } = subscription
    // Of several that are mapped to one, the first in the order of the book.
    if (microsoftId !== null && !mapped.has(microsoftId)) mapped.set(microsoftId, subscription)
    return {
      key: { side: "ours", id },
      by: deciding.get(subscription.accountId),
      offer: terms.offer,
      plan:
        terms.term === undefined || terms.billingCycle === undefined
          ? null
          : { term: terms.term, billingCycle: terms.billingCycle },
      protection: protections.get(id) ?? null
    }
  })
  for (const { microsoftId, terms } of observed) {
    const own = mapped.get(microsoftId)
    const holder = own?.accountId ?? accountId
    asked.push({
      key: { side: "theirs", id: microsoftId },
      by: holder === null ? undefined : deciding.get(holder),
      offer: terms.offer,
      plan: { term: terms.term, billingCycle: terms.billingCycle },
      protection: own?.terms.offer === terms.offer ? (protections.get(own.id) ?? null) : null
    })
  }
  return asked
}

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
  for (const offer of offers) known.products.set(offer, byOffer.get(offer) ?? null)
}

const listed = (
  by: Deciding,
  offer: OfferId,
  plan: Plan | null,
  at: Instant
): Money | null | undefined => {
  if (by === null || by === undefined) return by
  const product = by.products.get(offer)
  if (plan === null || product === null || product === undefined) return null
  const key = `${offer} ${plan.term} ${plan.billingCycle}`
  const known = by.prices.get(key)
  if (known !== undefined) return known
  const resolved = resolvePrice(by.list, by.entries, product, plan, at)
  const price = Result.isSuccess(resolved) ? resolved.success.price : null
  by.prices.set(key, price)
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

interface Pricing {
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
  at: Instant
): Promise<Pricing> => {
  const subscriptions = customers.flatMap((customer) => customer.subscriptions)
  const accounts = new Set(subscriptions.map(({ accountId }) => accountId))
  for (const { accountId } of customers) if (accountId !== null) accounts.add(accountId)
  const { rows } = await sql<Pricing>`
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
      where subscription_id = any(${subscriptions.map(({ id }) => id)}::uuid[])
        and valid_from <= ${new Date(at)} and valid_to > ${new Date(at)}
    ) as protections`.execute(db)
  return rows[0] ?? { accounts: [], protections: [] }
}
