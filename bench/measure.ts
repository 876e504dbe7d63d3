/** A line of a benchmark's table. */
export interface Figure {
  readonly what: string
  readonly figure: string
  readonly note: string
}

export const secondsOf = <A>(run: () => A): readonly [A, number] => {
  const start = performance.now()
  const result = run()
  return [result, (performance.now() - start) / 1000]
}

export const medianOf = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The value that this part of them, such as 0.95, does not exceed. */
export const percentileOf = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN

/** Peak resident memory of this process so far, in MiB. */
export const peakMemoryMiB = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

export const print = (title: string, figures: ReadonlyArray<Figure>): void => {
  const width = Math.max(...figures.map(({ what }) => what.length))
  process.stdout.write(
    `\n${title}\n${figures
      .map(({ what, figure, note }) => `  ${what.padEnd(width)}  ${figure.padStart(12)}  ${note}`)
      .join("\n")}\n`
  )
}
