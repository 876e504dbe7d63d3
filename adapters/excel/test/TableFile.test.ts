import { parse } from "csv-parse/sync"
import { Effect, Exit, Ref, Stream } from "effect"
import ExcelJS from "exceljs"
import { describe, expect, it } from "vitest"
import { type TableFormat, type TableLayout, tableFile } from "../src/TableFile.ts"

interface Row {
  readonly name: string
  readonly count: number | null
  readonly at: number
  readonly isNew: boolean
}

const layout: TableLayout<Row> = {
  sheet: "Things",
  columns: [
    { heading: "Name", type: "text", width: 20, read: ({ name }) => name },
    { heading: "Count", type: "number", width: 8, read: ({ count }) => count },
    { heading: "At (UTC)", type: "instant", width: 20, read: ({ at }) => at },
    { heading: "New", type: "boolean", width: 8, read: ({ isNew }) => isNew }
  ],
  json: ({ name, count }) => ({ name, count })
}
const at = Date.UTC(2026, 10, 20, 12)
const row = (name: string, given: Partial<Row> = {}): Row => ({
  name,
  count: 1,
  at,
  isNew: true,
  ...given
})
const dangerous = ["=1+1", "@x", "+1", "-1", "\tx", "＝1", 'a "b", c;d', "\u202Egnp.exe", "a\nb"]
const rows = [row("Fabrikam", { count: null, isNew: false }), ...dangerous.map((name) => row(name))]

const bytesOf = async (format: TableFormat, of: ReadonlyArray<Row>, sheetRowsMax?: number) =>
  Buffer.concat(
    await Effect.runPromise(
      Stream.runCollect(
        tableFile(
          format,
          layout,
          Stream.fromIterable(of),
          sheetRowsMax === undefined ? {} : { sheetRowsMax }
        )
      )
    )
  )
const workbookOf = async (bytes: Buffer) => {
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(new Uint8Array(bytes).buffer)
  return workbook
}

describe("a list as a file", () => {
  it("is a typed sheet in Excel, in which no text is a formula", async () => {
    const sheet = (await workbookOf(await bytesOf("xlsx", rows))).getWorksheet("Things")
    expect(sheet?.getRow(1).values).toEqual([undefined, "Name", "Count", "At (UTC)", "New"])
    expect(sheet?.views[0]).toMatchObject({ state: "frozen", ySplit: 1 })
    expect(sheet?.getRow(2).values).toEqual([undefined, "Fabrikam", undefined, new Date(at), "no"])
    const names = dangerous.map((_, i) => sheet?.getCell(i + 3, 1))
    expect(names.map((cell) => cell?.value)).toEqual(dangerous)
    expect(names.every((cell) => cell?.type === ExcelJS.ValueType.String)).toBe(true)
  })

  it("goes on in another sheet when one is full", async () => {
    const workbook = await workbookOf(await bytesOf("xlsx", rows, 6))
    expect(workbook.worksheets.map(({ name, rowCount }) => [name, rowCount])).toEqual([
      ["Things", 6],
      ["Things 2", 6]
    ])
  })

  it("is CSV that Excel opens, with every text as it is and none a formula", async () => {
    const bytes = await bytesOf("csv", rows)
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const cells: ReadonlyArray<ReadonlyArray<string>> = parse(bytes, { bom: true })
    expect(cells[1]).toEqual(["Fabrikam", "", "2026-11-20T12:00:00.000Z", "no"])
    const names = cells.slice(2).map(([name = ""]) => name)
    expect(names.filter((name) => /^[=+\-@\t\r\n＝]/u.test(name))).toEqual([])
    expect(names.map((name) => name.replace(/^'/u, ""))).toEqual(dangerous)
  })

  it("is an array in JSON, also of nothing", async () => {
    expect(JSON.parse((await bytesOf("json", rows)).toString())).toEqual(
      rows.map(({ name, count }) => ({ name, count }))
    )
    expect(JSON.parse((await bytesOf("json", [])).toString())).toEqual([])
  })

  it("takes rows only as fast as its bytes are taken", async () => {
    const taken = await Effect.runPromise(
      Effect.gen(function* () {
        const count = yield* Ref.make(0)
        const many = Stream.range(1, 1_000_000).pipe(
          Stream.mapEffect((n) => Ref.set(count, n).pipe(Effect.as(row(`Thing ${n}`))))
        )
        yield* tableFile("xlsx", layout, many).pipe(Stream.take(3), Stream.runDrain)
        return yield* Ref.get(count)
      })
    )
    expect(taken).toBeLessThan(60_000)
  })

  it.each(["xlsx", "csv", "json"] as const)("fails in %s when its rows do", async (format) => {
    const failing = Stream.concat(Stream.fromIterable(rows), Stream.fail("gone"))
    const exit = await Effect.runPromiseExit(Stream.runDrain(tableFile(format, layout, failing)))
    expect(Exit.isFailure(exit) && exit.cause.toString()).toContain("gone")
  })
})
