/** The first and the last GUID that begin with a text. */
export interface GuidRange {
  readonly from: string
  readonly to: string
}

/** Fewer characters are the beginning of too many ids, and of most words. */
const digitsMin = 4
const digitsMax = 32

/**
 * Which GUIDs begin with the text, in any case, with hyphens where a GUID has them or with none; null where none can,
 * or where the text is too short to tell.
 */
export const guidRange = (text: string): GuidRange | null => {
  const typed = text.toLowerCase()
  const digits = typed.replaceAll("-", "")
  if (!/^[0-9a-f]+$/u.test(digits)) return null
  if (digits.length < digitsMin || digits.length > digitsMax) return null
  const written = hyphenated(digits)
  const isNext = hyphensAfter.has(digits.length) && typed === `${written}-`
  if (typed !== digits && typed !== written && !isNext) return null
  return {
    from: hyphenated(digits.padEnd(digitsMax, "0")),
    to: hyphenated(digits.padEnd(digitsMax, "f"))
  }
}

/** After which of its digits a GUID has a hyphen. */
const hyphensAfter: ReadonlySet<number> = new Set([8, 12, 16, 20])

const hyphenated = (digits: string): string =>
  [...digits].map((digit, at) => (hyphensAfter.has(at) ? `-${digit}` : digit)).join("")
