import type { Segment } from "@concordat/core/catalogue/Family"
import {
  type CataloguePart,
  VendorCatalogue,
  type VendorItem
} from "@concordat/core/catalogue/VendorCatalogue"
import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { countingRequests } from "@concordat/core/vendor/Requests"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Catalogues } from "../../../apps/simulator/src/catalogue/Catalogues.ts"
import type { Item, LegacyOffer, Sku } from "../../../apps/simulator/src/catalogue/Item.ts"
import {
  isLegacyProduct,
  isSoldIn,
  type Month,
  monthOf
} from "../../../apps/simulator/src/catalogue/Month.ts"
import { type RunningSimulator, startSimulator } from "../../../apps/simulator/src/server.ts"
import { type Adapter, adapter, impatient, instanceAt, secretsOnly } from "./fixtures.ts"
import { type Reply, scriptedServer } from "./scriptedServer.ts"

const Accounts = Schema.Struct({
  accounts: Schema.Array(
    Schema.Struct({ tenantId: TenantId, appId: Schema.String, clientSecret: Schema.String })
  )
})
const english = "en-US"
const everySegment: ReadonlyArray<Segment> = ["commercial", "education", "nonprofit", "government"]

/** What a test compares of an item; which id it is bought by is compared apart. */
const facts = ({ catalogItemId: _, description: __, ...item }: VendorItem) => ({
  ...item,
  plans: item.plans.map(({ term, billingCycle }) => `${term}/${billingCycle}`).sort(),
  prerequisites: item.prerequisites.toSorted(),
  conversionTargets: item.conversionTargets.toSorted()
})

/** The same of the simulator's own records, put together here without the adapter's code. */
const truthOf = (item: Item, family: string, country: string, segment: Segment, uri: unknown) => ({
  offer: item.offer.startsWith("ms-azr") ? item.offer.toUpperCase() : item.offer,
  family,
  country,
  segment,
  name: item.name,
  uri,
  isTrial: item.isTrial,
  isAddon: item.isAddon,
  prerequisites: item.prerequisites.toSorted(),
  conversionTargets: item.becomes.toSorted(),
  minimumQuantity: item.minimum,
  maximumQuantity: item.maximum,
  plans: item.plans.map(({ term, billingCycle }) => `${term}/${billingCycle}`).sort(),
  isPurchasable: item.isPurchasable
})

const legacyTruth = (offer: LegacyOffer, country: string) =>
  truthOf(
    offer,
    offer.unit === "Usage-based"
      ? "azure"
      : offer.productName.startsWith("Dynamics")
        ? "dynamics"
        : "license",
    country,
    offer.segments[0] ?? "commercial",
    `/${offer.service}/Offers/${offer.id}`
  )

const familyOfSku = ({ productId }: Sku): string => {
  if (productId === "DZH318Z0BPS6") return "azure-plan"
  if (productId.startsWith("DZH318Z0")) return "azure-reserved-instance"
  if (productId.startsWith("DG7GMGF0P")) return "perpetual"
  return productId.startsWith("DG7GMGF0") ? "software-subscription" : "nce"
}

const truth = (month: Month, country: string) => [
  ...month.offers
    .filter((offer) => isSoldIn(offer, country))
    .map((offer) => legacyTruth(offer, country)),
  ...month.stocks
    .filter(({ product }) => !isLegacyProduct(product))
    .flatMap(({ skus }) => skus)
    .flatMap((sku) =>
      everySegment
        .filter((segment) => isSoldIn(sku, country, segment))
        .map((segment) => truthOf(sku, familyOfSku(sku), country, segment, null))
    )
]

const key = ({ offer, segment }: { readonly offer: string; readonly segment: string }) =>
  `${offer} ${segment}`
const byKey = (
  a: { readonly offer: string; readonly segment: string },
  b: { readonly offer: string; readonly segment: string }
) => (key(a) < key(b) ? -1 : 1)

describe("the catalogue of the simulator", () => {
  let simulator: RunningSimulator
  let instance: Instance
  let secret: string
  const epoch = "2026-11-20T12:00:00.000Z"
  const month = monthOf(Date.parse(epoch))
  const catalogues = new Catalogues("7", Date.parse(epoch))

  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? undefined : answer.json()
  }
  const arm = (operation: string, fault: unknown, count: number) =>
    Effect.promise(() => control("POST", "/faults", { operation, fault, count }))

  beforeAll(async () => {
    simulator = await startSimulator({
      stoppedAt: epoch,
      initial: {
        seed: 7,
        accounts: [{ name: "contoso-eu", cspStatus: "indirect", customers: 1, limitPerMinute: 0 }]
      }
    })
    const [account] = Schema.decodeUnknownSync(Accounts)(await control("GET", "/accounts")).accounts
    if (account === undefined) throw new Error("one account was asked for")
    secret = account.clientSecret
    const { tenantId, appId } = account
    instance = instanceAt(simulator.url, { tenantId, appId })
  })
  beforeEach(() => control("DELETE", "/faults"))
  afterAll(() => simulator.close())

  const run = <A, E>(
    effect: Effect.Effect<A, E, Adapter>,
    settings: typeof impatient = { ...impatient, attemptTimeoutMs: 2_000 }
  ) =>
    effect.pipe(
      Effect.provide(adapter({ settings, secrets: secretsOnly(secret) })),
      TestClock.withLive
    )
  const parts = (country: string) =>
    VendorCatalogue.use((port) => port.parts(instance, country, english))
  const items = (part: CataloguePart, language = english) =>
    VendorCatalogue.use((port) => port.items(instance, part, language))
  const everyItem = Effect.fnUntraced(function* (country: string) {
    const all = yield* Effect.forEach(yield* parts(country), (part) => items(part), {
      concurrency: 8
    })
    return all.flat()
  })
  const current = (offer: string, country = "US") =>
    VendorCatalogue.use((port) => port.current(instance, country, OfferId.make(offer)))
  const productPart = (productId: string, segment: Segment = "commercial"): CataloguePart => ({
    _tag: "Product",
    country: "US",
    view: "OnlineServices",
    segment,
    productId
  })

  for (const country of ["US", "CH"])
    it.effect(`all that is sold in ${country} is read, in no more requests than it takes`, () =>
      Effect.gen(function* () {
        const [read, requests] = yield* run(countingRequests(everyItem(country)))
        const expected = truth(catalogues.of(month), country)
        assert.isAbove(read.length, 700)
        assert.deepStrictEqual<unknown>(read.map(facts).toSorted(byKey), expected.toSorted(byKey))
        const modern = expected.filter(({ offer }) => offer.includes(":"))
        const lists = new Set(
          modern.map(({ offer, segment, family }) => `${offer.split(":")[0]} ${segment} ${family}`)
        )
        assert.strictEqual(requests, 18 + 1 + lists.size + modern.length)
      })
    )

  it.effect("where an item is bought today is what its availability says", () =>
    Effect.gen(function* () {
      const sold = yield* run(items(productPart("CFQ7TTC0LCHC")))
      assert.isAbove(sold.length, 1)
      for (const { offer, catalogItemId } of sold)
        assert.match(String(catalogItemId), new RegExp(`^${offer}:CFQ7TTC0[0-9A-Z]{4}$`, "u"))
    })
  )

  it.effect("a trial leads to what it can become", () =>
    Effect.gen(function* () {
      const sold = yield* run(items(productPart("CFQ7TTC0LCHC")))
      const trial = sold.find(({ isTrial }) => isTrial)
      assert.strictEqual(trial?.offer, "CFQ7TTC0LCHC:0003")
      assert.deepStrictEqual<unknown>(trial?.conversionTargets, ["CFQ7TTC0LCHC:0002"])
    })
  )

  it.effect("what is sold under one offer today is what the whole catalogue says of it", () =>
    run(
      Effect.gen(function* () {
        const all = yield* everyItem("US")
        const one = (family: string, segment: Segment) =>
          all.find((item) => item.family === family && item.segment === segment && !item.isTrial)
        for (const item of [
          one("nce", "commercial"),
          one("nce", "nonprofit"),
          one("nce", "government"),
          one("azure-plan", "commercial"),
          one("azure-reserved-instance", "commercial"),
          one("software-subscription", "education"),
          one("perpetual", "nonprofit")
        ]) {
          if (item === undefined) return assert.fail("every family and segment is sold")
          const [now, requests] = yield* countingRequests(current(item.offer))
          assert.strictEqual(requests, 4)
          assert.deepStrictEqual(
            now.toSorted(byKey),
            all.filter(({ offer }) => offer === item.offer).toSorted(byKey)
          )
        }
      })
    )
  )

  it.effect(
    "what is not sold any more has no current item, and legacy offers have none to expire",
    () =>
      run(
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* current("CFQ7TTC0XXXX:0001"), [])
          assert.deepStrictEqual(yield* current("CFQ7TTC0LH18:0099"), [])
          const legacy = current("195416c1-3447-423a-b37b-ee59a99a19c4")
          assert.deepStrictEqual(yield* countingRequests(legacy), [[], 0])
          assert.deepStrictEqual(yield* items(productPart("CFQ7TTC0XXXX")), [])
        })
      )
  )

  it.effect("texts are in the language of the run, and of the instance before an order", () =>
    run(
      Effect.gen(function* () {
        const german = yield* items({ _tag: "LegacyOffers", country: "DE" }, "de-DE")
        assert.isAbove(german.filter(({ name }) => name.endsWith("Testversion")).length, 5)
        const trial = OfferId.make("CFQ7TTC0LCHC:0003")
        const [now] = yield* VendorCatalogue.use((port) =>
          port.current({ ...instance, catalogueLanguage: Language.make("fr-FR") }, "FR", trial)
        )
        assert.include(now?.name, "Version d’essai")
      })
    )
  )

  it.effect("a country that Partner Center does not know is refused, by name", () =>
    Effect.gen(function* () {
      const error = yield* run(Effect.flip(parts("XX")))
      assert.strictEqual(error.reason._tag, "Refused")
      assert.include(error.message, "Country XX")
    })
  )

  // what goes wrong twice, and the operation in which it does
  for (const operation of ["listOffers", "listProducts", "listSkus", "listAvailabilities"])
    for (const fault of [
      { kind: "throttle", retryAfterSeconds: 0 },
      { kind: "reset-after" },
      { kind: "truncate" },
      { kind: "status", status: 503 }
    ])
      it.effect(`${operation} survives ${fault.kind}`, () =>
        run(
          Effect.gen(function* () {
            const read = Effect.all([
              parts("US"),
              items({ _tag: "LegacyOffers", country: "US" }),
              items(productPart("CFQ7TTC0LCHC"))
            ])
            const [calm, few] = yield* countingRequests(read)
            yield* arm(operation, fault, 2)
            const [stormy, more] = yield* countingRequests(read)
            assert.deepStrictEqual(stormy, calm)
            assert.strictEqual(more, few + 2)
          })
        )
      )

  for (const operation of ["listOffers", "listProducts", "listSkus", "listAvailabilities"])
    for (const kind of ["malformed-body", "wrong-types"])
      it.effect(`a ${kind} of ${operation} is not taken for an empty one`, () =>
        run(
          Effect.gen(function* () {
            yield* arm(operation, { kind }, 50)
            const error = yield* Effect.flip(
              Effect.all([
                parts("US"),
                items({ _tag: "LegacyOffers", country: "US" }),
                items(productPart("CFQ7TTC0LCHC"))
              ])
            )
            assert.strictEqual(error.reason._tag, "Malformed")
            assert.strictEqual(error.operation, operation)
          })
        )
      )

  it.effect("the next month is read as it is then, with other ids to buy by", () =>
    run(
      Effect.gen(function* () {
        const before = yield* everyItem("US")
        yield* Effect.promise(() => control("POST", "/catalogue/advance", {}))
        const after = yield* everyItem("US")
        assert.deepStrictEqual<unknown>(
          after.map(facts).toSorted(byKey),
          truth(catalogues.of(month + 1), "US").toSorted(byKey)
        )
        const bought = new Map(before.map((item) => [key(item), item.catalogItemId]))
        const same = after.filter(
          (item) => item.catalogItemId !== null && bought.get(key(item)) === item.catalogItemId
        )
        assert.deepStrictEqual(same, [])
      })
    )
  )
})

/** Answers by the last word of the path, or by the target view. */
const scripted = (answers: Readonly<Record<string, unknown>>) =>
  scriptedServer(({ url }): Reply => {
    const [path = ""] = url.split("?")
    const body = answers[path.split("/").at(-1) ?? ""]
    return body === undefined ? { status: 404 } : { body }
  })

const empty = { totalCount: 0, items: [] }
const sku = { id: "0001", title: "One", minimumQuantity: 1, maximumQuantity: 300 }
const sold = {
  id: "A",
  segment: "commercial",
  isPurchasable: true,
  terms: [{ duration: "P1Y", billingCycle: "annual" }]
}
const offer = {
  id: "195416C1-3447-423A-B37B-EE59A99A19C4",
  name: "Exchange Online (Plan 1)",
  minimumQuantity: 1,
  maximumQuantity: 100,
  supportedBillingCycles: ["monthly"]
}

describe("answers that are not as documented", () => {
  const run = <A, E>(effect: Effect.Effect<A, E, Adapter>) =>
    effect.pipe(Effect.provide(adapter({ settings: impatient })), TestClock.withLive)
  const read = (origin: string, part: CataloguePart) =>
    run(VendorCatalogue.use((port) => port.items(instanceAt(origin), part, english)))
  const legacy: CataloguePart = { _tag: "LegacyOffers", country: "US" }
  const product: CataloguePart = {
    _tag: "Product",
    country: "US",
    view: "OnlineServices",
    segment: "commercial",
    productId: "CFQ7TTC0LH18"
  }
  const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const lines: Array<string> = []
      const log = Logger.layer([Logger.map(Logger.formatJson, (line) => void lines.push(line))])
      return Effect.map(Effect.provide(effect, log), (result) => ({ result, lines }))
    })

  it.effect("what nobody has heard of is left out and counted, and costs nothing else", () =>
    Effect.gen(function* () {
      const server = yield* scripted({
        offers: {
          items: [
            { ...offer, supportedBillingCycles: ["monthly", "fortnightly", "biennial"] },
            { ...offer, id: "???" },
            {
              ...offer,
              id: "MS-AZR-0145P",
              billing: "usage",
              prerequisiteOffers: ["???", offer.id]
            }
          ]
        }
      })
      const { result, lines } = yield* logged(read(server.origin, legacy))
      assert.deepStrictEqual<unknown>(
        result.map(({ offer: id, plans, prerequisites }) => [id, plans, prerequisites]),
        [
          [offer.id.toLowerCase(), [{ term: null, billingCycle: "monthly" }], []],
          ["MS-AZR-0145P", [{ term: null, billingCycle: "monthly" }], [offer.id.toLowerCase()]]
        ]
      )
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "4 values")
      for (const one of ["billing cycle fortnightly (1)", "billing cycle biennial (1)"])
        assert.include(lines[0], one)
      assert.include(lines[0], "offer id ??? (2)")
    })
  )

  it.effect("a term that nobody has heard of costs its plan, and no item", () =>
    Effect.gen(function* () {
      const server = yield* scripted({
        skus: { items: [sku] },
        availabilities: {
          items: [{ ...sold, terms: [{ duration: "P7Y", billingCycle: "annual" }, ...sold.terms] }]
        }
      })
      const { result, lines } = yield* logged(read(server.origin, product))
      assert.deepStrictEqual<unknown>(result[0]?.plans, [{ term: "P1Y", billingCycle: "annual" }])
      assert.include(lines[0], "term P7Y (1)")
    })
  )

  it.effect("a field of the wrong shape fails, and is named", () =>
    Effect.gen(function* () {
      const server = yield* scripted({ offers: { items: [offer, { ...offer, name: 7 }] } })
      const error = yield* Effect.flip(read(server.origin, legacy))
      assert.strictEqual(error.reason._tag, "Malformed")
      assert.strictEqual(error.operation, "listOffers")
      assert.include(error.message, '["items"][1]["name"]')
    })
  )

  it.effect("a 404 that is not Partner Center's own does not pass for withdrawn", () =>
    Effect.gen(function* () {
      const server = yield* scripted({})
      const error = yield* Effect.flip(read(server.origin, product))
      assert.strictEqual(error.reason._tag, "NotFound")
    })
  )

  it.effect("an availability for others than those who were asked for is not theirs", () =>
    Effect.gen(function* () {
      const server = yield* scripted({
        skus: { items: [sku] },
        availabilities: {
          items: [
            { ...sold, segment: "Education" },
            { ...sold, id: "B", segment: "COMMERCIAL", isPurchasable: false }
          ]
        }
      })
      const found = yield* read(server.origin, product)
      assert.deepStrictEqual(
        found.map(({ segment, isPurchasable, catalogItemId }) => [
          segment,
          isPurchasable,
          catalogItemId
        ]),
        [["commercial", false, "CFQ7TTC0LH18:0001:B"]]
      )
    })
  )

  it.effect("terms without a cycle are billed as the SKU says, and so is what has no terms", () =>
    Effect.gen(function* () {
      const cycles = { ...sku, supportedBillingCycles: ["one_time"] }
      const plansOf = Effect.fnUntraced(function* (terms: unknown) {
        const server = yield* scripted({
          skus: { items: [cycles] },
          availabilities: { items: [{ ...sold, terms }] }
        })
        const [item] = yield* read(server.origin, product)
        return item?.plans
      })
      assert.deepStrictEqual<unknown>(yield* plansOf([{ duration: "P1Y" }]), [
        { term: "P1Y", billingCycle: "one_time" }
      ])
      for (const none of [[], null, undefined])
        assert.deepStrictEqual<unknown>(yield* plansOf(none), [
          { term: null, billingCycle: "one_time" }
        ])
    })
  )

  it.effect("a trial that may renew as itself becomes what it renews to besides", () =>
    Effect.gen(function* () {
      const renewals = ["CFQ7TTC0LH18:0001", "cfq7ttc0lh18:0002", "CFQ7TTC0LH18:0002:CFQ7TTC0K971"]
      const server = yield* scripted({
        skus: { items: [{ ...sku, isTrial: true }] },
        availabilities: {
          items: [
            {
              ...sold,
              renewalInstructions: [
                { renewalOptions: renewals.map((renewToId) => ({ renewToId })) },
                { renewalOptions: [{ renewToId: "" }, {}] }
              ]
            }
          ]
        }
      })
      const [item] = yield* read(server.origin, product)
      assert.deepStrictEqual<unknown>(item?.conversionTargets, ["CFQ7TTC0LH18:0002"])
    })
  )

  it.effect("a view that the partner may not sell from is empty, and the others are read", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer(({ url }): Reply => {
        if (url.includes("targetView=SoftwarePerpetual"))
          return { status: 403, body: { code: 400036, description: "not allowed" } }
        return url.includes("OnlineServices&targetSegment=commercial")
          ? {
              body: {
                items: [
                  { id: "CFQ7TTC0LH18", productType: { id: "OnlineServicesNCE" } },
                  { id: "CFQ7TTC0LH19", productType: { id: "OnlineServices" } },
                  { id: "031C9E47-4802-4248-838E-778FB1D2CC05" }
                ]
              }
            }
          : { body: empty }
      })
      const found = yield* run(
        VendorCatalogue.use((port) => port.parts(instanceAt(server.origin), "US", english))
      )
      assert.deepStrictEqual<unknown>(found, [legacy, product])
    })
  )

  it.effect("all pages are read, in the same language", () =>
    Effect.gen(function* () {
      const header = { key: "MS-ContinuationToken", value: "next" }
      const server = yield* scriptedServer(
        ({ headers }): Reply =>
          headers["ms-continuationtoken"] === undefined
            ? {
                body: {
                  items: [offer],
                  links: { next: { uri: "/offers?country=US", method: "GET", headers: [header] } }
                }
              }
            : { body: { items: [{ ...offer, id: "MS-AZR-0145P" }] } }
      )
      const found = yield* run(
        VendorCatalogue.use((port) => port.items(instanceAt(server.origin), legacy, "de-DE"))
      )
      assert.lengthOf(found, 2)
      assert.deepStrictEqual(
        server.seen.map(({ headers }) => headers["x-locale"]),
        ["de-DE", "de-DE"]
      )
    })
  )

  it.effect("who may buy a legacy offer is what its qualification says", () =>
    Effect.gen(function* () {
      const rows = [
        [[], "commercial"],
        [["Education"], "education"],
        [["Nonprofit"], "nonprofit"],
        [["GovernmentCommunityCloud"], "government"],
        [["StateOwnedEntity"], "government"],
        [["None"], "commercial"],
        [["Astronaut"], "commercial"] // Partner Center refuses whoever is none
      ] as const
      for (const [reselleeQualifications, segment] of rows) {
        const server = yield* scripted({
          offers: { items: [{ ...offer, reselleeQualifications }] }
        })
        const [item] = yield* read(server.origin, legacy)
        assert.strictEqual(item?.segment, segment)
      }
    })
  )
})
