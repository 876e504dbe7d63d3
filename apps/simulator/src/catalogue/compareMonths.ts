import type { Plan } from "../Catalogue.ts"
import type { Item, Segment } from "./Item.ts"
import { isLegacyProduct, type Month } from "./Month.ts"

/** A field before and after. */
export interface ChangedValue {
  readonly field: (typeof changedFields)[number]
  readonly before: ChangedValueContent
  readonly after: ChangedValueContent
}
type ChangedValueContent = string | number | boolean | null | ReadonlyArray<string>

/** What can be told apart in Partner Center's own answers, with the names that a reader of them would use. */
export const changedFields = [
  "name",
  "minimumQuantity",
  "maximumQuantity",
  "plans",
  "prerequisites",
  "trialOffer",
  "trialEnabled"
] as const

/** An item by its offer, the way it is sold, and where. */
export interface ChangedItem {
  readonly offer: string
  readonly name: string
  readonly isTrial: boolean
  readonly segments: ReadonlyArray<Segment>
  readonly countries: ReadonlyArray<string>
}

/** The answer key of a catalogue update. */
export interface MonthChanges {
  readonly added: ReadonlyArray<ChangedItem>
  readonly changed: ReadonlyArray<ChangedItem & { readonly fields: ReadonlyArray<ChangedValue> }>
  /** Nobody can buy it any more; `listed` says whether Partner Center still shows it. */
  readonly discontinued: ReadonlyArray<ChangedItem & { readonly listed: boolean }>
  /** Those of which only the price sheet says something new. */
  readonly repriced: ReadonlyArray<string>
}

/** What differs between two months. A trial shows as a change of what it can become as well. */
export const compareMonths = (before: Month, after: Month): MonthChanges => {
  const old = sold(before)
  const now = sold(after)
  const oldTrials = trialsOf(old.values())
  const nowTrials = trialsOf(now.values())
  const added: Array<MonthChanges["added"][number]> = []
  const changed: Array<MonthChanges["changed"][number]> = []
  const discontinued: Array<MonthChanges["discontinued"][number]> = []
  const repriced: Array<string> = []
  for (const [offer, item] of now) if (!old.has(offer)) added.push(named(item))
  for (const [offer, item] of old) {
    const next = now.get(offer)
    if (next === undefined || (item.isPurchasable && !next.isPurchasable)) {
      discontinued.push({ ...named(item), listed: next !== undefined })
      continue
    }
    const fields = differences(item, next, oldTrials.get(offer), nowTrials.get(offer))
    if (fields.length > 0) changed.push({ ...named(next), fields })
    if (item.listPriceCents !== next.listPriceCents) repriced.push(offer)
  }
  return { added, changed, discontinued, repriced }
}

const named = ({ offer, name, isTrial, segments, countries }: Item): ChangedItem => ({
  offer,
  name,
  isTrial,
  segments,
  countries
})

/** Everything once: products that legacy commerce sells too are left to it. */
const sold = ({ offers, stocks }: Month): ReadonlyMap<string, Item> =>
  new Map(
    [
      ...offers,
      ...stocks.flatMap(({ product, skus }) => (isLegacyProduct(product) ? [] : skus))
    ].map((item) => [offerOf(item), { ...item, offer: offerOf(item) }])
  )

/** As a subscription names it: GUIDs in lower case, everything else in upper case. */
const offerOf = ({ offer }: Item): string =>
  offer.startsWith("ms-azr") ? offer.toUpperCase() : offer

const trialsOf = (items: Iterable<Item>): ReadonlyMap<string, Item> =>
  new Map(
    [...items]
      .filter(({ isTrial }) => isTrial)
      .flatMap((trial) => trial.becomes.map((offer) => [offer, trial]))
  )

const differences = (
  before: Item,
  after: Item,
  trialBefore: Item | undefined,
  trialAfter: Item | undefined
): ReadonlyArray<ChangedValue> => {
  const values: ReadonlyArray<ChangedValue> = [
    { field: "name", before: before.name, after: after.name },
    { field: "minimumQuantity", before: before.minimum, after: after.minimum },
    { field: "maximumQuantity", before: before.maximum, after: after.maximum },
    { field: "plans", before: plansOf(before.plans), after: plansOf(after.plans) },
    { field: "prerequisites", before: before.prerequisites, after: after.prerequisites },
    { field: "trialOffer", before: trialBefore?.offer ?? null, after: trialAfter?.offer ?? null },
    {
      field: "trialEnabled",
      before: trialBefore?.isPurchasable ?? false,
      after: trialAfter?.isPurchasable ?? false
    }
  ]
  return values.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
}

/** As `P1Y/annual`, sorted. */
const plansOf = (plans: ReadonlyArray<Plan>): ReadonlyArray<string> =>
  plans.map(({ term, billingCycle }) => `${term ?? "none"}/${billingCycle}`).sort()
