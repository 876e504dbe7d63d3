import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { sheetColumns } from "../../src/pricesheet/readPriceSheet.ts"
import { sheetEnd, sheetInstant } from "../../src/pricesheet/sheetDate.ts"
import { dayMs, Instant, toIso } from "../../src/time/Instant.ts"
import { cellsOf, header, printed, read, sheetLine } from "./Sheets.ts"

const problemsOf = (cells: ReadonlyArray<string>, names = header, line = 2) => {
  const result = read(cells, names, line)
  return Result.isSuccess(result) ? [] : result.failure
}

describe("the header", () => {
  it("is found in any order, case and spacing, with columns that nobody knows", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...header, "Some New Column"], { minLength: header.length + 1 }),
        fc.constantFrom(
          (name: string) => name,
          (name: string) => name.toUpperCase(),
          (name: string) => ` ${name.toLowerCase().replace("price", " price")} `
        ),
        (order, spelt) => {
          const cells = cellsOf({}, order)
          expect(read(cells, order.map(spelt))).toEqual(read(cellsOf()))
        }
      )
    )
  })

  it("names every column that is missing, and those that are there twice", () => {
    const result = sheetColumns(["ProductId", "SkuId", "UnitPrice", "unitprice", "Market"])
    expect(Result.isFailure(result) && result.failure.map(({ column }) => column)).toEqual([
      "TermDuration",
      "BillingPlan",
      "Currency",
      "UnitPrice",
      "ERP Price",
      "EffectiveStartDate",
      "EffectiveEndDate"
    ])
  })

  it("of the first sheets had no segments: those prices are commercial", () => {
    const names = header.filter((name) => name !== "Segment")
    const result = read(cellsOf({}, names), names)
    expect(Result.isSuccess(result) && result.success.segment).toBe("commercial")
  })
})

describe("a line", () => {
  it("printed and read again is the same line", () => {
    fc.assert(
      fc.property(sheetLine, (line) => {
        expect(read(cellsOf(printed(line)))).toEqual(Result.succeed(line))
      })
    )
  })

  it.each([
    [{ UnitPrice: "-1.00" }, "UnitPrice", /never below zero/u],
    [{ UnitPrice: "NaN" }, "UnitPrice", /decimal number/u],
    [{ UnitPrice: "1,200.00" }, "UnitPrice", /decimal number/u],
    [{ UnitPrice: "1e3" }, "UnitPrice", /decimal number/u],
    [{ UnitPrice: "" }, "UnitPrice", /decimal number/u],
    [{ UnitPrice: "=1+1" }, "UnitPrice", /decimal number/u],
    [{ "ERP Price": "free" }, "ERP Price", /decimal number/u],
    [{ Currency: "EUX" }, "Currency", /ISO 4217/u],
    [{ Market: "DE" }, "Market", /another market than US/u],
    [{ ProductId: "CFQ" }, "ProductId", /product id/u],
    [{ SkuId: "00001" }, "SkuId", /SKU id/u],
    [{ TermDuration: "P5Y" }, "TermDuration", /P1M, P1Y, P3Y/u],
    [{ BillingPlan: "Weekly" }, "BillingPlan", /Monthly, Annual/u],
    [{ TermDuration: "P1M", BillingPlan: "Annual" }, "BillingPlan", /cannot be billed so/u],
    [{ Segment: "Military" }, "Segment", /Commercial, Education/u],
    [{ PricingTierRangeMin: "1.5" }, "PricingTierRangeMin", /whole number/u],
    [
      { PricingTierRangeMin: "9", PricingTierRangeMax: "8" },
      "PricingTierRangeMax",
      /ends before it begins/u
    ],
    [{ EffectiveStartDate: "31/12/2026" }, "EffectiveStartDate", /date in UTC/u],
    [{ EffectiveStartDate: "2026-12-01" }, "EffectiveStartDate", /sheet of 2026-11/u],
    [{ EffectiveEndDate: "2026-03-01" }, "EffectiveEndDate", /ends before it begins/u],
    [{ SkuDescription: "x".repeat(10_000) }, "SkuDescription", /at most 8000 characters/u]
  ])("with %j is refused, by line, column and value", (given, column, text) => {
    const problems = problemsOf(cellsOf(given), header, 150_000)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line: 150_000, column })
    expect(problems[0]?.text).toMatch(text)
    const value = Object.entries(given).find(([name]) => name === column)?.[1] ?? ""
    expect(value.startsWith(problems[0]?.value?.replace("…", "") ?? "?")).toBe(true)
    expect(problems[0]?.value?.length).toBeLessThan(70)
  })

  it("with several faults names each of them, as the header spells it", () => {
    const names = header.map((name) => (name === "UnitPrice" ? "Unit Price" : name))
    const cells = cellsOf({ Currency: "XXX", Market: "DE" }, names)
    expect(problemsOf(cells, names).map(({ column }) => column)).toEqual([
      "Market",
      "Currency",
      "Unit Price"
    ])
  })

  it("with too few or too many cells is refused", () => {
    expect(problemsOf(cellsOf().slice(1))[0]?.text).toMatch(/20 cells and the header 21/u)
    expect(problemsOf([...cellsOf(), ""])[0]?.text).toMatch(/22 cells/u)
  })

  it("keeps what a spreadsheet would take for a formula as text", () => {
    const result = read(cellsOf({ SkuTitle: "=cmd|' /C calc'!A0", SkuDescription: "@SUM(1)" }))
    expect(Result.isSuccess(result) && result.success.title).toBe("=cmd|' /C calc'!A0")
  })

  it("from Excel lost the zeros of its SKU and has dates of America", () => {
    const result = read(
      cellsOf({
        SkuId: "1",
        EffectiveStartDate: "2/1/2023 0:00",
        EffectiveEndDate: "11/30/9999 23:59"
      })
    )
    expect(Result.isSuccess(result) && result.success).toMatchObject({
      offer: "CFQ7TTC0LH18:0001",
      validFrom: Date.UTC(2023, 1, 1),
      validTo: null
    })
  })
})

describe("a date", () => {
  const instant = fc
    .integer({ min: Date.UTC(1753, 0, 1), max: Date.UTC(2099, 11, 31) })
    .map((ms) => Instant.make(ms))

  it("of any form means the same instant", () => {
    fc.assert(
      fc.property(instant, (at) => {
        const iso = toIso(at)
        const [, year, month, day, hour = "", minute, second, ms] =
          /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z$/u.exec(iso) ?? []
        const half = Number(hour) < 12 ? "AM" : "PM"
        const spoken = Number(hour) % 12 === 0 ? 12 : Number(hour) % 12
        for (const text of [
          iso,
          iso.replace("Z", "0000Z"),
          iso.replace("Z", ""),
          iso.replace("T", " "),
          `${Number(month)}/${Number(day)}/${year} ${Number(hour)}:${minute}:${second}.${ms}`,
          `${Number(month)}/${Number(day)}/${year} ${spoken}:${minute}:${second}.${ms} ${half}`
        ])
          expect([text, sheetInstant(text)]).toEqual([text, at])
      })
    )
  })

  it.each([
    "",
    "13/1/2026",
    "2026-02-30",
    "2026-11-01T24:00:00Z",
    "1/1/26",
    "0:00",
    "11/1/2026 13:00 PM",
    "tomorrow",
    "2026-11-01T00:00:00+01:00"
  ])("%j is none", (text) => {
    expect(sheetInstant(text)).toBeUndefined()
    expect(sheetEnd(text)).toBeUndefined()
  })

  it.each([
    ["9999-12-31", null],
    ["11/30/9999 11:59:59 PM", null],
    ["2026-11-30T23:59:59.9999999Z", Date.UTC(2026, 11, 1)],
    ["2026-11-30T23:59:59Z", Date.UTC(2026, 11, 1)],
    ["11/30/2026 23:59", Date.UTC(2026, 11, 1)],
    ["2026-12-01T00:00:00Z", Date.UTC(2026, 11, 1)],
    ["2021-11-03T06:57:30.0682597Z", Date.UTC(2021, 10, 3, 6, 57, 30, 68)]
  ])("%s as an end is the first instant that is not meant any more", (text, end) => {
    expect(sheetEnd(text)).toBe(end)
  })

  it("leaves no gap between a price that ends with a day and the next one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.constantFrom("23:59", "23:59:59", "23:59:59.999"),
        (n, time) => {
          const day = toIso(Instant.make(n * dayMs)).slice(0, 10)
          expect(sheetEnd(`${day}T${time}Z`)).toBe((n + 1) * dayMs)
        }
      )
    )
  })
})
