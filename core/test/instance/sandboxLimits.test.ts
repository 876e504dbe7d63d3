import { checkSandboxOrder, sandboxLimits } from "@concordat/core/instance/sandboxLimits"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const { customersMax, subscriptionsPerCustomerMax, licencesPerSubscriptionMax } = sandboxLimits

const Use = fc.record({ customers: fc.nat(100), subscriptions: fc.nat(8) })
const Order = fc.record({
  isNewCustomer: fc.boolean(),
  licences: fc.array(fc.nat(40), { maxLength: 6 }),
  newSubscriptions: fc.nat(7)
})

describe("an order in the sandbox", () => {
  // customers  subscriptions  new customer  new subscriptions  licences   exceeds
  it.each([
    [0, 0, true, 5, [25, 25, 25, 25, 25], []],
    [74, 0, true, 1, [1], []],
    [75, 0, true, 1, [1], ["customersMax"]],
    [75, 0, false, 1, [1], []],
    [1, 5, false, 0, [25], []],
    [1, 5, false, 1, [25], ["subscriptionsPerCustomerMax"]],
    [1, 1, false, 1, [26], ["licencesPerSubscriptionMax"]],
    [
      90,
      9,
      true,
      1,
      [26],
      ["customersMax", "subscriptionsPerCustomerMax", "licencesPerSubscriptionMax"]
    ],
    [90, 9, false, 0, [], []] // what is there already is not refused
  ] as const)(
    "%i customers, %i subscriptions; new customer %s, %i new, licences %j",
    (customers, subscriptions, isNewCustomer, newSubscriptions, licences, exceeded) => {
      const found = checkSandboxOrder(
        { customers, subscriptions },
        { isNewCustomer, newSubscriptions, licences }
      )
      expect(found.map(({ limit }) => limit)).toEqual(exceeded)
    }
  )

  it("limit: what fits leaves the sandbox within every limit that it was within", () => {
    fc.assert(
      fc.property(Use, Order, (use, order) => {
        fc.pre(use.customers <= customersMax && use.subscriptions <= subscriptionsPerCustomerMax)
        fc.pre(checkSandboxOrder(use, order).length === 0)
        expect(use.customers + (order.isNewCustomer ? 1 : 0)).toBeLessThanOrEqual(customersMax)
        expect(use.subscriptions + order.newSubscriptions).toBeLessThanOrEqual(
          subscriptionsPerCustomerMax
        )
        expect(order.licences.every((count) => count <= licencesPerSubscriptionMax)).toBe(true)
      })
    )
  })

  it("truth: what is refused would really exceed the limit that is named", () => {
    fc.assert(
      fc.property(Use, Order, (use, order) => {
        for (const { limit, max, wanted } of checkSandboxOrder(use, order)) {
          expect(max).toBe(sandboxLimits[limit])
          expect(wanted).toBeGreaterThan(max)
        }
      })
    )
  })

  it("monotonicity: asking for more never frees an order from a limit", () => {
    fc.assert(
      fc.property(Use, Order, fc.nat(5), (use, order, more) => {
        const limitsOf = (asked: typeof order) =>
          checkSandboxOrder(use, asked).map(({ limit }) => limit)
        const larger = {
          isNewCustomer: true,
          newSubscriptions: order.newSubscriptions + more,
          licences: [...order.licences, more]
        }
        expect(limitsOf(larger)).toEqual(expect.arrayContaining(limitsOf(order)))
      })
    )
  })
})
