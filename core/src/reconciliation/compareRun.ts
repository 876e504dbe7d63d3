import { Clock, Effect, Option, Stream } from "effect"
import { rounded } from "../money/currencies.ts"
import { type Money, totals } from "../money/Money.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { agree, type Baseline } from "./Baseline.ts"
import { Books, type CustomerBook } from "./Books.ts"
import { type Knowledge, type Row, type Rules, rulesDefault } from "./Customer.ts"
import { compare } from "./compare.ts"
import type { FindingKind } from "./Finding.ts"
import type { RunId, RunScope } from "./Run.ts"
import { type ReportRow, Runs } from "./Runs.ts"

/**
 * Compares what a run has observed with the book and keeps the report: the rows, the findings, the moved
 * baselines and the end of the run in one transaction, so that there is a whole report or none.
 */
export const compareRun = Effect.fn("compareRun")(function* (
  id: RunId,
  rules: Rules = rulesDefault
) {
  const runs = yield* Runs
  const books = yield* Books
  const unitOfWork = yield* UnitOfWork
  const active = yield* runs.active(id)
  if (Option.isNone(active) || !(yield* runs.comparing(id))) return
  const run = active.value
  const products = yield* books.products(run)
  const at = Instant.make(yield* Clock.currentTimeMillis)
  yield* unitOfWork
    .within(
      Effect.gen(function* () {
        const tally = newTally()
        yield* books.customers(run, at).pipe(
          Stream.map((chunk): Part => {
            const part: Part = { firstPosition: tally.rows, rows: [], baselines: [] }
            for (const book of chunk) {
              const { listed, elsewhere, claimedElsewhere } = book
              const known = { at, rules, products, listed }
              const knowledge: Knowledge = { ...known, elsewhere, claimedElsewhere }
              const rows = compare(book.customer, knowledge)
              for (const row of rows) {
                const moved = movedBaseline(book, row, at)
                if (moved !== undefined) part.baselines.push(moved)
              }
              for (const row of inScope(run.scope, rows)) {
                count(tally, row)
                part.rows.push(reportRow(book, row))
              }
            }
            return part
          }),
          // While one part is written, the next is made ready. What is kept is the same in whatever order they
          // are written, and where one fails, the transaction keeps none.
          Stream.mapEffect(
            ({ firstPosition, rows, baselines }) =>
              Effect.all([runs.append(run.id, firstPosition, rows), books.agree(baselines)], {
                concurrency: 2,
                discard: true
              }),
            { concurrency: 2, unordered: true }
          ),
          Stream.runDrain
        )
        yield* runs.complete(id, {
          rows: tally.rows,
          findings: tally.findings,
          counts: tally.counts,
          // Shares of a term have four digits; what is shown is the currency's.
          atRisk: totals(tally.atRisk).map(rounded)
        })
      })
    )
    .pipe(Effect.provideService(CurrentCorrelation, run.correlationId))
})

/** A part of a report. */
interface Part {
  readonly firstPosition: number
  readonly rows: Array<ReportRow>
  readonly baselines: Array<Baseline>
}

interface Tally {
  rows: number
  findings: number
  readonly counts: Map<FindingKind, number>
  atRisk: ReadonlyArray<Money>
}

const newTally = (): Tally => ({ rows: 0, findings: 0, counts: new Map(), atRisk: [] })

const count = (tally: Tally, row: Row): void => {
  tally.rows += 1
  for (const { kind, atRisk } of row.findings) {
    tally.findings += 1
    tally.counts.set(kind, (tally.counts.get(kind) ?? 0) + 1)
    if (atRisk !== null) tally.atRisk = totals([...tally.atRisk, atRisk])
  }
}

/** Only a pair in its own tenant can agree; what lies elsewhere is a finding, not a state to remember. */
const movedBaseline = (book: CustomerBook, row: Row, at: Instant): Baseline | undefined => {
  const { subscription, observed } = row
  if (subscription === null || observed === null) return undefined
  if (observed.tenantId !== book.customer.tenantId) return undefined
  if (observed.instanceId !== book.customer.instanceId) return undefined
  if (row.findings.some(({ kind }) => kind === "duplicate-mapping")) return undefined
  return agree(
    book.customer.baselines.get(subscription.id),
    subscription.id,
    subscription.terms,
    observed,
    at
  )
}

/** A subscription's scope is its own row and its add-ons' on either side; wider scopes hold every row. */
const inScope = (scope: RunScope, rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  if (scope.kind !== "subscription") return rows
  const own = rows.find((row) => row.subscription?.id === scope.id)
  const base = own?.subscription?.microsoftId ?? null
  return rows.filter(
    (row) =>
      row === own ||
      (base !== null &&
        (row.subscription?.terms.parent === base || row.observed?.terms.parent === base))
  )
}

const reportRow = (book: CustomerBook, row: Row): ReportRow => ({
  accountId: row.subscription?.accountId ?? book.accountId,
  tenantId: book.customer.tenantId,
  customer: book.name,
  row
})
