import { CliOutput } from "effect/cli"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Column, table } from "../src/Table.ts"

const columns: ReadonlyArray<Column> = [
  { heading: "Customer", least: 4, most: 30 },
  { heading: "Finding", least: 6, most: 20 },
  { heading: "At risk", least: 5, most: 12, align: "right" }
]
const cell = fc.oneof(
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.constantFrom("東京株式会社東京株式会社", "\u001b[31mred", "a\r\nb\tc", "👩‍👩‍👧‍👦", "")
)

describe("a table", () => {
  it("has one line for each row, none wider than the screen, and no control character", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 10 }),
        fc.integer({ min: 30, max: 140 }),
        (rows, width) => {
          const lines = table(columns, rows, width).split("\n")
          expect(lines).toHaveLength(rows.length + 1)
          for (const line of lines) {
            expect(CliOutput.displayWidth(line)).toBeLessThanOrEqual(width)
            expect(line).not.toMatch(/\p{Cc}/u)
          }
        }
      )
    )
  })

  it("gives room to what is widest, and cuts only where there is none", () => {
    const rows = [["Fabrikam Gesellschaft", "Quantity differs", "103.00 EUR"]]
    expect(table(columns, rows, 60)).toBe(
      "Customer               Finding              At risk\nFabrikam Gesellschaft  Quantity differs  103.00 EUR"
    )
    expect(table(columns, rows, 36)).toBe(
      "Customer     Finding         At risk\nFabrikam G…  Quantity d…  103.00 EUR"
    )
  })
})
