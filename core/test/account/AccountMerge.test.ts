import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Account,
  AccountId,
  type Contact,
  contactsMax,
  customFieldsMax,
  noCredit
} from "../../src/account/Account.ts"
import {
  type MergeParties,
  type MergeParty,
  mergedContacts,
  mergedFields,
  mergeRefusals
} from "../../src/account/AccountMerge.ts"
import { InstanceId, MpnId, TenantId } from "../../src/instance/Instance.ts"

const guid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
const accountId = (n: number) => AccountId.make(guid(n))
const instanceId = (n: number) => InstanceId.make(guid(100 + n))

const account = (n: number, given: Partial<Account> = {}): Account => ({
  id: accountId(n),
  parentId: accountId(0),
  kind: "customer",
  name: `Company ${n}`,
  code: `C-${n}`,
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

const party = (n: number, given: Partial<Account> = {}): MergeParty => ({
  account: account(n, given),
  ancestors: [accountId(0), accountId(n)],
  organisationId: accountId(0),
  contacts: []
})
const parties = (given: Partial<MergeParties> = {}): MergeParties => ({
  source: party(1),
  target: party(2),
  instances: new Map([[instanceId(1), "contoso-eu"]]),
  underWay: [],
  billedElsewhere: null,
  ...given
})
const tenant = (n: number, instance: number) => ({
  instanceId: instanceId(instance),
  tenantId: TenantId.make(guid(200 + n)),
  domain: null
})

describe("two accounts", () => {
  it("of one company merge, and so do resellers", () => {
    expect(mergeRefusals(parties())).toEqual([])
    const reseller = { kind: "reseller", edition: "basic" } as const
    expect(
      mergeRefusals(parties({ source: party(1, reseller), target: party(2, reseller) }))
    ).toEqual([])
  })

  it.each<[string, MergeParties, string, RegExp]>([
    ["the same", parties({ target: party(1) }), "into", /account itself/u],
    [
      "of two kinds",
      parties({ target: party(2, { kind: "affiliate" }) }),
      "into",
      /only accounts of one kind/u
    ],
    [
      "that are organisations",
      parties({
        source: party(1, { kind: "organisation" }),
        target: party(2, { kind: "organisation" })
      }),
      "into",
      /organisation is not merged/u
    ],
    [
      "in two organisations",
      parties({ target: { ...party(2), organisationId: accountId(9) } }),
      "into",
      /another organisation/u
    ],
    [
      "of which the source is above",
      parties({ target: { ...party(2), ancestors: [0, 1, 2].map(accountId) } }),
      "into",
      /lies below it/u
    ],
    [
      "of which the target is above",
      parties({ source: { ...party(1), ancestors: [0, 2, 1].map(accountId) } }),
      "into",
      /it lies below/u
    ],
    [
      "of which the target sleeps",
      parties({ target: party(2, { active: false }) }),
      "into",
      /not active/u
    ],
    [
      "that are tenants in one instance",
      parties({
        source: party(1, { tenants: [tenant(1, 1), tenant(2, 2)] }),
        target: party(2, { tenants: [tenant(3, 1)] })
      }),
      "tenants",
      /contoso-eu/u
    ],
    [
      "of which one is becoming a tenant",
      parties({ underWay: [instanceId(1)] }),
      "tenants",
      /contoso-eu is being made or linked/u
    ],
    [
      "of which somebody else pays for one below",
      parties({ billedElsewhere: "Mill" }),
      "billToId",
      /"Mill"/u
    ]
  ])("%s do not merge", (_, given, field, reason) => {
    const refusals = mergeRefusals(given)
    expect(refusals.map((refusal) => refusal.field)).toEqual([field])
    expect(refusals[0]?.reason).toMatch(reason)
  })

  it("do not merge beyond the most contacts and custom fields of one account", () => {
    const contacts = (from: number, count: number) =>
      Array.from(
        { length: count },
        (_, i): Contact => ({
          name: `N ${from + i}`,
          email: `n${from + i}@x.example`,
          phone: null,
          roles: []
        })
      )
    const customFields = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${from + i}`, "x"]))
    const full = parties({
      source: {
        ...party(1, { customFields: customFields(0, 2) }),
        contacts: contacts(0, 2)
      },
      target: {
        ...party(2, { customFields: customFields(1, customFieldsMax - 1) }),
        contacts: contacts(1, contactsMax - 1)
      }
    })
    expect(mergeRefusals(full)).toEqual([])
    const more = { ...full, source: { ...party(1, { customFields: { a: "1", b: "2" } }) } }
    expect(mergeRefusals(more).map(({ field }) => field)).toEqual(["customFields"])
    const crowd = { ...full, source: { ...party(1), contacts: contacts(500, 2) } }
    expect(mergeRefusals(crowd).map(({ field }) => field)).toEqual(["contacts"])
  })

  it("are told everything that forbids it, and not the first thing only", () => {
    const refusals = mergeRefusals(
      parties({
        source: party(1, { tenants: [tenant(1, 1)] }),
        target: party(2, { kind: "affiliate", active: false, tenants: [tenant(2, 1)] }),
        billedElsewhere: "Mill"
      })
    )
    expect(refusals.map(({ field }) => field)).toEqual(["into", "into", "tenants", "billToId"])
  })
})

describe("the fields of a merged account", () => {
  it("are the target's own; what it lacks about the company it takes over; nothing about money", () => {
    const source = account(1, {
      email: "one@x.example",
      phone: "030 1",
      mpnId: MpnId.make("4711"),
      orderingEnabled: true,
      creditLimit: { kind: "unlimited" },
      customFields: { erp: "1", crm: "2" }
    })
    const target = account(2, { email: "two@x.example", customFields: { erp: "9" } })
    const { account: merged, conflicts, filled } = mergedFields(source, target)
    expect(merged).toEqual({
      ...target,
      phone: "030 1",
      mpnId: "4711",
      customFields: { erp: "9", crm: "2" }
    })
    expect(filled).toEqual(["mpnId", "phone", "customFields.crm"])
    expect(conflicts).toEqual([
      { field: "email", source: "one@x.example", target: "two@x.example" },
      { field: "orderingEnabled", source: "true", target: "false" },
      {
        field: "creditLimit",
        source: '{"kind":"unlimited"}',
        target: '{"kind":"limited","amount":"0"}'
      },
      { field: "customFields.erp", source: "1", target: "9" }
    ])
  })

  it("completeness: each value of the source is the target's afterwards, or is listed as a conflict", () => {
    const text = fc.constantFrom(null, "a@x.example", "b@x.example")
    const fields = fc.dictionary(fc.constantFrom("p", "q", "__proto__x"), fc.constantFrom("1", "2"))
    const some = (n: number) =>
      fc
        .record({ email: text, taxId: text, currency: fc.constant(null), customFields: fields })
        .map((given) => account(n, given))
    fc.assert(
      fc.property(some(1), some(2), (source, target) => {
        const { account: merged, conflicts } = mergedFields(source, target)
        const listed = new Set(conflicts.map(({ field }) => field))
        for (const field of ["email", "taxId"] as const) {
          if (target[field] !== null) expect(merged[field]).toBe(target[field])
          if (source[field] !== null)
            expect(merged[field] === source[field]).toBe(!listed.has(field))
        }
        for (const [name, value] of Object.entries(source.customFields))
          expect(merged.customFields[name] === value).toBe(!listed.has(`customFields.${name}`))
        for (const [name, value] of Object.entries(target.customFields))
          expect(merged.customFields[name]).toBe(value)
      })
    )
  })
})

describe("the contacts of a merged account", () => {
  const contact = fc.record({
    name: fc.constantFrom("Ada", "ada", "Ben"),
    email: fc.constantFrom("a@x.example", "A@x.example", "b@x.example"),
    phone: fc.constantFrom(null, "030 1", "030 2"),
    roles: fc.uniqueArray(fc.constantFrom("storefront-user" as const), { maxLength: 1 })
  })
  /** As the API takes them: one primary and one bill-to contact at most. */
  const contacts = fc
    .tuple(fc.array(contact, { maxLength: 4 }), fc.nat(5), fc.nat(5))
    .map(([some, primary, billTo]) =>
      some.map(
        (one, i): Contact => ({
          ...one,
          roles: [
            ...one.roles,
            ...(i === primary ? (["primary"] as const) : []),
            ...(i === billTo ? (["bill-to"] as const) : [])
          ]
        })
      )
    )
  const keyOf = ({ name, email }: Contact) => `${name} ${email}`.toLowerCase()

  it("conservation: nobody is lost or made, and who is at both stays once", () => {
    fc.assert(
      fc.property(contacts, contacts, (source, target) => {
        const { contacts: merged, joined } = mergedContacts(source, target)
        expect(merged.length).toBe(source.length + target.length - joined)
        const keys = (some: ReadonlyArray<Contact>) => new Set(some.map(keyOf))
        expect(keys(merged)).toEqual(keys([...target, ...source]))
        const numbers = (some: ReadonlyArray<Contact>) =>
          new Set(some.flatMap((one) => (one.phone === null ? [] : [`${keyOf(one)} ${one.phone}`])))
        expect(numbers(merged)).toEqual(numbers([...source, ...target]))
        // Of each person no more than came from one of the two, unless their numbers differ.
        for (const key of keys(source)) {
          const of = (some: ReadonlyArray<Contact>) => some.filter((one) => keyOf(one) === key)
          const differ = new Set(numbers(of([...source, ...target]))).size > 1
          if (!differ)
            expect(of(merged).length).toBe(Math.max(of(source).length, of(target).length))
        }
      })
    )
  })

  it("roles: one primary and one bill-to contact at most, the target's where it has one", () => {
    fc.assert(
      fc.property(contacts, contacts, (source, target) => {
        const { contacts: merged } = mergedContacts(source, target)
        for (const role of ["primary", "bill-to"] as const) {
          const holders = (some: ReadonlyArray<Contact>) =>
            some.filter(({ roles }) => roles.includes(role))
          const expected = holders(target).length > 0 ? holders(target) : holders(source)
          expect(holders(merged).map(keyOf)).toEqual(expected.map(keyOf))
        }
        const users = (some: ReadonlyArray<Contact>) =>
          new Set(some.filter(({ roles }) => roles.includes("storefront-user")).map(keyOf))
        expect(users(merged)).toEqual(users([...source, ...target]))
      })
    )
  })
})
