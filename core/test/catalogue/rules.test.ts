import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { annualPriceOf, orderable, outcomeOf } from "../../src/catalogue/annual.ts"
import { isDue } from "../../src/catalogue/catalogueSchedule.ts"
import { Family } from "../../src/catalogue/Family.ts"
import { familyOf, newProductType, ProductTypeId } from "../../src/catalogue/ProductType.ts"
import { InstanceId, InstanceName } from "../../src/instance/Instance.ts"
import { Currency, equals, format, money } from "../../src/money/Money.ts"
import { pricingCurrencyOf } from "../../src/money/pricingCurrency.ts"
import { OfferId } from "../../src/subscription/Subscription.ts"
import { Instant, minuteMs } from "../../src/time/Instant.ts"

describe("the two switches of annual billing (domain.md §3a)", () => {
  it.each([
    // unit  provisioning  ordered    billed     Microsoft gets
    [false, false, "monthly", "monthly", "monthly"],
    [false, true, "monthly", "monthly", "monthly"],
    [false, false, "annual", undefined, undefined],
    [false, true, "annual", undefined, undefined],
    [true, false, "monthly", "monthly", "monthly"],
    [true, false, "annual", "annual", "monthly"],
    [true, true, "monthly", "monthly", "monthly"],
    [true, true, "annual", "annual", "annual"]
  ] as const)(
    "unit enabled %s, provisioning %s, ordered %s: billed %s, provisioned %s",
    (unitEnabled, provisioning, ordered, billed, provisioned) => {
      const switches = { unitEnabled, provisioning }
      expect(outcomeOf(switches, ordered)).toEqual(
        billed === undefined ? undefined : { billed, provisioned }
      )
      expect(orderable(switches).includes(ordered)).toBe(billed !== undefined)
    }
  )
})

describe("the annual price", () => {
  const eur = Currency.make("EUR")
  it("is exactly twelve times the month's, to the last digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.nat(6), (units, digits) => {
        const text = units.toString().padStart(digits + 1, "0")
        const point = text.length - digits
        const monthly = money(`${text.slice(0, point)}.${text.slice(point)}0`, eur)
        const annual = (units * 12n).toString().padStart(digits + 1, "0")
        const cut = annual.length - digits
        expect(
          equals(
            annualPriceOf(monthly),
            money(`${annual.slice(0, cut)}.${annual.slice(cut)}0`, eur)
          )
        ).toBe(true)
      })
    )
  })

  it("is the real one where there is one", () => {
    expect(format(annualPriceOf(money("10.00", eur), money("100.00", eur)))).toBe("100.00")
    expect(format(annualPriceOf(money("0.10", eur), null))).toBe("1.20")
  })
})

describe("a schedule", () => {
  const at = (text: string) => Instant.make(Date.parse(text))
  const monthly = "0 3 1 * *"
  it.each([
    // since                     now                       due
    ["2026-11-15T00:00:00Z", "2026-12-01T02:59:59Z", false],
    ["2026-11-15T00:00:00Z", "2026-12-01T03:00:00Z", true],
    ["2026-12-01T03:00:00Z", "2026-12-01T03:00:01Z", false],
    ["2026-12-01T03:00:00Z", "2026-12-31T23:59:59Z", false],
    ["2026-09-15T00:00:00Z", "2026-12-24T00:00:00Z", true]
  ])("of the 1st at 3:00, looked at first at %s, is due at %s: %s", (since, now, due) => {
    expect(isDue(monthly, at(since), at(now))).toBe(due)
  })

  it("that can never strike, or is none, is never due", () => {
    const since = at("2026-01-01T00:00:00Z")
    for (const schedule of ["0 0 30 2 *", "", "every day"])
      expect(isDue(schedule, since, at("2036-01-01T00:00:00Z"))).toBe(false)
  })

  it("strikes once for each time that it was asked after", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (minutes) => {
        const now = Instant.make(at("2026-11-15T00:00:00Z") + minutes * minuteMs)
        expect(isDue(monthly, now, now)).toBe(false)
      })
    )
  })
})

describe("product types", () => {
  const instance = {
    id: InstanceId.make("0a1b2c3d-0000-4000-8000-000000000001"),
    name: InstanceName.make("contoso-eu")
  }
  const type = (family: Family) =>
    newProductType(ProductTypeId.make("0a1b2c3d-0000-4000-8000-000000000002"), instance, family)

  it.each([
    // family, name (domain.md §5), code (§2c), one active subscription (§8e)
    ["license", "Microsoft Cloud Services – contoso-eu", "MSCloudServices", true],
    ["dynamics", "Microsoft Dynamics – contoso-eu", "Dynamics 365", false],
    [
      "nce",
      "Microsoft Online Services (New Commerce) – contoso-eu",
      "MSOnlineServicesNceProductType",
      false
    ],
    ["azure-plan", "Microsoft Azure Plan – contoso-eu", "MSAzurePlanProductType", false]
  ] as const)("of %s are named %s", (family, name, code, singleActive) => {
    expect(type(family)).toMatchObject({ name, code, singleActive, quantityLimit: null })
  })

  it("are told apart by name and code, and cancel nothing by themselves at first", () => {
    const types = Family.literals.map(type)
    expect(new Set(types.map(({ name }) => name)).size).toBe(Family.literals.length)
    expect(new Set(types.map(({ code }) => code)).size).toBe(Family.literals.length)
    expect(types.some((one) => one.cancelAddons || one.cancelSubscriptions)).toBe(false)
  })

  it.each([
    ["CFQ7TTC0LH18:0001", "nce"],
    ["DZH318Z0BPS6:0001", "azure-plan"],
    ["MS-AZR-0145P", "azure"],
    ["0a1b2c3d-0000-4000-8000-00000000abcd", "license"]
  ])("an offer that nobody described, %s, is of %s", (offer, family) => {
    expect(familyOf(OfferId.make(offer))).toBe(family)
  })
})

describe("the currency of a country's catalogue", () => {
  it.each([
    ["DE", "EUR"],
    ["FR", "EUR"],
    ["US", "USD"],
    ["GB", "GBP"],
    ["CH", "CHF"],
    ["ZA", "USD"],
    ["??", "USD"]
  ])("of %s is %s", (country, currency) => {
    expect(pricingCurrencyOf(country)).toBe(currency)
  })
})
