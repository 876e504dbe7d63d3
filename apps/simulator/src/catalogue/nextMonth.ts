import { itemOf, type Plan } from "../Catalogue.ts"
import { Random } from "../Random.ts"
import { trialSkuId } from "./editions.ts"
import type { Item, LegacyOffer, Sku } from "./Item.ts"
import { isLegacyProduct, type Month } from "./Month.ts"
import { newService, type Stock, trialOf } from "./onlineServices.ts"

/**
 * What Microsoft does on the first of a month: new services, other names, quantities, plans and prerequisites, trials
 * that begin and end, and items that are withdrawn, some of which stay listed. What generated books hold, and Azure,
 * stays as it is.
 */
export const nextMonth = (seed: string, before: Month): Month => {
  const number = before.number + 1
  const random = new Random(`${seed}/catalogue/${number}`)
  const offers = offersOf(random, before.offers)
  const stocks = stocksOf(seed, random, before.stocks, number)
  return { number, offers, stocks }
}

const offersOf = (
  random: Random,
  before: ReadonlyArray<LegacyOffer>
): ReadonlyArray<LegacyOffer> => {
  const lot = new Lot(
    random,
    before.filter((offer) => isFree(offer) && !offer.isTrial)
  )
  const changed = changesOf(random, lot, [
    [2, renamed],
    [2, resized],
    [1, withoutAnnual]
  ])
  for (const offer of lot.take(2)) changed.set(offer.offer, { isPurchasable: false })
  for (const trial of random.shuffle(before.filter(({ isTrial }) => isTrial)).slice(0, 2))
    changed.set(trial.offer, { isPurchasable: !trial.isPurchasable })
  const gone = new Set(lot.take(2).map(({ offer }) => offer))
  return before
    .filter(({ offer }) => !gone.has(offer))
    .map((offer) => ({ ...offer, ...changed.get(offer.offer) }))
}

const stocksOf = (
  seed: string,
  random: Random,
  before: ReadonlyArray<Stock>,
  number: number
): ReadonlyArray<Stock> => {
  const listed = before
    .filter(({ product }) => !isLegacyProduct(product))
    .flatMap(({ skus }) => skus)
  const all = listed.filter(isFree)
  const paid = all.filter(({ isTrial }) => !isTrial)
  const lot = new Lot(random, paid)
  const changed = changesOf(random, lot, [
    [4, renamed],
    [3, resized],
    [3, replanned],
    [4, repriced]
  ])
  for (const addon of lot.take(1, ({ prerequisites }) => prerequisites.length > 1))
    changed.set(addon.offer, { prerequisites: addon.prerequisites.slice(1) })
  for (const sku of lot.take(2)) changed.set(sku.offer, { isPurchasable: false })
  const gone = new Set(lot.take(3).map(({ offer }) => offer))
  // A trial ends by itself in one month, and goes with its licence in any.
  const trials = all.filter(({ isTrial }) => isTrial)
  for (const trial of random.shuffle(trials).slice(0, 2))
    changed.set(trial.offer, { isPurchasable: !trial.isPurchasable })
  for (const { offer, becomes } of trials) if (becomes.some((one) => gone.has(one))) gone.add(offer)
  const tried = new Set(listed.flatMap(({ becomes }) => becomes))
  const triable = lot
    .take(2, (sku) => sku.skuId === "0001" && isOnlineLicence(sku) && !tried.has(sku.offer))
    .map(({ offer }) => offer)
  const kept = before.map(({ product, skus }) => ({
    product,
    skus: skus.flatMap((sku) => {
      if (gone.has(sku.offer)) return []
      const now: Sku = { ...sku, ...changed.get(sku.offer) }
      return triable.includes(sku.offer) ? [now, trialOf(seed, now, trialSkuId)] : [now]
    })
  }))
  const newest = [0, 1, 2].map((index) => newService(seed, random, (number % 300) * 3 + index))
  return [...kept.filter(({ skus }) => skus.length > 0), ...newest]
}

const isOnlineLicence = ({ isAddon, productId }: Sku): boolean =>
  !isAddon && productId.startsWith("CFQ")

/** Not what a generated book could hold, and not Azure. */
const isFree = (item: Item): boolean =>
  itemOf(item.offer) === undefined && !item.offer.includes("ms-azr") && item.isPurchasable

/** Draws each item once, so that no item is changed twice in one month. */
class Lot<I extends Item> {
  #left: Array<I>

  constructor(random: Random, items: ReadonlyArray<I>) {
    this.#left = random.shuffle(items)
  }

  take(count: number, fits: (item: I) => boolean = () => true): ReadonlyArray<I> {
    const taken = this.#left.filter(fits).slice(0, count)
    this.#left = this.#left.filter((item) => !taken.includes(item))
    return taken
  }
}

/** null where this item cannot be changed so. */
type Alteration = (random: Random, item: Item) => Partial<Item> | null

const changesOf = <I extends Item>(
  random: Random,
  lot: Lot<I>,
  alterations: ReadonlyArray<readonly [count: number, alter: Alteration]>
): Map<string, Partial<Item>> => {
  const changed = new Map<string, Partial<Item>>()
  for (const [count, alter] of alterations)
    for (const item of lot.take(count, (one) => alter(random, one) !== null)) {
      const alteration = alter(random, item)
      if (alteration !== null) changed.set(item.offer, alteration)
    }
  return changed
}

const renamed: Alteration = (_, { name }) =>
  name.endsWith(" (no Teams)")
    ? { name: name.slice(0, -" (no Teams)".length) }
    : { name: `${name} (no Teams)` }

const resized: Alteration = (random, { minimum, maximum }) =>
  random.chance(0.5)
    ? { minimum: minimum === 1 ? 5 : 1 }
    : { maximum: maximum > 1000 ? 1000 : 10_000 }

const withoutAnnual: Alteration = (_, { plans }) =>
  plans.length > 1 ? { plans: plans.filter(({ billingCycle }) => billingCycle !== "annual") } : null

const threeYears: Plan = { term: "P3Y", billingCycle: "annual" }
const replanned: Alteration = (_, { plans }) => {
  if (plans.length < 2 || plans.some(({ billingCycle }) => billingCycle === "one_time")) return null
  return plans.some(({ term }) => term === "P3Y")
    ? { plans: plans.filter(({ term }) => term !== "P3Y") }
    : { plans: [...plans, threeYears] }
}

const repriced: Alteration = (random, { listPriceCents }) =>
  listPriceCents < 100
    ? null
    : { listPriceCents: Math.round((listPriceCents * random.pick([95, 104, 110])) / 100) }
