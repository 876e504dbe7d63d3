/** What an address may say after the question mark. What a page does not know is dropped. */
export type RawSearch = Readonly<Record<string, unknown>>

/** Addresses hold plain text, as everybody writes them: no quotes, no JSON. */
export const parseSearch = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text))

export const stringifySearch = (search: Readonly<Record<string, unknown>>): string => {
  const given = new URLSearchParams()
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== null && value !== "") given.set(key, String(value))
  return given.size === 0 ? "" : `?${given}`
}

export const textIn = (raw: RawSearch, key: string): string | undefined => {
  const value = raw[key]
  return typeof value === "string" && value !== "" ? value : undefined
}

/** The value of the key where it is one of the names that the record has. */
export const nameIn = <K extends string>(
  raw: RawSearch,
  key: string,
  names: Readonly<Record<K, unknown>>
): K | undefined => {
  const value = textIn(raw, key)
  const isName = (text: string): text is K => Object.hasOwn(names, text)
  return value !== undefined && isName(value) ? value : undefined
}

/** `true`, `false`, or not said. */
export const flagIn = (raw: RawSearch, key: string): "true" | "false" | undefined =>
  nameIn(raw, key, { true: 1, false: 1 })

/** An instant of the address, in the form that the API takes. */
export const instantIn = (raw: RawSearch, key: string): string | undefined => {
  const ms = Date.parse(textIn(raw, key) ?? "")
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** Search of a plain list. */
export interface ListSearch {
  readonly q?: string | undefined
  readonly cursor?: string | undefined
}
export const listSearch = (raw: RawSearch): ListSearch => ({
  q: textIn(raw, "q"),
  cursor: textIn(raw, "cursor")
})
