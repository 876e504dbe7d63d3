import { dayMs, Instant, minuteMs, secondMs } from "../time/Instant.ts"

/** From this year on, an end is Microsoft's way of saying that there is none. */
const forEver = 9999

const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?:Z|\+00:00)?$/iu
const american =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?([AP]M))?)?$/iu

/**
 * A date of a price sheet; undefined when it is none. Microsoft writes ISO 8601 (`2021-11-01T00:00:00.0000000Z`), and
 * Excel month/day/year (`2/1/2023 0:00`, `3/1/2018 12:00:00 AM`). All of them are UTC, with a zone or without.
 */
export const sheetInstant = (text: string): Instant | undefined => {
  const parts = iso.exec(text)
  if (parts !== null) {
    const [, year, month, day, hour, minute, second, fraction] = parts
    return instantOf(year, month, day, hour, minute, second, fraction)
  }
  const spoken = american.exec(text)
  if (spoken === null) return undefined
  const [, month, day, year, hour, minute, second, fraction, half] = spoken
  return half === undefined
    ? instantOf(year, month, day, hour, minute, second, fraction)
    : instantOf(year, month, day, on24(hour, half), minute, second, fraction)
}

/**
 * The first instant at which a price is no longer valid; null for one without an end, undefined for no date. An end at
 * 23:59 or 23:59:59 means the end of that day: otherwise no price would be valid in between two.
 */
export const sheetEnd = (text: string): Instant | null | undefined => {
  const end = sheetInstant(text)
  if (end === undefined) return undefined
  if (new Date(end).getUTCFullYear() >= forEver) return null
  const left = dayMs - (((end % dayMs) + dayMs) % dayMs)
  return left === minuteMs || left <= secondMs ? Instant.make(end + left) : end
}

const on24 = (hour: string | undefined, half: string): string | undefined => {
  const n = Number(hour)
  if (n < 1 || n > 12) return "24"
  return String((n % 12) + (half.toUpperCase() === "PM" ? 12 : 0))
}

const instantOf = (
  year = "",
  month = "",
  day = "",
  hour = "0",
  minute = "0",
  second = "0",
  fraction = ""
): Instant | undefined => {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(midnight)
  // 31 February would be taken for 3 March, and the year 99 for 1999.
  if (
    date.getUTCFullYear() !== Number(year) ||
    date.getUTCMonth() !== Number(month) - 1 ||
    date.getUTCDate() !== Number(day)
  )
    return undefined
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3))
  return Instant.make(midnight + ((h * 60 + m) * 60 + s) * secondMs + ms)
}
