/** The day of an instant in UTC, as a field for days has it; empty for none. */
export const dayOf = (at: string | null): string => at?.slice(0, 10) ?? ""

/** The first instant of a day in UTC; null for an empty field. */
export const startOfDay = (day: string): string | null =>
  day === "" ? null : `${day}T00:00:00.000Z`
