import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { BookLine } from "../../src/book/BookLine.ts"
import { type ColumnName, columnOf, columns, nearestColumn } from "../../src/book/columns.ts"
import { problemsMax, readBook } from "../../src/book/readBook.ts"
import { MpnId, TenantId } from "../../src/instance/Instance.ts"
import { Currency, format } from "../../src/money/Money.ts"
import {
  BillingCycle,
  MicrosoftId,
  OfferId,
  Status,
  Term
} from "../../src/subscription/Subscription.ts"
import { Instant, toIso } from "../../src/time/Instant.ts"

const guid = (n: number) => `0a1b2c3d-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const names = columns.map((c) => c.name)

/** The columns that a list may leave out, in groups that only make sense together. */
const optionalGroups: ReadonlyArray<ReadonlyArray<ColumnName>> = [
  ["reseller_code", "reseller_name"],
  ["reseller_mpn_id"],
  ["tenant_domain"],
  ["parent_reference"],
  ["microsoft_id"],
  ["status"],
  ["billing_cycle"],
  ["term"],
  ["auto_renew"],
  ["commitment_end"],
  ["scheduled_quantity", "scheduled_offer", "scheduled_billing_cycle", "scheduled_term"],
  ["partner_of_record"],
  ["is_trial"],
  ["friendly_name"],
  ["unit_price", "currency"],
  ["accepted_at"]
]

const word = fc.constantFrom("Fabrikam", "=1+1", "Ünïcode & Sons", "a;b,c", 'say "hi"', "@x", "1")
const mpn = fc.constantFrom("4711001", "1").map((id) => MpnId.make(id))
const offer = fc
  .constantFrom("CFQ7TTC0LCHC:0002", "DZH318Z0BXWC:0001", "195416c1-3447-423a-b37b-ee59a99a19c4")
  .map((id) => OfferId.make(id))
const instant = fc
  .integer({ min: Date.UTC(1990, 0), max: Date.UTC(2100, 0) })
  .map((n) => Instant.make(n))
const price = fc.record({
  amount: fc
    .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 4 }))
    .map(([digits, scale]) => BigDecimal.make(BigInt(digits), scale)),
  currency: fc.constantFrom("EUR", "USD").map((c) => Currency.make(c))
})
const nullable = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: null })

/** Small worlds: three resellers, four accounts with two tenants each, so that lines share them. */
const seat = fc.record({
  account: fc.integer({ min: 0, max: 3 }),
  tenant: fc.integer({ min: 0, max: 1 }),
  isAddOn: fc.boolean(),
  microsoftId: nullable(fc.nat(9)),
  name: word,
  offer,
  quantity: fc.nat(1000),
  status: fc.constantFrom(...Status.literals),
  billingCycle: fc.constantFrom(...BillingCycle.literals),
  term: nullable(fc.constantFrom(...Term.literals)),
  autoRenew: fc.boolean(),
  commitmentEnd: nullable(instant),
  scheduled: nullable(
    fc.record({
      offer,
      quantity: fc.nat(1000),
      billingCycle: fc.constantFrom(...BillingCycle.literals),
      term: fc.constantFrom(...Term.literals)
    })
  ),
  partnerOfRecord: nullable(mpn),
  isTrial: fc.boolean(),
  friendlyName: fc.oneof(word, fc.constant("")),
  unitPrice: nullable(price),
  acceptedAt: nullable(instant)
})
const world = fc.record({
  resellers: fc.array(nullable(fc.nat(2)), { minLength: 4, maxLength: 4 }),
  mpns: fc.array(nullable(mpn), { minLength: 3, maxLength: 3 }),
  domains: fc.array(nullable(fc.constantFrom("fabrikam.com", "a.onmicrosoft.com")), {
    minLength: 8,
    maxLength: 8
  }),
  names: fc.array(word, { minLength: 4, maxLength: 4 }),
  seats: fc.array(seat, { minLength: 1, maxLength: 8 }),
  left: fc.subarray([...optionalGroups])
})

interface Written {
  readonly header: ReadonlyArray<ColumnName>
  readonly lines: ReadonlyArray<BookLine>
}

/** A valid list with some of the optional columns, as lines. */
const book: fc.Arbitrary<Written> = world.map((w) => {
  const gone = new Set(w.left.flat())
  // A reseller's Partner ID has no place without the reseller.
  if (gone.has("reseller_code")) gone.add("reseller_mpn_id")
  const kept = <A, B>(column: ColumnName, value: A, without: B) =>
    gone.has(column) ? without : value
  const bases = new Map<string, string>()
  const lines = w.seats.map((s, i): BookLine => {
    const reseller = kept("reseller_code", w.resellers[s.account] ?? null, undefined)
    const tenantId = TenantId.make(guid(100 + s.account * 2 + s.tenant))
    const base = bases.get(tenantId)
    const reference = `S-${i}`
    const parentReference = kept("parent_reference", s.isAddOn ? (base ?? null) : null, undefined)
    if (parentReference == null && base === undefined) bases.set(tenantId, reference)
    return {
      line: i + 2,
      account: { code: `A-${s.account}`, name: w.names[s.account] ?? "" },
      reseller:
        reseller == null
          ? reseller
          : {
              code: `R-${reseller}`,
              name: `Reseller ${reseller}`,
              mpnId: kept("reseller_mpn_id", w.mpns[reseller] ?? null, null)
            },
      tenantId,
      tenantDomain: kept("tenant_domain", w.domains[s.account * 2 + s.tenant] ?? null, null),
      reference,
      parentReference,
      microsoftId: kept(
        "microsoft_id",
        s.microsoftId === null ? null : MicrosoftId.make(guid(s.microsoftId)),
        null
      ),
      name: s.name,
      terms: {
        offer: s.offer,
        quantity: s.quantity,
        status: kept("status", s.status, "active"),
        billingCycle: kept("billing_cycle", s.billingCycle, undefined),
        term: kept("term", s.term, undefined),
        autoRenew: kept("auto_renew", s.autoRenew, undefined),
        commitmentEnd: kept("commitment_end", s.commitmentEnd, undefined),
        scheduledChange: kept("scheduled_quantity", s.scheduled && { ...s.scheduled }, undefined),
        partnerOfRecord: kept("partner_of_record", s.partnerOfRecord, undefined),
        isTrial: kept("is_trial", s.isTrial, undefined),
        friendlyName: kept("friendly_name", s.friendlyName, undefined)
      },
      unitPrice: kept("unit_price", s.unitPrice, null),
      acceptedAt: kept("accepted_at", s.acceptedAt, null)
    }
  })
  return { header: names.filter((n) => !gone.has(n)), lines }
})

const iso = (at: Instant | null | undefined) => (at === null || at === undefined ? "" : toIso(at))
const yesNo = (value: boolean | undefined) => (value === true ? "yes" : "no")

const cellOf = (line: BookLine, column: ColumnName): string => {
  const { terms } = line
  switch (column) {
    case "account_code":
      return line.account.code
    case "account_name":
      return line.account.name
    case "reseller_code":
      return line.reseller?.code ?? ""
    case "reseller_name":
      return line.reseller?.name ?? ""
    case "reseller_mpn_id":
      return line.reseller?.mpnId ?? ""
    case "tenant_id":
      return line.tenantId.toUpperCase()
    case "tenant_domain":
      return line.tenantDomain ?? ""
    case "reference":
      return line.reference
    case "parent_reference":
      return line.parentReference ?? ""
    case "microsoft_id":
      return line.microsoftId ?? ""
    case "name":
      return line.name
    case "offer":
      return terms.offer
    case "quantity":
      return `${terms.quantity}`
    case "status":
      return terms.status
    case "billing_cycle":
      return terms.billingCycle ?? ""
    case "term":
      return terms.term ?? ""
    case "auto_renew":
      return yesNo(terms.autoRenew)
    case "commitment_end":
      return iso(terms.commitmentEnd)
    case "scheduled_quantity":
      return `${terms.scheduledChange?.quantity ?? ""}`
    case "scheduled_offer":
      return terms.scheduledChange?.offer ?? ""
    case "scheduled_billing_cycle":
      return terms.scheduledChange?.billingCycle ?? ""
    case "scheduled_term":
      return terms.scheduledChange?.term ?? ""
    case "partner_of_record":
      return terms.partnerOfRecord ?? ""
    case "is_trial":
      return yesNo(terms.isTrial)
    case "friendly_name":
      return terms.friendlyName ?? ""
    case "unit_price":
      return line.unitPrice === null ? "" : format(line.unitPrice)
    case "currency":
      return line.unitPrice?.currency ?? ""
    case "accepted_at":
      return iso(line.acceptedAt)
  }
}

const cellsOf = ({ header, lines }: Written) =>
  lines.map((line) => ({ line: line.line, cells: header.map((column) => cellOf(line, column)) }))

const comparable = (line: BookLine) => ({
  ...line,
  unitPrice: line.unitPrice === null ? null : `${format(line.unitPrice)} ${line.unitPrice.currency}`
})

/** A cell that means nothing in its column, whatever else the line says. */
const corruption: { readonly [C in ColumnName]?: ReadonlyArray<string> } = {
  account_code: ["", "x".repeat(101)],
  account_name: ["", "a\u0000b"],
  reseller_mpn_id: ["MPN1", "123456789012345678901"],
  tenant_id: ["", "contoso.onmicrosoft.com", "0a1b2c3d"],
  tenant_domain: ["two words", "http://x"],
  reference: ["", "x".repeat(101)],
  microsoft_id: ["7", "{0a1b2c3d-0000-4000-8000-00000000abcd}"],
  name: ["", "line\nbreak"],
  offer: ["", "E3", "CFQ7TTC0LCHC:2", "CFQ7TTC0LCHC:0002:X:Y"],
  quantity: ["", "ten", "1,000", "1.5", "-1", "1e3"],
  status: ["", "alive"],
  billing_cycle: ["weekly"],
  term: ["P2Y", "12"],
  auto_renew: ["", "maybe", "2"],
  commitment_end: ["31.03.2027", "2027-02-30", "2027-03-31T25:00:00Z", "46112"],
  scheduled_quantity: ["many"],
  scheduled_offer: ["?"],
  scheduled_billing_cycle: ["daily"],
  scheduled_term: ["P9Y"],
  partner_of_record: ["none"],
  is_trial: ["perhaps"],
  friendly_name: ["tab\there"],
  unit_price: ["1.234,56", "1,234.56", "12,50", "-1", "€5"],
  currency: ["Euro", "€"],
  accepted_at: ["yesterday"]
}

describe("a valid list", () => {
  it("reads as what was written, with no problem, whichever columns it has", () => {
    fc.assert(
      fc.property(book, (written) => {
        const { lines, problems } = readBook(written.header, cellsOf(written))
        expect(problems).toEqual([])
        expect(lines.map(comparable)).toStrictEqual(written.lines.map(comparable))
      }),
      { numRuns: 300 }
    )
  })

  it("means the same whatever the order of its columns and the case of its headings", () => {
    fc.assert(
      fc.property(book, fc.infiniteStream(fc.nat()), (written, random) => {
        const order = written.header
          .map((_, i) => ({ i, key: random.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ i }) => i)
        const header = order.map((i) => {
          const name = written.header[i] ?? ""
          return i % 2 === 0 ? name.toUpperCase().replaceAll("_", " ") : name.replaceAll("_", "-")
        })
        const records = cellsOf(written).map(({ line, cells }) => ({
          line,
          cells: order.map((i) => ` ${cells[i]} `)
        }))
        expect(readBook(header, records)).toEqual(readBook(written.header, cellsOf(written)))
      })
    )
  })

  it("does not depend on capitals of ids, and cuts the availability of an offer", () => {
    const { lines } = readBook(header, [
      record(2, { ...example, offer: "cfq7ttc0lchc:0002:CFQ7TTC0K8N8", term: "1 Year" })
    ])
    expect(lines[0]?.terms).toMatchObject({ offer: "CFQ7TTC0LCHC:0002", term: "P1Y" })
  })
})

describe("a cell that means nothing", () => {
  it("is the one problem, named with its line and its column", () => {
    fc.assert(
      fc.property(book, fc.nat(), fc.nat(), fc.nat(), (written, lineAt, columnAt, badAt) => {
        const candidates = written.header.filter((column) => corruption[column] !== undefined)
        const column = candidates[columnAt % candidates.length] ?? "name"
        const bad = corruption[column] ?? []
        const text = bad[badAt % bad.length] ?? ""
        const records = cellsOf(written)
        const target = records[lineAt % records.length]
        fc.pre(target !== undefined)
        const isPriceWithoutCurrency =
          (column === "unit_price" || column === "currency") &&
          target.cells[written.header.indexOf("unit_price")] === ""
        const isResellerless =
          column === "reseller_mpn_id" &&
          target.cells[written.header.indexOf("reseller_code")] === ""
        fc.pre(!isPriceWithoutCurrency && !isResellerless)
        const corrupted = records.map((r) =>
          r === target
            ? {
                ...r,
                cells: r.cells.map((c, i) => (i === written.header.indexOf(column) ? text : c))
              }
            : r
        )
        const { lines, problems } = readBook(written.header, corrupted)
        expect(problems.map((p) => [p.line, p.column])).toEqual([[target.line, column]])
        expect(lines.map((l) => l.line)).not.toContain(target.line)
      }),
      { numRuns: 500 }
    )
  })

  it("says what an ambiguous price should look like", () => {
    const { problems } = readBook(header, [record(2, { ...example, unit_price: "1.234,56" })])
    expect(problems[0]?.text).toContain("1234.56")
  })
})

const example: Partial<Record<ColumnName, string>> = {
  ...Object.fromEntries(columns.map((c) => [c.name, c.example])),
  account_code: "A-1"
}
const header = names
const record = (line: number, cells: Partial<Record<ColumnName, string>>) => ({
  line,
  cells: header.map((column) => cells[column] ?? "")
})
const problemsOf = (...lines: ReadonlyArray<Partial<Record<ColumnName, string>>>) =>
  readBook(
    header,
    lines.map((cells, i) => record(i + 2, { ...example, reference: `S-${i}`, ...cells }))
  ).problems.map((p) => [p.line, p.column, p.text])

describe("the template's example line", () => {
  it("is skipped, and valid under another account code", () => {
    const asIs = readBook(header, [{ line: 2, cells: columns.map((c) => c.example) }])
    expect(asIs).toEqual({ lines: [], problems: [] })
    expect(readBook(header, [record(2, example)]).problems).toEqual([])
  })
})

describe("headings", () => {
  const read = (heading: ReadonlyArray<string>) => readBook(heading, []).problems

  it("name the missing required columns", () => {
    expect(read(["account_code"]).map((p) => p.column)).toEqual(
      columns.filter((c) => c.required && c.name !== "account_code").map((c) => c.name)
    )
  })
  it("name the nearest column of a misspelt one, once", () => {
    const problems = read(header.map((name) => (name === "quantity" ? "Quantitty" : name)))
    expect(problems).toEqual([
      {
        line: 1,
        column: "Quantitty",
        text: 'There is no column "Quantitty". Did you mean quantity?'
      }
    ])
    expect(nearestColumn("profit margin")).toBeUndefined()
    expect(columnOf("  Account-Code ")).toBe("account_code")
  })
  it("may not be there twice, and may be empty at the end", () => {
    expect(read([...header, "Offer", "", " "])).toMatchObject([{ line: 1, column: "offer" }])
  })
  it("need their companion", () => {
    expect(read(header.filter((n) => n !== "currency"))).toMatchObject([{ column: "unit_price" }])
  })
})

describe("lines that contradict each other", () => {
  it.each([
    ["one reference twice", [{ reference: "S" }, { reference: "S" }], [3, "reference"], "line 2"],
    ["one account with two names", [{}, { account_name: "Other" }], [3, "account_name"], "line 2"],
    ["one tenant for two accounts", [{}, { account_code: "A-2" }], [3, "tenant_id"], "line 2"],
    [
      "one tenant with two domains",
      [{}, { tenant_domain: "x.com" }],
      [3, "tenant_domain"],
      "line 2"
    ],
    [
      "one reseller with two names",
      [{}, { reseller_name: "Other" }],
      [3, "reseller_name"],
      "line 2"
    ],
    ["one reseller with two ids", [{}, { reseller_mpn_id: "" }], [3, "reseller_mpn_id"], "none"],
    [
      "one account under two resellers",
      [{}, { reseller_code: "R-9" }],
      [3, "reseller_code"],
      "R-9"
    ],
    ["its own reseller", [{ account_code: "R-200" }], [2, "reseller_code"], "own reseller"],
    ["its own add-on", [{ parent_reference: "S-0" }], [2, "parent_reference"], "own add-on"],
    ["a currency without a price", [{ unit_price: "" }], [2, "unit_price"], "EUR"],
    ["a price without a currency", [{ currency: "" }], [2, "currency"], "needs"],
    ["a reseller without a name", [{ reseller_name: "" }], [2, "reseller_name"], "reseller_code"],
    [
      "an add-on in another tenant",
      [{}, { parent_reference: "S-0", account_code: "A-2", tenant_id: guid(5) }],
      [3, "parent_reference"],
      "line 2"
    ],
    [
      "an add-on of an add-on",
      [{}, { parent_reference: "S-0" }, { parent_reference: "S-1" }],
      [4, "parent_reference"],
      "add-on itself"
    ],
    [
      "a reseller that is a customer of another",
      [
        { tenant_domain: "" },
        { account_code: "R-200", reseller_code: "R-9", reseller_name: "Nine", tenant_id: guid(5) }
      ],
      [3, "reseller_code"],
      "line 2"
    ]
  ] as const)("%s", (_, lines, [line, column], text) => {
    const problems = problemsOf(...lines)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.slice(0, 2)).toEqual([line, column])
    expect(problems[0]?.[2]).toContain(text)
  })

  it("a parent that is not in the list is left to the book", () => {
    expect(problemsOf({ parent_reference: "elsewhere" })).toEqual([])
  })

  it("all problems of all lines are named", () => {
    const problems = problemsOf({ quantity: "x", term: "y" }, { offer: "z", reference: "S-0" })
    expect(problems.map(([line, column]) => `${line} ${column}`)).toEqual([
      "2 quantity",
      "2 term",
      "3 offer",
      "3 reference"
    ])
  })
})

describe("a scheduled change", () => {
  const change = (cells: Partial<Record<ColumnName, string>>) =>
    readBook(header, [record(2, { ...example, scheduled_quantity: "", ...cells })]).lines[0]?.terms
      .scheduledChange

  it("is none when all its cells are empty", () => expect(change({})).toBeNull())
  it("keeps what it does not name", () =>
    expect(change({ scheduled_term: "3 years" })).toEqual({
      offer: "CFQ7TTC0LCHC:0002",
      quantity: 25,
      billingCycle: "monthly",
      term: "P3Y"
    }))
  it("has to name what the line does not say about today", () =>
    expect(problemsOf({ scheduled_quantity: "3", term: "" }).map(([, c]) => c)).toEqual([
      "scheduled_term"
    ]))
})

describe("limits", () => {
  it("blank lines are nothing, slipped lines are a problem", () => {
    const cells = header.map((c) => example[c] ?? "")
    expect(readBook(header, [{ line: 2, cells: ["", " "] }])).toEqual({ lines: [], problems: [] })
    expect(readBook(header, [{ line: 2, cells: cells.slice(1) }]).problems).toContainEqual(
      expect.objectContaining({ line: 2, column: null })
    )
    expect(readBook(header, [{ line: 2, cells: [...cells, "stray"] }]).problems).toMatchObject([
      { line: 2, column: null }
    ])
    expect(readBook(header, [{ line: 2, cells: [...cells, ""] }]).problems).toEqual([])
  })
  it(`stops at ${problemsMax} problems`, () => {
    const bad = Array.from({ length: 3_000 }, (_, i) => ({ line: i + 2, cells: ["x"] }))
    expect(readBook(header, bad).problems).toHaveLength(problemsMax)
  })
  it("is total: any text at all is read or refused", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...names)), {
          maxLength: 12
        }),
        fc.array(fc.array(fc.string({ unit: "binary" }), { maxLength: 12 }), { maxLength: 4 }),
        (heading, lines) => {
          readBook(
            heading,
            lines.map((cells, i) => ({ line: i + 2, cells }))
          )
        }
      )
    )
  })
})
