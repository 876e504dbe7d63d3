import { matcherOf } from "@concordat/core/tenant/pattern"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

/** Patterns of a small grammar in which the platform's engine is quick. */
const patterns = fc.letrec<{ atom: string; part: string; pattern: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "a",
      "b",
      "0",
      "[ab]",
      "[^a]",
      "[a-b0]",
      "\\d",
      "[\\d-]",
      ".",
      "\\.",
      " ",
      "[ ]"
    ),
    tie("pattern").map((inner) => `(${inner})`)
  ),
  part: fc
    .tuple(
      tie("atom"),
      fc.constantFrom("", "", "?", "*", "+", "{2}", "{0,2}", "{1,}", "{2,2}", "??")
    )
    .map(([atom, times]) => atom + times),
  pattern: fc
    .array(
      fc.array(tie("part"), { maxLength: 3 }).map((parts) => parts.join("")),
      {
        minLength: 1,
        maxLength: 2
      }
    )
    .map((options) => options.join("|"))
}))
const anchored = fc
  .tuple(fc.boolean(), patterns.pattern, fc.boolean())
  .map(([from, pattern, to]) => `${from ? "^" : ""}${pattern}${to ? "$" : ""}`)
const texts = fc
  .array(fc.constantFrom("a", "b", "0", "-", ".", " "), { maxLength: 6 })
  .map((all) => all.join(""))

describe("a pattern of Microsoft's", () => {
  it("means what the platform's engine says it means", () => {
    fc.assert(
      fc.property(anchored, texts, (pattern, text) => {
        expect([pattern, text, matcherOf(pattern)?.(text)]).toEqual([
          pattern,
          text,
          new RegExp(pattern).test(text)
        ])
      }),
      { numRuns: 2_000 }
    )
  })

  it.each([
    // as recorded for GB and DE
    [
      "^([gG][iI][rR][ ]?0[aA]{2,2}|[a-zA-Z]([0-9][0-9a-zA-Z]?|[a-zA-Z][0-9][0-9a-zA-Z]?)[ ]?[0-9][a-zA-Z]{2,2})$",
      ["SW1A 1AA", "gir 0aa", "M1 1AE"],
      ["12345", "SW1A 1A", ""]
    ],
    [
      "^GB(([\\d]{3,3}[\\d]{4,4}[\\d]{2,2}([\\d]{3,3})?)|((GD|HA)[\\d]{3,3}))$",
      ["GB123456789", "GBHA123"],
      ["GB1"]
    ],
    ["^[0-9]{5,5}$", ["10115"], ["1011", "101155", "10115 ", "١٢٣٤٥"]]
  ])("%s", (pattern, fitting, others) => {
    const fits = matcherOf(pattern)
    for (const text of fitting) expect([text, fits?.(text)]).toEqual([text, true])
    for (const text of others) expect([text, fits?.(text)]).toEqual([text, false])
  })

  it.each([
    "(",
    "[",
    "a{",
    "a{2",
    "*",
    "a**",
    "\\",
    "(?=a)",
    "\\1",
    "\\b",
    "[b-a]",
    "a{3,1}",
    ")",
    "a".repeat(2_001),
    "(".repeat(20)
  ])("%s is not understood, and breaks nothing", (pattern) => {
    expect(matcherOf(pattern)).toBeUndefined()
  })

  it.each([
    "^(a+)+$",
    "^(a|a)*$",
    "^(a*)*b$",
    "^((((((a?)*)*)*)*)*)*$",
    "^((((a{100}){100}){100}){100}){100}$",
    "^(((a?){99}){99}){99}$"
  ])("%s takes no longer than any other", (pattern) => {
    const started = performance.now()
    matcherOf(pattern)?.(`${"a".repeat(199)}!`)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it("is total: whatever comes as a pattern and a text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, text) => {
        matcherOf(pattern)?.(text)
      }),
      { numRuns: 500 }
    )
  })
})
