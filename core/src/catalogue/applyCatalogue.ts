import { BigDecimal } from "effect"
import type { ProductNames } from "../instance/Instance.ts"
import type { Currency } from "../money/Money.ts"
import { BillingCycle, type OfferId, Term } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import {
  type Availability,
  type ChangedField,
  type ChangeValue,
  type ChargeType,
  type FieldChange,
  type ProductFacts,
  type ProductPlan,
  supportsAnnual
} from "./CatalogueProduct.ts"
import { type Family, Segment } from "./Family.ts"
import type { Plan, VendorItem } from "./VendorCatalogue.ts"

/** What a run has read of Partner Center's catalogue. */
export interface CatalogueReading {
  readonly items: ReadonlyArray<VendorItem>
  /** The instance's countries; what Microsoft calls a product in the first of them is its name. */
  readonly countries: ReadonlyArray<string>
  /** Countries of which a part could not be read: what is missing there may well exist. */
  readonly unread: ReadonlySet<string>
  readonly at: Instant
}

export interface CataloguePolicy {
  readonly productNames: ProductNames
  /** Of the prices with which a new product begins. */
  readonly currency: Currency
}

/** What a run found about one product, worth an operator's look. */
export interface ProductChange {
  readonly offer: OfferId
  readonly name: string
  readonly kind: "new" | "changed" | "discontinued"
  /** Empty for a new product: all of it is new. */
  readonly fields: ReadonlyArray<FieldChange>
}

export interface CatalogueOutcome {
  /** Products that are written, in the order of their offers: new ones and those of which anything moved. */
  readonly products: ReadonlyArray<ProductFacts>
  readonly changes: ReadonlyArray<ProductChange>
  /** Known products about which there was nothing to say. */
  readonly unchanged: number
}

/**
 * The effects of reading the catalogue (domain.md §5). The order of the items does not matter, and the same reading
 * a second time changes nothing. Published, the prices, the code and a name edited by hand (unless the policy says
 * otherwise) stay as they are; nothing is ever removed. A trial is no product of its own: it becomes the link of the
 * products that it can turn into.
 */
export const applyCatalogue = (
  known: ReadonlyArray<ProductFacts>,
  reading: CatalogueReading,
  policy: CataloguePolicy
): CatalogueOutcome => {
  const sold = Map.groupBy(
    merged(reading.items.filter(({ isTrial }) => !isTrial)),
    ({ offer }) => offer
  )
  const trials = trialsOf(reading.items)
  const before = new Map(known.map((product) => [product.offer, product]))
  const products: Array<ProductFacts> = []
  const changes: Array<ProductChange> = []
  let unchanged = 0
  for (const offer of [...new Set([...before.keys(), ...sold.keys()])].sort(byText)) {
    const old = before.get(offer)
    const items = sold.get(offer) ?? []
    if (old === undefined) {
      const made = newProduct(offer, items, trials.get(offer), reading, policy)
      if (made === undefined) continue
      products.push(made)
      changes.push({ offer, name: made.name, kind: "new", fields: [] })
      continue
    }
    const next = nextProduct(old, items, trials.get(offer), reading, policy)
    const fields = differences(old, next)
    if (fields.length === 0) {
      unchanged += 1
      // What expires is fresh again.
      if (next.availabilities.length > 0) products.push(next)
      continue
    }
    const kind =
      next.discontinuedAt !== null && old.discontinuedAt === null ? "discontinued" : "changed"
    products.push({
      ...next,
      // What nobody has looked at yet is still new to them.
      status: kind === "changed" && old.status === "new" ? "new" : kind,
      changes: joined(old.changes, fields)
    })
    changes.push({ offer, name: next.name, kind, fields })
  }
  return { products, changes, unchanged }
}

/** Changes since the last acknowledgement: the first value and the last one, where they differ. */
const joined = (
  earlier: ReadonlyArray<FieldChange>,
  later: ReadonlyArray<FieldChange>
): ReadonlyArray<FieldChange> => {
  const byField = new Map<ChangedField, FieldChange>()
  for (const change of [...earlier, ...later]) {
    const first = byField.get(change.field)
    byField.set(change.field, first === undefined ? change : { ...first, after: change.after })
  }
  return [...byField.values()].filter(({ before, after }) => !sameValue(before, after))
}

/** One item for each offer, country and segment: a SKU can be listed in several views. */
const merged = (items: ReadonlyArray<VendorItem>): ReadonlyArray<VendorItem> =>
  [...Map.groupBy(items, ({ offer, country, segment }) => `${offer} ${country} ${segment}`)]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([, same]) => {
      const [first] = same.toSorted(byContent)
      if (first === undefined) return []
      return [
        {
          ...first,
          minimumQuantity: Math.min(...same.map(({ minimumQuantity }) => minimumQuantity)),
          maximumQuantity: Math.max(...same.map(({ maximumQuantity }) => maximumQuantity)),
          plans: same.flatMap(({ plans }) => plans),
          prerequisites: same.flatMap(({ prerequisites }) => prerequisites)
        }
      ]
    })

/** What can be bought first; then any order, as long as it is always the same. */
const byContent = (a: VendorItem, b: VendorItem): number =>
  Number(b.isPurchasable) - Number(a.isPurchasable) || byText(JSON.stringify(a), JSON.stringify(b))

interface Trial {
  readonly offer: OfferId
  readonly enabled: boolean
}

/** The trial of each product: one that is offered before one that is not, then by id. */
const trialsOf = (items: ReadonlyArray<VendorItem>): ReadonlyMap<OfferId, Trial> => {
  const trials = new Map<OfferId, Trial>()
  for (const item of items) {
    if (!item.isTrial) continue
    const one: Trial = { offer: item.offer, enabled: item.isPurchasable }
    for (const target of item.conversionTargets) {
      const held = trials.get(target)
      if (held === undefined || isBetter(one, held)) trials.set(target, one)
    }
  }
  return trials
}

const isBetter = (one: Trial, other: Trial): boolean =>
  one.enabled === other.enabled ? one.offer < other.offer : one.enabled

/** undefined for what nobody can buy: it never was a product here, and does not become one. */
const newProduct = (
  offer: OfferId,
  items: ReadonlyArray<VendorItem>,
  trial: Trial | undefined,
  reading: CatalogueReading,
  policy: CataloguePolicy
): ProductFacts | undefined => {
  const availabilities = items.map((item) => availabilityOf(item, reading.at))
  const names = namesOf(items, reading.countries)
  if (names === undefined || !availabilities.some(({ isPurchasable }) => isPurchasable))
    return undefined
  const free = { amount: BigDecimal.fromBigInt(0n), currency: policy.currency }
  const overall = overallOf(availabilities)
  return {
    offer,
    name: names.name,
    microsoftName: names.name,
    code: offer,
    family: names.family,
    segment: segmentOf(items),
    isAddon: names.isAddon,
    description: descriptionOf(names.description, overall),
    chargeType: chargeTypeOf(names.family),
    ...overall,
    availabilities,
    prerequisites: prerequisitesOf(items),
    trialOffer: trial?.offer ?? null,
    trialEnabled: trial?.enabled ?? false,
    annualEnabled: supportsAnnual(overall.plans),
    published: false,
    sellPrice: free,
    purchasePrice: free,
    protectionMonths: 0,
    status: "new",
    changes: [],
    discontinuedAt: null
  }
}

/** The product as the reading makes it; status and changes are not decided here. */
const nextProduct = (
  old: ProductFacts,
  items: ReadonlyArray<VendorItem>,
  trial: Trial | undefined,
  reading: CatalogueReading,
  policy: CataloguePolicy
): ProductFacts => {
  const availabilities = nextAvailabilities(old.availabilities, items, reading)
  const isSold = availabilities.some(({ isPurchasable }) => isPurchasable)
  // Of a product that was never read, an incomplete reading says nothing.
  const isUnknown = old.availabilities.length === 0 && items.length === 0 && reading.unread.size > 0
  const missingSince = isUnknown ? old.discontinuedAt : (old.discontinuedAt ?? reading.at)
  // What is not sold any more is kept as it was sold last: there are subscriptions to it.
  const overall = isSold ? overallOf(availabilities) : quantitiesAndPlansOf(old)
  const seenInAll = availabilities.every(
    ({ country }) => !reading.unread.has(country) || items.some((item) => item.country === country)
  )
  const names = seenInAll ? namesOf(items, reading.countries) : undefined
  const isAnnual = supportsAnnual(overall.plans)
  return {
    ...old,
    name: nameOf(old, names?.name, policy.productNames),
    microsoftName: names?.name ?? old.microsoftName,
    family: names?.family ?? old.family,
    isAddon: names?.isAddon ?? old.isAddon,
    segment: names === undefined ? old.segment : segmentOf(items),
    chargeType: chargeTypeOf(names?.family ?? old.family),
    description: names === undefined ? old.description : descriptionOf(names.description, overall),
    ...overall,
    availabilities,
    prerequisites: names === undefined ? old.prerequisites : prerequisitesOf(items),
    ...nextTrial(old, trial, reading),
    annualEnabled: isAnnual && (old.annualEnabled || !supportsAnnual(old.plans)),
    discontinuedAt: isSold ? null : missingSince
  }
}

const nameOf = (old: ProductFacts, name: string | undefined, policy: ProductNames): string => {
  if (name === undefined) return old.name
  const isEdited = old.name !== (old.microsoftName ?? name)
  return isEdited && policy === "keep" ? old.name : name
}

/** The link stays when the trial ends; what is missing in an incomplete reading has not ended. */
const nextTrial = (
  old: ProductFacts,
  trial: Trial | undefined,
  reading: CatalogueReading
): Pick<ProductFacts, "trialOffer" | "trialEnabled"> => {
  if (trial !== undefined && (trial.enabled || reading.unread.size === 0))
    return { trialOffer: trial.offer, trialEnabled: trial.enabled }
  return {
    trialOffer: old.trialOffer,
    trialEnabled: old.trialEnabled && reading.unread.size > 0
  }
}

/**
 * Where an item was read, it counts. Where a country was not read whole, what was known stays. Elsewhere it is not
 * sold any more, which is kept with the terms of those who have it. Countries that the instance gave up are gone.
 */
const nextAvailabilities = (
  old: ReadonlyArray<Availability>,
  items: ReadonlyArray<VendorItem>,
  { at, countries, unread }: CatalogueReading
): ReadonlyArray<Availability> => {
  const placeOf = (one: { readonly country: string; readonly segment: Segment }) =>
    `${one.country} ${one.segment}`
  const places = new Map<string, Availability>()
  for (const availability of old) {
    if (!countries.includes(availability.country)) continue
    places.set(
      placeOf(availability),
      unread.has(availability.country)
        ? availability
        : { ...availability, isPurchasable: false, catalogItemId: null }
    )
  }
  for (const item of items) places.set(placeOf(item), availabilityOf(item, at))
  return [...places].sort(([a], [b]) => byText(a, b)).map(([, availability]) => availability)
}

const availabilityOf = (item: VendorItem, at: Instant): Availability => ({
  country: item.country,
  segment: item.segment,
  isPurchasable: item.isPurchasable,
  minimumQuantity: item.minimumQuantity,
  maximumQuantity: item.maximumQuantity,
  plans: sortedPlans(item.plans),
  catalogItemId: item.catalogItemId,
  readAt: at
})

type QuantitiesAndPlans = Pick<ProductFacts, "minimumQuantity" | "maximumQuantity" | "plans">

const quantitiesAndPlansOf = (product: QuantitiesAndPlans): QuantitiesAndPlans => ({
  minimumQuantity: product.minimumQuantity,
  maximumQuantity: product.maximumQuantity,
  plans: product.plans
})

/** Over all places where it can be bought, of which there is one at least. */
const overallOf = (availabilities: ReadonlyArray<Availability>): QuantitiesAndPlans => {
  const open = availabilities.filter(({ isPurchasable }) => isPurchasable)
  return {
    minimumQuantity: Math.min(...open.map(({ minimumQuantity }) => minimumQuantity)),
    maximumQuantity: Math.max(...open.map(({ maximumQuantity }) => maximumQuantity)),
    plans: sortedPlans(open.flatMap(({ plans }) => plans))
  }
}

interface Names extends Pick<VendorItem, "name" | "family" | "isAddon"> {
  /** Microsoft's text with the address of the offer. */
  readonly description: string
}

/** As the first of the instance's countries has it. */
const namesOf = (
  items: ReadonlyArray<VendorItem>,
  countries: ReadonlyArray<string>
): Names | undefined => {
  const rank = (country: string) => {
    const index = countries.indexOf(country)
    return index < 0 ? countries.length : index
  }
  const [first] = items.toSorted(
    (a, b) =>
      rank(a.country) - rank(b.country) ||
      segmentRank(a.segment) - segmentRank(b.segment) ||
      byText(a.country, b.country)
  )
  if (first === undefined) return undefined
  return {
    name: first.name,
    family: first.family,
    isAddon: first.isAddon,
    description: [first.description, ...(first.uri === null ? [] : [`Offer: ${first.uri}`])].join(
      "\n"
    )
  }
}

/** Short description, address of the offer, minimum and maximum (domain.md §5). */
const descriptionOf = (
  text: string,
  { maximumQuantity, minimumQuantity }: QuantitiesAndPlans
): string => `${text}\nQuantity: ${minimumQuantity} to ${maximumQuantity}`

const quantityLine = /\nQuantity: [0-9]+ to [0-9]+$/u

const segmentRank = (segment: Segment): number => Segment.literals.indexOf(segment)

/** What is sold to everybody needs no qualification, whoever else it is sold to. */
const segmentOf = (items: ReadonlyArray<VendorItem>): Segment =>
  items.reduce<Segment>(
    (least, { segment }) => (segmentRank(segment) < segmentRank(least) ? segment : least),
    items[0]?.segment ?? "commercial"
  )

const prerequisitesOf = (items: ReadonlyArray<VendorItem>): ReadonlyArray<OfferId> =>
  [...new Set(items.flatMap(({ prerequisites }) => prerequisites))].sort(byText)

const chargeTypeOf = (family: Family): ChargeType => {
  switch (family) {
    case "azure":
    case "azure-plan":
      return "pay-per-use"
    case "perpetual":
      return "one-time"
    case "license":
    case "dynamics":
    case "azure-reserved-instance":
    case "software-subscription":
    case "nce":
      return "recurring-prepaid"
  }
}

const planText = ({ term, billingCycle }: Plan): string => `${term ?? "none"}/${billingCycle}`

const sortedPlans = (plans: ReadonlyArray<Plan>): ReadonlyArray<ProductPlan> =>
  [...new Map(plans.map((plan) => [planText(plan), plan])).values()]
    .map(({ term, billingCycle }) => ({ term, billingCycle }))
    .sort(
      (a, b) =>
        termRank(a) - termRank(b) ||
        BillingCycle.literals.indexOf(a.billingCycle) -
          BillingCycle.literals.indexOf(b.billingCycle)
    )

const termRank = ({ term }: Plan): number => (term === null ? -1 : Term.literals.indexOf(term))

/** What differs between two states of a product, as far as Microsoft decides it. */
const differences = (before: ProductFacts, after: ProductFacts): ReadonlyArray<FieldChange> => {
  const was = valuesOf(before)
  const isFollowed = after.name !== before.name && after.name === after.microsoftName
  return [...valuesOf(after)].flatMap(([field, value]) => {
    // Said once: the name is the one that Microsoft gave.
    if (field === "microsoftName" && isFollowed) return []
    const old = was.get(field) ?? null
    return sameValue(old, value) ? [] : [{ field, before: old, after: value }]
  })
}

const sameValue = (a: ChangeValue, b: ChangeValue): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

const valuesOf = (product: ProductFacts): ReadonlyMap<ChangedField, ChangeValue> =>
  new Map<ChangedField, ChangeValue>([
    ["name", product.name],
    ["microsoftName", product.microsoftName],
    // The quantities have fields of their own.
    ["description", product.description.replace(quantityLine, "")],
    ["family", product.family],
    ["segment", product.segment],
    ["isAddon", product.isAddon],
    ["minimumQuantity", product.minimumQuantity],
    ["maximumQuantity", product.maximumQuantity],
    ["plans", plansByCountry(product)],
    ["annualEnabled", product.annualEnabled],
    ["countries", countriesOf(product)],
    ["prerequisites", product.prerequisites],
    ["trialOffer", product.trialOffer],
    ["trialEnabled", product.trialEnabled],
    ["discontinued", product.discontinuedAt !== null]
  ])

const countriesOf = ({ availabilities }: ProductFacts): ReadonlyArray<string> => [
  ...new Set(
    availabilities.filter(({ isPurchasable }) => isPurchasable).map(({ country }) => country)
  )
]

/** Each plan, with its countries where it is not sold in all of those of the product. */
const plansByCountry = (product: ProductFacts): ReadonlyArray<string> => {
  const countries = countriesOf(product)
  return product.plans.map((plan) => {
    const text = planText(plan)
    const those = new Set(
      product.availabilities
        .filter(
          ({ isPurchasable, plans }) => isPurchasable && plans.some((p) => planText(p) === text)
        )
        .map(({ country }) => country)
    )
    return those.size === 0 || those.size === countries.length
      ? text
      : `${text} in ${[...those].join(", ")}`
  })
}

/** By code points, which no locale changes. */
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
