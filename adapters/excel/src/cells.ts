import { PassThrough } from "node:stream"
import { format, type Money } from "@concordat/core/money/Money"
import { BigDecimal, Effect, Fiber, Stream } from "effect"
import ExcelJS from "exceljs"

/**
 * What a column holds, which decides how it is written. `value` is whatever the field of the finding holds:
 * mostly text, sometimes a number.
 */
export type ColumnType = "text" | "number" | "money" | "instant" | "boolean" | "value"

/** Money and instants as numbers are only for spreadsheets; text formats write them out. */
export type CellValue = string | number | boolean | Money | null

/** A value as text formats write it: the same in every language. */
export const plainText = (type: ColumnType, value: CellValue): string => {
  if (value === null) return ""
  if (typeof value === "object") return format(value)
  if (type === "instant" && typeof value === "number") return new Date(value).toISOString()
  if (typeof value === "boolean") return value ? "yes" : "no"
  return String(value)
}

/**
 * Spreadsheets take text that begins like this for a formula (CWE-1236), and quotation marks do not stop them.
 * Numbers are not text: a negative amount stays one.
 */
export const inert = (text: string): string => {
  const shown = withoutControls(text)
  return /^[=+\-@\t\r\n＝＋－＠]/u.test(shown) ? `'${shown}` : shown
}

/** What neither XML nor a spreadsheet can hold. */
export const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, "\ufffd")

// As "@" (text), a cell stays text even when somebody edits it.
export const numberFormats: Record<ColumnType, string> = {
  text: "@",
  number: "0",
  money: "#,##0.00##",
  instant: "yyyy-mm-dd hh:mm",
  boolean: "@",
  value: "@"
}

const cellCharactersMax = 32_767

export const xlsxCell = (type: ColumnType, value: CellValue): ExcelJS.CellValue => {
  if (value === null) return null
  if (typeof value === "object") return Number(BigDecimal.format(value.amount))
  if (typeof value === "number") return type === "instant" ? new Date(value) : value
  if (typeof value === "boolean") return value ? "yes" : "no"
  return withoutControls(value).slice(0, cellCharactersMax)
}

/** The workbook is written by one fiber while another reads its bytes; the stream's scope ends both. */
export const streamedWorkbook = <E, R>(
  write: (workbook: ExcelJS.stream.xlsx.WorkbookWriter) => Effect.Effect<void, E, R>
): Stream.Stream<Uint8Array, E, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const bytes = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const stream = new PassThrough()
          // A reader that has gone away is not an error; the writer is interrupted with it.
          stream.on("error", () => undefined)
          return stream
        }),
        (stream) => Effect.sync(() => stream.destroy())
      )
      const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
        stream: bytes,
        useStyles: true,
        useSharedStrings: false
      })
      const writer = yield* write(workbook).pipe(
        Effect.andThen(Effect.promise(() => workbook.commit())),
        Effect.onExit(() => Effect.sync(() => bytes.end())),
        Effect.forkScoped
      )
      return Stream.fromAsyncIterable(chunksOf(bytes), (cause) => new Error(String(cause))).pipe(
        Stream.orDie,
        Stream.concat(Stream.fromEffectDrain(Fiber.join(writer)))
      )
    })
  )

async function* chunksOf(bytes: PassThrough): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    const buffer: Buffer = chunk
    yield new Uint8Array(buffer)
  }
}

/**
 * Waits until the sheet's bytes so far are on their way out. exceljs does not wait for whoever takes them, and
 * would hold the whole report; an empty write behind the pending ones comes back when they are taken.
 */
export const drained = (sheet: ExcelJS.Worksheet): Effect.Effect<void> => {
  const pipes: unknown = Reflect.get(Reflect.get(sheet, "stream") ?? {}, "pipes")
  const pipe: unknown = Array.isArray(pipes) ? pipes[0] : undefined
  if (!isWritable(pipe)) return Effect.die(new Error("exceljs streams its sheets in another way"))
  return Effect.callback<void>((resume) => {
    pipe.write(Buffer.alloc(0), () => resume(Effect.void))
  })
}

interface Writable {
  readonly write: (chunk: Buffer, written: () => void) => unknown
}

const isWritable = (value: unknown): value is Writable =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "write") === "function"
