import { Option } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { jsonIn } from "../src/json.ts"

const read = (text: string) => Option.getOrThrow(jsonIn(Buffer.from(text)))

describe("the JSON of an answer", () => {
  it("is as it was sent, behind a byte-order mark too", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes("\\u0000"))
        expect(read(text)).toEqual(JSON.parse(text))
        expect(read(`\ufeff${text}`)).toEqual(JSON.parse(text))
      })
    )
  })

  it("has no text that a database cannot hold", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const value = read(JSON.stringify(texts))
        for (const text of Array.isArray(value) ? value : []) {
          expect(text).not.toContain("\0")
          expect(text.isWellFormed()).toBe(true)
        }
      })
    )
    expect(read(String.raw`["a\u0000b", "\ud800", "\uD83D\uDE00", "C:\\u0000"]`)).toEqual([
      "a\ufffdb",
      "\ufffd",
      "😀",
      String.raw`C:\u0000`
    ])
  })

  it("is nothing where there is none", () => {
    expect(Option.isNone(jsonIn(Buffer.from([0xff])))).toBe(true)
    expect(Option.isNone(jsonIn(Buffer.from("{")))).toBe(true)
  })
})
