import fc from "fast-check"
import type {
  CatalogueOutcome,
  CataloguePolicy,
  CatalogueReading
} from "../../src/catalogue/applyCatalogue.ts"
import type { ProductFacts } from "../../src/catalogue/CatalogueProduct.ts"
import { Segment } from "../../src/catalogue/Family.ts"
import type { Plan, VendorItem } from "../../src/catalogue/VendorCatalogue.ts"
import { Currency, money } from "../../src/money/Money.ts"
import { OfferId } from "../../src/subscription/Subscription.ts"
import { Instant } from "../../src/time/Instant.ts"

export const countries = ["DE", "FR", "US"]
export const euros = (amount: string) => money(amount, Currency.make("EUR"))
export const offer = (n: number): OfferId => OfferId.make(`CFQ7TTC0000${n}:0001`)
export const trial = (n: number): OfferId => OfferId.make(`CFQ7TTC0000${n}:0T01`)
export const policy: CataloguePolicy = { productNames: "keep", currency: Currency.make("EUR") }

export const monthly: Plan = { term: "P1M", billingCycle: "monthly" }
export const annual: Plan = { term: "P1Y", billingCycle: "annual" }

export const item = (n: number, given: Partial<VendorItem> = {}): VendorItem => ({
  offer: offer(n),
  family: "nce",
  country: "DE",
  segment: "commercial",
  name: `Product ${n}`,
  description: `What product ${n} is`,
  uri: null,
  isTrial: false,
  isAddon: false,
  prerequisites: [],
  conversionTargets: [],
  minimumQuantity: 1,
  maximumQuantity: 300,
  plans: [monthly],
  isPurchasable: true,
  catalogItemId: `${offer(n)}:AVAIL`,
  ...given
})

export const reading = (
  items: ReadonlyArray<VendorItem>,
  given: Partial<CatalogueReading> = {}
): CatalogueReading => ({
  items,
  countries,
  unread: new Set(),
  at: Instant.make(Date.UTC(2026, 11, 1, 3)),
  ...given
})

/** The products after the outcome was kept. */
export const kept = (
  known: ReadonlyArray<ProductFacts>,
  { products }: CatalogueOutcome
): ReadonlyArray<ProductFacts> => {
  const byOffer = new Map(known.map((product) => [product.offer, product]))
  for (const product of products) byOffer.set(product.offer, product)
  return [...byOffer.values()]
}

// Three offers, three countries and few values, so that readings overlap.
const items: fc.Arbitrary<VendorItem> = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    country: fc.constantFrom(...countries),
    segment: fc.constantFrom(...Segment.literals),
    name: fc.constantFrom("A", "B"),
    description: fc.constantFrom("short", "long"),
    isTrial: fc.boolean(),
    isAddon: fc.boolean(),
    prerequisites: fc.uniqueArray(fc.constantFrom(offer(1), offer(2))),
    conversionTargets: fc.uniqueArray(fc.constantFrom(offer(1), offer(2), offer(3))),
    minimumQuantity: fc.integer({ min: 1, max: 2 }),
    maximumQuantity: fc.integer({ min: 3, max: 4 }),
    plans: fc.uniqueArray(fc.constantFrom(monthly, annual)),
    isPurchasable: fc.boolean(),
    catalogItemId: fc.constantFrom("one", "two")
  })
  .map(({ n, isTrial, conversionTargets, ...given }) =>
    item(n, {
      ...given,
      isTrial,
      offer: isTrial ? trial(n) : offer(n),
      conversionTargets: isTrial ? conversionTargets : []
    })
  )

export const anyReading: fc.Arbitrary<CatalogueReading> = fc
  .record({
    items: fc.array(items, { maxLength: 8 }),
    unread: fc.uniqueArray(fc.constantFrom(...countries), { maxLength: 2 }),
    countries: fc.constantFrom(countries, ["US", "DE"])
  })
  .map(({ unread, ...given }) => ({ ...reading([], given), unread: new Set(unread) }))

export const anyPolicy: fc.Arbitrary<CataloguePolicy> = fc
  .constantFrom("keep" as const, "update" as const)
  .map((productNames) => ({ ...policy, productNames }))

/** What an operator may have done to a product. */
export const anyEdit: fc.Arbitrary<Partial<ProductFacts>> = fc.record(
  {
    name: fc.constantFrom("Ours", "A"),
    published: fc.boolean(),
    sellPrice: fc.constantFrom(euros("5.60"), euros("12.00")),
    purchasePrice: fc.constantFrom(euros("4.00"), euros("9.99")),
    code: fc.constant("OUR-CODE"),
    protectionMonths: fc.constantFrom(0, 12),
    annualEnabled: fc.constant(false),
    status: fc.constant("none" as const),
    changes: fc.constant([])
  },
  { requiredKeys: [] }
)
