import { type Family, Segment } from "@concordat/core/catalogue/Family"
import type { Plan, VendorItem } from "@concordat/core/catalogue/VendorCatalogue"
import { BillingCycle, OfferId, type Term } from "@concordat/core/subscription/Subscription"
import { Option, Schema } from "effect"
import type { WireAvailability } from "./wire/Availability.ts"
import type { WireCatalogueOffer } from "./wire/Offer.ts"
import type { WireProduct } from "./wire/Product.ts"
import type { WireSku } from "./wire/Sku.ts"
import { offerIn, WireBillingCycle, WireTerm } from "./wire/Subscription.ts"

/** Takes note of a value that is left out, such as `billing cycle biennial`. */
export type LeaveOut = (what: string) => void

const asOffer = Schema.decodeUnknownOption(OfferId)
const asCycle = Schema.decodeUnknownOption(WireBillingCycle)
const asSoldCycle = Schema.decodeUnknownOption(BillingCycle)
const asTerm = Schema.decodeUnknownOption(WireTerm)
const asSegment = Schema.decodeUnknownOption(Segment)

/** A legacy offer in our words; undefined when its id is none that an order could name. */
export const legacyItem = (
  wire: WireCatalogueOffer,
  country: string,
  leaveOut: LeaveOut
): VendorItem | undefined => {
  const offer = offerFrom(wire.id, leaveOut)
  if (offer === undefined) return undefined
  return {
    offer,
    family: legacyFamily(wire),
    country,
    segment: legacySegment(wire.reselleeQualifications ?? [], leaveOut),
    name: wire.name,
    description: wire.description ?? "",
    uri: wire.uri || null,
    isTrial: wire.isTrial ?? false,
    isAddon: wire.isAddOn ?? false,
    prerequisites: offersFrom(wire.prerequisiteOffers ?? [], offer, leaveOut),
    conversionTargets: offersFrom(wire.conversionTargetOffers ?? [], offer, leaveOut),
    minimumQuantity: wire.minimumQuantity,
    maximumQuantity: wire.maximumQuantity,
    plans: plansOf([null], wire.supportedBillingCycles ?? [], leaveOut),
    isPurchasable: wire.isAvailableForPurchase ?? true,
    catalogItemId: null
  }
}

/** One availability of a SKU; undefined when its segment is none of ours, or its id none that an order could name. */
export const modernItem = (
  sku: WireSku,
  availability: WireAvailability,
  context: {
    readonly productId: string
    readonly country: string
    /** Which segment was asked for; undefined for all. */
    readonly segment: Segment | undefined
    readonly family: (plans: ReadonlyArray<Plan>) => Family
  },
  leaveOut: LeaveOut
): VendorItem | undefined => {
  const { productId, country } = context
  const offer = offerFrom(`${productId}:${sku.id}`, leaveOut)
  const segment = segmentFrom(availability.segment ?? context.segment ?? "commercial", leaveOut)
  if (offer === undefined || segment === undefined) return undefined
  if (context.segment !== undefined && segment !== context.segment) return undefined
  const { isAddon, prerequisiteSkus, conversionTargetOffers } = sku.dynamicAttributes ?? {}
  const isTrial = sku.isTrial ?? false
  const plans = modernPlans(sku, availability, leaveOut)
  return {
    offer,
    family: context.family(plans),
    country,
    segment,
    name: sku.title,
    description: sku.description ?? "",
    uri: null,
    isTrial,
    isAddon: isAddon ?? false,
    prerequisites: offersFrom(prerequisiteSkus ?? [], offer, leaveOut),
    conversionTargets: isTrial
      ? offersFrom(
          [...(conversionTargetOffers ?? []), ...renewalsOf(availability)],
          offer,
          leaveOut
        )
      : [],
    minimumQuantity: sku.minimumQuantity,
    maximumQuantity: sku.maximumQuantity,
    plans,
    isPurchasable: availability.isPurchasable ?? true,
    catalogItemId: availability.catalogItemId ?? `${productId}:${sku.id}:${availability.id}`
  }
}

/** Products that are sold as legacy offers too: those have GUIDs, and a type of their own where both are listed. */
export const isLegacyProduct = ({ id, productType }: WireProduct): boolean =>
  /^[0-9a-f]{8}-/iu.test(id) || productType?.id?.toLowerCase() === "onlineservices"

/** The family of a product that was not found through a view. Software without a term is bought for good. */
export const familyOfProduct =
  ({ id, productType }: WireProduct) =>
  (plans: ReadonlyArray<Plan>): Family => {
    switch (productType?.id?.toLowerCase()) {
      case "azure":
        return id.toUpperCase() === azurePlanId ? "azure-plan" : "azure-reserved-instance"
      case "software":
        return plans.some(({ term }) => term !== null) ? "software-subscription" : "perpetual"
      default:
        return "nce"
    }
  }

/** "Purchase an Azure plan": product DZH318Z0BPS6, SKU 0001. */
const azurePlanId = "DZH318Z0BPS6"

/**
 * Offer URIs decide the product type (domain.md §5), by the service in them; Microsoft names its Dynamics services in
 * no document, but the brand is the same in all languages.
 */
const legacyFamily = ({ name, product, billing }: WireCatalogueOffer): Family => {
  if (billing?.toLowerCase() === "usage") return "azure"
  return /\bdynamics\b/iu.test(`${product?.name ?? ""} ${name}`) ? "dynamics" : "license"
}

const qualified = new Map<string, Segment>([
  ["education", "education"],
  ["nonprofit", "nonprofit"],
  ["governmentcommunitycloud", "government"],
  ["stateownedentity", "government"]
])

/** Whoever needs a qualification that we do not know is refused by Partner Center, not here. */
const legacySegment = (qualifications: ReadonlyArray<string>, leaveOut: LeaveOut): Segment => {
  for (const text of qualifications) {
    const segment = qualified.get(text.toLowerCase())
    if (segment !== undefined) return segment
    if (text !== "" && text.toLowerCase() !== "none") leaveOut(`qualification ${text}`)
  }
  return "commercial"
}

const segmentFrom = (text: string, leaveOut: LeaveOut): Segment | undefined => {
  const segment = Option.getOrUndefined(asSegment(text.toLowerCase()))
  if (segment === undefined) leaveOut(`segment ${text}`)
  return segment
}

const offerFrom = (id: string, leaveOut: LeaveOut): OfferId | undefined => {
  const offer = Option.getOrUndefined(asOffer(offerIn(id)))
  if (offer === undefined) leaveOut(`offer id ${id}`)
  return offer
}

/** Each once, without the offer itself. */
const offersFrom = (
  ids: ReadonlyArray<string>,
  self: OfferId,
  leaveOut: LeaveOut
): ReadonlyArray<OfferId> => {
  const offers = new Set<OfferId>()
  for (const id of ids) {
    const offer = offerFrom(id, leaveOut)
    if (offer !== undefined && offer !== self) offers.add(offer)
  }
  return [...offers]
}

/** What a trial goes on as, in either of the two places that say so. */
const renewalsOf = ({ terms, renewalInstructions }: WireAvailability): ReadonlyArray<string> =>
  [...(terms ?? []), ...(renewalInstructions ?? [])].flatMap(({ renewalOptions }) =>
    (renewalOptions ?? []).flatMap(({ renewToId }) => renewToId || [])
  )

const modernPlans = (
  sku: WireSku,
  { terms }: WireAvailability,
  leaveOut: LeaveOut
): ReadonlyArray<Plan> => {
  const cycles = sku.supportedBillingCycles ?? []
  if (terms === undefined || terms === null || terms.length === 0)
    return plansOf([null], cycles, leaveOut)
  const plans = terms.flatMap(({ duration, billingCycle }) => {
    const term = asTerm(duration ?? "")
    if (Option.isNone(term)) {
      leaveOut(`term ${duration}`)
      return []
    }
    const own = billingCycle === undefined || billingCycle === null ? cycles : [billingCycle]
    return plansOf([term.value], own, leaveOut)
  })
  return [...new Map(plans.map((plan) => [`${plan.term}/${plan.billingCycle}`, plan])).values()]
}

const plansOf = (
  terms: ReadonlyArray<Term | null>,
  cycles: ReadonlyArray<string | number>,
  leaveOut: LeaveOut
): ReadonlyArray<Plan> =>
  terms.flatMap((term) =>
    cycles.flatMap((cycle) => {
      const sold = Option.flatMap(asCycle(cycle), asSoldCycle)
      if (Option.isSome(sold)) return [{ term, billingCycle: sold.value }]
      leaveOut(`billing cycle ${cycle}`)
      return []
    })
  )
