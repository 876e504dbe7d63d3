import fc from "fast-check"
import { expect, it } from "vitest"
import { Clock } from "../src/Clock.ts"
import type { Entry, Journal } from "../src/Journal.ts"
import { Simulator } from "../src/Simulator.ts"
import { customerOf } from "../src/world/Account.ts"
import { ControlRefusal } from "../src/world/refusals.ts"
import { directoryOf, domainsOf, foreignTenants, type NewCustomer } from "../src/world/Tenant.ts"

const journalOf = (entries: Array<Entry>): Journal => ({
  read: () => entries,
  append: (entry) => void entries.push(entry),
  restart: (entry) => void entries.splice(0, entries.length, entry)
})

/** As a file would give it back. */
const reread = (entries: ReadonlyArray<Entry>): Array<Entry> => JSON.parse(JSON.stringify(entries))

const clockAt = () => new Clock({ mode: "stopped", atMs: Date.UTC(2026, 10, 20) })

const newCustomer = (domain: string): NewCustomer => ({
  domain: `${domain}.onmicrosoft.com`,
  resellerTenantId: null,
  delegated: false,
  profile: {
    companyName: domain,
    email: `office@${domain}.example`,
    culture: "de-DE",
    language: "de",
    firstName: null,
    lastName: null,
    registrationNumber: null,
    address: {
      country: "DE",
      region: null,
      city: "Hamburg",
      state: null,
      addressLine1: "Speicherstrasse 1",
      addressLine2: null,
      postalCode: "20095",
      firstName: "Ada",
      lastName: "Kovac",
      phoneNumber: null
    }
  }
})

const foreign = foreignTenants("replay").slice(0, 2)
const account = fc.constantFrom("eu", "direct")
const anyone = fc.nat(3)

/** What can happen to tenants, by number among the customers where it happens to one. */
const act = fc.oneof(
  fc.record({
    do: fc.constant("create" as const),
    account,
    domain: fc.constantFrom("a", "b")
  }),
  fc.record({
    do: fc.constant("decide" as const),
    account,
    tenant: fc.constantFrom(...foreign.map(({ domain }) => domain), "a.onmicrosoft.com"),
    decision: fc.constantFrom("accept" as const, "decline" as const)
  }),
  fc.record({ do: fc.constant("letGo" as const), account, customer: anyone }),
  fc.record({ do: fc.constant("delete" as const), account, customer: anyone }),
  fc.record({ do: fc.constant("agree" as const), account, customer: anyone }),
  fc.record({ do: fc.constant("user" as const), account, customer: anyone })
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

/** Found once: what one partner's sandbox deletes may be the customer of another partner. */
const deletedElsewhere: Array<Act> = [
  { do: "create", account: "eu", domain: "a" },
  { do: "decide", account: "direct", tenant: "a.onmicrosoft.com", decision: "accept" },
  { do: "delete", account: "eu", customer: 1 }
]

const perform = (simulator: Simulator, one: Act): void => {
  const { customers } = simulator.account(one.account)
  if (one.do === "create") {
    const customer = newCustomer(one.domain)
    if (!simulator.world.domains.has(customer.domain))
      simulator.addCustomer(one.account, `request ${simulator.world.domains.size}`, customer)
    return
  }
  if (one.do === "decide") {
    simulator.decide(one.account, one.tenant, null, one.decision)
    return
  }
  const customer = customers[one.customer % Math.max(1, customers.length)]
  if (customer === undefined) return
  switch (one.do) {
    case "letGo":
      simulator.change(one.account, {
        as: "partner",
        customer: customer.id,
        kind: "deleteCustomerRelationship"
      })
      return
    case "delete":
      simulator.deleteCustomer(one.account, customer)
      return
    case "agree":
      simulator.acceptAgreement(one.account, customer, {
        templateId: "1",
        type: "MicrosoftCustomerAgreement",
        dateAgreed: 0,
        userId: "u",
        contact: { firstName: "A", lastName: "K", email: "a@k.example", phoneNumber: null }
      })
      return
    case "user": {
      const [admin] = directoryOf(customer)
      if (admin !== undefined)
        simulator.putUser(one.account, customer, { ...admin, password: `p${one.customer}` })
    }
  }
}

const picture = ({ world }: Simulator) => ({
  domains: [...world.domains],
  accounts: [...world.accounts.values()].map(({ customers, decisions, answered, audit }) => ({
    answered: [...answered],
    decisions,
    audit,
    customers: customers.map(({ lagging: _, subscriptions, orders, ...customer }) => ({
      ...customer,
      subscriptions: subscriptions.map(({ id }) => id),
      orders: orders.map(({ id }) => id)
    }))
  }))
})

it("whatever happens to tenants, a restart finds the same world, in which each domain is one tenant's", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
      const entries: Array<Entry> = []
      const simulator = new Simulator(clockAt(), journalOf(entries), {
        seed: "replay",
        accounts: [
          { name: "eu", cspStatus: "indirect", customers: 1 },
          { name: "direct", cspStatus: "direct", customers: 1 }
        ]
      })
      for (const one of acts) {
        try {
          perform(simulator, one)
        } catch (error) {
          // What the control API refuses leaves no trace, which the comparison shows.
          if (!(error instanceof ControlRefusal)) throw error
        }
      }
      for (const [domain, tenantId] of simulator.world.domains)
        for (const { customers, customersById } of simulator.world.accounts.values()) {
          expect(customers.length).toBe(customersById.size)
          for (const customer of customers)
            if (domainsOf(customer).includes(domain)) expect(customer.id).toBe(tenantId)
          const owner = customersById.get(tenantId)
          if (owner !== undefined) expect(domainsOf(owner)).toContain(domain)
        }
      for (const { customers, customersById } of simulator.world.accounts.values())
        for (const customer of customers) {
          expect(customersById.get(customer.id)).toBe(customer)
          for (const domain of domainsOf(customer))
            expect(simulator.world.domains.get(domain)).toBe(customer.id)
        }
      const again = new Simulator(clockAt(), journalOf(reread(entries)))
      expect(picture(again)).toEqual(picture(simulator))
      expect(customerOf(again.account("eu"), "nobody")).toBeUndefined()
    }),
    { numRuns: 100, examples: [[deletedElsewhere]] }
  )
})
