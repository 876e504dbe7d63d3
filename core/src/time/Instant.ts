import { Schema } from "effect"

/** A point in time: milliseconds since 1970-01-01T00:00Z. Two instants are equal when their numbers are. */
export const Instant = Schema.Int.pipe(Schema.brand("Instant"))
export type Instant = typeof Instant.Type

export const secondMs = 1_000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** ISO 8601 in UTC with milliseconds, the form every report and answer uses. */
export const toIso = (instant: Instant): string => new Date(instant).toISOString()
