import { mkdtemp, open, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  PriceSheetFiles,
  type SheetRecord,
  SheetUnreadable
} from "@concordat/core/pricesheet/PriceSheetFiles"
import { Effect, Layer, Stream } from "effect"
import { makeSheetParser } from "./priceSheetCsv.ts"
import { unpackedSheet } from "./priceSheetZip.ts"

/** How large a file may be. Seven times the largest sheet of today, packed or not, and then unpacked. */
export interface SheetFileLimits {
  readonly bytesMax: number
  readonly unpackedBytesMax: number
}
export const sheetFileLimitsDefault: SheetFileLimits = {
  bytesMax: 500 * 1024 * 1024,
  unpackedBytesMax: 1024 * 1024 * 1024
}

/**
 * Reads sheets piece by piece. What they are is seen from their first bytes and not believed from a name. A zip has its table
 * of contents at its end, so it waits in a temporary file; the sheet in it is never unpacked to the disk.
 */
export const priceSheetFilesLayer = (
  given: Partial<SheetFileLimits> = {}
): Layer.Layer<PriceSheetFiles> => {
  const limits = { ...sheetFileLimitsDefault, ...given }
  return Layer.succeed(PriceSheetFiles, {
    read: (bytes) =>
      Stream.unwrap(Effect.map(spool, (packed) => readRecords(bytes, packed, limits)))
  })
}

type Records = ReadonlyArray<SheetRecord>

const readRecords = <E>(
  bytes: Stream.Stream<Uint8Array, E>,
  packed: Spool,
  limits: SheetFileLimits
): Stream.Stream<Records, E | SheetUnreadable> => {
  const parser = makeSheetParser()
  // The first bytes, until there are enough to see what the file is.
  let head = Buffer.alloc(0)
  let isZip: boolean | undefined
  let left = limits.bytesMax
  const take = async (chunk: Uint8Array): Promise<Records> => {
    left -= chunk.length
    if (left < 0) throw tooLarge(limits.bytesMax)
    if (isZip === undefined) {
      head = Buffer.concat([head, chunk])
      if (head.length < signature.length) return []
      isZip = head.subarray(0, signature.length).equals(signature)
      return isZip ? packed.write(head) : parser.write(head)
    }
    return isZip ? packed.write(chunk) : parser.write(chunk)
  }
  const rest = Stream.suspend((): Stream.Stream<Records, SheetUnreadable> => {
    if (isZip === true)
      return Stream.fromAsyncIterable(zipped(packed, parser, limits), unreadableBy)
    return Stream.fromEffect(
      attempt(async () => [
        ...(isZip === undefined ? await parser.write(head) : []),
        ...(await parser.end())
      ])
    )
  })
  return bytes.pipe(
    Stream.mapEffect((chunk) => attempt(() => take(chunk))),
    Stream.concat(rest),
    Stream.filter((records) => records.length > 0)
  )
}

/** "PK", and the number of the record that a zip begins with. */
const signature = Buffer.from([0x50, 0x4b, 0x03, 0x04])

const tooLarge = (bytesMax: number) =>
  new SheetUnreadable({
    text: `The file is larger than ${Math.floor(bytesMax / 1024 / 1024)} MiB.`,
    line: 0
  })

async function* zipped(
  packed: Spool,
  parser: ReturnType<typeof makeSheetParser>,
  limits: SheetFileLimits
): AsyncGenerator<Records> {
  for await (const chunk of unpackedSheet(await packed.path(), limits.unpackedBytesMax))
    yield await parser.write(chunk)
  yield await parser.end()
}

/** Everything that the parsers throw is about the file; what is not is our bug. */
const unreadableBy = (cause: unknown): SheetUnreadable => {
  if (cause instanceof SheetUnreadable) return cause
  throw cause
}

const attempt = (run: () => Promise<Records>) =>
  Effect.tryPromise({ try: run, catch: unreadableBy })

interface Spool {
  readonly write: (chunk: Uint8Array) => Promise<Records>
  readonly path: () => Promise<string>
}

/** A temporary file that is made with its first bytes and gone with the scope. */
const spool = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const made: { folder?: string; file?: Awaited<ReturnType<typeof open>> } = {}
      return made
    }),
    ({ folder, file }) =>
      Effect.promise(async () => {
        await file?.close()
        if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      })
  ),
  (made): Spool => ({
    write: async (chunk) => {
      made.folder ??= await mkdtemp(join(tmpdir(), `concordat-pricesheet-${process.pid}-`))
      made.file ??= await open(join(made.folder, "sheet.zip"), "wx", 0o600)
      await made.file.writeFile(chunk)
      return []
    },
    path: async () => join(made.folder ?? "", "sheet.zip")
  })
)
