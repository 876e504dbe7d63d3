import { categories, cyclesOf, type LegacyOffer } from "../catalogue/Item.ts"
import { isSoldIn } from "../catalogue/Month.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty } from "./Call.ts"
import { type Audience, address, byCountry, byCustomer } from "./market.ts"
import { collection, link } from "./resource.ts"

/** GET /v1/offers?country=[&offer_category_id=][&offset=][&size=] */
export const listOffers = (call: Call): Answer => listedOffers(call, byCountry(call))

/** GET /v1/customers/{id}/offers */
export const listCustomerOffers = (call: Call): Answer => listedOffers(call, byCustomer(call))

/** GET /v1/offers/{id}?country= */
export const getOffer = (call: Call): Answer => {
  const audience = byCountry(call)
  return json(rendered(offerOf(call, audience), audience, basesOf(offersIn(call, audience))))
}

/** GET /v1/offers/{id}/addons?country= */
export const listOfferAddons = (call: Call): Answer => {
  const audience = byCountry(call)
  const { id, offer } = offerOf(call, audience)
  const all = offersIn(call, audience)
  const addons = all.filter(({ prerequisites }) => prerequisites.includes(offer))
  return answered(audience, addons, all, address(`/offers/${id}/addons`, audience.countryQuery))
}

/** GET /v1/offercategories?country= */
export const listOfferCategories = (call: Call): Answer => listedCategories(call, byCountry(call))

/** GET /v1/customers/{id}/offercategories */
export const listCustomerOfferCategories = (call: Call): Answer =>
  listedCategories(call, byCustomer(call))

const listedOffers = (call: Call, audience: Audience): Answer => {
  const category = call.query.get("offer_category_id")?.toLowerCase()
  const offset = numberIn(call, "offset")
  const size = numberIn(call, "size")
  const all = offersIn(call, audience)
  const chosen = all.filter(
    (offer) => category === undefined || categories[offer.category].id.toLowerCase() === category
  )
  // The recorded list of 274 offers is one page without a next link.
  const page = chosen.slice(offset, size === 0 ? undefined : offset + size)
  return answered(audience, page, all, address(`${audience.owner}/offers`, audience.ownQuery))
}

const numberIn = (call: Call, name: string): number => {
  const text = call.query.get(name) ?? "0"
  if (!/^\d{1,6}$/u.test(text)) throw new Refusal(invalidProperty(name))
  return Number(text)
}

const offersIn = (call: Call, { market }: Audience): ReadonlyArray<LegacyOffer> =>
  call.simulator.catalogue().offers.filter((offer) => isSoldIn(offer, market.country))

const offerOf = (call: Call, audience: Audience): LegacyOffer => {
  const [id = ""] = audience.parameters
  const offer = offersIn(call, audience).find((one) => one.offer === id.toLowerCase())
  if (offer !== undefined) return offer
  throw new Refusal(standardError(404, 800004, `Offer ${id.slice(0, 64)} was not found.`))
}

const answered = (
  audience: Audience,
  offers: ReadonlyArray<LegacyOffer>,
  all: ReadonlyArray<LegacyOffer>,
  self: string
): Answer => {
  const bases = basesOf(all)
  return json(
    collection(
      offers.map((offer) => rendered(offer, audience, bases)),
      { self: link(self) }
    )
  )
}

/** Offers that some add-on needs. */
const basesOf = (all: ReadonlyArray<LegacyOffer>): ReadonlySet<string> =>
  new Set(all.flatMap(({ prerequisites }) => prerequisites))

/** "Offer resources", with the fields of the recorded list. */
const rendered = (
  offer: LegacyOffer,
  { market, locale, countryQuery }: Audience,
  bases: ReadonlySet<string>
) => ({
  id: offer.id,
  name: locale.text(offer.name),
  description: locale.text(offer.description),
  minimumQuantity: offer.minimum,
  maximumQuantity: offer.maximum,
  rank: offer.rank,
  uri: `/${offer.service}/Offers/${offer.id}`,
  locale: locale.name,
  country: market.country,
  category: renderedCategory(offer.category, market.country, locale),
  limitUnitOfMeasure: offer.isTrial ? "Lifetime" : "None",
  limit: offer.isTrial ? 1 : 0,
  termUnitOfMeasure: offer.isTrial || offer.unit === "Usage-based" ? "Month" : "Year",
  term: offer.unit === "Usage-based" ? 9999 : 1,
  prerequisiteOffers: offer.prerequisites.map((id) => id.toUpperCase()),
  isAddOn: offer.isAddon,
  hasAddOns: bases.has(offer.offer),
  isAvailableForPurchase: offer.isPurchasable,
  billing: offer.unit === "Usage-based" ? "usage" : "license",
  supportedBillingCycles: cyclesOf(offer),
  isAutoRenewable: !offer.isTrial && offer.unit !== "Usage-based",
  isInternal: false,
  isMicrosoftProduct: true,
  conversionTargetOffers: offer.becomes.map((id) => id.toUpperCase()),
  reselleeQualifications: qualificationsOf(offer),
  resellerQualifications: [],
  salesGroupId: offer.isTrial ? `Trial-${offer.id}` : "Default",
  isTrial: offer.isTrial,
  acquisitionType: "purchase",
  supportedCatalogTypes: offer.unit === "Usage-based" ? ["live"] : ["sandbox", "live"],
  actions: ["Cancel", "Edit"],
  product: { id: offer.productId, name: offer.productName, unit: offer.unit },
  unitType: offer.unit,
  upgradeTargetOffers:
    offer.isTrial || offer.upgrades.length > 0
      ? offer.upgrades.map((id) => id.toUpperCase())
      : undefined,
  links: {
    learnMore: { uri: learnMoreOf(offer), method: "GET", headers: [] },
    self: link(address(`/offers/${offer.id}`, countryQuery))
  },
  attributes: { objectType: "Offer" }
})

/** Only some of Microsoft's offers have a page. */
const learnMoreOf = ({ isAddon, id }: LegacyOffer): string | undefined =>
  isAddon ? `http://g.microsoftonline.com/0BXPS00en-us/${id.slice(0, 4)}` : undefined

const qualificationOf: Record<LegacyOffer["segments"][number], ReadonlyArray<string>> = {
  commercial: [],
  education: ["Education"],
  nonprofit: ["Nonprofit"],
  government: ["GovernmentCommunityCloud"]
}
const qualificationsOf = ({ segments }: LegacyOffer): ReadonlyArray<string> =>
  segments.flatMap((segment) => qualificationOf[segment])

const listedCategories = (call: Call, audience: Audience): Answer => {
  const { market, locale, owner, ownQuery } = audience
  const used = new Set(offersIn(call, audience).map(({ category }) => category))
  used.delete("none")
  return json(
    collection(
      [...used]
        .toSorted((a, b) => categories[a].rank - categories[b].rank)
        .map((category) => renderedCategory(category, market.country, locale)),
      { self: link(address(`${owner}/offercategories`, ownQuery)) }
    )
  )
}

const renderedCategory = (
  category: LegacyOffer["category"],
  country: string,
  locale: Audience["locale"]
) => ({
  id: categories[category].id,
  name: locale.text(categories[category].name),
  rank: categories[category].rank,
  locale: locale.name,
  country,
  attributes: { objectType: "OfferCategory" }
})
