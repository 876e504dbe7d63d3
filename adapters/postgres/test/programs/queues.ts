import { Schema } from "effect"
import { defineQueue } from "../../src/Queue.ts"

export const Work = Schema.Struct({ customer: Schema.String, n: Schema.Int })
export type Work = typeof Work.Type

/** The queue that two processes of a test share. */
export const survivors = defineQueue("survivors", Work, { key: ({ n }) => String(n) })
