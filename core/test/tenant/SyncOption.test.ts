import { Country } from "@concordat/core/instance/Country"
import { MpnId } from "@concordat/core/instance/Instance"
import {
  domainOf,
  isDomainOption,
  prefixCandidates,
  prefixLength,
  prefixOf,
  prefixProblem
} from "@concordat/core/tenant/Domain"
import {
  definedSyncOptions,
  noSyncOptions,
  type SyncOptionFacts,
  type SyncOptionValues,
  syncOptionFields,
  syncOptionProblems,
  taxIdCountries
} from "@concordat/core/tenant/SyncOption"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const settings = fc.record({
  cspStatus: fc.constantFrom("direct" as const, "indirect" as const),
  countries: fc
    .uniqueArray(fc.constantFrom("DE", "FR", "HU", "BR"), { minLength: 1 })
    .map((codes) => codes.map((code) => Country.make(code)))
})
/** An account of an instance whose settings were saved some times. */
const facts: fc.Arbitrary<SyncOptionFacts> = fc
  .record({
    saved: fc.array(settings, { maxLength: 3 }),
    cspStatus: fc.constantFrom("direct", "indirect"),
    cloud: fc.constantFrom("global", "china", "custom"),
    ofTenantReseller: fc.boolean()
  })
  .map(({ saved, ...of }) => ({ ...of, defined: definedBy(saved) }))
const definedBy = (saved: ReadonlyArray<Parameters<typeof definedSyncOptions>[0]>) =>
  saved.reduce<SyncOptionFacts["defined"]>((before, one) => definedSyncOptions(one, before), [])
const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "",
    " ",
    "a\nb",
    '"',
    "=1+1",
    "\u202eadmin",
    "x".repeat(10_000),
    "admin@x",
    "fabrikam",
    "fabrikam.com",
    "-a",
    "a..b",
    "12345",
    "x".repeat(23)
  )
)
const values: fc.Arbitrary<SyncOptionValues> = fc.record({
  userName: fc.option(hostile),
  domainPrefix: fc.option(hostile),
  mpnId: fc.option(fc.constantFrom(MpnId.make("4711"))),
  taxId: fc.option(hostile)
})

describe("sync options", () => {
  it("have an MPN id in an indirect provider's own organisation and its country tenants only", () => {
    // cspStatus  of a tenant reseller  MPN id
    for (const [cspStatus, ofTenantReseller, expected] of [
      ["indirect", false, true],
      ["indirect", true, false],
      ["direct", false, false],
      ["direct", true, false]
    ] as const) {
      const of: SyncOptionFacts = {
        cspStatus,
        cloud: "global",
        defined: definedBy([{ cspStatus, countries: [Country.make("DE")] }]),
        ofTenantReseller
      }
      const names = syncOptionFields(of).map(({ name }) => name)
      expect([cspStatus, ofTenantReseller, names.includes("mpnId")]).toEqual([
        cspStatus,
        ofTenantReseller,
        expected
      ])
    }
  })

  it("have a tax id for 24 countries only, of 5 to 22 characters, since one of them was served", () => {
    expect(taxIdCountries.size).toBe(24)
    fc.assert(
      fc.property(fc.array(settings), (saved) => {
        const asking = saved
          .map(({ countries }) => countries.filter((country) => ["HU", "BR"].includes(country)))
          .filter((countries) => countries.length > 0)
        expect(definedBy(saved).filter(({ name }) => name === "taxId")).toEqual(
          asking.length === 0
            ? []
            : [{ name: "taxId", lengthMin: 5, lengthMax: 22, countries: asking.at(-1) }]
        )
      })
    )
  })

  it("that were made once stay, in their order, and making them again changes nothing", () => {
    fc.assert(
      fc.property(fc.array(settings), settings, (saved, now) => {
        const before = definedBy(saved)
        const after = definedSyncOptions(now, before)
        const names = after.map(({ name }) => name)
        expect(names).toEqual(
          ["userName", "domainPrefix", "mpnId", "taxId"].filter((name) =>
            names.some((one) => one === name)
          )
        )
        for (const { name } of before) expect(names).toContain(name)
        expect(definedSyncOptions(now, after)).toEqual(after)
      })
    )
  })

  it("before the first catalogue run are none, and whatever is said is refused with the way out", () => {
    const of: SyncOptionFacts = {
      cspStatus: "indirect",
      cloud: "global",
      defined: [],
      ofTenantReseller: false
    }
    expect(syncOptionFields(of)).toEqual([])
    expect(syncOptionProblems(noSyncOptions, of)).toEqual([])
    expect(syncOptionProblems({ ...noSyncOptions, userName: "admin" }, of)).toEqual([
      { field: "userName", problem: expect.stringMatching(/no sync options yet.*catalogue run/u) }
    ])
  })

  it("that there are not are refused, and every problem is about a field that was given", () => {
    fc.assert(
      fc.property(values, facts, (given, of) => {
        const problems = syncOptionProblems(given, of)
        const fields = problems.map(({ field }) => field)
        expect(new Set(fields).size).toBe(fields.length)
        const offered: ReadonlyArray<string> = syncOptionFields(of).map(({ name }) => name)
        for (const [name, value] of Object.entries(given)) {
          if (value === null) expect(fields).not.toContain(name)
          else if (!offered.includes(name)) expect(fields).toContain(name)
        }
        for (const { problem } of problems) expect(problem).not.toMatch(/[\n\u202e]|=1/u)
      })
    )
  })

  it.each([
    ["1234", false],
    ["12345", true],
    ["x".repeat(22), true],
    ["x".repeat(23), false]
  ])("take a tax id of 5 to 22 characters: %s", (taxId, isRight) => {
    const of = {
      cspStatus: "direct",
      cloud: "global",
      defined: definedBy([{ cspStatus: "direct", countries: [Country.make("HU")] }]),
      ofTenantReseller: false
    } as const
    expect(syncOptionProblems({ ...noSyncOptions, taxId }, of).length === 0).toBe(isRight)
  })
})

describe("a domain", () => {
  it.each([
    ["global", "Fabrikam", "fabrikam.onmicrosoft.com"],
    ["china", "fabrikam", "fabrikam.partner.onmschina.cn"],
    ["global", "Fabrikam.COM", "fabrikam.com"],
    ["global", " fabrikam.onmicrosoft.com ", "fabrikam.onmicrosoft.com"]
  ] as const)("of %s is %s completed, unless it has its suffix: %s", (cloud, option, domain) => {
    expect(domainOf(cloud, option)).toBe(domain)
  })

  it("of the cloud's own has a prefix, which makes it again", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("global", "china"),
        fc.stringMatching(/^[a-z0-9]{1,30}$/u),
        (cloud, prefix) => {
          expect(prefixOf(cloud, domainOf(cloud, prefix))).toBe(prefix)
          expect(prefixOf(cloud, `${prefix}.example`)).toBeUndefined()
        }
      )
    )
  })

  it("that is new has 3 to 27 letters and digits", () => {
    for (const [prefix, isRight] of [
      ["ab", false],
      ["abc", true],
      ["a".repeat(27), true],
      ["a".repeat(28), false],
      ["a-b", false],
      ["äbc", false]
    ] as const)
      expect([prefix, prefixProblem(prefix) === undefined]).toEqual([prefix, isRight])
    expect(prefixProblem(undefined)).toMatch(/link that one/u)
  })

  it("is thought of for every company, usable and never the one that was wished for", () => {
    fc.assert(
      fc.property(
        fc.option(fc.string()),
        fc.string({ unit: "grapheme" }),
        fc.option(fc.constantFrom("DE", "US")),
        (wished, name, country) => {
          const candidates = prefixCandidates(wished, name, country)
          expect(new Set(candidates).size).toBe(candidates.length)
          for (const candidate of candidates) {
            expect(prefixProblem(candidate)).toBeUndefined()
            expect(candidate.length).toBeLessThanOrEqual(prefixLength.max)
            expect(candidate).not.toBe(wished)
            expect(isDomainOption(candidate)).toBe(true)
          }
        }
      )
    )
    expect(prefixCandidates("fabrikam", "Fabrikam GmbH", "DE").slice(0, 2)).toEqual([
      "fabrikamde",
      "fabrikam1"
    ])
    expect(prefixCandidates(null, "Grüne Straße & Söhne AG", "DE")[0]).toBe("grunestrassesohne")
  })
})
