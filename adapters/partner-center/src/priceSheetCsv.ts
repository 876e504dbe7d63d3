import { type SheetRecord, SheetUnreadable } from "@concordat/core/pricesheet/PriceSheetFiles"
import { sheetLimits } from "@concordat/core/pricesheet/readPriceSheet"
import { CsvError, type Parser, parse } from "csv-parse"

/** The header of a sheet is shorter; a file without a line end in so much is no sheet. */
const headerBytesMax = 64 * 1024

/** Lines that are handed on together, at least: a statement for each piece of a file would be mostly overhead. */
const recordsAtOnce = 4_000

/**
 * A parser that is given pieces of a file and gives back the lines that have come to their end. Every promise either fulfils or
 * throws a `SheetUnreadable`.
 */
export const makeSheetParser = () => {
  let head = Buffer.alloc(0)
  let parser: Parser | undefined
  let failure: Error | undefined
  let records: Array<SheetRecord> = []
  /** Where the next record begins, but for blank lines. */
  let line = 1
  /** csv-parse counts a line break of Windows within quotation marks twice. */
  let surplus = 0

  const start = (): Parser => {
    const { delimiter, from } = dialectOf(head)
    const made = parse({
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: sheetLimits.columnsMax * sheetLimits.cellCharactersMax,
      // Taken while parsing, so that a record knows on which line it began.
      on_record: (cells: Array<string>, { lines }) => {
        const breaks = lines + 1 - surplus > line ? breaksIn(cells) : none
        surplus += breaks.windows
        line = lines - surplus + 1
        records.push({ line: line - 1 - breaks.all, cells })
        return null
      }
    })
    made.on("error", (error) => {
      failure = error
    })
    made.resume()
    head = head.subarray(from)
    return made
  }

  const taken = (least: number): ReadonlyArray<SheetRecord> => {
    if (failure !== undefined) throw unreadable(failure, line)
    if (records.length < least) return []
    const whole = records
    records = []
    return whole
  }

  const push = (to: Parser, chunk: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      // What went wrong is in `failure`, by the error event, whether or not the callback says so.
      to.write(chunk, (error) => {
        failure ??= error ?? undefined
        resolve()
      })
    })

  return {
    write: async (chunk: Uint8Array): Promise<ReadonlyArray<SheetRecord>> => {
      if (parser === undefined) {
        head = Buffer.concat([head, chunk])
        if (!head.includes(newline) && head.length < headerBytesMax) return []
        parser = start()
        await push(parser, head)
      } else await push(parser, chunk)
      return taken(recordsAtOnce)
    },
    end: async (): Promise<ReadonlyArray<SheetRecord>> => {
      if (parser === undefined) {
        parser = start()
        await push(parser, head)
      }
      const ending = parser
      if (failure === undefined)
        await new Promise<void>((resolve) => {
          ending.once("close", resolve)
          ending.end()
        })
      return taken(0)
    }
  }
}

const newline = 0x0a

const none = { all: 0, windows: 0 }

/** Line breaks within cells, and how many of them are those of Windows. */
const breaksIn = (cells: ReadonlyArray<string>) =>
  cells.reduce(
    (sum, cell) => ({
      all: sum.all + (cell.match(/\n/gu)?.length ?? 0),
      windows: sum.windows + (cell.match(/\r\n/gu)?.length ?? 0)
    }),
    none
  )

/** The delimiter is the one that the header has most of. A mark of UTF-8 is left out; other encodings are refused. */
const dialectOf = (head: Buffer) => {
  const [a, b, c] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || head.includes(0))
    throw new SheetUnreadable({
      text: 'This is not a text file in UTF-8. Send the sheet as Microsoft exports it, or save it as "CSV UTF-8".',
      line: 0
    })
  const from = a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
  const [first = ""] = head.subarray(from).toString("utf8").split("\n", 1)
  const unquoted = first.replace(/"[^"]*"/gu, "")
  const count = (delimiter: string) => unquoted.split(delimiter).length
  const delimiter = [",", ";", "\t"].reduce((best, d) => (count(d) > count(best) ? d : best))
  return { delimiter, from }
}

const unreadable = (cause: Error, line: number): SheetUnreadable =>
  new SheetUnreadable({
    text: cause instanceof CsvError ? csvProblem(cause.code) : "The line is not valid CSV.",
    line
  })

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
