import { BigDecimal, Result, Schema } from "effect"
import { quoted, readBillingCycle, readOffer, readTerm } from "../book/cells.ts"
import { entryKeyText, type PriceEntry, PriceRule, type Subject } from "./PriceEntry.ts"
import type { PriceGroupId } from "./PriceGroup.ts"

/** The columns of a file of entries, in the order in which it is written. They are read in any. */
export const entryColumns = ["subject", "term", "billing_cycle", "rule", "value"] as const
type EntryColumn = (typeof entryColumns)[number]

/** What is wrong with a line, the header being line 1; line 0 is about the file. */
export interface EntryLineProblem {
  readonly line: number
  readonly column: EntryColumn | null
  readonly text: string
}

export interface EntryLines {
  readonly entries: ReadonlyArray<{ readonly line: number; readonly entry: PriceEntry }>
  readonly problems: ReadonlyArray<EntryLineProblem>
}

/**
 * The entries of a CSV file: a subject (an offer, `group:NAME`, or `all`), a term and a billing cycle (empty for every
 * one), a rule (`fixed`, `margin`, `markup`, `discount`) and its value. Every bad line is named; the caller takes the
 * entries only where there is no problem. `groups` has the groups of the list's instance by their lower-case names.
 */
export const readEntryLines = (
  text: string,
  groups: ReadonlyMap<string, PriceGroupId>
): EntryLines => {
  const table = readCsv(text)
  if (Result.isFailure(table)) return { entries: [], problems: [table.failure] }
  const [header, ...records] = table.success
  const names = (header?.cells ?? []).map((cell) => cell.trim().toLowerCase())
  const missing = entryColumns.filter((column) => !names.includes(column))
  if (missing.length > 0)
    return {
      entries: [],
      problems: [
        {
          line: 1,
          column: null,
          text: `The header lacks ${missing.join(", ")}; it is ${entryColumns.join(",")}.`
        }
      ]
    }
  const problems: Array<EntryLineProblem> = []
  const entries: Array<{ readonly line: number; readonly entry: PriceEntry }> = []
  const first = new Map<string, number>()
  for (const { line, cells } of records) {
    const cell = (column: EntryColumn) => (cells[names.indexOf(column)] ?? "").trim()
    const read = <A>(column: EntryColumn, reading: Result.Result<A, string>): A | undefined => {
      if (Result.isSuccess(reading)) return reading.success
      problems.push({ line, column, text: reading.failure })
      return undefined
    }
    const every = <A>(column: EntryColumn, reading: (cell: string) => Result.Result<A, string>) =>
      cell(column) === "" ? null : read(column, reading(cell(column)))
    const subject = read("subject", readSubject(cell("subject"), groups))
    const term = every("term", readTerm)
    const billingCycle = every("billing_cycle", readBillingCycle)
    const kind = read("rule", readKind(cell("rule")))
    const rule = kind === undefined ? undefined : read("value", readRule(kind, cell("value")))
    if (
      subject === undefined ||
      term === undefined ||
      billingCycle === undefined ||
      rule === undefined
    )
      continue
    const entry: PriceEntry = { subject, term, billingCycle, rule }
    const key = entryKeyText(entry)
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, line)
    else
      problems.push({
        line,
        column: "subject",
        text: `The same subject, term and billing cycle is on line ${earlier} already.`
      })
    entries.push({ line, entry })
  }
  return { entries, problems }
}

/** Entries as a file that `readEntryLines` reads. */
export const writeEntryLines = (
  entries: ReadonlyArray<PriceEntry>,
  groupNames: ReadonlyMap<PriceGroupId, string>
): string =>
  [
    [...entryColumns],
    ...entries.map(({ subject, term, billingCycle, rule }) => [
      subjectCell(subject, groupNames),
      term ?? "",
      billingCycle ?? "",
      rule.kind,
      plain(rule.value)
    ])
  ]
    .map((cells) => `${cells.map(csvCell).join(",")}\n`)
    .join("")

const subjectCell = (subject: Subject, groupNames: ReadonlyMap<PriceGroupId, string>): string => {
  switch (subject.kind) {
    case "all":
      return "all"
    case "product":
      return subject.offer
    case "group":
      return `group:${groupNames.get(subject.groupId) ?? subject.groupId}`
  }
}

/** Without an exponent, which people and Excel read differently. */
const plain = (value: BigDecimal.BigDecimal): string => {
  const { value: digits, scale } = BigDecimal.normalize(value)
  if (scale <= 0) return (digits * 10n ** BigInt(-scale)).toString()
  const text = digits.toString().padStart(scale + 1, "0")
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`
}

const readSubject = (
  cell: string,
  groups: ReadonlyMap<string, PriceGroupId>
): Result.Result<Subject, string> => {
  if (cell.toLowerCase() === "all") return Result.succeed({ kind: "all" })
  const name = /^group:(.+)$/iu.exec(cell)?.[1]?.trim()
  if (name === undefined)
    return cell === ""
      ? Result.fail("A subject is needed: an offer, group:NAME, or all.")
      : Result.map(readOffer(cell), (offer): Subject => ({ kind: "product", offer }))
  const groupId = groups.get(name.toLowerCase())
  return groupId === undefined
    ? Result.fail(`The list's instance has no price group ${quoted(name)}.`)
    : Result.succeed({ kind: "group", groupId })
}

const kinds = ["fixed", "margin", "markup", "discount"] as const

const readKind = (cell: string): Result.Result<PriceRule["kind"], string> => {
  const kind = kinds.find((name) => name === cell.toLowerCase())
  return kind === undefined
    ? Result.fail(`${quoted(cell)} is not a rule; it is one of ${kinds.join(", ")}.`)
    : Result.succeed(kind)
}

const isRule = Schema.decodeUnknownResult(PriceRule)
const ranges: Record<PriceRule["kind"], string> = {
  fixed: "a price of zero or more with at most 8 digits after the point, such as 12.50",
  margin: "a percentage from 0 to less than 100 with at most 4 digits after the point",
  markup: "a percentage from 0 to 10000 with at most 4 digits after the point",
  discount: "a percentage from 0 to 100 with at most 4 digits after the point"
}

const readRule = (kind: PriceRule["kind"], cell: string): Result.Result<PriceRule, string> => {
  const rule = /^[0-9]{1,12}(\.[0-9]{1,10})?$/u.test(cell)
    ? Result.getOrUndefined(isRule({ kind, value: BigDecimal.fromStringUnsafe(cell) }))
    : undefined
  return rule === undefined
    ? Result.fail(`${quoted(cell)} is not ${ranges[kind]}.`)
    : Result.succeed(rule)
}

interface CsvRecord {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

const csvCell = (text: string): string =>
  /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** RFC 4180, with either line ending; blank lines say nothing. A record's line is the one on which it begins. */
const readCsv = (given: string): Result.Result<ReadonlyArray<CsvRecord>, EntryLineProblem> => {
  const text = given.replace(/^\u{feff}/u, "")
  const records: Array<CsvRecord> = []
  let [line, began] = [1, 1]
  let cells: Array<string> = []
  let cell = ""
  let inQuotes = false
  const endRecord = () => {
    cells.push(cell)
    if (cells.some((c) => c.trim() !== "")) records.push({ line: began, cells })
    cells = []
    cell = ""
  }
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === "\n") line++
    if (inQuotes) {
      if (character !== '"') cell += character
      else if (text.charAt(i + 1) === '"') {
        cell += '"'
        i++
      } else inQuotes = false
    } else if (character === '"' && cell.trim() === "") {
      inQuotes = true
      cell = ""
    } else if (character === ",") {
      cells.push(cell)
      cell = ""
    } else if (character === "\n") {
      endRecord()
      began = line
    } else if (character !== "\r") cell += character
  }
  if (inQuotes)
    return Result.fail({ line: began, column: null, text: "A quotation mark is never closed." })
  endRecord()
  return Result.succeed(records)
}
