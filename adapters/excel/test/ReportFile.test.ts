import { parse } from "csv-parse/sync"
import { Effect, Ref, Stream } from "effect"
import ExcelJS from "exceljs"
import { describe, expect, it } from "vitest"
import { type ReportFormat, reportFile } from "../src/ReportFile.ts"
import { reportColumns } from "../src/reportColumns.ts"
import { changeFinding, quantityFinding, reportRow, run, unknownRow } from "./reports.ts"

const bytesOf = async <E>(
  format: ReportFormat,
  rows: Stream.Stream<ReturnType<typeof reportRow>, E>,
  options?: { readonly sheetRowsMax?: number }
) =>
  Buffer.concat(await Effect.runPromise(Stream.runCollect(reportFile(format, run, rows, options))))
const workbookOf = async (bytes: Buffer) => {
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load(new Uint8Array(bytes).buffer)
  return workbook
}
const columnAt = (heading: string) => reportColumns.findIndex((c) => c.heading === heading) + 1

const dangerous = [
  "=1+1",
  "@SUM(A1)",
  "+1",
  "-1",
  "\tx",
  "＝1",
  'a "b", c;d',
  "Müller & Söhne <AG>"
]
const rows = [
  reportRow(0, "Fabrikam", [quantityFinding, changeFinding]),
  unknownRow(1),
  ...dangerous.map((customer, i) => reportRow(i + 2, customer))
]

describe("a report in Excel", () => {
  it("has a summary of the run", async () => {
    const workbook = await workbookOf(await bytesOf("xlsx", Stream.fromIterable(rows)))
    const sheet = workbook.getWorksheet("Summary")
    const facts = new Map<unknown, unknown>()
    sheet?.eachRow((row) => facts.set(row.getCell(1).value, row.getCell(2).value))
    expect(facts.get("Instance")).toBe("contoso-eu")
    expect(facts.get("Status")).toBe("incomplete")
    expect(facts.get("Requested by")).toBe("=key:cli")
    expect(facts.get("Finished (UTC)")).toEqual(new Date("2026-11-20T10:05:00Z"))
    expect(facts.get("Customers not checked")).toBe(1)
    expect(facts.get("Problem")).toContain("Fabrikam")
    expect(facts.get("Quantity differs")).toBe("quantity")
    const money = sheet?.getColumn(3).values.filter((v) => v === "EUR" || v === "USD")
    expect(money).toEqual(["EUR", "USD"])
  })

  it("has a line for each finding and for each row without, typed, filtered and frozen", async () => {
    const workbook = await workbookOf(await bytesOf("xlsx", Stream.fromIterable(rows)))
    const sheet = workbook.getWorksheet("Rows")
    expect(sheet?.getRow(1).values).toEqual([undefined, ...reportColumns.map((c) => c.heading)])
    expect(sheet?.rowCount).toBe(rows.length + 2)
    expect(sheet?.views[0]).toMatchObject({ state: "frozen", ySplit: 1 })
    expect(sheet?.autoFilter).toBeTruthy()
    const cell = (line: number, heading: string) => sheet?.getCell(line, columnAt(heading))
    expect(cell(2, "Partner Center quantity")?.value).toBe(30)
    expect(cell(2, "BSS value")?.value).toBe(25)
    expect(cell(2, "BSS commitment end (UTC)")?.value).toEqual(new Date("2027-03-31T00:00:00Z"))
    expect(cell(2, "At risk a month")?.value).toBe(103)
    expect(cell(2, "Currency")?.value).toBe("EUR")
    expect(cell(2, "Actions allowed")?.value).toBe("take-partner-center-value")
    expect(cell(2, "Actions refused")?.value).toBe("push-bss-value: The window closed.")
    expect(cell(2, "BSS term")?.value).toBeNull()
    expect(cell(3, "BSS value")?.value).toBe("10 × CFQ7TTC0LCHC:0002, annual, P1Y")
    expect(cell(4, "BSS quantity")?.value).toBeNull()
    expect(cell(4, "Partner Center quantity")?.value).toBe(30)
    expect(cell(4, "Account ID")?.value).toBeNull()
  })

  it("holds text that looks like a formula as that text", async () => {
    const workbook = await workbookOf(await bytesOf("xlsx", Stream.fromIterable(rows)))
    const sheet = workbook.getWorksheet("Rows")
    const customers = dangerous.map((_, i) => sheet?.getCell(i + 5, 1))
    expect(customers.map((c) => c?.value)).toEqual(dangerous)
    expect(customers.every((c) => c?.type === ExcelJS.ValueType.String)).toBe(true)
    expect(customers.every((c) => c?.numFmt === "@")).toBe(true)
  })

  it("goes on in another sheet when one is full", async () => {
    const bytes = await bytesOf("xlsx", Stream.fromIterable(rows), { sheetRowsMax: 5 })
    const workbook = await workbookOf(bytes)
    expect(workbook.worksheets.map((s) => [s.name, s.rowCount]).slice(1)).toEqual([
      ["Rows", 5],
      ["Rows 2", 5],
      ["Rows 3", 4]
    ])
    expect(workbook.getWorksheet("Rows 3")?.getCell("A1").value).toBe("Customer")
  })

  it("of no rows is a valid workbook", async () => {
    const workbook = await workbookOf(await bytesOf("xlsx", Stream.empty))
    expect(workbook.getWorksheet("Rows")?.rowCount).toBe(1)
  })

  it("takes rows only as fast as its bytes are taken", async () => {
    const taken = await Effect.runPromise(
      Effect.gen(function* () {
        const count = yield* Ref.make(0)
        const many = Stream.range(1, 1_000_000).pipe(
          Stream.mapEffect((n) => Ref.set(count, n).pipe(Effect.as(reportRow(n, `Customer ${n}`))))
        )
        yield* reportFile("xlsx", run, many).pipe(Stream.take(3), Stream.runDrain)
        return yield* Ref.get(count)
      })
    )
    expect(taken).toBeLessThan(60_000)
  })
})

describe("a report in CSV", () => {
  it("is what Excel opens: marked UTF-8, CRLF, and no formula in any text", async () => {
    const bytes = await bytesOf("csv", Stream.fromIterable(rows))
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const text = bytes.toString()
    expect(text.split("\r\n").at(-1)).toBe("")
    const [header, ...lines]: Array<Array<string>> = parse(bytes, { bom: true })
    expect(header).toEqual(reportColumns.map((c) => c.heading))
    expect(lines).toHaveLength(rows.length + 1)
    expect(lines.slice(3).map((l) => l[0])).toEqual([
      "'=1+1",
      "'@SUM(A1)",
      "'+1",
      "'-1",
      "'\tx",
      "'＝1",
      'a "b", c;d',
      "Müller & Söhne <AG>"
    ])
    const cell = (heading: string) => lines[0]?.[columnAt(heading) - 1]
    expect(cell("At risk a month")).toBe("103.00")
    expect(cell("BSS commitment end (UTC)")).toBe("2027-03-31T00:00:00.000Z")
    expect(cell("BSS auto-renew")).toBe("yes")
  })

  it("leaves negative numbers numbers", async () => {
    const row = reportRow(1, "A", [{ ...quantityFinding, bss: -5 }])
    const [, line]: Array<Array<string>> = parse(await bytesOf("csv", Stream.make(row)), {
      bom: true
    })
    expect(line?.[columnAt("BSS value") - 1]).toBe("-5")
  })
})

describe("a report in JSON", () => {
  it("is one document with the findings in their rows", async () => {
    const many = Stream.range(1, 1_201).pipe(Stream.map((n) => reportRow(n, `C${n}`)))
    const document: unknown = JSON.parse((await bytesOf("json", many)).toString())
    expect(document).toMatchObject({
      reconciliation: { instance: "contoso-eu", status: "incomplete" }
    })
    expect(document).toHaveProperty("rows.length", 1_201)
    const small: unknown = JSON.parse((await bytesOf("json", Stream.fromIterable(rows))).toString())
    expect(small).toMatchObject({
      reconciliation: { atRisk: [{ amount: "1234.50", currency: "EUR" }, { amount: "7.00" }] }
    })
    expect(small).toHaveProperty("rows.0.findings.0.atRisk", { amount: "103.00", currency: "EUR" })
    expect(small).toHaveProperty("rows.0.bss.commitmentEnd", "2027-03-31T00:00:00.000Z")
    expect(small).not.toHaveProperty("rows.0.bss.term")
    expect(small).toHaveProperty("rows.1.bss", null)
    expect(JSON.parse((await bytesOf("json", Stream.empty)).toString())).toHaveProperty("rows", [])
  })
})

describe("rows that fail", () => {
  it.each(["xlsx", "csv", "json"] as const)(
    "fail the report in %s with their error",
    async (format) => {
      const failing = Stream.concat(
        Stream.make(reportRow(1, "A")),
        Stream.fail("the database is gone")
      )
      const error = await Effect.runPromise(
        reportFile(format, run, failing).pipe(Stream.runDrain, Effect.flip)
      )
      expect(error).toBe("the database is gone")
    }
  )
})

describe("a report of the sandbox", () => {
  const sandboxed = { ...run, environment: "sandbox" as const }
  const bytes = async (format: "csv" | "xlsx" | "json") =>
    Buffer.concat(
      await Effect.runPromise(
        Stream.runCollect(reportFile(format, sandboxed, Stream.fromIterable(rows)))
      )
    )

  it("says so in the heading of every column of money, wherever it is copied to", async () => {
    const [header = []]: Array<Array<string>> = parse(await bytes("csv"), { bom: true })
    const money = reportColumns.flatMap(({ type }, i) => (type === "money" ? [header[i]] : []))
    expect(money.length).toBeGreaterThan(0)
    for (const heading of money) expect(heading).toMatch(/ \(sandbox\)$/u)
    const workbook = await workbookOf(await bytes("xlsx"))
    expect(workbook.getWorksheet("Rows")?.getRow(1).values).toEqual([undefined, ...header])
  })

  it("says so in the summary and in JSON", async () => {
    const summary = (await workbookOf(await bytes("xlsx"))).getWorksheet("Summary")
    const cells = new Map<unknown, unknown>()
    summary?.eachRow((row) => cells.set(row.getCell(1).value, row.getCell(2).value))
    expect(cells.get("Environment")).toBe("sandbox")
    expect([...cells.keys()]).toContain("Money at risk a month (sandbox)")
    expect(JSON.parse((await bytes("json")).toString()).reconciliation.environment).toBe("sandbox")
  })
})
