import type { Family, Segment } from "@concordat/core/catalogue/Family"
import {
  type CataloguePart,
  VendorCatalogue,
  type VendorItem
} from "@concordat/core/catalogue/VendorCatalogue"
import type { Instance } from "@concordat/core/instance/Instance"
import type { OfferId } from "@concordat/core/subscription/Subscription"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Layer, Option, Stream } from "effect"
import { type Answer, Client } from "./Client.ts"
import {
  familyOfProduct,
  isLegacyProduct,
  type LeaveOut,
  legacyItem,
  modernItem
} from "./catalogueItems.ts"
import { decoderOf } from "./decode.ts"
import { allItems, type WirePage } from "./paging.ts"
import { WireAvailabilities } from "./wire/Availability.ts"
import { WireCatalogueOffers } from "./wire/Offer.ts"
import { WireProduct, WireProducts } from "./wire/Product.ts"
import { WireSku, WireSkus } from "./wire/Sku.ts"

/** A list of products that Partner Center keeps ("Get a list of products": targetView), and what is in it. */
interface View {
  readonly name: string
  readonly family: Family
  readonly segments: ReadonlyArray<Segment>
  readonly query: string
}

const everySegment: ReadonlyArray<Segment> = ["commercial", "education", "nonprofit", "government"]

/**
 * Together, everything but marketplace offers; `Azure`, `Software` and the three sorts of reservations apart would
 * list the same again. Reservations are those that are bought under an Azure plan.
 */
const views: ReadonlyArray<View> = [
  { name: "OnlineServices", family: "nce", segments: everySegment, query: "" },
  { name: "MicrosoftAzure", family: "azure-plan", segments: ["commercial"], query: "" },
  {
    name: "AzureReservations",
    family: "azure-reserved-instance",
    segments: ["commercial"],
    query: "&reservationScope=AzurePlan"
  },
  {
    name: "SoftwareSubscriptions",
    family: "software-subscription",
    segments: everySegment,
    query: ""
  },
  { name: "SoftwareSUSELinux", family: "software-subscription", segments: everySegment, query: "" },
  { name: "SoftwarePerpetual", family: "perpetual", segments: everySegment, query: "" }
]

/** Requests of one operation at the same time; the budget decides when each may go. */
const concurrency = 4

/** Of what was left out, the log names this many kinds. */
const namedMax = 10

const decodeOffers = decoderOf(WireCatalogueOffers)
const decodeProducts = decoderOf(WireProducts)
const decodeProduct = decoderOf(WireProduct)
const decodeSkus = decoderOf(WireSkus)
const decodeSku = decoderOf(WireSku)
const decodeAvailabilities = decoderOf(WireAvailabilities)

/**
 * The catalogue by country: "Get a list of offers for a market", "Get a list of products", "Get a list of SKUs for a
 * product", "Get a list of availabilities for a SKU".
 *
 * Requests, without further pages: 18 for the parts of a country (a list for each view and segment), 1 for its legacy
 * offers, and for each product 1 and 1 more for each of its SKUs. Fewer are not to be had: terms are nowhere but in
 * availabilities, and those are listed for one SKU at a time. `current` takes 4.
 *
 * An answer of the wrong shape fails, as Malformed with the path of the field: what is missing in it would pass for
 * discontinued. A value that nobody has heard of is left out with a warning that counts it, and costs no more than
 * itself: a billing cycle or term costs the plan, not the item; an offer id that no order could name costs an item
 * that never was a product, so nothing known can seem to be gone.
 */
export const catalogueLayer: Layer.Layer<VendorCatalogue, never, Client> = Layer.effect(
  VendorCatalogue,
  Effect.map(Client, (client) => {
    const parts = Effect.fn("PartnerCenter.listCatalogueParts")(function* (
      instance: Instance,
      country: string,
      language: string
    ): Effect.fn.Return<ReadonlyArray<CataloguePart>, VendorError> {
      const reader = readerIn(client, instance, language)
      const listings = views.flatMap((view) => view.segments.map((segment) => ({ view, segment })))
      const products = yield* Effect.forEach(
        listings,
        ({ view, segment }) =>
          Effect.map(productsOf(reader, view, country, segment), (listed) =>
            listed.map(
              ({ id }): CataloguePart => ({
                _tag: "Product",
                country,
                view: view.name,
                segment,
                productId: id
              })
            )
          ),
        { concurrency }
      )
      return [{ _tag: "LegacyOffers", country }, ...products.flat()]
    })

    const items = Effect.fn("PartnerCenter.readCataloguePart")(function* (
      instance: Instance,
      part: CataloguePart,
      language: string
    ): Effect.fn.Return<ReadonlyArray<VendorItem>, VendorError> {
      const reader = readerIn(client, instance, language)
      return yield* part._tag === "LegacyOffers"
        ? legacyItems(reader, part.country)
        : productItems(reader, part)
    })

    const current = Effect.fn("PartnerCenter.readCurrentItem")(function* (
      instance: Instance,
      country: string,
      offer: OfferId
    ): Effect.fn.Return<ReadonlyArray<VendorItem>, VendorError> {
      const reader = readerIn(client, instance, instance.catalogueLanguage)
      return yield* currentItems(reader, country, offer)
    })

    return { parts, items, current }
  })
)

/** Reads lists and single resources of an instance in a language. */
interface Reader {
  readonly all: <Item extends { readonly id: string }>(
    operation: string,
    uri: string,
    page: (answer: Answer) => Effect.Effect<WirePage<Item>, VendorError>
  ) => Effect.Effect<ReadonlyArray<Item>, VendorError>
  readonly one: <A>(
    operation: string,
    uri: string,
    decode: (answer: Answer) => Effect.Effect<A, VendorError>
  ) => Effect.Effect<A, VendorError>
}

const readerIn = (client: Client["Service"], instance: Instance, language: string): Reader => {
  const inLanguage: Client["Service"] = {
    ...client,
    // Also for the pages that follow: their links have headers of their own.
    send: (of, request) =>
      client.send(of, { ...request, headers: { ...request.headers, "x-locale": language } })
  }
  return {
    all: (operation, uri, page) =>
      allItems(instance, { operation, method: "GET", uri }, page, ({ id }) =>
        id.toLowerCase()
      ).pipe(Stream.provideService(Client, inLanguage), Stream.runCollect),
    one: (operation, uri, decode) =>
      Effect.flatMap(inLanguage.send(instance, { operation, method: "GET", uri }), decode)
  }
}

/** The products of a view for a segment. A view that this partner may not sell from is empty. */
const productsOf = (reader: Reader, { name, query }: View, country: string, segment: Segment) =>
  reader
    .all(
      "listProducts",
      `/v1/products?country=${encodeURIComponent(country)}&targetView=${name}&targetSegment=${segment}${query}`,
      decodeProducts
    )
    .pipe(
      Effect.map((products) => products.filter((product) => !isLegacyProduct(product))),
      Effect.catchIf(
        ({ code }) => code === viewNotAllowed,
        () => Effect.as(Effect.logInfo(`${name} is not open to this partner in ${country}.`), [])
      )
    )

/** "Access to the requested targetView is not allowed" ("Get a list of products", error codes). */
const viewNotAllowed = "400036"

const legacyItems = (reader: Reader, country: string) =>
  reader
    .all("listOffers", `/v1/offers?country=${encodeURIComponent(country)}`, decodeOffers)
    .pipe(
      Effect.flatMap((offers) =>
        understood(`offers of ${country}`, (leaveOut) =>
          offers.flatMap((offer) => legacyItem(offer, country, leaveOut) ?? [])
        )
      )
    )

const productItems = Effect.fnUntraced(function* (
  reader: Reader,
  part: Extract<CataloguePart, { readonly _tag: "Product" }>
) {
  const { country, productId, segment } = part
  const view = views.find(({ name }) => name === part.view)
  if (view === undefined) return yield* Effect.die(new Error(`no view ${part.view}`))
  const query = `country=${encodeURIComponent(country)}&targetSegment=${segment}${view.query}`
  const path = pathOf(productId)
  const skus = yield* unlessGone(reader.all("listSkus", `${path}/skus?${query}`, decodeSkus))
  const sold = yield* Effect.forEach(
    skus,
    (sku) =>
      Effect.map(availabilitiesOf(reader, productId, sku.id, query), (availabilities) => ({
        sku,
        availabilities
      })),
    { concurrency }
  )
  return yield* understood(`product ${productId} in ${country}`, (leaveOut) =>
    sold.flatMap(({ sku, availabilities }) =>
      availabilities.flatMap(
        (availability) =>
          modernItem(
            sku,
            availability,
            { productId, country, segment, family: () => view.family },
            leaveOut
          ) ?? []
      )
    )
  )
})

/** Availabilities for nonprofit organisations come only when they are asked for. */
const currentItems = Effect.fnUntraced(function* (reader: Reader, country: string, offer: OfferId) {
  const [productId = "", skuId] = offer.split(":")
  if (skuId === undefined) return []
  const path = pathOf(productId)
  const query = `country=${encodeURIComponent(country)}`
  const [product, sku, ...availabilities] = yield* Effect.all(
    [
      found(reader.one("getProduct", `${path}?${query}`, decodeProduct)),
      found(reader.one("getSku", `${path}/skus/${encodeURIComponent(skuId)}?${query}`, decodeSku)),
      availabilitiesOf(reader, productId, skuId, query),
      availabilitiesOf(reader, productId, skuId, `${query}&targetSegment=nonprofit`)
    ],
    { concurrency }
  )
  if (Option.isNone(product) || Option.isNone(sku)) return []
  const family = familyOfProduct(product.value)
  const distinct = new Map(availabilities.flat().map((one) => [one.id.toLowerCase(), one]))
  return yield* understood(`${offer} in ${country}`, (leaveOut) =>
    [...distinct.values()].flatMap(
      (availability) =>
        modernItem(
          sku.value,
          availability,
          { productId, country, segment: undefined, family },
          leaveOut
        ) ?? []
    )
  )
})

const pathOf = (productId: string): string => `/v1/products/${encodeURIComponent(productId)}`

const availabilitiesOf = (reader: Reader, productId: string, skuId: string, query: string) =>
  unlessGone(
    reader.all(
      "listAvailabilities",
      `${pathOf(productId)}/skus/${encodeURIComponent(skuId)}/availabilities?${query}`,
      decodeAvailabilities
    )
  )

/** Product, SKU and availability that were withdrawn since they were listed. Any other 404 says nothing about them. */
const goneCodes: ReadonlySet<string | null> = new Set(["400013", "400018", "400019"])

const isGone = ({ reason, code }: VendorError): boolean =>
  reason._tag === "NotFound" && goneCodes.has(code)

const unlessGone = <A>(list: Effect.Effect<ReadonlyArray<A>, VendorError>) =>
  Effect.catchIf(list, isGone, () => Effect.succeed<ReadonlyArray<A>>([]))

const found = <A>(one: Effect.Effect<A, VendorError>) =>
  one.pipe(
    Effect.asSome,
    Effect.catchIf(isGone, () => Effect.succeedNone)
  )

/** The items, with one warning about everything that was left out of them. */
const understood = (
  what: string,
  read: (leaveOut: LeaveOut) => ReadonlyArray<VendorItem>
): Effect.Effect<ReadonlyArray<VendorItem>> =>
  Effect.suspend(() => {
    const left = new Map<string, number>()
    const items = read((one) => {
      const key = one.slice(0, 100)
      left.set(key, (left.get(key) ?? 0) + 1)
    })
    if (left.size === 0) return Effect.succeed(items)
    const total = [...left.values()].reduce((sum, count) => sum + count, 0)
    const named = [...left].slice(0, namedMax).map(([one, count]) => `${one} (${count})`)
    return Effect.as(
      Effect.logWarning(
        `The ${what}: ${total} values are not known and were left out: ${named.join(", ")}${left.size > namedMax ? ", …" : ""}.`
      ),
      items
    )
  })
