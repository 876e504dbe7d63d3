import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { addressOf } from "../src/api/request.ts"
import { parseSearch, stringifySearch } from "../src/frame/search.ts"
import { rowsSearch } from "../src/pages/reconciliations/runs.ts"

const Text = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed())

describe("an address of the console", () => {
  it("says again what was put into it, whatever was typed", () => {
    fc.assert(
      fc.property(Text, Text, (q, account) => {
        const search = { q, account, kind: undefined }
        expect(parseSearch(stringifySearch(search))).toEqual({ q, account })
      })
    )
  })

  it("asks nothing of the API that the API does not know", () => {
    expect(
      rowsSearch({ kind: "no-such-kind", movedBy: "toString", all: "yes", q: 7, cursor: "" })
    ).toEqual({})
    expect(rowsSearch({ kind: "quantity", movedBy: "bss", q: "12" })).toEqual({
      kind: "quantity",
      movedBy: "bss",
      q: "12"
    })
  })
})

describe("an address of the API", () => {
  it("keeps an id in its place, whatever it holds", () => {
    fc.assert(
      fc.property(Text, (id) => {
        const url = new URL(addressOf("GET /v1/accounts/:id", { params: { id } }), "http://x")
        const last = url.pathname.slice("/v1/accounts/".length)
        // Dots alone are a way up, which no escape prevents; no id is one.
        fc.pre(!/^\.{1,2}$/u.test(id))
        expect(decodeURIComponent(last)).toBe(id)
        expect(url.search).toBe("")
      })
    )
  })

  it("leaves out what is not asked for", () => {
    expect(addressOf("GET /v1/accounts", { query: { q: "", limit: "8" } })).toBe(
      "/v1/accounts?limit=8"
    )
  })
})
