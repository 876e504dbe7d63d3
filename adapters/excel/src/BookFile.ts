import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { columns, exampleAccountCode } from "@concordat/core/book/columns"
import type { BookRecord } from "@concordat/core/book/readBook"
import { CsvError, parse } from "csv-parse"
import { stringify } from "csv-stringify/sync"
import { Effect, Schema } from "effect"
import ExcelJS from "exceljs"
import {
  entriesOf,
  inMemory,
  type StoredFile,
  slicesOf,
  storable,
  unpacked,
  ZipRefused,
  zipStored
} from "./Zip.ts"

/** The formats in which a CSP's own list comes. */
export type BookFormat = "csv" | "xlsx"

/** A file as text, cell by cell. What the cells mean is for the book to say. */
export interface BookTable {
  readonly header: ReadonlyArray<string>
  readonly records: ReadonlyArray<BookRecord>
}

/** A file that cannot be read as a table, with what to do about it. */
export class BookFileMalformed extends Schema.TaggedError<BookFileMalformed>()(
  "BookFileMalformed",
  {
    text: Schema.String,
    /** Where reading stopped, the header being line 1; null when it is about the file. */
    line: Schema.NullOr(Schema.Int)
  }
) {
  override get message(): string {
    return this.line === null ? this.text : `Line ${this.line}: ${this.text}`
  }
}

/** What one file may hold; beyond that it is refused before it is held. */
export const bookLimits = {
  rowsMax: 200_000,
  columnsMax: 100,
  cellCharactersMax: 10_000,
  /** Of an Excel file's sheet, once unpacked: 200,000 rows stay below. It is never held as a whole. */
  sheetBytesMax: 512 * 1024 * 1024,
  /** Of everything else of an Excel file, which is held: its texts, styles and table of contents. */
  partBytesMax: 64 * 1024 * 1024
} as const

/**
 * Reads a list as text: the header and the lines below it that are not blank. Dates are ISO 8601 and numbers
 * plain decimals; a formula is what it last computed. The first sheet is read, or the one named Book.
 */
export const readBookFile = Effect.fn("readBookFile")(function* (
  format: BookFormat,
  bytes: Uint8Array
) {
  return yield* Effect.tryPromise({
    try: () => (format === "csv" ? readCsv(bytes) : readXlsx(bytes)),
    catch: (cause) => malformedBy(format, cause)
  })
})

/** An empty list with every column, an example line that is never imported, and for Excel what each column means. */
export const bookTemplate = (format: BookFormat): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => (format === "csv" ? csvTemplate() : await xlsxTemplate()))

/** Throws out of the parsers; only ever seen as a `BookFileMalformed`. */
class Malformed extends Error {
  readonly line: number | null
  constructor(text: string, line: number | null = null) {
    super(text)
    this.line = line
  }
}

const malformedBy = (format: BookFormat, cause: unknown): BookFileMalformed => {
  if (cause instanceof Malformed)
    return new BookFileMalformed({ text: cause.message, line: cause.line })
  if (cause instanceof ZipRefused)
    return new BookFileMalformed({
      text: `This Excel file cannot be read: ${cause.message}. Open it in Excel and save it again as .xlsx, or as "CSV UTF-8".`,
      line: null
    })
  return new BookFileMalformed({
    text:
      format === "csv"
        ? 'This is not a readable CSV file. In Excel, save it as "CSV UTF-8".'
        : 'This is not a readable Excel file. Open it in Excel and save it again as .xlsx, or as "CSV UTF-8".',
    line: null
  })
}

/** Gathers a table line by line and refuses it once a limit is passed. */
const tableOf = () => {
  let header: ReadonlyArray<string> | undefined
  const records: Array<BookRecord> = []
  return {
    add: (line: number, cells: ReadonlyArray<string>) => {
      if (cells.every((cell) => cell.trim() === "")) return
      if (cells.length > bookLimits.columnsMax)
        throw new Malformed(`There are more than ${bookLimits.columnsMax} columns.`, line)
      if (cells.some((cell) => cell.length > bookLimits.cellCharactersMax))
        throw new Malformed(
          `A cell has more than ${bookLimits.cellCharactersMax} characters.`,
          line
        )
      if (header === undefined) header = cells
      else if (records.length < bookLimits.rowsMax) records.push({ line, cells })
      else
        throw new Malformed(
          `There are more than ${bookLimits.rowsMax} lines; split the list into several files.`,
          line
        )
    },
    width: () => header?.length ?? 0,
    done: (): BookTable => {
      if (header === undefined)
        throw new Malformed("The file is empty. Its first line names the columns.")
      return { header, records }
    }
  }
}

const readCsv = async (bytes: Uint8Array): Promise<BookTable> => {
  const utf8 = utf8Of(bytes)
  const { delimiter, start, skippedLines } = dialectOf(utf8)
  const table = tableOf()
  let line = skippedLines + 1
  const parser = parse({
    delimiter,
    relax_column_count: true,
    max_record_size: bookLimits.columnsMax * bookLimits.cellCharactersMax,
    // Taken while parsing, so that an error knows after which line it came.
    on_record: (record: Array<string>, { lines }) => {
      table.add(line, record)
      line = skippedLines + lines + 1
      return null
    }
  })
  try {
    parser.resume()
    await pipeline(Readable.from(slicesOf(utf8.subarray(start))), parser)
  } catch (cause) {
    throw cause instanceof CsvError ? new Malformed(csvProblem(cause.code), line) : cause
  }
  return table.done()
}

const csvProblem = (code: string): string => {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
    case "CSV_MAX_RECORD_SIZE":
      return "A quotation mark is opened here and never closed."
    case "INVALID_OPENING_QUOTE":
    case "CSV_INVALID_CLOSING_QUOTE":
    case "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE":
      return 'A quotation mark is inside a cell. Put the whole cell in quotation marks and double the ones inside, as in "19"" rack".'
    default:
      return "The line is not valid CSV."
  }
}

/** UTF-8 without its mark. Anything else is refused rather than guessed: a wrong guess changes names. */
const utf8Of = (bytes: Uint8Array): Uint8Array => {
  const [a = 0, b = 0, c = 0] = bytes
  if (a === 0x50 && b === 0x4b) throw new Malformed("This is an Excel file; name it .xlsx.")
  if (a === 0xff && b === 0xfe) return reencoded("utf-16le", bytes)
  if (a === 0xfe && b === 0xff) return reencoded("utf-16be", bytes)
  const content = a === 0xef && b === 0xbb && c === 0xbf ? bytes.subarray(3) : bytes
  if (content.includes(0))
    throw new Malformed('This is not a text file. In Excel, save it as "CSV UTF-8".')
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content)
  } catch {
    throw new Malformed(
      'Its characters are not in UTF-8 (perhaps Windows-1252). In Excel, save it as "CSV UTF-8".',
      firstLineBeyondUtf8(content)
    )
  }
  return content
}

const reencoded = (encoding: "utf-16le" | "utf-16be", bytes: Uint8Array): Uint8Array => {
  try {
    return new TextEncoder().encode(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    throw new Malformed('Its UTF-16 characters are damaged. In Excel, save it as "CSV UTF-8".')
  }
}

const firstLineBeyondUtf8 = (bytes: Uint8Array): number => {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, end))
    } catch {
      return line
    }
    start = end + 1
  }
  return line
}

/** The delimiter is the one that the heading line has most of; Excel may name it in a line `sep=;` before. */
const dialectOf = (utf8: Uint8Array) => {
  const head = new TextDecoder().decode(utf8.subarray(0, 64 * 1024))
  const named = /^sep=([;,\t])\r?\n/iu.exec(head)
  if (named !== null) return { delimiter: named[1] ?? ",", start: named[0].length, skippedLines: 1 }
  const heading = head.replace(/^(\s*\n)+/u, "").split(/\r\n|\n|\r/u, 1)[0] ?? ""
  const unquoted = heading.replace(/"[^"]*"/gu, "")
  const count = (delimiter: string) => unquoted.split(delimiter).length
  const delimiter = [",", ";", "\t"].reduce((best, d) => (count(d) > count(best) ? d : best))
  return { delimiter, start: 0, skippedLines: 0 }
}

const readXlsx = async (bytes: Uint8Array): Promise<BookTable> => {
  const signature = Buffer.from(bytes.subarray(0, 4)).toString("hex")
  if (signature === "d0cf11e0")
    throw new Malformed(
      "This Excel file has a password or is in the old .xls format. Save it as .xlsx without a password."
    )
  if (signature !== "504b0304")
    throw new Malformed("This is not an Excel file (.xlsx). If it is text, name it .csv.")
  const { name, parts } = await sheetOf(bytes)
  const table = tableOf()
  const reader = new ExcelJS.stream.xlsx.WorkbookReader(Readable.from(zipStored(parts)), {
    worksheets: "emit",
    sharedStrings: "cache",
    styles: "cache",
    hyperlinks: "ignore",
    entries: "ignore"
  })
  for await (const worksheet of reader)
    for await (const row of worksheet) {
      if (!Number.isInteger(row.number))
        throw new Malformed(`The rows of sheet ${name} have no numbers. Save it once with Excel.`)
      const cells = cellsOf(row, name)
      // Excel does not keep empty cells at the end of a row.
      while (cells.length < table.width()) cells.push("")
      table.add(row.number, cells)
    }
  return table.done()
}

/**
 * The one sheet we read, in a workbook of its own that is not compressed. The streaming reader inflates without
 * limit, so it never sees what the sender packed; and with its strings and styles before it, the sheet is read
 * in one pass without temporary files.
 */
const sheetOf = async (
  bytes: Uint8Array
): Promise<{ readonly name: string; readonly parts: ReadonlyArray<StoredFile> }> => {
  const entries = entriesOf(bytes)
  const part = async (name: string): Promise<Buffer | undefined> => {
    const entry = entries.get(name)
    return entry === undefined ? undefined : await unpacked(entry, bookLimits.partBytesMax)
  }
  const workbook = (await part("xl/workbook.xml"))?.toString() ?? ""
  const sheets = sheetsOf(workbook, (await part("xl/_rels/workbook.xml.rels"))?.toString() ?? "")
  const chosen = sheets.find(({ name }) => name.toLowerCase() === "book") ?? sheets[0]
  if (chosen === undefined) throw new ZipRefused("it has no sheet")
  if (/\bdate1904="(1|true)"/u.test(workbook))
    throw new Malformed('This Excel file counts its days from 1904. Save it as "CSV UTF-8".')
  const entry = entries.get(chosen.path)
  if (entry === undefined) throw new ZipRefused(`its sheet ${chosen.name} is missing`)
  const sheet = await storable(entry, bookLimits.sheetBytesMax, refuseRuns(chosen.name))
  const strings = await part("xl/sharedStrings.xml")
  const styles = await part("xl/styles.xml")
  return {
    name: chosen.name,
    parts: [
      inMemory("xl/workbook.xml", Buffer.from(workbookXml)),
      inMemory("xl/_rels/workbook.xml.rels", Buffer.from(relationshipsXml)),
      inMemory(
        "xl/sharedStrings.xml",
        strings === undefined ? noStrings : withoutPhonetics(strings)
      ),
      ...(styles === undefined ? [] : [inMemory("xl/styles.xml", styles)]),
      { ...sheet, name: "xl/worksheets/sheet1.xml" }
    ]
  }
}

/** The streaming reader keeps only the last run of a text that is formatted in parts within the cell. */
const refuseRuns = (sheet: string) => {
  const runs = "<is><r>"
  let end = ""
  return (chunk: Buffer): void => {
    const text = chunk.toString("latin1")
    if ((end + text).includes(runs))
      throw new Malformed(
        `Sheet ${sheet} holds formatted text that only Excel reads. Open it in Excel and save it again.`
      )
    end = text.slice(-runs.length)
  }
}

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
const workbookXml = `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="${main}" xmlns:r="${relationships}"><workbookPr/><sheets><sheet name="Book" sheetId="1" r:id="rId1"/></sheets></workbook>`
const relationshipsXml = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relationships}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
const noStrings = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><sst xmlns="${main}"/>`)

/** How Japanese names are read aloud stands beside them; the streaming reader would take it for the name. */
const withoutPhonetics = (strings: Buffer): Buffer =>
  strings.includes("<rPh")
    ? Buffer.from(strings.toString().replace(/<rPh\b[^>]*>.*?<\/rPh>/gsu, ""))
    : strings

/** The sheets in the order of their tabs. Writers differ in how they name the path of a part. */
const sheetsOf = (
  workbook: string,
  rels: string
): ReadonlyArray<{ readonly name: string; readonly path: string }> => {
  const targets = new Map(
    [...rels.matchAll(/<(?:\w+:)?Relationship\b[^>]*>/gu)].map(([tag]) => [
      attribute(tag, "Id"),
      attribute(tag, "Target")
    ])
  )
  return [...workbook.matchAll(/<(?:\w+:)?sheet\b[^>]*>/gu)].flatMap(([tag]) => {
    const target = targets.get(attribute(tag, "\\w+:id"))
    const path = target?.startsWith("/") === true ? target.slice(1) : `xl/${target}`
    return target === undefined ? [] : [{ name: attribute(tag, "name") ?? "", path }]
  })
}

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "u").exec(tag)
  return (value?.[1] ?? value?.[2])
    ?.replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
}

const cellsOf = (row: ExcelJS.Row, sheet: string): Array<string> => {
  const cells: Array<string> = []
  row.eachCell({ includeEmpty: false }, (cell, column) => {
    const text = textOf(cell, sheet)
    if (text === "") return
    if (column > bookLimits.columnsMax)
      throw new Malformed(`There are more than ${bookLimits.columnsMax} columns.`, row.number)
    while (cells.length < column) cells.push("")
    cells[column - 1] = text
  })
  return cells
}

const textOf = (cell: ExcelJS.Cell, sheet: string): string => {
  const { value } = cell
  if (value === null || value === undefined) return ""
  if (typeof value !== "object") return plain(value)
  if (value instanceof Date) return isoOf(value)
  if ("richText" in value) return value.richText.map(({ text }) => text ?? "").join("")
  if ("text" in value) return String(value.text)
  const where = `cell ${cell.address} of sheet ${sheet}`
  const line = Number(cell.row)
  if ("error" in value) throw new Malformed(`There is an error, ${value.error}, in ${where}.`, line)
  const { result } = value
  // Excel keeps what a formula last computed; other programs may not, and then nobody knows its value here.
  if (result === undefined || (typeof result === "number" && Number.isNaN(result)))
    throw new Malformed(
      `The formula in ${where} has no value. Save the file with Excel, or paste the values over the formulas.`,
      line
    )
  if (typeof result === "number" && isDateFormat(cell.numFmt)) return isoOf(dateOf(result))
  if (result instanceof Date) return isoOf(result)
  if (typeof result === "object")
    throw new Malformed(`There is an error, ${result.error}, in ${where}.`, line)
  return plain(result)
}

/** Excel computes with 15 digits; what lies beyond is noise of the binary fraction (0.30000000000000004). */
const plain = (value: string | number | boolean): string => {
  if (typeof value !== "number") return String(value)
  const rounded = String(Number(value.toPrecision(15)))
  return rounded.includes("e") ? unscaled(value) : rounded
}

const unscaled = (value: number): string =>
  Math.abs(value) >= 1
    ? BigInt(Math.round(value)).toString()
    : value.toFixed(20).replace(/0+$/u, "")

/** A day where there is no time of day. Excel has no time zone; what it shows is taken as UTC. */
const isoOf = (date: Date): string => {
  if (Number.isNaN(date.getTime())) return "an invalid date"
  const seconds = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString()
  return seconds.endsWith("T00:00:00.000Z") ? seconds.slice(0, 10) : seconds.replace(".000Z", "Z")
}

// Serial 25569 is 1970-01-01 in Excel's calendar.
const dateOf = (serial: number): Date => new Date(Math.round((serial - 25_569) * 86_400_000))

const isDateFormat = (format: string | undefined): boolean =>
  format !== undefined &&
  /[ymdhs]/iu.test(format.replace(/\[[^\]]*\]|"[^"]*"|\\./gu, "").replace(/general/iu, ""))

const csvTemplate = (): Uint8Array =>
  Buffer.from(
    stringify([columns.map((c) => c.name), columns.map((c) => c.example)], {
      bom: true,
      record_delimiter: "\r\n"
    })
  )

const xlsxTemplate = async (): Promise<Uint8Array> => {
  const workbook = new ExcelJS.Workbook()
  const book = workbook.addWorksheet("Book", { views: [{ state: "frozen", ySplit: 1 }] })
  // As text, a code keeps its zeros and an id its digits.
  book.columns = columns.map(({ name }) => ({
    header: name,
    width: Math.max(14, name.length + 4),
    style: { numFmt: "@" }
  }))
  book.addRow(columns.map(({ example }) => example)).font = {
    italic: true,
    color: { argb: "FF808080" }
  }
  for (const { name, required } of columns)
    book.getRow(1).getCell(columns.findIndex((c) => c.name === name) + 1).font = {
      bold: true,
      ...(required ? { color: { argb: "FFC00000" } } : {})
    }

  const help = workbook.addWorksheet("Columns", { views: [{ state: "frozen", ySplit: 1 }] })
  help.columns = [
    { header: "Column", width: 26 },
    { header: "Required", width: 10 },
    { header: "What it means", width: 80 },
    { header: "Accepted", width: 70 },
    { header: "Example", width: 40, style: { numFmt: "@" } }
  ]
  help.getRow(1).font = { bold: true }
  for (const column of columns)
    help.addRow([
      column.name,
      column.required ? "yes" : "no",
      column.description,
      column.accepted,
      column.example
    ])
  help.addRow([])
  help.addRow([
    `The line with the account_code ${exampleAccountCode} is an example and is never imported. Columns that are not required may be left out: what the list does not keep is not compared.`
  ])
  return new Uint8Array(await workbook.xlsx.writeBuffer())
}
