import { deflateRawSync } from "node:zlib"
import { columns } from "@concordat/core/book/columns"
import { readBook } from "@concordat/core/book/readBook"
import { Effect } from "effect"
import ExcelJS from "exceljs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type BookFormat, bookLimits, bookTemplate, readBookFile } from "../src/BookFile.ts"
import { inMemory, unpacked, ZipRefused, zipStored } from "../src/Zip.ts"

const read = (format: BookFormat, bytes: Uint8Array) =>
  Effect.runPromise(readBookFile(format, bytes))
const refusal = (format: BookFormat, bytes: Uint8Array) =>
  Effect.runPromise(
    readBookFile(format, bytes).pipe(
      Effect.flip,
      Effect.map((e) => e.message)
    )
  )
const csv = (text: string) => read("csv", Buffer.from(text))
const xlsx = async (fill: (book: ExcelJS.Worksheet, workbook: ExcelJS.Workbook) => void) => {
  const workbook = new ExcelJS.Workbook()
  fill(workbook.addWorksheet("Sheet"), workbook)
  return new Uint8Array(await workbook.xlsx.writeBuffer())
}
const zipOf = async (files: ReadonlyMap<string, Buffer>) => {
  const parts: Array<Buffer> = []
  const stored = [...files].map(([name, content]) => inMemory(name, content))
  for await (const part of zipStored(stored)) parts.push(part)
  return Buffer.concat(parts)
}
const sheetWith = (rows: string, more: ReadonlyMap<string, Buffer> = new Map()) =>
  zipOf(
    new Map([
      [
        "xl/workbook.xml",
        Buffer.from(
          '<workbook xmlns:r="r"><sheets><sheet name="A &amp; B" sheetId="1" r:id="rId7"/></sheets></workbook>'
        )
      ],
      [
        "xl/_rels/workbook.xml.rels",
        Buffer.from(
          '<Relationships><Relationship Id="rId7" Target="/xl/worksheets/sheet9.xml"/></Relationships>'
        )
      ],
      [
        "xl/worksheets/sheet9.xml",
        Buffer.from(`<worksheet><sheetData>${rows}</sheetData></worksheet>`)
      ],
      ...more
    ])
  )

describe("a template", () => {
  it.each(["csv", "xlsx"] as const)(
    "of %s has every column, and nothing to import",
    async (format) => {
      const { header, records } = await read(format, await Effect.runPromise(bookTemplate(format)))
      expect(header).toEqual(columns.map((c) => c.name))
      expect(records.map((r) => r.cells)).toEqual([columns.map((c) => c.example)])
      expect(readBook(header, records)).toEqual({ lines: [], problems: [] })
    }
  )

  it("of Excel documents every column", async () => {
    const workbook = new ExcelJS.Workbook()
    const bytes = await Effect.runPromise(bookTemplate("xlsx"))
    await workbook.xlsx.load(new Uint8Array(bytes).buffer)
    const help = workbook.getWorksheet("Columns")
    expect(columns.map((_, i) => help?.getCell(i + 2, 1).value)).toEqual(columns.map((c) => c.name))
    expect(workbook.getWorksheet("Book")?.getCell("H2").numFmt).toBe("@")
  })
})

describe("CSV", () => {
  it.each([
    [",", "a,b\r\n1,2\r\n"],
    [";", "a;b\n1;2"],
    ["tab", "a\tb\r1\t2\r"],
    ["sep= line", "sep=;\r\na;b\r\n1;2"],
    ["byte order mark", "\ufeffa,b\n1,2"],
    ["quotes", '"a","b"\n"1","2"'],
    ["delimiters in headings", '"a","b"\n"1","2"\n']
  ])("with %s is read alike", async (name, text) => {
    const { header, records } = await csv(text)
    expect(header).toEqual(["a", "b"])
    expect(records).toEqual([{ line: name === "sep= line" ? 3 : 2, cells: ["1", "2"] }])
  })

  it("numbers lines as an editor does, over blank lines and line breaks in cells", async () => {
    const { records } = await csv('a,b\n\n"1\n1",2\n,\n3,"say ""x"", y"\n')
    expect(records).toEqual([
      { line: 3, cells: ["1\n1", "2"] },
      { line: 6, cells: ["3", 'say "x", y'] }
    ])
  })

  it("in UTF-16 is read, in Windows-1252 refused with its line", async () => {
    const utf16 = Buffer.from("\ufeffa;b\nMüller;2", "utf16le")
    expect((await read("csv", utf16)).records[0]?.cells).toEqual(["Müller", "2"])
    expect((await read("csv", Buffer.from(utf16).swap16())).records[0]?.cells[0]).toBe("Müller")
    expect(await refusal("csv", Buffer.from("a,b\nx,1\nMüller,2", "latin1"))).toMatch(
      /^Line 3: .*UTF-8.*Excel/u
    )
  })

  it.each([
    ["an open quotation mark", 'a,b\n1,2\n"3,4\n5,6', /^Line 3: .*never closed/u],
    ["a quotation mark inside", 'a,b\n1,19" rack', /^Line 2: .*inside a cell/u],
    ["nothing", "\n\n", /empty/u],
    ["zeros", "a\u0000b", /not a text file/u],
    ["an Excel file", "PK\u0003\u0004", /name it \.xlsx/u],
    ["too many columns", `a\n${",x".repeat(101)}`, /^Line 2: .*100 columns/u],
    ["a cell that is too long", `a\n${"x".repeat(10_001)}`, /^Line 2: .*10000 characters/u]
  ])("with %s is refused", async (_, text, message) => {
    expect(await refusal("csv", Buffer.from(text))).toMatch(message)
  })

  it(`stops after ${bookLimits.rowsMax} lines`, async () => {
    const text = `a\n${"1\n".repeat(bookLimits.rowsMax + 1)}`
    expect(await refusal("csv", Buffer.from(text))).toMatch(/^Line 200002: .*split/u)
  })
})

describe("Excel", () => {
  it("gives every kind of cell as text", async () => {
    const bytes = await xlsx((book) => {
      book.addRow(["text", "number", "date", "time", "yes", "rich", "link", "formula"])
      book.addRow([])
      book.addRow([
        "=1+1",
        0.1 + 0.2,
        new Date("2027-03-31T00:00:00Z"),
        new Date("2027-03-31T09:30:00Z"),
        true,
        { richText: [{ text: "Fabri" }, { text: "kam", font: { bold: true } }] },
        { text: "fabrikam.com", hyperlink: "https://fabrikam.com" },
        { formula: "1+1", result: 2 }
      ])
      book.addRow([1e15, 12345678, 1e21, 1e-7, -0.5, "日本", "a\nb"])
    })
    const { header, records } = await read("xlsx", bytes)
    expect(header).toHaveLength(8)
    expect(records).toEqual([
      {
        line: 3,
        cells: [
          "=1+1",
          "0.3",
          "2027-03-31",
          "2027-03-31T09:30:00Z",
          "true",
          "Fabrikam",
          "fabrikam.com",
          "2"
        ]
      },
      {
        line: 4,
        cells: [
          "1000000000000000",
          "12345678",
          "1000000000000000000000",
          "0.0000001",
          "-0.5",
          "日本",
          "a\nb",
          ""
        ]
      }
    ])
  })

  it("is read from the sheet named Book, else from the first", async () => {
    const two = await xlsx((first, workbook) => {
      first.addRow(["first"])
      workbook.addWorksheet("BOOK").addRow(["second"])
    })
    const one = await xlsx((first) => first.addRow(["first"]))
    expect((await read("xlsx", two)).header).toEqual(["second"])
    expect((await read("xlsx", one)).header).toEqual(["first"])
  })

  it("reads dates that a formula computed", async () => {
    const bytes = await xlsx((book) => {
      book.addRow(["end"])
      book.addRow([{ formula: "DATE(2027,3,31)", result: new Date("2027-03-31T00:00:00Z") }])
    })
    expect((await read("xlsx", bytes)).records[0]?.cells).toEqual(["2027-03-31"])
  })

  it("reads files of other programs: absolute paths, inline strings, no styles", async () => {
    const bytes = await sheetWith(
      '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="5"><c r="A5"><v>7</v></c></row>'
    )
    expect(await read("xlsx", bytes)).toEqual({
      header: ["a"],
      records: [{ line: 5, cells: ["7"] }]
    })
  })

  it("takes the name, not how it is read aloud", async () => {
    const strings = Buffer.from(
      '<sst><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>'
    )
    const bytes = await sheetWith(
      '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
      new Map([["xl/sharedStrings.xml", strings]])
    )
    expect((await read("xlsx", bytes)).header).toEqual(["東京"])
  })

  it.each([
    [
      "a formula nobody computed",
      xlsx((b) => {
        b.addRow(["a"])
        b.addRow([{ formula: "A1+1" }])
      }),
      /^Line 2: The formula in cell A2 of sheet Sheet has no value/u
    ],
    [
      "an error in a cell",
      xlsx((b) => {
        b.addRow(["a", { error: "#N/A" }])
      }),
      /^Line 1: .*#N\/A.*B1/u
    ],
    ["no rows", xlsx(() => undefined), /empty/u],
    [
      "formatted text within a cell",
      sheetWith("<row><c><is><r></r></is></c></row>"),
      /Excel reads/u
    ],
    [
      "rows without numbers",
      sheetWith('<row><c r="A1"><v>1</v></c></row>'),
      /no numbers|not a readable/u
    ],
    ["too many columns", sheetWith('<row r="1"><c r="CW1"><v>1</v></c></row>'), /100 columns/u],
    ["broken XML", sheetWith('<row r="1"><c r="A1'), /not a readable Excel file|empty/u],
    ["a password", Buffer.from("d0cf11e0a1b11ae1", "hex"), /password/u],
    ["text", Buffer.from("a,b"), /name it \.csv/u],
    ["half of a file", xlsx((b) => b.addRow(["a"])).then((b) => b.subarray(0, 900)), /damaged/u],
    ["nothing", new Uint8Array(), /not an Excel file/u]
  ])("with %s is refused", async (_, bytes, message) => {
    expect(await refusal("xlsx", await bytes)).toMatch(message)
  })

  it("that unpacks to more than the limit is refused, whatever it says about its size", async () => {
    const bytes = await bomb()
    expect(bytes.length).toBeLessThan(1024 * 1024)
    expect(await refusal("xlsx", bytes)).toMatch(/too large once unpacked/u)
  })
})

describe("a damaged file", () => {
  const outcome = (format: BookFormat, bytes: Uint8Array) =>
    Effect.runPromise(
      readBookFile(format, bytes).pipe(
        Effect.map((table) => JSON.stringify(table)),
        Effect.catchTag("BookFileMalformed", () => Effect.succeed("refused"))
      )
    )

  it("of Excel is read as it was or refused, whichever byte is wrong", async () => {
    const whole = await Effect.runPromise(bookTemplate("xlsx"))
    const expected = await outcome("xlsx", whole)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Uint8Array.from(whole)
        damaged[at] = byte
        expect([expected, "refused"]).toContain(await outcome("xlsx", damaged))
      }),
      { numRuns: 150 }
    )
  })

  it("of Excel is refused wherever its content breaks off, and nothing else hears of it", async () => {
    const content = deflateRawSync(Buffer.from("one, two, three, ".repeat(40)))
    const entry = { name: "sheet", method: 8, checksum: 0 }
    for (let end = 0; end < content.length; end++)
      await expect(
        unpacked({ ...entry, compressed: content.subarray(0, end) }, 1024)
      ).rejects.toThrow(ZipRefused)
  })

  it("of anything is read or refused, never an unexpected error", async () => {
    const pieces = fc.constantFrom(
      ",",
      ";",
      "\t",
      '"',
      "\n",
      "\r",
      "a",
      "sep=;",
      "é",
      "\ufeff",
      "PK"
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(pieces, { maxLength: 40 }).map((p) => Buffer.from(p.join("")))
        ),
        async (bytes) => {
          await outcome("csv", bytes)
          await outcome("xlsx", bytes)
        }
      ),
      { numRuns: 300 }
    )
  })
})

/** Texts of 65 MB of spaces that claim to be as small as they are packed. */
const bomb = async (): Promise<Buffer> => {
  const packed = deflateRawSync(Buffer.alloc(bookLimits.partBytesMax + 1024 * 1024, " "))
  const zip = await sheetWith("", new Map([["xl/sharedStrings.xml", packed]]))
  // The method, in the file's local header and in the directory: 8 = deflated.
  for (const [signature, method] of [
    ["PK\u0003\u0004", 8],
    ["PK\u0001\u0002", 10]
  ] as const) {
    const at = zip.lastIndexOf(signature)
    zip.writeUInt16LE(8, at + method)
  }
  return zip
}
