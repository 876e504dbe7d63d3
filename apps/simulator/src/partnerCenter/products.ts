import type { Plan } from "../Catalogue.ts"
import { cyclesOf, type Segment, type Sku, segments, type View, views } from "../catalogue/Item.ts"
import { isLegacyProduct, isSoldIn } from "../catalogue/Month.ts"
import type { Stock } from "../catalogue/onlineServices.ts"
import { Random } from "../Random.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty } from "./Call.ts"
import { type Audience, address, byCountry, byCustomer } from "./market.ts"
import { collection, link } from "./resource.ts"

type Reader = (call: Call) => Audience

/** GET …/products?targetView=[&targetSegment=][&reservationScope=] */
const listProducts =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    const view = viewOf(call)
    const segment = segmentOf(call)
    const withinPlan = scopeOf(call)
    const stocks = call.simulator
      .catalogue()
      .stocks.filter(
        ({ product, skus }) =>
          product.views.includes(view) &&
          (withinPlan || !product.azurePlanOnly) &&
          skus.some((sku) => isOffered(sku, audience, segment))
      )
    return json(
      collection(
        stocks.map(({ product }) => renderedProduct(product, audience)),
        {
          self: link(
            address(
              `${audience.owner}/products`,
              audience.ownQuery,
              `targetView=${view}`,
              segmentQuery(call)
            )
          )
        }
      )
    )
  }

/** GET …/products/{pid} */
const getProduct =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    return json(renderedProduct(stockOf(call, audience).product, audience))
  }

/** GET …/products/{pid}/skus[?targetSegment=] */
const listSkus =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    const segment = segmentOf(call)
    const { product, skus } = stockOf(call, audience)
    const chosen = skus.filter((sku) => isOffered(sku, audience, segment))
    return json(
      collection(
        chosen.map((sku) => renderedSku(sku, audience)),
        {
          self: link(
            address(
              `${audience.owner}/products/${product.id}/skus`,
              audience.ownQuery,
              segmentQuery(call)
            )
          )
        }
      )
    )
  }

/** GET …/products/{pid}/skus/{sid} */
const getSku =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    return json(renderedSku(skuOf(call, audience), audience))
  }

/** GET …/availabilities[?targetSegment=]: those for nonprofit organisations only when they are asked for. */
const listAvailabilities =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    const segment = segmentOf(call)
    const sku = skuOf(call, audience)
    const chosen = sku.segments.filter((one) =>
      segment === undefined ? one !== "nonprofit" : one === segment
    )
    return json(
      collection(
        chosen.map((one) => renderedAvailability(call, sku, one, audience)),
        {
          self: link(
            address(
              `${audience.owner}/products/${sku.productId}/skus/${sku.skuId}/availabilities`,
              audience.ownQuery,
              segmentQuery(call)
            )
          )
        }
      )
    )
  }

/** GET …/availabilities/{aid}: an id of an earlier month is not known any more. */
const getAvailability =
  (read: Reader) =>
  (call: Call): Answer => {
    const audience = read(call)
    const sku = skuOf(call, audience)
    const [, , id = ""] = audience.parameters
    const segment = sku.segments.find(
      (one) => availabilityIdOf(call, sku, one, audience) === id.toUpperCase()
    )
    if (segment === undefined)
      throw new Refusal(
        standardError(404, 400019, `Availability ${id.slice(0, 64)} was not found.`)
      )
    return json(renderedAvailability(call, sku, segment, audience))
  }

/** The same operations twice: by country and by customer. */
export const byCountryOperations = {
  listProducts: listProducts(byCountry),
  getProduct: getProduct(byCountry),
  listSkus: listSkus(byCountry),
  getSku: getSku(byCountry),
  listAvailabilities: listAvailabilities(byCountry),
  getAvailability: getAvailability(byCountry)
}
export const byCustomerOperations = {
  listProducts: listProducts(byCustomer),
  getProduct: getProduct(byCustomer),
  listSkus: listSkus(byCustomer),
  getSku: getSku(byCustomer),
  listAvailabilities: listAvailabilities(byCustomer),
  getAvailability: getAvailability(byCustomer)
}

const isOffered = (sku: Sku, { market }: Audience, segment: Segment | undefined): boolean =>
  isSoldIn(sku, market.country, segment)

/** Views that this partner's programme does not include. */
const forbiddenViews: ReadonlySet<string> = new Set(["marketplacesaas", "specializedoffers"])

const viewOf = (call: Call): View => {
  const asked = call.query.get("targetview")
  if (asked === undefined || asked === "") throw new Refusal(invalidProperty("targetView"))
  if (forbiddenViews.has(asked.toLowerCase()))
    throw new Refusal(
      standardError(403, 400036, "Access to the requested targetView is not allowed.")
    )
  const view = views.find((one) => one.toLowerCase() === asked.toLowerCase())
  if (view === undefined) throw new Refusal(noSuchValue("targetView", asked))
  return view
}

const segmentOf = (call: Call): Segment | undefined => {
  const asked = call.query.get("targetsegment")
  if (asked === undefined || asked === "") return undefined
  const segment = segments.find((one) => one === asked.toLowerCase())
  if (segment === undefined) throw new Refusal(noSuchValue("targetSegment", asked))
  return segment
}

const segmentQuery = (call: Call): string => {
  const segment = segmentOf(call)
  return segment === undefined ? "" : `targetSegment=${segment}`
}

const scopeOf = (call: Call): boolean => {
  const asked = call.query.get("reservationscope")
  if (asked === undefined || asked === "") return false
  if (asked.toLowerCase() !== "azureplan") throw new Refusal(noSuchValue("reservationScope", asked))
  return true
}

const noSuchValue = (name: string, value: string): Answer =>
  standardError(400, 900126, `${name} ${value.slice(0, 64)} is not one of its values.`, [name])

const stockOf = (call: Call, audience: Audience): Stock => {
  const [id = ""] = audience.parameters
  const stock = call.simulator
    .catalogue()
    .stocks.find(
      ({ product, skus }) =>
        product.id.toLowerCase() === id.toLowerCase() &&
        skus.some((sku) => isOffered(sku, audience, undefined))
    )
  if (stock !== undefined) return stock
  throw new Refusal(standardError(404, 400013, `Product ${id.slice(0, 64)} was not found.`))
}

const skuOf = (call: Call, audience: Audience): Sku => {
  const [, id = ""] = audience.parameters
  const sku = stockOf(call, audience).skus.find(
    (one) => one.skuId.toLowerCase() === id.toLowerCase() && isOffered(one, audience, undefined)
  )
  if (sku !== undefined) return sku
  throw new Refusal(standardError(404, 400018, `SKU ${id.slice(0, 64)} was not found.`))
}

/** "Product resources". */
const renderedProduct = (product: Stock["product"], audience: Audience) => {
  const { locale, countryQuery } = audience
  const path = `/products/${product.id}`
  const { type, subType } = product
  return {
    id: product.id,
    title: locale.text(product.title),
    description: locale.text(product.description),
    productType: {
      id: type,
      displayName: type,
      subType: subType === null ? undefined : { id: subType, displayName: subType }
    },
    isMicrosoftProduct: product.publisher.startsWith("Microsoft"),
    publisherName: product.publisher,
    links: {
      skus: link(address(`${path}/skus`, countryQuery)),
      self: link(address(path, countryQuery))
    }
  }
}

/** "Product resources": SKU. */
const renderedSku = (sku: Sku, audience: Audience) => {
  const { locale, countryQuery } = audience
  const path = `/products/${sku.productId}/skus/${sku.skuId}`
  return {
    id: sku.skuId,
    productId: sku.productId,
    title: locale.text(sku.name),
    description: locale.text(sku.description),
    minimumQuantity: sku.minimum,
    maximumQuantity: sku.maximum,
    isTrial: sku.isTrial,
    supportedBillingCycles: cyclesOf(sku),
    purchasePrerequisites: sku.purchasePrerequisites,
    inventoryVariables: sku.inventoryVariables,
    provisioningVariables: sku.provisioningVariables,
    actions: ["Refund"],
    dynamicAttributes: {
      isMicrosoftProduct: true,
      isAddon: sku.isAddon,
      prerequisiteSkus: sku.prerequisites,
      upgradeTargetOffers: sku.upgrades,
      ...sku.particulars
    },
    links: {
      availabilities: link(address(`${path}/availabilities`, countryQuery)),
      self: link(address(path, countryQuery))
    }
  }
}

/** "Product resources": availability, in which a SKU is sold in one country to one sort of buyer. */
const renderedAvailability = (call: Call, sku: Sku, segment: Segment, audience: Audience) => {
  const { market, countryQuery } = audience
  const id = availabilityIdOf(call, sku, segment, audience)
  const renewsTo = sku.isTrial ? sku.becomes : [sku.offer]
  const terms = sku.plans.flatMap((plan) => termOf(sku, plan, renewsTo))
  const isRenewable = sku.productId.startsWith("CFQ")
  return {
    id,
    productId: sku.productId,
    skuId: sku.skuId,
    catalogItemId: `${sku.productId}:${sku.skuId}:${id}`,
    defaultCurrency: { code: market.currency, symbol: market.symbol },
    segment,
    country: market.country,
    isPurchasable: sku.isPurchasable,
    isRenewable,
    renewalInstructions: isRenewable
      ? [
          {
            applicableTermIds: terms.map(({ id: term }) => term),
            renewalOptions: renewsTo.map((renewToId) => ({ renewToId, isAutoRenewable: true }))
          }
        ]
      : [],
    terms,
    product: {},
    sku: {},
    links: {
      self: link(
        address(`/products/${sku.productId}/skus/${sku.skuId}/availabilities/${id}`, countryQuery)
      )
    }
  }
}

/** Nothing for what has no commitment, or where the SKU says how it is billed. */
const termOf = (sku: Sku, { term, billingCycle }: Plan, renewsTo: ReadonlyArray<string>) => {
  if (term === null) return []
  const licence = sku.productId.startsWith("CFQ")
  return [
    {
      id: new Random(`term/${term}/${billingCycle}`).hex(12).toUpperCase(),
      duration: term,
      description: `${descriptions[term]} ${billingCycle === "monthly" ? "Monthly" : "Prepaid"}`,
      billingCycle: sku.termsHaveCycles ? billingCycle : undefined,
      cancellationPolicies: [
        {
          refundOptions: licence
            ? [
                { sequenceId: 0, type: "Full", expiresAfter: "P1D" },
                { sequenceId: 1, type: "Partial", expiresAfter: "P7D" }
              ]
            : [{ sequenceId: 0, type: "Full", expiresAfter: "P30D" }]
        }
      ],
      renewalOptions: licence
        ? renewsTo.map((renewToId) => ({ renewToId, isAutoRenewable: true }))
        : undefined
    }
  ]
}

const descriptions = { P1M: "1 Month", P1Y: "1 Year", P3Y: "3 Years" } as const

/** Another one in each country, segment and month. */
const availabilityIdOf = (call: Call, sku: Sku, segment: Segment, { market }: Audience): string => {
  const { number } = call.simulator.catalogue()
  const prefix = isLegacyProduct({ id: sku.productId }) ? "DZH318Z0" : sku.productId.slice(0, 8)
  const digits = new Random(`${sku.offer}/${market.country}/${segment}/${number}`).between(
    36 ** 3,
    36 ** 4 - 1
  )
  return prefix + digits.toString(36).toUpperCase()
}
