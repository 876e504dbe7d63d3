import { stringify } from "csv-stringify/sync"
import { Effect, Stream } from "effect"
import type ExcelJS from "exceljs"
import {
  type CellValue,
  type ColumnType,
  drained,
  inert,
  numberFormats,
  plainText,
  streamedWorkbook,
  xlsxCell
} from "./cells.ts"

/** The formats of a list. */
export type TableFormat = "xlsx" | "csv" | "json"

/** A column of a list in Excel and CSV. */
export interface TableColumn<A> {
  readonly heading: string
  readonly type: ColumnType
  /** Of the sheet's column, in characters. */
  readonly width: number
  readonly read: (row: A) => CellValue
}

/** How lines look as a table. */
export interface SheetLayout<A> {
  /** Name of the sheet, at most 28 characters. */
  readonly sheet: string
  readonly columns: ReadonlyArray<TableColumn<A>>
}

/** How a list looks as a file. */
export interface TableLayout<A> extends SheetLayout<A> {
  /** A row in JSON, where the file is an array of them. */
  readonly json: (row: A) => unknown
}

const encoder = new TextEncoder()
/** How many rows are turned into bytes at a time. */
export const rowsAtOnce = 500

/** The most rows that a sheet of Excel has, its header included. */
export const sheetRowsMax = 1_048_576

/**
 * A list as a file, written while it is read: rows are taken only as fast as the bytes are. Text is never a formula:
 * in Excel it is text by its type, in CSV it is escaped. When the rows fail, the file ends there and the stream fails
 * with their error.
 */
export const tableFile = <A, E, R>(
  format: TableFormat,
  layout: TableLayout<A>,
  rows: Stream.Stream<A, E, R>,
  options: { readonly sheetRowsMax?: number } = {}
): Stream.Stream<Uint8Array, E, R> => {
  switch (format) {
    case "xlsx":
      return streamedWorkbook((workbook) =>
        writeSheets(workbook, layout, rows, options.sheetRowsMax ?? sheetRowsMax)
      )
    case "csv":
      return csvTable(layout, rows)
    case "json":
      return jsonRows(["[", "]\n"], rows, layout.json)
  }
}

/** A header and a line each, with the mark by which Excel knows UTF-8. */
export const csvTable = <A, E, R>(
  { columns }: SheetLayout<A>,
  rows: Stream.Stream<A, E, R>
): Stream.Stream<Uint8Array, E, R> => {
  const cells = (row: A) =>
    columns.map(({ type, read }) => {
      const value = read(row)
      const text = plainText(type, value)
      return typeof value === "string" ? inert(text) : text
    })
  const header = stringify([columns.map(({ heading }) => heading)], {
    bom: true,
    record_delimiter: "\r\n"
  })
  return Stream.concat(
    Stream.make(encoder.encode(header)),
    rows.pipe(
      Stream.grouped(rowsAtOnce),
      Stream.map((group) =>
        encoder.encode(stringify(group.map(cells), { record_delimiter: "\r\n" }))
      )
    )
  )
}

/** An array of rows, a line each, between what comes before and after it. */
export const jsonRows = <A, E, R>(
  [before, after]: readonly [before: string, after: string],
  rows: Stream.Stream<A, E, R>,
  json: (row: A) => unknown
): Stream.Stream<Uint8Array, E, R> =>
  Stream.make(encoder.encode(before)).pipe(
    Stream.concat(
      rows.pipe(
        Stream.grouped(rowsAtOnce),
        Stream.mapAccum(
          () => true,
          (isFirst, group) => {
            const text = group.map((row) => JSON.stringify(json(row))).join(",\n")
            return [false, [encoder.encode(isFirst ? `\n${text}` : `,\n${text}`)]] as const
          }
        )
      )
    ),
    Stream.concat(Stream.make(encoder.encode(`\n${after}`)))
  )

/** As many sheets as Excel's limit of rows makes necessary, each with the header. */
export const writeSheets = <A, E, R>(
  workbook: ExcelJS.stream.xlsx.WorkbookWriter,
  layout: SheetLayout<A>,
  rows: Stream.Stream<A, E, R>,
  rowsMax: number
) =>
  Effect.gen(function* () {
    let sheets = 0
    let sheet = addSheet(workbook, layout, ++sheets)
    let rowsLeft = rowsMax - 1
    yield* rows.pipe(
      Stream.rechunk(rowsAtOnce),
      Stream.runForEachArray((group) =>
        Effect.gen(function* () {
          for (const row of group) {
            if (rowsLeft === 0) {
              sheet.commit()
              sheet = addSheet(workbook, layout, ++sheets)
              rowsLeft = rowsMax - 1
            }
            sheet.addRow(layout.columns.map(({ type, read }) => xlsxCell(type, read(row)))).commit()
            rowsLeft--
          }
          yield* drained(sheet)
        })
      )
    )
    sheet.commit()
  })

const addSheet = <A>(
  workbook: ExcelJS.stream.xlsx.WorkbookWriter,
  { sheet: name, columns }: SheetLayout<A>,
  number: number
): ExcelJS.Worksheet => {
  const sheet = workbook.addWorksheet(number === 1 ? name : `${name} ${number}`, {
    views: [{ state: "frozen", ySplit: 1 }]
  })
  sheet.columns = columns.map(({ heading, type, width }) => ({
    header: heading,
    width,
    style: { numFmt: numberFormats[type] }
  }))
  sheet.autoFilter = { from: { row: 1, column: 1 }, to: { row: 1, column: columns.length } }
  const header = sheet.getRow(1)
  header.font = { bold: true }
  header.commit()
  return sheet
}
