import { Result } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Family } from "../catalogue/Family.ts"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { InstanceId, InstanceName } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import { Instant } from "../time/Instant.ts"
import type { PriceList, PriceListId } from "./PriceList.ts"
import {
  type Entries,
  type PricedProduct,
  type ResolvedPrice,
  resolvePrice,
  type Unpriced
} from "./resolvePrice.ts"

/** A product of one instance with everything that decides whether, how and for how much it is sold. */
export interface SellableProduct extends PricedProduct {
  readonly name: string
  readonly description: string
  readonly family: Family | null
  readonly isTrial: boolean
  readonly isAddon: boolean
  /** An operator has published it. */
  readonly published: boolean
  /** Microsoft sells it to nobody new (domain.md §5). */
  readonly discontinued: boolean
  readonly minimumQuantity: number
  readonly maximumQuantity: number
  readonly plans: ReadonlyArray<Plan>
}

/** A way of paying for a product, and what one seat costs for one billing period. */
export interface PlanPrice extends Plan {
  readonly price: Money
}

/** A product as its buyer sees it: nothing of what it costs us. */
export interface Buyable
  extends Pick<
    SellableProduct,
    | "offer"
    | "name"
    | "description"
    | "family"
    | "isTrial"
    | "isAddon"
    | "minimumQuantity"
    | "maximumQuantity"
  > {
  readonly instanceId: InstanceId
  readonly instance: InstanceName
  readonly priceListId: PriceListId
  /** At least one, in the order of the product's plans. */
  readonly prices: ReadonlyArray<PlanPrice>
}

/** A price list with its entries and the products of its instance, as they were at one moment. */
export interface Shelf {
  readonly list: PriceList
  readonly instance: InstanceName
  readonly entries: Entries
  /** By lower-case name, then offer. */
  readonly products: ReadonlyArray<SellableProduct>
}

/** Whose price lists count for an account, and which of them (domain.md §4). */
export interface Assignment {
  /** The account itself, or the nearest one above it that is assigned a list of the instance. */
  readonly accountId: AccountId
  readonly list: PriceList
}

/**
 * The lists that an account buys by, of the assignments of itself and of those above it. For each instance the
 * nearest account that is assigned any list decides, also where none of its lists is in force: then there is
 * nothing to buy there. So a list that ends takes its products along instead of letting other prices through.
 * `path` goes from the root of the tree to the account.
 */
export const decidingLists = (
  path: ReadonlyArray<AccountId>,
  assignments: ReadonlyArray<Assignment>
): ReadonlyArray<Assignment> => {
  const depth = new Map(path.map((accountId, index) => [accountId, index]))
  const nearest = new Map<InstanceId, number>()
  for (const { accountId, list } of assignments) {
    const at = depth.get(accountId)
    if (at !== undefined && at > (nearest.get(list.instanceId) ?? -1))
      nearest.set(list.instanceId, at)
  }
  return assignments.filter(
    ({ accountId, list }) => depth.get(accountId) === nearest.get(list.instanceId)
  )
}

/** Why an account may not buy a plan of a product. */
export type Unavailable =
  | "unknown-product"
  | "unpublished"
  | "discontinued"
  | "unknown-plan"
  | "no-price-list"
  | Unpriced

/** The price of a plan for whoever buys by this list, or the first reason why it is not for sale. */
export const offerOf = (
  { list, entries }: Pick<Shelf, "list" | "entries">,
  product: SellableProduct,
  plan: Plan,
  at: Instant
): Result.Result<ResolvedPrice, Unavailable> => {
  if (!product.published) return Result.fail("unpublished")
  if (product.discontinued) return Result.fail("discontinued")
  if (!product.plans.some((sold) => isSamePlan(sold, plan))) return Result.fail("unknown-plan")
  return resolvePrice(list, entries, product, plan, at)
}

export const isSamePlan = (a: Plan, b: Plan): boolean =>
  a.term === b.term && a.billingCycle === b.billingCycle

/** The product for its buyer; undefined where it is not for sale in any way. */
export const buyableOf = (
  shelf: Shelf,
  product: SellableProduct,
  at: Instant
): Buyable | undefined => {
  const prices = product.plans.flatMap((plan): ReadonlyArray<PlanPrice> => {
    const offered = offerOf(shelf, product, plan, at)
    return Result.isSuccess(offered) ? [{ ...plan, price: offered.success.price }] : []
  })
  if (prices.length === 0) return undefined
  return {
    instanceId: shelf.list.instanceId,
    instance: shelf.instance,
    priceListId: shelf.list.id,
    offer: product.offer,
    name: product.name,
    description: product.description,
    family: product.family,
    isTrial: product.isTrial,
    isAddon: product.isAddon,
    minimumQuantity: product.minimumQuantity,
    maximumQuantity: product.maximumQuantity,
    prices
  }
}

/** Everything on the shelf that is for sale, in its order. */
export const assortmentOf = (shelf: Shelf, at: Instant): ReadonlyArray<Buyable> =>
  shelf.products.flatMap((product) => buyableOf(shelf, product, at) ?? [])

/** The first instant after `at` at which prices may change without anybody changing them; null for never. */
export const nextBoundary = ({ list, products }: Shelf, at: Instant): Instant | null => {
  let next = Number.POSITIVE_INFINITY
  const consider = (instant: Instant | null) => {
    if (instant !== null && instant > at && instant < next) next = instant
  }
  consider(list.validFrom)
  consider(list.validTo)
  for (const { costs, recommended } of products)
    for (const prices of [costs, recommended])
      for (const { validFrom, validTo } of prices) {
        consider(validFrom)
        consider(validTo)
      }
  return next === Number.POSITIVE_INFINITY ? null : Instant.make(next)
}
