import { AccountId } from "@concordat/core/account/Account"
import { accountFrom, line } from "@concordat/core/import/accountFrom"
import { SuggestionReason } from "@concordat/core/import/CustomerImport"
import { importedOptions } from "@concordat/core/import/importedOptions"
import {
  type CustomerFacts,
  planCustomer,
  subscriptionsToImport
} from "@concordat/core/import/planCustomer"
import { resellerOf } from "@concordat/core/import/resellerOf"
import { type Candidate, suggestAccounts } from "@concordat/core/import/suggestAccounts"
import {
  InstanceId,
  InstanceName,
  MpnId,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import type { Observed } from "@concordat/core/subscription/Observed"
import { isLive, MicrosoftId, OfferId, Status } from "@concordat/core/subscription/Subscription"
import type { BillingProfile } from "@concordat/core/tenant/VendorTenants"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const guid = (kind: number, n: number) =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const tenant = (n: number) => TenantId.make(guid(3, n))
const account = (n: number) => AccountId.make(guid(5, n))
const microsoft = (n: number) => MicrosoftId.make(guid(2, n))
const mpn = (n: number) => MpnId.make(String(4_000_000 + n))
const offers = [1, 2, 3].map((n) => OfferId.make(`CFQ7TTC0000${n}:0001`))
const provider = mpn(0)

const subscription = (n: number, terms: Partial<Observed["terms"]> = {}): Observed => ({
  instanceId: InstanceId.make(guid(4, 1)),
  tenantId: tenant(1),
  microsoftId: microsoft(n),
  terms: {
    offer: offers[0] ?? OfferId.make("CFQ7TTC00001:0001"),
    quantity: 1,
    status: "active",
    billingCycle: "monthly",
    term: "P1Y",
    autoRenew: true,
    commitmentEnd: null,
    scheduledChange: null,
    partnerOfRecord: null,
    parent: null,
    isTrial: false,
    friendlyName: "",
    ...terms
  },
  name: `Offer ${n}`,
  orderId: null,
  effectiveStart: null,
  createdAt: null,
  cancellableUntil: null,
  refundable: [],
  etag: null
})

const somePartner = fc.option(fc.integer({ min: 0, max: 3 }).map(mpn), { nil: null })
const someStatus = fc.constantFrom(...Status.literals)
const someSubscriptions = fc
  .array(fc.record({ partnerOfRecord: somePartner, status: someStatus }), { maxLength: 8 })
  .map((all) => all.map((terms, n) => subscription(n, terms)))

describe("the reseller of a customer", () => {
  const indirect = { cspStatus: "indirect", mpnId: provider } as const

  it("is one that a live subscription names, never the provider, and nobody where none does", () => {
    fc.assert(
      fc.property(someSubscriptions, (all) => {
        const named = all.flatMap(({ terms: { partnerOfRecord, status } }) =>
          isLive(status) && partnerOfRecord !== null && partnerOfRecord !== provider
            ? [partnerOfRecord]
            : []
        )
        const found = resellerOf(all, indirect)
        if (named.length === 0) expect(found).toBeNull()
        else expect(named).toContain(found)
        const count = (mpnId: MpnId | null) => named.filter((one) => one === mpnId).length
        for (const other of named) expect(count(found)).toBeGreaterThanOrEqual(count(other))
      })
    )
  })

  it("does not depend on the order of the list", () => {
    fc.assert(
      fc.property(
        someSubscriptions.chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length })
          )
        ),
        ([all, shuffled]) => {
          expect(resellerOf(shuffled, indirect)).toBe(resellerOf(all, indirect))
        }
      )
    )
  })

  it("is nobody in a direct partner's instance", () => {
    fc.assert(
      fc.property(someSubscriptions, (all) => {
        expect(resellerOf(all, { cspStatus: "direct", mpnId: provider })).toBeNull()
      })
    )
  })
})

describe("suggestions", () => {
  const texts = fc.constantFrom("Fabrikam", " FABRIKAM ", "Contoso", "", "Straße", "fabrikam")
  const customer = fc.record({
    tenantId: fc.integer({ min: 1, max: 3 }).map(tenant),
    domain: fc.constantFrom("a.onmicrosoft.com", "b.onmicrosoft.com", ""),
    name: texts
  })
  const candidates: fc.Arbitrary<ReadonlyArray<Candidate>> = fc
    .array(
      fc.record({
        name: texts,
        kind: fc.constantFrom("organisation", "reseller", "customer", "affiliate"),
        active: fc.boolean(),
        tenants: fc.array(
          fc.record({
            tenantId: fc.integer({ min: 1, max: 3 }).map(tenant),
            domain: fc.constantFrom("A.onmicrosoft.com", "b.onmicrosoft.com", null, "")
          }),
          { maxLength: 2 }
        )
      }),
      { maxLength: 6 }
    )
    .map((all) => all.map((one, n) => ({ ...one, id: account(n) })))

  it("are active accounts that share a tenant, a domain or a name, the surest reason first", () => {
    fc.assert(
      fc.property(customer, candidates, (one, all) => {
        const suggestions = suggestAccounts(one, all)
        const same = (text: string | null, other: string) =>
          other.trim() !== "" && text?.trim().toLowerCase() === other.trim().toLowerCase()
        for (const { accountId, reason } of suggestions) {
          const candidate = all.find(({ id }) => id === accountId)
          expect(candidate?.active).toBe(true)
          expect(candidate?.kind).not.toBe("organisation")
          const shared = {
            tenant: candidate?.tenants.some(({ tenantId }) => tenantId === one.tenantId),
            domain: candidate?.tenants.some(({ domain }) => same(domain, one.domain)),
            name: same(candidate?.name ?? null, one.name)
          }
          expect(SuggestionReason.literals.find((which) => shared[which] === true)).toBe(reason)
        }
        const ranks = suggestions.map(({ reason }) => SuggestionReason.literals.indexOf(reason))
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
        expect(suggestAccounts(one, all.toReversed())).toEqual(suggestions)
      })
    )
  })

  it("never come of nothing: an empty name or domain is nobody's", () => {
    expect(
      suggestAccounts({ tenantId: tenant(1), domain: "", name: " " }, [
        {
          id: account(1),
          name: "  ",
          kind: "customer",
          active: true,
          tenants: [{ tenantId: tenant(2), domain: "" }]
        }
      ])
    ).toEqual([])
  })
})

const facts = (given: Partial<CustomerFacts> = {}): CustomerFacts => ({
  tenantId: tenant(1),
  name: "Fabrikam",
  domain: "fabrikam.onmicrosoft.com",
  linkedTo: null,
  mappedTo: null,
  asNew: false,
  suggestions: [],
  reseller: null,
  observed: [],
  known: new Set(),
  ...given
})

const someFacts = fc
  .record({
    linked: fc.boolean(),
    mapped: fc.boolean(),
    suggested: fc.boolean(),
    asNew: fc.boolean(),
    otherTenant: fc.boolean(),
    reseller: fc.constantFrom("none", "unknown", "named", "held", "inactive", "twice"),
    subscriptions: fc.array(
      fc.record({
        status: someStatus,
        offer: fc.constantFrom(...offers),
        parent: fc.option(fc.integer({ min: 0, max: 5 }), { nil: null }),
        known: fc.boolean()
      }),
      { maxLength: 6 }
    )
  })
  .map((given): CustomerFacts => {
    const one = {
      id: account(7),
      name: "North",
      active: given.reseller !== "inactive",
      edition: "basic"
    } as const
    return facts({
      linkedTo: given.linked ? account(1) : null,
      mappedTo: given.mapped
        ? {
            id: account(1),
            name: "Chosen",
            kind: "customer",
            active: true,
            otherTenant: given.otherTenant ? tenant(9) : null
          }
        : null,
      asNew: given.asNew,
      suggestions: given.suggested ? [{ accountId: account(2), name: "Twin", reason: "name" }] : [],
      reseller:
        given.reseller === "none"
          ? null
          : {
              mpnId: mpn(1),
              name: given.reseller === "unknown" ? null : "North",
              accounts:
                given.reseller === "held" || given.reseller === "inactive"
                  ? [one]
                  : given.reseller === "twice"
                    ? [one, { ...one, id: account(8) }]
                    : []
            },
      observed: given.subscriptions.map(({ offer, parent, status }, n) =>
        subscription(n, {
          offer,
          status,
          parent: parent === null || parent === n ? null : microsoft(parent)
        })
      ),
      known: new Set(given.subscriptions.flatMap(({ known }, n) => (known ? [microsoft(n)] : [])))
    })
  })
const someProducts = fc.subarray(offers).map((some) => new Set(some))

describe("the plan of a customer", () => {
  it("never makes a suggested account the customer, and never makes a new one beside it unless that is wanted", () => {
    fc.assert(
      fc.property(someFacts, someProducts, (one, products) => {
        const plan = planCustomer(one, products, null)
        if (plan._tag !== "Import") return
        const suggested = one.suggestions.map(({ accountId }) => accountId)
        if (plan.place._tag === "New") {
          expect(one.linkedTo ?? one.mappedTo).toBeNull()
          expect(one.asNew || suggested.length === 0).toBe(true)
        } else {
          expect(suggested).not.toContain(plan.place.accountId)
          expect([one.linkedTo, one.mappedTo?.id]).toContain(plan.place.accountId)
        }
      })
    )
  })

  it("adds live subscriptions of known products with their bases, each once, and nothing that the BSS has", () => {
    fc.assert(
      fc.property(someFacts, someProducts, ({ known, observed }, products) => {
        const { notImported, subscriptions } = subscriptionsToImport(observed, known, products)
        const there = new Set([...known, ...subscriptions.map(({ microsoftId }) => microsoftId)])
        for (const { microsoftId, terms } of subscriptions) {
          expect(known.has(microsoftId)).toBe(false)
          expect(isLive(terms.status)).toBe(true)
          expect(products.has(terms.offer)).toBe(true)
          expect(terms.parent === null || there.has(terms.parent)).toBe(true)
        }
        const live = observed.filter(
          ({ microsoftId, terms }) => isLive(terms.status) && !known.has(microsoftId)
        )
        expect(
          [...subscriptions, ...notImported].map(({ microsoftId }) => microsoftId).sort()
        ).toEqual(live.map(({ microsoftId }) => microsoftId).sort())
        for (const { microsoftId, offer } of notImported) {
          const left = live.find((one) => one.microsoftId === microsoftId)
          const parent = left?.terms.parent ?? null
          expect(!products.has(offer) || (parent !== null && !there.has(parent))).toBe(true)
        }
      })
    )
  })

  it("carried out, has nothing left to do: twice is once", () => {
    fc.assert(
      fc.property(someFacts, someProducts, (one, products) => {
        const plan = planCustomer(one, products, null)
        if (plan._tag !== "Import") return
        const accountId = plan.place._tag === "New" ? account(99) : plan.place.accountId
        const after = planCustomer(
          {
            ...one,
            linkedTo: accountId,
            mappedTo: one.mappedTo === null ? null : { ...one.mappedTo, otherTenant: null },
            known: new Set([
              ...one.known,
              ...plan.subscriptions.map(({ microsoftId }) => microsoftId)
            ])
          },
          products,
          null
        )
        expect(after).toMatchObject({
          _tag: "Import",
          place: { _tag: "Linked", accountId },
          subscriptions: [],
          notImported: plan.notImported
        })
      })
    )
  })

  it("puts a new customer below its reseller, which it needs to be exactly one that somebody knows", () => {
    const held = { id: account(7), name: "North", active: true, edition: "standard" } as const
    const place = (reseller: CustomerFacts["reseller"]) => {
      const plan = planCustomer(facts({ reseller }), new Set(), null)
      if (plan._tag !== "Import") return plan.reason
      return plan.place._tag === "New" ? plan.place.reseller : undefined
    }
    const of = (name: string | null, ...accounts: ReadonlyArray<typeof held>) => ({
      mpnId: mpn(1),
      name,
      accounts
    })
    expect(place(null)).toBeNull()
    expect(place(of("North", held))).toMatchObject({ _tag: "Held", accountId: held.id })
    expect(place(of("North"))).toMatchObject({ _tag: "Missing", name: "North", edition: "basic" })
    expect(place(of(null))).toContain("Nobody knows the reseller")
    expect(place(of("North", held, { ...held, id: account(8) }))).toContain("Several resellers")
    expect(
      planCustomer(
        facts({ reseller: { ...of("North"), accounts: [{ ...held, active: false }] } }),
        new Set(),
        null
      )
    ).toMatchObject({ _tag: "Refused" })
  })
})

describe("an account from a profile", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 600 }),
    fc.constantFrom("\u0000", "a\nb", "=1+1", "\u202eevil", "x".repeat(10_000), "'; drop table x")
  )
  const maybe = fc.option(hostile, { nil: null })
  const profile: fc.Arbitrary<BillingProfile> = fc.record({
    companyName: maybe,
    firstName: maybe,
    lastName: maybe,
    email: fc.option(fc.constantFrom("a@b.example", "no address", "\u0000@x"), { nil: null }),
    culture: fc.option(fc.constantFrom("de-DE", "xx-XX", "\u0000"), { nil: null }),
    language: fc.option(fc.constantFrom("de", "??"), { nil: null }),
    address: fc.option(
      fc.record({
        line1: maybe,
        line2: maybe,
        city: maybe,
        state: maybe,
        postalCode: maybe,
        country: fc.option(fc.constantFrom("DE", "de", "Germany", ""), { nil: null }),
        firstName: maybe,
        lastName: maybe,
        phone: fc.option(fc.constantFrom("+49 40 1234", "call me"), { nil: null })
      }),
      { nil: null }
    )
  })
  const isLine = (text: string | null, max: number) =>
    text === null ||
    (text.length >= 1 && text.length <= max && /^\P{Cc}*$/u.test(text) && text.isWellFormed())

  it("has only what an account can hold, whatever Microsoft sends", () => {
    fc.assert(
      fc.property(hostile, hostile, profile, (name, domain, given) => {
        const made = accountFrom({ tenantId: tenant(1), name, domain }, given)
        expect(isLine(made.name, 400)).toBe(true)
        expect(made.email).toBe(given.email === "a@b.example" ? "a@b.example" : null)
        for (const contact of made.contacts) {
          expect(isLine(contact.name, 200)).toBe(true)
          expect(contact.email).toBe("a@b.example")
        }
        if (made.address !== null) {
          expect(made.address.country).toBe("DE")
          for (const [text, max] of [
            [made.address.line1, 200],
            [made.address.line2, 200],
            [made.address.city, 100],
            [made.address.state, 100],
            [made.address.postalCode, 20]
          ] as const)
            expect(isLine(text, max)).toBe(true)
        }
        for (const note of made.notes) expect(/^\P{Cc}*$/u.test(note)).toBe(true)
      })
    )
  })

  it("makes one line of any text, and leaves one line as it is", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 50 }), (text, max) => {
        const made = line(text, max)
        expect(made.length).toBeLessThanOrEqual(max)
        expect(made.isWellFormed()).toBe(true)
        expect(line(made, max)).toBe(made)
      })
    )
    expect(line("  Zoë  Straße\tGmbH ", 50)).toBe("Zoë Straße GmbH")
  })
})

describe("imported sync options", () => {
  const instance = (cspStatus: "direct" | "indirect") =>
    newInstance({
      id: InstanceId.make(guid(4, 1)),
      name: InstanceName.make("eu"),
      cloud: "global",
      endpoints: {
        api: "https://a",
        login: "https://l",
        resource: "https://r",
        prices: "https://p"
      },
      credentials: {
        primary: { tenantId: tenant(8), tenantDomain: null, appId: guid(9, 1) },
        sandbox: null
      },
      cspStatus,
      mpnId: provider
    })
  const parts = accountFrom({ tenantId: tenant(1), name: "x", domain: "" }, null)
  const below = (edition: "basic" | "professional") =>
    ({
      _tag: "New",
      account: parts,
      reseller: { _tag: "Held", accountId: account(7), mpnId: mpn(1), edition }
    }) as const

  it.each([
    // domain                      place                                      status      prefix            mpnId
    ["fabrikam.onmicrosoft.com", below("basic"), "indirect", "fabrikam", mpn(1)],
    ["Fabrikam.com", below("basic"), "indirect", "Fabrikam.com", mpn(1)],
    ["fabrikam.onmicrosoft.com", below("professional"), "indirect", "fabrikam", null], // a BSS of its own
    ["fabrikam.onmicrosoft.com", below("basic"), "direct", "fabrikam", null],
    ["not a domain", below("basic"), "indirect", null, mpn(1)],
    ["a.onmicrosoft.com", { _tag: "Linked", accountId: account(1) }, "indirect", "a", null]
  ] as const)(
    "of %s: the domain, and the reseller where that is an option",
    (domain, place, status, domainPrefix, mpnId) => {
      expect(importedOptions(instance(status), domain, place)).toEqual({
        userName: null,
        domainPrefix,
        mpnId,
        taxId: null
      })
    }
  )
})
