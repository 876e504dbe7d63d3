import { crc32 } from "node:zlib"
import { SheetUnreadable } from "@concordat/core/pricesheet/PriceSheetFiles"
import { type Entry, openPromise, type ZipFile } from "yauzl"

/** A sheet comes alone; a zip with more than so many files is not one of Microsoft's. */
const entriesMax = 100

/**
 * The one sheet in a zip, unpacked piece by piece to at most `bytesMax`. Nothing is written by the names in it, and what it says
 * about sizes is not believed. Throws a `SheetUnreadable`.
 */
export async function* unpackedSheet(path: string, bytesMax: number): AsyncGenerator<Uint8Array> {
  const zip = await said(() => openPromise(path, { autoClose: false, validateEntrySizes: true }))
  // It says some things twice; what counts is thrown where it is read.
  zip.on("error", () => undefined)
  try {
    yield* contentOf(zip, await said(() => sheetIn(zip)), bytesMax)
  } finally {
    zip.close()
  }
}

async function* contentOf(
  zip: ZipFile,
  entry: Entry,
  bytesMax: number
): AsyncGenerator<Uint8Array> {
  if (entry.isEncrypted()) throw refused("it is encrypted")
  const stream = await said(() => zip.openReadStreamPromise(entry))
  stream.on("error", () => undefined)
  let left = bytesMax
  let sum = 0
  try {
    for await (const item of stream) {
      const chunk: Buffer = item
      left -= chunk.length
      if (left < 0)
        throw refused(`the sheet has more than ${Math.floor(bytesMax / 1024 / 1024)} MiB unpacked`)
      sum = crc32(chunk, sum)
      yield chunk
    }
  } catch (cause) {
    throw cause instanceof SheetUnreadable ? cause : damaged()
  } finally {
    stream.destroy()
  }
  // Without this, a damaged sheet might be read as another one.
  if (sum !== entry.crc32) throw damaged()
}

/** The only file that ends in .csv, or the only file. */
const sheetIn = async (zip: ZipFile): Promise<Entry> => {
  const files: Array<Entry> = []
  let entries = 0
  for await (const entry of zip.eachEntry()) {
    entries += 1
    if (entries > entriesMax) throw refused("it holds too many files")
    if (!entry.fileName.endsWith("/")) files.push(entry)
  }
  const sheets = files.filter(({ fileName }) => /\.csv$/iu.test(fileName))
  const [sheet, ...others] = sheets.length > 0 ? sheets : files
  if (sheet === undefined) throw refused("it is empty")
  if (others.length > 0) throw refused("it holds several files, and one sheet is needed")
  return sheet
}

const refused = (reason: string) =>
  new SheetUnreadable({
    text: `This zip cannot be read: ${reason}. Send the zip as Microsoft made it, or the CSV in it.`,
    line: 0
  })

const damaged = () => refused("it is damaged or not complete")

/** Whatever the library throws is about the zip. */
const said = async <A>(run: () => Promise<A>): Promise<A> => {
  try {
    return await run()
  } catch (cause) {
    throw cause instanceof SheetUnreadable ? cause : damaged()
  }
}
