import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { issueOf, Problem } from "../src/api/Problem.ts"
import {
  type AccountDraft,
  changesOf,
  customFieldProblems,
  draftOf,
  isAsSent,
  newAccountOf,
  newDraft,
  rebased
} from "../src/pages/accounts/accountForm.ts"
import type { Account } from "../src/pages/accounts/accounts.ts"
import { fitsRule } from "../src/pages/accounts/countries.ts"

const id = "0a1b2c3d-0000-4000-8000-00000000abcd"

/** Text as it is kept: trimmed, and not empty. */
const Kept = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() === text)
const orNull = <A>(of: fc.Arbitrary<A>) => fc.option(of, { nil: null })
const Amount = fc.nat({ max: 99_999 }).map((cents) => `${(cents / 100).toFixed(2)}`)

const AnyAccount: fc.Arbitrary<Account> = fc.record({
  id: fc.constant(id),
  parentId: orNull(fc.constant(id)),
  kind: fc.constant("reseller"),
  name: Kept,
  code: Kept,
  edition: fc.constantFrom("basic", "standard", "professional"),
  mpnId: orNull(fc.nat().map(String)),
  email: orNull(Kept),
  phone: orNull(Kept),
  address: orNull(
    fc.record({
      line1: Kept,
      line2: orNull(Kept),
      city: Kept,
      state: orNull(Kept),
      postalCode: orNull(Kept),
      country: fc.constantFrom("DE", "US")
    })
  ),
  language: orNull(fc.constantFrom("de-DE", "en-US")),
  currency: orNull(fc.constantFrom("EUR", "USD")),
  billToId: orNull(fc.constant(id)),
  managerEmail: orNull(Kept),
  orderingEnabled: fc.boolean(),
  resellingEnabled: fc.boolean(),
  creditLimit: fc.oneof(
    fc.constant({ kind: "unlimited" } as const),
    fc.record({ kind: fc.constant("limited" as const), amount: Amount })
  ),
  taxId: orNull(Kept),
  customFields: fc.dictionary(fc.stringMatching(/^[A-Za-z]{1,5}$/u), Kept, { maxKeys: 4 }),
  active: fc.boolean(),
  tenants: fc.constant([]),
  version: fc.nat()
})

/** Something that somebody types, and the field that it changes. */
const typings: ReadonlyArray<readonly [string, (draft: AccountDraft) => AccountDraft]> = [
  ["name", (draft) => ({ ...draft, name: `${draft.name}x` })],
  ["email", (draft) => ({ ...draft, email: `${draft.email}x` })],
  ["address", (draft) => ({ ...draft, address: { ...draft.address, city: "Elsewhere, far" } })],
  ["orderingEnabled", (draft) => ({ ...draft, orderingEnabled: !draft.orderingEnabled })],
  ["creditLimit", (draft) => ({ ...draft, credit: "limited", creditAmount: "123456.78" })],
  [
    "customFields",
    (draft) => ({
      ...draft,
      customFields: [...draft.customFields, { key: 99, name: "AnotherOne", value: "1" }]
    })
  ]
]
const Typing = fc.constantFrom(...typings)

describe("an account's form", () => {
  it("sends nothing of what nobody has changed, and exactly the fields that were", () => {
    fc.assert(
      fc.property(AnyAccount, fc.uniqueArray(Typing), (account, typed) => {
        const draft = typed.reduce((draft, [, type]) => type(draft), draftOf(account))
        expect(Object.keys(changesOf(account, draft)).toSorted()).toEqual(
          typed.map(([field]) => field).toSorted()
        )
      })
    )
  })

  it("empties what was emptied", () => {
    const [account] = fc.sample(AnyAccount, 1)
    if (account === undefined) throw new Error("there is no account")
    const full = { ...account, phone: "1", taxId: "2" }
    const draft = { ...draftOf(full), phone: "  ", taxId: "" }
    expect(changesOf(full, draft)).toEqual({ phone: null, taxId: null })
  })

  it("keeps what was typed over what somebody else has saved, and takes the rest of that", () => {
    fc.assert(
      fc.property(AnyAccount, AnyAccount, Typing, (read, newest, [field, type]) => {
        const kept = rebased(type(draftOf(read)), read, newest)
        const expected = type(draftOf(read))
        const changes = changesOf(newest, kept)
        expect(Object.keys(changes).filter((name) => name !== field)).toEqual([])
        if (field === "email") expect(kept.email).toBe(expected.email)
        if (field === "address") expect(kept.address).toEqual(expected.address)
      })
    )
  })

  it("leaves out of a new account what nobody has said", () => {
    expect(newAccountOf({ ...newDraft(null), name: " Contoso " })).toEqual({
      kind: "customer",
      name: "Contoso",
      orderingEnabled: false,
      resellingEnabled: false,
      creditLimit: { kind: "limited", amount: "0" },
      customFields: {}
    })
    expect(
      newAccountOf({ ...newDraft(id, "customer"), name: "x", mpnId: "1", resellingEnabled: true })
    ).toMatchObject({ parentId: id, resellingEnabled: false })
  })

  it("tells custom fields without a name, and names that are there twice", () => {
    const named = (...names: ReadonlyArray<string>) =>
      customFieldProblems(names.map((name, key) => ({ key, name, value: "1" })))
    expect([...named("a", "b").keys()]).toEqual([])
    expect([...named("a", " a", "").keys()]).toEqual([1, 2])
    expect(customFieldProblems([{ key: 0, name: " ", value: "" }]).size).toBe(0)
  })

  it("shows what was said about a field only while it is what was sent", () => {
    const sent = { ...newDraft(null), name: "x" }
    const typed = { ...sent, name: "y", address: { ...sent.address, city: "Berlin" } }
    expect(
      ["name", "address.city", "address.line1", "email"].map((f) => isAsSent(typed, sent, f))
    ).toEqual([false, false, true, true])
    expect(isAsSent({ ...sent, creditAmount: "5" }, sent, "creditLimit")).toBe(false)
  })
})

describe("a problem", () => {
  const problem = new Problem({
    name: "x",
    status: 400,
    title: "x",
    detail: "the whole",
    field: "billToId",
    issues: [
      { path: ["query", "name"], message: "another part" },
      { path: ["payload", "address", "postalCode"], message: "no post code" },
      { path: ["payload", "contacts", 0, "email"], message: "no address" }
    ]
  })

  it("is found at the field that it names, below it, and nowhere else", () => {
    expect(issueOf(problem, "address.postalCode")).toBe("no post code")
    expect(issueOf(problem, "address")).toBe("no post code")
    expect(issueOf(problem, "contacts.0.email")).toBe("no address")
    expect(issueOf(problem, "billToId")).toBe("the whole")
    for (const other of ["name", "address.post", "addres", "contacts.1.email"])
      expect(issueOf(problem, other)).toBeUndefined()
  })
})

describe("a country's rule", () => {
  const rule = {
    name: "phone",
    label: "",
    required: true,
    lengthMin: 0,
    lengthMax: 31,
    pattern: "^[0-9]{10}$",
    choices: [],
    suffix: null,
    hint: null
  }

  it("takes a telephone number as people write it, and refuses what has too few digits", () => {
    for (const fits of ["2079460000", "207 946-0000", "+44 207 946 0000", ""])
      expect([fits, fitsRule(rule, fits)]).toEqual([fits, true])
    for (const wrong of ["207946", "+44 207 946"])
      expect([wrong, fitsRule(rule, wrong)]).toEqual([wrong, false])
  })

  it("takes a post code only as it is, a state only by its name, and anything where nothing is asked", () => {
    const code = { ...rule, name: "address.postalCode", pattern: "^[0-9]{5}$" }
    expect([fitsRule(code, "10117"), fitsRule(code, "1 01 17")]).toEqual([true, false])
    const state = { ...rule, pattern: null, choices: ["Texas"] }
    expect([fitsRule(state, "texas"), fitsRule(state, "Bavaria")]).toEqual([true, false])
    expect(fitsRule(undefined, "x")).toBe(true)
    // A pattern that nobody can try is no rule.
    expect(fitsRule({ ...code, pattern: "(" }, "x")).toBe(true)
  })
})
