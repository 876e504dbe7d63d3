import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { format, type Money, plus } from "../../src/money/Money.ts"
import type { Knowledge, ListedPrices } from "../../src/reconciliation/Customer.ts"
import { compare } from "../../src/reconciliation/compare.ts"
import type { MicrosoftId, SubscriptionId } from "../../src/subscription/Subscription.ts"
import { customerOf, euros, knowledge, products, soundWorld, type World } from "./Worlds.ts"

/** Every product at a price that nobody has agreed on. */
const otherProducts = new Map(
  [...products].map(([offer, product]) => [
    offer,
    { ...product, prices: product.prices.map((price) => ({ ...price, price: euros("77.77") })) }
  ])
)
const known = (listed: Partial<ListedPrices>, more: Partial<Knowledge> = {}): Knowledge => ({
  ...knowledge,
  products: otherProducts,
  ...more,
  listed: { subscriptions: new Map(), observed: new Map(), ...listed }
})
const pricesOf = (
  world: World,
  price: (index: number, agreed: Money | null) => Money | null
): ReadonlyMap<SubscriptionId, Money | null> =>
  new Map(world.subscriptions.map(({ id, unitPrice }, index) => [id, price(index, unitPrice)]))
const found = (world: World, knowledge: Knowledge) =>
  compare(customerOf(world), knowledge).flatMap(({ findings, subscription }) =>
    findings.map((finding) => ({ ...finding, id: subscription?.id }))
  )
/** Those whose price is known on both sides. */
const priced = ({ subscriptions }: World) =>
  subscriptions.filter(({ unitPrice }) => unitPrice !== null)

describe("where price lists decide", () => {
  it("an agreed price that is the list's is no finding, whatever the product's own price is", () => {
    fc.assert(
      fc.property(soundWorld, (world) => {
        const agreed = pricesOf(world, (_, unitPrice) => unitPrice)
        expect(found(world, known({ subscriptions: agreed }))).toEqual([])
        // With the product's own prices alone, every one of them is.
        expect(found(world, known({})).map(({ kind }) => kind)).toEqual(
          priced(world).map(() => "price")
        )
      })
    )
  })

  it("a list that has no price for something lets the product's own through nowhere", () => {
    fc.assert(
      fc.property(soundWorld, (world) => {
        const none = pricesOf(world, () => null)
        expect(found(world, known({ subscriptions: none }))).toEqual([])
        const unpriced = {
          ...world,
          subscriptions: world.subscriptions.map((one) => ({ ...one, unitPrice: null })),
          observed: []
        }
        const missing = found(unpriced, known({ subscriptions: none }))
        expect(missing.map(({ atRisk }) => atRisk)).toEqual(world.subscriptions.map(() => null))
      })
    )
  })

  it("one that differs is one finding about that subscription, with both prices, with and without products", () => {
    fc.assert(
      fc.property(soundWorld, fc.nat(), fc.boolean(), (world, pick, bare) => {
        const candidates = priced(world)
        const chosen = candidates[pick % candidates.length]
        if (chosen === undefined || chosen.unitPrice === null) return
        const other = plus(chosen.unitPrice, euros("0.01"))
        const subscriptions = pricesOf(world, (index, agreed) =>
          world.subscriptions[index] === chosen ? other : agreed
        )
        const more = bare ? { products: new Map() } : {}
        expect(found(world, known({ subscriptions }, more))).toMatchObject([
          {
            kind: "price",
            id: chosen.id,
            bss: format(chosen.unitPrice),
            partnerCenter: format(other)
          }
        ])
      })
    )
  })

  it("what only Partner Center holds is worth the list's price a month, and what has no agreed price too", () => {
    const worth = (seats: number, perSeat: number) => `${seats * perSeat}.00`
    const shown = (finding: { readonly atRisk: Money | null } | undefined) =>
      finding === undefined || finding.atRisk === null ? null : format(finding.atRisk)
    fc.assert(
      fc.property(soundWorld, (world) => {
        const observed = new Map<MicrosoftId, Money | null>(
          world.observed.map(({ microsoftId }) => [microsoftId, euros("3.00")])
        )
        const there = found({ ...world, subscriptions: [] }, known({ observed }))
        for (const { microsoftId, terms } of world.observed)
          if (terms.billingCycle === "monthly")
            expect(shown(there.find((one) => one.partnerCenter === microsoftId))).toBe(
              worth(terms.quantity, 3)
            )

        const subscriptions = pricesOf(world, () => euros("5.00"))
        const unpriced = world.subscriptions.map((one) => ({ ...one, unitPrice: null }))
        const here = found(
          { ...world, subscriptions: unpriced, observed: [] },
          known({ subscriptions })
        )
        for (const { id, terms } of world.subscriptions)
          if (terms.billingCycle === "monthly")
            expect(shown(here.find((one) => one.id === id))).toBe(worth(terms.quantity, 5))
      })
    )
  })
})
