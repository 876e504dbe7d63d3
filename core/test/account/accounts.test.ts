import { type Account, AccountId, AccountKind, noCredit } from "@concordat/core/account/Account"
import {
  type AccountAct,
  accountFields,
  accountRefusal,
  changed,
  ownFields,
  refusedPart
} from "@concordat/core/account/AccountChange"
import {
  ancestorsAfter,
  containedKinds,
  mayContain,
  moveRefusal
} from "@concordat/core/account/AccountTree"
import { capabilitiesOf, Edition, stepEdition } from "@concordat/core/account/Edition"
import { PurchaseMode, purchaseModeOf, purchaseTerms } from "@concordat/core/account/PurchaseMode"
import { type Actor, Role } from "@concordat/core/actor/Actor"
import { MpnId } from "@concordat/core/instance/Instance"
import { Currency } from "@concordat/core/money/Money"
import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const idOf = (n: number) => AccountId.make(`00000005-0000-4000-8000-${String(n).padStart(12, "0")}`)

const account = (given: Partial<Account> = {}): Account => ({
  id: idOf(1),
  parentId: idOf(0),
  kind: "customer",
  name: "Fabrikam",
  code: "C-1",
  edition: null,
  mpnId: null,
  email: null,
  phone: null,
  address: null,
  language: null,
  currency: null,
  billToId: null,
  managerEmail: null,
  orderingEnabled: false,
  resellingEnabled: false,
  creditLimit: noCredit,
  taxId: null,
  customFields: {},
  active: true,
  tenants: [],
  version: 1,
  ...given
})
const limit = (amount: string) =>
  ({ kind: "limited", amount: BigDecimal.fromStringUnsafe(amount) }) as const

const anEdition = fc.constantFrom(...Edition.literals)

describe("a step to another edition", () => {
  it("gains exactly what the new one has besides, and loses exactly what only the old one had", () => {
    fc.assert(
      fc.property(anEdition, anEdition, (from, to) => {
        const { gained, lost } = stepEdition(from, to)
        const kept = capabilitiesOf(from).filter((capability) => !lost.includes(capability))
        expect(new Set([...kept, ...gained])).toEqual(new Set(capabilitiesOf(to)))
        expect(gained.filter((capability) => capabilitiesOf(from).includes(capability))).toEqual([])
      })
    )
  })
  it("back undoes it", () => {
    fc.assert(
      fc.property(anEdition, anEdition, (from, to) => {
        const [there, back] = [stepEdition(from, to), stepEdition(to, from)]
        expect([there.gained, there.lost]).toEqual([back.lost, back.gained])
      })
    )
  })
  it("up loses nothing, and gives what the manual says", () => {
    expect(stepEdition("basic", "standard").lost).toEqual([])
    expect(stepEdition("standard", "professional")).toEqual({
      gained: ["own-bss", "distributor-updates", "back-ordering"],
      lost: []
    })
    expect(stepEdition("basic", "standard").gained).toContain("marketplace-api")
  })
})

/** Trees as parents by number: the parent of n is below n; 0 is the root. */
const aTree = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.tuple(...Array.from({ length: size }, (_, n) => fc.nat(n).map((parent) => parent)))
  )
const ancestorsIn = (parents: ReadonlyMap<number, number>, n: number): ReadonlyArray<AccountId> => {
  const parent = parents.get(n)
  return parent === undefined ? [idOf(n)] : [...ancestorsIn(parents, parent), idOf(n)]
}

describe("a move", () => {
  it("is refused exactly when it would make a circle, and leaves the ancestors as the tree has them", () => {
    fc.assert(
      fc.property(aTree, fc.nat(12), fc.nat(12), (shape, what, where) => {
        const parents = new Map(shape.map((parent, n) => [n + 1, parent]))
        const [moved, target] = [1 + (what % shape.length), where % (shape.length + 1)]
        const above = ancestorsIn(parents, target)
        const refusal = moveRefusal(
          { id: idOf(moved), kind: "organisation", parentId: idOf(parents.get(moved) ?? 0) },
          { kind: "organisation", name: "x", active: true, ancestors: above }
        )
        expect(refusal !== undefined).toBe(above.includes(idOf(moved)))
        if (refusal !== undefined) return
        const after = new Map(parents).set(moved, target)
        for (const n of [0, ...parents.keys()]) {
          const before = ancestorsIn(parents, n)
          expect(
            before.includes(idOf(moved)) ? ancestorsAfter(before, idOf(moved), above) : before
          ).toEqual(ancestorsIn(after, n))
        }
      })
    )
  })
  it("keeps kinds where they belong", () => {
    const parent = { name: "x", active: true, ancestors: [idOf(0)] }
    for (const above of AccountKind.literals)
      for (const kind of AccountKind.literals)
        expect(
          moveRefusal({ id: idOf(1), kind, parentId: idOf(0) }, { ...parent, kind: above }) ===
            undefined
        ).toBe(containedKinds[above].includes(kind))
    expect(mayContain("reseller", "reseller")).toBe(false)
  })
  it("does not take the root, nor go below an account that is not active", () => {
    const parent = { kind: "organisation", name: "x", active: true, ancestors: [idOf(7)] } as const
    expect(moveRefusal({ id: idOf(0), kind: "organisation", parentId: null }, parent)).toContain(
      "root"
    )
    expect(
      moveRefusal(
        { id: idOf(1), kind: "customer", parentId: idOf(0) },
        { ...parent, active: false }
      )
    ).toContain("activate")
  })
})

describe("an account", () => {
  const reseller = account({ kind: "reseller", edition: "basic" })
  it.each([
    ["mpnId", account({ mpnId: MpnId.make("47") }), undefined],
    ["resellingEnabled", account({ resellingEnabled: true }), undefined],
    ["billToId", account({ billToId: idOf(3) }), undefined],
    ["currency", account({ creditLimit: limit("1") }), undefined],
    [
      "creditLimit",
      account({ currency: Currency.make("USD"), creditLimit: limit("1") }),
      Currency.make("EUR")
    ],
    [undefined, account({ billToId: idOf(0), creditLimit: { kind: "unlimited" } }), undefined],
    [undefined, { ...reseller, mpnId: MpnId.make("47"), resellingEnabled: true }, undefined],
    [undefined, account({ currency: Currency.make("USD"), creditLimit: limit("0") }), undefined]
  ] as const)("is refused for its %s", (field, given, currency) => {
    const before = currency === undefined ? undefined : { ...given, currency }
    expect(accountRefusal(given, before, [idOf(0)])?.field).toBe(field)
  })

  it("keeps what a change does not give, and takes what it does", () => {
    const before = account({ email: "a@b.example", phone: "030 1234" })
    const after = changed(before, { email: null, name: "Other" })
    expect(after).toEqual({ ...before, email: null, name: "Other" })
    expect(changed(before, {})).toEqual(before)
  })
})

describe("what a caller may do to an account of its branch", () => {
  const actor = (role: Role, branch: AccountId | null): Actor => ({
    name: role,
    role,
    scopes: [],
    branch
  })
  const everything: AccountAct = {
    kind: "update",
    change: Object.fromEntries(accountFields.map((field) => [field, null]))
  }
  it("is everything for operators, and nothing for who only reads", () => {
    for (const role of ["operator-admin", "operator"] as const)
      expect(refusedPart(actor(role, null), idOf(1), everything)).toBeUndefined()
    expect(refusedPart(actor("read-only", null), idOf(1), everything)).toBe("update")
  })
  it.each([
    ["reseller", idOf(1)],
    ["customer", idOf(1)]
  ] as const)("is its own contact data for a %s, field by field", (role, branch) => {
    for (const field of accountFields)
      expect(
        refusedPart(actor(role, branch), branch, { kind: "update", change: { [field]: null } })
      ).toBe(ownFields.includes(field) ? undefined : field)
    for (const kind of ["move", "activity", "edition"] as const)
      expect(refusedPart(actor(role, branch), branch, { kind })).toBe(kind)
  })
  it("is everything but the edition and the account manager, for a reseller below itself", () => {
    const reseller = actor("reseller", idOf(1))
    for (const field of accountFields)
      expect(refusedPart(reseller, idOf(2), { kind: "update", change: { [field]: null } })).toBe(
        field === "managerEmail" ? field : undefined
      )
    expect(refusedPart(reseller, idOf(2), { kind: "move" })).toBeUndefined()
    expect(refusedPart(reseller, idOf(2), { kind: "edition" })).toBe("edition")
  })
  it("is to make end customers and affiliates for a reseller, and nothing for a customer", () => {
    for (const of of AccountKind.literals) {
      const act = { kind: "create", of, change: {} } as const
      expect(refusedPart(actor("reseller", idOf(1)), idOf(1), act)).toBe(
        of === "customer" || of === "affiliate" ? undefined : "kind"
      )
      expect(refusedPart(actor("customer", idOf(1)), idOf(1), act)).toBe("create")
    }
  })
  it("is decided for every role", () => {
    for (const role of Role.literals)
      expect([undefined, "contacts"]).toContain(
        refusedPart(actor(role, idOf(1)), idOf(1), { kind: "contacts" })
      )
  })
})

describe("the purchase mode", () => {
  it("follows from the account and the one above it", () => {
    expect(purchaseModeOf("customer", "reseller")).toBe("EndCustomer")
    expect(purchaseModeOf("customer", "organisation")).toBe("PersonalUsage")
    expect(purchaseModeOf("reseller", "organisation")).toBe("PersonalUsage")
    expect(purchaseModeOf("affiliate", "reseller")).toBe("AffiliateAccount")
    expect(purchaseModeOf("affiliate", "customer")).toBe("AffiliateAccount")
  })
  it("makes the reseller partner of record for end customers only", () => {
    expect(
      PurchaseMode.literals.filter((mode) => purchaseTerms[mode].partnerOfRecord === "reseller")
    ).toEqual(["EndCustomer"])
  })
  it("provisions in the tenant of whoever uses it, and bills whoever orders", () => {
    for (const mode of PurchaseMode.literals)
      expect(purchaseTerms[mode]).toMatchObject({ tenant: "user", billed: "buyer" })
  })
})
