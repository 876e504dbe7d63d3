import { Result } from "effect"
import type { BookLine, BookProblem } from "./BookLine.ts"
import {
  quoted,
  type Reading,
  readBillingCycle,
  readCode,
  readCurrency,
  readDomain,
  readInstant,
  readMicrosoftId,
  readMpnId,
  readOffer,
  readPrice,
  readQuantity,
  readStatus,
  readTenantId,
  readTerm,
  readText,
  readYesNo
} from "./cells.ts"
import { type ColumnName, columnOf, columns, exampleAccountCode, nearestColumn } from "./columns.ts"

/** A line of the file as text, a cell for each heading; `line` counts from 1, as an editor shows it. */
export interface BookRecord {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

/** What a list says. Only with no problems at all are the lines the whole list. */
export interface ReadBook {
  readonly lines: ReadonlyArray<BookLine>
  readonly problems: ReadonlyArray<BookProblem>
}

/** A list with more is not a list that somebody will correct by reading on. */
export const problemsMax = 10_000

/**
 * What a CSP's own list of subscriptions says, and every problem of every line: what a cell cannot mean, and
 * where two lines contradict each other. Whether the list contradicts what the book holds already is not seen
 * here; a `parent_reference` may name a subscription of the book.
 */
export const readBook = (
  header: ReadonlyArray<string>,
  records: ReadonlyArray<BookRecord>
): ReadBook => {
  const problems: Array<BookProblem> = []
  const layout = layoutOf(header, problems)
  const before = emptyMemory()
  const lines: Array<BookLine> = []
  for (const record of records) {
    if (problems.length >= problemsMax) break
    if (record.cells.every((cell) => cell.trim() === "")) continue
    const reader = readerOf(layout, record, problems)
    if (reader.text("account_code") === exampleAccountCode) continue
    checkWidth(layout, record, reader)
    const parts = readParts(reader)
    contradictions(reader, parts, before)
    const line = lineOf(reader.line, parts)
    if (line !== undefined && reader.isClean()) lines.push(line)
  }
  addOnProblems(lines, problems)
  return { lines, problems: problems.slice(0, problemsMax) }
}

/** Where each column is; headings that say nothing are already problems. */
interface Layout {
  readonly at: ReadonlyMap<ColumnName, number>
  /** Positions of headings that are a column, or a problem already. */
  readonly headed: ReadonlySet<number>
  readonly width: number
}

const layoutOf = (header: ReadonlyArray<string>, problems: Array<BookProblem>): Layout => {
  const at = new Map<ColumnName, number>()
  const headed = new Set<number>()
  const unknown = new Set<ColumnName>()
  const problem = (column: string, text: string) => problems.push({ line: 1, column, text })
  header.forEach((heading, position) => {
    if (heading.trim() === "" || problems.length >= problemsMax) return
    headed.add(position)
    const column = columnOf(heading)
    if (column === undefined) {
      const nearest = nearestColumn(heading)
      if (nearest !== undefined) unknown.add(nearest)
      problem(
        heading.trim().slice(0, 60),
        `There is no column ${quoted(heading.trim())}. ${
          nearest === undefined
            ? `The columns are ${columns.map((c) => c.name).join(", ")}.`
            : `Did you mean ${nearest}?`
        }`
      )
    } else if (at.has(column)) {
      const first = (at.get(column) ?? 0) + 1
      problem(
        column,
        `The column ${column} is there twice: as column ${first} and ${position + 1}.`
      )
    } else at.set(column, position)
  })
  // A misspelt heading is one problem, not two.
  for (const { name, required } of columns)
    if (required && !at.has(name) && !unknown.has(name))
      problem(name, `The column ${name} is missing; it is required.`)
  const needs = (column: ColumnName, other: ColumnName) => {
    if (at.has(column) && !at.has(other) && !unknown.has(other))
      problem(column, `The column ${column} needs a column ${other} beside it.`)
  }
  needs("reseller_code", "reseller_name")
  needs("reseller_name", "reseller_code")
  needs("reseller_mpn_id", "reseller_code")
  needs("unit_price", "currency")
  needs("currency", "unit_price")
  return { at, headed, width: header.length }
}

/** One line under its headings. What cannot be read is recorded as a problem and reads as undefined. */
interface Reader {
  readonly line: number
  readonly has: (column: ColumnName) => boolean
  /** The trimmed cell: undefined without the column. */
  readonly text: (column: ColumnName) => string | undefined
  /** undefined without the column or when it cannot be read, null for an empty cell. */
  readonly read: <A>(
    column: ColumnName,
    reading: (cell: string) => Reading<A>
  ) => A | null | undefined
  /** As `read`, and an empty cell is a problem. */
  readonly need: <A>(column: ColumnName, reading: (cell: string) => Reading<A>) => A | undefined
  readonly problem: (column: ColumnName | null, text: string) => void
  readonly isClean: () => boolean
}

const readerOf = (layout: Layout, record: BookRecord, problems: Array<BookProblem>): Reader => {
  let clean = true
  const problem: Reader["problem"] = (column, text) => {
    clean = false
    if (problems.length < problemsMax) problems.push({ line: record.line, column, text })
  }
  const text: Reader["text"] = (column) => {
    const position = layout.at.get(column)
    return position === undefined ? undefined : (record.cells[position] ?? "").trim()
  }
  const read: Reader["read"] = (column, reading) => {
    const cell = text(column)
    if (cell === undefined) return undefined
    if (cell === "") return null
    const result = reading(cell)
    if (Result.isSuccess(result)) return result.success
    problem(column, result.failure)
    return undefined
  }
  return {
    line: record.line,
    has: (column) => layout.at.has(column),
    text,
    read,
    need: (column, reading) => {
      const value = read(column, reading)
      if (value !== null) return value
      const { accepted } = columnFacts.get(column) ?? { accepted: "a value" }
      problem(column, `The cell is empty; it needs ${accepted}.`)
      return undefined
    },
    problem,
    isClean: () => clean
  }
}

const columnFacts: ReadonlyMap<ColumnName, (typeof columns)[number]> = new Map(
  columns.map((column) => [column.name, column])
)

/** A line that is shorter or longer than the header has most likely slipped by a column. */
const checkWidth = (layout: Layout, record: BookRecord, reader: Reader): void => {
  if (record.cells.length < layout.width)
    reader.problem(
      null,
      `The line has ${record.cells.length} cells, the header has ${layout.width}; something is missing.`
    )
  const stray = record.cells.findIndex((cell, i) => cell.trim() !== "" && !layout.headed.has(i))
  if (stray >= 0)
    reader.problem(
      null,
      `${quoted(record.cells[stray] ?? "")} is in column ${stray + 1}, which has no heading.`
    )
}

/** What could be read of a line; undefined where a required cell could not. */
interface Parts {
  readonly accountCode: string | undefined
  readonly accountName: string | undefined
  readonly reseller: BookLine["reseller"]
  readonly tenantId: BookLine["tenantId"] | undefined
  readonly tenantDomain: string | null
  readonly reference: string | undefined
  readonly parentReference: BookLine["parentReference"]
  readonly microsoftId: BookLine["microsoftId"]
  readonly name: string | undefined
  readonly terms: BookLine["terms"] | undefined
  readonly unitPrice: BookLine["unitPrice"]
  readonly acceptedAt: BookLine["acceptedAt"]
}

const readParts = (reader: Reader): Parts => {
  const { read, need } = reader
  return {
    accountCode: need("account_code", readCode),
    accountName: need("account_name", readText),
    reseller: readReseller(reader),
    tenantId: need("tenant_id", readTenantId),
    tenantDomain: read("tenant_domain", readDomain) ?? null,
    reference: need("reference", readCode),
    parentReference: reader.has("parent_reference")
      ? (read("parent_reference", readCode) ?? null)
      : undefined,
    microsoftId: read("microsoft_id", readMicrosoftId) ?? null,
    name: need("name", readText),
    terms: readTerms(reader),
    unitPrice: readUnitPrice(reader),
    acceptedAt: read("accepted_at", readInstant) ?? null
  }
}

const lineOf = (line: number, parts: Parts): BookLine | undefined => {
  const { accountCode, accountName, tenantId, reference, name, terms } = parts
  if (accountCode === undefined || accountName === undefined || tenantId === undefined)
    return undefined
  if (reference === undefined || name === undefined || terms === undefined) return undefined
  return {
    line,
    account: { code: accountCode, name: accountName },
    reseller: parts.reseller,
    tenantId,
    tenantDomain: parts.tenantDomain,
    reference,
    parentReference: parts.parentReference,
    microsoftId: parts.microsoftId,
    name,
    terms,
    unitPrice: parts.unitPrice,
    acceptedAt: parts.acceptedAt
  }
}

const readReseller = (reader: Reader): BookLine["reseller"] => {
  if (!reader.has("reseller_code")) return undefined
  const code = reader.read("reseller_code", readCode)
  const name = reader.read("reseller_name", readText)
  const mpnId = reader.read("reseller_mpn_id", readMpnId) ?? null
  if (code === null) {
    if (name !== null && name !== undefined)
      reader.problem("reseller_code", "The cell is empty, but reseller_name is not.")
    else if (mpnId !== null)
      reader.problem("reseller_code", "The cell is empty, but reseller_mpn_id is not.")
    return null
  }
  if (name === null) reader.problem("reseller_name", "The cell is empty, but reseller_code is not.")
  return typeof code === "string" && typeof name === "string" ? { code, name, mpnId } : null
}

const readTerms = (reader: Reader): BookLine["terms"] | undefined => {
  const { read, need } = reader
  const offer = need("offer", readOffer)
  const quantity = need("quantity", readQuantity)
  const status = reader.has("status") ? need("status", readStatus) : "active"
  const billingCycle = read("billing_cycle", readBillingCycle)
  const term = read("term", readTerm)
  const autoRenew = need("auto_renew", readYesNo)
  const commitmentEnd = read("commitment_end", readInstant)
  const partnerOfRecord = read("partner_of_record", readMpnId)
  const isTrial = read("is_trial", readYesNo)
  const friendlyName = read("friendly_name", readText)
  const today = {
    offer,
    quantity,
    billingCycle: billingCycle === null ? "none" : billingCycle,
    term
  } as const
  const scheduledChange = readScheduledChange(reader, today)
  if (offer === undefined || quantity === undefined || status === undefined) return undefined
  return {
    offer,
    quantity,
    status,
    billingCycle: today.billingCycle,
    term,
    autoRenew,
    commitmentEnd,
    scheduledChange,
    partnerOfRecord,
    isTrial: isTrial ?? (reader.has("is_trial") ? false : undefined),
    friendlyName: friendlyName ?? (reader.has("friendly_name") ? "" : undefined)
  }
}

type Terms = BookLine["terms"]
type Today = {
  readonly [F in "offer" | "quantity" | "billingCycle" | "term"]: Terms[F] | undefined
}

/** What the list leaves empty stays as it is today; what it does not say about today, it has to say. */
const readScheduledChange = (reader: Reader, today: Today): Terms["scheduledChange"] => {
  const { read } = reader
  const quantity = read("scheduled_quantity", readQuantity)
  const offer = read("scheduled_offer", readOffer)
  const billingCycle = read("scheduled_billing_cycle", readBillingCycle)
  const term = read("scheduled_term", readTerm)
  const cells = scheduledColumns.map(reader.text).filter((cell) => cell !== undefined)
  if (cells.length === 0) return undefined
  if (cells.every((cell) => cell === "")) return null
  // Once a column is there, undefined is a cell that could not be read: one problem, not two.
  const readings = [quantity, offer, billingCycle, term]
  if (scheduledColumns.some((column, i) => reader.has(column) && readings[i] === undefined))
    return undefined
  const needed = <A>(column: ColumnName, known: ColumnName, value: A | null | undefined) => {
    const isSaid = (reader.text(column) ?? "") !== "" || (reader.text(known) ?? "") !== ""
    if (!isSaid && (value ?? null) === null)
      reader.problem(
        reader.has(column) ? column : (scheduledColumns.find(reader.has) ?? column),
        `A change is scheduled, but neither ${column} nor ${known} says what it will be.`
      )
    return value ?? undefined
  }
  const change = {
    offer: offer ?? today.offer,
    quantity: quantity ?? today.quantity,
    billingCycle: needed(
      "scheduled_billing_cycle",
      "billing_cycle",
      billingCycle ?? today.billingCycle
    ),
    term: needed("scheduled_term", "term", term ?? today.term)
  }
  return change.offer === undefined ||
    change.quantity === undefined ||
    change.billingCycle === undefined ||
    change.term === undefined
    ? undefined
    : {
        offer: change.offer,
        quantity: change.quantity,
        billingCycle: change.billingCycle,
        term: change.term
      }
}

const scheduledColumns = [
  "scheduled_quantity",
  "scheduled_offer",
  "scheduled_billing_cycle",
  "scheduled_term"
] as const

const readUnitPrice = (reader: Reader): BookLine["unitPrice"] => {
  const amount = reader.read("unit_price", readPrice)
  const currency = reader.read("currency", readCurrency)
  if (amount === null && currency !== null && currency !== undefined)
    reader.problem("unit_price", `The cell is empty, but the currency is ${currency}.`)
  if (currency === null && amount !== null && amount !== undefined)
    reader.problem("currency", "The cell is empty; a unit_price needs its currency.")
  return amount === null || amount === undefined || currency === null || currency === undefined
    ? null
    : { amount, currency }
}

/** What earlier lines said, and on which line. */
interface Memory {
  readonly references: Map<string, number>
  readonly said: Map<string, { readonly value: string; readonly line: number }>
  /** Accounts under a reseller, and resellers: one account is not both. */
  readonly under: Map<string, number>
  readonly resellers: Map<string, number>
}

const emptyMemory = (): Memory => ({
  references: new Map(),
  said: new Map(),
  under: new Map(),
  resellers: new Map()
})

/** Where a line says something else than an earlier one; the earlier one is named. */
const contradictions = (reader: Reader, parts: Parts, before: Memory): void => {
  const { accountCode, accountName, reseller, tenantId, reference } = parts
  if (reference !== undefined) {
    const earlier = before.references.get(reference)
    if (earlier === undefined) before.references.set(reference, reader.line)
    else
      reader.problem(
        "reference",
        `The reference ${quoted(reference)} is on line ${earlier} already.`
      )
    if (parts.parentReference === reference)
      reader.problem("parent_reference", "A subscription cannot be its own add-on.")
  }

  const once = (column: ColumnName, of: string, subject: string, value: string | undefined) => {
    if (value === undefined) return
    const key = `${column} ${of}`
    const earlier = before.said.get(key)
    if (earlier === undefined) before.said.set(key, { value, line: reader.line })
    else if (earlier.value !== value)
      reader.problem(
        column,
        `${subject} has ${noneOr(value)} here and ${noneOr(earlier.value)} on line ${earlier.line}.`
      )
  }
  if (accountCode !== undefined) {
    const subject = `The account ${quoted(accountCode)}`
    once("account_name", accountCode, subject, accountName)
    if (reader.text("reseller_code") === "" || reseller != null)
      once("reseller_code", accountCode, subject, reseller?.code ?? "")
    if (reseller != null) rankProblems(reader, accountCode, reseller.code, before)
  }
  if (reseller != null) {
    const subject = `The reseller ${quoted(reseller.code)}`
    once("reseller_name", reseller.code, subject, reseller.name)
    if (reader.text("reseller_mpn_id") === "" || reseller.mpnId !== null)
      once("reseller_mpn_id", reseller.code, subject, reseller.mpnId ?? "")
  }
  if (tenantId !== undefined) {
    const subject = `The tenant ${tenantId}`
    once("tenant_id", tenantId, `${subject} belongs to one account, but it`, accountCode)
    if (reader.text("tenant_domain") === "" || parts.tenantDomain !== null)
      once("tenant_domain", tenantId, subject, parts.tenantDomain ?? "")
  }
}

const noneOr = (value: string): string => (value === "" ? "none" : quoted(value))

/** The tree has the CSP, its resellers and their customers; a reseller is nobody's customer. */
const rankProblems = (reader: Reader, account: string, reseller: string, before: Memory): void => {
  if (account === reseller) {
    reader.problem(
      "reseller_code",
      `${quoted(reseller)} is its own reseller; leave the cell empty for what a reseller uses itself.`
    )
    return
  }
  const asReseller = before.resellers.get(account)
  const asCustomer = before.under.get(reseller)
  if (asReseller !== undefined)
    reader.problem(
      "reseller_code",
      `${quoted(account)} is a reseller on line ${asReseller}, so it cannot be a reseller's customer.`
    )
  if (asCustomer !== undefined)
    reader.problem(
      "reseller_code",
      `${quoted(reseller)} is a reseller's customer on line ${asCustomer}, so it cannot be a reseller.`
    )
  if (!before.under.has(account)) before.under.set(account, reader.line)
  if (!before.resellers.has(reseller)) before.resellers.set(reseller, reader.line)
}

/** An add-on belongs to a subscription of its own tenant; a parent that is not in the list may be in the book. */
const addOnProblems = (lines: Array<BookLine>, problems: Array<BookProblem>): void => {
  const byReference = new Map(lines.map((line) => [line.reference, line]))
  const wrong = new Set<BookLine>()
  for (const line of lines) {
    const parent = line.parentReference == null ? undefined : byReference.get(line.parentReference)
    if (parent === undefined || problems.length >= problemsMax) continue
    const text =
      parent.tenantId !== line.tenantId
        ? `The base subscription ${quoted(parent.reference)} on line ${parent.line} is in another tenant.`
        : parent.parentReference != null
          ? `${quoted(parent.reference)} on line ${parent.line} is an add-on itself.`
          : undefined
    if (text === undefined) continue
    wrong.add(line)
    problems.push({ line: line.line, column: "parent_reference", text })
  }
  if (wrong.size > 0) {
    const kept = lines.filter((line) => !wrong.has(line))
    lines.splice(0, lines.length, ...kept)
  }
}
