import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { applyCatalogue, type CatalogueReading } from "../../src/catalogue/applyCatalogue.ts"
import { maySell, type ProductFacts, saleRefusal } from "../../src/catalogue/CatalogueProduct.ts"
import { Family } from "../../src/catalogue/Family.ts"
import type { VendorItem } from "../../src/catalogue/VendorCatalogue.ts"
import { equals } from "../../src/money/Money.ts"
import { dayMs, Instant } from "../../src/time/Instant.ts"
import {
  annual,
  anyEdit,
  anyPolicy,
  anyReading,
  countries,
  euros,
  item,
  kept,
  monthly,
  offer,
  policy,
  reading,
  trial
} from "./Readings.ts"

/** A catalogue that earlier readings have made, with what operators did to it before and after the last one. */
const anyKnown: fc.Arbitrary<ReadonlyArray<ProductFacts>> = fc
  .tuple(anyReading, anyReading, fc.array(anyEdit, { minLength: 6, maxLength: 6 }), anyPolicy)
  .map(([first, second, edits, names]) => {
    const edited = (products: ReadonlyArray<ProductFacts>, from: number) =>
      products.map((product, i) => ({ ...product, ...edits[from + i] }))
    const made = edited(kept([], applyCatalogue([], first, names)), 0)
    return edited(kept(made, applyCatalogue(made, second, names)), 3)
  })

const only = (products: ReadonlyArray<ProductFacts>, n = 1): ProductFacts => {
  const found = products.find((product) => product.offer === offer(n))
  if (found === undefined) throw new Error(`there is no product ${n}`)
  return found
}
const after = (known: ReadonlyArray<ProductFacts>, given: CatalogueReading, names = policy) =>
  kept(known, applyCatalogue(known, given, names))
const born = (...items: ReadonlyArray<VendorItem>) => after([], reading(items))

describe("whatever was known and whatever is read", () => {
  it("idempotent: the same reading a second time changes nothing", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, (known, given, names) => {
        const once = after(known, given, names)
        const again = applyCatalogue(once, given, names)
        expect(again.changes).toEqual([])
        expect(again.unchanged).toBe(once.length)
        const byOffer = new Map(once.map((product) => [product.offer, product]))
        for (const product of again.products) expect(product).toEqual(byOffer.get(product.offer))
      }),
      { numRuns: 500 }
    )
  })

  it("order does not matter: neither of the items nor of what is known", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, fc.nat(), (known, given, names, seed) => {
        const shuffled = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
          all.toSorted((a, b) => rank(a) - rank(b))
        const rank = (a: unknown) =>
          [...JSON.stringify(a, (_, v) => (typeof v === "bigint" ? `${v}` : v))].reduce(
            (hash, c) => (hash * 31 + c.charCodeAt(0) + seed) % 65_521,
            7
          )
        expect(
          applyCatalogue(shuffled(known), { ...given, items: shuffled(given.items) }, names)
        ).toEqual(applyCatalogue(known, given, names))
      }),
      { numRuns: 500 }
    )
  })

  it("what belongs to the operator stays: published, prices, code, protection", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, (known, given, names) => {
        const later = new Map(after(known, given, names).map((one) => [one.offer, one]))
        for (const before of known) {
          const now = later.get(before.offer)
          expect(now).toMatchObject({
            published: before.published,
            code: before.code,
            protectionMonths: before.protectionMonths
          })
          expect(now !== undefined && equals(now.sellPrice, before.sellPrice)).toBe(true)
          expect(now !== undefined && equals(now.purchasePrice, before.purchasePrice)).toBe(true)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("nothing is deleted, and what is new is unpublished and costs 0.00", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, (known, given, names) => {
        const later = after(known, given, names)
        const offers = new Set(later.map((one) => one.offer))
        expect(known.filter((one) => !offers.has(one.offer))).toEqual([])
        const old = new Set(known.map((one) => one.offer))
        for (const one of later.filter(({ offer }) => !old.has(offer))) {
          expect(one).toMatchObject({ published: false, status: "new", code: one.offer })
          expect([
            equals(one.sellPrice, euros("0")),
            equals(one.purchasePrice, euros("0"))
          ]).toEqual([true, true])
        }
      })
    )
  })

  it("a name edited by hand survives under keep, and no name but Microsoft's does under update", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, (known, given) => {
        const edited = known.map((one) => ({ ...one, name: `${one.name} (ours)` }))
        const keep = after(edited, given)
        for (const one of edited)
          expect(keep.find((p) => p.offer === one.offer)?.name).toBe(one.name)
        const whole = { ...given, unread: new Set<string>() }
        const sold = new Set(given.items.map((one) => one.offer))
        for (const one of after(edited, whole, { ...policy, productNames: "update" }))
          if (sold.has(one.offer)) expect(one.name).toBe(one.microsoftName)
      }),
      { numRuns: 300 }
    )
  })

  it("a country that was not read ends nothing: what was sold there still is", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, (known, given) => {
        const blind = { ...given, items: [], unread: new Set(given.countries) }
        expect(
          applyCatalogue(
            known.map((one) => ({
              ...one,
              availabilities: one.availabilities.filter((a) => given.countries.includes(a.country))
            })),
            blind,
            policy
          ).changes.filter(({ kind }) => kind === "discontinued")
        ).toEqual(
          // Sold only in countries that the instance has given up.
          known
            .filter(
              (one) =>
                one.discontinuedAt === null &&
                one.availabilities.length > 0 &&
                one.availabilities.some((a) => given.countries.includes(a.country)) &&
                !one.availabilities.some(
                  (a) => a.isPurchasable && given.countries.includes(a.country)
                )
            )
            .map(({ offer }) => offer)
            .sort()
            .map((offer) => expect.objectContaining({ offer }))
        )
      })
    )
  })

  it("every change says what was and what is, and they differ", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, (known, given, names) => {
        for (const { fields, kind } of applyCatalogue(known, given, names).changes) {
          expect(fields.length > 0).toBe(kind !== "new")
          for (const { after: now, before } of fields) expect(now).not.toEqual(before)
        }
      })
    )
  })

  it("a trial is no product", () => {
    fc.assert(
      fc.property(anyKnown, anyReading, anyPolicy, (known, given, names) => {
        expect(after(known, given, names).filter((one) => one.offer.endsWith(":0T01"))).toEqual([])
      })
    )
  })
})

describe("a new product", () => {
  it("has Microsoft's name, the offer as code, and its terms (domain.md §5)", () => {
    const [made] = born(
      item(1, {
        uri: "https://partner.microsoft.com/1",
        prerequisites: [offer(2)],
        isAddon: true,
        plans: [annual, monthly, annual]
      })
    )
    expect(made).toMatchObject({
      name: "Product 1",
      microsoftName: "Product 1",
      code: offer(1),
      description: "What product 1 is\nOffer: https://partner.microsoft.com/1\nQuantity: 1 to 300",
      chargeType: "recurring-prepaid",
      plans: [monthly, annual],
      annualEnabled: true,
      prerequisites: [offer(2)],
      protectionMonths: 0,
      trialOffer: null,
      trialEnabled: false
    })
  })

  it.each([
    // family, charge type
    ["license", "recurring-prepaid"],
    ["dynamics", "recurring-prepaid"],
    ["azure", "pay-per-use"],
    ["azure-plan", "pay-per-use"],
    ["azure-reserved-instance", "recurring-prepaid"],
    ["software-subscription", "recurring-prepaid"],
    ["perpetual", "one-time"],
    ["nce", "recurring-prepaid"]
  ] as const)("of the family %s is charged %s", (family, chargeType) => {
    expect(born(item(1, { family }))[0]?.chargeType).toBe(chargeType)
  })

  it("has every family in that table", () => {
    expect(Family.literals.length).toBe(8)
  })

  it("is one, in however many countries and segments it is sold, each with its own terms", () => {
    const [made, ...others] = born(
      item(1, { country: "US", name: "Name in US", plans: [annual], maximumQuantity: 10 }),
      item(1, { country: "DE", segment: "education", minimumQuantity: 5 }),
      item(1, { country: "DE", name: "Name in DE" })
    )
    expect(others).toEqual([])
    expect(made).toMatchObject({
      name: "Name in DE",
      segment: "commercial",
      minimumQuantity: 1,
      maximumQuantity: 300,
      plans: [monthly, annual]
    })
    expect(made?.availabilities.map((a) => [a.country, a.segment, a.plans])).toEqual([
      ["DE", "commercial", [monthly]],
      ["DE", "education", [monthly]],
      ["US", "commercial", [annual]]
    ])
  })

  it("does not come of what nobody can buy", () => {
    expect(born(item(1, { isPurchasable: false }))).toEqual([])
  })

  it("knows its trial, whether it is offered today or not", () => {
    const of = (isPurchasable: boolean) =>
      item(1, { offer: trial(1), isTrial: true, conversionTargets: [offer(1)], isPurchasable })
    expect(only(born(item(1), of(true)))).toMatchObject({
      trialOffer: trial(1),
      trialEnabled: true
    })
    expect(only(born(item(1), of(false)))).toMatchObject({
      trialOffer: trial(1),
      trialEnabled: false
    })
  })
})

describe("a known product", () => {
  it("that supports the annual cycle at last gets it enabled and is changed (domain.md §3b)", () => {
    const known = born(item(1)).map((one) => ({ ...one, status: "none" as const }))
    const outcome = applyCatalogue(known, reading([item(1, { plans: [monthly, annual] })]), policy)
    expect(outcome.products[0]).toMatchObject({ annualEnabled: true, status: "changed" })
    expect(outcome.changes[0]?.fields).toEqual([
      { field: "plans", before: ["P1M/monthly"], after: ["P1M/monthly", "P1Y/annual"] },
      { field: "annualEnabled", before: false, after: true }
    ])
  })

  it("whose annual cycle somebody has switched off keeps it off", () => {
    const known = born(item(1, { plans: [annual] })).map((one) => ({
      ...one,
      annualEnabled: false
    }))
    expect(only(after(known, reading([item(1, { plans: [annual, monthly] })]))).annualEnabled).toBe(
      false
    )
  })

  it("that is gone everywhere is discontinued: not sold anew, more seats for who has it", () => {
    const known = born(item(1)).map((one) => ({ ...one, published: true, status: "none" as const }))
    const gone = applyCatalogue(known, reading([]), policy)
    expect(gone.changes).toMatchObject([{ offer: offer(1), kind: "discontinued" }])
    const product = only(gone.products)
    expect(product).toMatchObject({
      status: "discontinued",
      plans: [monthly],
      maximumQuantity: 300
    })
    expect([maySell(product, { existing: false }), maySell(product, { existing: true })]).toEqual([
      false,
      true
    ])
    const back = applyCatalogue(gone.products, reading([item(1)]), policy)
    expect(back.products[0]).toMatchObject({ discontinuedAt: null, status: "changed" })
    expect(saleRefusal(only(back.products), { existing: false })).toBeUndefined()
  })

  it("that is acknowledged as discontinued says no more of it", () => {
    const gone = after(born(item(1)), reading([])).map((one) => ({
      ...one,
      status: "none" as const,
      changes: []
    }))
    expect(applyCatalogue(gone, reading([]), policy)).toMatchObject({ changes: [], unchanged: 1 })
  })

  it("is discontinued since the run that found it so, whatever later ones find", () => {
    const gone = after(born(item(1)), reading([]))
    const later = Instant.make(reading([]).at + dayMs)
    expect(only(after(gone, reading([], { at: later }))).discontinuedAt).toBe(reading([]).at)
  })

  it("is called as in the first of the instance's countries, whatever its letters", () => {
    const both = [item(1, { name: "Deutsch" }), item(1, { country: "US", name: "English" })]
    const [made] = after([], reading(both, { countries: ["US", "DE"] }))
    expect(made?.name).toBe("English")
  })

  it("is not sold any more in a country that the instance has given up", () => {
    const known = born(item(1), item(1, { country: "FR" }))
    const { changes, products } = applyCatalogue(
      known,
      reading([item(1)], { countries: ["DE", "US"] }),
      policy
    )
    expect(products[0]?.availabilities.map(({ country }) => country)).toEqual(["DE"])
    expect(changes[0]?.fields).toEqual([
      { field: "countries", before: ["DE", "FR"], after: ["DE"] }
    ])
  })

  it("that is gone in one country is changed, and where its plans differ says so", () => {
    const both = [item(1), item(1, { country: "FR", plans: [monthly, annual] })]
    const { changes } = applyCatalogue(born(...both), reading([item(1)]), policy)
    expect(changes).toMatchObject([
      {
        kind: "changed",
        fields: [
          { field: "plans", before: ["P1M/monthly", "P1Y/annual in FR"], after: ["P1M/monthly"] },
          { field: "annualEnabled", before: true, after: false },
          { field: "countries", before: ["DE", "FR"], after: ["DE"] }
        ]
      }
    ])
  })

  it("that was renamed says so once, and an edited name is told from Microsoft's", () => {
    const known = born(item(1))
    const renamed = reading([item(1, { name: "New" })])
    expect(applyCatalogue(known, renamed, policy).changes[0]?.fields).toEqual([
      { field: "name", before: "Product 1", after: "New" }
    ])
    const ours = known.map((one) => ({ ...one, name: "Ours" }))
    expect(applyCatalogue(ours, renamed, policy).changes[0]?.fields).toEqual([
      { field: "microsoftName", before: "Product 1", after: "New" }
    ])
  })

  it("that nobody has looked at stays new, and remembers what changed meanwhile", () => {
    const once = after(born(item(1)), reading([item(1, { maximumQuantity: 10 })]))
    const twice = after(once, reading([item(1, { maximumQuantity: 20 })]))
    expect(only(twice)).toMatchObject({
      status: "new",
      changes: [{ field: "maximumQuantity", before: 300, after: 20 }]
    })
    expect(only(after(twice, reading([item(1)]))).changes).toEqual([])
  })

  it("whose trial is withdrawn keeps the link, switched off", () => {
    const offered = item(1, { offer: trial(1), isTrial: true, conversionTargets: [offer(1)] })
    const known = born(item(1), offered)
    expect(only(after(known, reading([item(1)])))).toMatchObject({
      trialOffer: trial(1),
      trialEnabled: false
    })
    const blind = reading([item(1)], { unread: new Set(["FR"]) })
    expect(only(after(known, blind)).trialEnabled).toBe(true)
  })

  it("gets a fresh catalogue item id without being changed", () => {
    const known = born(item(1))
    const later = reading([item(1, { catalogItemId: "fresh" })], { countries: [...countries] })
    const outcome = applyCatalogue(known, later, policy)
    expect(outcome.changes).toEqual([])
    expect(outcome.products[0]?.availabilities[0]?.catalogItemId).toBe("fresh")
  })
})
