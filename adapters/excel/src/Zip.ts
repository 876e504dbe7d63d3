import { pipeline, Readable } from "node:stream"
import { crc32, createInflateRaw } from "node:zlib"

/** A zip that we do not read on, in words for the person who sent it. */
export class ZipRefused extends Error {}

/** A file of a zip, as its central directory names it. */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly checksum: number
  readonly compressed: Buffer
}

/** A file that will be written without compression: its size and checksum come before its content. */
export interface StoredFile {
  readonly name: string
  readonly size: number
  readonly checksum: number
  readonly content: () => AsyncIterable<Buffer> | Iterable<Buffer>
}

/** The files of a zip by name, still packed. */
export const entriesOf = (bytes: Uint8Array): ReadonlyMap<string, ZipEntry> => {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = new Map<string, ZipEntry>()
  for (const entry of directoryOf(zip)) {
    if (entries.has(entry.name)) throw new ZipRefused(`it holds ${entry.name} twice`)
    entries.set(entry.name, entry)
  }
  return entries
}

/** A whole file, unpacked to at most `bytesMax`; what it says about its own size is not believed. */
export const unpacked = async (entry: ZipEntry, bytesMax: number): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of chunksOf(entry, bytesMax)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A file as it can be stored: unpacked once to measure it and once to write it, and never held. */
export const storable = async (
  entry: ZipEntry,
  bytesMax: number,
  each: (chunk: Buffer) => void
): Promise<StoredFile> => {
  let size = 0
  for await (const chunk of chunksOf(entry, bytesMax)) {
    size += chunk.length
    each(chunk)
  }
  const { name, checksum } = entry
  return { name, size, checksum, content: () => chunksOf(entry, bytesMax) }
}

/** A file that is in memory. */
export const inMemory = (name: string, content: Buffer): StoredFile => ({
  name,
  size: content.length,
  checksum: crc32(content),
  content: () => slicesOf(content)
})

/** A zip of files that are not compressed, piece by piece. */
export async function* zipStored(files: ReadonlyArray<StoredFile>): AsyncGenerator<Buffer> {
  const directory: Array<Buffer> = []
  let offset = 0
  for (const { name, size, checksum, content } of files) {
    const path = Buffer.from(name)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0) // version needed
    facts.writeUInt32LE(checksum, 10)
    facts.writeUInt32LE(size, 14)
    facts.writeUInt32LE(size, 18)
    facts.writeUInt16LE(path.length, 22)
    const header = Buffer.alloc(4)
    header.writeUInt32LE(localSignature)
    yield Buffer.concat([header, facts, path])
    yield* content()
    const start = Buffer.alloc(6)
    start.writeUInt32LE(centralSignature)
    start.writeUInt16LE(20, 4) // version made by
    const end = Buffer.alloc(14)
    end.writeUInt32LE(offset, 10)
    directory.push(start, facts, end, path)
    offset += 30 + path.length + size
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(endSignature)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(offset, 16)
  yield Buffer.concat([entries, end])
}

/** In pieces, so that a large file does not hold up everything else. */
export function* slicesOf(bytes: Uint8Array): Generator<Buffer> {
  const size = 64 * 1024
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}

// "APPNOTE.TXT - .ZIP File Format Specification", PKWARE, 4.3.7, 4.3.12 and 4.3.16.
const localSignature = 0x04034b50
const centralSignature = 0x02014b50
const endSignature = 0x06054b50
const endBytes = 22
const commentBytesMax = 0xffff
const entriesMax = 10_000

const directoryOf = (zip: Buffer): ReadonlyArray<ZipEntry> => {
  const end = endOf(zip)
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  if (count > entriesMax) throw new ZipRefused("it holds too many files")
  const entries: Array<ZipEntry> = []
  for (let i = 0; i < count; i++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== centralSignature) throw broken()
    const nameLength = zip.readUInt16LE(at + 28)
    const size = zip.readUInt32LE(at + 20)
    const local = zip.readUInt32LE(at + 42)
    if ((zip.readUInt16LE(at + 8) & 1) !== 0) throw new ZipRefused("it is encrypted")
    if (local + 30 > zip.length || zip.readUInt32LE(local) !== localSignature) throw broken()
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    if (start + size > zip.length) throw broken()
    entries.push({
      name: zip.toString("utf8", at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      checksum: zip.readUInt32LE(at + 16),
      compressed: zip.subarray(start, start + size)
    })
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return entries
}

/** The end record is last, but for a comment of any length. */
const endOf = (zip: Buffer): number => {
  const last = zip.length - endBytes
  for (let at = last; at >= Math.max(0, last - commentBytesMax); at--)
    if (zip.readUInt32LE(at) === endSignature) return at
  throw broken()
}

const stored = 0
const deflated = 8

async function* chunksOf(
  { method, checksum, compressed }: ZipEntry,
  bytesMax: number
): AsyncGenerator<Buffer> {
  if (method !== stored && method !== deflated)
    throw new ZipRefused(`it is compressed in an unusual way (method ${method})`)
  let left = bytesMax
  let sum = 0
  const source = Readable.from(slicesOf(compressed))
  // What fails is thrown where the content is read; `pipeline` sees to it that it is thrown nowhere else.
  const content = method === stored ? source : pipeline(source, createInflateRaw(), () => undefined)
  try {
    for await (const item of content) {
      const chunk: Buffer = item
      left -= chunk.length
      if (left < 0) throw new ZipRefused("it is too large once unpacked")
      sum = crc32(chunk, sum)
      yield chunk
    }
    // Without this, a damaged file might be read as another list.
    if (sum !== checksum) throw broken()
  } catch (cause) {
    throw cause instanceof ZipRefused ? cause : broken()
  } finally {
    content.destroy()
  }
}

const broken = () => new ZipRefused("it is damaged or not complete")
