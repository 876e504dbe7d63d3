import type { AccountId } from "@concordat/core/account/Account"
import { AccountNotFound } from "@concordat/core/account/Accounts"
import type { Plan } from "@concordat/core/catalogue/VendorCatalogue"
import { InstanceId, type InstanceName } from "@concordat/core/instance/Instance"
import {
  assortmentOf,
  type Buyable,
  decidingLists,
  nextBoundary,
  offerOf,
  type SellableProduct,
  type Shelf,
  type Unavailable
} from "@concordat/core/price/Assortment"
import {
  type AssortmentFilter,
  Assortments,
  type Previewed
} from "@concordat/core/price/Assortments"
import { costsOf } from "@concordat/core/price/costsOf"
import type { Quote } from "@concordat/core/price/mayBuy"
import { isInForce, type PriceList, type PriceListId } from "@concordat/core/price/PriceList"
import { PriceListNotFound } from "@concordat/core/price/PriceLists"
import { type DatedPrice, entriesBySubject, resolvePrice } from "@concordat/core/price/resolvePrice"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import {
  BigDecimal,
  Effect,
  Exit,
  Layer,
  Request,
  RequestResolver,
  Result,
  Schema,
  Semaphore
} from "effect"
import { type Kysely, sql } from "kysely"
import { CurrentTransaction } from "./Database.ts"
import { moneyOf } from "./documents.ts"
import { keyset } from "./Keyset.ts"
import { type EntryRow, entryOf, type PriceListRow, priceListOf } from "./PriceLists.ts"
import { statements } from "./Statements.ts"
import type { MoneyDocument, Tables } from "./Tables.ts"

const place = keyset(Schema.Struct({ name: Schema.String, offer: OfferId, instanceId: InstanceId }))
/** Where a product stands in a list of products: by lower-case name, then offer, then instance. */
interface Place {
  readonly name: string
  readonly offer: OfferId
  readonly instanceId: InstanceId
}

/** A product of an assortment with its place in the order of lists. */
interface Placed {
  readonly place: Place
  readonly buyable: Buyable
}

/** A shelf as it was at a revision of its instance's prices; from `knownFrom` on it has every dated price. */
interface Held {
  readonly revision: number
  readonly knownFrom: Instant
  readonly shelf: Shelf
  /** What is for sale from one instant to another, as long as the revision is the same. */
  assortment: {
    readonly from: Instant
    readonly until: Instant | null
    readonly items: ReadonlyArray<Placed>
  } | null
}

/** Products over all shelves that one process remembers: some 200 MB at the most. */
const rememberedProductsMax = 100_000

/**
 * What accounts may buy, from Postgres. A page is asked for with every page of a storefront, and its prices follow
 * from thousands of rows that hardly ever change. So each process remembers whole shelves, and asks with every
 * request, in one statement, which lists count for the account and at which revision the prices of their
 * instances are: what was remembered is used only at exactly that revision. Nothing is ever stale.
 */
export const assortmentsLayer = Layer.effect(
  Assortments,
  Effect.gen(function* () {
    const { run } = yield* statements
    const remembered = new Map<PriceListId, Held>()
    const oneAtATime = yield* Semaphore.make(1)
    type Port = Assortments["Service"]

    const load = Effect.fnUntraced(function* (
      id: PriceListId,
      at: Instant,
      offer: OfferId | null = null
    ): Effect.fn.Return<Held | undefined> {
      const [row] = yield* run("Assortments.load", (db) =>
        readShelves(db, [id], at, offer === null ? null : [offer])
      )
      return row === undefined
        ? undefined
        : { revision: row.revision, knownFrom: at, shelf: shelfIn(row), assortment: null }
    })

    const remember = (id: PriceListId, held: Held) => {
      remembered.delete(id)
      remembered.set(id, held)
      let products = 0
      for (const { shelf } of remembered.values()) products += shelf.products.length
      for (const [other, { shelf }] of remembered) {
        if (products <= rememberedProductsMax || other === id) return
        products -= shelf.products.length
        remembered.delete(other)
      }
    }

    const isGood = (held: Held | undefined, revision: number, at: Instant): held is Held =>
      held !== undefined && held.revision === revision && held.knownFrom <= at

    /** The shelf of a list at a revision, or a later one. */
    const shelfOf = Effect.fnUntraced(function* (id: PriceListId, revision: number, at: Instant) {
      // What a transaction sees may never come to be: it is not for others.
      if ((yield* CurrentTransaction) !== null) return yield* load(id, at)
      const held = remembered.get(id)
      if (isGood(held, revision, at)) return held
      return yield* oneAtATime.withPermit(
        Effect.gen(function* () {
          const meanwhile = remembered.get(id)
          if (isGood(meanwhile, revision, at)) return meanwhile
          const fresh = yield* load(id, at)
          if (fresh !== undefined) remember(id, fresh)
          return fresh
        })
      )
    })

    // Every look at the products asks this; those that come together ask with one statement.
    const listsAbove = RequestResolver.make<ListsAbove>((entries) =>
      run("Assortments.lists", (db) =>
        readLists(
          db,
          entries.map(({ request }) => request)
        )
      ).pipe(
        Effect.map((found) =>
          entries.forEach((entry, n) => {
            entry.completeUnsafe(Exit.succeed(found[n] ?? []))
          })
        )
      )
    )

    /** The lists that the account buys by, each with the revision of its instance's prices. */
    const listsOf = Effect.fnUntraced(function* (accountId: AccountId, branch: AccountId | null) {
      const looked = { accountId, branch }
      // What a transaction sees is its own.
      const rows =
        (yield* CurrentTransaction) === null
          ? yield* Effect.request(ListsAbove(looked), listsAbove)
          : ((yield* run("Assortments.lists", (db) => readLists(db, [looked])))[0] ?? [])
      const [first] = rows
      if (first === undefined) return yield* new AccountNotFound({ id: accountId })
      return listsIn(rows)
    })

    const page = Effect.fn("Assortments.page")(function* (
      ...[accountId, branch, at, filter, request]: Parameters<Port["page"]>
    ) {
      const after = yield* place.after(request)
      const lists = yield* listsOf(accountId, branch)
      const assortments: Array<ReadonlyArray<Placed>> = []
      for (const { list, revision, instance } of lists) {
        if (!isInForce(list, at)) continue
        if (filter.instance !== undefined && filter.instance !== instance) continue
        const held = yield* shelfOf(list.id, revision, at)
        if (held !== undefined) assortments.push(assortmentAt(held, at))
      }
      const found = take(assortments, after, filter, request.limit + 1)
      return place.page(
        found,
        request,
        (placed) => placed.place,
        ({ buyable }) => buyable
      )
    })

    const shelves = Effect.fn("Assortments.shelves")(function* (
      ...[accountId, branch, at, { instanceId, offer }]: Parameters<Port["shelves"]>
    ) {
      const lists = yield* listsOf(accountId, branch)
      const found: Array<Shelf> = []
      for (const { list } of lists) {
        if (list.instanceId !== instanceId || !isInForce(list, at)) continue
        const held = yield* load(list.id, at, offer)
        if (held !== undefined) found.push(held.shelf)
      }
      return found
    })

    const preview = Effect.fn("Assortments.preview")(function* (
      ...[id, accountId, at, q, request]: Parameters<Port["preview"]>
    ) {
      const after = yield* place.after(request)
      const revision = yield* run("Assortments.revision", (db) => readRevision(db, id))
      const held = revision === undefined ? undefined : yield* shelfOf(id, revision, at)
      if (held === undefined) return yield* new PriceListNotFound({ id })
      const isOwn =
        accountId === undefined ||
        (yield* listsOf(accountId, null)).some(({ list }) => list.id === id)
      const { shelf } = held
      const wanted = wantedBy({ q })
      const found: Array<{ readonly place: Place; readonly product: SellableProduct }> = []
      for (const product of shelf.products) {
        const at = placeOf(product, shelf.list.instanceId)
        if (after !== undefined && compare(at, after) <= 0) continue
        if (!wanted(product)) continue
        found.push({ place: at, product })
        if (found.length > request.limit) break
      }
      return place.page(
        found,
        request,
        (row) => row.place,
        ({ product }) => previewed(shelf, product, at, isOwn)
      )
    })

    const prices = Effect.fn("Assortments.prices")(function* (
      ...[held, at]: Parameters<Port["prices"]>
    ) {
      const accountIds = [...new Set(held.map(({ accountId }) => accountId))]
      const found = yield* run("Assortments.lists", (db) =>
        readLists(
          db,
          accountIds.map((accountId) => ({ accountId, branch: null }))
        )
      )
      const listsByAccount = new Map(
        accountIds.map((accountId, n) => [accountId, listsIn(found[n] ?? [])])
      )
      const shelves = new Map<PriceListId, ReturnType<typeof productsByOffer>>()
      for (const { list, revision } of [...listsByAccount.values()].flat()) {
        if (shelves.has(list.id) || !isInForce(list, at)) continue
        const of = yield* shelfOf(list.id, revision, at)
        if (of !== undefined) shelves.set(list.id, productsByOffer(of.shelf))
      }
      return held.map(({ accountId, instanceId, offer, plan }): PriceOfHeld => {
        const lists = (listsByAccount.get(accountId) ?? []).filter(
          ({ list }) => list.instanceId === instanceId
        )
        // Lists of one account and instance never overlap: one at most is in force.
        const shelf = lists.flatMap(({ list }) => shelves.get(list.id) ?? [])[0]
        if (shelf === undefined)
          return Result.fail(lists.length === 0 ? "no-price-list" : "list-not-in-force")
        const product = shelf.products.get(offer)
        if (product === undefined) return Result.fail("unknown-product")
        return Result.map(
          resolvePrice(shelf.list, shelf.entries, product, plan, at),
          ({ price }): Quote => ({ priceListId: shelf.list.id, price })
        )
      })
    })

    return Assortments.of({ page, shelves, prices, preview })
  })
)

const previewed = (
  shelf: Shelf,
  product: SellableProduct,
  at: Instant,
  isOwn: boolean
): Previewed => ({
  product,
  plans: product.plans.map((plan) => {
    const offered = offerOf(shelf, product, plan, at)
    return {
      plan,
      resolved: resolvePrice(shelf.list, shelf.entries, product, plan, at),
      hidden: isOwn ? (Result.isFailure(offered) ? offered.failure : null) : "no-price-list"
    }
  })
})

/** In one order for all processes and databases, whatever their collations: by code units. */
const compare = (a: Place, b: Place): number =>
  compareText(a.name, b.name) ||
  compareText(a.offer, b.offer) ||
  compareText(a.instanceId, b.instanceId)
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const placeOf = (
  { name, offer }: Pick<SellableProduct, "name" | "offer">,
  instanceId: InstanceId
): Place => ({ name: name.toLowerCase(), offer, instanceId })

/** What is for sale at an instant; put together once for all instants up to the next boundary. */
const assortmentAt = (held: Held, at: Instant): ReadonlyArray<Placed> => {
  const known = held.assortment
  if (known !== null && known.from <= at && (known.until === null || at < known.until))
    return known.items
  const items = assortmentOf(held.shelf, at).map((buyable) => ({
    place: placeOf(buyable, buyable.instanceId),
    buyable
  }))
  held.assortment = { from: at, until: nextBoundary(held.shelf, at), items }
  return items
}

const wantedBy = ({ family, q }: Pick<AssortmentFilter, "family" | "q">) => {
  const part = q === undefined || q === "" ? undefined : q.toLowerCase()
  return (product: Pick<Buyable, "name" | "offer" | "family">): boolean =>
    (family === undefined || product.family === family) &&
    (part === undefined ||
      product.name.toLowerCase().includes(part) ||
      product.offer.toLowerCase().includes(part))
}

/** The first products after a place that the filter wants, of assortments that are each in order. */
const take = (
  assortments: ReadonlyArray<ReadonlyArray<Placed>>,
  after: Place | undefined,
  filter: AssortmentFilter,
  limit: number
): ReadonlyArray<Placed> => {
  const wanted = wantedBy(filter)
  const next = assortments.map((items) => (after === undefined ? 0 : firstAfter(items, after)))
  const found: Array<Placed> = []
  while (found.length < limit) {
    let least: Placed | undefined
    let from = -1
    assortments.forEach((items, index) => {
      const item = items[next[index] ?? 0]
      if (item === undefined || (least !== undefined && compare(item.place, least.place) >= 0))
        return
      least = item
      from = index
    })
    if (least === undefined) return found
    next[from] = (next[from] ?? 0) + 1
    const { place: at, buyable } = least
    if (!wanted(buyable)) continue
    const prices = pricesOf(buyable, filter)
    if (prices.length === buyable.prices.length) found.push(least)
    else if (prices.length > 0) found.push({ place: at, buyable: { ...buyable, prices } })
  }
  return found
}

const pricesOf = ({ prices }: Buyable, { term, billingCycle }: AssortmentFilter) =>
  term === undefined && billingCycle === undefined
    ? prices
    : prices.filter(
        (plan) =>
          (term === undefined || plan.term === term) &&
          (billingCycle === undefined || plan.billingCycle === billingCycle)
      )

const firstAfter = (items: ReadonlyArray<Placed>, after: Place): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && compare(item.place, after) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

export type ListDocument = Omit<PriceListRow, "valid_from" | "valid_to"> & {
  readonly valid_from: string
  readonly valid_to: string | null
}

export const listOf = (document: ListDocument): PriceList =>
  priceListOf({
    ...document,
    valid_from: Instant.make(Date.parse(document.valid_from)),
    valid_to: document.valid_to === null ? null : Instant.make(Date.parse(document.valid_to))
  })

/** A list that counts for an account; one row without a list where nobody above has one. */
interface ListAbove {
  readonly path: ReadonlyArray<AccountId>
  readonly account_id: AccountId | null
  readonly list: ListDocument | null
  readonly instance: InstanceName | null
  readonly revision: number | null
}

interface Looked {
  readonly accountId: AccountId
  readonly branch: AccountId | null
}
interface ListsAbove extends Request.Request<ReadonlyArray<ListAbove>>, Looked {
  readonly _tag: "ListsAbove"
}
const ListsAbove = Request.tagged<ListsAbove>("ListsAbove")

/** For each look, in its order; no row for an account outside the branch. */
const readLists = async (
  db: Kysely<Tables>,
  looks: ReadonlyArray<Looked>
): Promise<ReadonlyArray<ReadonlyArray<ListAbove>>> => {
  const { rows } = await sql<ListAbove & { readonly ordinal: number }>`
    select looked.ordinal, above.*
    from unnest(${looks.map(({ accountId }) => accountId)}::uuid[],
      ${looks.map(({ branch }) => branch)}::uuid[]) with ordinality looked (buyer, branch, ordinal),
      price_lists_above(looked.buyer, looked.branch) above`.execute(db)
  const found = Map.groupBy(rows, ({ ordinal }) => Number(ordinal))
  return looks.map((_, n) => found.get(n + 1) ?? [])
}

/** The lists that count, of all that are assigned to one account and those above it. */
const listsIn = (rows: ReadonlyArray<ListAbove>) => {
  const assignments = rows.flatMap(({ list, revision, instance, account_id }) =>
    list === null || account_id === null
      ? []
      : [{ accountId: account_id, list: listOf(list), revision: revision ?? 0, instance }]
  )
  const deciding = new Set(
    decidingLists(rows[0]?.path ?? [], assignments).map(({ list }) => list.id)
  )
  return assignments.filter(({ list }) => deciding.has(list.id))
}

type PriceOfHeld = Result.Result<Quote, Unavailable>

const productsByOffer = ({ list, entries, products }: Shelf) => ({
  list,
  entries,
  products: new Map(products.map((product) => [product.offer, product]))
})

const readRevision = async (db: Kysely<Tables>, id: PriceListId) => {
  const { rows } = await sql<{ revision: number }>`
    select coalesce(revision, 0) as revision
    from price_list left join price_revision using (instance_id) where id = ${id}`.execute(db)
  return rows[0]?.revision
}

/** A price of the price sheets in the list's market, the product's segment and the list's currency. */
interface SheetDocument extends Plan {
  readonly cost: string
  readonly recommended: string | null
  readonly validFrom: string
  readonly validTo: string | null
}
type ProductDocument = Omit<SellableProduct, "costs" | "recommended"> & {
  readonly purchase: MoneyDocument
  readonly sheet: ReadonlyArray<SheetDocument>
}
export interface ShelfRow {
  readonly list: ListDocument
  readonly instance: InstanceName
  readonly revision: number
  readonly entries: ReadonlyArray<EntryRow>
  readonly products: ReadonlyArray<ProductDocument>
}

const sellableOf = (document: ProductDocument, { currency }: PriceList): SellableProduct => {
  const { purchase, sheet, ...product } = document
  const dated = ({ term, billingCycle, ...given }: SheetDocument, amount: string): DatedPrice => ({
    term,
    billingCycle,
    price: { amount: BigDecimal.fromStringUnsafe(amount), currency },
    validFrom: Instant.make(Date.parse(given.validFrom)),
    validTo: given.validTo === null ? null : Instant.make(Date.parse(given.validTo))
  })
  return {
    ...product,
    costs: costsOf(
      sheet.map((row) => dated(row, row.cost)),
      moneyOf(purchase),
      document.plans
    ),
    recommended: sheet.flatMap((row) =>
      row.recommended === null ? [] : [dated(row, row.recommended)]
    )
  }
}

export const shelfIn = (row: ShelfRow): Shelf => {
  const list = listOf(row.list)
  const placed = row.products.map((document) => ({
    place: placeOf(document, list.instanceId),
    product: sellableOf(document, list)
  }))
  return {
    list,
    instance: row.instance,
    entries: entriesBySubject(row.entries.map(entryOf)),
    products: placed.toSorted((a, b) => compare(a.place, b.place)).map(({ product }) => product)
  }
}

/**
 * Lists with their entries and products, only of these offers where some are named, and with the prices of sheets that
 * are valid at `at` or later. One statement, so that everything of it, and the revision, are of one moment.
 */
export const readShelves = async (
  db: Kysely<Tables>,
  ids: ReadonlyArray<PriceListId>,
  at: Instant,
  offers: ReadonlyArray<OfferId> | null
) => {
  const { rows } = await sql<ShelfRow>`
    select row_to_json(list) as list, instance.name as instance, coalesce(revision.revision, 0) as revision, (
        select coalesce(json_agg(json_build_object('offer', entry.offer, 'price_group_id', entry.price_group_id,
          'term', entry.term, 'billing_cycle', entry.billing_cycle, 'kind', entry.kind,
          'value', entry.value::text)), '[]')
        from price_list_entry entry where entry.price_list_id = list.id
      ) as entries, (
        select coalesce(json_agg(json_build_object('offer', product.offer, 'name', product.name,
          'description', product.description, 'family', product.family, 'isTrial', product.is_trial,
          'isAddon', product.is_addon, 'published', product.published,
          'discontinued', product.discontinued_at is not null, 'minimumQuantity', product.minimum_quantity,
          'maximumQuantity', product.maximum_quantity, 'groupId', member.price_group_id, 'plans', (
            select coalesce(json_agg(plan order by ordinal), '[]')
            from json_array_elements(product.plans) with ordinality listed (plan, ordinal)
            where product.annual_enabled or plan ->> 'billingCycle' <> 'annual'
          ), 'purchase', json_build_object('amount', product.purchase_amount::text,
            'currency', product.purchase_currency), 'sheet', (
            select coalesce(json_agg(json_build_object('term', sheet.term, 'billingCycle', sheet.billing_cycle,
              'cost', sheet.cost::text, 'recommended', sheet.recommended::text,
              'validFrom', sheet.valid_from, 'validTo', sheet.valid_to)), '[]')
            from price_sheet_price sheet
            where sheet.instance_id = product.instance_id and sheet.offer = product.offer
              and sheet.market = list.market and sheet.segment = product.segment
              and sheet.currency = list.currency
              and (sheet.valid_to is null or sheet.valid_to > ${new Date(at)})
          ))), '[]')
        from product
        left join price_group_product member
          on member.instance_id = product.instance_id and member.offer = product.offer
        where product.instance_id = list.instance_id
          and (${offers}::text[] is null or product.offer = any(${offers}::text[]))
      ) as products
    from price_list list
    join instance on instance.id = list.instance_id
    left join price_revision revision on revision.instance_id = list.instance_id
    where list.id = any(${ids}::uuid[])`.execute(db)
  return rows
}
