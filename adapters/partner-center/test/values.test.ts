import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, Result, Schema } from "effect"
import fc from "fast-check"
import {
  numberedOneOf,
  oneOf,
  WireAmount,
  WireId,
  WireInstant,
  WireInt,
  WirePartnerNumber
} from "../src/wire/values.ts"

const decoding = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (value: unknown): S["Type"] | "refused" => {
    const result = decode(value)
    return Result.isSuccess(result) ? result.success : "refused"
  }
}

const pad = (value: number, digits: number) => String(value).padStart(digits, "0")

describe("a date", () => {
  const decode = decoding(WireInstant)
  const instants = fc.integer({
    min: Date.parse("1990-01-01T00:00:00Z"),
    max: Date.parse("2120-01-01T00:00:00Z")
  })

  it("is the same instant in every form that Partner Center has for it", () => {
    const forms = fc.record({
      instant: instants,
      zone: fc.oneof(
        fc.constantFrom("Z", "z", ""),
        fc.record({ sign: fc.constantFrom(1, -1), minutes: fc.integer({ min: 0, max: 14 * 60 }) })
      ),
      beyond: fc.stringMatching(/^[0-9]{0,4}$/u)
    })
    fc.assert(
      fc.property(forms, ({ instant, zone, beyond }) => {
        const offset = typeof zone === "string" ? 0 : zone.sign * zone.minutes
        const local = new Date(instant + offset * 60_000).toISOString().slice(0, -1)
        const suffix =
          typeof zone === "string"
            ? zone
            : `${zone.sign > 0 ? "+" : "-"}${pad(Math.trunc(zone.minutes / 60), 2)}:${pad(zone.minutes % 60, 2)}`
        assert.strictEqual<unknown>(decode(`${local}${beyond}${suffix}`), instant)
      })
    )
  })

  it("comes back from what it is written as", () => {
    const encode = Schema.encodeUnknownSync(WireInstant)
    fc.assert(
      fc.property(fc.option(instants), (instant) => {
        assert.strictEqual<unknown>(decode(encode(instant)), instant)
      })
    )
  })

  it("reads as tables show it", () => {
    // text                                   instant
    const rows: ReadonlyArray<readonly [unknown, string | null]> = [
      ["2021-01-14T16:57:15.0966728Z", "2021-01-14T16:57:15.096Z"],
      ["2018-03-06T17:37:05.253-08:00", "2018-03-07T01:37:05.253Z"],
      ["2019-08-26T00:00:00", "2019-08-26T00:00:00.000Z"],
      ["2019-08-26", "2019-08-26T00:00:00.000Z"],
      ["2015-11-25T06: 41: 12Z", "2015-11-25T06:41:12.000Z"], // as samples have it
      ["2024-02-29T00:00:00+0000", "2024-02-29T00:00:00.000Z"],
      ["2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.100Z"],
      ["0001-01-01T00:00:00", null],
      ["0001-01-01T00:00:00-08:00", null],
      ["9999-12-31T23:59:59.9999999Z", null]
    ]
    for (const [text, iso] of rows)
      assert.strictEqual<unknown>(decode(text), iso === null ? null : Date.parse(iso), String(text))
  })

  it("that the calendar or the clock does not have is refused", () => {
    for (const text of [
      "2023-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z",
      "2023-04-31T00:00:00Z",
      "2023-13-01T00:00:00Z",
      "2023-00-01T00:00:00Z",
      "2023-01-00T00:00:00Z",
      "2023-01-01T24:00:00Z",
      "2023-01-01T00:60:00Z",
      "0050-01-01T00:00:00Z",
      "6/1/2017 12:00:00 AM",
      "soon",
      "",
      1_700_000_000,
      null
    ])
      assert.strictEqual<unknown>(decode(text), "refused", String(text))
  })
})

describe("an amount", () => {
  const decode = decoding(WireAmount)
  it("is the same as a number and as a string", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
        (n) => {
          const [a, b] = [decode(n), decode(String(n))]
          assert.isTrue(a !== "refused" && b !== "refused" && BigDecimal.equals(a, b))
        }
      )
    )
  })

  it("loses no digit", () => {
    const digits = fc.tuple(
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
      fc.integer({ min: 1, max: 8 })
    )
    fc.assert(
      fc.property(digits, ([value, scale]) => {
        const exact = BigDecimal.make(value, scale)
        const read = decode(BigDecimal.format(exact))
        assert.isTrue(read !== "refused" && BigDecimal.equals(read, exact))
      })
    )
  })

  it("that is none is refused", () => {
    for (const value of ["", " ", "12,50", "€ 5", "1e9999999", "0x10", "NaN", true, null])
      assert.strictEqual<unknown>(decode(value), "refused", String(value))
  })
})

describe("an enumeration", () => {
  const names = ["unknown", "one_time", "microsoft_support", "none"] as const
  const decode = decoding(numberedOneOf(...names))
  const pascal = (name: string) =>
    name.replace(/(^|_)([a-z])/gu, (_, __, letter: string) => letter.toUpperCase())

  it("is understood in snake case, Pascal case, capitals, with spaces, and as its position", () => {
    fc.assert(
      fc.property(fc.nat(names.length - 1), (position) => {
        const name = names[position] ?? "none"
        for (const form of [
          name,
          pascal(name),
          name.toUpperCase(),
          name.replace("_", " "),
          position
        ])
          assert.strictEqual<unknown>(decode(form), name)
      })
    )
  })

  it("refuses every other word and number, and lists what it knows", () => {
    const known = new Set<unknown>(names.map((name) => name.replace("_", "")))
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer({ min: names.length })), (value) => {
        if (
          known.has(
            String(value)
              .toLowerCase()
              .replace(/[\s_-]/gu, "")
          )
        )
          return
        assert.strictEqual<unknown>(decode(value), "refused")
      })
    )
    const refused = Schema.decodeResult(numberedOneOf(...names))("other")
    assert.include(Result.isFailure(refused) ? refused.failure.message : "", names.join(", "))
  })
})

it("an enumeration whose order nobody knows for certain refuses numbers", () => {
  const decode = decoding(oneOf("none", "active"))
  assert.strictEqual(decode("Active"), "active")
  assert.strictEqual<unknown>(decode(1), "refused")
})

describe("ids and numbers", () => {
  it("an id is the same in capitals", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        assert.strictEqual<unknown>(decoding(WireId)(id.toUpperCase()), decoding(WireId)(id))
      })
    )
  })

  it("a partner's number is a string; empty and 0 are none", () => {
    const decode = decoding(WirePartnerNumber)
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (n) => {
        assert.strictEqual<unknown>(decode(n), String(n))
        assert.strictEqual<unknown>(decode(` ${n} `), String(n))
      })
    )
    for (const none of ["", " ", "0", 0]) assert.isNull(decode(none))
  })

  it("a whole number may come as a string, and nothing else", () => {
    const decode = decoding(WireInt)
    fc.assert(
      fc.property(fc.integer(), (n) => {
        assert.strictEqual<unknown>(decode(n), n)
        assert.strictEqual<unknown>(decode(String(n)), n)
      })
    )
    for (const none of ["1.5", "", "many", 1.5, null])
      assert.strictEqual<unknown>(decode(none), "refused", String(none))
  })
})
