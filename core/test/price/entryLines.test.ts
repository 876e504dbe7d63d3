import { BigDecimal } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readEntryLines, writeEntryLines } from "../../src/price/entryLines.ts"
import { entryKeyText, type PriceEntry, type PriceRule } from "../../src/price/PriceEntry.ts"
import { PriceGroupId } from "../../src/price/PriceGroup.ts"
import { BillingCycle } from "../../src/subscription/Subscription.ts"
import { anySubject, anyTerm, groups, offers } from "./Prices.ts"

/** Names as operators write them, with everything that a CSV file has a meaning for. */
const [office, security] = groups
if (office === undefined || security === undefined) throw new Error("no groups")
const names = new Map([
  [office, 'Office, "new"'],
  [security, "Security: all"]
])
const byName = new Map([...names].map(([id, name]) => [name.toLowerCase(), id]))
const read = (text: string) => readEntryLines(text, byName)
const header = "subject,term,billing_cycle,rule,value\n"

const keptRule: fc.Arbitrary<PriceRule> = fc
  .tuple(
    fc.constantFrom("fixed", "margin", "markup", "discount"),
    fc.bigInt({ min: 0n, max: 999_999n })
  )
  .map(([kind, value]) => ({ kind, value: BigDecimal.make(value, 4) }))
const keptEntries: fc.Arbitrary<ReadonlyArray<PriceEntry>> = fc.uniqueArray(
  fc.record({
    subject: anySubject,
    term: anyTerm,
    billingCycle: fc.option(fc.constantFrom(...BillingCycle.literals)),
    rule: keptRule
  }),
  { selector: entryKeyText, maxLength: 20 }
)
const shown = (entry: PriceEntry) =>
  `${entryKeyText(entry)} ${entry.rule.kind} ${BigDecimal.format(BigDecimal.normalize(entry.rule.value))}`

describe("a file of entries", () => {
  it("is read as it was written, whatever the entries and the names of groups", () => {
    fc.assert(
      fc.property(keptEntries, (entries) => {
        const { entries: back, problems } = read(writeEntryLines(entries, names))
        expect(problems).toEqual([])
        expect(back.map(({ entry }) => shown(entry))).toEqual(entries.map(shown))
      })
    )
  })

  it("is read with columns in any order, other line ends, a byte order mark, blank lines and capitals", () => {
    const text = `\ufeffVALUE,Rule,billing_cycle,term,SUBJECT\r\n\r\n12.5,MarkUp,Annual,1 year,${offers[0]?.toLowerCase()}\r\n`
    const { entries, problems } = read(text)
    expect(problems).toEqual([])
    expect(entries.map(({ line, entry }) => `${line} ${shown(entry)}`)).toEqual([
      `3 product ${offers[0]} P1Y annual markup 12.5`
    ])
  })

  it("has every bad line named with its column", () => {
    const text = [
      "nothing,,,fixed,1",
      "group:Unknown,,,fixed,1",
      "all,P5Y,,fixed,1",
      "all,,weekly,fixed,1",
      "all,,,guess,1",
      "all,,,margin,100",
      "all,,,fixed,-1",
      'all,,,fixed,"1,50"',
      "all,,,discount,12.12345",
      "all,,,fixed,1",
      "ALL,,,fixed,2"
    ].join("\n")
    expect(read(header + text).problems.map(({ line, column }) => `${line} ${column}`)).toEqual([
      "2 subject",
      "3 subject",
      "4 term",
      "5 billing_cycle",
      "6 rule",
      "7 value",
      "8 value",
      "9 value",
      "10 value",
      "12 subject"
    ])
  })

  it("without its columns, or with a quotation mark that is never closed, is refused as a whole", () => {
    expect(read("").problems).toMatchObject([{ line: 1, column: null }])
    expect(read("subject,term,rule\nall,,fixed").problems[0]?.text).toBe(
      "The header lacks billing_cycle, value; it is subject,term,billing_cycle,rule,value."
    )
    expect(read(`${header}all,,,fixed,1\n"all,,,fixed,1`).problems).toEqual([
      { line: 3, column: null, text: "A quotation mark is never closed." }
    ])
  })

  it("is read to the end or refused, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const { entries, problems } = read(header + text)
        expect(entries.length + problems.length).toBeGreaterThanOrEqual(0)
      })
    )
  })

  it("writes a group that it has no name for by its id", () => {
    const groupId = PriceGroupId.make("00000000-0000-4000-8000-000000000099")
    const entry: PriceEntry = {
      subject: { kind: "group", groupId },
      term: null,
      billingCycle: null,
      rule: { kind: "fixed", value: BigDecimal.make(1n, -2) }
    }
    expect(writeEntryLines([entry], names)).toBe(`${header}group:${groupId},,,fixed,100\n`)
  })
})
