import { type CatalogueItem, catalogue, type Plan } from "../Catalogue.ts"
import { guidOf, Random } from "../Random.ts"
import { commercial, type Edition, editions, trialShare } from "./editions.ts"
import type { LegacyOffer } from "./Item.ts"
import { countries } from "./markets.ts"
import { scattered } from "./scattered.ts"
import { descriptionOf, type Service, type ServiceGroup, services } from "./services.ts"

/** Recorded `uri`s begin with one of these: Office, Dynamics, Windows and Azure. */
const office = "3c95518e-8c37-41e3-9627-0ca339200f53"
const serviceIds: Record<ServiceGroup, string> = {
  office,
  business: office,
  voice: office,
  security: "0e3e2035-153d-47ad-824d-1a1dbe5770e9",
  windows: "d558186c-3be8-46a3-b761-ad5cdebe129c",
  power: "cfc0e4c1-1502-4590-bb76-6209e7304ce6",
  dynamics: "cfc0e4c1-1502-4590-bb76-6209e7304ce6"
}
const azureService = "fbf178a5-144e-46d1-aa81-612c2d3f97f4"

const plans: ReadonlyArray<Plan> = [
  { term: null, billingCycle: "annual" },
  { term: null, billingCycle: "monthly" }
]
const quantityMax = 10_000_000

/** The offers and add-ons of legacy commerce; those that generated books hold are among them. */
export const legacyOffers = (seed: string): ReadonlyArray<LegacyOffer> => {
  const random = new Random(`${seed}/catalogue/legacy`)
  const held = catalogue.filter(({ kind }) => kind === "legacy").map(fromBook)
  const bases = services
    .filter(({ isAddon }) => !isAddon)
    .flatMap((service, rank) => editionsOf(seed, random, service, rank))
  const addons = services
    .filter(({ isAddon }) => isAddon)
    .flatMap((service, rank) => editionsOf(seed, random, service, rank))
    .map((addon) => ({ ...addon, prerequisites: basesOf(random, addon, bases) }))
  return [...held, ...bases.map((base) => withUpgrade(random, base, bases)), ...addons, azure]
}

const editionsOf = (
  seed: string,
  random: Random,
  service: Service,
  rank: number
): ReadonlyArray<LegacyOffer> => {
  const paid = [commercial, ...editions.filter(({ share }) => random.chance(share))].map(
    (edition, index) => edited(seed, random, service, edition, rank * 10 + index)
  )
  const [first] = paid
  return first === undefined || service.isAddon || !random.chance(trialShare)
    ? paid
    : [...paid, trialOf(seed, first)]
}

const edited = (
  seed: string,
  random: Random,
  { name, group, cents, isAddon }: Service,
  edition: Edition,
  rank: number
): LegacyOffer => {
  const full = name + edition.suffix
  const id = guidOf(`${seed}/offer/${full}`)
  const smallBusiness = group === "business" && edition === commercial
  return {
    kind: "legacy",
    offer: id,
    id: id.toUpperCase(),
    name: full,
    description: descriptionOf[group],
    segments: [edition.segment],
    isTrial: false,
    isAddon,
    minimum: random.chance(0.12) ? random.pick([2, 5, 10, 20, 50, 100]) : 1,
    maximum: group === "business" ? 300 : quantityMax,
    prerequisites: [],
    becomes: [],
    upgrades: [],
    plans,
    isPurchasable: true,
    countries: scattered(random, edition.onlyIn),
    listPriceCents: Math.round((cents * edition.percent) / 100),
    service: serviceIds[group],
    category: isAddon ? "none" : smallBusiness ? "smallBusiness" : edition.category,
    unit: isAddon ? random.pick(["Add-On Licenses", "Licenses", "Gigabytes"]) : "Licenses",
    rank,
    productId: guidOf(`${seed}/product/${name}`).toUpperCase(),
    productName: name
  }
}

const trialOf = (seed: string, paid: LegacyOffer): LegacyOffer => {
  const name = `${paid.name} Trial`
  const id = guidOf(`${seed}/offer/${name}`)
  return {
    ...paid,
    offer: id,
    id: id.toUpperCase(),
    name,
    isTrial: true,
    minimum: 25,
    maximum: 25,
    becomes: [paid.offer],
    plans: [{ term: null, billingCycle: "none" }],
    listPriceCents: 0,
    category: "trial"
  }
}

/** Offers of the same sort for the same buyers. */
const kindred = (
  offer: LegacyOffer,
  bases: ReadonlyArray<LegacyOffer>
): ReadonlyArray<LegacyOffer> =>
  bases.filter(
    (base) =>
      !base.isTrial &&
      base.offer !== offer.offer &&
      base.segments[0] === offer.segments[0] &&
      base.name.startsWith("Dynamics") === offer.name.startsWith("Dynamics")
  )

/** Every sixth offer or so has a larger one to move to. */
const withUpgrade = (
  random: Random,
  offer: LegacyOffer,
  bases: ReadonlyArray<LegacyOffer>
): LegacyOffer => {
  const possible = kindred(offer, bases)
  return offer.isTrial || possible.length === 0 || !random.chance(0.15)
    ? offer
    : { ...offer, upgrades: [random.pick(possible).offer] }
}

const basesOf = (
  random: Random,
  addon: LegacyOffer,
  bases: ReadonlyArray<LegacyOffer>
): ReadonlyArray<string> => {
  const chosen = random.shuffle(kindred(addon, bases)).slice(0, random.between(3, 20))
  return chosen.map(({ offer }) => offer).sort()
}

const fromBook = (item: CatalogueItem, index: number): LegacyOffer => ({
  kind: "legacy",
  offer: item.offer,
  id: item.offer.toUpperCase(),
  name: item.name,
  description: descriptionOf.office,
  segments: ["commercial"],
  isTrial: false,
  isAddon: item.isAddon,
  minimum: 1,
  maximum: quantityMax,
  prerequisites: item.addonFor,
  becomes: [],
  upgrades: [],
  plans: item.plans,
  isPurchasable: true,
  countries,
  listPriceCents: item.listPriceCents,
  service: office,
  category: item.isAddon ? "none" : "enterprise",
  unit: "Licenses",
  rank: index,
  productId: guidOf(`product/${item.offer}`).toUpperCase(),
  productName: item.name
})

/** Azure of the first generation, with the only id that is no GUID. */
const azure: LegacyOffer = {
  kind: "legacy",
  offer: "ms-azr-0145p",
  id: "MS-AZR-0145P",
  name: "Microsoft Azure",
  description: "Azure Cloud Solution Provider offer for Partner and Resellers",
  segments: ["commercial"],
  isTrial: false,
  isAddon: false,
  minimum: 1,
  maximum: 999_999_999,
  prerequisites: [],
  becomes: [],
  upgrades: [],
  plans: [{ term: null, billingCycle: "monthly" }],
  isPurchasable: true,
  countries,
  listPriceCents: 0,
  service: azureService,
  category: "enterprise",
  unit: "Usage-based",
  rank: 1413,
  productId: "9DEA7946-EC2C-441E-9FFD-E3B275F7E838",
  productName: "Windows Azure Global"
}
