import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Contact } from "../../src/account/Account.ts"
import { Role } from "../../src/actor/Actor.ts"
import { confirmationProblem, hasAgreements, roleOf } from "../../src/agreement/Acceptance.ts"
import { newestOf } from "../../src/agreement/agreementOf.ts"
import { prefilled } from "../../src/agreement/prefilled.ts"
import { Instant } from "../../src/time/Instant.ts"

const now = Instant.make(Date.UTC(2026, 10, 20, 12))
const at = (text: string) => Instant.make(Date.parse(text))

describe("a confirmation", () => {
  it("is made in the role of the key, and by nobody who only reads", () => {
    expect(Role.literals.map((role) => [role, roleOf({ role })])).toEqual([
      ["operator-admin", "bss-user"],
      ["operator", "bss-user"],
      ["read-only", undefined],
      ["reseller", "reseller"],
      ["customer", "customer"]
    ])
  })

  it.each([
    // agreedAt, role named, own role, field that is wrong
    ["2026-11-20T12:00:00Z", undefined, "customer", undefined],
    ["2026-11-20T12:04:59Z", undefined, "customer", undefined],
    ["2026-11-20T12:05:01Z", undefined, "customer", "agreedAt"],
    ["2020-02-01T00:00:00Z", undefined, "customer", undefined],
    ["2020-01-31T23:59:59Z", undefined, "customer", "agreedAt"],
    ["2026-11-20T12:00:00Z", "customer", "customer", undefined],
    ["2026-11-20T12:00:00Z", "bss-user", "customer", "role"],
    ["2026-11-20T12:00:00Z", "customer", "reseller", "role"],
    // A storefront's key speaks for whoever is signed in there.
    ["2026-11-20T12:00:00Z", "reseller", "bss-user", undefined]
  ] as const)("of %s as %s by a %s: %s", (agreedAt, role, own, field) => {
    expect(confirmationProblem({ agreedAt: at(agreedAt), role }, own, now)?.field).toBe(field)
  })

  it("is asked for where Microsoft has agreements", () => {
    expect(
      (["global", "custom", "us-government", "china", "germany"] as const).filter(hasAgreements)
    ).toEqual(["global", "custom"])
  })

  it("is about the newest template, whatever their order", () => {
    const template = (versionRank: number | null) => ({
      templateId: `t${versionRank}`,
      type: "MicrosoftCustomerAgreement",
      link: null,
      versionRank
    })
    const ranks = fc.uniqueArray(fc.option(fc.nat(5)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(ranks, (given) => {
        const highest = Math.max(...given.map((rank) => rank ?? 0))
        expect(newestOf(given.map(template))?.versionRank ?? 0).toBe(highest)
      })
    )
    expect(newestOf([])).toBeUndefined()
  })
})

describe("the form", () => {
  const contact = (name: string, given: Partial<Contact> = {}): Contact => ({
    name,
    email: "ada@x.example",
    phone: null,
    roles: [],
    ...given
  })
  const account = { email: "office@x.example", phone: "030 1" }

  it("begins with the primary contact, else the bill-to contact, else the first", () => {
    const some = [
      contact("Some Body"),
      contact("Bill To", { roles: ["bill-to"] }),
      contact("Ada Lovelace", { roles: ["primary"], phone: "030 2" })
    ]
    const first = (contacts: ReadonlyArray<Contact>) => prefilled(account, contacts).firstName
    expect(prefilled(account, some)).toEqual({
      firstName: "Ada",
      lastName: "Lovelace",
      email: "ada@x.example",
      phone: "030 2"
    })
    expect(first(some.slice(0, 2))).toBe("Bill")
    expect(first(some.slice(0, 1))).toBe("Some")
  })

  it("has the account's own address and phone where nobody is known", () => {
    expect(prefilled(account, [])).toEqual({ firstName: null, lastName: null, ...account })
  })

  it.each([
    ["Anna Maria  Smith ", "Anna Maria", "Smith"],
    ["Prince", "Prince", null],
    ["  ", null, null]
  ])("takes %j apart", (name, firstName, lastName) => {
    expect(prefilled(account, [contact(name)])).toMatchObject({ firstName, lastName })
  })
})
