import { CliOutput } from "effect/cli"

/** A column of a table: `most` is where longer text is cut even when there is room. */
export interface Column {
  readonly heading: string
  readonly least: number
  readonly most: number
  readonly align?: "right"
}

const gap = "  "

/** How wide each column is, so that the rows fit into `width` characters; the widest give way first. */
export const widthsOf = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number
): ReadonlyArray<number> => {
  const widths = columns.map(({ heading, most }, i) =>
    Math.min(
      most,
      Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(printable(row[i] ?? ""))))
    )
  )
  const room = width - gap.length * (columns.length - 1)
  let total = widths.reduce((sum, w) => sum + w, 0)
  while (total > room) {
    let widest = -1
    columns.forEach(({ least }, i) => {
      if ((widths[i] ?? 0) > least && (widest < 0 || (widths[i] ?? 0) > (widths[widest] ?? 0)))
        widest = i
    })
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
    total--
  }
  return widths
}

export const headingLine = (
  columns: ReadonlyArray<Column>,
  widths: ReadonlyArray<number>
): string =>
  rowLine(
    columns,
    widths,
    columns.map(({ heading }) => heading)
  )

/** One row on one line. */
export const rowLine = (
  columns: ReadonlyArray<Column>,
  widths: ReadonlyArray<number>,
  row: ReadonlyArray<string>
): string =>
  columns
    .map(({ align }, i) => {
      const text = cut(printable(row[i] ?? ""), widths[i] ?? 0)
      const room = " ".repeat(Math.max(0, (widths[i] ?? 0) - displayWidth(text)))
      return align === "right" ? room + text : text + room
    })
    .join(gap)
    .trimEnd()

/** A whole table, its heading first. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number
): string => {
  const widths = widthsOf(columns, rows, width)
  return [headingLine(columns, widths), ...rows.map((row) => rowLine(columns, widths, row))].join(
    "\n"
  )
}

const { displayWidth } = CliOutput

/** Names come from customers; none of them moves the cursor or changes the terminal. */
export const printable = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ")

const cut = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text
  let kept = ""
  for (const character of text) {
    if (displayWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept}…`
}
