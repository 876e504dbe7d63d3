import { guidRange } from "@concordat/core/search/guidRange"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const aGuid = fc.uuid()
const cut = fc.integer({ min: 4, max: 36 })

describe("the GUIDs that begin with a text", () => {
  it("hold every GUID that does, however it is typed", () => {
    fc.assert(
      fc.property(aGuid, cut, fc.boolean(), fc.boolean(), (id, length, isPlain, isUpper) => {
        const start = isPlain ? id.replaceAll("-", "").slice(0, length) : id.slice(0, length)
        const range = guidRange(isUpper ? start.toUpperCase() : start)
        expect(range).not.toBeNull()
        expect([range?.from, id, range?.to]).toEqual(
          [range?.from ?? "", id, range?.to ?? ""].toSorted()
        )
      })
    )
  })

  it("hold no other", () => {
    fc.assert(
      fc.property(aGuid, aGuid, cut, (id, other, length) => {
        const { from = "", to = "" } = guidRange(id.slice(0, length)) ?? {}
        expect(from <= other && other <= to).toBe(
          other.startsWith(id.slice(0, length).replace(/-$/u, ""))
        )
      })
    )
  })

  it.each([
    "", // nothing
    "abc", // too short to mean an id
    "contoso",
    "0a1b-2c3d", // a hyphen where no GUID has one
    "0a1b2c3d--",
    "-0a1b2c3d",
    "0a1b2c3d-0000-4000-8000-00000000abcdef", // longer than a GUID
    "0a1b2c3d%"
  ])("are none of %o", (text) => {
    expect(guidRange(text)).toBeNull()
  })
})
