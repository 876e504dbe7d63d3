import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { dirname } from "node:path"
import * as Schema from "effect/Schema"
import { Operation } from "./world/Operation.ts"

/** An operation with the simulator's time at which it happened. */
export const Entry = Schema.Struct({ at: Schema.Int, operation: Operation })
export type Entry = typeof Entry.Type

const decode = Schema.decodeUnknownSync(Entry)

/**
 * The ordered list of everything that was done to the world, as JSON lines. The world itself is not stored: done
 * again in order, the operations make it again. A line is on disk before its answer is sent; a half-written last
 * line (the process died) is cut off, as if it had not happened.
 */
export interface Journal {
  readonly read: () => ReadonlyArray<Entry>
  readonly append: (entry: Entry) => void
  /** Forgets everything before: a reset makes a new world. */
  readonly restart: (entry: Entry) => void
}

/** Keeps nothing. */
export const noJournal: Journal = { read: () => [], append: () => {}, restart: () => {} }

export const fileJournal = (path: string): Journal => ({
  read: () => {
    if (!existsSync(path)) return []
    const text = readFileSync(path, "utf8")
    const end = text.lastIndexOf("\n") + 1
    if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)))
    return text
      .slice(0, end)
      .split("\n")
      .filter((line) => line !== "")
      .map((line, index) => entryOf(path, line, index + 1))
  },
  append: (entry) => appendFileSync(path, lineOf(entry)),
  restart: (entry) => {
    mkdirSync(dirname(path), { recursive: true })
    // Beside the old file first, so that a crash leaves one or the other.
    writeFileSync(`${path}.new`, lineOf(entry))
    renameSync(`${path}.new`, path)
  }
})

const lineOf = (entry: Entry): string => `${JSON.stringify(entry)}\n`

const entryOf = (path: string, line: string, number: number): Entry => {
  try {
    return decode(JSON.parse(line))
  } catch (cause) {
    throw new Error(
      `${path}, line ${number}: not an operation of this simulator. Remove the file to start afresh.`,
      { cause }
    )
  }
}
