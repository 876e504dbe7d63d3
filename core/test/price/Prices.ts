import { BigDecimal } from "effect"
import fc from "fast-check"
import type { Plan } from "../../src/catalogue/VendorCatalogue.ts"
import { Currency, money } from "../../src/money/Money.ts"
import type { PriceEntry, PriceRule, Subject } from "../../src/price/PriceEntry.ts"
import { entryKeyText } from "../../src/price/PriceEntry.ts"
import { PriceGroupId } from "../../src/price/PriceGroup.ts"
import type { DatedPrice, PricedProduct } from "../../src/price/resolvePrice.ts"
import { BillingCycle, OfferId, Term } from "../../src/subscription/Subscription.ts"
import { Instant } from "../../src/time/Instant.ts"

// A small world: three products, two groups, eight instants. What can go wrong, goes wrong in it.
const guid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
export const offers = [1, 2, 3].map((n) => OfferId.make(`CFQ7TTC0LH1${n}:0001`))
export const groups = [1, 2].map((n) => PriceGroupId.make(guid(n)))
export const eur = Currency.make("EUR")
export const currencies = ["EUR", "USD", "JPY", "KWD"].map((code) => Currency.make(code))
export const instants = Array.from({ length: 8 }, (_, n) => Instant.make(n))

export const decimal = (text: string) => BigDecimal.fromStringUnsafe(text)
export const anyInstant = fc.constantFrom(...instants)
export const anyTerm = fc.constantFrom(...Term.literals, null)
export const anyPlan: fc.Arbitrary<Plan> = fc.record({
  term: anyTerm,
  billingCycle: fc.constantFrom(...BillingCycle.literals)
})
/** Also with more digits than any currency has, and below zero, which no table keeps. */
export const anyAmount = fc
  .tuple(fc.bigInt({ min: -2_000n, max: 10_000_000n }), fc.integer({ min: 0, max: 6 }))
  .map(([value, scale]) => BigDecimal.make(value, scale))
const anyPercent = fc
  .tuple(fc.bigInt({ min: 0n, max: 999_999n }), fc.integer({ min: 4, max: 6 }))
  .map(([value, scale]) => BigDecimal.make(value, scale))

export const anyRule: fc.Arbitrary<PriceRule> = fc.oneof(
  fc.record({ kind: fc.constant("fixed" as const), value: anyAmount }),
  ...(["margin", "markup", "discount"] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), value: anyPercent })
  )
)
export const anySubject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constant("product" as const), offer: fc.constantFrom(...offers) }),
  fc.record({ kind: fc.constant("group" as const), groupId: fc.constantFrom(...groups) }),
  fc.constant({ kind: "all" as const })
)
export const anyEntries: fc.Arbitrary<ReadonlyArray<PriceEntry>> = fc.uniqueArray(
  fc.record({
    subject: anySubject,
    term: anyTerm,
    billingCycle: fc.option(fc.constantFrom(...BillingCycle.literals)),
    rule: anyRule
  }),
  { selector: entryKeyText, minLength: 4, maxLength: 30, size: "max" }
)
export const anyValidity = fc
  .tuple(anyInstant, fc.option(anyInstant))
  .filter(([from, to]) => to === null || from < to)
  .map(([validFrom, validTo]) => ({ validFrom, validTo }))
const anyDated: fc.Arbitrary<ReadonlyArray<DatedPrice>> = fc.array(
  fc
    .tuple(anyPlan, anyValidity, anyAmount, fc.constantFrom(...currencies))
    .map(([plan, validity, amount, currency]) => ({
      ...plan,
      ...validity,
      price: { amount, currency }
    })),
  { maxLength: 8, size: "max" }
)
export const anyProduct: fc.Arbitrary<PricedProduct> = fc.record({
  offer: fc.constantFrom(...offers),
  groupId: fc.option(fc.constantFrom(...groups)),
  costs: anyDated,
  recommended: anyDated
})
export const anyList = fc
  .tuple(
    anyValidity,
    fc.constantFrom(...currencies),
    fc.nat(9).map((n) => n > 0)
  )
  .map(([validity, currency, active]) => ({ ...validity, currency, active }))

export const cost = (
  amount: string,
  plan: Plan,
  validFrom = 0,
  validTo: number | null = null
): DatedPrice => ({
  ...plan,
  price: money(amount, eur),
  validFrom: Instant.make(validFrom),
  validTo: validTo === null ? null : Instant.make(validTo)
})
