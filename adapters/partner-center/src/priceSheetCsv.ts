import { type SheetRecord, SheetUnreadable } from "@concordat/core/pricesheet/PriceSheetFiles"
import { sheetLimits } from "@concordat/core/pricesheet/readPriceSheet"

/** Bytes that are parsed together, at least: what a record has begun with is looked at again when the rest has come. */
const bytesAtOnceDefault = 128 * 1024

/** Characters of one record, at most. */
const recordMax = sheetLimits.columnsMax * sheetLimits.cellCharactersMax

/**
 * A parser that is given pieces of a file and gives back the lines that have come to their end (RFC 4180). csv-parse is three
 * times as slow, and half of an import would be spent in it. Throws a `SheetUnreadable`.
 */
export const makeSheetParser = (bytesAtOnce = bytesAtOnceDefault) => {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  let waiting: Array<Uint8Array> = []
  let waitingBytes = 0
  let rest = ""
  let delimiter: number | undefined
  let line = 1

  const parsed = (final: boolean): ReadonlyArray<SheetRecord> => {
    const text = rest + decoded(final)
    if (delimiter === undefined) {
      if (text.includes("\0")) throw notText()
      const end = text.search(/[\r\n]/u)
      // The first line is not whole yet.
      if (end < 0 && !final && text.length <= recordMax) {
        rest = text
        return []
      }
      delimiter = delimiterOf(end < 0 ? text : text.slice(0, end))
    }
    const records: Array<SheetRecord> = []
    let at = 0
    while (at < text.length) {
      const record = recordAt(text, at, delimiter, final, line)
      if (record === undefined) break
      const [first] = record.cells
      if (record.cells.length > 1 || first !== "") records.push({ line, cells: record.cells })
      line += record.breaks
      at = record.end
    }
    rest = text.slice(at)
    if (rest.length > recordMax) throw rest.includes('"') ? neverClosed(line) : tooLong(line)
    return records
  }

  const decoded = (final: boolean): string => {
    const bytes = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    try {
      return decoder.decode(bytes, { stream: !final })
    } catch {
      throw notText()
    }
  }

  return {
    write: async (chunk: Uint8Array): Promise<ReadonlyArray<SheetRecord>> => {
      waiting.push(chunk)
      waitingBytes += chunk.length
      return waitingBytes < bytesAtOnce ? [] : parsed(false)
    },
    end: async (): Promise<ReadonlyArray<SheetRecord>> => parsed(true)
  }
}

const quote = 0x22
const lineFeed = 0x0a
const carriageReturn = 0x0d

interface Parsed {
  readonly cells: ReadonlyArray<string>
  /** Where the next record begins. */
  readonly end: number
  /** Line breaks in the record and after it. */
  readonly breaks: number
}

/** The record that begins at `from`; undefined when its end has not come yet. */
const recordAt = (
  text: string,
  from: number,
  delimiter: number,
  final: boolean,
  line: number
): Parsed | undefined => {
  const cells: Array<string> = []
  let at = from
  let breaks = 0
  for (;;) {
    if (text.charCodeAt(at) === quote) {
      const end = closingQuote(text, at + 1)
      if (end < 0) {
        if (final) throw neverClosed(line)
        return undefined
      }
      const cell = text.slice(at + 1, end)
      breaks += breaksIn(cell)
      cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell)
      at = end + 1
    } else {
      const start = at
      let code = text.charCodeAt(at)
      while (
        at < text.length &&
        code !== delimiter &&
        code !== lineFeed &&
        code !== carriageReturn
      ) {
        if (code === quote) throw quoteInside(line)
        at += 1
        code = text.charCodeAt(at)
      }
      cells.push(text.slice(start, at))
    }
    if (at >= text.length) return final ? { cells, end: at, breaks } : undefined
    const code = text.charCodeAt(at)
    if (code === delimiter) {
      at += 1
      if (at >= text.length && !final) return undefined
    } else if (code === lineFeed) return { cells, end: at + 1, breaks: breaks + 1 }
    else if (code === carriageReturn) {
      // Whether a line feed follows, the next piece says.
      if (at + 1 === text.length && !final) return undefined
      const pair = text.charCodeAt(at + 1) === lineFeed
      return { cells, end: at + (pair ? 2 : 1), breaks: breaks + 1 }
    } else throw quoteInside(line)
  }
}

/** The quotation mark that is not one of two; -1 when there is none. */
const closingQuote = (text: string, from: number): number => {
  let at = text.indexOf('"', from)
  while (at >= 0 && text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2)
  return at
}

const breaksIn = (cell: string): number =>
  cell.includes("\n") || cell.includes("\r") ? cell.split(/\r\n|\n|\r/u).length - 1 : 0

/** The delimiter is the one that the header has most of. */
const delimiterOf = (header: string): number => {
  const unquoted = header.replace(/"[^"]*"/gu, "")
  const count = (delimiter: string) => unquoted.split(delimiter).length
  return [",", ";", "\t"]
    .reduce((best, each) => (count(each) > count(best) ? each : best))
    .charCodeAt(0)
}

const notText = () =>
  new SheetUnreadable({
    text: 'This is not a text file in UTF-8. Send the sheet as Microsoft exports it, or save it as "CSV UTF-8".',
    line: 0
  })

const neverClosed = (line: number) =>
  new SheetUnreadable({ text: "A quotation mark is opened here and never closed.", line })

const tooLong = (line: number) =>
  new SheetUnreadable({ text: "The line is too long to be one of a price sheet.", line })

const quoteInside = (line: number) =>
  new SheetUnreadable({
    text: 'A quotation mark is inside a cell. Put the whole cell in quotation marks and double the ones inside, as in "19"" rack".',
    line
  })
