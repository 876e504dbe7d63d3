import { Clock, Effect, Exit, Result, Stream } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import type { Market } from "../price/PriceList.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { Identifiers } from "../work/Identifiers.ts"
import {
  hasEnded,
  type Month,
  monthAfter,
  monthOf,
  type PriceSheet,
  PriceSheetId,
  problemsMax,
  type SheetProblem,
  type Timeline
} from "./PriceSheet.ts"
import { PriceSheetFiles, type SheetRecord, SheetUnreadable } from "./PriceSheetFiles.ts"
import { PriceSheets } from "./PriceSheets.ts"
import { lineReader, type SheetLine, sheetColumns, sheetLimits } from "./readPriceSheet.ts"
import { VendorPriceSheets } from "./VendorPriceSheets.ts"

/** What becomes of a sheet that was read without a fault. */
export type Keep<E, R> = (
  staged: Effect.Effect<PriceSheet>,
  id: PriceSheetId
) => Effect.Effect<PriceSheet, E, R>

/** Which sheet is meant. */
export interface SheetRequest {
  readonly market: Market
  readonly timeline: Timeline
  /** The current one, and for the future sheet the next one, when undefined. */
  readonly month: Month | undefined
  readonly dryRun: boolean
}

/**
 * Takes a sheet that is being sent to us: reads it to its end and checks every line. It is then staged, and a job applies
 * it; or it is refused, with its wrong lines. Nothing counts before. `asked` is who asked. Once the file was read to its end
 * without a fault, `keep` decides what becomes of it: what it is given stages the sheet.
 */
export const receivePriceSheet = Effect.fn("receivePriceSheet")(function* <
  E,
  R,
  E2 = never,
  R2 = never
>(
  asked: string,
  instance: Instance,
  request: SheetRequest,
  bytes: Stream.Stream<Uint8Array, E, R>,
  keep: Keep<E2, R2> = (staged) => staged
) {
  const sheets = yield* PriceSheets
  const sheet = yield* newSheet(asked, instance, request, "upload")
  yield* sheets.begin(sheet)
  return yield* readInto(sheet, bytes, keep).pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit)
        ? Effect.void
        : sheets.fail(sheet.id, "The file was not read to its end; send it again.")
    )
  )
})

/** Asks for a sheet to be downloaded from Microsoft and imported, by whichever reconciler takes the job. */
export const requestPriceSheet = Effect.fn("requestPriceSheet")(function* (
  asked: string,
  instanceName: string,
  request: SheetRequest
) {
  const instance = yield* Effect.flatMap(Instances, ({ byName }) => byName(instanceName))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const sheet = yield* newSheet(asked, instance, request, "download")
  yield* Effect.flatMap(PriceSheets, ({ begin }) => begin(sheet))
  return sheet
})

/** What is left to do for a sheet: downloading and applying it. Safe to repeat from wherever it stopped. */
export const runPriceSheet = Effect.fn("runPriceSheet")(function* (id: PriceSheetId) {
  const sheets = yield* PriceSheets
  const sheet = yield* sheets.get(id)
  if (hasEnded(sheet.status)) return sheet
  const read = sheet.status === "staged" ? sheet : yield* download(sheet)
  return read.status === "staged" ? yield* sheets.apply(id) : read
})

const download = Effect.fnUntraced(function* (sheet: PriceSheet) {
  const vendor = yield* VendorPriceSheets
  const instance = yield* Effect.flatMap(Instances, ({ get }) => get(sheet.instanceId))
  const { market, timeline, month } = sheet
  return yield* readInto(
    sheet,
    vendor.download(instance, market, timeline, month),
    (staged) => staged
  ).pipe(Effect.provideService(CurrentCorrelation, sheet.correlationId))
})

const newSheet = Effect.fnUntraced(function* (
  asked: string,
  instance: Instance,
  { market, timeline, month, dryRun }: SheetRequest,
  source: PriceSheet["source"]
): Effect.fn.Return<PriceSheet, never, Identifiers> {
  const identifiers = yield* Identifiers
  const correlation = yield* CurrentCorrelation
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const current = monthOf(now)
  return {
    id: PriceSheetId.make(yield* identifiers.next),
    instanceId: instance.id,
    instance: instance.name,
    market,
    month: month ?? (timeline === "future" ? monthAfter(current) : current),
    timeline,
    source,
    dryRun,
    status: source === "upload" ? "reading" : "queued",
    requestedBy: asked,
    correlationId: correlation === "" ? yield* identifiers.next : correlation,
    bytes: 0,
    lines: 0,
    duplicates: 0,
    added: 0,
    changed: 0,
    redated: 0,
    ended: 0,
    unchanged: 0,
    problems: [],
    problemCount: 0,
    problem: null,
    createdAt: now,
    finishedAt: null
  }
})

/** Batches under way to the database, so that one is written while the next is read. */
const batchesAtOnce = 2

/** Reads a file and stages its lines; once one of them is wrong, the others are only checked. */
const readInto = Effect.fnUntraced(function* <E, R, E2, R2>(
  sheet: PriceSheet,
  bytes: Stream.Stream<Uint8Array, E, R>,
  keep: Keep<E2, R2>
) {
  const sheets = yield* PriceSheets
  const files = yield* PriceSheetFiles
  const context = yield* Effect.context<R>()
  const reading = makeReading(sheet)
  yield* sheets.startReading(sheet.id)
  const counted = bytes.pipe(
    Stream.map((chunk) => {
      reading.soFar.bytes += chunk.length
      return chunk
    }),
    Stream.provideContext(context)
  )
  const unreadable = yield* files.read(counted).pipe(
    Stream.map(reading.take),
    Stream.mapEffect((lines) => sheets.stage(sheet.id, lines, { ...reading.soFar }), {
      concurrency: batchesAtOnce
    }),
    Stream.runDrain,
    Effect.as(undefined),
    Effect.catchIf(
      (error) => error instanceof SheetUnreadable,
      (error) => Effect.succeed(error)
    )
  )
  if (unreadable !== undefined) reading.blame(unreadable.line, unreadable.text)
  const { problems, problemCount } = reading.end()
  return problemCount === 0
    ? yield* keep(sheets.seal(sheet.id, reading.soFar), sheet.id)
    : yield* sheets.refuse(sheet.id, problems, problemCount, reading.soFar)
})

const makeReading = (sheet: Pick<PriceSheet, "market" | "month">) => {
  const soFar = { bytes: 0, lines: 0 }
  const problems: Array<SheetProblem> = []
  let problemCount = 0
  let headed = false
  let read: ReturnType<typeof lineReader> | undefined
  const add = (found: ReadonlyArray<SheetProblem>) => {
    problemCount += found.length
    problems.push(...found.slice(0, problemsMax - problems.length))
  }
  const blame = (line: number, text: string) => add([{ line, column: null, value: null, text }])
  return {
    soFar,
    blame,
    /** The lines that may be staged: none any more once one was wrong. */
    take: (records: ReadonlyArray<SheetRecord>): ReadonlyArray<SheetLine> => {
      const lines: Array<SheetLine> = []
      for (const { line, cells } of records) {
        if (!headed) {
          headed = true
          const columns = sheetColumns(cells)
          if (Result.isSuccess(columns)) read = lineReader(cells, columns.success, sheet)
          else add(columns.failure)
          continue
        }
        soFar.lines += 1
        if (soFar.lines === sheetLimits.linesMax + 1)
          blame(line, `A sheet has at most ${sheetLimits.linesMax} lines.`)
        if (read === undefined || soFar.lines > sheetLimits.linesMax) continue
        const result = read(line, cells)
        if (Result.isFailure(result)) add(result.failure)
        else if (problemCount === 0) lines.push(result.success)
      }
      return problemCount === 0 ? lines : []
    },
    end: () => {
      if (problemCount === 0 && soFar.lines === 0)
        blame(0, "The file has no lines; an empty sheet would end every price of its market.")
      return { problems, problemCount }
    }
  }
}
