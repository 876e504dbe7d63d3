import type { ProductFacts } from "@concordat/core/catalogue/CatalogueProduct"
import {
  type BulkAction,
  CatalogueProducts,
  type ProductFilter
} from "@concordat/core/catalogue/CatalogueProducts"
import { newProductType, ProductTypeId } from "@concordat/core/catalogue/ProductType"
import { format } from "@concordat/core/money/Money"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { catalogueProductsLayer } from "../src/CatalogueProducts.ts"
import {
  addInstance,
  clear,
  euros,
  instance,
  instanceId,
  now,
  repositories,
  rowsOf
} from "./World.ts"

const runtime = ManagedRuntime.make(Layer.provideMerge(catalogueProductsLayer, repositories))
afterAll(() => runtime.dispose())

type Service = CatalogueProducts["Service"]
const use = <A, E>(f: (products: Service) => Effect.Effect<A, E>) =>
  runtime.runPromise(CatalogueProducts.use(f))
const failure = <A, E>(f: (products: Service) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flip(CatalogueProducts.use(f)))

const offer = (n: number) => OfferId.make(`CFQ7TTC0000${n}:0001`)
const facts = (n: number, given: Partial<ProductFacts> = {}): ProductFacts => ({
  offer: offer(n),
  name: `Product ${n}`,
  microsoftName: `Product ${n}`,
  code: offer(n),
  family: "nce",
  segment: "commercial",
  isAddon: false,
  description: "short",
  chargeType: "recurring-prepaid",
  minimumQuantity: 1,
  maximumQuantity: 300,
  plans: [{ term: "P1Y", billingCycle: "monthly" }],
  availabilities: [
    {
      country: "DE",
      segment: "commercial",
      isPurchasable: true,
      minimumQuantity: 1,
      maximumQuantity: 300,
      plans: [{ term: "P1Y", billingCycle: "monthly" }],
      catalogItemId: "a",
      readAt: now
    }
  ],
  prerequisites: [],
  trialOffer: null,
  trialEnabled: false,
  annualEnabled: false,
  published: false,
  sellPrice: euros("0.00"),
  purchasePrice: euros("0.00"),
  protectionMonths: 0,
  status: "new",
  changes: [],
  discontinuedAt: null,
  ...given
})

const filter = (given: Partial<ProductFilter> = {}): ProductFilter => ({
  instanceId: instanceId(1),
  family: undefined,
  status: undefined,
  published: undefined,
  q: undefined,
  ...given
})
const page = { cursor: undefined, limit: 100 }
const listed = async (given: Partial<ProductFilter> = {}) =>
  (await use(({ list }) => list(filter(given), page))).items
const first = async () => {
  const [product] = await listed()
  if (product === undefined) throw new Error("there is no product")
  return product
}
const types = [
  newProductType(ProductTypeId.make("0a1b2c3d-0000-4000-8000-000000000001"), instance(1), "nce")
]

beforeEach(() =>
  runtime.runPromise(
    clear.pipe(
      Effect.andThen(addInstance(1)),
      Effect.andThen(addInstance(2)),
      Effect.andThen(
        CatalogueProducts.use(({ addTypes, keep }) =>
          Effect.andThen(
            addTypes(types),
            keep(instanceId(1), [
              facts(1),
              facts(2, { family: "license", published: true, status: "none" }),
              facts(3, { name: "100% Wool_Suite", status: "changed" })
            ])
          )
        )
      )
    )
  )
)

describe("products", () => {
  it("come back as they were kept, and keeping them again writes nothing", async () => {
    const before = await runtime.runPromise(rowsOf("select xmin, * from product order by offer"))
    const known = await use((products) => products.known(instanceId(1)))
    const plain = ({ purchasePrice, sellPrice, ...rest }: ProductFacts) => ({
      ...rest,
      prices: [format(sellPrice), format(purchasePrice)]
    })
    expect(known.map(plain).sort((a, b) => (a.offer < b.offer ? -1 : 1))).toEqual(
      [
        facts(1),
        facts(2, { family: "license", published: true, status: "none" }),
        facts(3, { name: "100% Wool_Suite", status: "changed" })
      ].map(plain)
    )
    await use(({ keep }) => keep(instanceId(1), known))
    expect(await runtime.runPromise(rowsOf("select xmin, * from product order by offer"))).toEqual(
      before
    )
  })

  it.each<readonly [Partial<ProductFilter>, ReadonlyArray<number>]>([
    [{}, [3, 1, 2]],
    [{ family: "license" }, [2]],
    [{ status: "new" }, [1]],
    [{ published: true }, [2]],
    [{ published: false, status: "changed" }, [3]],
    [{ q: "product" }, [1, 2]],
    [{ q: "00003:" }, [3]],
    [{ q: "0% w" }, [3]],
    [{ q: "%" }, [3]],
    [{ q: "l_s" }, [3]],
    [{ instanceId: instanceId(2) }, []]
  ])("that fit %j are listed by name", async (given, expected) => {
    expect((await listed(given)).map((one) => one.offer)).toEqual(expected.map(offer))
  })

  it("are read page by page", async () => {
    const seen: Array<string> = []
    let cursor: string | undefined
    do {
      const part = await use(({ list }) => list(filter(), { cursor, limit: 1 }))
      seen.push(...part.items.map((one) => one.offer))
      cursor = part.next ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual([3, 1, 2].map(offer))
  })

  it("are changed by who has read the current version, and by nobody else", async () => {
    const product = await first()
    const changed = await use(({ update }) =>
      update(product.id, product.version, { sellPrice: euros("12.345"), published: true })
    )
    expect(changed).toMatchObject({ version: 2, published: true, name: product.name })
    const again = await first()
    expect([again.version, format(again.sellPrice)]).toEqual([2, "12.345"])
    expect(
      await failure(({ update }) => update(product.id, 1, { published: false }))
    ).toMatchObject({ _tag: "StaleVersion", expected: 1, actual: 2 })
    expect((await first()).published).toBe(true)
  })

  it("stay of the same version when a change makes no difference", async () => {
    const { id, name } = await first()
    expect(await use(({ update }) => update(id, 1, { name }))).toMatchObject({ version: 1 })
  })

  it("have codes of their own, also against the offers of others", async () => {
    const { id } = await first()
    for (const code of [offer(1), offer(1).toLowerCase()])
      expect(await failure(({ update }) => update(id, 1, { code }))).toMatchObject({
        _tag: "ProductCodeTaken"
      })
    expect(await use(({ update }) => update(id, 1, { code: "MINE" }))).toMatchObject({
      code: "MINE"
    })
    const other = (await listed())[1]
    if (other === undefined) throw new Error("there is no other product")
    for (const code of ["mine", offer(3)])
      expect(await failure(({ update }) => update(other.id, 1, { code }))).toMatchObject({
        _tag: "ProductCodeTaken"
      })
  })

  it("are not ordered by the year where Microsoft does not bill them so", async () => {
    const { id } = await first()
    expect(await failure(({ update }) => update(id, 1, { annualEnabled: true }))).toMatchObject({
      _tag: "AnnualNotSupported"
    })
  })

  it("that are acknowledged have nothing left to look at", async () => {
    const { id } = await first()
    expect(await use(({ update }) => update(id, 1, { acknowledged: true }))).toMatchObject({
      status: "none",
      changes: []
    })
  })

  it.each<readonly [BulkAction, Partial<ProductFilter>, object]>([
    ["publish", {}, { matched: 3, changed: 2 }],
    ["publish", { q: "wool" }, { matched: 1, changed: 1 }],
    ["unpublish", {}, { matched: 3, changed: 1 }],
    ["acknowledge", { family: "nce" }, { matched: 2, changed: 2 }],
    ["acknowledge", { instanceId: instanceId(2) }, { matched: 0, changed: 0 }]
  ])("are dealt with together: %s %j, and a dry run only counts", async (action, given, counts) => {
    const before = await listed()
    expect(await use(({ act }) => act(filter(given), action, true))).toEqual(counts)
    expect(await listed()).toEqual(before)
    expect(await use(({ act }) => act(filter(given), action, false))).toEqual(counts)
    expect(await use(({ act }) => act(filter(given), action, true))).toMatchObject({ changed: 0 })
  })

  it("that are new get the one-active rule of their type", async () => {
    const [type] = (await use((products) => products.types(instanceId(1), page))).items
    if (type === undefined) throw new Error("there is no type")
    await use(({ updateType }) => updateType(type.id, 1, { singleActive: true }))
    await use(({ keep }) => keep(instanceId(1), [facts(4)]))
    expect(
      await runtime.runPromise(rowsOf("select offer, single_active from product order by offer"))
    ).toEqual([
      { offer: offer(1), single_active: true },
      { offer: offer(2), single_active: false },
      { offer: offer(3), single_active: true },
      { offer: offer(4), single_active: true }
    ])
  })
})

describe("product types", () => {
  it("that are there already stay as they are", async () => {
    const [type] = types
    if (type === undefined) throw new Error("there is no type")
    await use(({ updateType }) =>
      updateType(type.id, 1, { name: "Ours", cancelLimit: euros("50.00"), quantityLimit: 25 })
    )
    await use(({ addTypes }) =>
      addTypes([
        { ...type, id: ProductTypeId.make("0a1b2c3d-0000-4000-8000-000000000002"), name: "Again" }
      ])
    )
    const { items } = await use((products) => products.types(undefined, page))
    expect(items).toMatchObject([{ name: "Ours", quantityLimit: 25, version: 2 }])
    expect(items.map(({ cancelLimit }) => cancelLimit && format(cancelLimit))).toEqual(["50.00"])
    expect(
      await use(({ updateType }) => updateType(type.id, 2, { cancelLimit: null }))
    ).toMatchObject({ cancelLimit: null, quantityLimit: 25, version: 3 })
  })

  it("are changed by who has read the current version, and by nobody else", async () => {
    const [type] = types
    if (type === undefined) throw new Error("there is no type")
    expect(
      await failure(({ updateType }) => updateType(type.id, 7, { refund: "none" }))
    ).toMatchObject({ _tag: "StaleVersion", actual: 1 })
  })
})
