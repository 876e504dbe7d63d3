import { Console, Effect, Stream } from "effect"
import { screenWidth } from "./Screen.ts"
import { type Column, headingLine, rowLine, widthsOf } from "./Table.ts"

/** Rows that are asked for, and printed, together. */
export const rowsAtOnce = 200

/** Page by page, so that a list of any length prints; the first page decides how wide the columns are. */
export const printRows = <E, R>(
  columns: ReadonlyArray<Column>,
  rows: Stream.Stream<ReadonlyArray<string>, E, R>,
  none: string
) => {
  const width = screenWidth()
  let widths: ReadonlyArray<number> | undefined
  return rows.pipe(
    Stream.grouped(rowsAtOnce),
    Stream.runForEach((page) => {
      const lines: Array<string> = []
      if (widths === undefined) {
        widths = widthsOf(columns, page, width)
        lines.push(headingLine(columns, widths))
      }
      const fitted = widths
      lines.push(...page.map((row) => rowLine(columns, fitted, row)))
      return Console.log(lines.join("\n"))
    }),
    Effect.andThen(Effect.suspend(() => (widths === undefined ? Console.log(none) : Effect.void)))
  )
}
