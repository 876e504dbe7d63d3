import { type CatalogueItem, catalogue, type Plan } from "../Catalogue.ts"
import { guidOf, Random } from "../Random.ts"
import { commercial, type Edition, editions, trialShare, trialSkuId } from "./editions.ts"
import type { LegacyOffer, Product, Sku } from "./Item.ts"
import { countries } from "./markets.ts"
import { scattered } from "./scattered.ts"
import { descriptionOf, type Service, type ServiceGroup, services } from "./services.ts"

/** A product with what is sold of it. */
export interface Stock {
  readonly product: Product
  readonly skus: ReadonlyArray<Sku>
}

const yearly: ReadonlyArray<Plan> = [
  { term: "P1M", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "annual" }
]
const threeYearly: ReadonlyArray<Plan> = [
  ...yearly,
  { term: "P3Y", billingCycle: "monthly" },
  { term: "P3Y", billingCycle: "annual" },
  { term: "P3Y", billingCycle: "triennial" }
]
const trialPlans: ReadonlyArray<Plan> = [{ term: "P1M", billingCycle: "monthly" }]

const smallBusinessMax = 300
const quantityMax = 10_000_000

/** The licence-based services of new commerce; those that generated books hold are among them. */
export const onlineServices = (seed: string): ReadonlyArray<Stock> => {
  const random = new Random(`${seed}/catalogue/online-services`)
  const held = heldStocks(seed, random)
  const generated = services.map((service, index) => {
    const id = productIdOf(seed, index)
    return stockOf(productOf(id, service), skusOf(seed, random, id, service))
  })
  const all = [...held, ...generated]
  const bases = all
    .flatMap(({ skus }) => skus)
    .filter(({ isAddon, isTrial }) => !isAddon && !isTrial)
  return all.map(({ product, skus }) => ({
    product,
    skus: skus.map((sku) => withRelations(random, sku, bases))
  }))
}

/** A new service with its licence and, for half of them, a trial, as it appears in some month. */
export const newService = (seed: string, random: Random, number: number): Stock => {
  const { group } = random.pick(services.filter(({ isAddon }) => !isAddon))
  const service: Service = {
    name: `Contoso ${random.pick(["Atlas", "Beacon", "Canvas", "Delta", "Harbor", "Lumen"])} ${number}`,
    group,
    cents: random.between(200, 9000),
    isAddon: false
  }
  const id = productIdOf(seed, 1000 + number)
  const paid = skuOf(seed, random, id, service, commercial)
  return stockOf(productOf(id, service), [
    paid,
    ...(random.chance(0.5) ? [trialOf(seed, paid, trialSkuId)] : [])
  ])
}

/** The trial of a licence. */
export const trialOf = (seed: string, paid: Sku, skuId: string): Sku => ({
  ...paid,
  offer: `${paid.productId}:${skuId}`,
  skuId,
  name: `${paid.name} Trial`,
  isTrial: true,
  minimum: 1,
  maximum: 25,
  becomes: [paid.offer],
  upgrades: [],
  plans: trialPlans,
  listPriceCents: 0,
  particulars: particularsOf(seed, `${paid.offer}/trial`)
})

const stockOf = (product: Product, skus: ReadonlyArray<Sku>): Stock => ({ product, skus })

/** Begins with a letter that ids of the generated books' products do not have in this place. */
const productIdOf = (seed: string, index: number): string => {
  const offset = new Random(`${seed}/catalogue/product-ids`).between(0, 9)
  return `CFQ7TTC0${"NPQRS".charAt(index % 5)}${(index * 10 + offset + 36 ** 2)
    .toString(36)
    .toUpperCase()
    .padStart(3, "0")}`
}

const productOf = (id: string, { name, group }: Pick<Service, "name" | "group">): Product => ({
  id,
  title: name,
  description: descriptionOf[group],
  type: "OnlineServicesNCE",
  subType: null,
  views: ["OnlineServices"],
  azurePlanOnly: false,
  publisher: "Microsoft Corporation"
})

const skusOf = (
  seed: string,
  random: Random,
  productId: string,
  service: Service
): ReadonlyArray<Sku> => {
  const paid = [commercial, ...editions.filter(({ share }) => random.chance(share))].map(
    (edition) => skuOf(seed, random, productId, service, edition)
  )
  const [first] = paid
  return first === undefined || service.isAddon || !random.chance(trialShare)
    ? paid
    : [...paid, trialOf(seed, first, trialSkuId)]
}

const skuOf = (
  seed: string,
  random: Random,
  productId: string,
  { name, group, cents, isAddon }: Service,
  edition: Edition
): Sku => ({
  ...plain,
  offer: `${productId}:${edition.skuId}`,
  productId,
  skuId: edition.skuId,
  name: name + edition.suffix,
  description: descriptionOf[group],
  segments: [edition.segment],
  isAddon,
  minimum: random.chance(0.1) ? random.pick([2, 5, 10, 20]) : 1,
  maximum: group === "business" ? smallBusinessMax : quantityMax,
  plans: random.chance(0.4) ? threeYearly : yearly,
  countries: scattered(random, edition.onlyIn),
  listPriceCents: Math.round((cents * edition.percent) / 100),
  particulars: particularsOf(seed, `${productId}:${edition.skuId}`)
})

const plain = {
  kind: "sku" as const,
  isTrial: false,
  prerequisites: [],
  becomes: [],
  upgrades: [],
  isPurchasable: true,
  purchasePrerequisites: ["MicrosoftCustomerAgreement"],
  inventoryVariables: [],
  provisioningVariables: [],
  termsHaveCycles: true
}

const particularsOf = (seed: string, name: string) => ({
  hasConstraints: true,
  isSoftwareAssuranceApplicable: false,
  provisioningId: guidOf(`${seed}/provisioning/${name}`),
  internal: false
})

const groupOf = ({ name }: CatalogueItem): ServiceGroup =>
  name.startsWith("Dynamics") ? "dynamics" : name.includes("Business") ? "business" : "office"

/** The products of the generated books as they are there, and in the editions that no book holds. */
const heldStocks = (seed: string, random: Random): ReadonlyArray<Stock> => {
  const held = catalogue.filter(({ kind }) => kind !== "legacy" && kind !== "azure-plan")
  return [...Map.groupBy(held, ({ productId }) => productId)].flatMap(([id, items]) => {
    const [first] = items.filter(({ isTrial }) => !isTrial)
    if (first === undefined) return []
    const group = groupOf(first)
    const service = { name: first.name, group, cents: first.listPriceCents, isAddon: first.isAddon }
    const others = editions
      .filter(({ share }) => random.chance(share))
      .map((edition) => skuOf(seed, random, id, service, edition))
    return [
      stockOf(productOf(id, service), [...items.map((item) => fromBook(seed, item)), ...others])
    ]
  })
}

const fromBook = (seed: string, item: CatalogueItem): Sku => ({
  ...plain,
  offer: item.offer,
  productId: item.productId,
  skuId: item.skuId,
  name: item.name,
  description: descriptionOf[groupOf(item)],
  segments: ["commercial"],
  isTrial: item.isTrial,
  isAddon: item.isAddon,
  minimum: 1,
  maximum: item.isTrial ? 25 : groupOf(item) === "business" ? smallBusinessMax : quantityMax,
  prerequisites: item.addonFor,
  becomes: item.paidOffer === null ? [] : [item.paidOffer],
  plans: item.plans,
  countries,
  listPriceCents: item.listPriceCents,
  particulars: particularsOf(seed, item.offer)
})

/** Add-ons need some licence for the same buyers, and some licences have a larger one to move to. */
const withRelations = (random: Random, sku: Sku, bases: ReadonlyArray<Sku>): Sku => {
  if (sku.isTrial) return sku
  const possible = bases.filter(
    (base) =>
      base.offer !== sku.offer &&
      base.segments[0] === sku.segments[0] &&
      base.name.startsWith("Dynamics") === sku.name.startsWith("Dynamics")
  )
  if (!sku.isAddon)
    return random.chance(0.4) && possible.length > 0
      ? { ...sku, upgrades: [random.pick(possible).offer] }
      : sku
  if (sku.prerequisites.length > 0) return sku
  const chosen = random.shuffle(possible).slice(0, random.between(2, 8))
  return { ...sku, prerequisites: chosen.map(({ offer }) => offer).sort() }
}

/** The view of online services also lists some of what legacy commerce sells, under the offers' own ids. */
export const legacyProducts = (offers: ReadonlyArray<LegacyOffer>): ReadonlyArray<Stock> => {
  const licences = offers.filter(
    ({ isTrial, isAddon, unit }) => !isTrial && !isAddon && unit === "Licenses"
  )
  return [...Map.groupBy(licences, ({ productId }) => productId)]
    .slice(0, legacyProductsMax)
    .flatMap(([id, editionsOfIt]) => {
      const [first] = editionsOfIt
      if (first === undefined) return []
      const product: Product = {
        id,
        title: first.productName,
        description: first.description,
        type: "OnlineServices",
        subType: null,
        views: ["OnlineServices"],
        azurePlanOnly: false,
        publisher: "Microsoft Corporation"
      }
      return [stockOf(product, editionsOfIt.map(legacySku))]
    })
}

const legacyProductsMax = 6

const legacySku = (offer: LegacyOffer): Sku => ({
  ...offer,
  ...plain,
  productId: offer.productId,
  skuId: offer.id,
  offer: `${offer.productId}:${offer.id}`,
  purchasePrerequisites: ["MicrosoftCloudAgreement"],
  particulars: { billingType: "license", category: "Enterprise" }
})
