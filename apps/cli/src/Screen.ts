/** How wide a table may be: the terminal's width, or in a pipe what most windows show. */
export const screenWidth = (): number => Math.min(200, Math.max(80, process.stdout.columns ?? 140))

/** Whether standard output is a terminal. */
export const isTerminal = (): boolean => process.stdout.isTTY === true

/** Whether a line that is redrawn makes sense on standard error. */
export const canRedraw = (): boolean =>
  process.stderr.isTTY === true && process.env["TERM"] !== "dumb"

/** https://no-color.org */
export const mayColour = (): boolean => (process.env["NO_COLOR"] ?? "") === ""
