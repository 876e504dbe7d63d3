import type { Address } from "@concordat/core/account/Account"
import { Country } from "@concordat/core/instance/Country"
import { TenantId } from "@concordat/core/instance/Instance"
import type { CountryRules } from "@concordat/core/tenant/CountryRules"
import {
  addressOf,
  newTenantOf,
  prerequisiteProblems,
  type TenantFacts,
  tenantLengths
} from "@concordat/core/tenant/prerequisites"
import { definedSyncOptions } from "@concordat/core/tenant/SyncOption"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const germany: CountryRules = {
  country: Country.make("DE"),
  cultureDefault: "de-DE",
  cultures: ["de-DE", "en-US"],
  languages: ["en", "de"],
  stateRequired: false,
  states: [],
  cityRequired: true,
  postalCodeRequired: true,
  postalCodePattern: "^[0-9]{5,5}$",
  phonePattern: "^[0-9]{1,15}$",
  callingCodes: ["49"],
  vatIdSupported: true,
  vatIdPattern: null,
  taxIdSupported: false,
  taxIdOptional: true,
  taxIdFormat: null
}
const address: Address = {
  line1: "Unter den Linden 1",
  line2: null,
  city: "Berlin",
  state: null,
  postalCode: "10117",
  country: Country.make("DE")
}
const whole: TenantFacts = {
  account: {
    name: "Fabrikam GmbH",
    email: "office@fabrikam.example",
    phone: "+49 (30) 123-4567",
    address,
    taxId: null,
    language: null
  },
  contact: { name: "Ada Augusta Lovelace" },
  mode: "EndCustomer",
  buyerAddress: null,
  options: { userName: "admin", domainPrefix: "Fabrikam", mpnId: null, taxId: null },
  of: {
    cspStatus: "indirect",
    cloud: "global",
    defined: definedSyncOptions({ cspStatus: "indirect", countries: [Country.make("DE")] }, []),
    ofTenantReseller: false
  },
  rules: germany
}
type Change = Omit<Partial<TenantFacts>, "account" | "options"> & {
  readonly account?: Partial<TenantFacts["account"]>
  readonly options?: Partial<TenantFacts["options"]>
}
const but = ({ account, options, ...change }: Change): TenantFacts => ({
  ...whole,
  ...change,
  account: { ...whole.account, ...account },
  options: { ...whole.options, ...options }
})
const at = (change: Partial<Address>): Change => ({
  account: { address: { ...address, ...change } }
})
const fieldsOf = (facts: TenantFacts) => prerequisiteProblems(facts).map(({ field }) => field)
const hungary = Country.make("HU")

describe("what a new tenant needs", () => {
  it("is all there", () => {
    expect(prerequisiteProblems(whole)).toEqual([])
  })

  it.each<readonly [string, Change, ReadonlyArray<string>]>([
    ["a name", { account: { name: " " } }, ["name"]],
    ["a name that is not too long", { account: { name: "x".repeat(101) } }, ["name"]],
    ["an e-mail address", { account: { email: null } }, ["email"]],
    ["a phone number", { account: { phone: null } }, ["phone"]],
    ["a phone number by Microsoft's rule", { account: { phone: "1".repeat(16) } }, ["phone"]],
    ["an address", { account: { address: null } }, ["address"]],
    ["a street", at({ line1: "" }), ["address.line1"]],
    ["a street that is not too long", at({ line1: "x".repeat(201) }), ["address.line1"]],
    ["a city", at({ city: " " }), ["address.city"]],
    ["a post code", at({ postalCode: "" }), ["address.postalCode"]],
    ["a post code of the country", at({ postalCode: "1011" }), ["address.postalCode"]],
    ["a country with customers", { rules: null }, ["address.country"]],
    ["a state", { rules: { ...germany, stateRequired: true, states: ["BE"] } }, ["address.state"]],
    [
      "a state that there is",
      { ...at({ state: "XX" }), rules: { ...germany, states: ["BE"] } },
      ["address.state"]
    ],
    ["a user name", { options: { userName: null } }, ["userName"]],
    ["a usable user name", { options: { userName: "a@b" } }, ["userName"]],
    ["a prefix", { options: { domainPrefix: null } }, ["domainPrefix"]],
    ["a usable prefix", { options: { domainPrefix: "a-b" } }, ["domainPrefix"]],
    ["no domain of its own", { options: { domainPrefix: "fabrikam.com" } }, ["domainPrefix"]],
    ["a tax id in some countries", at({ country: hungary }), ["taxId"]],
    [
      "a tax id of the right length",
      { account: { address: { ...address, country: hungary }, taxId: "1" } },
      ["taxId"]
    ]
  ])("is %s", (_, change, fields) => {
    expect(fieldsOf(but(change))).toEqual(fields)
  })

  it("is named all at once", () => {
    expect(
      fieldsOf(
        but({
          account: { name: "", email: null, phone: null, address: null },
          options: { userName: null, domainPrefix: null }
        })
      )
    ).toEqual(["name", "email", "phone", "address", "userName", "domainPrefix"])
  })

  it("passes where Microsoft's own rule is wrong, or was not to be had", () => {
    const bad = { ...germany, postalCodePattern: "(((", phonePattern: "^(a+)+$(" }
    expect(prerequisiteProblems(but({ rules: bad }))).toEqual([])
    expect(prerequisiteProblems(but({ ...at({ postalCode: "x" }), rules: undefined }))).toEqual([])
  })

  it("is its reseller's address where an end customer has none, and only then", () => {
    const bonn = { ...address, city: "Bonn" }
    for (const mode of ["EndCustomer", "AffiliateAccount", "PersonalUsage"] as const) {
      const without = but({ mode, account: { address: null }, buyerAddress: bonn })
      expect([mode, addressOf(without)?.city]).toEqual([
        mode,
        mode === "PersonalUsage" ? undefined : "Bonn"
      ])
      expect(addressOf(but({ mode, buyerAddress: bonn }))?.city).toBe("Berlin")
    }
    const wrong = but({
      account: { address: null },
      buyerAddress: { ...bonn, postalCode: "1" }
    })
    expect(prerequisiteProblems(wrong)).toMatchObject([
      { field: "address.postalCode", problem: expect.stringMatching(/account above/u) }
    ])
  })

  it("is there exactly when there is a tenant to ask for, whatever was typed", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "10117",
        "",
        `${" ".repeat(60)}x`,
        "x".repeat(300),
        "\u202e",
        "=1+1",
        'a"b',
        "a\nb",
        "fabrikam"
      )
    )
    // Half of them usable, so that both outcomes come.
    const usable = fc.oneof(text, fc.constant("fabrikam"))
    fc.assert(
      fc.property(
        fc.record({
          name: text,
          email: fc.option(text),
          phone: fc.option(text),
          contact: fc.option(text),
          postalCode: fc.option(text),
          city: text,
          userName: fc.option(usable),
          domainPrefix: fc.option(usable),
          hasRules: fc.boolean()
        }),
        (typed) => {
          const facts = but({
            account: {
              name: typed.name,
              email: typed.email,
              phone: typed.phone,
              address: { ...address, postalCode: typed.postalCode, city: typed.city }
            },
            options: { userName: typed.userName, domainPrefix: typed.domainPrefix },
            contact: typed.contact === null ? null : { name: typed.contact },
            rules: typed.hasRules ? germany : undefined
          })
          const problems = prerequisiteProblems(facts)
          const tenant = newTenantOf(facts, null)
          expect(tenant === undefined).toBe(problems.length > 0)
          expect(new Set(problems.map(({ field }) => field)).size).toBe(problems.length)
          if (tenant === undefined) return
          for (const name of [tenant.firstName, tenant.lastName]) {
            expect(name.length).toBeGreaterThan(0)
            expect(name.length).toBeLessThanOrEqual(tenantLengths.personName)
          }
        }
      ),
      { numRuns: 300 }
    )
  })
})

describe("the tenant that is asked for", () => {
  it("says what the account says, as Microsoft takes it", () => {
    const reseller = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
    expect(newTenantOf(whole, reseller)).toEqual({
      domain: "fabrikam.onmicrosoft.com",
      companyName: "Fabrikam GmbH",
      email: "office@fabrikam.example",
      culture: "de-DE",
      language: "de",
      firstName: "Ada Augusta",
      lastName: "Lovelace",
      phone: "49301234567",
      address,
      registrationNumber: null,
      resellerTenantId: reseller
    })
  })

  it("has the tax id where the country asks for it, the option's before the account's", () => {
    const of = {
      ...whole.of,
      defined: definedSyncOptions({ cspStatus: "indirect", countries: [hungary] }, [])
    }
    const inHungary = at({ country: hungary })
    const facts = but({ ...inHungary, of, rules: undefined })
    const with_ = (account: string | null, option: string | null) =>
      newTenantOf(
        {
          ...facts,
          account: { ...facts.account, taxId: account },
          options: { ...facts.options, taxId: option }
        },
        null
      )?.registrationNumber
    expect(with_("11111", "22222")).toBe("22222")
    expect(with_("11111", null)).toBe("11111")
    expect(newTenantOf(but({ account: { taxId: "11111" } }), null)?.registrationNumber).toBeNull()
  })
})
